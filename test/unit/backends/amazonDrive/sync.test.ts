import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Plan } from '../../../../src/plan/model/plan';
import { parsePath } from '../../../../src/remote/remotePath';
import { createMemoryRemote } from '../../../support/memoryRemote/memoryRemote';
import { calm, deepNames, pattern, read, readText, write } from '../../../support/remoteCalls';
import { served } from '../s3/s3Fixture';
import { patient, planned, servedDrive, side, synced } from './driveFixture';

const ids = (plan: Plan) => plan.actions.map(({ id }) => id);

test('sync: between S3 and Amazon Drive in both directions, verified by MD5', () =>
  served({}, async ({ remote: bucket }) => {
    await servedDrive({}, async ({ remote: drive, drive: store }) => {
      const s3 = side('s3', patient(bucket), 'demo');
      const acd = side('acd', patient(drive), 'backup');
      const contents: Readonly<Record<string, Buffer>> = {
        'a.txt': Buffer.from('hello'),
        empty: Buffer.alloc(0),
        'sub/großes ./Ding': pattern(2_000_000),
        'sub/deep/–x（1）': pattern(70_000),
        '‛odd／name': Buffer.from('odd'),
      };
      for (const [path, content] of Object.entries(contents))
        await write(bucket, parsePath(`demo/${path}`), content);
      await synced(s3, acd);
      for (const [path, content] of Object.entries(contents)) {
        const found = await drive.stat(parsePath(`backup/${path}`), calm);
        assert.ok(found.kind === 'file' && found.size === content.length, path);
        assert.ok((await read(drive, parsePath(`backup/${path}`))).equals(content), path);
      }
      for (const compare of ['rclone', 'checksum', 'size-only'] as const) {
        assert.deepEqual(ids(await planned(s3, acd, { compare })), [], compare);
        assert.deepEqual(ids(await planned(acd, s3, { compare })), [], compare);
      }
      // By default only sizes are compared, as in rclone: the drive has no modified times.
      store.putFile('backup/a.txt', 'HELLO');
      assert.deepEqual(ids(await planned(acd, s3)), []);
      store.putFile('backup/new/b', 'from the drive');
      store.trash('backup/empty');
      const back = { compare: 'checksum', deletes: 'after' } as const;
      assert.deepEqual(ids(await synced(acd, s3, back)), ['c:a.txt', 'c:new/b', 'd:empty']);
      assert.equal(await readText(bucket, parsePath('demo/a.txt')), 'HELLO');
      assert.deepEqual(
        (await deepNames(bucket, parsePath('demo'))).sort(),
        (await deepNames(drive, parsePath('backup'))).sort(),
      );
      assert.deepEqual(ids(await planned(acd, s3, back)), []);
      assert.deepEqual(ids(await planned(s3, acd, back)), []);
    });
  }));

test('sync: names that differ in letter case only are a conflict, and nothing is overwritten', () =>
  servedDrive({}, async ({ remote, drive }) => {
    const disk = createMemoryRemote();
    for (const name of ['Read me', 'read me', 'Sub/f', 'sub/g', 'fine']) disk.put(name, name);
    const source = side('disk', disk);
    const target = side('acd', remote);
    const plan = await synced(source, target);
    assert.deepEqual(
      plan.conflicts.map(({ path, because, with: other }) => [path, because, other]),
      [['read me', 'sameName', 'Read me']],
    );
    assert.equal(drive.read('Read me').toString(), 'Read me');
    assert.equal(drive.read('sub/f').toString(), 'Sub/f');
    assert.equal(drive.read('sub/g').toString(), 'sub/g');
    assert.equal(drive.tree().filter((path) => !path.endsWith('/')).length, 4);
    assert.deepEqual(ids(await planned(source, target, { deletes: 'after' })), []);
  }));

test('sync: a file that is too large or whose name is too long is skipped with the reason', () =>
  servedDrive({ settings: { max_size: '1Ki' } }, async ({ remote, drive }) => {
    const disk = createMemoryRemote();
    disk.put('large', pattern(1025));
    disk.put('x'.repeat(281), 'x');
    disk.put('just fits', pattern(1024));
    const plan = await synced(side('disk', disk), side('acd', remote));
    assert.deepEqual(
      plan.skipped.map(({ because, detail }) => [because, detail]),
      [
        ['tooLarge', 'is larger than the 1024 bytes that the target can hold'],
        ['badName', 'has a part longer than 280 characters'],
      ],
    );
    assert.deepEqual(drive.tree(), ['just fits']);
  }));

test('sync: new files cost one request each and shared reads of their folders, an unchanged tree one per folder, a download one per file', () =>
  servedDrive({}, async ({ remote, drive, requested, another }) => {
    const disk = createMemoryRemote();
    for (let i = 0; i < 300; i++) disk.put(`d${i % 10}/f${i}`, `content ${i}`);
    const source = side('disk', disk);
    const target = side('acd', remote, 'new');
    await synced(source, target);
    const counts = new Map<string, number>();
    for (const operation of requested()) counts.set(operation, (counts.get(operation) ?? 0) + 1);
    assert.equal(counts.get('upload'), 300);
    assert.equal(counts.get('createFolder'), 11);
    assert.ok((counts.get('listNodes') ?? 0) <= 4, 'checks whether the folder exists');
    const reads = counts.get('getNode') ?? 0;
    assert.ok(reads >= 11 && reads <= 150, `${reads} reads check whether a folder is still in its place`);
    assert.equal(
      [...counts.values()].reduce((a, b) => a + b),
      311 + (counts.get('listNodes') ?? 0) + reads,
    );
    assert.deepEqual(ids(await planned(source, target)), []);
    assert.equal(requested().length, 11);
    const back = createMemoryRemote();
    const fresh = await another();
    await synced(side('acd', fresh, 'new'), side('disk', back));
    const operations = requested();
    assert.equal(operations.filter((operation) => operation === 'download').length, 300);
    assert.equal(operations.length, 300 + 12);
    assert.deepEqual(back.paths(), disk.paths());
    assert.equal(drive.tree('new').length, 310);
  }));

test('sync: with five faults in a hundred every file arrives once', () =>
  servedDrive({}, async ({ remote, server, drive }) => {
    const disk = createMemoryRemote();
    for (let i = 0; i < 200; i++) disk.put(`d${i % 5}/f${i}`, `content ${i}`);
    server.addFault({ probability: 0.02, seed: 11, status: 503 });
    server.addFault({ probability: 0.02, seed: 12, loseResponse: true });
    server.addFault({ probability: 0.01, seed: 13, status: 500, afterDoing: true });
    const source = side('disk', disk);
    const target = side('acd', patient(remote));
    await synced(source, target);
    server.clearFaults();
    assert.deepEqual(ids(await planned(source, target, { compare: 'checksum', deletes: 'after' })), []);
    assert.equal(drive.tree().filter((path) => !path.endsWith('/')).length, 200);
  }));

test('sync: deletes go to the trash', () =>
  servedDrive({}, async ({ remote, drive }) => {
    for (const name of ['a', 'b', 'c']) drive.putFile(name, name);
    const disk = createMemoryRemote();
    for (const name of ['a', 'b']) disk.put(name, name);
    await synced(side('disk', disk), side('acd', remote), { deletes: 'after' });
    assert.deepEqual(drive.tree(), ['a', 'b']);
    assert.deepEqual(
      drive.trashedNodes().map(({ name }) => name),
      ['c'],
    );
  }));

test('sync: files are copied within the drive even when only one request may run', () =>
  servedDrive({ settings: { concurrency: 1 } }, async ({ remote, drive }) => {
    for (let i = 0; i < 6; i++) drive.putFile(`from/large ${i}`, pattern(1_500_000, i));
    drive.putFile('from/small', 'x');
    const layered = patient(remote);
    await synced(side('acd', layered, 'from'), side('acd', layered, 'to'));
    assert.deepEqual(drive.tree('to'), drive.tree('from'));
    assert.ok(drive.read('to/large 5').equals(pattern(1_500_000, 5)));
  }));
