import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { Readable } from 'node:stream';
import type { TestContext } from 'node:test';
import { openLocalRemote } from '../../../../src/backends/local/localRemote';
import { OpenFile } from '../../../../src/backends/local/openFile';
import { AdaptiveFsCalls } from '../../../../src/backends/local/syncFileCalls';
import type { ByteSource } from '../../../../src/remote/remote';
import { parsePath } from '../../../../src/remote/remotePath';
import { inBothThreads, ownThread } from '../../../support/bothThreads';
import { calm, ifAbsent, ifMatch, noPrecondition, refused, statFile } from '../../../support/remoteCalls';
import { temporaryFolder } from '../../../support/temporaryFolder';

// A change by another program during a write must not be overwritten.

function given(t: TestContext) {
  const folder = temporaryFolder(t);
  const at = (name: string) => path.join(folder, name);
  fs.writeFileSync(at('f'), 'old');
  // A busy machine looks like a slow disk, which calls of this thread avoid.
  if (ownThread()) t.mock.getter(AdaptiveFsCalls.prototype, 'isSlow', () => false);
  return { folder, at, remote: openLocalRemote({ root: folder, ownThread: ownThread() }) };
}

/** A body that calls `sly` at its end. */
function slyBody(content: string, sly: () => void, inMemory: boolean): ByteSource {
  const bytes = Buffer.from(content);
  return {
    size: bytes.length,
    ...(inMemory && {
      bytes: async () => {
        sly();
        return bytes;
      },
    }),
    open: async () =>
      Readable.from(
        (function* () {
          yield bytes;
          sly();
        })(),
        { objectMode: false },
      ),
  };
}

const changes: Readonly<Record<string, (file: string) => void>> = {
  'written again': (file) => fs.writeFileSync(file, 'theirs'),
  'written again with the same length': (file) => fs.writeFileSync(file, 'xld'),
  'given another time': (file) => fs.utimesSync(file, 1, 1),
  'replaced by one of the same length and time': (file) => {
    const { atimeMs, mtimeMs } = fs.statSync(file);
    fs.renameSync(file, `${file}.bak`);
    fs.writeFileSync(file, 'new');
    fs.utimesSync(file, atimeMs / 1000, mtimeMs / 1000);
  },
  removed: (file) => fs.rmSync(file),
  'replaced by a folder': (file) => {
    fs.rmSync(file);
    fs.mkdirSync(file);
  },
};

for (const [what, change] of Object.entries(changes))
  inBothThreads(`a file that is ${what} during a write is not replaced`, async (t) => {
    for (const inMemory of [true, false]) {
      const { folder, at, remote } = given(t);
      const seen = await statFile(remote, parsePath('f'));
      const look = () => {
        const stats = fs.statSync(at('f'), { throwIfNoEntry: false });
        return stats?.isFile()
          ? `${fs.readFileSync(at('f'), 'utf8')} ${stats.mtimeMs}`
          : `${stats?.isDirectory()}`;
      };
      let then = '';
      const changeIt = () => {
        change(at('f'));
        then = look();
      };
      // Synchronous calls write a body in memory, so the change comes between two of them.
      const between = ownThread() && inMemory;
      const mocked = between && t.mock.method(fs, 'fchmodSync', changeIt, { times: 1 });
      const source = slyBody('mine', between ? () => {} : changeIt, inMemory);
      await refused(remote.write(parsePath('f'), source, {}, ifMatch(seen), calm), 'changed');
      if (mocked) mocked.mock.restore();
      assert.equal(look(), then);
      assert.ok(!fs.readdirSync(folder).some((name) => name.endsWith('.part')));
    }
  });

inBothThreads(
  'without hard links, a file that appears during a write with ifAbsent is not replaced',
  async (t) => {
    for (const code of ['EPERM', 'ENOTSUP', 'EISDIR'])
      for (const inMemory of [true, false]) {
        const { folder, at, remote } = given(t);
        const fail = () => {
          throw Object.assign(new Error(`${code}: link`), { code });
        };
        const mocked = [
          t.mock.method(fs, 'linkSync', fail),
          t.mock.method(fs.promises, 'link', async () => fail()),
        ];
        const source = slyBody('mine', () => fs.writeFileSync(at('new'), 'theirs'), inMemory);
        await refused(remote.write(parsePath('new'), source, {}, ifAbsent, calm), 'alreadyExists');
        assert.equal(fs.readFileSync(at('new'), 'utf8'), 'theirs');
        const fine = slyBody('mine', () => {}, inMemory);
        await remote.write(parsePath('other'), fine, {}, ifAbsent, calm);
        assert.equal(fs.readFileSync(at('other'), 'utf8'), 'mine');
        assert.deepEqual(fs.readdirSync(folder).sort(), ['f', 'new', 'other']);
        for (const { mock } of mocked) mock.restore();
      }
  },
);

inBothThreads('a server-side copy or move does not replace a changed file', async (t) => {
  const { at, remote } = given(t);
  fs.writeFileSync(at('from'), 'content');
  const from = await statFile(remote, parsePath('from'));
  const seen = await statFile(remote, parsePath('f'));
  fs.writeFileSync(at('f'), 'theirs');
  for (const attempt of [
    () => remote.serverSideCopy?.(from, parsePath('f'), ifMatch(seen), calm),
    () => remote.serverSideMove?.(from, parsePath('f'), ifMatch(seen), calm),
    () => remote.removeFile(parsePath('f'), ifMatch(seen), calm),
    () => remote.setModifiedTime?.(seen, { s: 1, ns: 0 }, calm),
    () => remote.makeDurable?.(seen, calm),
  ])
    await refused(Promise.resolve(attempt()), 'changed');
  for (const attempt of [
    () => remote.serverSideCopy?.(from, parsePath('f'), ifAbsent, calm),
    () => remote.serverSideMove?.(from, parsePath('f'), ifAbsent, calm),
  ])
    await refused(Promise.resolve(attempt()), 'alreadyExists');
  assert.equal(fs.readFileSync(at('f'), 'utf8'), 'theirs');
  fs.writeFileSync(at('from'), 'another content');
  for (const attempt of [
    () => remote.serverSideCopy?.(from, parsePath('copy'), noPrecondition, calm),
    () => remote.serverSideMove?.(from, parsePath('moved'), noPrecondition, calm),
  ])
    await refused(Promise.resolve(attempt()), 'changed');
  assert.deepEqual([fs.existsSync(at('copy')), fs.existsSync(at('moved'))], [false, false]);
});

inBothThreads('a server-side copy fails when its source changes meanwhile', async (t) => {
  for (const change of [
    (file: string) => fs.writeFileSync(file, 'another'),
    (file: string) => fs.appendFileSync(file, ' and more'),
    (file: string) => fs.utimesSync(file, 1, 1),
    (file: string) => fs.rmSync(file),
  ])
    for (const mode of [0o644, 0o444]) {
      const { at, remote } = given(t);
      fs.writeFileSync(at('from'), 'content');
      fs.chmodSync(at('from'), mode);
      const from = await statFile(remote, parsePath('from'));
      // The system copies, or this process where the modes differ.
      const { copyFile } = fs.promises;
      const { setTime } = OpenFile.prototype;
      const mocked = [
        t.mock.method(fs.promises, 'copyFile', async (source: fs.PathLike, target: fs.PathLike) => {
          await copyFile(source, target);
          change(at('from'));
        }),
        t.mock.method(OpenFile.prototype, 'setTime', function (this: OpenFile, text: string) {
          if (mode === 0o444) change(at('from'));
          return setTime.call(this, text);
        }),
      ];
      const copying = Promise.resolve(remote.serverSideCopy?.(from, parsePath('to'), ifAbsent, calm));
      await refused(copying, 'changed', 'notFound');
      for (const { mock } of mocked) mock.restore();
      assert.equal(fs.existsSync(at('to')), false);
    }
});

inBothThreads('a read to a buffer fails when the file changes right after it', async (t) => {
  for (const change of [
    (file: string) => fs.appendFileSync(file, ' and more'),
    (file: string) => fs.writeFileSync(file, 'lod'),
    (file: string) => fs.truncateSync(file, 1),
  ]) {
    const { at, remote } = given(t);
    fs.utimesSync(at('f'), 1_600_000_000, 1_600_000_000);
    const seen = await statFile(remote, parsePath('f'));
    const { read } = OpenFile.prototype;
    const { readSync } = fs;
    const mocked = ownThread()
      ? t.mock.method(fs, 'readSync', (...args: Parameters<typeof readSync>) => {
          const length = readSync(...args);
          change(at('f'));
          return length;
        })
      : t.mock.method(
          OpenFile.prototype,
          'read',
          async function (this: OpenFile, buffer: Buffer, from: number) {
            const length = await read.call(this, buffer, from);
            change(at('f'));
            return length;
          },
        );
    await refused(Promise.resolve(remote.readToBuffer?.(seen, calm)), 'changed');
    mocked.mock.restore();
  }
});
