import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type DriveErrorReason, toDriveApiError } from '../../../../src/backends/amazonDrive/api/driveErrors';
import { isRemoteError, RemoteError, type RemoteErrorKind } from '../../../../src/remote/remoteError';
import { parsePath } from '../../../../src/remote/remotePath';
import { createFakeClock } from '../../../support/fakeClock';
import { body, calm, ifAbsent, names, noPrecondition, readText, refused } from '../../../support/remoteCalls';
import { driveHost, driveSettings, openDrive, servedDrive, signedOut } from './driveFixture';

const spurious403 = { message: "Authorization header requires 'Credential' parameter. Authorization=Bearer" };
const tooLong = (value: string) => ({
  message: `1 validation error detected: Value '${value}' at 'name' failed to satisfy constraint: Member must have length less than or equal to 280`,
  code: '',
});

/** docs/amazon-drive-api.md §6. Objects are JSON. */
const responses: readonly (readonly [
  status: number,
  body: string | object,
  kind: RemoteErrorKind,
  reason?: DriveErrorReason,
])[] = [
  [400, { logref: 'b8a1c898', message: 'Next token is expired' }, 'unavailable', 'pageTokenExpired'],
  [400, { message: "One of the parentId doesn't exists", code: '' }, 'changed', 'parentGone'],
  [400, { message: 'A node cannot be added to trashed parent', code: '' }, 'changed', 'parentGone'],
  [400, tooLong('x'), 'badName'],
  [400, tooLong('token has expired'), 'badName'],
  [400, { message: 'Cannot complete upload' }, 'unavailable'],
  [400, { message: 'Start token is invalid' }, 'unavailable'],
  [400, { message: 'Token has expired' }, 'unauthenticated'],
  [400, { logref: 'b8a1c898', message: 'Invalid request: Token has expired', code: '' }, 'unauthenticated'],
  [400, { message: 'The access token is invalid or has been revoked.' }, 'unauthenticated'],
  [400, { code: 'ExpiredToken', message: 'The security token in the request is expired' }, 'unauthenticated'],
  [400, { code: 'INVALID_TOKEN', message: '' }, 'unauthenticated'],
  [401, { message: 'Token has expired' }, 'unauthenticated'],
  [401, '', 'unauthenticated'],
  [401, '<html>no</html>', 'unauthenticated'],
  [403, { message: 'The security token included in the request is invalid.' }, 'unauthenticated'],
  [403, { code: 'TokenExpired' }, 'unauthenticated'],
  [403, spurious403, 'unavailable'],
  [403, { message: 'Insufficient permissions granted for operation: purgeNode' }, 'forbidden'],
  [403, '<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>', 'forbidden'],
  [404, { message: '…', code: 'NODE_NOT_FOUND' }, 'notFound'],
  [408, '', 'unavailable'],
  [409, { message: '…', code: 'NAME_ALREADY_EXISTS', info: { nodeId: 'n1' } }, 'alreadyExists', 'nameTaken'],
  [409, { message: '…', code: 'MD5_DUPLICATE', info: { nodeId: 'n1' } }, 'other'],
  [412, '', 'changed'],
  [413, '', 'unsupported'],
  [416, '', 'other', 'rangeOutside'],
  [418, '{"message":["no","text"]}', 'other'],
  [429, { message: 'Rate exceeded' }, 'rateLimited'],
  [429, { message: 'Concurrent Access on same node. Please back off.', code: '' }, 'rateLimited'],
  [500, { message: 'Internal failure' }, 'unavailable'],
  [502, '<html>bad gateway</html>', 'unavailable'],
  [503, '', 'unavailable'],
  [504, '', 'unavailable'],
  [509, '', 'other'],
];

for (const [status, sent, kind, reason] of responses) {
  const text = typeof sent === 'string' ? sent : JSON.stringify(sent);
  test(`errors: ${status} ${text} is ${reason ?? kind}, in a sentence that names the object`, () => {
    const error = toDriveApiError(status, {}, text, '"docs/a.txt"', 0);
    assert.deepEqual([error.kind, error.reason], [kind, reason]);
    assert.equal(error.nodeId, text.includes('n1') ? 'n1' : undefined);
    assert.match(error.message, /^["A-Z].*[.?!]$/s);
    if (!/listing|sign-in/.test(error.message)) assert.match(error.message, /docs\/a\.txt/);
    assert.match(error.code ?? '', new RegExp(`\\(${status}\\)$`));
  });
}

test('errors: the message of the service is quoted without tokens', () => {
  const text = JSON.stringify({ message: 'Bad Authorization: Bearer Atza|secret123 or Atzr|other&x' });
  const { message } = toDriveApiError(500, {}, text, 'x', 0);
  assert.match(message, /The service says: Bad Authorization/);
  assert.doesNotMatch(message, /secret123|other/);
  for (const odd of ['', 'null', '[]', '"x"', '{', '{"message":{}}', '\0'])
    assert.doesNotMatch(toDriveApiError(500, {}, odd, 'x', 0).message, /says/, odd);
});

test('errors: an expired token is renewed once for all rejected requests', async () => {
  await servedDrive({}, async ({ remote, server, tokens }) => {
    const path = parsePath('f');
    await remote.write(path, body('x'), {}, noPrecondition, calm);
    server.expireAccessTokens();
    await Promise.all(Array.from({ length: 8 }, () => remote.stat(path, calm)));
    assert.equal(tokens.renewals, 1);
  });
});

test('errors: a sign-in that is always rejected, although it can be renewed, fails soon', async () => {
  await servedDrive({ host: { clock: createFakeClock() } }, async ({ remote, server, tokens }) => {
    await names(remote, parsePath(''));
    const fault = server.addFault({ operation: 'listNodes', status: 401, count: Number.POSITIVE_INFINITY });
    await refused(names(remote, parsePath('')), 'unauthenticated');
    assert.equal(fault.hits, 6);
    assert.equal(tokens.renewals, 5);
  });
});

for (const [shape, fault] of [
  ['401', { status: 401 }],
  ['401 without a body', { status: 401, body: '' }],
  ['400 instead of 401', { status: 400, body: { message: 'Token has expired' } }],
  [
    '403 of a gateway',
    { status: 403, body: { message: 'The security token included in the request is expired' } },
  ],
  [
    '400 with a header',
    { status: 400, body: '', headers: { 'www-authenticate': 'Bearer error="invalid_token"' } },
  ],
] as const)
  test(`errors: a valid sign-in survives several rejections in a row (${shape})`, async () => {
    const clock = createFakeClock();
    await servedDrive({ host: { clock } }, async ({ remote, server, tokens, drive }) => {
      drive.putFile('f', 'x');
      await names(remote, parsePath(''));
      for (const operation of ['listNodes', 'upload', 'download', 'getNode', 'createFolder'] as const)
        server.addFault({ operation, ...fault, count: 3 });
      assert.deepEqual(await names(remote, parsePath('')), ['f']);
      await remote.write(parsePath('d/g'), body('hello'), {}, ifAbsent, calm);
      assert.equal(await readText(remote, parsePath('f')), 'x');
      assert.equal(drive.read('d/g').toString(), 'hello');
      assert.ok(tokens.renewals >= 9);
      const [first, second] = [remote.stat(parsePath('f'), calm), remote.stat(parsePath('d/g'), calm)];
      server.addFault({ operation: 'getNode', ...fault, count: 4 });
      assert.equal((await Promise.all([first, second])).length, 2);
    });
  });

test('errors: a revoked sign-in fails at once', async () => {
  await servedDrive({}, async ({ server }) => {
    const token = server.issueToken('anna@example.com').access_token;
    let renewals = 0;
    const remote = await openDrive(
      driveSettings(server),
      driveHost({
        token: async () => token,
        renewed: async () => {
          renewals++;
          throw new RemoteError('unauthenticated', 'The sign-in was revoked. Sign in again.', {
            signIn: true,
          });
        },
      }),
    );
    server.revoke('anna@example.com');
    await assert.rejects(names(remote, parsePath('')), /revoked\. Sign in again/);
    assert.deepEqual([renewals, server.requests.length], [1, 1]);
    await remote.close();
  });
});

test('errors: without a sign-in no request is sent', async () => {
  await servedDrive({}, async ({ server }) => {
    const remote = await openDrive(driveSettings(server), driveHost(signedOut));
    await refused(names(remote, parsePath('')), 'unauthenticated');
    assert.equal(server.requests.length, 0);
    await remote.close();
  });
});

test('errors: a response that is not a listing is never an empty listing', async () => {
  await servedDrive({}, async ({ remote, server }) => {
    await names(remote, parsePath(''));
    const hotel = '<html>Welcome to the hotel</html>';
    for (const response of ['', '{}', '[]', 'null', hotel, '{"data":null}', '{"count":3}']) {
      server.addFault({ operation: 'listNodes', status: 200, body: response });
      await refused(names(remote, parsePath('')), 'corrupted');
    }
    server.addFault({ operation: 'listNodes', status: 200, body: '{"count":0,"data":null}' });
    assert.deepEqual(await names(remote, parsePath('')), []);
  });
});

test('errors: the token is not sent to an unsafe URL that the service names', async () => {
  await servedDrive({}, async ({ server }) => {
    const settings = driveSettings(server, { endpoint: server.endpoint });
    server.addFault({
      operation: 'endpoint',
      status: 200,
      body: { metadataUrl: 'ftp://x/', contentUrl: 'nonsense' },
    });
    const remote = await openDrive(settings, driveHost({ token: async () => 't', renewed: async () => 't' }));
    await assert.rejects(names(remote, parsePath('')), (error) => isRemoteError(error, 'badSettings'));
    await remote.close();
  });
});

test('errors: the error for the closed service names the remedy', async () => {
  await servedDrive({}, async ({ remote, server }) => {
    server.addFault({ operation: 'endpoint', status: 404 });
    await assert.rejects(
      names(remote, parsePath('')),
      (error) => isRemoteError(error, 'badSettings') && /closed.*compatible/.test(error.message),
    );
  });
});
