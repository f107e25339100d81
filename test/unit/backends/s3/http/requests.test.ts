import assert from 'node:assert/strict';
import { Agent } from 'node:http';
import { mock, test } from 'node:test';
import { readS3Config } from '../../../../../src/backends/s3/config/s3Config';
import { toRemoteError } from '../../../../../src/backends/s3/errors/s3Errors';
import { S3ServiceError } from '../../../../../src/backends/s3/errors/serviceRefusal';
import type { S3Connection } from '../../../../../src/backends/s3/http/connection';
import { sendSigned } from '../../../../../src/backends/s3/http/signedRequests';
import { isRemoteError } from '../../../../../src/remote/remoteError';
import { calm } from '../../../../contract/chapters/words';

const config = readS3Config({ name: 'r', backend: 's3', endpoint: 'https://s3.example', accessKeyId: 'a' });

class NeverAgent extends Agent {
  /** What Node calls to find a socket for a request; here none is ever found. */
  addRequest(): void {}
}

/** A request that never gets a socket, as behind a proxy that gives no tunnel. */
function neverSent(signal: AbortSignal): Promise<unknown> {
  const connection = {
    client: { config: { systemClockOffset: 0 } },
    anonymous: true,
    httpAgent: new NeverAgent(),
  } as unknown as S3Connection;
  const address = {
    protocol: 'http:',
    hostname: 's3.test',
    port: '80',
    host: 's3.test',
    basePath: '/demo',
    scope: { region: 'us-east-1', service: 's3' },
  };
  return sendSigned(connection, address, { method: 'GET', key: 'k' }, signal);
}

test('a request that never gets a socket ends in time, and at once when it is cancelled', async () => {
  const stop = new AbortController();
  const cancelled = assert.rejects(neverSent(stop.signal), (error) => error === stop.signal.reason);
  await new Promise(setImmediate);
  stop.abort(new Error('enough'));
  await cancelled;
  mock.timers.enable({ apis: ['setTimeout'] });
  try {
    const sent = neverSent(calm);
    const failed = assert.rejects(sent, (error) => {
      const told = toRemoteError(error, { config });
      return isRemoteError(told, 'unavailable') && /doesn't answer in time/.test(told.message);
    });
    await new Promise(setImmediate);
    mock.timers.tick(120_000);
    await failed;
  } finally {
    mock.timers.reset();
  }
});

test('what stands between here and the service is told apart from the service', () => {
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
      /redirects to https:\/\/s3\.example instead/,
    ],
    [
      new S3ServiceError(
        301,
        { location: 'https://b.s3.eu-west-3.example', 'x-amz-bucket-region': 'eu-west-3' },
        '',
      ),
      'badSettings',
      /"eu-west-3"/,
    ],
  ] as const) {
    const told = toRemoteError(error, { config, bucket: 'b', path: 'b/k' });
    assert.ok(isRemoteError(told, kind), String(told));
    assert.match(told.message, says);
    assert.ok(!told.message.includes('abc'));
  }
});
