import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { afterEach, describe, it } from 'node:test';
import type { Answer } from '../../http/call';
import type { DriveTestServer } from '../driveServer';
import { call, served, servedWith, TestClient, TestServers } from './testClient';

const servers = new TestServers();
afterEach(() => servers.stop());

const CALLBACK = 'http://127.0.0.1:53682/';
const VERIFIER = 'v'.repeat(43);
const CHALLENGE = createHash('sha256').update(VERIFIER).digest('base64url');
const FORM = { 'content-type': 'application/x-www-form-urlencoded' };

/** GET, or with a body POST, of the authorize page. */
function authorize(
  server: DriveTestServer,
  query: Record<string, string> = {},
  form?: Record<string, string>,
): Promise<Answer> {
  const all = {
    access_type: 'offline',
    client_id: server.clientId,
    redirect_uri: CALLBACK,
    response_type: 'code',
    scope: 'clouddrive:read_all clouddrive:write',
    state: 'some state',
    ...query,
  };
  const path = `/ap/oa?${new URLSearchParams(all)}`;
  return form === undefined
    ? call(server.port, 'GET', path)
    : call(server.port, 'POST', path, { headers: FORM, body: new URLSearchParams(form).toString() });
}

function returned(answer: Answer): URLSearchParams {
  assert.equal(answer.status, 302, answer.text);
  const location = answer.headers.location ?? '';
  return new URLSearchParams(location.slice(location.indexOf('?') + 1));
}

async function codeFor(server: DriveTestServer, query: Record<string, string> = {}): Promise<string> {
  const answer = await authorize(server, query, { account: 'anna@example.com', decision: 'allow' });
  return returned(answer).get('code') ?? assert.fail(answer.headers.location);
}

function token(
  server: DriveTestServer,
  form: Record<string, string>,
  basic?: { id: string; secret: string },
): Promise<Answer> {
  const login = basic && Buffer.from(`${encodeURIComponent(basic.id)}:${encodeURIComponent(basic.secret)}`);
  return call(server.port, 'POST', '/auth/o2/token', {
    headers: { ...FORM, ...(login ? { authorization: `Basic ${login.toString('base64')}` } : {}) },
    body: new URLSearchParams(form).toString(),
  });
}

function exchange(server: DriveTestServer, code: string, more: Record<string, string> = {}): Promise<Answer> {
  const form = { grant_type: 'authorization_code', code, redirect_uri: CALLBACK };
  return token(server, { ...form, ...own(server), ...more });
}

/** The confidential client, in the body of a request. */
const own = ({ clientId, clientSecret }: DriveTestServer) => ({
  client_id: clientId,
  client_secret: clientSecret,
});

function refresh(
  server: DriveTestServer,
  refresh_token: string,
  client: Record<string, string>,
): Promise<Answer> {
  return token(server, { grant_type: 'refresh_token', refresh_token, ...client });
}

function refused(answer: Answer, status: number, error: string, description?: RegExp): void {
  assert.deepEqual([answer.status, answer.json.error], [status, error], answer.text);
  if (description !== undefined) assert.match(answer.json.error_description, description);
}

describe('the authorize page', () => {
  served(
    'lets a person choose an account, and returns a code, the scopes and the state',
    async ({ server }) => {
      const page = await authorize(server);
      assert.equal(page.status, 200);
      for (const text of ['anna@example.com', 'ben@example.com', '>Allow<', '>Deny<'])
        assert.ok(page.text.includes(text), text);
      const back = returned(await authorize(server, {}, { account: 'ben@example.com', decision: 'allow' }));
      assert.match(back.get('code') ?? '', /^.{18,128}$/);
      assert.equal(back.get('scope'), 'clouddrive:read_all clouddrive:write');
      assert.equal(back.get('state'), 'some state');
    },
  );

  served('prefers a typed account to the ticked one, and requires an account', async ({ server }) => {
    const form = { account: 'anna@example.com', other: ' cleo ', decision: 'allow' };
    const code = returned(await authorize(server, {}, form)).get('code') ?? '';
    const { access_token } = (await exchange(server, code)).json;
    await call(server.port, 'GET', '/drive/v1/account/info', {
      headers: { authorization: `Bearer ${access_token}` },
    });
    assert.equal(server.requests.at(-1)?.account, 'cleo');
    const again = await authorize(server, {}, { account: '', other: '', decision: 'allow' });
    assert.equal(again.status, 200);
    assert.match(again.text, /Enter an account first/);
  });

  it('reports a denial to the app', async () => {
    const back = returned(await authorize(await servers.start(), {}, { decision: 'deny' }));
    assert.deepEqual([back.get('error'), back.get('state')], ['access_denied', 'some state']);
  });

  served('redirects at once with auto-consent', async ({ server }) => {
    server.setAutoConsent('anna@example.com');
    assert.ok(returned(await authorize(server)).get('code'));
    server.setAutoConsent(undefined);
    assert.equal((await authorize(server)).status, 200);
  });

  served('works under any host name, because the form posts to its own address', async ({ server }) => {
    const page = await authorize(server);
    assert.match(page.text, /<form method="post">/);
    const elsewhere = await call(server.port, 'GET', '/ap/oa', { headers: { host: 'idp.test' } });
    assert.equal(elsewhere.status, 400); // its query is missing, not its host
  });

  served('shows an error for an unknown client or redirect URI, without a redirect', async ({ server }) => {
    for (const query of [
      { client_id: 'amzn1.application-oa2-client.unknown' },
      { redirect_uri: 'https://evil.example/' },
      { redirect_uri: 'http://127.0.0.1.evil.example/' },
      { redirect_uri: '' },
    ]) {
      const answer = await authorize(server, query);
      assert.deepEqual([answer.status, answer.headers.location], [400, undefined], JSON.stringify(query));
    }
  });

  served('redirects to any loopback URL and to the editor', async ({ server }) => {
    server.setAutoConsent('anna');
    for (const redirect_uri of [
      'http://127.0.0.1:1234/stable-abc/callback?vscode-reqid=1&x=y',
      'http://localhost:80/a',
      'code-oss://cloud-remotes.cloud-remotes/signed-in',
      'vscode://cloud-remotes.cloud-remotes/signed-in',
    ]) {
      const location = (await authorize(server, { redirect_uri })).headers.location ?? '';
      assert.ok(
        location.startsWith(`${redirect_uri}${redirect_uri.includes('?') ? '&' : '?'}code=`),
        location,
      );
    }
  });

  servedWith({ autoConsent: 'anna' }, 'reports wrong types, scopes and challenges', async ({ server }) => {
    const errors: [Record<string, string>, string][] = [
      [{ response_type: 'token' }, 'unsupported_response_type'],
      [{ scope: 'clouddrive:everything' }, 'invalid_scope'],
      [{ scope: '' }, 'invalid_scope'],
      [{ code_challenge: 'x', code_challenge_method: 'S512' }, 'invalid_request'],
      [{ client_id: server.publicClientId }, 'invalid_request'],
    ];
    for (const [query, error] of errors)
      assert.equal(returned(await authorize(server, query)).get('error'), error, JSON.stringify(query));
  });
});

describe('the token endpoint', () => {
  served('exchanges a code for tokens, with the client secret in the body', async ({ server }) => {
    const answer = await exchange(server, await codeFor(server));
    assert.equal(answer.status, 200, answer.text);
    assert.equal(answer.headers['content-type'], 'application/json;charset=UTF-8');
    assert.equal(answer.headers['cache-control'], 'no-store');
    assert.deepEqual([answer.json.token_type, answer.json.expires_in], ['bearer', 3600]);
    assert.match(answer.json.access_token, /^Atza\|.{20,2000}$/);
    assert.match(answer.json.refresh_token, /^Atzr\|.{20,2000}$/);
  });

  served('takes the client from a Basic header', async ({ server }) => {
    const form = { grant_type: 'authorization_code', code: await codeFor(server), redirect_uri: CALLBACK };
    const basic = { id: server.clientId, secret: server.clientSecret };
    assert.equal((await token(server, form, basic)).status, 200);
  });

  served('takes a code once, within five minutes, from its client and redirect URI', async ({ server }) => {
    const used = await codeFor(server);
    await exchange(server, used);
    refused(await exchange(server, used), 400, 'invalid_grant', /: code$/);
    refused(await exchange(server, 'unknown'), 400, 'invalid_grant', /: code$/);
    const code = await codeFor(server);
    refused(await exchange(server, code, { redirect_uri: 'http://127.0.0.1:53682' }), 400, 'invalid_request');
    const other = { client_id: server.publicClientId, client_secret: '' };
    refused(await exchange(server, code, other), 400, 'invalid_grant');
    server.setClock(Date.now() + 5 * 60_000 + 1000);
    refused(await exchange(server, code), 400, 'invalid_grant', /: code$/);
  });

  served('keeps a code usable after a failed client authentication', async ({ server }) => {
    const code = await codeFor(server);
    const form = { grant_type: 'authorization_code', code, redirect_uri: CALLBACK };
    refused(await token(server, form, { id: server.clientId, secret: 'wrong' }), 401, 'invalid_client');
    assert.equal((await exchange(server, code)).status, 200);
  });

  served('requires the verifier of a challenge, and ignores any other verifier', async ({ server }) => {
    const challenge = { code_challenge: CHALLENGE, code_challenge_method: 'S256' };
    const code = await codeFor(server, challenge);
    refused(await exchange(server, code), 400, 'invalid_grant', /code_verifier/);
    refused(await exchange(server, code, { code_verifier: 'w'.repeat(43) }), 400, 'invalid_grant');
    assert.equal((await exchange(server, code, { code_verifier: VERIFIER })).status, 200);
    const plain = await codeFor(server, { code_challenge: VERIFIER });
    assert.equal((await exchange(server, plain, { code_verifier: VERIFIER })).status, 200);
    assert.equal((await exchange(server, await codeFor(server), { code_verifier: 'x' })).status, 200);
  });

  served('accepts a public client without a secret, for codes and refresh tokens', async ({ server }) => {
    const client_id = server.publicClientId;
    const challenge = { code_challenge: CHALLENGE, code_challenge_method: 'S256' };
    const code = await codeFor(server, { client_id, ...challenge });
    const form = { grant_type: 'authorization_code', code, redirect_uri: CALLBACK, client_id };
    const first = await token(server, { ...form, code_verifier: VERIFIER });
    assert.equal(first.status, 200, first.text);
    const { refresh_token } = first.json;
    assert.equal((await refresh(server, refresh_token, { client_id })).status, 200);
    // Another client can't use the refresh token, and the confidential client needs its secret.
    refused(await refresh(server, refresh_token, own(server)), 400, 'invalid_grant');
    refused(await refresh(server, refresh_token, { client_id: server.clientId }), 401, 'invalid_client');
  });

  it('keeps the refresh token, or issues a new one each time with rotation', async () => {
    for (const rotateRefreshTokens of [false, true]) {
      const server = await servers.start({ rotateRefreshTokens });
      const { refresh_token } = server.issueToken('anna');
      const first = await refresh(server, refresh_token, own(server));
      assert.equal(first.json.refresh_token === refresh_token, !rotateRefreshTokens);
      const again = await refresh(server, refresh_token, own(server));
      assert.equal(again.status, rotateRefreshTokens ? 400 : 200);
      assert.equal((await refresh(server, first.json.refresh_token, own(server))).status, 200);
    }
  });

  served('names the error of a request: missing, repeated, unsupported', async ({ server }) => {
    const client = own(server);
    refused(await token(server, client), 400, 'invalid_request', /grant_type/);
    refused(await refresh(server, '', client), 400, 'invalid_request', /refresh_token/);
    refused(await token(server, { grant_type: 'password', ...client }), 400, 'unsupported_grant_type');
    refused(await refresh(server, 'x', {}), 400, 'invalid_request', /client_id/);
    const twice = await call(server.port, 'POST', '/auth/o2/token', {
      headers: FORM,
      body: 'grant_type=refresh_token&refresh_token=a&refresh_token=b',
    });
    refused(twice, 400, 'invalid_request', /repeated/);
  });

  served('refuses refresh tokens of an account that withdrew its permission', async ({ server }) => {
    const client = new TestClient(server, 'anna');
    const ben = new TestClient(server, 'ben');
    const { refresh_token } = server.issueToken('anna');
    server.revoke('anna');
    refused(await refresh(server, refresh_token, own(server)), 400, 'invalid_grant', /: refresh_token$/);
    assert.equal((await client.meta('GET', 'account/info')).status, 401);
    assert.equal((await ben.meta('GET', 'account/info')).status, 200);
  });
});

describe('access tokens', () => {
  served("last for an hour by the server's clock", async (client) => {
    assert.equal((await client.meta('GET', 'account/info')).status, 200);
    client.server.setClock(Date.now() + 3_601_000);
    const late = await client.meta('GET', 'account/info');
    assert.deepEqual([late.status, late.text], [401, '{"message":"Token has expired"}']);
  });

  served('can be expired at once, for one account or for all', async ({ server }) => {
    const [anna, ben] = [new TestClient(server, 'anna'), new TestClient(server, 'ben')];
    server.expireAccessTokens('anna');
    assert.equal((await anna.meta('GET', 'account/info')).status, 401);
    assert.equal((await ben.meta('GET', 'account/info')).status, 200);
    server.expireAccessTokens();
    assert.equal((await ben.meta('GET', 'account/info')).status, 401);
  });

  served('are issued as rclone stores them', async ({ server }) => {
    server.setClock(Date.parse('2026-01-02T03:04:05Z'));
    const issued = server.issueToken('anna');
    assert.deepEqual(Object.keys(issued).sort(), ['access_token', 'expiry', 'refresh_token', 'token_type']);
    assert.equal(issued.expiry, '2026-01-02T04:04:05.000Z');
  });

  served('allow only the operations of their scopes', async ({ server }) => {
    const reader = new TestClient(server, 'anna', ['clouddrive:read_all']);
    assert.equal((await reader.meta('GET', 'nodes')).status, 200);
    const refusedWrite = await reader.meta('POST', 'nodes', { body: { name: 'x', kind: 'FOLDER' } });
    assert.equal(refusedWrite.status, 403);
    assert.equal(refusedWrite.json.message, 'Insufficient permissions granted for operation: createFolder');
  });

  served('give the profile of their account, with the profile scope', async ({ server }) => {
    const profile = (token: string) =>
      call(server.port, 'GET', '/user/profile', { headers: { authorization: `Bearer ${token}` } });
    const full = await profile(server.issueToken('anna@example.com', ['profile']).access_token);
    assert.match(full.json.user_id, /^amzn1\.account\.[0-9A-Z]{28}$/);
    assert.deepEqual([full.json.name, full.json.email], ['Anna', 'anna@example.com']);
    const idOnly = await profile(server.issueToken('anna@example.com', ['profile:user_id']).access_token);
    assert.deepEqual(idOnly.json, { user_id: full.json.user_id });
    const { access_token } = server.issueToken('anna@example.com');
    assert.equal((await profile(access_token)).status, 403);
    const info = (text: string) =>
      call(server.port, 'GET', `/auth/o2/tokeninfo?access_token=${encodeURIComponent(text)}`);
    assert.equal((await info(access_token)).json.user_id, full.json.user_id);
    refused(await info('unknown'), 400, 'invalid_token');
  });

  served('never show in the log', async (client) => {
    const { server, token: secret } = client;
    const { refresh_token } = server.issueToken('anna@example.com');
    await client.meta('GET', 'account/info');
    await call(server.port, 'GET', `/auth/o2/tokeninfo?access_token=${encodeURIComponent(secret)}`);
    const basic = { id: server.clientId, secret: server.clientSecret };
    await token(server, { grant_type: 'refresh_token', refresh_token }, basic);
    const log = JSON.stringify(server.requests);
    for (const hidden of [secret, encodeURIComponent(secret), refresh_token, server.clientSecret])
      assert.ok(!log.includes(hidden));
    assert.deepEqual(
      server.requests.map((entry) => [entry.operation, entry.headers.authorization, entry.grantType]),
      [
        ['accountInfo', 'Bearer', undefined],
        ['tokenInfo', undefined, undefined],
        ['token', 'Basic', 'refresh_token'],
      ],
    );
  });
});
