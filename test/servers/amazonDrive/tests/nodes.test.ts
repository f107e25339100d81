import assert from 'node:assert/strict';
import { describe } from 'node:test';
import type { Answer } from '../../http/call';
import { served, TestClient } from './testClient';

/** The answer is the refusal of a taken name, with the lower-cased name and the node that has it. */
function nameTaken(answer: Answer, name: string, nodeId: string): void {
  assert.equal(answer.status, 409, answer.text);
  const { code, info, message } = answer.json;
  assert.deepEqual([code, info], ['NAME_ALREADY_EXISTS', { nodeId }]);
  assert.ok(
    message.startsWith(`Node with the name ${name.toLowerCase()} already exists under parentId `),
    message,
  );
  assert.ok(message.endsWith(` conflicting NodeId: ${nodeId}`), message);
}

function badRequest(answer: Answer, message: RegExp | string): void {
  assert.equal(answer.status, 400, answer.text);
  if (typeof message === 'string') assert.equal(answer.json.message, message);
  else assert.match(answer.json.message, message);
}

function create(client: TestClient, name: string, parents?: readonly string[], query = ''): Promise<Answer> {
  return client.meta('POST', `nodes${query}`, { body: { name, kind: 'FOLDER', parents } });
}

describe('account calls', () => {
  served('give the addresses of metadata and contents, with a slash at the end', async (client) => {
    const { json } = await client.meta('GET', 'account/endpoint');
    const origin = `http://127.0.0.1:${client.server.port}`;
    assert.deepEqual(json, {
      customerExists: true,
      contentUrl: `${origin}/cdproxy/`,
      metadataUrl: `${origin}/drive/v1/`,
    });
  });

  served('give quota and usage in bytes', async (client) => {
    client.drive.putFile('a.jpg', 'photo');
    client.drive.putFile('b.bin', 'other!');
    const quota = (await client.meta('GET', 'account/quota')).json;
    assert.equal(quota.quota - quota.available, 11);
    const usage = (await client.meta('GET', 'account/usage')).json;
    assert.deepEqual(usage.photo.total, { bytes: 5, count: 1 });
    assert.deepEqual(usage.other.billable, { bytes: 6, count: 1 });
    assert.equal((await client.meta('GET', 'account/info')).json.status, 'ACTIVE');
  });

  served('need a token', async (client) => {
    const answer = await client.meta('GET', 'account/endpoint', {
      headers: { authorization: 'Bearer nonsense' },
    });
    assert.deepEqual([answer.status, answer.json], [401, { message: 'Token has expired' }]);
  });

  served('give each account its own drive', async ({ server }) => {
    const [anna, ben] = [new TestClient(server, 'anna'), new TestClient(server, 'ben')];
    anna.drive.putFile('hers.txt', 'x');
    const { id } = anna.drive.nodeAt('hers.txt');
    assert.equal((await ben.meta('GET', `nodes/${id}`)).status, 404);
    assert.deepEqual(ben.drive.tree(), []);
  });
});

describe('a node', () => {
  served('of a file has all fields', async (client) => {
    client.server.setClock(Date.parse('2026-01-02T03:04:05.678Z'));
    const { json: node } = await client.upload({ name: 'Report.TXT', kind: 'FILE', labels: ['x'] }, 'hello');
    assert.match(node.id, /^[A-Za-z0-9_-]{22}$/);
    assert.match(node.eTagResponse, /^.{11}$/);
    assert.deepEqual(
      { ...node, id: '', eTagResponse: '', createdBy: '' },
      {
        id: '',
        eTagResponse: '',
        createdBy: '',
        name: 'Report.TXT',
        kind: 'FILE',
        version: 1,
        labels: ['x'],
        createdDate: '2026-01-02T03:04:05.678Z',
        modifiedDate: '2026-01-02T03:04:05.678Z',
        restricted: false,
        isShared: false,
        parents: [client.root],
        status: 'AVAILABLE',
        contentProperties: {
          version: 1,
          contentType: 'text/plain',
          extension: 'txt',
          size: 5,
          md5: '5d41402abc4b2a76b9719d911017c592',
        },
      },
    );
  });

  served('of the root has no name and no parents, and `isRoot`', async (client) => {
    const { json } = await client.meta('GET', `nodes/${client.root}`);
    assert.deepEqual([json.isRoot, json.parents, json.kind, 'name' in json], [true, [], 'FOLDER', false]);
    assert.ok(!('contentProperties' in json));
  });

  served('gets a new version, tag and modification time with every change', async (client) => {
    client.server.setClock(Date.parse('2026-01-01T00:00:00Z'));
    const { id } = client.drive.putFile('a', '1');
    const first = (await client.meta('GET', `nodes/${id}`)).json;
    client.server.setClock(Date.parse('2026-01-01T00:10:00Z'));
    const renamed = (await client.meta('PATCH', `nodes/${id}`, { body: { name: 'b' } })).json;
    assert.deepEqual([renamed.version, renamed.modifiedDate], [2, '2026-01-01T00:10:00.000Z']);
    assert.equal(renamed.createdDate, first.createdDate);
    assert.notEqual(renamed.eTagResponse, first.eTagResponse);
    assert.equal(renamed.contentProperties.version, 1);
  });

  served('shows assets only on request, and answers 404 for a missing node', async (client) => {
    const { id } = client.drive.putFile('a.jpg', '1');
    assert.deepEqual((await client.meta('GET', `nodes/${id}?asset=ALL`)).json.assets, []);
    const missing = await client.meta('GET', 'nodes/AAAAAAAAAAAAAAAAAAAAAA');
    assert.deepEqual([missing.status, missing.json.code], [404, 'NODE_NOT_FOUND']);
    assert.match(missing.json.logref, /^[0-9a-f-]{36}$/);
  });
});

describe('making folders', () => {
  served('answers 201, and makes the folder in the root without a parent', async (client) => {
    const made = await create(client, 'docs');
    assert.equal(made.status, 201);
    assert.deepEqual(made.json.parents, [client.root]);
    const inner = await create(client, 'inner', [made.json.id]);
    assert.equal(inner.status, 201);
    assert.deepEqual(client.drive.tree(), ['docs/', 'docs/inner/']);
  });

  served('refuses a name that a sibling has in any letter case', async (client) => {
    const { id } = client.drive.putFile('Äpfel.TXT', 'x');
    nameTaken(await create(client, 'ÄPFEL.txt'), 'ÄPFEL.txt', id);
  });

  served('refuses a repeated localId', async (client) => {
    const { id } = (await create(client, 'x', undefined, '?localId=abc')).json;
    client.drive.move('x', 'y');
    const again = await create(client, 'x', undefined, '?localId=abc');
    assert.deepEqual([again.status, again.json.info], [409, { nodeId: id }]);
  });

  served("refuses unknown and trashed parents with the service's texts", async (client) => {
    const { id } = client.drive.makeFolder('gone');
    client.drive.trash('gone');
    const unknown = await create(client, 'x', ['AAAAAAAAAAAAAAAAAAAAAA']);
    badRequest(unknown, "One of the parentId doesn't exists");
    assert.match(unknown.text, /doesn\\u0027t/);
    badRequest(await create(client, 'x', [id]), 'A node cannot be added to trashed parent');
  });

  served('takes names of up to 280 UTF-16 units, and refuses longer and empty ones', async (client) => {
    assert.equal((await create(client, 'ä'.repeat(280))).status, 201);
    badRequest(
      await create(client, 'x'.repeat(281)),
      `1 validation error detected: Value '${'x'.repeat(281)}' at 'name' failed to satisfy constraint: Member must have length less than or equal to 280`,
    );
    badRequest(await create(client, ''), /greater than or equal to 1/);
  });

  served('takes almost any character in a name', async (client) => {
    for (const name of ['a/b', '\\ : * ? " < > |', '\u0001\u007f', ' x ', 'x.', '..', 'a\nb', '‛／', '＼']) {
      const made = await create(client, name);
      assert.deepEqual([made.status, made.json.name], [201, name]);
    }
  });
});

describe('changing nodes', () => {
  served('renames, also to the same name and to another letter case', async (client) => {
    const { id } = client.drive.putFile('Mixed.txt', 'x');
    for (const name of ['Mixed.txt', 'mixed.TXT', 'other.txt']) {
      const answer = await client.meta('PATCH', `nodes/${id}`, { body: { name } });
      assert.deepEqual([answer.status, answer.json.name], [200, name]);
    }
    const { id: taken } = client.drive.putFile('taken', 'x');
    nameTaken(await client.meta('PATCH', `nodes/${id}`, { body: { name: 'TAKEN' } }), 'taken', taken);
  });

  served('sets labels and descriptions', async (client) => {
    const { id } = client.drive.putFile('a', 'x');
    const body = { labels: ['one', 'two'], description: 'long' };
    const answer = await client.meta('PATCH', `nodes/${id}`, { body });
    assert.deepEqual([answer.json.labels, answer.json.description], [['one', 'two'], 'long']);
    badRequest(await client.meta('PATCH', `nodes/${id}`, { body: { description: 'x'.repeat(501) } }), /500/);
  });

  served('moves by replacing the parents', async (client) => {
    const { id } = client.drive.putFile('a/x', 'x');
    const target = client.drive.makeFolder('b').id;
    const answer = await client.meta('PATCH', `nodes/${id}`, { body: { parents: [target] } });
    assert.equal(answer.status, 200);
    assert.deepEqual(client.drive.tree(), ['a/', 'b/', 'b/x']);
  });

  served('renames in the trash without a check for clashes', async (client) => {
    client.drive.putFile('taken', 'x');
    const { id } = client.drive.putFile('a', 'x');
    client.drive.trash('a');
    assert.equal((await client.meta('PATCH', `nodes/${id}`, { body: { name: 'taken' } })).status, 200);
  });

  served('makes a pending file available; lists show the file only then', async (client) => {
    const { id } = client.drive.putFile('late', '', { status: 'PENDING' });
    assert.deepEqual(await client.find(`parents:${client.root}`), []);
    assert.ok(!('contentProperties' in (await client.meta('GET', `nodes/${id}`)).json));
    await client.meta('PATCH', `nodes/${id}`, { body: { status: 'AVAILABLE' } });
    assert.deepEqual(await client.find(`parents:${client.root}`), ['late']);
  });

  served('refuses bodies of the wrong shape', async (client) => {
    const { id } = client.drive.putFile('a', 'x');
    for (const body of ['{', '[]', { name: 7 }, { parents: 'x' }, { parents: [] }])
      badRequest(await client.meta('PATCH', `nodes/${id}`, { body }), /./);
  });
});

describe('parents', () => {
  served('move: the new parent replaces the old one, and other parents stay', async (client) => {
    const { id } = client.drive.putFile('a/x', 'x');
    const [a, b, c] = ['a', 'b', 'c'].map((path) => client.drive.makeFolder(path).id);
    client.drive.link('a/x', 'b');
    const body = { fromParent: a, childId: id };
    const answer = await client.meta('POST', `nodes/${c}/children`, { body });
    assert.equal(answer.status, 200);
    assert.deepEqual(new Set(answer.json.parents), new Set([b, c]));
    badRequest(await client.meta('POST', `nodes/${b}/children`, { body }), /not a child/);
  });

  served('move and add: refused for a taken name and below the folder itself', async (client) => {
    const { id } = client.drive.putFile('a/x', 'x');
    const { id: taken } = client.drive.putFile('b/X', 'x');
    const [a, b] = ['a', 'b'].map((path) => client.drive.nodeAt(path).id);
    const body = { fromParent: a, childId: id };
    nameTaken(await client.meta('POST', `nodes/${b}/children`, { body }), 'x', taken);
    nameTaken(await client.meta('PUT', `nodes/${b}/children/${id}`), 'x', taken);
    const deep = client.drive.makeFolder('a/deep/er').id;
    const below = { fromParent: client.root, childId: a };
    badRequest(await client.meta('POST', `nodes/${deep}/children`, { body: below }), /below itself/);
    badRequest(await client.meta('PUT', `nodes/${a}/children/${a}`), /below itself/);
  });

  served('move: refused in the trash, where add and remove are allowed', async (client) => {
    const { id } = client.drive.putFile('a/x', 'x');
    const [a, b] = ['a', 'b'].map((path) => client.drive.makeFolder(path).id);
    client.drive.trash('a/x');
    const body = { fromParent: a, childId: id };
    badRequest(await client.meta('POST', `nodes/${b}/children`, { body }), /trashed/);
    assert.equal((await client.meta('PUT', `nodes/${b}/children/${id}`)).status, 200);
    const removed = await client.meta('DELETE', `nodes/${a}/children/${id}`);
    assert.deepEqual([removed.status, removed.json.parents], [200, [b]]);
    assert.equal((await client.meta('POST', `trash/${id}/restore`)).status, 200);
    assert.deepEqual(client.drive.tree(), ['a/', 'b/', 'b/x']);
  });

  served('remove: a node without another parent goes to the root', async (client) => {
    const { id } = client.drive.putFile('a/x', 'x');
    const a = client.drive.nodeAt('a').id;
    await client.meta('DELETE', `nodes/${a}/children/${id}`);
    assert.deepEqual(client.drive.tree(), ['a/', 'x']);
  });

  served('several: the node is listed in each of its folders', async (client) => {
    const { id } = client.drive.putFile('a/x', 'x');
    const b = client.drive.makeFolder('b').id;
    assert.equal((await client.meta('PUT', `nodes/${b}/children/${id}`)).status, 200);
    assert.deepEqual(client.drive.tree(), ['a/', 'a/x', 'b/', 'b/x']);
    assert.deepEqual(await client.find(`parents:${b}`), ['x']);
  });
});

describe('properties', () => {
  const at = (client: TestClient, id: string, key = '') =>
    `nodes/${id}/properties/${client.drive.owner}${key === '' ? '' : `/${key}`}`;

  served('are created (201), read, listed and deleted (204)', async (client) => {
    const node = (await client.upload({ name: 'a', kind: 'FILE' }, 'x')).json;
    assert.equal(node.createdBy, client.drive.owner);
    const put = await client.meta('PUT', at(client, node.id, 'mtime'), { body: { value: '2026' } });
    assert.equal(put.status, 201);
    assert.deepEqual({ ...put.json, location: '' }, { key: 'mtime', value: '2026', location: '' });
    assert.deepEqual((await client.meta('GET', at(client, node.id, 'mtime'))).json, put.json);
    assert.deepEqual((await client.meta('GET', at(client, node.id))).json, {
      count: 1,
      data: { mtime: '2026' },
    });
    const shown = (await client.meta('GET', `nodes/${node.id}`)).json;
    assert.deepEqual(shown.properties, { [client.drive.owner]: { mtime: '2026' } });
    assert.equal((await client.meta('DELETE', at(client, node.id, 'mtime'))).status, 204);
    assert.equal((await client.meta('DELETE', at(client, node.id, 'mtime'))).status, 404);
    assert.equal((await client.meta('GET', at(client, node.id, 'mtime'))).status, 404);
  });

  served('are at most ten per owner, of at most 500 characters', async (client) => {
    const { id } = client.drive.putFile('a', 'x');
    const put = (key: string, value: string) => client.meta('PUT', at(client, id, key), { body: { value } });
    for (let number = 1; number <= 10; number++) assert.equal((await put(`k${number}`, 'v')).status, 201);
    assert.equal((await put('k11', 'v')).status, 400);
    assert.equal((await put('k10', 'w')).status, 201);
    assert.equal((await put('k10', 'w'.repeat(501))).status, 400);
  });

  served('of another app read as empty and cannot be written', async (client) => {
    const { id } = client.drive.putFile('a', 'x', { properties: { other: { key: 'value' } } });
    assert.deepEqual((await client.meta('GET', `nodes/${id}/properties/other`)).json, {
      count: 0,
      data: {},
    });
    assert.ok(!('properties' in (await client.meta('GET', `nodes/${id}`)).json));
    assert.equal(
      (await client.meta('PUT', `nodes/${id}/properties/other/key`, { body: { value: 'x' } })).status,
      403,
    );
    assert.equal((await client.meta('GET', `nodes/${id}/properties//key`)).status, 404);
  });

  served('can be set with a new file', async (client) => {
    const properties = { [client.drive.owner]: { mtime: '1' } };
    const { json } = await client.upload({ name: 'a', kind: 'FILE', properties }, 'x');
    assert.deepEqual(json.properties, properties);
  });
});
