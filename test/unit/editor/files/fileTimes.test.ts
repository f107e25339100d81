import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MonotonicMtimes } from '../../../../src/editor/files/fileTimes';
import type { FileEntry } from '../../../../src/remote/entry';
import { parsePath } from '../../../../src/remote/remotePath';

const entry = (version: string | undefined, second: number, size = 1): FileEntry => ({
  kind: 'file',
  path: parsePath('b/k'),
  size,
  ...(version !== undefined && { version }),
  serverModified: { s: second, ns: 0 },
});

test('a new version within the same second gets a later time', () => {
  const times = new MonotonicMtimes();
  assert.equal(times.mtimeOf('k', entry('a', 100)), 100_000);
  assert.equal(times.mtimeOf('k', entry('b', 100)), 100_001);
});

test('a version keeps its time, however often and by whatever request it is seen', () => {
  const times = new MonotonicMtimes();
  const first = times.mtimeOf('k', { ...entry('a', 100), modified: { s: 90, ns: 0 } });
  assert.equal(times.mtimeOf('k', entry('a', 100)), first);
});

test('a version that replaced a newer one (a restored copy) is newer to the editor', () => {
  const times = new MonotonicMtimes();
  times.mtimeOf('k', entry('a', 100));
  assert.equal(times.mtimeOf('k', entry('b', 50)), 100_001);
});

test('without versions, size and time tell two contents apart', () => {
  const times = new MonotonicMtimes();
  times.mtimeOf('k', entry(undefined, 100, 1));
  assert.equal(times.mtimeOf('k', entry(undefined, 100, 2)), 100_001);
});

test('a time that nobody knows is 0, as the editor has it', () => {
  const unknown: FileEntry = { kind: 'file', path: parsePath('b/k'), size: 1, version: 'a' };
  assert.equal(new MonotonicMtimes().mtimeOf('k', unknown), 0);
});

test('only so many files are remembered', () => {
  const times = new MonotonicMtimes(2);
  for (const key of ['a', 'b', 'c']) times.mtimeOf(key, entry('v1', 100));
  assert.equal(times.mtimeOf('a', entry('v2', 50)), 50_000);
  assert.equal(times.mtimeOf('c', entry('v2', 50)), 100_001);
});

test('a document that is still based on an earlier version is told its time', () => {
  const times = new MonotonicMtimes();
  times.mtimeOf('k', entry('a', 100));
  times.mtimeOf('k', entry('b', 100));
  assert.equal(times.earlierMtimeOf('k', entry('a', 100)), 100_000);
  assert.equal(times.earlierMtimeOf('k', entry('never told', 70)), 70_000);
});

test('a version that comes back after another one is newer than that', () => {
  const times = new MonotonicMtimes();
  times.mtimeOf('k', entry('a', 100));
  times.mtimeOf('k', entry('b', 100));
  assert.equal(times.mtimeOf('k', entry('a', 100)), 100_002);
  assert.equal(times.earlierMtimeOf('k', entry('a', 100)), 100_002);
});
