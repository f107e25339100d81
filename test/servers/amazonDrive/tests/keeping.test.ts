import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, afterEach, test } from 'node:test';
import { call, TestClient, TestServers } from './testClient';

const folder = mkdtempSync(path.join(os.tmpdir(), 'amazon-drive-kept-'));
const servers = new TestServers();
afterEach(() => servers.stop());
after(() => rmSync(folder, { recursive: true, force: true }));

test('a drive in a folder survives a restart: nodes, contents, trash, checkpoints and refresh tokens', async () => {
  const client = new TestClient(await servers.start({ folder }));
  const { drive } = client;
  await client.upload({ name: 'up.bin', kind: 'FILE', labels: ['l'] }, Buffer.alloc(5 << 20, 9));
  drive.putFile('a/x', 'first');
  drive.putFile('a/x', 'second');
  drive.putFile('gone/y', 'y');
  drive.trash('gone');
  drive.putFile('purged', 'z');
  const { id: purged } = drive.nodeAt('purged');
  drive.purge('purged');
  const token = client.server.issueToken('anna@example.com');
  const lines = (await client.meta('POST', 'changes', { body: {} })).text.split('\n');
  const { checkpoint } = JSON.parse(lines[0] ?? '');
  const before = (await client.meta('GET', `nodes/${drive.nodeAt('a/x').id}`)).json;
  await servers.stop();

  const again = new TestClient(await servers.start({ folder }));
  assert.deepEqual(again.drive.tree(), ['a/', 'a/x', 'up.bin']);
  assert.equal(again.root, client.root);
  assert.equal(again.drive.read('a/x').toString(), 'second');
  assert.deepEqual((await again.meta('GET', `nodes/${before.id}`)).json, before);
  assert.deepEqual(await again.find('status:TRASH'), ['gone', 'y']);
  assert.equal(again.drive.get(purged), undefined);
  const quiet = (await again.meta('POST', 'changes', { body: { checkpoint } })).text;
  assert.match(quiet, /"nodes":\[\],"reset":false/);
  again.drive.restore('gone');
  assert.deepEqual(again.drive.tree('gone'), ['y']);
  const refreshed = await call(again.server.port, 'POST', '/auth/o2/token', {
    body: new URLSearchParams({
      grant_type: 'refresh_token',
      refresh_token: token.refresh_token,
      client_id: again.server.clientId,
      client_secret: again.server.clientSecret,
    }).toString(),
  });
  assert.equal(refreshed.status, 200);
});

test('overwritten and purged contents leave no file behind', async () => {
  const own = path.join(folder, 'own');
  const { drive } = new TestClient(await servers.start({ folder: own }));
  for (const content of ['1', '2', '3']) drive.putFile('x', content);
  drive.putFile('y', 'y');
  drive.purge('y');
  const [place = ''] = readdirSync(own).filter((name) => name !== 'refreshTokens.json');
  assert.equal(readdirSync(path.join(own, place, 'content')).length, 1);
});
