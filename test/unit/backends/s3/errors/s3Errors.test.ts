import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readS3Config } from '../../../../../src/backends/s3/config/s3Config';
import type { ErrorContext } from '../../../../../src/backends/s3/errors/errorText';
import { toRemoteError } from '../../../../../src/backends/s3/errors/s3Errors';
import { S3ServiceError } from '../../../../../src/backends/s3/errors/serviceRefusal';
import { RemoteError, type RemoteErrorKind } from '../../../../../src/remote/remoteError';

const config = readS3Config({ name: 'r', backend: 's3', endpoint: 'https://s3.example', accessKeyId: 'a' });
const about = { config, bucket: 'b', path: 'b/k' };

function classified(error: unknown, context: ErrorContext = about): RemoteError {
  const found = toRemoteError(error, context);
  assert.ok(found instanceof RemoteError);
  return found;
}

const refusal = (status: number, code = '', headers: Record<string, string> = {}, more = '') =>
  new S3ServiceError(
    status,
    headers,
    code ? `<Error><Code>${code}</Code><Message>m</Message>${more}</Error>` : '',
  );
const said = (code: string, words: string, status = 403) =>
  new S3ServiceError(status, {}, `<Error><Code>${code}</Code><Message>${words}</Message></Error>`);
const network = (code: string) => Object.assign(new Error(code), { code });

test('every error response has a kind and a sentence', () => {
  const table: [unknown, RemoteErrorKind, RegExp][] = [
    [refusal(404, 'NoSuchBucket'), 'notFound', /no bucket "b" at s3\.example/],
    [refusal(404, 'NoSuchKey'), 'notFound', /"b\/k" does not exist/],
    [refusal(404), 'notFound', /"b\/k" does not exist/],
    [refusal(403), 'forbidden', /access denied/],
    [refusal(403, 'AccessDenied'), 'forbidden', /access denied/],
    [refusal(401), 'unauthenticated', /does not accept the credentials/],
    [refusal(403, 'InvalidAccessKeyId'), 'unauthenticated', /does not know the access key/],
    [refusal(403, 'SignatureDoesNotMatch'), 'unauthenticated', /secret access key/],
    [refusal(400, 'ExpiredToken'), 'unauthenticated', /no longer valid/],
    [refusal(403, 'RequestTimeTooSkewed'), 'unavailable', /clock/],
    [refusal(403, 'InvalidObjectState'), 'archived', /restored/],
    [refusal(412, 'PreconditionFailed'), 'changed', /changed by someone else/],
    [refusal(412), 'changed', /changed by someone else/],
    [refusal(409, 'ConditionalRequestConflict'), 'changed', /changed/],
    [refusal(409, 'OperationAborted'), 'unavailable', /temporary problem/],
    [refusal(409, 'BucketNotEmpty'), 'notEmpty', /not empty/],
    [refusal(409, 'BucketAlreadyExists'), 'alreadyExists', /has another owner/],
    [refusal(400, 'InvalidBucketName'), 'badName', /can't be the name of a bucket/],
    [refusal(400, 'KeyTooLongError'), 'badName', /longer name/],
    [refusal(400, 'BadDigest'), 'corrupted', /arrived corrupted/],
    [refusal(503, 'SlowDown'), 'rateLimited', /fewer requests/],
    [refusal(429), 'rateLimited', /fewer requests/],
    [refusal(503), 'unavailable', /temporary problem/],
    [refusal(500, 'InternalError'), 'unavailable', /temporary problem/],
    [refusal(501, 'NotImplemented'), 'unsupported', /does not support/],
    [refusal(507, 'XMinioStorageFull'), 'quotaExceeded', /no room/],
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

test('the error has the delay of Retry-After, in seconds or as a date', () => {
  assert.equal(classified(refusal(503, 'SlowDown', { 'retry-after': '7' })).retryAfterMs, 7000);
  const date = new Date(Date.now() + 60_000).toUTCString();
  const wait = classified(refusal(503, '', { 'retry-after': date })).retryAfterMs ?? 0;
  assert.ok(wait > 50_000 && wait <= 60_000);
  assert.equal(classified(refusal(503, 'SlowDown')).retryAfterMs, undefined);
});

test('a service’s own message is shown without signed URLs', () => {
  const words = 'see https://h/k?X-Amz-Credential=AKIA&amp;X-Amz-Signature=abcdef\nand more';
  const { message } = classified(said('Odd', words, 400));
  assert.match(message, /see https.*and more/);
  assert.ok(!/AKIA|abcdef|\n/.test(message));
});

test('the error of a missing permission for a KMS key names the key', () => {
  const words = 'User: x is not authorized to perform: kms:GenerateDataKey on resource';
  assert.match(classified(said('AccessDenied', words)).message, /encryption key \(kms:GenerateDataKey\)/);
});

test('a denial names the operation and the action that the policy lacks', () => {
  const table: Readonly<Record<string, RegExp>> = {
    ListBuckets: /s3:ListAllMyBuckets/,
    HeadBucket: /s3:ListBucket/,
    ListObjectsV2: /s3:ListBucket/,
    ListObjectVersions: /s3:ListBucketVersions/,
    HeadObject: /s3:GetObject or s3:ListBucket/,
    GetObject: /s3:GetObject/,
    GetObjectTagging: /s3:GetObjectTagging/,
    PutObject: /s3:PutObject/,
    CopyObject: /s3:GetObject or s3:PutObject/,
    CreateMultipartUpload: /s3:PutObject/,
    UploadPart: /s3:PutObject/,
    CompleteMultipartUpload: /s3:PutObject/,
    AbortMultipartUpload: /s3:AbortMultipartUpload/,
    DeleteObject: /s3:DeleteObject/,
    DeleteObjects: /s3:DeleteObject/,
    CreateBucket: /s3:CreateBucket/,
    DeleteBucket: /s3:DeleteBucket/,
    GetBucketVersioning: /s3:GetBucketVersioning/,
  };
  for (const [operation, action] of Object.entries(table))
    for (const error of [
      said('AccessDenied', 'Access Denied'),
      refusal(403),
      said('AccessDenied', 'Access Denied.'),
    ]) {
      const { message } = classified(error, { ...about, operation });
      assert.match(
        message,
        new RegExp(`access denied to ${operation}\\. The policy lacks ${action.source}, or`),
      );
      assert.ok(!message.includes('says'), message);
    }
  const moreActions = ['s3:PutObjectTagging', 's3:PutObjectAcl'];
  const { message } = classified(refusal(403), { ...about, operation: 'PutObject', moreActions });
  assert.match(message, /s3:PutObject, s3:PutObjectTagging or s3:PutObjectAcl/);
});

test("the service's own message gives more detail than its code", () => {
  const arn = 'arn:aws:iam::123456789012:user/ann';
  const not = (action: string) =>
    `User: ${arn} is not authorized to perform: ${action} on resource: "arn:aws:s3:::b/k"`;
  const table: [string, string, RegExp][] = [
    [
      'PutObject',
      `${not('s3:PutObject')} because no identity-based policy allows the s3:PutObject action`,
      /The policy lacks s3:PutObject\. s3\.example says: User: .*no identity-based policy/,
    ],
    [
      'PutObject',
      `${not('s3:PutObjectTagging')} because no identity-based policy allows it`,
      /lacks s3:PutObjectTagging\./,
    ],
    [
      'GetObject',
      `${not('s3:GetObject')} with an explicit deny in a service control policy`,
      /A service control policy denies s3:GetObject explicitly\./,
    ],
    [
      'DeleteObject',
      `${not('s3:DeleteObject')} with an explicit deny in a resource-based policy`,
      /A resource-based policy denies s3:DeleteObject explicitly\./,
    ],
    [
      'ListObjectsV2',
      `${not('s3:ListBucket')} with an explicit deny in a VPC endpoint policy`,
      /A VPC endpoint policy denies s3:ListBucket/,
    ],
    [
      'PutObject',
      `${not('s3:PutObject')} with an explicit deny in a resource-based policy`,
      /"serverSideEncryption"/,
    ],
    [
      'PutObject',
      `${not('kms:GenerateDataKey')} because no identity-based policy allows it`,
      /encryption key \(kms:GenerateDataKey\)/,
    ],
    ['GetObject', `${not('kms:Decrypt')}`, /encryption key \(kms:Decrypt\)/],
    [
      'DeleteObject',
      'Access Denied because object protected by object lock.',
      /locked \(Object Lock\).*says: Access Denied because object protected/,
    ],
    [
      'PutObject',
      'User is not authorized because public access control lists (ACLs) are blocked by the BlockPublicAccess block public access setting',
      /says: .*BlockPublicAccess/,
    ],
    [
      'GetObject',
      'Requests specifying Server Side Encryption with AWS KMS managed keys require AWS Signature Version 4.',
      /says: Requests specifying/,
    ],
  ];
  for (const [operation, words, says] of table) {
    const found = classified(said('AccessDenied', words), { ...about, operation });
    assert.equal(found.kind, 'forbidden');
    assert.match(found.message, says);
    assert.match(found.message, new RegExp(`access denied to ${operation}\\.`));
  }
  const locked = classified(
    said('InvalidRequest', 'Object is WORM protected and cannot be overwritten', 400),
    { ...about, operation: 'DeleteObject' },
  );
  assert.deepEqual([locked.kind, /Object Lock/.test(locked.message)], ['forbidden', true]);
  assert.equal(classified(said('InvalidRequest', 'Missing header', 400)).kind, 'other');
});

test("a service's message is shortened to one line, without links and marks of the writing direction", () => {
  const spoilt = [
    'x'.repeat(100_000),
    'a\nb\r\nc\u0085d\u2028e',
    'esc \u001b[31m and \u009b31m',
    'turned \u202egnp.exe\u2066 round\u200e',
    '[Show which](command:workbench.action.terminal.sendSequence?%7B%7D)',
    '😀'.repeat(1000),
  ];
  for (const words of spoilt)
    for (const [code, status] of [
      ['AccessDenied', 403],
      ['Odd', 400],
      ['XMinioInvalidResourceName', 400],
      ['KMS.DisabledException', 400],
    ] as const) {
      const error = Object.assign(new Error(words), { name: code, $metadata: { httpStatusCode: status } });
      const { message } = classified(error, { ...about, operation: 'PutObject' });
      assert.ok(message.length < 1000, `${message.length}`);
      assert.ok(
        !/[\u0000-\u001f\u007f-\u009f\u200e\u2028\u202e\u2066]/.test(message),
        JSON.stringify(message),
      );
      assert.ok(!message.includes('](') && Buffer.from(message).toString() === message);
    }
  const code = classified(said('[a](command:b)', 'm', 400));
  assert.ok(!`${code.message} ${code.code}`.includes('command:'));
});

test('every code for a name that a service does not allow is `badName`', () => {
  const codes =
    'XMinioInvalidResourceName XMinioInvalidObjectName InvalidObjectName InvalidURI KeyTooLongError XMinioObjectNameTooLong InvalidKey';
  const words = 'Resource name contains bad components such as ".." or ".".';
  for (const code of codes.split(' ')) assert.equal(classified(said(code, words, 400)).kind, 'badName', code);
});

test('MinIO’s response to a HEAD has the reason in headers', () => {
  for (const [status, code, kind] of [
    [400, 'XMinioInvalidResourceName', 'badName'],
    [400, 'XMinioInvalidObjectName', 'badName'],
    [404, 'NoSuchBucket', 'notFound'],
    [403, 'AccessDenied', 'forbidden'],
    [403, 'InvalidAccessKeyId', 'unauthenticated'],
    [400, 'not a code', 'other'],
  ] as const) {
    const headers = { 'x-minio-error-code': code, 'x-minio-error-desc': '"What it is about."' };
    const found = classified(new S3ServiceError(status, headers, ''), { ...about, operation: 'HeadObject' });
    assert.equal(found.kind, kind, found.message);
    if (kind === 'badName' || kind === 'forbidden') assert.match(found.message, /says: What it is about\.$/);
  }
});

test('a cancellation gives the signal’s reason, and a RemoteError stays unchanged', () => {
  const reason = new Error('stop');
  assert.equal(toRemoteError(network('ECONNRESET'), about, AbortSignal.abort(reason)), reason);
  const own = new RemoteError('quotaExceeded', 'No room.');
  assert.equal(toRemoteError(own, about), own);
});
