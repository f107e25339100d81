import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createFilter } from '../../../../src/plan/filter/filter';
import { listTree, type TreeListing, type TreeRequest } from '../../../../src/plan/list/listTree';
import { defaultPlanOptions, type FilterRule } from '../../../../src/plan/model/planOptions';
import type { Entry, UnsupportedEntry, UnsupportedReason } from '../../../../src/remote/entry';
import type { RecursiveListOptions, Remote } from '../../../../src/remote/remote';
import { RemoteError } from '../../../../src/remote/remoteError';
import { comparePaths, parsePath, type RemotePath } from '../../../../src/remote/remotePath';
import { type FakeOptions, fakeRemote } from '../../../support/fakeRemote';
import { random } from '../../../support/random';
import { ofKind } from '../../../support/remoteErrors';

const never = new AbortController().signal;

function tree(
  paths: readonly string[],
  options: Partial<FakeOptions> & {
    root?: string;
    rules?: readonly FilterRule[];
    mayBeMissing?: boolean;
  } = {},
): TreeListing {
  const { root = '', rules = [], mayBeMissing = false, ...rest } = options;
  const files = paths.map((path) => ({ path, content: 'x' }));
  const remote = fakeRemote({ like: 'folder', files, pageSize: 2, ...rest });
  return listTree(request(remote, root, rules, mayBeMissing), never);
}

function request(
  remote: Remote,
  root: string,
  rules: readonly FilterRule[] = [],
  mayBeMissing = false,
): TreeRequest {
  return {
    remote,
    root: parsePath(root),
    side: 'source',
    filter: createFilter({ ...defaultPlanOptions, filters: rules }),
    followSymlinks: true,
    mayBeMissing,
  };
}

async function pathsOf(listing: TreeListing): Promise<string[]> {
  const paths: string[] = [];
  for await (const batch of listing.batches) {
    assert.equal(batch.paths.length, batch.files.length);
    paths.push(...batch.paths);
  }
  return paths;
}

const awkward = ['a', 'a-b', 'a.b', 'a/b', 'a0', 'é', '～', '😀/x', 'b/c/d', 'b/c-d', 'b/c.d/e'];

test('H11: listing folder by folder gives the order of a recursive listing, whatever the order of each folder', async () => {
  const sorted = awkward.filter((path) => path !== 'a').sort(comparePaths);
  assert.deepEqual(await pathsOf(tree(sorted)), sorted);
  assert.deepEqual(await pathsOf(tree(sorted, { walksOnly: true })), sorted);
});

test('H11: both kinds of listing agree on any tree', async () => {
  for (let seed = 1; seed <= 100; seed++) {
    const r = random(seed);
    const part = () => r.pick(['a', 'a-', 'a.', 'a0', 'b', 'A', 'é', '～', '😀']);
    const files = new Set(
      Array.from({ length: 12 }, () => Array.from({ length: 1 + r.whole(3) }, part).join('/')),
    );
    // A disk has no file where there is a folder.
    const paths = [...files].filter((path) => ![...files].some((other) => other.startsWith(`${path}/`)));
    const deep = await pathsOf(tree(paths));
    assert.deepEqual(deep, paths.sort(comparePaths));
    assert.deepEqual(await pathsOf(tree(paths, { walksOnly: true })), deep, `seed ${seed}`);
  }
});

test('H34: paths are relative to the root, and a sibling with the same prefix is not listed', async () => {
  const paths = ['foo/a', 'foo/b/c', 'foobar/x', 'foo2', 'fo'];
  for (const walksOnly of [false, true])
    assert.deepEqual(await pathsOf(tree(paths, { root: 'foo', walksOnly })), ['a', 'b/c']);
});

test('A17: excluded files are missing, and skipped folders are not requested', async () => {
  const paths = ['a.log', 'a.txt', '.git/config', 'd/.git/x', 'd/b.txt', 'tmp/deep/x'];
  const rules = [{ exclude: '*.log' }, { exclude: 'tmp/' }];
  const files = paths.map((path) => ({ path, content: 'x' }));
  const walking = fakeRemote({ like: 'folder', files, walksOnly: true });
  const listing = listTree(request(walking, '', rules), never);
  assert.deepEqual(await pathsOf(listing), ['a.txt', 'd/b.txt']);
  assert.deepEqual(listing.findings.files, { files: 2, bytes: 2 });
  assert.deepEqual(walking.asked, ['list:', 'list:d']);

  let skipFolder: RecursiveListOptions['skipFolder'];
  const deep = fakeRemote({ like: 'folder', files });
  const listRecursive = deep.listRecursive;
  deep.listRecursive = (folder, options, signal) => {
    skipFolder = options.skipFolder;
    assert.ok(listRecursive);
    return listRecursive(folder, options, signal);
  };
  assert.deepEqual(await pathsOf(listTree(request(deep, '', rules), never)), ['a.txt', 'd/b.txt']);
  assert.equal(skipFolder?.(parsePath('tmp')), true);
  assert.equal(skipFolder?.(parsePath('d')), false);
});

/** A remote with these recursive listings. */
function listing(pages: readonly (readonly string[])[]): Remote {
  const { listRecursive: _, ...rest } = fakeRemote({ like: 'store' });
  return {
    ...rest,
    async *listRecursive() {
      for (const page of pages)
        yield page.map((path): Entry => ({ kind: 'file', path: parsePath(path), size: 1 }));
    },
  };
}

test('H12: a listing that is out of order or repeats a name is rejected and named', async () => {
  for (const pages of [
    [['b', 'a']],
    [['a', 'b'], ['a']],
    [['a', 'a']],
    [['a'], ['a']],
    [['a/b', 'a.b']],
    [['😀', '～']],
  ])
    await assert.rejects(
      pathsOf(listTree(request(listing(pages), ''), never)),
      ofKind('corrupted', /out of order/),
      JSON.stringify(pages),
    );
});

test('H12: an excluded file out of order is rejected too, because it shows that the order is unreliable', async () => {
  const remote = listing([['b', '.DS_Store']]);
  await assert.rejects(pathsOf(listTree(request(remote, ''), never)), ofKind('corrupted'));
});

test('R21: a folder that can not be listed is a problem, and the listing continues', async () => {
  const one = tree(['a/x', 'b/y', 'c'], {
    walksOnly: true,
    fails: { 'list:a': new RemoteError('forbidden', 'No entry to "a".') },
  });
  assert.deepEqual(await pathsOf(one), ['b/y', 'c']);
  assert.deepEqual(one.findings.problems, [
    { side: 'source', path: 'a', kind: 'forbidden', message: 'No entry to "a".' },
  ]);
});

test('a failure that every folder would meet ends the listing', async () => {
  for (const kind of ['unauthenticated', 'unavailable', 'badSettings'] as const) {
    const fails = { 'list:a': new RemoteError(kind, 'No.') };
    await assert.rejects(pathsOf(tree(['a/x', 'b'], { walksOnly: true, fails })), ofKind(kind));
  }
});

test('A27: a truncated listing is an error, never a short list', async () => {
  const fails = { 'listRecursive:#2': new RemoteError('forbidden', 'No more.') };
  await assert.rejects(pathsOf(tree(['a', 'b', 'c'], { fails })), ofKind('forbidden'));
});

test('a missing root is an error, or empty where it may be missing', async () => {
  for (const walksOnly of [false, true]) {
    await assert.rejects(pathsOf(tree([], { missing: true, walksOnly })), ofKind('notFound'));
    assert.deepEqual(await pathsOf(tree([], { missing: true, walksOnly, mayBeMissing: true })), []);
  }
});

test('a root that is deleted during the listing is an error even where it may be missing', async () => {
  const fails = { 'listRecursive:#2': new RemoteError('notFound', 'Gone.') };
  const gone = tree(['a', 'b', 'c'], { fails, mayBeMissing: true });
  await assert.rejects(pathsOf(gone), ofKind('notFound'));
});

async function unusable(root: string, entry: Partial<UnsupportedEntry>, rules: readonly FilterRule[] = []) {
  const defaults = { kind: 'unusable', folder: parsePath(root), name: 'x', reason: 'unreadable' } as const;
  const one: UnsupportedEntry = { ...defaults, ...entry };
  const listed = listTree(request(fakeRemote({ like: 'folder', unusable: [one] }), root, rules), never);
  await pathsOf(listed);
  return listed.findings.unusable.map(({ shown, protects }) => [shown, protects]);
}

test('H2: an unusable entry is reported with the path that it may stand for', async () => {
  assert.deepEqual(await unusable('', { name: 'x' }), [['x', 'x']]);
  assert.deepEqual(await unusable('r', { folder: parsePath('r/d'), name: 'x' }), [['d/x', 'd/x']]);
  const key = (root: string, name: string, reason: UnsupportedReason, protects?: string) =>
    unusable(root, { name, reason, ...(protects !== undefined && { protects: parsePath(protects) }) });
  // A store names the whole key.
  assert.deepEqual(await key('b/r', 'r/a//c', 'emptyPart', 'b/r/a/c'), [['a//c', 'a/c']]);
  assert.deepEqual(await key('b', 'a//c', 'emptyPart'), [['a//c', undefined]]);
  // A key that stands for a path outside of the root protects nothing here.
  assert.deepEqual(await key('b/r', 'r/../x', 'dotPart', 'b/x'), [['../x', undefined]]);
  assert.deepEqual(await key('b/r', 'r/x/..', 'dotPart', 'b/r'), [['x/..', undefined]]);
  // A name that is no text may stand for any path.
  assert.deepEqual(await key('b/r', 'r/%ff', 'invalidText', 'b'), [['%ff', '']]);
});

test('an excluded unusable entry is not reported', async () => {
  assert.deepEqual(await unusable('', { name: '.git' }), []);
  assert.deepEqual(await unusable('', { name: 'x.log' }, [{ exclude: '*.log' }]), []);
  assert.deepEqual(await unusable('', { name: 'tmp' }, [{ exclude: 'tmp/' }]), []);
});

test('an aborted listing rejects with the reason', async () => {
  const stop = new AbortController();
  const files = ['a', 'b', 'c'].map((path) => ({ path, content: '' }));
  const remote = fakeRemote({ like: 'folder', files, pageSize: 1 });
  const reason = new Error('stop');
  const seen: RemotePath[] = [];
  await assert.rejects(async () => {
    for await (const { paths } of listTree(request(remote, ''), stop.signal).batches) {
      seen.push(...paths);
      stop.abort(reason);
    }
  }, reason);
  assert.deepEqual(seen, ['a']);
});
