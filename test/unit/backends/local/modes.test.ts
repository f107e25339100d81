import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { Readable } from 'node:stream';
import type { TestContext } from 'node:test';
import { openLocalRemote } from '../../../../src/backends/local/localRemote';
import { OpenFile } from '../../../../src/backends/local/openFile';
import type { ByteSource, FileFacts } from '../../../../src/remote/remote';
import { parsePath } from '../../../../src/remote/remotePath';
import { copyFile } from '../../../../src/transfer/copyFile';
import { inBothThreads, ownThread } from '../../../support/bothThreads';
import { calm, ifAbsent, noPrecondition, statFile, write } from '../../../support/remoteCalls';
import { temporaryFolder } from '../../../support/temporaryFolder';

// A write never lets more users read a file, and never makes a program that runs with its owner's rights.

const posix = process.platform === 'win32' ? { skip: 'POSIX only' } : {};

function given(t: TestContext) {
  const folder = temporaryFolder(t);
  const at = (...parts: string[]) => path.join(folder, ...parts);
  return {
    folder,
    at,
    remote: openLocalRemote({ root: folder, ownThread: ownThread() }),
    put(name: string, mode: number, content = 'old') {
      fs.mkdirSync(path.dirname(at(name)), { recursive: true });
      fs.writeFileSync(at(name), content);
      fs.chmodSync(at(name), mode);
    },
    mode: (name: string) => fs.statSync(at(name)).mode & 0o7777,
    /** Modes of the temporary files that are there now. */
    temporary: () =>
      fs
        .readdirSync(folder)
        .filter((name) => name.endsWith('.part'))
        .map((name) => fs.statSync(at(name)).mode & 0o7777),
  };
}

/** A body that calls `look` before, between and after its chunks. */
function watching(chunks: readonly string[], look: () => void): ByteSource {
  return {
    size: chunks.join('').length,
    open: async () => {
      look();
      return Readable.from(
        (function* () {
          for (const chunk of chunks) {
            yield Buffer.from(chunk);
            look();
          }
        })(),
        { objectMode: false },
      );
    },
  };
}

/** The mode of the old file, and the expected mode of the new one from its first byte on. */
const kept: readonly (readonly [number, number])[] = [
  [0o600, 0o600],
  [0o640, 0o640],
  [0o400, 0o400],
  [0o000, 0o000],
  [0o666, 0o666],
  [0o755, 0o755],
  [0o4755, 0o755],
  [0o2755, 0o755],
  [0o6711, 0o711],
  [0o1644, 0o644],
  [0o7777, 0o777],
];

inBothThreads('new content has the permissions of the old file from its first byte on', posix, async (t) => {
  for (const umask of [0o022, 0o077, 0o000]) {
    const before = process.umask(umask);
    t.after(() => process.umask(before));
    for (const [mode, wanted] of kept) {
      const it = given(t);
      it.put('f', mode);
      const seen: number[] = [];
      const facts: FileFacts = {
        attributes: { headers: {}, metadata: { mode: String(0o104_777), 'file-permissions': '4777' } },
        modified: { s: 1, ns: 0 },
      };
      const body = watching(['some ', 'content'], () => seen.push(...it.temporary()));
      await it.remote.write(parsePath('f'), body, facts, noPrecondition, calm);
      assert.ok(seen.length >= 2, 'the temporary file was looked at');
      assert.deepEqual([...new Set(seen)], [wanted], `while ${mode.toString(8)} is replaced`);
      assert.equal(it.mode('f'), wanted);
      assert.equal(fs.readFileSync(it.at('f'), 'utf8'), 'some content');
    }
    process.umask(before);
  }
});

inBothThreads('a temporary file never has more permissions than the old file', posix, async (t) => {
  const it = given(t);
  it.put('f', 0o600);
  const opened: number[] = [];
  t.mock.method(OpenFile.prototype, 'setMode', async () => opened.push(...it.temporary()));
  await write(it.remote, parsePath('f'), 'new');
  assert.deepEqual(opened, [0o600]);
});

inBothThreads('a write through a link keeps the permissions of its target', posix, async (t) => {
  const it = given(t);
  it.put('sub/f', 0o4600);
  fs.symlinkSync('sub/f', it.at('link'));
  await write(it.remote, parsePath('link'), 'new');
  assert.equal(it.mode('sub/f'), 0o600);
  assert.equal(fs.readFileSync(it.at('sub', 'f'), 'utf8'), 'new');
});

inBothThreads('a local copy has the permissions of the replaced file, or of its source', posix, async (t) => {
  for (const source of [0o600, 0o644, 0o444, 0o4755, 0o2755, 0o1777])
    for (const old of [undefined, 0o600, 0o644, 0o6755]) {
      const it = given(t);
      it.put('from', source, 'content');
      if (old !== undefined) it.put('to', old);
      const from = await statFile(it.remote, parsePath('from'));
      const precondition = old === undefined ? ifAbsent : noPrecondition;
      await it.remote.serverSideCopy?.(from, parsePath('to'), precondition, calm);
      const shown = `${source.toString(8)} over ${old?.toString(8)}`;
      assert.equal(it.mode('to'), (old ?? source) & 0o777, shown);
      assert.equal(fs.readFileSync(it.at('to'), 'utf8'), 'content');
    }
});

inBothThreads('a copy from another disk never carries set-uid, set-gid or sticky bits', posix, async (t) => {
  for (const mode of [0o4755, 0o2755, 0o1777, 0o7777])
    for (const old of [undefined, 0o600, 0o4711]) {
      const from = given(t);
      const to = given(t);
      from.put('f', mode, 'content');
      if (old !== undefined) to.put('f', old);
      const source = await statFile(from.remote, parsePath('f'));
      await copyFile(
        { from: from.remote, source, to: to.remote, target: parsePath('f'), precondition: noPrecondition },
        calm,
      );
      assert.equal(to.mode('f') & 0o7000, 0);
      if (old !== undefined) assert.equal(to.mode('f'), old & 0o777);
    }
});
