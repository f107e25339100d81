import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FileEntry } from '../../../../src/remote/entry';
import { parsePath, rootPath } from '../../../../src/remote/remotePath';
import {
  at,
  body,
  calm,
  deepNames,
  ifAbsent,
  ifMatch,
  names,
  noPrecondition,
  pattern,
  refused,
  statFile,
} from '../../../support/remoteCalls';
import { fileJson, patient, servedDrive } from './driveFixture';

// Another client changes folders that are in the cache: no stale id may be used to write, delete or list.

const photos = parsePath('photos');

test('elsewhere: an empty list is verified after a failed request too', async () => {
  for (const isDuringListing of [false, true])
    await servedDrive({ fakeClock: true }, async ({ remote, server, drive, clock }) => {
      drive.makeFolder('a');
      assert.deepEqual(await names(remote, parsePath('a')), []);
      clock.advance(10_000);
      const remake = () => {
        drive.trash('a');
        drive.putFile('a/f', 'x');
        clock.advance(10_000);
      };
      if (!isDuringListing) remake();
      else {
        // The folder is verified just before; its listing comes late.
        let isDone = false;
        server.addFault({
          operation: 'listNodes',
          when: ({ url }) => {
            if (!isDone && url.includes('parents')) {
              isDone = true;
              setImmediate(remake);
            }
            return false;
          },
        });
      }
      server.addFault({ operation: 'getNode', status: 503, skip: isDuringListing ? 1 : 0 });
      assert.deepEqual(await names(patient(remote), parsePath('a')), ['f']);
    });
});

test('elsewhere: a folder that another client renamed keeps its files and receives no new ones', async () => {
  for (const folder of ['photos', 'photos/2020/may'])
    await servedDrive({ fakeClock: true }, async ({ remote, drive, clock }) => {
      const path = parsePath(folder);
      for (const name of ['f', 'g']) drive.putFile(`${folder}/${name}`, name);
      drive.makeFolder(`${folder}/sub`);
      await deepNames(remote, rootPath);
      await names(remote, path);
      const seen = await statFile(remote, at(path, 'f'));
      drive.move('photos', 'archive');
      clock.advance(60_000);
      await refused(remote.removeFile(at(path, 'f'), ifMatch(seen), calm), 'changed');
      await refused(remote.removeFile(at(path, 'g'), noPrecondition, calm), 'notFound');
      await refused(remote.trashFolder(at(path, 'sub'), calm), 'notFound');
      await refused(remote.write(at(path, 'f'), body('mine'), {}, ifMatch(seen), calm), 'changed');
      await refused(names(remote, path), 'notFound');
      await refused(deepNames(remote, path), 'notFound');
      await remote.write(at(path, 'h'), body('new'), {}, ifAbsent, calm);
      await remote.write(at(path, 'g'), body('new'), {}, noPrecondition, calm);
      const archive = folder.replace('photos', 'archive');
      assert.deepEqual(drive.tree(archive), ['f', 'g', 'sub/']);
      assert.equal(drive.read(`${archive}/f`).toString(), 'f');
      assert.equal(drive.read(`${archive}/g`).toString(), 'g');
      assert.deepEqual(drive.tree(folder), ['g', 'h']);
    });
});

for (const [what, to, theirs] of [
  ['moved into another folder', 'other/f', undefined],
  ['moved into a folder below', 'photos/sub/f', undefined],
  ['moved to the root', 'f', undefined],
  ['renamed', 'photos/g', undefined],
  ['moved, and another took its name', 'other/f', 'theirs'],
  ['renamed, and another of the same content took its name', 'photos/g', 'mine'],
] as const)
  test(`elsewhere: a file that another client ${what} is neither written, deleted nor moved by its old path`, () =>
    servedDrive({}, async ({ remote, drive }) => {
      const path = at(photos, 'f');
      drive.putFile('photos/f', 'mine');
      drive.makeFolder('photos/sub');
      drive.makeFolder('other');
      const uses: Readonly<Record<string, (seen: FileEntry) => Promise<unknown>>> = {
        write: (seen) => remote.write(path, body('new'), {}, ifMatch(seen), calm),
        'write much': (seen) => remote.write(path, body(pattern(9_000_000)), {}, ifMatch(seen), calm),
        remove: (seen) => remote.removeFile(path, ifMatch(seen), calm),
        move: (seen) => remote.serverSideMove(seen, parsePath('taken away'), ifAbsent, calm),
      };
      for (const [use, work] of Object.entries(uses)) {
        await names(remote, photos);
        const seen = await statFile(remote, path);
        drive.move('photos/f', to);
        if (theirs !== undefined) drive.putFile('photos/f', theirs);
        const before = drive.tree();
        await refused(work(seen), 'changed');
        assert.deepEqual(drive.tree(), before, use);
        assert.equal(drive.read(to).toString(), 'mine', use);
        if (theirs !== undefined) {
          assert.equal(drive.read('photos/f').toString(), theirs, use);
          drive.trash('photos/f');
        }
        drive.move(to, 'photos/f');
      }
    }));

test('elsewhere: new files go into the folder that is at the path now, whatever was cached', async () => {
  for (const first of ['write', 'list', 'makeFolder'] as const)
    await servedDrive({ fakeClock: true }, async ({ remote, drive, clock }) => {
      drive.putFile('photos/f', 'x');
      await names(remote, photos);
      drive.move('photos', 'archive');
      drive.putFile('photos/theirs', 'y');
      clock.advance(10_000);
      if (first === 'list') assert.deepEqual(await names(remote, photos), ['theirs']);
      if (first === 'makeFolder') await remote.makeFolder(at(photos, 'sub'), calm);
      await remote.write(at(photos, 'new'), body('z'), {}, ifAbsent, calm);
      assert.deepEqual(drive.tree('archive'), ['f']);
      assert.ok(drive.tree('photos').includes('new'));
    });
});

test('elsewhere: many writes and deletes share the requests for their folders', () =>
  servedDrive({ fakeClock: true }, async ({ remote, drive, requested, clock }) => {
    const folder = parsePath('a/b/c');
    for (let i = 0; i < 50; i++) drive.putFile(`a/b/c/old${i}`, 'x');
    const seen = await Promise.all(
      Array.from({ length: 50 }, (_, i) => statFile(remote, at(folder, `old${i}`))),
    );
    clock.advance(60_000);
    requested();
    await Promise.all(
      Array.from({ length: 50 }, (_, i) => remote.write(at(folder, `f${i}`), body('x'), {}, ifAbsent, calm)),
    );
    const writes = requested();
    assert.equal(writes.filter((operation) => operation === 'upload').length, 50);
    assert.ok(writes.length >= 56, 'each of three folders before the first and after the last');
    assert.ok(writes.length <= 50 + 25, `${writes.length} requests: reads are shared`);
    clock.advance(60_000);
    await Promise.all(seen.map((entry) => remote.removeFile(entry.path, ifMatch(entry), calm)));
    assert.equal(requested().length, 100 + 3, 'a read and a delete each');
  }));

test('elsewhere: a cancelled caller does not fail the others that wait for the same folder', () =>
  servedDrive({ fakeClock: true }, async ({ remote, server, drive, clock }) => {
    drive.makeFolder('photos');
    await names(remote, photos);
    clock.advance(10_000);
    const stop = new AbortController();
    // Aborted while the service handles the one request that both writes wait for.
    const when = () => Boolean(setImmediate(() => stop.abort(new Error('stopped'))));
    server.addFault({ operation: 'getNode', when, delayMs: 100 });
    const stopped = remote.write(at(photos, 'f'), body('x'), {}, ifAbsent, stop.signal);
    const other = remote.write(at(photos, 'g'), body('x'), {}, ifAbsent, calm);
    await assert.rejects(stopped, /stopped/);
    await other;
    assert.deepEqual(drive.tree('photos'), ['g']);
  }));

test('elsewhere: a folder that was recreated or replaced by a file drops the cache below it', () =>
  servedDrive({ fakeClock: true }, async ({ remote, drive }) => {
    drive.putFile('photos/sub/f', 'x');
    drive.makeFolder('far');
    await deepNames(remote, rootPath);
    drive.move('photos', 'far/archive');
    drive.putFile('photos/sub/other', 'y');
    // The list of the folder above shows the new folder.
    await names(remote, rootPath);
    await remote.write(parsePath('photos/sub/new'), body('z'), {}, ifAbsent, calm);
    assert.deepEqual(drive.tree('far/archive'), ['sub/', 'sub/f']);
    drive.move('photos', 'far/second');
    drive.putFile('photos', 'a file now');
    await names(remote, rootPath);
    await assert.rejects(remote.write(parsePath('photos/sub/late'), body('z'), {}, ifAbsent, calm));
    assert.deepEqual(drive.tree('far/second'), ['sub/', 'sub/new', 'sub/other']);
  }));

test('elsewhere: a node that the index shows is read before it is overwritten or deleted', () =>
  servedDrive({}, async ({ remote, server, drive }) => {
    const { id } = drive.putFile('photos/f', 'theirs');
    const parent = drive.nodeAt('photos').id;
    drive.move('photos', 'archive');
    drive.makeFolder('elsewhere');
    drive.move('archive/f', 'elsewhere/f');
    drive.move('archive', 'photos');
    const data = [fileJson(drive, id, 'f', { parents: [parent] })];
    server.addFault({ operation: 'listNodes', url: /name%3A%22f/, status: 200, body: { count: 1, data } });
    await refused(remote.removeFile(at(photos, 'f'), noPrecondition, calm), 'notFound');
    assert.deepEqual(drive.tree('elsewhere'), ['f']);
  }));
