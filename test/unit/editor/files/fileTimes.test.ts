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

test('a new version within the same second gets a later mtime', () => {
  const times = new MonotonicMtimes();
  assert.equal(times.mtimeOf('k', entry('a', 100)), 100_000);
  assert.equal(times.mtimeOf('k', entry('b', 100)), 100_001);
});

test('a version keeps its mtime for all requests', () => {
  const times = new MonotonicMtimes();
  const first = times.mtimeOf('k', { ...entry('a', 100), modified: { s: 90, ns: 0 } });
  assert.equal(times.mtimeOf('k', entry('a', 100)), first);
});

test('a restored older copy gets a later mtime', () => {
  const times = new MonotonicMtimes();
  times.mtimeOf('k', entry('a', 100));
  assert.equal(times.mtimeOf('k', entry('b', 50)), 100_001);
});

test('without versions, size and time identify the content', () => {
  const times = new MonotonicMtimes();
  times.mtimeOf('k', entry(undefined, 100, 1));
  assert.equal(times.mtimeOf('k', entry(undefined, 100, 2)), 100_001);
});

test('an unknown mtime is 0', () => {
  const unknown: FileEntry = { kind: 'file', path: parsePath('b/k'), size: 1, version: 'a' };
  assert.equal(new MonotonicMtimes().mtimeOf('k', unknown), 0);
});

test('evicts the oldest files', () => {
  const times = new MonotonicMtimes(2);
  for (const key of ['a', 'b', 'c']) times.mtimeOf(key, entry('v1', 100));
  assert.equal(times.mtimeOf('a', entry('v2', 50)), 50_000);
  assert.equal(times.mtimeOf('c', entry('v2', 50)), 100_001);
});

test('an earlier version keeps its mtime', () => {
  const times = new MonotonicMtimes();
  times.mtimeOf('k', entry('a', 100));
  times.mtimeOf('k', entry('b', 100));
  assert.equal(times.earlierMtimeOf('k', entry('a', 100)), 100_000);
  assert.equal(times.earlierMtimeOf('k', entry('never reported', 70)), 70_000);
});

test('a version that returns gets a later mtime', () => {
  const times = new MonotonicMtimes();
  times.mtimeOf('k', entry('a', 100));
  times.mtimeOf('k', entry('b', 100));
  assert.equal(times.mtimeOf('k', entry('a', 100)), 100_002);
  assert.equal(times.earlierMtimeOf('k', entry('a', 100)), 100_002);
});
