import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, stat, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { HashCache } from '../../../../src/backends/local/hashCache';
import { openLocalRemote } from '../../../../src/backends/local/localRemote';
import { silentLog } from '../../../../src/base/log';
import { defaultPlanOptions } from '../../../../src/plan/model/planOptions';
import { readOnly } from '../../../../src/remote/layers/readOnly';
import { parsePath } from '../../../../src/remote/remotePath';
import { planSync } from '../../../../src/usecases/planSync';
import { createMemoryRemote } from '../../../support/memoryRemote/memoryRemote';
import { calm, refused, statFile } from '../../../support/remoteCalls';
import { diskSide, remoteSide } from '../../../support/syncSides';
import { inTemporaryFolder } from '../s3/s3Fixture';

const md5 = (text: string) => createHash('md5').update(text).digest('hex');
const old = new Date('2020-01-02T03:04:05.678Z');

async function put(file: string, content: string, modified = old): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, content);
  await utimes(file, modified, modified);
}

/** Makes the files of this test old: their ctimes can't be set back. */
function letTimePass({ mock }: TestContext): void {
  mock.timers.enable({ apis: ['Date'], now: Date.now() + 3_600_000 });
}

/** A remote with a hash cache, the hash of its file `f`, and the number of hashes computed by reading. */
function watched(root: string, hashes = new HashCache(undefined, silentLog)) {
  let learnt = 0;
  const { store } = hashes;
  hashes.store = (...args) => {
    learnt++;
    store.apply(hashes, args);
  };
  const remote = openLocalRemote({ root, hashes });
  const hash = async () => remote.computeMd5?.(await statFile(remote, parsePath('f')), calm);
  return { remote, hash, learnt: () => learnt };
}

test('hash cache: a second comparison by checksum reads nothing, also in another session', async (t) => {
  letTimePass(t);
  await inTemporaryFolder(async (folder) => {
    const root = path.join(folder, 'work');
    const cache = path.join(folder, 'cache');
    const target = createMemoryRemote();
    for (let i = 0; i < 20; i++) {
      await put(path.join(root, `d${i % 3}/f${i}`), `content ${i}`);
      target.put(`d${i % 3}/f${i}`, i === 7 ? 'content x' : `content ${i}`);
    }
    for (const [session, readings] of [20, 0, 0].entries()) {
      const hashes = new HashCache(cache, silentLog);
      const { remote, learnt } = watched(root, hashes);
      const sides = { source: diskSide(root, readOnly(remote)), target: remoteSide(readOnly(target)) };
      const options = { ...defaultPlanOptions, compare: 'checksum' } as const;
      const { actions } = await planSync({ ...sides, options }, calm);
      assert.equal(actions.map(({ id }) => id).join(), 'c:d1/f7');
      assert.equal(learnt(), readings, `session ${session}`);
      await hashes.save();
    }
    assert.deepEqual(await readdir(cache), ['local.hashes']);
    assert.equal((await stat(path.join(cache, 'local.hashes'))).mode & 0o077, 0);
  });
});

test('hash cache: another size, time or inode is another file', async (t) => {
  letTimePass(t);
  await inTemporaryFolder(async (root) => {
    const { hash, learnt } = watched(root);
    const file = path.join(root, 'f');
    await put(file, 'one');
    assert.equal(await hash(), md5('one'));
    assert.equal(await hash(), md5('one'));
    assert.equal(learnt(), 1);
    await put(file, 'longer');
    assert.equal(await hash(), md5('longer'));
    await put(file, 'longex', new Date(old.getTime() + 1));
    assert.equal(await hash(), md5('longex'));
    await put(path.join(root, 'other'), 'lonxer', new Date(old.getTime() + 1));
    await rename(path.join(root, 'other'), file);
    assert.equal(await hash(), md5('lonxer'));
    assert.equal(learnt(), 4);
  });
});

test('hash cache: an edit that keeps size and time is detected', async (t) => {
  letTimePass(t);
  await inTemporaryFolder(async (root) => {
    const { remote, hash, learnt } = watched(root);
    const file = path.join(root, 'f');
    await put(file, 'first');
    const seen = await statFile(remote, parsePath('f'));
    assert.equal(await hash(), md5('first'));
    await sleep(30);
    await writeFile(file, 'other');
    await utimes(file, old, old);
    assert.equal((await statFile(remote, parsePath('f'))).version, seen.version, 'the same mark');
    assert.equal(await hash(), md5('other'));
    assert.equal(await hash(), md5('other'));
    assert.equal(learnt(), 2);
  });
});

test('hash cache: the hash of a file that has just changed is not cached', async () => {
  await inTemporaryFolder(async (root) => {
    const { hash } = watched(root);
    for (const age of [0, 1000, -60_000]) {
      await put(path.join(root, 'f'), 'first', new Date(Date.now() - age));
      assert.equal(await hash(), md5('first'));
      // The same size and time as before: only reading detects the change.
      const { atime, mtime } = await stat(path.join(root, 'f'));
      await writeFile(path.join(root, 'f'), 'other');
      await utimes(path.join(root, 'f'), atime, mtime);
      assert.equal(await hash(), md5('other'), `${age} ms old`);
    }
  });
});

test('hash cache: a file that has changed since it was listed is refused', async () => {
  await inTemporaryFolder(async (root) => {
    const { remote } = watched(root);
    await put(path.join(root, 'f'), 'first');
    const seen = await statFile(remote, parsePath('f'));
    await put(path.join(root, 'f'), 'second');
    await refused(remote.computeMd5?.(seen, calm) ?? Promise.resolve(), 'changed');
    const stopped = AbortSignal.abort(new Error('stopped'));
    await assert.rejects(remote.computeMd5?.(seen, stopped) ?? Promise.resolve(), /stopped/);
  });
});

test('hash cache: the number of entries is limited, odd names are kept, and a broken file is ignored', async () => {
  await inTemporaryFolder(async (folder) => {
    const file = (name: string) => ({ path: name, mark: 'm', modifiedMs: 0 });
    const hashes = new HashCache(folder, silentLog, 3);
    for (const name of ['1', '2', 'a\tb\nc\\', '4']) hashes.store(file(name), md5(name), Date.now());
    await hashes.save();
    const found = async (name: string, mark = 'm') => {
      const again = new HashCache(folder, silentLog);
      await again.load();
      return again.get(name, mark);
    };
    assert.equal(await found('1'), undefined);
    assert.equal(await found('a\tb\nc\\'), md5('a\tb\nc\\'));
    for (const other of ['other', '', 'mm']) assert.equal(await found('4', other), undefined, other);
    const kept = path.join(folder, 'local.hashes');
    const text = await readFile(kept, 'utf8');
    for (const broken of [text.slice(0, -3), text.replace('end\t3', 'end\t4'), 'nonsense', '']) {
      await writeFile(kept, broken);
      assert.equal(await found('2'), undefined);
    }
    await writeFile(kept, text.replace(md5('4'), 'x'));
    assert.equal(await found('4'), undefined, 'no hash at all');
  });
});
