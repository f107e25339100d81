import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, test } from 'node:test';
import { systemClock } from '../../../src/base/clock';
import { isRemoteError, type RemoteErrorKind } from '../../../src/remote/remoteError';
import { authorizeUrl, newPkce } from '../../../src/signIn/authorizationRequest';
import { exchangeCode, refreshToken } from '../../../src/signIn/tokenEndpoint';
import { startDriveServer } from '../../servers/amazonDrive/driveServer';
import { listen } from '../../servers/http/loopback';
import { calm } from '../../support/remoteCalls';
import { serviceOf } from './signInFixture';

const server = startDriveServer({ autoConsent: 'anna@example.com' });
after(async () => (await server).stop());

async function codeFor(challenge: string): Promise<string> {
  const service = serviceOf(await server);
  const url = authorizeUrl(service, service.redirectUri, 'state', challenge);
  const response = await fetch(url, { redirect: 'manual' });
  return new URL(response.headers.get('location') ?? '').searchParams.get('code') ?? '';
}

async function fails(promise: Promise<unknown>, kind: RemoteErrorKind, ...secrets: string[]): Promise<void> {
  await assert.rejects(promise, (error) => {
    assert.ok(isRemoteError(error, kind), String(error));
    for (const secret of secrets)
      assert.ok(!`${error.message} ${error.code} ${error.stack}`.includes(secret));
    return true;
  });
}

test('a public client exchanges a code with its verifier, and the tokens can be renewed', async () => {
  const client = serviceOf(await server);
  const { redirectUri } = client;
  const { verifier, challenge } = newPkce();
  const code = await codeFor(challenge);
  const token = await exchangeCode(client, { code, redirectUri, verifier }, systemClock, calm);
  assert.ok(token.refreshToken);
  assert.ok((token.expiresMs ?? 0) > Date.now() + 3_500_000);
  const fresh = await refreshToken(client, token.refreshToken, systemClock, calm);
  assert.notEqual(fresh.accessToken, token.accessToken);
  assert.ok(fresh.refreshToken, 'the old one stays valid when the response has none');
});

test('a wrong verifier, a used code and a wrong refresh token require a new sign-in, and no secret is quoted', async () => {
  const client = serviceOf(await server);
  const { verifier, challenge } = newPkce();
  const other = newPkce().verifier;
  const exchange = (code: string, by: string) =>
    exchangeCode(client, { code, redirectUri: client.redirectUri, verifier: by }, systemClock, calm);
  const code = await codeFor(challenge);
  await fails(exchange(code, other), 'unauthenticated', code, other);
  const used = await codeFor(challenge);
  await exchange(used, verifier);
  await fails(exchange(used, verifier), 'unauthenticated', used);
  await fails(refreshToken(client, 'Atzr|wrong', systemClock, calm), 'unauthenticated', 'Atzr|wrong');
});

test('a wrong client secret is an error of the settings', async () => {
  const { tokenUrl, clientId, issueToken } = await server;
  const { refresh_token } = issueToken('anna@example.com');
  const client = { tokenUrl, clientId, clientSecret: 'wrong-secret' };
  await fails(
    refreshToken(client, refresh_token, systemClock, calm),
    'badSettings',
    'wrong-secret',
    refresh_token,
  );
});

interface TokenRequest {
  readonly authorization: string | undefined;
  readonly form: URLSearchParams;
}
type TokenReply = readonly [status: number, body: string, headers?: Record<string, string>];

/** Renews a token at an endpoint that sends these replies. */
async function renewAt(
  reply: (request: TokenRequest) => TokenReply,
  clientSecret?: string,
): Promise<{ readonly requests: readonly TokenRequest[]; readonly renewal: Promise<unknown> }> {
  const requests: TokenRequest[] = [];
  const { origin, stop } = await listen(
    createServer(async (request, response) => {
      let text = '';
      for await (const chunk of request) text += chunk;
      const received = { authorization: request.headers.authorization, form: new URLSearchParams(text) };
      requests.push(received);
      const [status, body, headers] = reply(received);
      response.writeHead(status, headers).end(body);
    }),
  );
  const client = { tokenUrl: `${origin}/token`, clientId: 'the client', clientSecret };
  const renewal = refreshToken(client, 'Atzr|secret', systemClock, calm);
  await renewal.catch(() => {});
  await stop();
  return { requests, renewal };
}

const accepted: TokenReply = [200, '{"access_token":"good"}'];
const rejected: TokenReply = [401, '{"error":"invalid_client"}'];
const onlyBasic = ({ authorization, form }: TokenRequest) =>
  authorization !== undefined && !form.has('client_secret') ? accepted : rejected;

test('a client secret is sent in the body, and by Basic to a service that requires it', async () => {
  const secret = 's:%/ü';
  const inBody = await renewAt(
    ({ form }) => (form.get('client_secret') === secret ? accepted : rejected),
    secret,
  );
  await inBody.renewal;
  assert.deepEqual(
    inBody.requests.map(({ authorization }) => authorization),
    [undefined],
  );
  const { requests, renewal } = await renewAt(onlyBasic, secret);
  await renewal;
  const encoded = Buffer.from('the+client:s%3A%25%2F%C3%BC').toString('base64');
  assert.deepEqual(
    requests.map(({ authorization }) => authorization),
    [undefined, `Basic ${encoded}`],
    'both halves are form-encoded',
  );
});

test('a rejected public client is not tried a second time', async () => {
  const { requests, renewal } = await renewAt(onlyBasic);
  await fails(renewal, 'badSettings');
  assert.equal(requests.length, 1);
});

test('a client without a secret, or with an empty one, sends none', async () => {
  for (const secret of [undefined, '', 's&s']) {
    const { requests } = await renewAt(() => accepted, secret);
    assert.equal(requests[0]?.form.get('client_id'), 'the client');
    assert.equal(requests[0]?.form.get('client_secret'), secret || null);
  }
});

const replies: readonly (readonly [title: string, reply: TokenReply, kind: RemoteErrorKind])[] = [
  ['an outage', [503, ''], 'unavailable'],
  ['too many requests', [429, '{"error":"slow"}'], 'unavailable'],
  ['a web page', [200, '<html>'], 'corrupted'],
  ['a body without end', [200, 'x'.repeat(200_000)], 'corrupted'],
  ['a wrong URL', [404, 'nothing'], 'other'],
  [
    'an error that repeats the request',
    [400, '{"error":"no Atzr|secret here","error_description":"Atzr|secret is unknown"}'],
    'other',
  ],
];
for (const [title, reply, kind] of replies)
  test(`token endpoint: ${title} is ${kind}`, async () =>
    fails((await renewAt(() => reply)).renewal, kind, 'secret'));

test('the delay that a service requests is in seconds or a date', async () => {
  for (const [header, min, max] of [
    ['7', 7000, 7000],
    [new Date(Date.now() + 20_000).toUTCString(), 15_000, 20_000],
  ] as const) {
    const { renewal } = await renewAt(() => [503, '', { 'Retry-After': header }]);
    await assert.rejects(renewal, (error) => {
      assert.ok(isRemoteError(error, 'unavailable') && error.retryAfterMs !== undefined);
      return error.retryAfterMs >= min && error.retryAfterMs <= max;
    });
  }
});

test('an absent service is unavailable', async () => {
  const { origin, stop } = await listen(createServer());
  await stop();
  await fails(refreshToken({ tokenUrl: origin, clientId: 'c' }, 'r', systemClock, calm), 'unavailable');
});

test('an abort rejects with its reason', async () => {
  const abort = new AbortController();
  const renewal = refreshToken(serviceOf(await server), 'r', systemClock, abort.signal);
  abort.abort(new Error('enough'));
  await assert.rejects(renewal, /enough/);
});
