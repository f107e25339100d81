import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { createServer } from 'node:net';
import { type TestContext, test } from 'node:test';
import { keepAliveAgents, sendRequest } from '../../../src/http/httpClient';
import { readText } from '../../../src/http/httpResponse';
import { trusts, wayTo } from '../../../src/http/wayTo';
import { listen } from '../../servers/http/loopback';
import { startS3Server } from '../../servers/s3/s3Server';
import { certificateFile, startTlsFront, type TestCertificate } from '../../servers/tls/tlsFront';
import { calm } from '../../support/remoteCalls';

const ca = [readFileSync(certificateFile('authority'), 'utf8')];

async function given(t: TestContext, certificate?: TestCertificate) {
  const server = await startS3Server();
  t.after(() => server.stop());
  const front = await startTlsFront(server.port, certificate);
  t.after(() => front.stop());
  const plain = { protocol: 'http:', hostname: '127.0.0.1', port: String(server.port) };
  const secure = { protocol: 'https:', hostname: '127.0.0.1', port: String(front.port) };
  return { server, plain, secure };
}

test('a service that answers at its own address is reached directly, and is sent nothing', async (t) => {
  const { server, plain, secure } = await given(t);
  assert.equal(await wayTo(plain), 'direct');
  assert.equal(await wayTo({ ...plain, hostname: 'localhost' }), 'direct');
  assert.equal(await wayTo({ ...secure, ca }), 'direct');
  assert.equal(await trusts(plain), true);
  assert.equal(await trusts({ ...secure, ca }), true);
  assert.deepEqual(server.requests, []);
});

test('a service that the editor reaches by a proxy is not reached directly', async (t) => {
  const { plain, secure } = await given(t);
  const proxy = await listen(createServer((socket) => socket.end()));
  t.after(() => proxy.stop());
  // The editor replaces these functions in the same way.
  for (const module of [http, https]) {
    const { request } = module;
    t.mock.method(module, 'request', (options: https.RequestOptions) =>
      request({ ...options, port: module === http ? proxy.port : secure.port }),
    );
  }
  assert.equal(await wayTo(plain), 'indirect');
  assert.equal(await wayTo({ ...secure, port: plain.port, ca }), 'indirect');
});

test('a service whose certificate is not trusted counts as not reached', async (t) => {
  const { secure } = await given(t);
  assert.deepEqual([await wayTo(secure), await trusts(secure)], ['unreachable', false]);
  const other = await given(t, 'otherHost');
  assert.deepEqual(
    [await wayTo({ ...other.secure, ca }), await trusts({ ...other.secure, ca })],
    ['unreachable', false],
  );
});

test('a service that is down is unreachable, which says nothing about its certificate', async () => {
  for (const protocol of ['http:', 'https:']) {
    const nowhere = { protocol, hostname: '127.0.0.1', port: '1' };
    assert.equal(await wayTo(nowhere), 'unreachable');
    assert.equal(await trusts(nowhere), true);
  }
});

test('agents ask before each connection, and a refusal is the error of the request', async (t) => {
  const { server, plain, secure } = await given(t);
  const asked: string[] = [];
  let refusal: Error | undefined;
  const agents = keepAliveAgents(2, {
    ca,
    async allowConnection(service) {
      asked.push(`${service.protocol}//${service.hostname}:${service.port} ${service.ca?.length ?? 0}`);
      if (refusal) throw refusal;
    },
  });
  t.after(() => {
    agents.http.destroy();
    agents.https.destroy();
  });
  const send = async (service: typeof plain) => {
    const request = { ...service, method: 'GET', path: '/', headers: {} };
    const response = await sendRequest(request, agents, calm);
    await readText(response, 10_000);
    return response.statusCode;
  };
  assert.equal(await send(plain), 403);
  assert.equal(await send(plain), 403);
  assert.equal(await send(secure), 403);
  const [first, second] = [`http://127.0.0.1:${plain.port} 0`, `https://127.0.0.1:${secure.port} 1`];
  assert.deepEqual(asked, [first, second]);
  refusal = new Error('not this way');
  agents.http.destroy();
  const before = server.requests.length;
  await assert.rejects(send(plain), refusal);
  assert.equal(server.requests.length, before);
});
