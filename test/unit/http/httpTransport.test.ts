import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import http, { createServer } from 'node:http';
import https from 'node:https';
import { Readable } from 'node:stream';
import { mock, test } from 'node:test';
import { type HttpRequest, type HttpTarget, readText } from '../../../src/http/httpClient';
import { HttpTransport } from '../../../src/http/httpTransport';
import { listen } from '../../servers/http/loopback';
import { certificateFile, startTlsFront } from '../../servers/tls/tlsFront';
import { calm } from '../../support/remoteCalls';

/** `editor` or `direct`: which client made each request. Only `node:http` says that the connection is to be kept. */
type Seen = ('editor' | 'direct')[];

interface Setup {
  readonly target: HttpTarget;
  readonly seen: Seen;
  /** Bytes that the service sends in place of each response. */
  readonly service: { oddity: string | undefined };
  send(more?: Partial<HttpRequest>): Promise<string>;
}

/** A service that responds with the request's body, behind TLS with `secure`. */
async function serving(
  work: (setup: Setup) => Promise<unknown>,
  { secure = false, allowsDirect = (): boolean => true, hostname = '127.0.0.1' } = {},
): Promise<void> {
  const seen: Seen = [];
  const state: Setup['service'] = { oddity: undefined };
  const service = await listen(
    createServer((request, response) => {
      seen.push(request.headers.connection === undefined ? 'direct' : 'editor');
      if (state.oddity === undefined) request.pipe(response);
      else request.resume().socket.write(state.oddity);
    }),
  );
  const front = secure ? await startTlsFront(service.port) : undefined;
  const target = {
    protocol: secure ? 'https:' : 'http:',
    hostname,
    port: String((front ?? service).port),
  };
  const transport = new HttpTransport({ maxConnections: 2, allowsDirect });
  const send = async (more?: Partial<HttpRequest>) => {
    const body = Buffer.from('text');
    const headers = { 'content-length': '4' };
    const request = { ...target, method: 'PUT', path: '/', headers, body, ...more };
    return readText(await transport.send(request, calm), 100);
  };
  try {
    await work({ target, seen, service: state, send });
  } finally {
    mock.restoreAll();
    transport.close();
    await front?.stop();
    await service.stop();
  }
}

for (const hostname of ['127.0.0.1', 'localhost'])
  test(`leaves the editor's client once a response came from ${hostname} itself`, async () => {
    await serving(
      async ({ seen, send }) => {
        for (const _ of [1, 2, 3]) assert.equal(await send(), 'text');
        assert.deepEqual(seen, ['editor', 'direct', 'direct']);
      },
      { hostname },
    );
  });

test("stays with the editor's client behind a proxy", async () => {
  await serving(async ({ target, seen, send }) => {
    const { request } = http;
    // As the editor does: the request goes to another port.
    mock.method(http, 'request', (options: http.RequestOptions) =>
      request({ ...options, agent: undefined, host: '127.0.0.1', port: target.port }),
    );
    for (const _ of [1, 2]) assert.equal(await send({ hostname: 'service.test', port: '80' }), 'text');
    assert.deepEqual(seen, ['editor', 'editor']);
  });
});

test("stays with the editor's client where the setting says so, from the next request on", async () => {
  let allowed = false;
  await serving(
    async ({ seen, send }) => {
      for (const allows of [false, true, true, false]) {
        allowed = allows;
        await send();
      }
      assert.deepEqual(seen, ['editor', 'editor', 'direct', 'editor']);
    },
    { allowsDirect: () => allowed },
  );
});

test("a certificate that only the editor trusts leads back to the editor's client, with the body whole", async () => {
  await serving(
    async ({ seen, send }) => {
      const { request } = https;
      const ca = readFileSync(certificateFile('authority'));
      mock.method(https, 'request', (options: https.RequestOptions) =>
        request({ ...options, agent: undefined, ca }),
      );
      for (const body of [
        Buffer.from('one!'),
        Readable.from(['tw', 'o!'], { objectMode: false }),
        Buffer.from('thr!'),
      ])
        await send({ body });
      assert.deepEqual(seen, ['editor', 'editor', 'editor']);
    },
    { secure: true, hostname: 'localhost' },
  );
});

test("an odd response leads back to the editor's client", async () => {
  await serving(async ({ seen, send, service }) => {
    await send();
    service.oddity = 'HTTP/1.1 200 OK\r\ncontent-length: 4\r\nfolded: a\r\n b\r\n\r\ntext';
    await assert.rejects(send(), { code: /HPE_/ });
    service.oddity = undefined;
    for (const _ of [1, 2]) await send();
    assert.deepEqual(seen, ['editor', 'direct', 'editor', 'editor']);
  });
});

test("a body of unknown length goes by the editor's client, which can send it in chunks", async () => {
  await serving(async ({ seen, send }) => {
    await send();
    assert.equal(await send({ headers: {}, body: Readable.from(['a', 'b'], { objectMode: false }) }), 'ab');
    assert.deepEqual(seen, ['editor', 'editor']);
  });
});
