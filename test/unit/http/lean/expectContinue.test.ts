import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { readText } from '../../../../src/http/httpResponse';
import { okay, onSockets } from './rawServer';

const large = Buffer.alloc(33 * 1024 * 1024, 1);
const upload = { method: 'PUT', body: large };

test('a refusal of a large upload costs no byte of the body, however slow it is', () =>
  onSockets(
    (socket) =>
      void socket.once('data', () => {
        socket.write('HTTP/1.1 403 No\r\ncontent-length: 2\r\n\r\n');
        // Later than the body would be sent without an answer.
        setTimeout(() => socket.write('no'), 1200);
      }),
    async ({ send, sockets }) => {
      const response = await send(upload);
      assert.equal(response.statusCode, 403);
      assert.equal(await readText(response, 10), 'no');
      const [socket] = sockets as [Socket];
      if (!socket.destroyed) await once(socket, 'close');
      assert.ok(socket.bytesRead < 1000, String(socket.bytesRead));
    },
  ));

test('a large upload goes on when the service wants it, and nothing is asked of a small one', () =>
  onSockets(
    (socket) => {
      let left = 0;
      socket.on('data', (bytes) => {
        const isAsked = bytes.includes('expect: 100-continue');
        if (isAsked) {
          left = large.length;
          socket.write('HTTP/1.1 100 Continue\r\n\r\n');
        } else if (left > 0) {
          left -= bytes.length;
          if (left === 0) socket.write(okay('large'));
        } else socket.write(okay('small'));
      });
    },
    async ({ send, sockets }) => {
      assert.equal(await readText(await send(upload), 10), 'large');
      assert.equal(await readText(await send({ method: 'PUT', body: Buffer.from('four') }), 10), 'small');
      assert.equal(sockets.length, 1);
    },
  ));

for (const [title, says] of [
  ['ignores', ''],
  ['refuses', 'HTTP/1.1 417 Expectation Failed\r\ncontent-length: 0\r\n\r\n'],
] as const)
  test(`a service that ${title} the question still gets the body, and is not asked again`, () =>
    onSockets(
      (socket) => {
        let asked = 0;
        let left = 0;
        socket.on('data', (bytes) => {
          if (bytes.includes('expect: 100')) {
            asked++;
            left = large.length;
            if (says) socket.write(says);
            return;
          }
          if (left === 0) left = large.length + bytes.indexOf('\r\n\r\n') + 4;
          left -= bytes.length;
          if (left === 0) socket.write(okay(String(asked)));
        });
      },
      async ({ send }) => {
        const first = await readText(
          await send({
            method: 'PUT',
            body: Readable.from([large]),
            headers: { 'content-length': String(large.length) },
          }),
          10,
        );
        assert.equal(first, says ? '0' : '1');
        assert.equal(await readText(await send(upload), 10), says ? '0' : '1');
      },
    ));
