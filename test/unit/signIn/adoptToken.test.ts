import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { driveSignIn } from '../../../src/backends/amazonDrive/setup/driveSignIn';
import { systemClock } from '../../../src/base/clock';
import { isRemoteError } from '../../../src/remote/remoteError';
import { adoptToken } from '../../../src/signIn/adoptToken';
import { parseTokenBlob, type TokenBlob } from '../../../src/signIn/tokenBlob';
import { type DriveTestServer, startDriveServer } from '../../servers/amazonDrive/driveServer';
import { calm } from './signInFixture';

let server: DriveTestServer;
before(async () => {
  server = await startDriveServer({ rotateRefreshTokens: true });
});
after(() => server.stop());

function issued(account: string): TokenBlob {
  const token = parseTokenBlob(JSON.stringify(server.issueToken(account)));
  assert.ok(token);
  return token;
}

function adopt(token: TokenBlob, endpoint = server.endpoint) {
  const settings = {
    client_id: server.clientId,
    endpoint,
    auth_url: server.authUrl,
    token_url: server.tokenUrl,
  };
  return adoptToken(
    { requirement: driveSignIn, settings, token, clientSecret: server.clientSecret, clock: systemClock },
    calm,
  );
}

test('tokens that are still good become a session of the account that the service names', async () => {
  const token = { ...issued('ann@example.com'), expiresMs: Date.now() + 3_600_000 };
  const session = await adopt(token);
  assert.equal(session.account.isNameless ?? false, session.account.label.startsWith('Drive '));
  assert.equal(session.token.accessToken, token.accessToken);
  assert.equal(session.clientSecret, server.clientSecret);
  assert.equal(session.service.tokenUrl, server.tokenUrl);
});

test('tokens that have ended are renewed first', async () => {
  const token = { ...issued('bob@example.com'), expiresMs: Date.now() - 1000 };
  const session = await adopt(token);
  assert.notEqual(session.token.accessToken, token.accessToken);
  assert.notEqual(session.token.refreshToken, token.refreshToken, 'the service gives new ones each time');
  assert.ok((session.token.expiresMs ?? 0) > Date.now());
});

test('a refresh token that the service knows no more is refused, without being quoted', async () => {
  const token = { accessToken: 'old-at', refreshToken: 'old-rt', expiresMs: 1000 };
  await assert.rejects(
    adopt(token),
    (error) => isRemoteError(error, 'unauthenticated') && !/old-/.test(error.message),
  );
});

test('renewed tokens are kept even when the service then does not say whose they are', async () => {
  const token = { ...issued('eve@example.com'), expiresMs: Date.now() - 1000 };
  const session = await adopt(token, `${new URL(server.endpoint).origin}/nowhere/`);
  assert.equal(session.account.isNameless, true);
  assert.notEqual(session.token.refreshToken, token.refreshToken);
  const good = { ...issued('eve@example.com'), expiresMs: Date.now() + 3_600_000 };
  await assert.rejects(adopt(good, `${new URL(server.endpoint).origin}/nowhere/`));
});
