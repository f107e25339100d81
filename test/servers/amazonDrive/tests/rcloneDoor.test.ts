import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import type { Socket } from 'node:net';
import { afterEach, test } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { type RcloneDoor, startRcloneDoor } from '../rcloneDoor';
import { TestServers } from './testClient';

const servers = new TestServers();
let door: RcloneDoor | undefined;
afterEach(async () => {
  await door?.stop();
  door = undefined;
  await servers.stop();
});

/** The answer to CONNECT, and the connection behind it. */
function tunnel(proxy: string, target: string): Promise<{ status: number; socket: Socket }> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(proxy);
    const sent = request({ host: hostname, port, method: 'CONNECT', path: target });
    sent.on('connect', (answer, socket) => resolve({ status: answer.statusCode ?? 0, socket }));
    sent.on('error', reject);
    sent.end();
  });
}

test("the door leads rclone's built-in address to the server, with a certificate of its authority", async () => {
  const client = await servers.client();
  door = await startRcloneDoor(client.server);
  const { status, socket } = await tunnel(door.proxy, 'drive.amazonaws.com:443');
  assert.equal(status, 200);
  const secure = connectTls({ socket, servername: 'drive.amazonaws.com', ca: readFileSync(door.caFile) });
  await new Promise((resolve, reject) => secure.once('secureConnect', resolve).once('error', reject));
  secure.write(
    `GET /drive/v1/account/endpoint HTTP/1.1\r\nHost: drive.amazonaws.com\r\nAuthorization: Bearer ${client.token}\r\nConnection: close\r\n\r\n`,
  );
  let answer = '';
  for await (const piece of secure) answer += piece;
  assert.match(answer, new RegExp(`"metadataUrl":"http://127.0.0.1:${client.server.port}/drive/v1/"`));
});

test('the door refuses and records every other address', async () => {
  door = await startRcloneDoor({ port: 1 });
  for (const target of ['example.com:443', 'drive.amazonaws.com:80', '127.0.0.1:22']) {
    const { status, socket } = await tunnel(door.proxy, target);
    socket.destroy();
    assert.equal(status, 502, target);
  }
  assert.deepEqual(door.refused, ['example.com:443', 'drive.amazonaws.com:80', '127.0.0.1:22']);
});
