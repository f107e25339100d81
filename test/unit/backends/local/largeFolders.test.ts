import assert from 'node:assert/strict';
import fs from 'node:fs';
import { directCalls } from '../../../../src/backends/local/syncFileCalls';
import { temporaryName } from '../../../../src/backends/local/temporaryNames';
import type { Entry } from '../../../../src/remote/entry';
import type { RecursiveListOptions, Remote } from '../../../../src/remote/remote';
import { comparePaths, rootPath } from '../../../../src/remote/remotePath';
import { inBothThreads } from '../../../support/bothThreads';
import { calm, pagesOf } from '../../../support/remoteCalls';
import { given } from './localFixture';

// A folder of more files than are looked at together (1,000).

const posix = process.platform === 'win32' ? { skip: 'POSIX only' } : {};

const name = (i: number) => `f${String(i).padStart(5, '0')}`;

function list(remote: Remote, options: RecursiveListOptions = {}) {
  return remote.listRecursive?.(rootPath, options, calm) ?? assert.fail();
}

/** "path" of a file; "reason path" of an unusable entry. */
function shown(entry: Entry): string {
  return entry.kind === 'unusable' ? `${entry.reason} ${entry.protects}` : entry.path;
}

inBothThreads('a large folder is listed in order, with all that is between its files', posix, async (t) => {
  const { remote, at, put } = given(t);
  const paths = Array.from({ length: 3500 }, (_, i) => name(i));
  for (const i of [0, 999, 1000, 1001, 2500]) {
    // A folder comes after the names that go on with a character before the slash.
    paths[i] = `${name(i)}/below`;
    paths.push(`${name(i)}-`, `${name(i)}0`);
  }
  paths.push('é', '\uffee', '\u{1f600}', 'a/b/c', 'z/a');
  for (const path of paths) put(path);
  put(temporaryName('x'));
  fs.symlinkSync(name(3), at(`${name(1500)}+`));
  const files = paths.sort(comparePaths);
  const pages = await pagesOf(list(remote, { followSymlinks: true }));
  const all = [...files, `${name(1500)}+`].sort(comparePaths);
  assert.deepEqual(pages.flat().map(shown), all);
  const withoutLink = (await pagesOf(list(remote))).flat().map(shown);
  assert.deepEqual(
    withoutLink.map((one) => one.replace(/^symlink /, '')),
    all,
  );
  assert.deepEqual(
    withoutLink.filter((one) => one.startsWith('symlink')),
    [`symlink ${name(1500)}+`],
  );
  const facts = pages.flat().map((entry) => entry.kind === 'file' && entry.size);
  assert.ok(facts.every((size) => size === 1));
});

inBothThreads('what changes in a large folder while it is listed keeps its place', posix, async (t) => {
  const { remote, at, put } = given(t);
  for (let i = 0; i < 2500; i++) put(name(i));
  const pages = list(remote)[Symbol.asyncIterator]();
  const first = await pages.next();
  assert.equal(first.value.length, 1000);
  for (const i of [2000, 2100, 2200, 2300]) fs.rmSync(at(name(i)));
  put(`${name(2100)}/below`);
  fs.symlinkSync('elsewhere', at(name(2200)));
  put(name(2300), 'other content');
  const rest: Entry[] = [];
  for (let page = await pages.next(); !page.done; page = await pages.next()) rest.push(...page.value);
  const expected = Array.from({ length: 1500 }, (_, i) => name(i + 1000));
  expected[1000] = `unreadable ${name(2000)}`;
  expected[1100] = `unreadable ${name(2100)}`;
  expected[1200] = `symlink ${name(2200)}`;
  assert.deepEqual(rest.map(shown), expected);
  const changed = rest[1300];
  assert.equal(changed?.kind === 'file' && changed.size, 13);
});

inBothThreads('the first files of a large folder are listed before the others are looked at', async (t) => {
  const { remote, put } = given(t);
  for (let i = 0; i < 2500; i++) put(name(i));
  const calls = t.mock.method(directCalls, 'measure').mock;
  const pages = list(remote)[Symbol.asyncIterator]();
  await pages.next();
  assert.ok(calls.callCount() <= 1001, `${calls.callCount()} calls`);
  await pages.return?.();
});
