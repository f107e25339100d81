import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hardLinksUnsupported, retryWhileLocked } from '../../../../src/backends/local/finalName';

const failing = (code: string) => Object.assign(new Error(code), { code });

/** A call that fails so many times before it works. */
function call(failures: number, code: string): { run: () => Promise<string>; tries: () => number } {
  let tries = 0;
  return {
    run: async () => {
      if (++tries <= failures) throw failing(code);
      return 'done';
    },
    tries: () => tries,
  };
}

test('on Windows a call on a file that a scanner holds open is retried', async () => {
  for (const code of ['EPERM', 'EACCES', 'EBUSY']) {
    const { run, tries } = call(2, code);
    assert.equal(await retryWhileLocked(run, 'win32'), 'done');
    assert.equal(tries(), 3);
  }
});

test('the retries end with the error, and other errors and systems are not retried', async () => {
  const held = call(99, 'EPERM');
  await assert.rejects(retryWhileLocked(held.run, 'win32'), /EPERM/);
  assert.equal(held.tries(), 7);
  for (const [code, platform] of [
    ['ENOSPC', 'win32'],
    ['EPERM', 'linux'],
  ] as const) {
    const { run, tries } = call(1, code);
    await assert.rejects(retryWhileLocked(run, platform), new RegExp(code));
    assert.equal(tries(), 1);
  }
});

test('a disk without hard links is detected by its error, and a full disk is not', () => {
  for (const code of ['EPERM', 'EISDIR', 'ENOTSUP', 'EINVAL', 'UNKNOWN'])
    assert.ok(hardLinksUnsupported(failing(code)), code);
  for (const code of ['EEXIST', 'ENOENT', 'ENOSPC', 'EIO'])
    assert.ok(!hardLinksUnsupported(failing(code)), code);
});
