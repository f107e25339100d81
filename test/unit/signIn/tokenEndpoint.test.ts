import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, test } from 'node:test';
import { systemClock } from '../../../src/base/clock';
import { isRemoteError, type RemoteErrorKind } from '../../../src/remote/remoteError';
import { authorizeUrl, newPkce } from '../../../src/signIn/authorizationRequest';
import { exchangeCode, refreshToken } from '../../../src/signIn/tokenEndpoint';
import { startDriveServer } from '../../servers/amazonDrive/driveServer';
import { calm, serviceOf } from './signInFixture';

const server = startDriveServer({ autoConsent: 'anna@example.com' });
after(async () => (await server).stop());

async function codeFor(challenge: string): Promise<string> {
  const service = serviceOf(await server);
  const response = await fetch(authorizeUrl(service, service.redirectUri, 'state', challenge), {
    redirect: 'manual',
  });
  return new URL(response.headers.get('location') ?? '').searchParams.get('code') ?? '';
}

async function fails(promise: Promise<unknown>, kind: RemoteErrorKind, ...secrets: string[]): Promise<void> {
  await assert.rejects(promise, (error) => {
    assert.ok(isRemoteError(error, kind), String(error));
    for (const secret of secrets) assert.ok(!`${error.message} ${error.stack}`.includes(secret));
    return true;
  });
}

test('a public client exchanges its code by its verifier, and gets tokens that it can renew', async () => {
  const running = await server;
  const { tokenUrl, clientId, redirectUri } = serviceOf(running);
  const { verifier, challenge } = newPkce();
  const code = await codeFor(challenge);
  const token = await exchangeCode(
    { tokenUrl, clientId },
    { code, redirectUri, verifier },
    systemClock,
    calm,
  );
  assert.ok(token.refreshToken);
  assert.ok((token.expiresMs ?? 0) > Date.now() + 3_500_000);
  const fresh = await refreshToken({ tokenUrl, clientId }, token.refreshToken, systemClock, calm);
  assert.notEqual(fresh.accessToken, token.accessToken);
  assert.ok(fresh.refreshToken, 'the old one is kept when no new one comes');
});

test('a wrong verifier, a used code and a wrong refresh token want a new sign-in, and no secret is told', async () => {
  const { tokenUrl, clientId, redirectUri } = serviceOf(await server);
  const { verifier, challenge } = newPkce();
  const code = await codeFor(challenge);
  const other = newPkce().verifier;
  const client = { tokenUrl, clientId };
  await fails(
    exchangeCode(client, { code, redirectUri, verifier: other }, systemClock, calm),
    'unauthenticated',
    code,
    other,
  );
  const used = await codeFor(challenge);
  await exchangeCode(client, { code: used, redirectUri, verifier }, systemClock, calm);
  await fails(
    exchangeCode(client, { code: used, redirectUri, verifier }, systemClock, calm),
    'unauthenticated',
    used,
  );
  await fails(refreshToken(client, 'Atzr|wrong', systemClock, calm), 'unauthenticated', 'Atzr|wrong');
});

test('a wrong client secret is called one of the settings', async () => {
  const { tokenUrl, clientId, issueToken } = await server;
  const { refresh_token } = issueToken('anna@example.com');
  await fails(
    refreshToken({ tokenUrl, clientId, clientSecret: 'wrong-secret' }, refresh_token, systemClock, calm),
    'badSettings',
    'wrong-secret',
    refresh_token,
  );
});

/** A service that takes a client's secret in one place only; `form` is what it was sent there. */
async function takesSecretIn(place: 'Basic' | 'body', ask: (tokenUrl: string) => Promise<void>) {
  const seen: { authorization: string | undefined; form: URLSearchParams }[] = [];
  const picky = createServer(async (request, response) => {
    let text = '';
    for await (const chunk of request) text += chunk;
    const form = new URLSearchParams(text);
    const { authorization } = request.headers;
    seen.push({ authorization, form });
    const isGood =
      place === 'Basic'
        ? authorization !== undefined && !form.has('client_secret')
        : authorization === undefined && form.get('client_secret') === 's:%/ü';
    response.writeHead(isGood ? 200 : 401);
    response.end(isGood ? '{"access_token":"good"}' : '{"error":"invalid_client"}');
  });
  await new Promise<void>((resolve) => picky.listen(0, '127.0.0.1', resolve));
  try {
    await ask(`http://127.0.0.1:${(picky.address() as AddressInfo).port}/token`);
  } finally {
    picky.close();
    picky.closeAllConnections();
  }
  return seen;
}

test("a client's secret is sent in the body, and by Basic where a service wants it so", async () => {
  for (const [place, requests] of [
    ['body', 1],
    ['Basic', 2],
  ] as const) {
    const seen = await takesSecretIn(place, async (tokenUrl) => {
      const client = { tokenUrl, clientId: 'the client', clientSecret: 's:%/ü' };
      assert.equal((await refreshToken(client, 'r', systemClock, calm)).accessToken, 'good');
    });
    assert.equal(seen.length, requests, place);
    if (place === 'Basic')
      assert.equal(
        seen[1]?.authorization,
        `Basic ${Buffer.from('the+client:s%3A%25%2F%C3%BC').toString('base64')}`,
        'each half is form-encoded first',
      );
  }
});

test('a public client is refused once, without a second try', async () => {
  const seen = await takesSecretIn('Basic', async (tokenUrl) => {
    await fails(refreshToken({ tokenUrl, clientId: 'c' }, 'r', systemClock, calm), 'badSettings');
  });
  assert.equal(seen.length, 1);
});

test('a service in trouble, one that is away and one that answers nonsense are told apart', async () => {
  const answers: [number, string, Record<string, string>][] = [
    [503, '', {}],
    [429, '{"error":"slow"}', { 'Retry-After': '7' }],
    [200, '<html>', {}],
    [404, 'nothing', {}],
  ];
  const strange = createServer((_, response) => {
    const [status, body, headers] = answers.shift() ?? [500, '', {}];
    response.writeHead(status, headers).end(body);
  });
  await new Promise<void>((resolve) => strange.listen(0, '127.0.0.1', resolve));
  const tokenUrl = `http://127.0.0.1:${(strange.address() as AddressInfo).port}/token`;
  const ask = () => refreshToken({ tokenUrl, clientId: 'c' }, 'r', systemClock, calm);
  await fails(ask(), 'unavailable');
  await assert.rejects(ask(), (error) => isRemoteError(error, 'unavailable') && error.retryAfterMs === 7000);
  await fails(ask(), 'corrupted');
  await fails(ask(), 'other');
  await new Promise((resolve) => strange.close(resolve));
  await fails(ask(), 'unavailable');
});

test('who cancels gets the reason', async () => {
  const { tokenUrl } = await server;
  const abort = new AbortController();
  const asked = refreshToken({ tokenUrl, clientId: 'c' }, 'r', systemClock, abort.signal);
  abort.abort(new Error('enough'));
  await assert.rejects(asked, /enough/);
});

/** Asks a token endpoint that gives one answer. */
async function askOne(
  status: number,
  body: string,
  headers: Record<string, string> = {},
  clientSecret?: string,
): Promise<{ readonly form: URLSearchParams; readonly failure: unknown }> {
  let form = '';
  const one = createServer((request, response) => {
    request.on('data', (chunk) => {
      form += chunk;
    });
    request.on('end', () => response.writeHead(status, headers).end(body));
  });
  await new Promise<void>((resolve) => one.listen(0, '127.0.0.1', resolve));
  const tokenUrl = `http://127.0.0.1:${(one.address() as AddressInfo).port}/token`;
  const client = { tokenUrl, clientId: 'c', ...(clientSecret !== undefined && { clientSecret }) };
  const failure = await refreshToken(client, 'Atzr|secret', systemClock, calm).then(
    () => undefined,
    (error: unknown) => error,
  );
  one.close();
  one.closeAllConnections();
  return { form: new URLSearchParams(form), failure };
}

test('an error that repeats what was sent is not repeated', async () => {
  const { failure } = await askOne(
    400,
    '{"error":"no Atzr|secret here","error_description":"Atzr|secret is unknown"}',
  );
  assert.ok(isRemoteError(failure, 'other'));
  assert.doesNotMatch(`${failure.message} ${failure.code} ${failure.stack}`, /secret/);
});

test('the pause that a service asks for may be a date', async () => {
  const date = new Date(Date.now() + 20_000).toUTCString();
  const { failure } = await askOne(503, '', { 'Retry-After': date });
  assert.ok(isRemoteError(failure, 'unavailable'));
  assert.ok((failure.retryAfterMs ?? 0) > 15_000 && (failure.retryAfterMs ?? 0) <= 20_000);
});

test('an answer without end is called damaged', async () => {
  const { failure } = await askOne(200, 'x'.repeat(200_000));
  assert.ok(isRemoteError(failure, 'corrupted'), String(failure));
});

test('a client without a secret, or with an empty one, sends none', async () => {
  for (const secret of [undefined, '']) {
    const { form } = await askOne(200, '{"access_token":"a"}', {}, secret);
    assert.equal(form.get('client_id'), 'c');
    assert.equal(form.has('client_secret'), false);
  }
  const { form } = await askOne(200, '{"access_token":"a"}', {}, 's&s');
  assert.equal(form.get('client_secret'), 's&s');
});
