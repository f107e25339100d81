import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BaseVersions } from '../../../../src/editor/files/baseVersions';
import type { FileEntry } from '../../../../src/remote/entry';
import { parsePath } from '../../../../src/remote/remotePath';

const key = 'cloudremotes://photos/b/main.css';
const path = parsePath('b/main.css');
const version = (name: string): FileEntry => ({ kind: 'file', path, size: 1, version: name });
const v1 = version('v1');
const v2 = version('v2');
const bytes = (text: string) => new TextEncoder().encode(text);

/** A document that was opened on `text` as version 1. */
function opened(text: string): BaseVersions {
  const bases = new BaseVersions();
  bases.recordRead(key, v1, bytes(text));
  bases.markClean(key, text);
  return bases;
}

test('the base of a document is the version read when it opened', () => {
  assert.equal(opened('old').baseOf(key), v1);
  assert.equal(new BaseVersions().baseOf(key), undefined, 'a file that was never read');
});

test("another read of a newer version doesn't change the base", () => {
  const bases = opened('old');
  bases.recordRead(key, v2, bytes('new'));
  assert.equal(bases.baseOf(key), v1);
});

test('a reload changes the base to the version of the new text', () => {
  const bases = opened('old');
  bases.recordRead(key, v2, bytes('new'));
  bases.markClean(key, 'new');
  assert.equal(bases.baseOf(key), v2);
});

test('an undo to the saved text keeps the base although a newer version was read', () => {
  const bases = opened('old');
  bases.recordRead(key, v2, bytes('new'));
  bases.markClean(key, 'old');
  assert.equal(bases.baseOf(key), v1);
});

test('the base keeps its content after many other reads', () => {
  const bases = opened('old');
  for (let i = 2; i < 10; i++) bases.recordRead(key, version(`v${i}`), bytes(`text ${i}`));
  bases.markClean(key, 'old');
  assert.equal(bases.baseOf(key), v1);
});

test('recognizes a text without its byte order mark and with other line ends', () => {
  const bases = new BaseVersions();
  bases.recordRead(key, v1, bytes('\ufeffa\r\nb\r\n'));
  bases.recordRead(key, v2, bytes('x'));
  bases.markClean(key, 'a\nb\n');
  assert.equal(bases.baseOf(key), v1);
});

test('a text that is not UTF-8 keeps its base, or gets the last read version', () => {
  const bases = new BaseVersions();
  bases.recordRead(key, v1, Uint8Array.from([0xe4]));
  bases.markClean(key, 'ä');
  assert.equal(bases.baseOf(key), v1);
  bases.recordRead(key, v2, Uint8Array.from([0xf6]));
  bases.markClean(key, 'ä');
  assert.equal(bases.baseOf(key), v1);
});

test('a later version with the same bytes counts as the base', () => {
  const bases = opened('same');
  bases.recordRead(key, v2, bytes('same'));
  assert.equal(bases.baseOf(key), v2);
});

test("a later version with other line ends doesn't count as the base", () => {
  const bases = opened('a\nb');
  bases.recordRead(key, v2, bytes('a\r\nb'));
  assert.equal(bases.baseOf(key), v1);
});

test('a save and the decision to overwrite change the base', () => {
  const bases = opened('old');
  bases.recordSave(key, v2, bytes('mine'));
  assert.equal(bases.baseOf(key), v2);
  bases.rebase(key, 'absent');
  assert.equal(bases.baseOf(key), 'absent');
});

test('a moved file keeps the base of its document', () => {
  const bases = opened('old');
  const there: FileEntry = { ...v2, path: parsePath('b/other.css') };
  bases.recordMove(key, 'elsewhere', there);
  assert.equal(bases.baseOf('elsewhere'), there);
  assert.equal(bases.baseOf(key), undefined);
});

const utf8 = {
  plain: (text: string) => Buffer.from(text),
  marked: (text: string) => Buffer.from(`\ufeff${text}`),
};

test('an undo never changes the base to a version that looks equal in the editor', () => {
  const alike = {
    'other line ends': ['a\nb\n', 'a\r\nb\r\n', 'a\nb\n', utf8.plain],
    'a byte order mark': ['a\n', '\ufeffa\n', 'a\n', utf8.plain],
    'no byte order mark': ['\ufeffa\n', 'a\n', 'a\n', utf8.marked],
    'mixed line ends': ['a\nb\n', 'a\r\nb\n', 'a\nb\n', utf8.plain],
    'other mixed line ends': ['a\nb\r\nc\n', 'a\r\nb\nc\n', 'a\nb\nc\n', utf8.plain],
  } as const;
  for (const [what, [first, theirs, shown, written]] of Object.entries(alike)) {
    const bases = new BaseVersions();
    bases.recordRead(key, v1, bytes(first));
    bases.markClean(key, shown, written(shown));
    bases.recordRead(key, v2, bytes(theirs));
    bases.markClean(key, shown, written(shown));
    assert.equal(bases.baseOf(key), v1, what);
  }
});

test('a reload changes the base to the version of its bytes, or of its text if the editor writes other bytes', () => {
  const reloads = {
    'other line ends': ['a\nb\n', 'a\r\nb\r\n', utf8.plain('a\r\nb\r\n'), 'a\r\nb\r\n'],
    'a byte order mark': ['a\n', '\ufeffa\n', utf8.marked('a\n'), 'a\n'],
    'mixed line ends': ['old\n', 'a\r\nb\n', utf8.plain('a\nb\n'), 'a\nb\n'],
    'another encoding': ['old\n', '\xe4', Buffer.from('\xe4', 'latin1'), 'ä'],
  } as const;
  for (const [what, [first, theirs, written, shown]] of Object.entries(reloads)) {
    const bases = opened(first);
    bases.recordRead(key, v2, what === 'another encoding' ? Buffer.from(theirs, 'latin1') : bytes(theirs));
    bases.markClean(key, shown, written);
    assert.equal(bases.baseOf(key), v2, what);
  }
});

test('an undo past a save keeps the saved version', () => {
  const bases = opened('one');
  bases.recordSave(key, v2, bytes('two'));
  bases.markClean(key, 'one');
  assert.equal(bases.baseOf(key), v2);
});

test('the editor knows the mtime of versions that it read or wrote, not of a rebase', () => {
  const bases = opened('old');
  assert.equal(bases.isKnownToEditor(key), true);
  bases.rebase(key, v2);
  assert.equal(bases.isKnownToEditor(key), false);
  bases.recordSave(key, version('v3'), bytes('mine'));
  assert.equal(bases.isKnownToEditor(key), true);
  bases.recordMove(key, 'elsewhere', v2);
  assert.equal(bases.isKnownToEditor('elsewhere'), false);
});

test('after a move an undo still differs from a reload', () => {
  const bases = opened('old');
  bases.recordMove(key, 'elsewhere', v2);
  bases.recordRead('elsewhere', version('v3'), bytes('old\r\n'));
  bases.markClean('elsewhere', 'old');
  assert.equal(bases.baseOf('elsewhere'), v2);
});
