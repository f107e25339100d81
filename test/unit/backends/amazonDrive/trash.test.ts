import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Remote, TrashedItem } from '../../../../src/remote/remote';
import { parsePath, rootPath } from '../../../../src/remote/remotePath';
import {
  body,
  calm,
  ifAbsent,
  names,
  noPrecondition,
  readText,
  refused,
  statFile,
} from '../../../support/remoteCalls';
import { servedDrive } from './driveFixture';

async function trashed(remote: Remote, pageSize?: number): Promise<TrashedItem[]> {
  const items: TrashedItem[] = [];
  const { trash } = remote.features ?? {};
  assert.ok(trash);
  for await (const page of trash.list(pageSize === undefined ? {} : { pageSize }, calm)) items.push(...page);
  return items.sort((a, b) => (a.name < b.name ? -1 : 1));
}

test('trash: a deleted file is listed with its path and restored unchanged', () =>
  servedDrive({}, async ({ remote, drive, another }) => {
    const path = parsePath('one/two/f');
    await remote.write(path, body('content'), {}, ifAbsent, calm);
    const { id } = drive.nodeAt('one/two/f');
    await remote.removeFile(path, noPrecondition, calm);
    // Another remote has not cached the folders and reads them.
    for (const one of [remote, await another()]) {
      const [item] = await trashed(one);
      assert.ok(item);
      assert.deepEqual([item.id, item.kind, item.name, item.path, item.size], [id, 'file', 'f', path, 7]);
      assert.ok(item.deleted);
    }
    const [item] = await trashed(remote);
    assert.ok(item);
    await remote.features.trash?.restore(item, calm);
    assert.equal(await readText(remote, path), 'content');
    assert.deepEqual(await trashed(remote), []);
    await refused(remote.features.trash?.restore(item, calm) ?? Promise.resolve(), 'notFound');
  }));

test('trash: a folder is trashed by one request and restored with its content', () =>
  servedDrive({}, async ({ remote, drive, requested }) => {
    for (const file of ['a/f', 'a/deep/g', 'b']) drive.putFile(file, file);
    await names(remote, rootPath);
    requested();
    await remote.trashFolder(parsePath('a'), calm);
    assert.deepEqual(requested(), ['getNode', 'trashNode']);
    assert.deepEqual(await names(remote, rootPath), ['b']);
    const items = await trashed(remote);
    assert.deepEqual(
      items.map(({ kind, path }) => `${kind} ${path}`),
      ['folder a'],
    );
    for (const item of items) await remote.features.trash?.restore(item, calm);
    assert.deepEqual(drive.tree(), ['a/', 'a/deep/', 'a/deep/g', 'a/f', 'b']);
    assert.equal(await readText(remote, parsePath('a/deep/g')), 'a/deep/g');
    await refused(remote.trashFolder(parsePath('b'), calm), 'notAFolder');
    await refused(remote.trashFolder(parsePath('nothing'), calm), 'notFound');
    await refused(remote.trashFolder(rootPath, calm), 'unsupported');
  }));

test('trash: an item whose name is taken stays in the trash with an error', () =>
  servedDrive({}, async ({ remote, drive }) => {
    await remote.write(parsePath('f'), body('old'), {}, ifAbsent, calm);
    await remote.removeFile(parsePath('f'), noPrecondition, calm);
    await remote.write(parsePath('f'), body('new'), {}, ifAbsent, calm);
    const [item] = await trashed(remote);
    assert.ok(item);
    await refused(remote.features.trash?.restore(item, calm) ?? Promise.resolve(), 'alreadyExists');
    assert.equal(drive.read('f').toString(), 'new');
    assert.equal((await trashed(remote)).length, 1);
  }));

test('trash: the list has pages, and a failed page is retried', () =>
  servedDrive({ server: { pageSize: 4 } }, async ({ remote, server, drive }) => {
    for (let i = 0; i < 10; i++) drive.trash(drive.putFile(`d/f${i}`, 'x').name === '' ? '' : `d/f${i}`);
    server.addFault({ operation: 'listTrash', status: 503, skip: 1 });
    server.clearRequests();
    assert.equal((await trashed(remote)).length, 10);
    assert.equal(server.requests.filter(({ operation }) => operation === 'listTrash').length, 4);
    assert.equal(
      server.requests.filter(({ operation }) => operation === 'getNode').length,
      2,
      'each folder is read once',
    );
    assert.equal((await trashed(remote, 3)).length, 10);
  }));

test('trash: a restore whose response was lost succeeds', () =>
  servedDrive({}, async ({ remote, server, drive }) => {
    drive.putFile('f', 'x');
    drive.trash('f');
    server.addFault({ operation: 'restoreNode', loseResponse: true });
    for (const item of await trashed(remote)) await remote.features.trash?.restore(item, calm);
    assert.deepEqual(drive.tree(), ['f']);
  }));

test('trash: only an empty folder is removed, whatever the index shows', () =>
  servedDrive({}, async ({ remote, drive }) => {
    drive.putFile('full/sub/f', 'x');
    await refused(remote.removeFolder(parsePath('full/sub'), calm), 'notEmpty');
    await refused(remote.removeFolder(parsePath('full'), calm), 'notEmpty');
    await remote.removeFile(parsePath('full/sub/f'), noPrecondition, calm);
    await remote.removeFolder(parsePath('full/sub'), calm);
    await remote.removeFolder(parsePath('full'), calm);
    await refused(remote.removeFolder(rootPath, calm), 'unsupported');
    assert.deepEqual(drive.tree(), []);
    assert.equal(drive.trashedNodes().length, 3);
  }));

test('trash: the quota and the properties of a node are shown', () =>
  servedDrive({}, async ({ remote, drive, server }) => {
    drive.putFile('ctl\u0001.txt', 'hello', { labels: ['red', 'round'], description: 'mine' });
    const quota = await remote.features.quota?.(calm);
    assert.ok(quota && quota.total > quota.available && quota.available > 0);
    const groups = (await remote.features.properties?.(parsePath('ctl\u0001.txt'), calm)) ?? [];
    const all = new Map(
      groups.flatMap(({ properties }) => properties.map(({ name, value }) => [name, value])),
    );
    assert.equal(all.get('MD5'), '5d41402abc4b2a76b9719d911017c592');
    assert.equal(all.get('Labels'), 'red, round');
    assert.equal(all.get('Name in rclone'), 'ctl␁.txt');
    assert.equal(all.get('id'), drive.nodeAt('ctl\u0001.txt').id);
    server.addFault({ operation: 'quota', status: 200, body: {} });
    await refused(remote.features.quota?.(calm) ?? Promise.resolve(), 'unsupported');
    await refused(remote.features.properties?.(parsePath('nothing'), calm) ?? Promise.resolve(), 'notFound');
    await statFile(remote, parsePath('ctl\u0001.txt'));
  }));

test('trash: a node in several folders is removed from one only', () =>
  servedDrive({}, async ({ remote, drive }) => {
    drive.putFile('a/f', 'x');
    drive.putFile('a/sub/g', 'y');
    drive.makeFolder('a/empty');
    drive.makeFolder('b');
    for (const path of ['a/f', 'a/sub', 'a/empty']) drive.link(path, 'b');
    await remote.removeFile(parsePath('a/f'), noPrecondition, calm);
    await remote.trashFolder(parsePath('a/sub'), calm);
    await remote.removeFolder(parsePath('a/empty'), calm);
    assert.deepEqual(drive.tree(), ['a/', 'b/', 'b/empty/', 'b/f', 'b/sub/', 'b/sub/g']);
    assert.deepEqual(drive.trashedNodes(), []);
    assert.deepEqual(await names(remote, parsePath('a')), []);
    await remote.removeFile(parsePath('b/f'), noPrecondition, calm);
    assert.equal(drive.trashedNodes().length, 1, 'the last folder it is in');
  }));

test('trash: an expired page token restarts the list without losses or duplicates', () =>
  servedDrive({ server: { pageSize: 3 } }, async ({ remote, server, drive }) => {
    for (let i = 0; i < 10; i++) drive.putFile(`f${i}`, 'x');
    for (let i = 0; i < 10; i++) drive.trash(`f${i}`);
    let pages = 0;
    server.addFault({
      operation: 'listTrash',
      when: () => {
        if (++pages === 3) server.expirePageTokens();
        return false;
      },
    });
    const items = await trashed(remote);
    assert.equal(pages, 2 + 1 + 4);
    assert.deepEqual(
      items.map(({ name }) => name),
      Array.from({ length: 10 }, (_, i) => `f${i}`),
    );
  }));
