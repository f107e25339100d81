import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BaseVersions } from '../../src/editor/baseVersions';
import type { FileEntry } from '../../src/remote/entry';
import { parsePath } from '../../src/remote/remotePath';

const key = 'cloudremotes://photos/b/main.css';
const version = (name: string): FileEntry => ({
  kind: 'file',
  path: parsePath('b/main.css'),
  size: 1,
  version: name,
});
const v1 = version('v1');
const v2 = version('v2');
const bytes = (text: string) => new TextEncoder().encode(text);

/** A document that was opened on `text` as version 1. */
function opened(text: string): BaseVersions {
  const bases = new BaseVersions();
  bases.wasRead(key, v1, bytes(text));
  bases.settled(key, text);
  return bases;
}

test('a document is based on what was read when it was opened', () => {
  assert.equal(opened('old').baseOf(key), v1);
});

test('somebody else reading a newer version does not move the base', () => {
  const bases = opened('old');
  bases.wasRead(key, v2, bytes('new'));
  assert.equal(bases.baseOf(key), v1);
});

test('a reload moves the base to the version whose text the document now has', () => {
  const bases = opened('old');
  bases.wasRead(key, v2, bytes('new'));
  bases.settled(key, 'new');
  assert.equal(bases.baseOf(key), v2);
});

test('undoing back to the saved text stays on the old version when a newer one was read meanwhile', () => {
  const bases = opened('old');
  bases.wasRead(key, v2, bytes('new'));
  bases.settled(key, 'old');
  assert.equal(bases.baseOf(key), v1);
});

test('the base is still known by its content after many other reads', () => {
  const bases = opened('old');
  for (let i = 2; i < 10; i++) bases.wasRead(key, version(`v${i}`), bytes(`text ${i}`));
  bases.settled(key, 'old');
  assert.equal(bases.baseOf(key), v1);
});

test('the text is recognised without its byte order mark and with other line ends', () => {
  const bases = new BaseVersions();
  bases.wasRead(key, v1, bytes('\ufeffa\r\nb\r\n'));
  bases.wasRead(key, v2, bytes('x'));
  bases.settled(key, 'a\nb\n');
  assert.equal(bases.baseOf(key), v1);
});

test('a text that is no UTF-8 keeps its base, and gets the last read when it has none', () => {
  const bases = new BaseVersions();
  bases.wasRead(key, v1, Uint8Array.from([0xe4]));
  bases.settled(key, 'ä');
  assert.equal(bases.baseOf(key), v1);
  bases.wasRead(key, v2, Uint8Array.from([0xf6]));
  bases.settled(key, 'ä');
  assert.equal(bases.baseOf(key), v1);
});

test('a later version with the very same bytes is as good as the base', () => {
  const bases = opened('same');
  bases.wasRead(key, v2, bytes('same'));
  assert.equal(bases.baseOf(key), v2);
});

test('another version with only other line ends is not', () => {
  const bases = opened('a\nb');
  bases.wasRead(key, v2, bytes('a\r\nb'));
  assert.equal(bases.baseOf(key), v1);
});

test('an own save moves the base, and so does the decision to overwrite', () => {
  const bases = opened('old');
  bases.wasSaved(key, v2, bytes('mine'));
  assert.equal(bases.baseOf(key), v2);
  bases.rearm(key, 'absent');
  assert.equal(bases.baseOf(key), 'absent');
});

test('a moved file goes on with its document', () => {
  const bases = opened('old');
  const there: FileEntry = { ...v2, path: parsePath('b/other.css') };
  bases.wasMoved(key, 'elsewhere', there);
  assert.equal(bases.baseOf('elsewhere'), there);
  assert.equal(bases.baseOf(key), undefined);
});

test('nothing is known of what was never read', () => {
  assert.equal(new BaseVersions().baseOf(key), undefined);
});
