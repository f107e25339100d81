import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isPrintable, printable, printableJson } from '../../../src/base/printable';

const unseen: readonly (readonly [name: string, shown: string])[] = [
  ['bell\u0007.txt', 'bell\\x07.txt'],
  ['two\nlines\r.txt', 'two\\x0alines\\x0d.txt'],
  ['\u001b[31mred', '\\x1b[31mred'],
  ['\u009b2Jcleared', '\\x9b2Jcleared'],
  ['\u0085next', '\\x85next'],
  ['del\u007f', 'del\\x7f'],
  ['\u202egpj.exe', '\\u202egpj.exe'],
  ['a\u2066b\u2069\u200e\u200f\u061c', 'a\\u2066b\\u2069\\u200e\\u200f\\u061c'],
  ['line\u2028para\u2029', 'line\\u2028para\\u2029'],
  ['zero\u200bwidth\u2060\ufeff', 'zero\\u200bwidth\\u2060\\ufeff'],
  ['tag\u{e0041}', 'tag\\u{e0041}'],
  ['lone\ud800', 'lone\\ud800'],
  ['\udc00lone', '\\udc00lone'],
];

test('hidden characters of a name are escaped', () => {
  for (const [name, shown] of unseen) {
    assert.equal(printable(name), shown);
    assert.equal(isPrintable(name), false, shown);
  }
});

test('names in every script stay unchanged', () => {
  for (const name of ['Tromsø/日本 1.txt', 'می‌خواهم.txt', '👩‍👩‍👧.jpg', 'العربية', 'क्ष', '😀 [x](y) $(z)']) {
    assert.equal(printable(name), name);
    assert.equal(isPrintable(name), true);
  }
});

test('JSON for a terminal has no hidden characters and the same value', () => {
  for (const [name] of unseen) {
    const json = printableJson(JSON.stringify({ [name]: [name] }, null, 1));
    assert.equal(json.split('\n').every(isPrintable), true);
    assert.deepEqual(JSON.parse(json), { [name]: [name] });
  }
});
