import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLimits, type LimitOptions, timeForLimits } from '../../../../src/plan/filter/limits';
import type { FileEntry } from '../../../../src/remote/entry';
import { type Instant, instantFromMs } from '../../../../src/remote/modifiedTime';
import { parsePath } from '../../../../src/remote/remotePath';
import { ofKind } from '../../../support/remoteErrors';

const now = Date.UTC(2026, 10, 26);

function limits(options: LimitOptions) {
  const made = createLimits(options, now);
  assert.ok(made);
  return made;
}

test('options without limits give no limits', () => {
  assert.equal(createLimits({}, now), undefined);
});

test('a file of exactly the minimum or maximum size is included, and one byte beyond is excluded', () => {
  const { sizeProblem, needTimes } = limits({ minSize: '1K', maxSize: 2048 });
  assert.equal(needTimes, false);
  assert.deepEqual(
    [1023, 1024, 2048, 2049].map((bytes) => sizeProblem(bytes)),
    ['is smaller than 1K', undefined, undefined, 'is larger than 2048 bytes'],
  );
  assert.equal(limits({ maxSize: 0 }).sizeProblem(0), undefined);
  assert.equal(limits({ maxSize: '0' }).sizeProblem(1), 'is larger than 0 bytes');
});

test('a file of exactly the minimum or maximum age is included, and one nanosecond beyond is excluded', () => {
  const { timeProblem, needTimes } = limits({ minAge: '1h', maxAge: '1d' });
  assert.equal(needTimes, true);
  const hour = instantFromMs(now - 3_600_000);
  const day = instantFromMs(now - 86_400_000);
  const before = ({ s }: Instant): Instant => ({ s: s - 1, ns: 999_999_999 });
  const after = ({ s }: Instant): Instant => ({ s, ns: 1 });
  assert.deepEqual(
    [after(hour), hour, day, before(day)].map((time) => timeProblem(time)),
    ['was modified less than 1h ago', undefined, undefined, 'was modified more than 1d ago'],
  );
});

test('an invalid size or age is rejected with the name of its option', () => {
  for (const [options, name] of [
    [{ minSize: 'big' }, 'minSize'],
    [{ maxSize: '1X' }, 'maxSize'],
    [{ minAge: 'old' }, 'minAge'],
    [{ maxAge: '1 week' }, 'maxAge'],
  ] as const)
    assert.throws(() => createLimits(options, now), ofKind('badSettings', RegExp(`"${name}"`)), name);
});

test("ages use the owner's time, and the service's with useServerTimes or where no other is known (R1, R9)", () => {
  const modified = { s: 1, ns: 0 };
  const serverModified = { s: 2, ns: 0 };
  const file: FileEntry = { kind: 'file', path: parsePath('a'), size: 1 };
  assert.equal(timeForLimits({ ...file, modified, serverModified }, false), modified);
  assert.equal(timeForLimits({ ...file, modified, serverModified }, true), serverModified);
  assert.equal(timeForLimits({ ...file, serverModified }, false), undefined, 'only a stat has the time');
  assert.equal(timeForLimits({ ...file, serverModified, exact: true }, false), serverModified);
  assert.equal(timeForLimits({ ...file, modified }, true), modified);
});
