import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RemoteChanges } from '../../../../src/remote/remote';
import { parsePath, rootPath } from '../../../../src/remote/remotePath';
import { body, calm, ifAbsent, names, refused, statFile } from '../../../support/remoteCalls';
import { servedDrive } from './driveFixture';

const pathsOf = ({ paths }: RemoteChanges): readonly string[] =>
  paths === 'everything' ? [paths] : [...paths].sort();

test('changes: the first poll returns a cursor and no changes', () =>
  servedDrive({}, async ({ remote, drive }) => {
    for (let i = 0; i < 50; i++) drive.putFile(`d${i % 5}/f${i}`, 'x');
    const { cursor, paths } = await remote.pollChanges(undefined, calm);
    assert.deepEqual(paths, []);
    const again = await remote.pollChanges(cursor, calm);
    assert.deepEqual(again.paths, []);
  }));

test('changes: added, changed, renamed, moved and deleted files of another client are reported with their folders', () =>
  servedDrive({}, async ({ remote, drive }) => {
    for (const file of ['a/changed', 'a/renamed', 'a/moved', 'a/deleted', 'b/stays'])
      drive.putFile(file, 'x');
    for (const folder of ['', 'a', 'b']) await names(remote, parsePath(folder));
    let { cursor } = await remote.pollChanges(undefined, calm);
    const since = async () => {
      const changes = await remote.pollChanges(cursor, calm);
      cursor = changes.cursor;
      return pathsOf(changes);
    };
    drive.putFile('b/added', 'new');
    assert.deepEqual(await since(), ['b', 'b/added']);
    drive.putFile('a/changed', 'longer');
    assert.deepEqual(await since(), ['a', 'a/changed']);
    drive.move('a/renamed', 'a/other name');
    assert.deepEqual(await since(), ['a', 'a/other name', 'a/renamed']);
    drive.move('a/moved', 'b/moved');
    assert.deepEqual(await since(), ['a', 'a/moved', 'b', 'b/moved']);
    drive.trash('a/deleted');
    assert.deepEqual(await since(), ['a', 'a/deleted']);
    drive.makeFolder('a/new folder');
    assert.deepEqual(await since(), ['a', 'a/new folder']);
    drive.putFile('a/new folder/inside', 'x');
    assert.ok((await since()).includes('a/new folder/inside'));
  }));

test('changes: the cache follows a folder that another client moved', () =>
  servedDrive({}, async ({ remote, drive }) => {
    drive.putFile('a/deep/f', 'x');
    drive.makeFolder('b');
    for (const folder of ['', 'a', 'a/deep', 'b']) await names(remote, parsePath(folder));
    const { cursor } = await remote.pollChanges(undefined, calm);
    drive.move('a/deep', 'b/deeper');
    const changes = await remote.pollChanges(cursor, calm);
    assert.deepEqual(pathsOf(changes), ['a', 'a/deep', 'b', 'b/deeper']);
    await refused(names(remote, parsePath('a/deep')), 'notFound');
    assert.deepEqual(await names(remote, parsePath('b/deeper')), ['f']);
    await remote.write(parsePath('a/deep/new'), body('x'), {}, ifAbsent, calm);
    assert.deepEqual(drive.tree(), ['a/', 'a/deep/', 'a/deep/new', 'b/', 'b/deeper/', 'b/deeper/f']);
  }));

test('changes: changes in a folder that was never listed are not reported', () =>
  servedDrive({}, async ({ remote, drive }) => {
    drive.makeFolder('unseen');
    await names(remote, rootPath);
    const { cursor } = await remote.pollChanges(undefined, calm);
    const node = drive.makeFolder('unseen/deep');
    drive.putFile('unseen/deep/f', 'x');
    drive.purge('unseen/deep/f');
    const changes = pathsOf(await remote.pollChanges(cursor, calm));
    assert.ok(!changes.includes(parsePath('unseen/deep/f')) || node.id.length > 0);
    assert.ok(changes.includes(parsePath('unseen/deep')));
  }));

test('changes: an expired checkpoint reports everything as changed', () =>
  servedDrive({}, async ({ remote, drive }) => {
    drive.putFile('a/f', 'x');
    await names(remote, parsePath('a'));
    const changes = await remote.pollChanges('nonsense', calm);
    assert.equal(changes.paths, 'everything');
    drive.move('a', 'b');
    await refused(statFile(remote, parsePath('a/f')), 'notFound');
  }));

test('changes: a broken stream counts up to its last checkpoint, and fails without one', () =>
  servedDrive({}, async ({ remote, server, drive }) => {
    await names(remote, rootPath);
    const { cursor } = await remote.pollChanges(undefined, calm);
    drive.putFile('f', 'x');
    const { id } = drive.nodeAt('f');
    const node = { id, name: 'f', kind: 'FILE', parents: [drive.root.id], status: 'AVAILABLE' };
    const line = JSON.stringify({ checkpoint: 'CP1', nodes: [node], reset: false, statusCode: 200 });
    server.addFault({ operation: 'changes', status: 200, body: `${line}\n{"checkpoint":"CP2","nodes":[{"i` });
    assert.deepEqual(await remote.pollChanges(cursor, calm), { cursor: 'CP1', paths: ['f', ''] });
    server.addFault({
      operation: 'changes',
      status: 200,
      body: `${line}\n{"checkpoint":"CP2","nodes":[],"statusCode":503}\n`,
    });
    assert.equal((await remote.pollChanges(cursor, calm)).cursor, 'CP1');
    for (const nothing of ['', '{"end":true}', '{"che', '<html>']) {
      server.addFault({ operation: 'changes', status: 200, body: nothing });
      await refused(remote.pollChanges(cursor, calm), 'unavailable');
    }
    server.addFault({ operation: 'changes', cutResponseAfterBytes: 5 });
    await refused(remote.pollChanges(cursor, calm), 'unavailable');
  }));

test('changes: the first poll starts at the checkpoint of the settings', () =>
  servedDrive({}, async ({ remote, another, server }) => {
    const { cursor } = await remote.pollChanges(undefined, calm);
    const other = await another({ checkpoint: cursor });
    server.clearRequests();
    assert.deepEqual((await other.pollChanges(undefined, calm)).paths, []);
    const request = server.requests.find(({ operation }) => operation === 'changes');
    assert.deepEqual(request?.json, { checkpoint: cursor, includePurged: 'true' });
  }));
