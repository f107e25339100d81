import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { cpuTime } from '../../../tools/cpuTime';
import type { Answer } from '../../http/call';
import type { DriveServerOptions } from '../driveServer';
import { served, type TestClient, TestServers } from './testClient';

const servers = new TestServers();
afterEach(() => servers.stop());

/** A client whose root holds the folders `docs` and `Photos`, with files in them. */
async function filled(options?: DriveServerOptions): Promise<TestClient> {
  const client = await servers.client(options);
  const { drive } = client;
  drive.putFile('docs/Report.txt', 'report', { labels: ['work'], description: 'the report' });
  drive.putFile('docs/notes.md', 'notes');
  drive.putFile('Photos/sun.jpg', 'photo', { modifiedDate: Date.parse('2020-06-01T00:00:00Z') });
  return client;
}

const names = (answer: Answer): string[] => answer.json.data.map((node: { name: string }) => node.name);

async function allPages(client: TestClient, path: string): Promise<{ names: string[]; pages: number }> {
  const found: string[] = [];
  let token: string | undefined;
  let pages = 0;
  do {
    const more: string = token === undefined ? '' : `&startToken=${encodeURIComponent(token)}`;
    const answer = await client.meta('GET', `${path}${more}`);
    assert.equal(answer.status, 200, answer.text);
    found.push(...names(answer));
    token = answer.json.nextToken;
    pages++;
  } while (token !== undefined);
  return { names: found, pages };
}

describe('filters', () => {
  it('find the root in the two ways that clients ask for it', async () => {
    const client = await filled();
    for (const filters of ['kind:FOLDER AND isRoot:true', 'isRoot:true'])
      assert.deepEqual(await client.find(filters), ['(root)']);
    assert.deepEqual(await client.find('kind:FILE AND isRoot:true'), []);
  });

  it('find children by an unquoted id and a child by its whole name in any letter case', async () => {
    const client = await filled();
    const docs = client.drive.nodeAt('docs').id;
    assert.deepEqual(await client.find(`parents:${docs}`), ['Report.txt', 'notes.md']);
    assert.deepEqual(await client.find(`parents:"${docs}" AND name:"rePORT.txt"`), ['Report.txt']);
    assert.deepEqual(await client.find(`parents:"${docs}" AND name:"report"`), []);
  });

  served('take escaped characters in quoted and bare values', async (client) => {
    const odd = `+-&|!(){}[]^'"~*?:\\.t`;
    const escaped = odd.replace(/[+\-&|!(){}[\]^'"~*?:\\ ]/g, '\\$&');
    client.drive.createFolder({ name: odd });
    client.drive.createFolder({ name: 'sp ace.txt' });
    client.drive.createFolder({ name: 'a/b#%,;=<>@$`\u0001ä' });
    for (const [written, name] of [
      [`"${escaped}"`, odd],
      [escaped, odd],
      ['"sp\\ ace.txt"', 'sp ace.txt'],
      ['"sp ace.txt"', 'sp ace.txt'],
      ['sp\\ ace.txt', 'sp ace.txt'],
      ['"a/b#%,;=<>@$`\u0001ä"', 'a/b#%,;=<>@$`\u0001ä'],
    ])
      assert.deepEqual(await client.find(`parents:${client.root} AND name:${written}`), [name], written);
  });

  served('take ids with minus and underscore as they are, also at the beginning', async (client) => {
    for (let tries = 0; tries < 400; tries++) {
      const { id } = client.drive.createFolder({ name: `f${tries}` });
      if (!id.startsWith('-')) continue;
      client.drive.createFolder({ name: 'found', parents: [id] });
      assert.deepEqual(await client.find(`parents:${id}`), ['found']);
      assert.deepEqual(await client.find(`parents:"${id}" AND name:"found"`), ['found']);
      return;
    }
  });

  it('combine with AND and OR in any letter case, and with brackets', async () => {
    const client = await filled();
    const { drive } = client;
    const [docs, photos] = [drive.nodeAt('docs').id, drive.nodeAt('Photos').id];
    assert.deepEqual(await client.find(`kind:FILE and parents:${docs}`), ['Report.txt', 'notes.md']);
    assert.deepEqual(await client.find(`parents:${docs} OR parents:${photos}`), [
      'Report.txt',
      'notes.md',
      'sun.jpg',
    ]);
    assert.deepEqual(await client.find(`parents:(${docs} OR ${photos}) AND name:sun.jpg`), ['sun.jpg']);
    assert.deepEqual(await client.find(`(parents:${docs} OR parents:${photos}) AND (name:notes.md)`), [
      'notes.md',
    ]);
  });

  it('find by prefix, by range and by properties of contents', async () => {
    const client = await filled();
    assert.deepEqual(await client.find('name:RE*'), ['Report.txt']);
    assert.deepEqual(
      await client.find('modifiedDate:[2020-01-01T00\\:00\\:00.000Z TO 2020-12-31T00:00:00.000Z]'),
      ['sun.jpg'],
    );
    assert.deepEqual(await client.find('contentProperties.md5:e98d2f001da5678b39482efbdf5770dc'), [
      'Report.txt',
    ]);
    assert.deepEqual(await client.find('contentProperties.contentType:image*'), ['sun.jpg']);
    assert.deepEqual(await client.find('contentProperties.size:[6 TO 9]'), ['Report.txt']);
    assert.deepEqual(await client.find('labels:work'), ['Report.txt']);
    assert.deepEqual(await client.find('description:the\\ report'), ['Report.txt']);
    assert.deepEqual(await client.find(`createdBy:${client.drive.owner} AND kind:FOLDER`), [
      'Photos',
      'docs',
    ]);
  });

  it('show only available nodes unless they ask for a status', async () => {
    const client = await filled();
    client.drive.trash('docs/notes.md');
    assert.deepEqual(await client.find('kind:FILE'), ['Report.txt', 'sun.jpg']);
    assert.deepEqual(await client.find('status:TRASH'), ['notes.md']);
    const docs = client.drive.nodeAt('docs').id;
    assert.deepEqual(await client.find(`parents:${docs} AND status:TRASH`), ['notes.md']);
    assert.deepEqual(await client.find(`parents:${docs} AND name:notes.md AND status:TRASH`), ['notes.md']);
  });

  it('answer 400 for invalid syntax', async () => {
    const client = await filled();
    for (const filters of [
      'name',
      'name:',
      'nonsense:x',
      'name:"x',
      'name:x AND',
      '(name:x',
      'name:x name:y',
      'name:x\\',
    ]) {
      const answer = await client.meta('GET', `nodes?filters=${encodeURIComponent(filters)}`);
      assert.equal(answer.status, 400, filters);
    }
  });
});

describe('lists', () => {
  served('without a match are empty, and 404 only for the children of an unknown folder', async (client) => {
    const unknown = 'A'.repeat(22);
    assert.deepEqual((await client.meta('GET', `nodes?filters=parents:${unknown}`)).json, {
      count: 0,
      data: [],
    });
    assert.equal((await client.meta('GET', `nodes/${unknown}/children`)).status, 404);
  });

  it('of children are the same in both forms', async () => {
    const client = await filled();
    const docs = client.drive.nodeAt('docs').id;
    const byFilter = await client.meta('GET', `nodes?filters=parents:${docs}`);
    const children = await client.meta('GET', `nodes/${docs}/children`);
    assert.deepEqual(children.json, byFilter.json);
    assert.deepEqual(names(await client.meta('GET', `nodes/${docs}/children?filters=name:notes.md`)), [
      'notes.md',
    ]);
  });

  served('come in pages of 200, each with the total count', async (client) => {
    for (let number = 0; number < 450; number++) client.drive.createFolder({ name: `f${number}` });
    const first = (await client.meta('GET', `nodes?filters=parents:${client.root}`)).json;
    assert.deepEqual([first.count, first.data.length], [450, 200]);
    const all = await allPages(client, `nodes?filters=parents:${client.root}`);
    assert.deepEqual([new Set(all.names).size, all.pages], [450, 3]);
  });

  it("come in smaller pages by the client's limit or the server's setting, and refuse limits out of range", async () => {
    const client = await filled({ pageSize: 2 });
    assert.equal((await allPages(client, 'nodes?filters=kind:FILE')).pages, 2);
    assert.equal((await allPages(client, 'nodes?filters=kind:FILE&limit=1')).pages, 3);
    assert.equal((await allPages(client, 'nodes?filters=kind:FILE&limit=200')).pages, 2);
    for (const limit of ['0', '201', 'x'])
      assert.equal((await client.meta('GET', `nodes?limit=${limit}`)).status, 400);
  });

  it('are sorted on demand', async () => {
    const client = await filled();
    const sorted = async (sort: string) =>
      names(await client.meta('GET', `nodes?filters=kind:FILE&sort=${encodeURIComponent(sort)}`));
    assert.deepEqual(await sorted(`['name ASC']`), ['notes.md', 'Report.txt', 'sun.jpg']);
    assert.deepEqual(await sorted(`["kind ASC","name DESC"]`), ['sun.jpg', 'Report.txt', 'notes.md']);
    assert.deepEqual((await sorted(`['contentProperties.size DESC']`))[0], 'Report.txt');
    assert.deepEqual((await sorted(`['modifiedDate ASC']`))[0], 'sun.jpg');
    assert.equal((await client.meta('GET', `nodes?sort=name`)).status, 400);
  });

  it('refuse page tokens that are unknown, of another list, or ten minutes old', async () => {
    const client = await filled({ pageSize: 1 });
    const start = Date.now();
    client.server.setClock(start);
    const list = 'nodes?filters=kind:FILE';
    const { nextToken } = (await client.meta('GET', list)).json;
    const refused = async (path: string) => {
      const answer = await client.meta('GET', path);
      assert.deepEqual([answer.status, answer.json.message], [400, 'Next token is expired'], path);
    };
    await refused(`${list}&startToken=unknown`);
    await refused(`nodes?filters=kind:FOLDER&startToken=${nextToken}`);
    client.server.setClock(start + 9 * 60_000);
    assert.equal((await client.meta('GET', `${list}&startToken=${nextToken}`)).status, 200);
    client.server.setClock(start + 10 * 60_000);
    await refused(`${list}&startToken=${nextToken}`);
    client.server.setClock(start);
    const fresh = (await client.meta('GET', list)).json.nextToken;
    client.server.expirePageTokens();
    await refused(`${list}&startToken=${fresh}`);
  });
});

describe('an index that lags', () => {
  served('shows a new node late in lists, although it exists at once', async (client) => {
    client.server.setIndexLag(250);
    const { json } = await client.meta('POST', 'nodes', { body: { name: 'new', kind: 'FOLDER' } });
    assert.deepEqual(await client.find(`parents:${client.root}`), []);
    assert.deepEqual(await client.find(`parents:"${client.root}" AND name:"new"`), []);
    assert.equal((await client.meta('GET', `nodes/${json.id}`)).status, 200);
    const again = await client.meta('POST', 'nodes', { body: { name: 'NEW', kind: 'FOLDER' } });
    assert.equal(again.status, 409);
    await sleep(300);
    assert.deepEqual(await client.find(`parents:${client.root}`), ['new']);
  });

  served('still lists moved and trashed nodes, with their current parents and status', async (client) => {
    const { id } = client.drive.putFile('a/x', 'x');
    const [a, b] = [client.drive.nodeAt('a').id, client.drive.makeFolder('b').id];
    client.server.setIndexLag(10_000);
    client.drive.move('a/x', 'b/x');
    const listed = (await client.meta('GET', `nodes?filters=parents:${a}`)).json.data;
    assert.deepEqual([listed[0].id, listed[0].parents], [id, [b]]);
    client.drive.trash('b/x');
    const trashed = (await client.meta('GET', `nodes?filters=parents:${a}`)).json.data;
    assert.equal(trashed[0].status, 'TRASH');
    client.server.setIndexLag(0);
    assert.deepEqual(await client.find(`parents:${a}`), []);
  });
});

describe('a drive of 100,000 nodes', () => {
  served('looks up, lists and pages in a moment', async (client) => {
    const { drive } = client;
    const wide = drive.makeFolder('wide').id;
    const put = cpuTime();
    for (let number = 0; number < 60_000; number++)
      drive.createFolder({ name: `n${number}`, parents: [wide] });
    for (let number = 0; number < 40_000; number++) {
      const parents = [drive.makeFolder(`deep/${number % 400}`).id];
      drive.createFolder({
        name: 'same name',
        parents: [drive.createFolder({ name: `x${number}`, parents }).id],
      });
    }
    assert.ok(put() < 15_000, 'made in time');
    const time = async (count: number, action: (number: number) => Promise<unknown>): Promise<number> => {
      const used = cpuTime();
      for (let number = 0; number < count; number++) await action(number);
      return used() / count;
    };
    const lookUp = await time(100, (number) => client.find(`parents:"${wide}" AND name:"N${number * 7}"`));
    const small = await time(100, (number) => client.find(`parents:${drive.nodeAt(`deep/${number}`).id}`));
    assert.ok(lookUp < 20 && small < 40, `${lookUp} ms a look-up, ${small} ms a small list`);
    const paged = cpuTime();
    const all = await allPages(client, `nodes?filters=parents:${wide}`);
    assert.deepEqual([new Set(all.names).size, all.pages], [60_000, 300]);
    assert.ok(paged() < 15_000, 'paged in time');
  });
});
