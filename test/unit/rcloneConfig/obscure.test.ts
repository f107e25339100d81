import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { obscure, reveal } from '../../../src/rcloneConfig/obscure';
import { skipWithout } from '../../interop/realTools';

const noRclone = skipWithout('rclone');
const rclone = (...args: string[]) => execFileSync('rclone', args, { encoding: 'utf8' }).replace(/\n$/, '');
const texts = ['hunter2', 'p ä 😀', 'x'.repeat(100), '-_=/+'];

test('an obscured text can be revealed, and never looks the same twice', () => {
  for (const text of ['', ...texts]) assert.equal(reveal(obscure(text)), text);
  assert.notEqual(obscure('same'), obscure('same'));
  assert.equal(
    obscure('secret', Buffer.alloc(16)).slice(0, 21),
    'A'.repeat(21),
    'the random start stands first',
  );
});

test('a text that is not obscured is rejected without being quoted', () => {
  for (const text of ['', 'abc', '$$$', 'a plain password that is long', `${obscure('x')}==`])
    assert.throws(
      () => reveal(text),
      (error: Error) => text === '' || !error.message.includes(text),
    );
});

test('the real rclone reveals texts that we obscure, and the reverse', { skip: noRclone }, () => {
  for (const text of texts) {
    assert.equal(rclone('reveal', '--', obscure(text)), text);
    assert.equal(reveal(rclone('obscure', '--', text)), text);
  }
});
