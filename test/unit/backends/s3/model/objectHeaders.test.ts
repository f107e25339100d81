import assert from 'node:assert/strict';
import { test } from 'node:test';
import { headersOf, type ObjectAttributes } from '../../../../../src/backends/s3/model/objectHeaders';

const rows: readonly [what: string, attributes: ObjectAttributes, headers: readonly string[]][] = [
  ['nothing', {}, []],
  [
    'the headers of the content',
    { ContentType: 'a/b', ContentEncoding: 'gzip' },
    ['content-type', 'a/b', 'content-encoding', 'gzip'],
  ],
  ['metadata', { Metadata: { mtime: '1.5', a: 'x' } }, ['x-amz-meta-mtime', '1.5', 'x-amz-meta-a', 'x']],
  [
    'metadata in upper case',
    { Metadata: { Owner: 'anna', B: '2' } },
    ['x-amz-meta-owner', 'anna', 'x-amz-meta-b', '2'],
  ],
  ['names that differ in case', { Metadata: { A: '1', a: '2' } }, ['x-amz-meta-a', '2']],
  ['characters beyond Latin-1', { Metadata: { n: '€' } }, ['x-amz-meta-n', '\u00e2\u0082\u00ac']],
  [
    'characters of Latin-1, which stay',
    { ContentDisposition: 'filename="ü"' },
    ['content-disposition', 'filename="ü"'],
  ],
];

test('the headers of attributes: names in lower case and once, values as bytes', () => {
  for (const [what, attributes, headers] of rows) assert.deepEqual(headersOf(attributes), headers, what);
});
