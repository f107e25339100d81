import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { served, servedWith, type TestClient } from './testClient';

const DAY = 24 * 3_600_000;

async function trashList(client: TestClient): Promise<string[]> {
  const answer = await client.meta('GET', 'trash');
  return answer.json.data.map((node: { name: string }) => node.name).sort();
}

interface ChangeLine {
  readonly checkpoint: string;
  readonly nodes: { readonly id: string; readonly name?: string; readonly status: string }[];
  readonly reset: boolean;
  readonly statusCode: number;
}

/** The lines of a changes answer without the end mark, which must be there. */
async function changes(client: TestClient, body: object = {}): Promise<ChangeLine[]> {
  const answer = await client.meta('POST', 'changes', { body: `${JSON.stringify(body)}\n` });
  assert.equal(answer.status, 200, answer.text);
  const lines = answer.text.split('\n');
  assert.equal(lines.pop(), '{"end":true}');
  return lines.map((line) => JSON.parse(line));
}

const told = (lines: readonly ChangeLine[]): string[] =>
  lines.flatMap((line) => line.nodes.map((node) => `${node.name ?? '(root)'} ${node.status}`));

describe('the trash', () => {
  served('takes a folder with everything below it, and lists only the folder', async (client) => {
    const { drive } = client;
    const { id: file } = drive.putFile('a/b/x', 'x');
    const a = drive.nodeAt('a').id;
    const answer = await client.meta('PUT', `trash/${a}`);
    assert.deepEqual([answer.status, answer.json.status], [200, 'TRASH']);
    assert.deepEqual(drive.tree(), []);
    const below = (await client.meta('GET', `nodes/${file}`)).json;
    assert.deepEqual([below.status, below.recursivelyTrashed], ['TRASH', true]);
    assert.deepEqual(await trashList(client), ['a']);
    assert.deepEqual(await client.find('status:TRASH'), ['a', 'b', 'x']);
  });

  served('restores only the nodes that were trashed with the folder', async (client) => {
    const { drive } = client;
    drive.putFile('a/b/x', 'x');
    drive.putFile('a/old', 'x');
    drive.putFile('a/sub/deep', 'x');
    const a = drive.nodeAt('a').id;
    drive.trash('a/old');
    drive.trash('a/sub');
    await client.meta('PUT', `trash/${a}`);
    assert.deepEqual(await trashList(client), ['a', 'old', 'sub']);
    const answer = await client.meta('POST', `trash/${a}/restore`);
    assert.deepEqual([answer.status, answer.json.status], [200, 'AVAILABLE']);
    assert.deepEqual(drive.tree(), ['a/', 'a/b/', 'a/b/x']);
    assert.deepEqual(await trashList(client), ['old', 'sub']);
  });

  served('takes a node twice, refuses the root and answers 404 for unknown ids', async (client) => {
    const { id } = client.drive.putFile('a', 'x');
    for (let times = 0; times < 2; times++)
      assert.equal((await client.meta('PUT', `trash/${id}`)).status, 200);
    assert.equal((await client.meta('PUT', `trash/${client.root}`)).status, 400);
    assert.equal((await client.meta('PUT', `trash/${'A'.repeat(22)}`)).status, 404);
    assert.equal((await client.meta('POST', `trash/${'A'.repeat(22)}/restore`)).status, 404);
  });

  served('frees the name, and refuses to restore onto a taken name', async (client) => {
    const { id } = client.drive.putFile('a', 'old');
    await client.meta('PUT', `trash/${id}`);
    const { json } = await client.upload({ name: 'A', kind: 'FILE' }, 'new');
    const refused = await client.meta('POST', `trash/${id}/restore`);
    assert.deepEqual([refused.status, refused.json.info], [409, { nodeId: json.id }]);
  });

  served('refuses to restore into a folder that is itself in the trash', async (client) => {
    const { id } = client.drive.putFile('a/x', 'x');
    client.drive.trash('a');
    const refused = await client.meta('POST', `trash/${id}/restore`);
    assert.deepEqual(
      [refused.status, refused.json.message],
      [400, 'A node cannot be added to trashed parent'],
    );
  });

  served('cannot be emptied by clients', async (client) => {
    const { id } = client.drive.putFile('a', 'x');
    const answer = await client.meta('DELETE', `nodes/${id}`);
    assert.deepEqual(
      [answer.status, answer.json],
      [403, { message: 'Insufficient permissions granted for operation: purgeNode' }],
    );
  });

  servedWith({ tokenLifeSeconds: 1e9 }, 'purges nodes after thirty days', async (client) => {
    const start = Date.now();
    client.server.setClock(start);
    const { id: below } = client.drive.putFile('a/x', 'x');
    const a = client.drive.nodeAt('a').id;
    client.drive.trash('a');
    client.server.setClock(start + 30 * DAY - 1);
    assert.equal((await client.meta('GET', `nodes/${below}`)).status, 200);
    client.server.setClock(start + 30 * DAY);
    for (const id of [a, below]) assert.equal((await client.meta('GET', `nodes/${id}`)).status, 404);
    assert.deepEqual(await trashList(client), []);
  });

  served('lets a test restore by name and purge by path', async ({ drive }) => {
    drive.putFile('a/x', 'x');
    drive.trash('a');
    drive.restore('a');
    assert.deepEqual(drive.tree(), ['a/', 'a/x']);
    drive.purge('a');
    assert.deepEqual([drive.tree(), drive.trashedNodes()], [[], []]);
  });
});

describe('the changes feed', () => {
  served('gives everything, with a reset, without a checkpoint', async (client) => {
    client.drive.putFile('a/x', 'x');
    const lines = await changes(client, { includePurged: 'true' });
    assert.deepEqual(told(lines), ['(root) AVAILABLE', 'a AVAILABLE', 'x AVAILABLE']);
    assert.deepEqual([lines[0]?.reset, lines[0]?.statusCode], [true, 200]);
    assert.match(lines[0]?.checkpoint ?? '', /^[A-Za-z0-9_-]+$/);
  });

  served('gives each changed node once, in its current state', async (client) => {
    client.drive.putFile('a/x', 'x');
    const checkpoint = (await changes(client))[0]?.checkpoint;
    const quiet = await changes(client, { checkpoint });
    assert.deepEqual(quiet, [{ checkpoint, nodes: [], reset: false, statusCode: 200 }]);
    client.drive.move('a/x', 'a/y');
    client.drive.move('a/y', 'a/z');
    client.drive.trash('a');
    const lines = await changes(client, { checkpoint });
    assert.deepEqual(told(lines), ['a TRASH', 'z TRASH']);
    assert.equal(lines[0]?.reset, false);
    assert.deepEqual(told(await changes(client, { checkpoint: lines[0]?.checkpoint })), []);
  });

  served('cuts lines by chunkSize and ends at maxNodes, where the next call continues', async (client) => {
    for (let number = 0; number < 9; number++) client.drive.createFolder({ name: `f${number}` });
    const lines = await changes(client, { chunkSize: 4 });
    assert.deepEqual(
      lines.map((line) => line.nodes.length),
      [4, 4, 2],
    );
    assert.deepEqual(
      lines.map((line) => line.reset),
      [true, false, false],
    );
    const first = await changes(client, { chunkSize: 2, maxNodes: 6 });
    assert.equal(told(first).length, 6);
    const rest = await changes(client, { checkpoint: first.at(-1)?.checkpoint });
    assert.deepEqual(told(rest), ['f5 AVAILABLE', 'f6 AVAILABLE', 'f7 AVAILABLE', 'f8 AVAILABLE']);
  });

  served('gives purged nodes only on request, by text or by boolean', async (client) => {
    client.drive.putFile('x', 'x');
    const checkpoint = (await changes(client))[0]?.checkpoint;
    client.drive.purge('x');
    assert.deepEqual(told(await changes(client, { checkpoint })), []);
    for (const includePurged of ['true', true])
      assert.deepEqual(told(await changes(client, { checkpoint, includePurged })), ['x PURGED']);
  });

  served('resets for unknown and expired checkpoints', async (client) => {
    client.drive.putFile('x', 'x');
    const checkpoint = (await changes(client))[0]?.checkpoint;
    client.drive.changes.forgetCheckpoints();
    for (const unknown of [checkpoint, 'nonsense']) {
      const lines = await changes(client, { checkpoint: unknown });
      assert.deepEqual([lines[0]?.reset, told(lines).length], [true, 2]);
    }
  });

  served('stays correct however often a node changes', async (client) => {
    client.drive.putFile('quiet', 'x');
    const { id } = client.drive.putFile('busy', 'x');
    const checkpoint = (await changes(client))[0]?.checkpoint;
    for (let number = 0; number < 5000; number++) client.drive.patch(id, { labels: [`${number}`] });
    assert.deepEqual(told(await changes(client, { checkpoint })), ['busy AVAILABLE']);
    assert.deepEqual(told(await changes(client)), ['(root) AVAILABLE', 'quiet AVAILABLE', 'busy AVAILABLE']);
  });
});
