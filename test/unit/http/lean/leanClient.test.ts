import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { readText } from '../../../../src/http/httpResponse';
import { LeanClient } from '../../../../src/http/lean/leanClient';
import { listen } from '../../../servers/http/loopback';
import { calm, pattern } from '../../../support/remoteCalls';
import { okay, serving } from './rawServer';

test('sends a small body behind the head, and uses the connection again', async () => {
  await serving(
    (request) => okay(request.slice(request.indexOf('\r\n\r\n') + 4)),
    async (send, { connections, requests }) => {
      for (const text of ['one', 'two'])
        assert.equal(await readText(await send({ method: 'PUT', body: Buffer.from(text) }), 10), text);
      assert.equal(connections.length, 1);
      assert.equal(requests[0], 'PUT / HTTP/1.1\r\nhost: s3.test\r\ncontent-length: 3\r\n\r\none');
    },
  );
});

test('sends bodies of every kind and size whole, and reports each as sent once', async () => {
  const whole = pattern(3_000_001);
  await serving(
    (request) =>
      okay(String(Buffer.from(request.slice(request.indexOf('\r\n\r\n') + 4), 'latin1').equals(whole))),
    async (send) => {
      const headers = { host: 'x', 'content-length': String(whole.length) };
      for (const body of [
        whole,
        [whole.subarray(0, 70_000), whole.subarray(70_000)],
        Readable.from(cut(whole, 99_999)),
      ]) {
        let sent = 0;
        const response = await send({ method: 'PUT', headers, body, onSent: () => sent++ });
        assert.equal(await readText(response, 10), 'true');
        assert.equal(sent, 1);
      }
    },
  );
});

function* cut(bytes: Buffer, length: number): Iterable<Buffer> {
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length);
}

test('a large response arrives whole, however slowly it is read', async () => {
  const whole = pattern(5_000_000);
  await serving(
    () => Buffer.concat([Buffer.from(`HTTP/1.1 200 OK\r\ncontent-length: ${whole.length}\r\n\r\n`), whole]),
    async (send, { connections }) => {
      const response = await send();
      const pieces: Buffer[] = [];
      for await (const piece of response.stream()) {
        pieces.push(piece);
        if (pieces.length % 8 === 0) await sleep(1);
      }
      assert.ok(Buffer.concat(pieces).equals(whole));
      await (await send()).stream().toArray();
      assert.equal(connections.length, 1);
    },
  );
});

test('a large response pours whole, and an error of its reader ends the connection', async () => {
  const whole = pattern(5_000_000);
  await serving(
    () => Buffer.concat([Buffer.from(`HTTP/1.1 200 OK\r\ncontent-length: ${whole.length}\r\n\r\n`), whole]),
    async (send, { connections }) => {
      const into = Buffer.alloc(whole.length);
      let at = 0;
      const take = (bytes: Buffer) => {
        at += bytes.copy(into, at);
      };
      for (const late of [false, true]) {
        at = 0;
        const response = await send();
        if (late) await sleep(20);
        await response.pour(take);
        assert.equal(at, whole.length);
        assert.ok(into.equals(whole));
      }
      assert.equal(connections.length, 1);
      const full = new Error('full');
      let pieces = 0;
      const refuse = () => {
        if (++pieces === 3) throw full;
      };
      await assert.rejects((await send()).pour(refuse), (error) => error === full);
      await (await send()).pour(() => {});
      assert.equal(connections.length, 2);
    },
  );
});

test('takes a body that has arrived without waiting for events', async () => {
  await serving(
    () => okay('now'),
    async (send) => {
      const response = await send();
      assert.equal((await response.whole(10)).toString(), 'now');
    },
  );
});

test('bodies that are kept do not change when others arrive', async () => {
  await serving(
    (request) => okay(/\/(\w+) /.exec(request)?.[1]?.repeat(50)),
    async (send) => {
      const names = Array.from({ length: 400 }, (_, index) => `name${index}x`);
      const bodies = await Promise.all(
        names.map(async (name) =>
          (await send({ method: 'PUT', path: `/${name}`, body: Buffer.from(name) })).whole(1e4),
        ),
      );
      for (const [index, body] of bodies.entries()) assert.equal(body.toString(), names[index]?.repeat(50));
    },
  );
});

test('holds to its limit of connections and serves all that wait', async () => {
  await serving(
    () => okay('x'),
    async (send, { connections }) => {
      await Promise.all(Array.from({ length: 50 }, async () => readText(await send(), 10)));
      assert.ok(connections.length <= 3, String(connections.length));
    },
    { maxConnections: 3 },
  );
});

test('a place in the queue is served after the connection before it broke', async () => {
  await serving(
    (_, socket, index) => (index === 0 ? void socket.destroy() : okay('second')),
    async (send) => {
      const broken = assert.rejects(send(), { code: 'ECONNRESET' });
      assert.equal(await readText(await send(), 10), 'second');
      await broken;
    },
    { maxConnections: 1 },
  );
});

const brokenResponses: [title: string, respond: (socket: Socket) => string | undefined, code: string][] = [
  ['ends without a response', (socket) => void socket.end(), 'ECONNRESET'],
  ['ends in the head', (socket) => void socket.end('HTTP/1.1 200'), 'ECONNRESET'],
  ['speaks another protocol', () => '220 smtp ready\r\n', 'HPE_INVALID_CONSTANT'],
  ['says nothing', () => undefined, 'ETIMEDOUT'],
];

for (const [title, respond, code] of brokenResponses)
  test(`a request fails when the service ${title}`, async () => {
    await serving(
      (_, socket) => respond(socket),
      (send) => assert.rejects(send({ silenceTimeoutMs: 100 }), { code }),
    );
  });

test('reading fails when the connection ends within the body, and the next request has a new connection', async () => {
  await serving(
    (_, socket, index) =>
      index === 0 ? void socket.end('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf') : okay('whole'),
    async (send, { connections }) => {
      const response = await send();
      await assert.rejects(readText(response, 10), { code: 'ECONNRESET' });
      assert.equal(await readText(await send(), 10), 'whole');
      assert.equal(connections.length, 2);
    },
  );
});

test('bytes behind the end of a response never reach the next request', async () => {
  await serving(
    (_, __, index) => (index === 0 ? `${okay('first')}${okay('smuggled')}` : okay('second')),
    async (send, { connections }) => {
      assert.equal(await readText(await send(), 10), 'first');
      assert.equal(await readText(await send(), 10), 'second');
      assert.equal(connections.length, 2);
    },
  );
  // The same when they arrive while the connection is idle.
  await serving(
    (_, __, index) => okay(index === 0 ? 'first' : 'second'),
    async (send, { connections }) => {
      assert.equal(await readText(await send(), 10), 'first');
      connections[0]?.write(okay('smuggled'));
      await once(connections[0] as Socket, 'close');
      assert.equal(await readText(await send(), 10), 'second');
    },
  );
});

test('a refusal that arrives before the body was sent ends the request, and the connection is not used again', async () => {
  const server = createServer((socket) => {
    socket.once('data', () => socket.write('HTTP/1.1 403 Forbidden\r\ncontent-length: 2\r\n\r\nno'));
    socket.on('error', () => {});
  });
  const listening = await listen(server);
  const target = { protocol: 'http:', hostname: '127.0.0.1', port: String(listening.port) };
  const client = new LeanClient(target, { maxConnections: 1 });
  const body = new Readable({ read() {} });
  body.push('beginning');
  const headers = { 'content-length': '1000' };
  const response = await client.send({ ...target, method: 'PUT', path: '/', headers, body }, calm);
  assert.equal(response.statusCode, 403);
  assert.equal(await readText(response, 100), 'no');
  const closed = once(body, 'close');
  body.push('more');
  await closed;
  await listening.stop();
});

test('a body that fails while it is sent fails the request with the same error', async () => {
  await serving(
    () => undefined,
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

test('a response that nobody wants to the end ends its connection', async () => {
  await serving(
    () => 'HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf',
    async (send, { connections }) => {
      (await send()).destroy();
      await once(connections[0] as Socket, 'close');
    },
  );
});

test('headers are sent byte for byte, in their order', async () => {
  await serving(
    () => okay(),
    async (send, { requests }) => {
      await readText(await send({ headers: ['X-B', '\xe9', 'x-a', ' 1', 'Host', 'h'] }), 1);
      assert.equal(requests[0], 'GET / HTTP/1.1\r\nX-B: \xe9\r\nx-a:  1\r\nHost: h\r\n\r\n');
    },
  );
});

test('no connection is kept open for requests that do not come', async () => {
  await serving(
    () => okay(),
    async (send, { connections }, client) => {
      await readText(await send(), 1);
      client.close();
      await once(connections[0] as Socket, 'close');
    },
  );
});
