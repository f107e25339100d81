import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { readText } from '../../../../src/http/httpResponse';
import { NotConnected } from '../../../../src/http/lean/leanClient';
import { okay, onSockets, serving } from './rawServer';

// ---- reuse ------------------------------------------------------------------------------------------------------

const kept: [title: string, response: string, method: string][] = [
  ['a response to HEAD with a length', 'HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n', 'HEAD'],
  ['a 204 with a length', 'HTTP/1.1 204 No\r\ncontent-length: 99\r\n\r\n', 'GET'],
  ['a 304 with a length', 'HTTP/1.1 304 No\r\ncontent-length: 99\r\n\r\n', 'GET'],
  ['interim responses', `HTTP/1.1 103 Early\r\nlink: a\r\n\r\nHTTP/1.1 100 Go\r\n\r\n${okay()}`, 'PUT'],
  [
    'chunks with trailers',
    'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\nx-checksum: a\r\n\r\n',
    'GET',
  ],
  [
    'a limit of the service that is far away',
    `HTTP/1.1 200 OK\r\nkeep-alive: timeout=60, max=9\r\ncontent-length: 0\r\n\r\n`,
    'GET',
  ],
];
const notKept: typeof kept = [
  ['connection: close', 'HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n', 'GET'],
  ['HTTP/1.0', 'HTTP/1.0 200 OK\r\nconnection: keep-alive\r\ncontent-length: 0\r\n\r\n', 'GET'],
  [
    'a limit of one second',
    'HTTP/1.1 200 OK\r\nKeep-Alive: max=5, timeout=1\r\ncontent-length: 0\r\n\r\n',
    'GET',
  ],
  ['the body of another response', `HTTP/1.1 304 No\r\ncontent-length: 2\r\n\r\nno`, 'GET'],
];

for (const [rows, isKept] of [
  [kept, true],
  [notKept, false],
] as const)
  for (const [title, response, method] of rows)
    test(`a connection is ${isKept ? '' : 'not '}used again after ${title}`, () =>
      serving(
        () => response,
        async (send, { connections }) => {
          for (const _ of [1, 2]) await readText(await send({ method }), 10);
          assert.equal(connections.length, isKept ? 1 : 2);
        },
      ));

test('an idle connection ends before the limit that its service names', () =>
  serving(
    () => 'HTTP/1.1 200 OK\r\nkeep-alive: timeout=2\r\ncontent-length: 0\r\n\r\n',
    async (send, { connections }) => {
      const started = performance.now();
      await readText(await send(), 10);
      await once(connections[0] as Socket, 'close');
      assert.ok(performance.now() - started < 1900);
    },
  ));

for (const method of ['GET', 'PUT'])
  test(`a ${method} on a connection that the service closes at the same moment ${method === 'GET' ? 'is made again' : 'fails'}`, () =>
    onSockets(
      (socket, index) => {
        let requests = 0;
        // The first connections take a second request and close without a word.
        socket.on('data', () => {
          if (index >= 2 || requests++ === 0) socket.write(okay(String(index)));
          else socket.destroy();
        });
      },
      async ({ send, sockets }) => {
        const body = method === 'PUT' ? { body: Buffer.from('x') } : {};
        await Promise.all([1, 2].map(async () => readText(await send(), 10)));
        const second = send({ method, ...body });
        if (method === 'PUT') await assert.rejects(second, { code: 'ECONNRESET' });
        else assert.equal(await readText(await second, 10), '2');
        assert.equal(sockets.length, method === 'GET' ? 3 : 2);
      },
    ));

test('a request is made again only once, and not after a byte of its response', async () => {
  for (const word of ['', 'H'])
    await onSockets(
      (socket) => {
        let requests = 0;
        socket.on('data', () => (requests++ === 0 ? socket.write(okay('x')) : socket.end(word)));
      },
      async ({ send, sockets }) => {
        await readText(await send(), 10);
        if (word === '') await readText(await send(), 10);
        else await assert.rejects(send(), { code: 'ECONNRESET' });
        assert.equal(sockets.length, word === '' ? 2 : 1);
      },
    );
  await onSockets(
    (socket) => void socket.once('data', () => socket.end()),
    async ({ send, sockets }) => {
      await assert.rejects(send(), { code: 'ECONNRESET' });
      assert.equal(sockets.length, 1);
    },
  );
});

// ---- the length of a body ---------------------------------------------------------------------------------------

for (const [title, pieces] of [
  ['shorter', ['four']],
  ['longer', ['four', 'and more']],
] as const)
  test(`a streamed body that is ${title} than announced fails, and its connection ends`, () => {
    let arrived = '';
    return onSockets(
      (socket) => {
        socket.on('data', (bytes) => {
          arrived += bytes.toString('latin1');
        });
      },
      async ({ send, sockets }) => {
        const body = Readable.from(pieces.map((text) => Buffer.from(text)));
        const headers = { 'content-length': '8' };
        await assert.rejects(send({ method: 'PUT', headers, body }), {
          code: 'ERR_HTTP_CONTENT_LENGTH_MISMATCH',
        });
        const [socket] = sockets as [Socket];
        if (!socket.destroyed) await once(socket, 'close');
        assert.ok(body.destroyed);
        // The service would read a byte too many as another request.
        assert.doesNotMatch(arrived, /and more/);
      },
    );
  });

test('a refusal before the whole body was sent leaves a connection that takes no other request', () =>
  onSockets(
    (socket) => {
      socket.on('data', () => socket.write('HTTP/1.1 403 No\r\ncontent-length: 2\r\n\r\nno'));
    },
    async ({ send, sockets }) => {
      const body = new Readable({ read() {} });
      body.push('begin');
      const refused = await send({ method: 'PUT', headers: { 'content-length': '1000' }, body });
      assert.equal(await readText(refused, 10), 'no');
      await readText(await send(), 10);
      assert.equal(sockets.length, 2);
    },
  ));

test('a source that fails while the request waits for a connection fails the request only', () =>
  onSockets(
    () => {},
    async ({ send }) => {
      const stop = new AbortController();
      const first = assert.rejects(send({}, stop.signal));
      const body = new Readable({ read() {} });
      const waiting = send({ method: 'PUT', headers: { 'content-length': '8' }, body });
      body.destroy(new Error('the disk failed'));
      await assert.rejects(waiting, { message: 'the disk failed' });
      await assert.rejects(send({ method: 'PUT', headers: { 'content-length': '8' }, body }), {
        message: 'the disk failed',
      });
      stop.abort();
      await first;
    },
    { maxConnections: 1 },
  ));

// ---- timeouts ---------------------------------------------------------------------------------------------------

test('a handshake that never ends is a connection that was not made', () =>
  onSockets(
    () => {},
    ({ send }) =>
      assert.rejects(send(), (error) => error instanceof NotConnected && error.code === 'ETIMEDOUT'),
    { protocol: 'https:', connectTimeoutMs: 100 },
  ));

test('a head that arrives drop by drop does not hold a request', () =>
  onSockets(
    (socket) => {
      const drip = setInterval(() => socket.write('H'), 20);
      socket.write('HTTP/1.1 200 OK\r\na: ');
      socket.on('close', () => clearInterval(drip));
    },
    ({ send }) => assert.rejects(send({ silenceTimeoutMs: 200 }), { code: 'ETIMEDOUT' }),
  ));

test('a slow reader is no silence', () =>
  onSockets(
    (socket) =>
      void socket.once('data', () =>
        socket.write(`HTTP/1.1 200 OK\r\ncontent-length: 9000000\r\n\r\n${'x'.repeat(9_000_000)}`),
      ),
    async ({ send }) => {
      const stream = (await send({ silenceTimeoutMs: 400 })).stream();
      await sleep(1200);
      assert.equal(Buffer.concat(await stream.toArray()).length, 9_000_000);
    },
  ));
