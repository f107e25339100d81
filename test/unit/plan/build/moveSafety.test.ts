import assert from 'node:assert/strict';
import { test } from 'node:test';
import { moveRisk } from '../../../../src/plan/build/moveSafety';
import type { FileEntry } from '../../../../src/remote/entry';
import { parsePath } from '../../../../src/remote/remotePath';

const time = { s: 1_700_000_000, ns: 0 };
const file = (more: Partial<FileEntry> = {}): FileEntry => ({
  kind: 'file',
  path: parsePath('a'),
  size: 1,
  ...more,
});

test("a move keeps a source whose listed hash differs from the target's, whatever the times (R8, H30)", () => {
  const [one, other] = [file({ md5: 'aa', modified: time }), file({ md5: 'bb', modified: time })];
  for (const because of ['sizeAndTime', 'size'] as const)
    assert.match(moveRisk(one, other, because, 'size-only', false) ?? '', /other content/);
  assert.equal(moveRisk(one, { ...other, md5: 'aa' }, 'sizeAndTime', 'rclone', false), undefined);
});

test('a move keeps a source that is the same only by the times of a service (H30)', () => {
  const listed = file({ serverModified: time });
  assert.match(moveRisk(listed, listed, 'sizeAndTime', 'rclone', false) ?? '', /times of the service/);
  const owned = file({ modified: time, serverModified: time });
  assert.equal(moveRisk(owned, owned, 'sizeAndTime', 'rclone', false), undefined);
  assert.match(moveRisk(owned, owned, 'sizeAndTime', 'aws', true) ?? '', /times of the service/);
  const hashed = file({ serverModified: time, md5: 'aa' });
  assert.equal(moveRisk(hashed, hashed, 'sizeAndTime', 'aws', true), undefined);
});
