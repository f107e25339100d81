import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Entry } from '../../../../src/remote/entry';
import type { Remote } from '../../../../src/remote/remote';
import { isRemoteError } from '../../../../src/remote/remoteError';
import { baseName, parsePath, type RemotePath, rootPath } from '../../../../src/remote/remotePath';
import {
  body,
  calm,
  deepNames,
  names,
  noPrecondition,
  pagesOf,
  readText,
  refused,
  statFile,
} from '../../../support/remoteCalls';
import { fileJson, patient, type ServedDrive, servedDrive } from './driveFixture';

async function entriesOf(remote: Remote, folder: RemotePath): Promise<readonly Entry[]> {
  return (await pagesOf(remote.list(folder, {}, calm))).flat();
}

async function deepEntries(remote: Remote): Promise<readonly Entry[]> {
  return (await pagesOf(remote.listRecursive?.(rootPath, {}, calm) ?? assert.fail())).flat();
}

/** `reason protected-path` of an unsupported entry, the path of any other. */
const shown = (entry: Entry) =>
  entry.kind === 'unusable' ? `${entry.reason} ${entry.protects}` : entry.path;

test('listing: a folder is requested page by page as rclone does', () =>
  servedDrive({ server: { pageSize: 4 } }, async ({ remote, server, drive }) => {
    for (let i = 0; i < 10; i++) drive.putFile(`a+b (x)/f${i}`, String(i));
    assert.equal((await names(remote, parsePath('a+b (x)'))).length, 10);
    const { id } = drive.nodeAt('a+b (x)');
    const urls = server.requests.map(({ url }) => url);
    assert.equal(urls[1], '/drive/v1/nodes?filters=kind%3AFOLDER+AND+isRoot%3Atrue');
    assert.match(urls[2] ?? '', /name%3A%22a%5C%2Bb%5C\+%5C%28x%5C%29%22$/);
    assert.equal(urls[3], `/drive/v1/nodes?filters=parents%3A${id}`);
    assert.match(urls[4] ?? '', new RegExp(`^/drive/v1/nodes\\?filters=parents%3A${id}&startToken=`));
    assert.equal(urls.length, 6);
  }));

test('listing: entries are exact, with MD5 and the service’s time', () =>
  servedDrive({}, async ({ remote, drive }) => {
    drive.putFile('f', 'hello', { modifiedDate: 1_600_000_000_123 });
    const [entry] = await entriesOf(remote, rootPath);
    assert.ok(entry?.kind === 'file' && entry.exact);
    assert.equal(entry.md5, '5d41402abc4b2a76b9719d911017c592');
    assert.deepEqual(entry.serverModified, { s: 1_600_000_000, ns: 123_000_000 });
    assert.equal(entry.modified, undefined);
    assert.deepEqual(await remote.stat(parsePath('f'), calm), entry);
  }));

test('listing: an expired page token restarts the list without losses or duplicates', () =>
  servedDrive({ server: { pageSize: 3 } }, async ({ remote, server, drive }) => {
    for (let i = 0; i < 20; i++) drive.putFile(`f${String(i).padStart(2, '0')}`, 'x');
    const fault = server.addFault({ operation: 'listNodes', expirePageToken: true, skip: 3, count: 2 });
    const all = await names(remote, rootPath);
    assert.equal(fault.hits, 2);
    assert.equal(all.length, 20);
    assert.equal(new Set(all).size, 20);
    server.addFault({ operation: 'listNodes', expirePageToken: true, skip: 2 });
    assert.deepEqual(await deepNames(remote, rootPath), all);
  }));

test('listing: page tokens that always expire end in an error', () =>
  servedDrive({ server: { pageSize: 3 } }, async ({ remote, server, drive }) => {
    for (let i = 0; i < 9; i++) drive.putFile(`f${i}`, 'x');
    server.addFault({ operation: 'listNodes', expirePageToken: true, count: Number.POSITIVE_INFINITY });
    await refused(names(remote, rootPath), 'unavailable');
  }));

test('listing: names that can’t be paths are unsupported and protect the path that rclone would use', () =>
  servedDrive({}, async ({ remote, drive }) => {
    for (const name of ['a／b', 'ctl\u0001', 'fine']) drive.putFile(name, 'x');
    const root = drive.root.id;
    for (const [name, content] of [
      ['a/b', '1'],
      ['..', '2'],
      ['lone‛', '3'],
      ['bad‛FF', '4'],
    ] as const) {
      const node = drive.putFile('temporary', content);
      drive.patch(node.id, { name, parents: [root] });
    }
    const found = await entriesOf(remote, rootPath);
    const descriptions = found.map((entry) =>
      entry.kind === 'unusable' ? `${entry.reason} ${entry.name} → ${entry.protects}` : entry.path,
    );
    assert.deepEqual(
      descriptions.sort(),
      [
        'ctl\u0001',
        'fine',
        'invalidText bad\ufffd → bad\ufffd',
        'lone‛',
        'oddName ．． → ．．',
        'duplicateName a／b → a／b',
        'a／b',
      ].sort(),
    );
    const deep = await deepEntries(remote);
    assert.equal(deep.filter(({ kind }) => kind === 'file').length, 3, 'no duplicate is planned with');
  }));

test('listing: nodes with duplicate names are unsupported and can be neither read nor written', () =>
  servedDrive({}, async ({ remote, server, drive }) => {
    const data = [
      fileJson(drive, 'n1', 'Twin'),
      fileJson(drive, 'n2', 'twin'),
      fileJson(drive, 'n3', 'other'),
      fileJson(drive, 'n4', 'rendition', { kind: 'ASSET' }),
    ];
    const twins = { operation: 'listNodes', url: /parents/, status: 200, body: { count: 4, data } } as const;
    server.addFault({ ...twins, count: Number.POSITIVE_INFINITY });
    const deep = await deepEntries(remote);
    assert.deepEqual(deep.map(shown).sort(), ['duplicateName Twin', 'duplicateName twin', 'other']);
    await refused(remote.stat(parsePath('TWIN'), calm), 'other');
  }));

test('listing: a file without its content is listed as unsupported', () =>
  servedDrive({}, async ({ remote, server, drive }) => {
    drive.putFile('ready', 'x');
    const data = [
      fileJson(drive, 'n1', 'pending', { status: 'PENDING', contentProperties: undefined }),
      fileJson(drive, 'n2', 'empty-handed', { contentProperties: undefined }),
    ];
    server.addFault({ operation: 'listNodes', url: /parents/, status: 200, body: { count: 2, data } });
    assert.deepEqual(await names(remote, rootPath), ['empty-handed (unreadable)', 'pending (unreadable)']);
  }));

test('listing: nodes that the index shows but that left the folder or are in the trash are omitted', () =>
  servedDrive({}, async ({ remote, server, drive }) => {
    drive.putFile('a/moved', 'x');
    drive.putFile('a/gone', 'x');
    drive.putFile('a/stays', 'x');
    drive.makeFolder('b');
    assert.equal((await names(remote, parsePath('a'))).length, 3);
    server.setIndexLag(60_000);
    drive.move('a/moved', 'b/moved');
    drive.trash('a/gone');
    assert.deepEqual(await names(remote, parsePath('a')), ['stays']);
  }));

test('listing: our recent writes are found although the index lags behind', () =>
  servedDrive({ server: { indexLagMs: 60_000 } }, async ({ remote }) => {
    const path = parsePath('new/deep/f');
    await remote.write(path, body('one'), {}, { kind: 'ifAbsent' }, calm);
    assert.equal((await statFile(remote, path)).size, 3);
    assert.equal(await readText(remote, path), 'one');
    await remote.write(path, body('second'), {}, noPrecondition, calm);
    assert.equal(await readText(remote, path), 'second');
    await refused(remote.removeFolder(parsePath('new/deep'), calm), 'notEmpty');
    await remote.removeFile(path, noPrecondition, calm);
    await remote.removeFolder(parsePath('new/deep'), calm);
    await refused(remote.stat(path, calm), 'notFound');
  }));

test('listing: a folder that was deleted or recreated under its name is noticed', () =>
  servedDrive({ fakeClock: true }, async ({ remote, drive, clock }) => {
    drive.putFile('a/old', 'x');
    assert.deepEqual(await names(remote, parsePath('a')), ['old']);
    drive.trash('a');
    clock.advance(10_000);
    await refused(names(remote, parsePath('a')), 'notFound');
    drive.putFile('a/new', 'y');
    assert.deepEqual(await names(remote, parsePath('a')), ['new']);
    drive.trash('a');
    drive.putFile('a/newer', 'z');
    clock.advance(10_000);
    assert.equal((await statFile(remote, parsePath('a/newer'))).size, 1);
    drive.trash('a');
    drive.makeFolder('a');
    await remote.write(parsePath('a/f'), body('x'), {}, { kind: 'ifAbsent' }, calm);
    assert.deepEqual(drive.tree(), ['a/', 'a/f']);
  }));

test('listing: a folder that was moved away receives no writes', () =>
  servedDrive({ fakeClock: true }, async ({ remote, drive, clock }) => {
    drive.makeFolder('a');
    assert.deepEqual(await names(remote, parsePath('a')), []);
    drive.move('a', 'b');
    clock.advance(6 * 60_000);
    await remote.write(parsePath('a/f'), body('x'), {}, { kind: 'ifAbsent' }, calm);
    assert.deepEqual(drive.tree(), ['a/', 'a/f', 'b/']);
  }));

test('listing: a recursive listing sends one request per folder, several concurrently, and retries failed pages only', () =>
  servedDrive({ server: { pageSize: 5 } }, async ({ remote, server, drive, requested }) => {
    for (let i = 0; i < 12; i++) for (let j = 0; j < 7; j++) drive.putFile(`d${i}/s/f${j}`, 'x');
    assert.equal((await deepNames(remote, rootPath)).length, 84);
    assert.equal(requested().length, 3 + 12 + 2 * 12);
    server.addFault({ operation: 'listNodes', status: 503, probability: 0.3, seed: 5 });
    const again = await deepNames(patient(remote), rootPath);
    assert.equal(new Set(again).size, 84);
    assert.equal(again.length, 84);
  }));

test('listing: a folder that disappears during a recursive listing is unsupported, not empty', () =>
  servedDrive({ fakeClock: true }, async ({ remote, server, drive, clock }) => {
    drive.putFile('a/f', 'x');
    drive.putFile('gone/f', 'x');
    const { id } = drive.nodeAt('gone');
    server.addFault({
      operation: 'listNodes',
      when: ({ url }) => {
        if (!url.includes(`parents%3A${id}`) || drive.node('gone') === undefined) return false;
        drive.trash('gone');
        clock.advance(10_000);
        return false;
      },
    });
    assert.deepEqual((await deepEntries(remote)).map(shown), ['a/f', 'unreadable gone']);
  }));

test('listing: recent writes are listed before the index shows them, and removed ones are not', () =>
  servedDrive({ fakeClock: true, server: { pageSize: 3 } }, async ({ remote, server, drive, requested }) => {
    for (let i = 0; i < 4; i++) drive.putFile(`d/old${i}`, 'x');
    const folder = parsePath('d');
    await names(remote, folder);
    server.setIndexLag(60_000);
    for (const name of ['mine', 'taken', 'trashed', 'second'])
      await remote.write(parsePath(`d/${name}`), body(name), {}, noPrecondition, calm);
    await remote.removeFile(parsePath('d/trashed'), noPrecondition, calm);
    drive.patch(idOf(await statFile(remote, parsePath('d/taken'))), {
      name: 'taken',
      parents: [drive.root.id],
    });
    const all = ['mine', 'old0', 'old1', 'old2', 'old3', 'second'];
    assert.deepEqual(await names(remote, folder), all);
    assert.deepEqual(await deepNames(remote, folder), all);
    assert.deepEqual((await pagesOf(remote.list(folder, { namePrefix: 'mi' }, calm))).flat().length, 1);
    server.addFault({ operation: 'getNode', status: 503, count: 2 });
    assert.deepEqual(await names(patient(remote), folder), all, 'a failed read loses nothing');
    server.setIndexLag(0);
    requested();
    assert.deepEqual(await names(remote, folder), all);
    assert.deepEqual(requested(), ['listNodes', 'listNodes', 'getNode'], 'only the missing node is read');
  }));

function idOf({ version }: { readonly version?: string }): string {
  return version?.slice(0, version.lastIndexOf('/')) ?? '';
}

/** Lists 35 files `d/f000`… in pages of 10, and makes a change after the first page. */
async function underWay(
  options: { readonly indexLagMs?: number; readonly deep?: boolean; readonly path?: string },
  between: (it: ServedDrive) => unknown,
  after: (found: readonly string[], failure: unknown, it: ServedDrive) => void,
): Promise<void> {
  const { indexLagMs = 0, deep = false, path = 'd' } = options;
  await servedDrive({ server: { pageSize: 10, indexLagMs }, fakeClock: true }, async (it) => {
    for (let i = 0; i < 35; i++) it.drive.putFile(`${path}/f${String(i).padStart(3, '0')}`, 'x');
    it.server.setIndexLag(0);
    const folder = parsePath(path);
    // The second page waits for the change.
    let pages = 0;
    it.server.addFault({
      operation: 'listNodes',
      url: /startToken/,
      when: () => {
        if (pages++ === 0) {
          it.server.setIndexLag(indexLagMs);
          void between(it);
        }
        return false;
      },
    });
    const remote = patient(it.remote, it.clock);
    const found: string[] = [];
    let failure: unknown;
    try {
      const list = deep ? remote.listRecursive?.(folder, {}, calm) : remote.list(folder, {}, calm);
      for await (const page of list ?? [])
        for (const entry of page) found.push(entry.kind === 'unusable' ? `!${entry.name}` : entry.path);
    } catch (error) {
      failure = error;
    }
    assert.ok(pages > 0);
    after(found, failure, it);
  });
}

for (const deep of [false, true])
  for (const [what, top] of [
    ['the folder', 'a/b/d'],
    ['a folder above it', 'a'],
  ] as const)
    for (const indexLagMs of [0, 60_000])
      test(`listing${deep ? ' deep' : ''}: ${what} is trashed and restored meanwhile (index ${indexLagMs} ms behind): nothing is missing`, async () => {
        let requests = 0;
        await underWay(
          { deep, path: 'a/b/d', indexLagMs },
          ({ drive, server }) => {
            drive.trash(top);
            // Restored after the rest of the first pass was sent.
            server.addFault({
              operation: ['listNodes', 'getNode'],
              when: ({ url }) => {
                if (++requests > 1 && !url.includes('startToken') && drive.trashedNodes().length > 0)
                  drive.restore(baseName(parsePath(top)));
                return false;
              },
            });
          },
          (found, failure) => {
            if (failure !== undefined) assert.ok(isRemoteError(failure), String(failure));
            else assert.equal(new Set(found).size, 35, found.join(' '));
          },
        );
      });

test('listing: a folder that is trashed meanwhile and stays there fails the list', async () => {
  for (const indexLagMs of [0, 60_000])
    await underWay(
      { indexLagMs },
      ({ drive }) => drive.trash('d'),
      (_, failure) => assert.ok(isRemoteError(failure, 'notFound', 'unavailable'), String(failure)),
    );
});

test('listing: concurrent deletes, moves and additions do not fail the list', async () => {
  for (const indexLagMs of [0, 60_000])
    await underWay(
      { indexLagMs },
      ({ drive }) => {
        for (const name of ['f001', 'f020', 'f030']) drive.trash(`d/${name}`);
        drive.putFile('other/x', 'x');
        drive.move('d/f025', 'other/f025');
        drive.putFile('d/g', 'x');
      },
      (found, failure) => {
        assert.equal(failure, undefined);
        for (const name of ['f000', 'f019', 'f024', 'f029', 'f034'])
          assert.ok(found.includes(`d/${name}`), name);
        for (const name of ['f020', 'f025', 'f030']) assert.ok(!found.includes(`d/${name}`), name);
        assert.equal(new Set(found).size, found.length);
      },
    );
});

test('listing: a count above the listed nodes is accepted the second time', () =>
  servedDrive({ fakeClock: true }, async ({ remote, server, drive }) => {
    const { id } = drive.putFile('d/f', 'x');
    const data = [fileJson(drive, id, 'f', { parents: [drive.nodeAt('d').id] })];
    server.addFault({
      operation: 'listNodes',
      url: /parents%3A[^%]/,
      status: 200,
      body: { count: 3, data },
      count: Number.POSITIVE_INFINITY,
    });
    assert.deepEqual(await names(remote, parsePath('d')), ['f']);
  }));

for (const top of ['a', 'a/b', 'a/b/d'])
  test(`listing deep: an empty list of a folder is verified when "${top}" was in the trash at that moment`, () =>
    servedDrive({}, async ({ remote, server, drive }) => {
      for (const name of ['f', 'g']) drive.putFile(`a/b/d/${name}`, 'x');
      const { id } = drive.nodeAt('a/b/d');
      let requests = 0;
      server.addFault({
        operation: ['listNodes', 'getNode'],
        when: ({ url }) => {
          const isList = url.includes(`parents%3A${id}`);
          if (isList && requests === 0) drive.trash(top);
          if ((isList || requests > 0) && requests++ === 1) drive.restore(baseName(parsePath(top)));
          return false;
        },
      });
      assert.deepEqual(await deepNames(remote, parsePath('a')), ['b/d/f', 'b/d/g']);
      assert.ok(requests > 1);
    }));
