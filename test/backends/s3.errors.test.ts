import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readS3Config } from '../../src/backends/s3/s3Config';
import { toRemoteError } from '../../src/backends/s3/s3Errors';
import { ServiceRefusal } from '../../src/backends/s3/signedRequests';
import { RemoteError, type RemoteErrorKind } from '../../src/remote/remoteError';

const config = readS3Config({ name: 'r', backend: 's3', endpoint: 'https://s3.example', accessKeyId: 'a' });
const about = { config, bucket: 'b', path: 'b/k' };

function classified(error: unknown, context = about): RemoteError {
  const found = toRemoteError(error, context);
  assert.ok(found instanceof RemoteError);
  return found;
}

const refusal = (status: number, code = '', headers: Record<string, string> = {}, more = '') =>
  new ServiceRefusal(
    status,
    headers,
    code ? `<Error><Code>${code}</Code><Message>m</Message>${more}</Error>` : '',
  );
const network = (code: string) => Object.assign(new Error(code), { code });

test('every refusal has its kind and a sentence', () => {
  const table: [unknown, RemoteErrorKind, RegExp][] = [
    [refusal(404, 'NoSuchBucket'), 'notFound', /no bucket "b" at s3\.example/],
    [refusal(404, 'NoSuchKey'), 'notFound', /"b\/k" does not exist/],
    [refusal(404), 'notFound', /"b\/k" does not exist/],
    [refusal(403), 'forbidden', /access denied/],
    [refusal(403, 'AccessDenied'), 'forbidden', /access denied/],
    [refusal(401), 'signInNeeded', /does not accept the credentials/],
    [refusal(403, 'InvalidAccessKeyId'), 'signInNeeded', /does not know the access key/],
    [refusal(403, 'SignatureDoesNotMatch'), 'signInNeeded', /secret access key/],
    [refusal(400, 'ExpiredToken'), 'signInNeeded', /no longer valid/],
    [refusal(403, 'RequestTimeTooSkewed'), 'unavailable', /clock/],
    [refusal(403, 'InvalidObjectState'), 'archived', /restored/],
    [refusal(412, 'PreconditionFailed'), 'changed', /changed by someone else/],
    [refusal(412), 'changed', /changed by someone else/],
    [refusal(409, 'ConditionalRequestConflict'), 'changed', /changed/],
    [refusal(409, 'OperationAborted'), 'unavailable', /passing problem/],
    [refusal(409, 'BucketNotEmpty'), 'notEmpty', /not empty/],
    [refusal(409, 'BucketAlreadyExists'), 'alreadyExists', /of another owner/],
    [refusal(400, 'InvalidBucketName'), 'badName', /can't be the name of a bucket/],
    [refusal(400, 'KeyTooLongError'), 'badName', /longer name/],
    [refusal(400, 'BadDigest'), 'damaged', /arrived damaged/],
    [refusal(503, 'SlowDown'), 'tooMany', /fewer requests/],
    [refusal(429), 'tooMany', /fewer requests/],
    [refusal(503), 'unavailable', /passing problem/],
    [refusal(500, 'InternalError'), 'unavailable', /passing problem/],
    [refusal(501, 'NotImplemented'), 'unsupported', /does not support/],
    [refusal(507, 'XMinioStorageFull'), 'full', /no room/],
    [refusal(400, 'KMS.DisabledException'), 'forbidden', /encryption key/],
    [refusal(400, 'AccessControlListNotSupported'), 'badSettings', /Remove "acl"/],
    [refusal(301, 'PermanentRedirect', { 'x-amz-bucket-region': 'eu-west-3' }), 'badSettings', /"eu-west-3"/],
    [
      refusal(400, 'AuthorizationHeaderMalformed', {}, '<Region>ap-south-1</Region>'),
      'badSettings',
      /"ap-south-1"/,
    ],
    [refusal(418, 'Teapot'), 'other', /Teapot \(418\)/],
    [network('ECONNREFUSED'), 'unavailable', /refuses connections/],
    [network('ENOTFOUND'), 'unavailable', /can't be found/],
    [network('ECONNRESET'), 'unavailable', /closed the connection/],
    [network('ETIMEDOUT'), 'unavailable', /in time/],
    [network('SELF_SIGNED_CERT_IN_CHAIN'), 'badSettings', /"caFile"/],
    [network('CERT_HAS_EXPIRED'), 'badSettings', /has expired/],
    [network('EPROTO'), 'badSettings', /doesn't speak TLS/],
    [network('HPE_INVALID_CONSTANT'), 'badSettings', /web server/],
  ];
  for (const [error, kind, says] of table) {
    const found = classified(error);
    assert.equal(found.kind, kind, `${String(error)}: ${found.message}`);
    assert.match(found.message, says);
    assert.match(found.message, /^\S.*[.?]$/s);
    assert.equal(found.cause, error);
  }
});

test('the wait that a service asks for is passed on, in seconds or as a date', () => {
  assert.equal(classified(refusal(503, 'SlowDown', { 'retry-after': '7' })).retryAfterMs, 7000);
  const date = new Date(Date.now() + 60_000).toUTCString();
  const wait = classified(refusal(503, '', { 'retry-after': date })).retryAfterMs ?? 0;
  assert.ok(wait > 50_000 && wait <= 60_000);
  assert.equal(classified(refusal(503, 'SlowDown')).retryAfterMs, undefined);
});

test('a service’s own words are shown without signed addresses', () => {
  const error = new ServiceRefusal(
    400,
    {},
    '<Error><Code>Odd</Code><Message>see https://h/k?X-Amz-Credential=AKIA&amp;X-Amz-Signature=abcdef\nand more</Message></Error>',
  );
  const { message } = classified(error);
  assert.match(message, /see https.*and more/);
  assert.ok(!/AKIA|abcdef|\n/.test(message));
});

test('a missing right to a KMS key is told as such', () => {
  const error = new ServiceRefusal(
    403,
    {},
    '<Error><Code>AccessDenied</Code><Message>User: x is not authorized to perform: kms:GenerateDataKey on resource</Message></Error>',
  );
  assert.match(classified(error).message, /encryption key \(kms:GenerateDataKey\)/);
});

test('cancellation is the signal’s reason, and a RemoteError stays what it is', () => {
  const reason = new Error('stop');
  assert.equal(toRemoteError(network('ECONNRESET'), about, AbortSignal.abort(reason)), reason);
  const own = new RemoteError('full', 'No room.');
  assert.equal(toRemoteError(own, about), own);
});
