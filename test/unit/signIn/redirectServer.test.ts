import assert from 'node:assert/strict';
import { createServer, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { isRemoteError } from '../../../src/remote/remoteError';
import { listenForRedirect } from '../../../src/signIn/redirectServer';
import { calm } from './signInFixture';

const anyPort = 'http://127.0.0.1:0/';

test('the browser comes back with the code, is thanked, and the port is free again', async () => {
  const { redirectUri, code } = await listenForRedirect(anyPort, 'state', calm);
  const response = await fetch(`${redirectUri}?code=abc&state=state`);
  assert.equal(response.status, 200);
  assert.match(await response.text(), /You are signed in/);
  assert.match(response.headers.get('content-security-policy') ?? '', /default-src 'none'/);
  assert.equal(await code, 'abc');
  await new Promise((resolve) => setTimeout(resolve, 700));
  await assert.rejects(fetch(redirectUri));
});

test('the answer to another sign-in and stray requests are turned away, and the right one is still heard', async () => {
  const { redirectUri, code, close } = await listenForRedirect(anyPort, 'state', calm);
  assert.equal((await fetch(`${redirectUri}?code=evil&state=other`)).status, 400);
  assert.equal((await fetch(`${redirectUri}favicon.ico`)).status, 404);
  assert.equal((await fetch(redirectUri, { method: 'POST' })).status, 404);
  await fetch(`${redirectUri}?code=good&state=state`);
  assert.equal(await code, 'good');
  close();
});

test('a denial is shown and told', async () => {
  const { redirectUri, code } = await listenForRedirect(anyPort, 'state', calm);
  const response = await fetch(`${redirectUri}?error=access_denied&state=state`);
  assert.match(await response.text(), /not signed in/);
  await assert.rejects(code, (error) => isRemoteError(error, 'forbidden'));
});

test('what a service says of its refusal can put nothing into the page', async () => {
  const { redirectUri, code } = await listenForRedirect(anyPort, 'state', calm);
  const query = new URLSearchParams({
    error: 'invalid_scope',
    error_description: '<img src=x>',
    state: 'state',
  });
  assert.doesNotMatch(await (await fetch(`${redirectUri}?${query}`)).text(), /<img/);
  await assert.rejects(code, (error) => isRemoteError(error, 'badSettings'));
});

test('a port that is taken is named', async () => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  const { port } = other.address() as AddressInfo;
  try {
    await assert.rejects(
      listenForRedirect(`http://127.0.0.1:${port}/`, 'state', calm),
      (error) => isRemoteError(error, 'unavailable') && error.message.includes(`Port ${port}`),
    );
  } finally {
    other.close();
  }
});

test('who cancels gets the reason, and the port is free at once', async () => {
  const abort = new AbortController();
  const { redirectUri, code } = await listenForRedirect(anyPort, 'state', abort.signal);
  abort.abort(new Error('enough'));
  await assert.rejects(code, /enough/);
  await assert.rejects(fetch(redirectUri));
});

test('a request line that is no address is turned away, and the answer is still heard', async () => {
  const { redirectUri, code, close } = await listenForRedirect(anyPort, 'state', calm);
  for (const path of ['//', '//[', '/%', '/?%zz&state=%'])
    assert.ok([400, 404].includes(await statusOf(Number(new URL(redirectUri).port), path)), path);
  await fetch(`${redirectUri}?code=good&state=state`);
  assert.equal(await code, 'good');
  close();
});

test('who cancels while the port is being opened gets the reason, and leaves no port open', async () => {
  const abort = new AbortController();
  const probe = await listenForRedirect(anyPort, 'state', calm);
  probe.close();
  const listening = listenForRedirect(probe.redirectUri, 'state', abort.signal);
  abort.abort(new Error('enough'));
  await assert.rejects(listening, /enough/);
  await assert.rejects(fetch(probe.redirectUri));
});

function statusOf(port: number, path: string): Promise<number> {
  return new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, path, agent: false }, (answer) => {
      answer.resume();
      resolve(answer.statusCode ?? 0);
    }).on('error', reject);
  });
}
