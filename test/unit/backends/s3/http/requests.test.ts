import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readS3Config } from '../../../../../src/backends/s3/config/s3Config';
import { toRemoteError } from '../../../../../src/backends/s3/errors/s3Errors';
import { S3ServiceError } from '../../../../../src/backends/s3/errors/serviceRefusal';
import { isRemoteError } from '../../../../../src/remote/remoteError';

const config = readS3Config({ name: 'r', backend: 's3', endpoint: 'https://s3.example', accessKeyId: 'a' });

test('errors distinguish the service from proxies and web servers in between', () => {
  const page = { 'content-type': 'text/html' };
  const ours = { ...page, 'x-amz-request-id': '1' };
  for (const [error, kind, says] of [
    [new S3ServiceError(407, page, ''), 'badSettings', /proxy on the way to s3\.example asks for a login/],
    [
      new Error('Failed to establish a socket connection to proxies: PROXY 127.0.0.1:1'),
      'unavailable',
      /proxy on the way to s3\.example can't be reached/,
    ],
    [new S3ServiceError(404, page, ''), 'badSettings', /web page \(404\)/],
    [new S3ServiceError(404, ours, ''), 'notFound', /does not exist/],
    [new S3ServiceError(403, ours, ''), 'forbidden', /access denied/],
    [
      new S3ServiceError(302, { location: '/login?token=abc' }, ''),
      'badSettings',
      /redirects to https:\/\/s3\.example \(302\)/,
    ],
    [new S3ServiceError(301, { 'x-amz-bucket-region': 'eu-west-3' }, ''), 'badSettings', /"eu-west-3"/],
  ] as const) {
    const told = toRemoteError(error, { config, bucket: 'b', path: 'b/k' });
    assert.ok(isRemoteError(told, kind), String(told));
    assert.match(told.message, says);
    assert.ok(!told.message.includes('abc'));
  }
});
