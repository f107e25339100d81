import assert from 'node:assert/strict';
import type { Entry } from '../../../src/remote/entry';
import type { Remote } from '../../../src/remote/remote';
import { comparePaths, type RemotePath } from '../../../src/remote/remotePath';
import { at, calm, deepNames, names, pagesOf, refused, write } from '../../support/remoteCalls';
import type { ContractContext } from '../remoteContract';

async function fill(remote: Remote, root: RemotePath, paths: readonly string[]): Promise<void> {
  for (const path of paths) await write(remote, at(root, path), path);
}

const pathsOf = (pages: readonly (readonly Entry[])[]) =>
  pages.flat().map((entry) => (entry.kind === 'unusable' ? entry.name : entry.path));

export function registerListingTests({ sentence }: ContractContext): void {
  sentence('a folder lists its own files and folders and nothing deeper', async ({ remote, root }) => {
    await fill(remote, root, ['a.txt', 'sub/b.txt', 'sub/deep/c.txt', 'sub2/d.txt']);
    assert.deepEqual(await names(remote, root), ['a.txt', 'sub/', 'sub2/']);
    assert.deepEqual(await names(remote, at(root, 'sub')), ['b.txt', 'deep/']);
  });

  sentence('an empty folder lists nothing', async ({ remote, root }) => {
    assert.deepEqual(await names(remote, root), []);
  });

  sentence('a listed file has its size, a time and a version', async ({ remote, file, root }) => {
    const written = await write(remote, file, 'hello');
    const [entry] = (await pagesOf(remote.list(root, {}, calm))).flat();
    assert.ok(entry?.kind === 'file');
    assert.equal(entry.path, file);
    assert.equal(entry.size, 5);
    assert.ok(entry.modified ?? entry.serverModified);
    if (written.version !== undefined) assert.equal(entry.version, written.version);
    if (remote.capabilities.listsModified) assert.ok(entry.modified);
  });

  sentence('a listing of a missing directory fails', async ({ remote, root }) => {
    const listing = pagesOf(remote.list(at(root, 'nowhere'), {}, calm));
    if (remote.capabilities.hasDirectories) await refused(listing, 'notFound');
    else assert.deepEqual((await listing).flat(), []);
  });

  sentence("a file can't be listed", async ({ remote, file }) => {
    await write(remote, file, 'x');
    const listing = pagesOf(remote.list(file, {}, calm));
    if (remote.capabilities.hasDirectories) await refused(listing, 'notAFolder');
    else assert.deepEqual((await listing).flat(), []);
  });

  sentence('pages respect the page size and together list everything once', async ({ remote, root }) => {
    const wanted = Array.from({ length: 7 }, (_, i) => `f${i}`).concat('g/x', 'h/y');
    await fill(remote, root, wanted);
    const pages = await pagesOf(remote.list(root, { pageSize: 3 }, calm));
    assert.ok(pages.every((page) => page.length <= 3));
    const expected = ['f0', 'f1', 'f2', 'f3', 'f4', 'f5', 'f6', 'g', 'h'].map((name) => at(root, name));
    assert.deepEqual(pathsOf(pages).sort(), expected);
  });

  sentence('a page is requested only when the caller pulls it', async ({ remote, root, requests }) => {
    await fill(remote, root, ['a', 'b', 'c', 'd', 'e', 'f']);
    const before = requests?.() ?? 0;
    const pages = remote.list(root, { pageSize: 2 }, calm)[Symbol.asyncIterator]();
    if (requests) assert.equal(requests() - before, 0);
    assert.equal((await pages.next()).value?.length, 2);
    if (requests) assert.equal(requests() - before, 1);
    assert.equal((await pages.next()).value?.length, 2);
    if (requests) assert.equal(requests() - before, 2);
    await pages.return?.();
  });

  sentence('a name prefix excludes all other names', async ({ remote, root }) => {
    await fill(remote, root, ['apple', 'apricot/x', 'bear', 'Apple2']);
    const found = await pagesOf(remote.list(root, { namePrefix: 'ap' }, calm));
    assert.deepEqual(pathsOf(found).sort(), [at(root, 'apple'), at(root, 'apricot')]);
  });

  sentence('a listing with an aborted signal rejects with the reason', async ({ remote, root, requests }) => {
    await fill(remote, root, ['a', 'b', 'c']);
    const before = requests?.() ?? 0;
    const stop = new AbortController();
    const reason = new Error('stopped here');
    stop.abort(reason);
    await assert.rejects(pagesOf(remote.list(root, {}, stop.signal)), (error) => error === reason);
    const deep = remote.listRecursive?.(root, {}, stop.signal);
    if (deep) await assert.rejects(pagesOf(deep), (error) => error === reason);
    if (requests) assert.equal(requests() - before, 0);
  });

  sentence('a listing that is aborted between pages rejects with the reason', async ({ remote, root }) => {
    await fill(remote, root, ['a', 'b', 'c']);
    const stop = new AbortController();
    const reason = new Error('stopped here');
    const pages = remote.list(root, { pageSize: 1 }, stop.signal)[Symbol.asyncIterator]();
    await pages.next();
    stop.abort(reason);
    await assert.rejects(pages.next(), (error) => error === reason);
  });

  sentence('a deep listing has every file once, in the order of UTF-8 bytes', async ({ remote, root }) => {
    if (!remote.listRecursive) return;
    const paths = 'a-b a.b a/b a/b-/c a/b.c/d a0 ab/x b z/～ z/😀 é ～/1 😀/1'.split(' ');
    await fill(remote, root, [...paths].reverse());
    const found = await deepNames(remote, root);
    assert.deepEqual(found, [...paths].sort(comparePaths));
  });

  sentence('H34: a deep listing omits folders whose names begin with that of the folder', async (opened) => {
    const { remote, root } = opened;
    if (!remote.listRecursive) return;
    await fill(remote, root, ['pre/a', 'pre-2/b', 'pre.txt', 'prefix/c']);
    assert.deepEqual(await deepNames(remote, at(root, 'pre')), ['a']);
  });

  sentence('a deep listing with skipped folders has all other files', async ({ remote, root }) => {
    if (!remote.listRecursive) return;
    await fill(remote, root, ['a/1', 'skip/2', 'skip/deep/3', 'z']);
    const skip = at(root, 'skip');
    const found = await pagesOf(remote.listRecursive(root, { skipFolder: (path) => path === skip }, calm));
    const others = pathsOf(found).filter((path) => !path.startsWith(`${skip}/`));
    assert.deepEqual(others, [at(root, 'a/1'), at(root, 'z')]);
  });

  sentence('a deep listing and a stat agree about a file', async ({ remote, root }) => {
    if (!remote.listRecursive) return;
    await fill(remote, root, ['a/1']);
    const [listed] = (await pagesOf(remote.listRecursive(root, {}, calm))).flat();
    const stat = await remote.stat(at(root, 'a/1'), calm);
    assert.ok(listed?.kind === 'file' && stat.kind === 'file');
    assert.equal(listed.size, stat.size);
    assert.equal(listed.version, stat.version);
    if (listed.modified) assert.deepEqual(listed.modified, stat.modified);
    if (listed.md5 !== undefined) assert.equal(listed.md5, stat.md5);
  });
}
