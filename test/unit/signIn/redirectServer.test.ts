import assert from 'node:assert/strict';
import { createServer, get } from 'node:http';
import { test } from 'node:test';
import { isRemoteError } from '../../../src/remote/remoteError';
import { listenForRedirect } from '../../../src/signIn/redirectServer';
import { listen } from '../../servers/http/loopback';
import { calm } from '../../support/remoteCalls';

const anyPort = 'http://127.0.0.1:0/';

test('the redirect delivers the code, the browser shows a page, and the port is freed', async () => {
  const { redirectUri, code } = await listenForRedirect(anyPort, 'state', calm);
  const response = await fetch(`${redirectUri}?code=abc&state=state`);
  assert.equal(response.status, 200);
  assert.match(await response.text(), /You are signed in/);
  assert.match(response.headers.get('content-security-policy') ?? '', /default-src 'none'/);
  assert.equal(await code, 'abc');
  await new Promise((resolve) => setTimeout(resolve, 700));
  await assert.rejects(fetch(redirectUri));
});

test('the redirect of another sign-in and stray requests are rejected, and the right redirect still counts', async () => {
  const { redirectUri, code, close } = await listenForRedirect(anyPort, 'state', calm);
  assert.equal((await fetch(`${redirectUri}?code=evil&state=other`)).status, 400);
  assert.equal((await fetch(`${redirectUri}favicon.ico`)).status, 404);
  assert.equal((await fetch(redirectUri, { method: 'POST' })).status, 404);
  await fetch(`${redirectUri}?code=good&state=state`);
  assert.equal(await code, 'good');
  close();
});

test('a denial is shown in the browser and rejects the code', async () => {
  const { redirectUri, code } = await listenForRedirect(anyPort, 'state', calm);
  const response = await fetch(`${redirectUri}?error=access_denied&state=state`);
  assert.match(await response.text(), /not signed in/);
  await assert.rejects(code, (error) => isRemoteError(error, 'forbidden'));
});

test('the description of the service is escaped in the page', async () => {
  const { redirectUri, code } = await listenForRedirect(anyPort, 'state', calm);
  const query = new URLSearchParams({
    error: 'invalid_scope',
    error_description: '<img src=x>',
    state: 'state',
  });
  assert.doesNotMatch(await (await fetch(`${redirectUri}?${query}`)).text(), /<img/);
  await assert.rejects(code, (error) => isRemoteError(error, 'badSettings'));
});

test('the error names a port that is in use', async () => {
  const { port, origin, stop } = await listen(createServer());
  await assert.rejects(
    listenForRedirect(`${origin}/`, 'state', calm),
    (error) => isRemoteError(error, 'unavailable') && error.message.includes(`Port ${port}`),
  );
  await stop();
});

test('an abort rejects with its reason and frees the port', async () => {
  const abort = new AbortController();
  const { redirectUri, code } = await listenForRedirect(anyPort, 'state', abort.signal);
  abort.abort(new Error('enough'));
  await assert.rejects(code, /enough/);
  await assert.rejects(fetch(redirectUri));
});

test('malformed request lines are rejected, and the redirect still counts', async () => {
  const { redirectUri, code, close } = await listenForRedirect(anyPort, 'state', calm);
  for (const path of ['//', '//[', '/%', '/?%zz&state=%'])
    assert.ok([400, 404].includes(await statusOf(Number(new URL(redirectUri).port), path)), path);
  await fetch(`${redirectUri}?code=good&state=state`);
  assert.equal(await code, 'good');
  close();
});

test('an abort while the port is being opened rejects with its reason and leaves no port open', async () => {
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
    get({ host: '127.0.0.1', port, path, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    }).on('error', reject);
  });
}
