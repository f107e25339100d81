import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import fs, { mkdirSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { HashCache } from '../../../../src/backends/local/hashCache';
import { openLocalRemote } from '../../../../src/backends/local/localRemote';
import { OpenFile } from '../../../../src/backends/local/openFile';
import { silentLog } from '../../../../src/base/log';
import type { FileEntry } from '../../../../src/remote/entry';
import type { RecursiveListOptions, Remote } from '../../../../src/remote/remote';
import { rootPath } from '../../../../src/remote/remotePath';
import { calm } from '../../../support/remoteCalls';
import { inTemporaryFolder } from '../s3/s3Fixture';

const md5 = (text: string) => createHash('md5').update(text).digest('hex');
const old = new Date('2020-01-02T03:04:05.678Z');

function put(file: string, content: string): void {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, content);
  utimesSync(file, old, old);
}

async function listed(remote: Remote, options: RecursiveListOptions = {}): Promise<FileEntry[]> {
  const found: FileEntry[] = [];
  for await (const page of remote.listRecursive?.(rootPath, options, calm) ?? [])
    for (const entry of page) if (entry.kind === 'file') found.push(entry);
  return found;
}

function open(
  root: string,
  ownThread: boolean,
  hashes = new HashCache(undefined, silentLog),
  followSymlinks = true,
) {
  return openLocalRemote({ root, ownThread, hashes, followSymlinks });
}

async function hashesOf(
  remote: Remote,
  files: readonly FileEntry[],
): Promise<readonly (string | undefined)[]> {
  return (await remote.computeMd5s?.(files, calm)) ?? assert.fail();
}

/** Makes the files of this test old: their ctimes can't be set back. */
function letTimePass({ mock }: TestContext): void {
  mock.timers.enable({ apis: ['Date'], now: Date.now() + 3_600_000 });
}

for (const ownThread of [true, false]) {
  const home = ownThread ? 'in a thread of its own' : 'by the thread pool';

  test(`many files are hashed ${home}, and the next session lists their MD5s`, async (t) => {
    letTimePass(t);
    await inTemporaryFolder(async (folder) => {
      const root = path.join(folder, 'work');
      const contents = Array.from({ length: 100 }, (_, i) => 'x'.repeat(i * i));
      for (const [i, content] of contents.entries()) put(path.join(root, `d${i % 7}/f${i}`), content);
      const first = new HashCache(folder, silentLog);
      const remote = open(root, ownThread, first);
      const files = await listed(remote, { knownHashes: true });
      assert.ok(files.every((file) => file.md5 === undefined));
      const expected = files.map(({ size }) => md5('x'.repeat(size)));
      assert.deepEqual(await hashesOf(remote, files), expected);
      await first.save();
      const later = open(root, ownThread, new HashCache(folder, silentLog));
      const known = await listed(later, { knownHashes: true });
      assert.deepEqual(
        known,
        files.map((file, i) => ({ ...file, md5: expected[i] })),
      );
      assert.deepEqual(await listed(later), files, 'only when asked for');
      put(path.join(root, 'd1/f8'), 'y'.repeat(64));
      const edited = (await listed(later, { knownHashes: true })).filter((file) => file.md5 === undefined);
      assert.deepEqual(
        edited.map((file) => file.path),
        ['d1/f8'],
      );
    });
  });

  test(`a file that is gone, changed since it was listed or no file has no hash ${home}`, async () => {
    await inTemporaryFolder(async (root) => {
      for (const name of ['changed', 'gone', 'isFolder', 'kept', 'longer', 'shorter'])
        put(path.join(root, name), name);
      await sleep(60);
      const remote = open(root, ownThread);
      const files = await listed(remote);
      for (const name of ['gone', 'isFolder']) rmSync(path.join(root, name));
      mkdirSync(path.join(root, 'isFolder'));
      writeFileSync(path.join(root, 'changed'), 'CHANGED');
      fs.truncateSync(path.join(root, 'shorter'), 3);
      fs.appendFileSync(path.join(root, 'longer'), 'more');
      const hashes = await hashesOf(remote, files);
      assert.deepEqual(
        files.flatMap(({ path: name }, i) => (hashes[i] === undefined ? [] : [name])),
        ['kept'],
      );
      assert.equal(hashes[3], md5('kept'));
    });
  });

  for (const resets of [false, true])
    test(`a file that changes while it is read has no hash ${home}${resets ? ', even if its time is reset' : ''}`, async (t) => {
      await inTemporaryFolder(async (root) => {
        const file = path.join(root, 'f');
        put(file, 'first');
        await sleep(60);
        const hashes = new HashCache(undefined, silentLog);
        const remote = open(root, ownThread, hashes);
        const files = await listed(remote);
        let changes = 0;
        const change = <T>(read: T): T => {
          changes++;
          writeFileSync(file, 'other');
          if (resets) utimesSync(file, old, old);
          return read;
        };
        // A busy machine reads in the pool whatever the home is.
        const { readSync } = fs;
        const { read } = OpenFile.prototype;
        t.mock.method(fs, 'readSync', (...args: Parameters<typeof readSync>) => change(readSync(...args)));
        t.mock.method(
          OpenFile.prototype,
          'read',
          async function (this: OpenFile, ...args: Parameters<typeof read>) {
            return change(await read.apply(this, args));
          },
        );
        assert.deepEqual(await hashesOf(remote, files), [undefined]);
        assert.ok(changes > 0);
      });
    });

  test(`a file behind a folder that became a link is hashed ${home} only if links are followed`, async () => {
    await inTemporaryFolder(async (folder) => {
      const root = path.join(folder, 'root');
      put(path.join(root, 'd/f'), 'content');
      await sleep(60);
      const [file] = await listed(open(root, ownThread));
      assert.ok(file);
      renameSync(path.join(root, 'd'), path.join(folder, 'outside'));
      symlinkSync(path.join(folder, 'outside'), path.join(root, 'd'));
      for (const [follow, expected] of [
        [true, md5('content')],
        [false, undefined],
      ] as const)
        assert.deepEqual(await hashesOf(open(root, ownThread, undefined, follow), [file]), [expected]);
    });
  });

  test(`an abort ends the hashing ${home}`, async () => {
    await inTemporaryFolder(async (root) => {
      for (let i = 0; i < 20; i++) put(path.join(root, `f${i}`), 'x');
      const remote = open(root, ownThread);
      const files = await listed(remote);
      const reason = new Error('stopped');
      await assert.rejects(
        remote.computeMd5s?.(files, AbortSignal.abort(reason)) ?? Promise.resolve(),
        reason,
      );
    });
  });
}
