import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  errorBody,
  hasDriveReason,
  toDriveApiError,
} from '../../../../src/backends/amazonDrive/api/driveErrors';
import { isRemoteError, RemoteError, type RemoteErrorKind } from '../../../../src/remote/remoteError';
import { parsePath } from '../../../../src/remote/remotePath';
import { createFakeClock } from '../../../support/fakeClock';
import { body, calm, ifAbsent, names, noPrecondition, readText, refused } from '../../../support/remoteCalls';
import { driveHost, driveSettings, openDrive, servedDrive, signedOut } from './driveFixture';

const now = 1_700_000_000_000;
const logref = 'b8a1c898-b674-11e5-94a1-25dbf54c992b';

/** API page §6.2. */
const answers: readonly (readonly [status: number, body: string, kind: RemoteErrorKind])[] = [
  [400, `{"logref":"${logref}","message":"Next token is expired"}`, 'unavailable'],
  [400, `{"logref":"${logref}","message":"One of the parentId doesn\\u0027t exists","code":""}`, 'changed'],
  [400, `{"logref":"${logref}","message":"A node cannot be added to trashed parent","code":""}`, 'changed'],
  [
    400,
    `{"message":"1 validation error detected: Value \\u0027x\\u0027 at \\u0027name\\u0027 failed to satisfy constraint: Member must have length less than or equal to 280","code":""}`,
    'badName',
  ],
  [400, '{"message":"Cannot complete upload"}', 'unavailable'],
  [401, '{"message":"Token has expired"}', 'unauthenticated'],
  [
    403,
    `{"message":"Authorization header requires 'Credential' parameter. Authorization=Bearer"}`,
    'unavailable',
  ],
  [403, '{"message":"Insufficient permissions granted for operation: purgeNode"}', 'forbidden'],
  [404, `{"logref":"${logref}","message":"…","code":"NODE_NOT_FOUND"}`, 'notFound'],
  [408, '', 'unavailable'],
  [409, '{"message":"…","code":"NAME_ALREADY_EXISTS","info":{"nodeId":"n1"}}', 'alreadyExists'],
  [409, '{"message":"…","code":"MD5_DUPLICATE","info":{"nodeId":"n1"}}', 'other'],
  [412, '', 'changed'],
  [416, '', 'other'],
  [429, '{"message":"Rate exceeded"}', 'rateLimited'],
  [429, '{"message":"Concurrent Access on same node. Please back off.","code":""}', 'rateLimited'],
  [500, '{"message":"Internal failure"}', 'unavailable'],
  [502, '<html>bad gateway</html>', 'unavailable'],
  [503, '', 'unavailable'],
  [504, '', 'unavailable'],
  [509, '', 'other'],
  [403, '<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>', 'forbidden'],
  [418, '{"message":["no","text"]}', 'other'],
  [401, '', 'unauthenticated'],
  [401, '<html>no</html>', 'unauthenticated'],
  [400, '{"message":"Token has expired"}', 'unauthenticated'],
  [400, `{"logref":"${logref}","message":"Invalid request: Token has expired","code":""}`, 'unauthenticated'],
  [400, '{"message":"The access token is invalid or has been revoked."}', 'unauthenticated'],
  [
    400,
    '{"code":"ExpiredToken","message":"The security token included in the request is expired"}',
    'unauthenticated',
  ],
  [400, '{"code":"INVALID_TOKEN","message":""}', 'unauthenticated'],
  [403, '{"message":"The security token included in the request is invalid."}', 'unauthenticated'],
  [403, '{"code":"TokenExpired"}', 'unauthenticated'],
  [400, '{"message":"Start token is invalid"}', 'unavailable'],
  [
    400,
    `{"message":"1 validation error detected: Value \\u0027token has expired\\u0027 at \\u0027name\\u0027 failed to satisfy constraint: Member must have length less than or equal to 280","code":""}`,
    'badName',
  ],
];

test('errors: every answer of the service has its kind and is a sentence that names the thing', () => {
  for (const [status, text, kind] of answers) {
    const error = toDriveApiError(status, {}, text, '"docs/a.txt"', now);
    assert.equal(error.kind, kind, `${status} ${text}`);
    assert.match(error.message, /^["A-Z].*[.?!]$/s, error.message);
    if (!/listing|sign-in/.test(error.message)) assert.match(error.message, /docs\/a\.txt/);
    assert.match(error.code ?? '', new RegExp(`\\(${status}\\)$`));
  }
});

test('errors: what a refusal is about can be told without reading words', () => {
  const of = (index: number) => {
    const [status, text] = answers[index] ?? [0, ''];
    return toDriveApiError(status, {}, text, 'x', now);
  };
  assert.ok(hasDriveReason(of(0), 'pageTokenExpired'));
  assert.ok(hasDriveReason(of(1), 'parentGone') && hasDriveReason(of(2), 'parentGone'));
  assert.ok(hasDriveReason(of(10), 'nameTaken') && (of(10) as { nodeId?: string }).nodeId === 'n1');
  assert.ok(hasDriveReason(of(13), 'rangeOutside'));
});

test('errors: what a body says is never a token', () => {
  const text = JSON.stringify({ message: 'Bad Authorization: Bearer Atza|secret123 or Atzr|other&x' });
  const { message } = toDriveApiError(500, {}, text, 'x', now);
  assert.doesNotMatch(message, /secret123|other/);
  for (const odd of ['', 'null', '[]', '"x"', '{', '{"message":{}}', '\0'])
    assert.equal(errorBody(odd).message, undefined, odd);
});

test('errors: a token that is too old is renewed once for all that were refused', async () => {
  await servedDrive({}, async ({ remote, server, tokens }) => {
    const path = parsePath('f');
    await remote.write(path, body('x'), {}, noPrecondition, calm);
    server.expireAccessTokens();
    await Promise.all(Array.from({ length: 8 }, () => remote.stat(path, calm)));
    assert.equal(tokens.renewals, 1);
  });
});

test('errors: a sign-in that is refused again and again, although it can be renewed, ends soon', async () => {
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
  ['400 that wraps it', { status: 400, body: { message: 'Token has expired' } }],
  [
    '403 of a gateway',
    { status: 403, body: { message: 'The security token included in the request is expired' } },
  ],
  [
    '400 with a header',
    { status: 400, body: '', headers: { 'www-authenticate': 'Bearer error="invalid_token"' } },
  ],
] as const)
  test(`errors: a good sign-in that is refused several times in a row goes on (${shape})`, async () => {
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

test('errors: a sign-in that was taken back ends at once', async () => {
  await servedDrive({}, async ({ server }) => {
    const token = server.issueToken('anna@example.com').access_token;
    let renewals = 0;
    const remote = await openDrive(
      driveSettings(server),
      driveHost({
        token: async () => token,
        renewed: async () => {
          renewals++;
          throw new RemoteError('unauthenticated', 'The sign-in was taken back. Sign in again.', {
            signIn: true,
          });
        },
      }),
    );
    server.revoke('anna@example.com');
    await assert.rejects(names(remote, parsePath('')), /taken back\. Sign in again/);
    assert.deepEqual([renewals, server.requests.length], [1, 1]);
    await remote.close();
  });
});

test('errors: without a sign-in nothing is asked', async () => {
  await servedDrive({}, async ({ server }) => {
    const remote = await openDrive(driveSettings(server), driveHost(signedOut));
    await refused(names(remote, parsePath('')), 'unauthenticated');
    assert.equal(server.requests.length, 0);
    await remote.close();
  });
});

test('errors: an answer that is no listing is never an empty one', async () => {
  await servedDrive({}, async ({ remote, server }) => {
    await names(remote, parsePath(''));
    for (const answer of [
      '',
      '{}',
      '[]',
      'null',
      '<html>Welcome to the hotel</html>',
      '{"data":null}',
      '{"count":3}',
    ]) {
      server.addFault({ operation: 'listNodes', status: 200, body: answer });
      await refused(names(remote, parsePath('')), 'corrupted');
    }
    server.addFault({ operation: 'listNodes', status: 200, body: '{"count":0,"data":null}' });
    assert.deepEqual(await names(remote, parsePath('')), []);
  });
});

test('errors: the sign-in is not sent where the service may not send it', async () => {
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

test('errors: a closed service says what is needed now', async () => {
  await servedDrive({}, async ({ remote, server }) => {
    server.addFault({ operation: 'endpoint', status: 404 });
    await assert.rejects(
      names(remote, parsePath('')),
      (error) => isRemoteError(error, 'badSettings') && /closed.*compatible/.test(error.message),
    );
  });
});
