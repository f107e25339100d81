import assert from 'node:assert/strict';
import { test } from 'node:test';
import { entryFacts, looksBinary } from '../../../../src/editor/preview/entryFacts';
import { parsePath } from '../../../../src/remote/remotePath';

const format = { bytes: (n: number) => `${n} B`, count: String, exactTime: (ms: number) => `at ${ms}` };

test('known facts stand in a line each, unknown ones are left out', () => {
  const entry = {
    kind: 'file',
    path: parsePath('b/x.jpg'),
    size: 5,
    modified: { s: 1, ns: 0 },
    md5: 'aa',
    version: 'aa',
  } as const;
  assert.equal(
    entryFacts('photos:b/x.jpg', entry, format),
    'File           photos:b/x.jpg\nSize           5 B (5 bytes)\nModified       at 1000\nMD5            aa\n',
  );
});

test('text in any usual encoding is told from other content', () => {
  const text = [[], [0x61], [0xef, 0xbb, 0xbf, 0x61], [0xff, 0xfe, 0x61, 0], [0xfe, 0xff, 0, 0x61], [0xe4]];
  for (const bytes of text) assert.equal(looksBinary(Uint8Array.from(bytes)), false, String(bytes));
  assert.equal(looksBinary(Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 0, 0])), true);
});
