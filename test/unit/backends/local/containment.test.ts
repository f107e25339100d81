import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { Readable } from 'node:stream';
import type { TestContext } from 'node:test';
import { openLocalRemote } from '../../../../src/backends/local/localRemote';
import type { FileEntry } from '../../../../src/remote/entry';
import type { ByteSource, Precondition, Remote } from '../../../../src/remote/remote';
import { parsePath, rootPath } from '../../../../src/remote/remotePath';
import { inBothThreads, ownThread } from '../../../support/bothThreads';
import {
  body,
  calm,
  drain,
  ifAbsent,
  ifMatch,
  noPrecondition,
  refused,
  statFile,
  write,
} from '../../../support/remoteCalls';
import { temporaryFolder } from '../../../support/temporaryFolder';

// Folders that are swapped during an operation: nothing is ever changed outside of the root (H19).

const posix = process.platform === 'win32' ? { skip: 'POSIX only' } : {};
const byHandle = fs.existsSync('/proc/self/fd') ? {} : { skip: 'this system has no paths through handles' };

type Given = ReturnType<typeof given>;

function given(t: TestContext, followSymlinks = true) {
  const base = temporaryFolder(t);
  const root = path.join(base, 'root');
  const outside = path.join(base, 'outside');
  for (const folder of ['a/b/c', 'sibling']) fs.mkdirSync(path.join(root, folder), { recursive: true });
  for (const folder of ['b/c', 'c']) fs.mkdirSync(path.join(outside, folder), { recursive: true });
  return {
    base,
    outside,
    remote: openLocalRemote({ root, followSymlinks, ownThread: ownThread() }),
    at: (...parts: string[]) => path.join(root, ...parts),
    /** "path=content" of each file outside of the root. */
    elsewhere: () =>
      (fs.readdirSync(outside, { recursive: true }) as string[])
        .sort()
        .filter((name) => fs.lstatSync(path.join(outside, name)).isFile())
        .map((name) => `${name}=${fs.readFileSync(path.join(outside, name), 'utf8')}`),
  };
}

/** Changes of another program to the folders above `a/b/c/f`. */
const swaps: Readonly<Record<string, (it: Given) => void>> = {
  'its folder becomes a link that leads out': ({ at, outside }) => {
    fs.renameSync(at('a', 'b', 'c'), at('old'));
    fs.symlinkSync(outside, at('a', 'b', 'c'));
  },
  'its folder is removed and becomes a link that leads out': ({ at, outside }) => {
    fs.rmSync(at('a', 'b', 'c'), { recursive: true });
    fs.symlinkSync(path.join(outside, 'c'), at('a', 'b', 'c'));
  },
  'a folder between becomes a link that leads out': ({ at, outside }) => {
    fs.renameSync(at('a', 'b'), at('old'));
    fs.symlinkSync(path.join(outside, 'b'), at('a', 'b'));
  },
  'the topmost folder becomes a link that leads out': ({ at }) => {
    fs.renameSync(at('a'), at('old'));
    fs.symlinkSync('../outside', at('a'));
  },
  'a folder between is moved out, and a link leads after it': ({ at, outside }) => {
    fs.renameSync(at('a', 'b'), path.join(outside, 'moved'));
    fs.symlinkSync(path.join(outside, 'moved'), at('a', 'b'));
  },
  'the root itself becomes a link that leads elsewhere': ({ at, base, outside }) => {
    fs.renameSync(at(), path.join(base, 'old'));
    fs.mkdirSync(path.join(outside, 'a', 'b', 'c'), { recursive: true });
    fs.symlinkSync(outside, at());
  },
};

/** A body that calls `sly` when its first byte is read. */
function slyBody(content: string, sly: () => void, inMemory = false): ByteSource {
  let isDone = false;
  const once = () => {
    if (!isDone) sly();
    isDone = true;
  };
  const bytes = Buffer.from(content);
  return {
    size: bytes.length,
    ...(inMemory && {
      bytes: async () => {
        once();
        return bytes;
      },
    }),
    open: async () => {
      once();
      return Readable.from([bytes], { objectMode: false });
    },
  };
}

for (const [what, swap] of Object.entries(swaps)) {
  inBothThreads(`H19: nothing is changed outside when ${what} after a write`, posix, async (t) => {
    for (const attempt of attempts) {
      const it = given(t);
      fs.writeFileSync(it.at('mine'), 'mine');
      await write(it.remote, parsePath('a/b/c/f'), 'first');
      await write(it.remote, parsePath('a/b/c/g'), 'first');
      const f = await statFile(it.remote, parsePath('a/b/c/f'));
      const mine = await statFile(it.remote, parsePath('mine'));
      // The moved file is still the same one, so its precondition holds.
      swap(it);
      const before = it.elsewhere();
      await refused(Promise.resolve(attempt(it.remote, f, mine)), 'forbidden', 'changed', 'notFound');
      assert.deepEqual(it.elsewhere(), before, String(attempt));
    }
  });

  inBothThreads(`H19: nothing is written outside when ${what} during a write`, posix, async (t) => {
    const preconditions: readonly Precondition[] = [noPrecondition, ifAbsent];
    for (const inMemory of [true, false])
      for (const precondition of preconditions) {
        const it = given(t);
        await write(it.remote, parsePath('a/b/c/first'), 'first');
        let before: string[] = [];
        const sly = () => {
          swap(it);
          before = it.elsewhere().filter((file) => !file.includes('cloud-remotes-'));
        };
        const source = slyBody('content', sly, inMemory);
        const writing = it.remote.write(parsePath('a/b/c/f'), source, {}, precondition, calm);
        await refused(writing, 'forbidden', 'changed', 'notFound');
        assert.deepEqual(it.elsewhere(), before);
      }
  });
}

type Attempt = (remote: Remote, inside: FileEntry, mine: FileEntry) => Promise<unknown> | undefined;

const attempts: readonly Attempt[] = [
  (remote) => write(remote, parsePath('a/b/c/new'), 'x'),
  (remote) => remote.write(parsePath('a/b/c/new'), body('x'), {}, ifAbsent, calm),
  (remote) => write(remote, parsePath('a/b/c/f'), 'x'),
  (remote) => write(remote, parsePath('a/b/c/deep/er/new'), 'x'),
  (remote) => remote.makeFolder(parsePath('a/b/c/d/e'), calm),
  (remote) => remote.removeFile(parsePath('a/b/c/f'), noPrecondition, calm),
  (remote, f) => remote.removeFile(parsePath('a/b/c/f'), ifMatch(f), calm),
  (remote, _, mine) => remote.serverSideCopy?.(mine, parsePath('a/b/c/copy'), noPrecondition, calm),
  (remote, _, mine) => remote.serverSideMove?.(mine, parsePath('a/b/c/moved'), ifAbsent, calm),
  (remote, f) => remote.serverSideMove?.(f, parsePath('stolen'), ifAbsent, calm),
  (remote, f) => remote.setModifiedTime?.(f, { s: 1, ns: 0 }, calm),
];

inBothThreads('H19: no folder is removed outside of the root', posix, async (t) => {
  for (const swap of Object.values(swaps)) {
    const it = given(t);
    await write(it.remote, parsePath('a/b/c/f'), 'first');
    swap(it);
    fs.mkdirSync(path.join(it.outside, 'empty'));
    for (const folder of ['a/b/c/empty', 'a/b/empty', 'a/empty', 'empty'])
      await it.remote.removeFolder(parsePath(folder), calm).catch(() => {});
    assert.ok(fs.existsSync(path.join(it.outside, 'empty')));
  }
});

inBothThreads(
  'a folder that becomes a link to its sibling inside the root is written through',
  posix,
  async (t) => {
    const it = given(t);
    await write(it.remote, parsePath('a/b/c/f'), 'first');
    fs.renameSync(it.at('a', 'b', 'c'), it.at('old'));
    fs.symlinkSync(it.at('sibling'), it.at('a', 'b', 'c'));
    await write(it.remote, parsePath('a/b/c/g'), 'second');
    assert.equal(fs.readFileSync(it.at('sibling', 'g'), 'utf8'), 'second');
    assert.deepEqual(fs.readdirSync(it.at('old')), ['f']);
  },
);

inBothThreads('a write into a folder that is moved meanwhile fails', byHandle, async (t) => {
  const it = given(t);
  const source = slyBody('content', () => fs.renameSync(it.at('a', 'b', 'c'), it.at('moved')));
  await refused(it.remote.write(parsePath('a/b/c/f'), source, {}, noPrecondition, calm), 'changed');
  assert.deepEqual(fs.readdirSync(it.at('moved')), []);
});

inBothThreads(
  'H19: concurrent writes into a folder that becomes a link write nothing outside',
  byHandle,
  async (t) => {
    const it = given(t);
    const folder = parsePath('a/b/c');
    const results = await Promise.allSettled(
      Array.from({ length: 60 }, (_, i) => {
        const sly = () => {
          if (i !== 30) return;
          fs.renameSync(it.at('a', 'b', 'c'), it.at('old'));
          fs.symlinkSync(it.outside, it.at('a', 'b', 'c'));
        };
        const source = slyBody(`content ${i}`, sly, i % 2 === 0);
        return it.remote.write(parsePath(`${folder}/f${i}`), source, {}, ifAbsent, calm);
      }),
    );
    assert.deepEqual(it.elsewhere(), []);
    const done = results.filter(({ status }) => status === 'fulfilled').length;
    assert.ok(done < 60, 'the swap happens during the writes');
    assert.deepEqual(
      fs.readdirSync(it.at('old')).filter((name) => name.includes('cloud-remotes-')),
      [],
      'no temporary file is left',
    );
  },
);

inBothThreads('a root that is removed and recreated still receives writes', posix, async (t) => {
  const it = given(t);
  await write(it.remote, parsePath('a/f'), 'first');
  fs.rmSync(it.at(), { recursive: true });
  await write(it.remote, parsePath('a/b/g'), 'second');
  assert.equal(fs.readFileSync(it.at('a', 'b', 'g'), 'utf8'), 'second');
});

inBothThreads(
  'no handle stays open after writes that succeed or fail',
  { ...posix, timeout: 30_000 },
  async (t) => {
    if (!fs.existsSync('/proc/self/fd')) return t.skip('this system does not list open files');
    const it = given(t);
    const open = () => fs.readdirSync('/proc/self/fd').length;
    const before = open();
    await write(it.remote, parsePath('a/b/c/f'), 'x');
    for (let i = 0; i < 20; i++) {
      await write(it.remote, parsePath(`a/new${i}/f`), 'x');
      await it.remote.write(parsePath('a/b/c/f'), body('x'), {}, ifAbsent, calm).catch(() => {});
      await write(it.remote, parsePath('a/b/c/f/below'), 'x').catch(() => {});
      await it.remote.removeFile(parsePath('none/f'), noPrecondition, calm).catch(() => {});
      await it.remote.removeFolder(parsePath(`a/new${i}`), calm).catch(() => {});
    }
    // Folders stay open for a moment, for the next write.
    while (open() > before) await new Promise((resolve) => setTimeout(resolve, 20));
  },
);

for (const [what, swap] of Object.entries(swaps))
  inBothThreads(`without followSymlinks no file is read through a link: ${what}`, posix, async (t) => {
    const it = given(t, false);
    for (const [folder, content] of [
      [it.at('a', 'b', 'c'), 'mine'],
      [it.outside, 'else'],
      [path.join(it.outside, 'c'), 'else'],
      [path.join(it.outside, 'b', 'c'), 'else'],
    ] as const)
      fs.writeFileSync(path.join(folder, 'f'), content);
    const seen = await statFile(it.remote, parsePath('a/b/c/f'));
    assert.equal((await it.remote.readToBuffer?.(seen, calm))?.content.toString(), 'mine');
    swap(it);
    const isRoot = what.startsWith('the root');
    if (!isRoot) await refused(it.remote.read(seen.path, {}, calm), 'changed');
    const toBuffer = Promise.resolve(it.remote.readToBuffer?.(seen, calm));
    await refused(toBuffer, 'changed', ...(isRoot ? (['notFound'] as const) : []));
    const following = openLocalRemote({ root: it.at(), ownThread: ownThread() });
    const there = fs.existsSync(it.at('a', 'b', 'c', 'f'));
    if (there) await drain((await following.read(seen.path, {}, calm)).stream);
  });

inBothThreads('without followSymlinks a file that has become a link is not read', posix, async (t) => {
  const it = given(t, false);
  fs.writeFileSync(path.join(it.outside, 'secret'), 'else');
  fs.symlinkSync(path.join(it.outside, 'secret'), it.at('a', 'link'));
  fs.symlinkSync('../sibling', it.at('a', 'inside'));
  fs.writeFileSync(it.at('sibling', 'f'), 'mine');
  for (const file of ['a/link', 'a/inside/f'])
    await refused(it.remote.read(parsePath(file), {}, calm), 'changed');
  await drain((await it.remote.read(parsePath('sibling/f'), {}, calm)).stream);
});

inBothThreads('the root may be behind a link without followSymlinks', posix, async (t) => {
  const it = given(t);
  fs.symlinkSync(it.at('sibling'), path.join(it.base, 'door'));
  fs.writeFileSync(it.at('sibling', 'f'), 'mine');
  const remote = openLocalRemote({
    root: path.join(it.base, 'door'),
    followSymlinks: false,
    ownThread: ownThread(),
  });
  await drain((await remote.read(parsePath('f'), {}, calm)).stream);
  assert.equal((await remote.stat(rootPath, calm)).kind, 'folder');
});
