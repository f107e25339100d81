import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { driveSignIn } from '../../../src/backends/amazonDrive/setup/driveSignIn';
import { systemClock } from '../../../src/base/clock';
import { isRemoteError } from '../../../src/remote/remoteError';
import { adoptToken } from '../../../src/signIn/adoptToken';
import type { TokenBlob } from '../../../src/signIn/tokenBlob';
import { type DriveTestServer, startDriveServer } from '../../servers/amazonDrive/driveServer';
import { calm } from '../../support/remoteCalls';
import { blobOf } from './signInFixture';

let server: DriveTestServer;
before(async () => {
  server = await startDriveServer({ rotateRefreshTokens: true });
});
after(() => server.stop());

/** A token that expires `ms` milliseconds from now. */
function issued(account: string, ms: number): TokenBlob {
  return { ...blobOf(server.issueToken(account)), expiresMs: Date.now() + ms };
}

function adopt(token: TokenBlob, endpoint = server.endpoint) {
  const { clientId, clientSecret, authUrl, tokenUrl } = server;
  const settings = { client_id: clientId, endpoint, auth_url: authUrl, token_url: tokenUrl };
  return adoptToken({ requirement: driveSignIn, settings, token, clientSecret, clock: systemClock }, calm);
}

test('valid tokens become a session of the account that the service reports', async () => {
  const token = issued('ann@example.com', 3_600_000);
  const session = await adopt(token);
  assert.equal(session.account.isNameless ?? false, session.account.label.startsWith('Drive '));
  assert.equal(session.token.accessToken, token.accessToken);
  assert.equal(session.clientSecret, server.clientSecret);
  assert.equal(session.service.tokenUrl, server.tokenUrl);
});

test('expired tokens are renewed first', async () => {
  const token = issued('bob@example.com', -1000);
  const session = await adopt(token);
  assert.notEqual(session.token.accessToken, token.accessToken);
  assert.notEqual(session.token.refreshToken, token.refreshToken, 'the service rotates refresh tokens');
  assert.ok((session.token.expiresMs ?? 0) > Date.now());
});

test('the error for a revoked refresh token does not quote it', async () => {
  const token = { accessToken: 'old-at', refreshToken: 'old-rt', expiresMs: 1000 };
  await assert.rejects(
    adopt(token),
    (error) => isRemoteError(error, 'unauthenticated') && !/old-/.test(error.message),
  );
});

test('renewed tokens are not lost when the service then reports no account', async () => {
  const token = issued('eve@example.com', -1000);
  const session = await adopt(token, `${new URL(server.endpoint).origin}/nowhere/`);
  assert.equal(session.account.isNameless, true);
  assert.notEqual(session.token.refreshToken, token.refreshToken);
  const valid = issued('eve@example.com', 3_600_000);
  await assert.rejects(adopt(valid, `${new URL(server.endpoint).origin}/nowhere/`));
});
