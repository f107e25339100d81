import assert from 'node:assert/strict';
import dns from 'node:dns';
import { readFileSync } from 'node:fs';
import http, { createServer } from 'node:http';
import https from 'node:https';
import net from 'node:net';
import { Readable } from 'node:stream';
import { mock, test } from 'node:test';
import tls from 'node:tls';
import type { HttpRequest, HttpTarget } from '../../../src/http/httpClient';
import { readText } from '../../../src/http/httpResponse';
import { HttpTransport } from '../../../src/http/httpTransport';
import { listen } from '../../servers/http/loopback';
import { type ProxyServer, startProxy } from '../../servers/proxy/proxyServer';
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
  // Node's client ignores an empty line here.
  const odd = '\r\nHTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\ntext';
  await serving(async ({ seen, send, service }) => {
    await send();
    service.oddity = odd;
    // The service may have stored what it was sent, so only a layer that can find out repeats the request.
    await assert.rejects(send(), { code: 'ECONNRESET' });
    service.oddity = undefined;
    for (const _ of [1, 2]) await send();
    assert.deepEqual(seen, ['editor', 'direct', 'editor', 'editor']);
  });
  await serving(async ({ seen, send, service }) => {
    await send();
    service.oddity = odd;
    assert.equal(await send({ method: 'GET', body: undefined, headers: {} }), 'text');
    assert.deepEqual(seen, ['editor', 'direct', 'editor']);
  });
});

test("a body that turns odd fails as a broken connection, and leads back to the editor's client", async () => {
  await serving(async ({ seen, send, service }) => {
    await send();
    service.oddity = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nte\r\n0x2\r\nxt\r\n0\r\n\r\n';
    await assert.rejects(send({ method: 'GET', body: undefined, headers: {} }), { code: 'ECONNRESET' });
    service.oddity = undefined;
    await send();
    assert.deepEqual(seen, ['editor', 'direct', 'editor']);
  });
});

test('a service with other addresses at every look-up is recognised by the host that was looked up', async () => {
  const { lookup } = dns;
  let looked = 0;
  mock.method(dns, 'lookup', ((host: string, options: dns.LookupAllOptions, done: never) => {
    if (host === 's3.test') looked++;
    // As late as for a name that is not an address.
    setImmediate(() => lookup(host === 's3.test' ? '127.0.0.1' : host, options, done));
  }) as never);
  mock.method(dns.promises, 'lookup', async () => [{ address: '127.0.0.99', family: 4 }]);
  await serving(
    async ({ seen, send }) => {
      for (const _ of [1, 2]) await send();
      assert.deepEqual(seen, ['editor', 'direct']);
      assert.equal(looked, 2);
    },
    { hostname: 's3.test' },
  );
});

test("where no connection can be made any longer, the editor's client tries before the request fails", async () => {
  await serving(async ({ seen, send, target }) => {
    await send();
    const { connect } = net;
    // Only our own connections fail, as where a proxy has become necessary.
    mock.method(net, 'connect', (options: net.TcpNetConnectOpts) =>
      connect(options.onread ? { ...options, port: 1 } : options),
    );
    for (const _ of [1, 2]) assert.equal(await send({ port: target.port }), 'text');
    assert.deepEqual(seen, ['editor', 'editor', 'editor']);
  });
});

/** Sends requests through `proxy` as the editor does: whole addresses for http, a tunnel for https. */
function actAsEditor(proxy: ProxyServer): void {
  const { request } = http;
  const { request: secureRequest } = https;
  const through = { host: '127.0.0.1', port: proxy.port, agent: undefined };
  mock.method(http, 'request', (options: http.RequestOptions, onResponse?: never) =>
    // The proxy's own requests have no agent.
    options.agent
      ? request({ ...options, ...through, path: `http://${options.host}:${options.port}${options.path}` })
      : request(options, onResponse),
  );
  mock.method(https, 'request', (options: https.RequestOptions) =>
    secureRequest({
      ...options,
      agent: undefined,
      createConnection: ((_: unknown, done: (error: Error | null, socket?: tls.TLSSocket) => void) => {
        const path = `${options.host}:${options.port}`;
        request({ ...through, method: 'CONNECT', path, headers: {} })
          .once('connect', (_, socket) => {
            const ca = readFileSync(certificateFile('authority'));
            const secure = tls.connect({ socket, servername: options.host ?? '', ca });
            secure.once('secureConnect', () => done(null, secure));
          })
          .end();
        return undefined;
      }) as never,
    } as https.RequestOptions),
  );
}

for (const secure of [false, true])
  for (const known of ['localhost', 's3.test'])
    test(`every ${secure ? 'https' : 'http'} request to ${known} goes through a proxy that the editor uses`, async () => {
      await serving(
        async ({ seen, send, target }) => {
          const proxy = await startProxy({ hosts: { [known]: Number(target.port) } });
          actAsEditor(proxy);
          try {
            for (const _ of [1, 2, 3]) assert.equal(await send(), 'text');
            assert.equal(proxy.requests.length, 3);
            assert.ok(
              proxy.requests.every(({ to, status }) => to === `${known}:${target.port}` && status === 200),
            );
            assert.equal(seen.length, 3);
          } finally {
            await proxy.stop();
          }
        },
        { secure, hostname: known },
      );
    });

test("a body of unknown length goes by the editor's client, which can send it in chunks", async () => {
  await serving(async ({ seen, send }) => {
    await send();
    assert.equal(await send({ headers: {}, body: Readable.from(['a', 'b'], { objectMode: false }) }), 'ab');
    assert.deepEqual(seen, ['editor', 'editor']);
  });
});
