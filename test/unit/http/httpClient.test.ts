import assert from 'node:assert/strict';
import http, { Agent, createServer, type RequestListener } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { Readable } from 'node:stream';
import { mock, test } from 'node:test';
import {
  connectTimeoutMs,
  type HttpRequest,
  keepAliveAgents,
  retryAfterMs,
  sendRequest,
  silenceTimeoutMs,
  targetOf,
} from '../../../src/http/httpClient';
import { readText } from '../../../src/http/httpResponse';
import { listen } from '../../servers/http/loopback';
import { calm } from '../../support/remoteCalls';

const target = { protocol: 'http:', hostname: 's3.test', port: '80' };
const request: HttpRequest = { ...target, method: 'GET', path: '/', headers: {} };

/** Never provides a socket, like a proxy that opens no tunnel. */
class NeverAgent extends Agent {
  addRequest(): void {}
}

const never = { http: new NeverAgent(), https: new HttpsAgent() };

/** Runs `work` against a server with `listener`, and ends all connections afterwards. */
async function serving(
  listener: RequestListener,
  work: (send: (more?: Partial<HttpRequest>) => ReturnType<typeof sendRequest>) => unknown,
): Promise<void> {
  const { origin, stop } = await listen(createServer(listener));
  const agents = keepAliveAgents(4);
  const url = new URL(origin);
  try {
    await work((more) => sendRequest({ ...request, ...targetOf(url), ...more }, agents, calm));
  } finally {
    agents.http.destroy();
    await stop();
  }
}

test('a request without a socket ends when it is aborted, and does not start afterwards', async () => {
  const stop = new AbortController();
  const sent = sendRequest(request, never, stop.signal);
  stop.abort(new Error('enough'));
  await assert.rejects(sent, (error) => error === stop.signal.reason);
  await assert.rejects(sendRequest(request, never, stop.signal), (error) => error === stop.signal.reason);
});

test('a request without a socket, without a connection, or without a response times out', async () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  try {
    const connecting = new Agent();
    // A socket that never connects.
    connecting.createConnection = () =>
      Object.assign(new Readable({ read() {} }), {
        connecting: true,
        setTimeout() {},
        setKeepAlive() {},
        setNoDelay() {},
        ref() {},
        unref() {},
      }) as never;
    for (const [agent, ms] of [
      [never.http, silenceTimeoutMs],
      [connecting, connectTimeoutMs],
    ] as const) {
      const sent = sendRequest(request, { ...never, http: agent }, calm);
      const failed = assert.rejects(sent, { code: 'ETIMEDOUT' });
      await new Promise(setImmediate);
      mock.timers.tick(ms);
      await failed;
    }
  } finally {
    mock.timers.reset();
  }
  await serving(
    () => {},
    (send) => assert.rejects(send({ silenceTimeoutMs: 50 }), { code: 'ETIMEDOUT' }),
  );
});

test('an error response before the end of the body ends the request, and the connection is not reused', async () => {
  let closed: Promise<void> | undefined;
  await serving(
    ({ socket }, response) => {
      closed = new Promise((resolve) => socket.once('close', resolve));
      response.writeHead(403).end('no');
    },
    async (send) => {
      const body = new Readable({ read() {} });
      body.push('beginning');
      const response = await send({ method: 'PUT', headers: { 'content-length': '1000' }, body });
      assert.equal(response.statusCode, 403);
      assert.equal(await readText(response, 100), 'no');
      await closed;
    },
  );
});

test('a body that fails while it is sent fails the request with the same error', async () => {
  await serving(
    () => {},
    async (send) => {
      const failure = new Error('the source failed');
      const body = new Readable({
        read() {
          this.destroy(failure);
        },
      });
      const sent = send({ method: 'PUT', headers: { 'content-length': '10' }, body });
      await assert.rejects(sent, (error) => error === failure);
    },
  );
});

test('a body in pieces arrives complete and is reported as sent', async () => {
  await serving(
    (incoming, response) => void incoming.pipe(response),
    async (send) => {
      let sent = 0;
      const body = [Buffer.from('ab'), Buffer.from('cd')];
      const response = await send({
        method: 'POST',
        headers: { 'content-length': '4' },
        body,
        onSent: () => sent++,
      });
      assert.equal(await readText(response, 4), 'abcd');
      assert.equal(sent, 1);
    },
  );
});

test('a text is read up to its limit, and a truncated text fails', async () => {
  const tooLong = () => new Error('too long');
  for (const headers of [{}, { 'content-length': '1000' }])
    await serving(
      (_, response) => response.writeHead(200, headers).write('x'.repeat(200)),
      async (send) => {
        await assert.rejects(readText(await send(), 100, tooLong), /too long/);
        assert.equal((await readText(await send(), 100)).length <= 200, true);
      },
    );
  await serving(
    (_, response) => {
      response.writeHead(200, { 'content-length': '100' }).write('x', () => response.destroy());
    },
    async (send) => assert.rejects(readText(await send(), 1000, tooLong), { code: 'ECONNRESET' }),
  );
});

test('a Retry-After counts in seconds or as a date', () => {
  const now = 1_700_000_000_000;
  for (const [header, ms] of [
    ['7', 7000],
    ['1.5', 1500],
    [new Date(now + 9000).toUTCString(), 9000],
    [new Date(now - 9000).toUTCString(), 0],
    ['soon', undefined],
    ['', undefined],
    [undefined, undefined],
  ] as const)
    assert.equal(retryAfterMs(header, now), ms, header);
});

test('a list of headers is an object to the editor, except where only a list keeps the bytes', () =>
  serving(
    (request, response) => {
      request.resume();
      response.end(request.rawHeaders.join('\n'), 'latin1');
    },
    async (send) => {
      const seen = mock.method(http, 'request');
      try {
        for (const [disposition, isObject] of [
          ['attachment', true],
          ['filename="\u00fc"', false],
          ['filename="\u00c3\u00bc"', false],
        ] as const) {
          const headers = [
            'host',
            'x',
            'content-length',
            '0',
            'content-disposition',
            disposition,
            'x-amz-meta-a',
            '\u00e9',
          ];
          const response = await send({ method: 'PUT', headers });
          const raw = (await response.whole(10_000)).toString('latin1').split('\n');
          assert.equal(raw[raw.indexOf('content-disposition') + 1], disposition);
          assert.equal(raw[raw.indexOf('x-amz-meta-a') + 1], '\u00e9');
          const [options] = (seen.mock.calls.at(-1)?.arguments ?? []) as unknown as [{ headers: object }];
          assert.equal(!Array.isArray(options.headers), isObject, disposition);
        }
      } finally {
        seen.mock.restore();
      }
    },
  ));
