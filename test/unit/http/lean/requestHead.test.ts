import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import type { HttpRequest } from '../../../../src/http/httpClient';
import { requestHead } from '../../../../src/http/lean/requestHead';

const to = { protocol: 'http:', hostname: 's3.test', port: undefined };
const put: HttpRequest = { ...to, method: 'PUT', path: '/', headers: {} };
const four = Buffer.from('four');

const refused: [title: string, request: Partial<HttpRequest>][] = [
  ['a space in the path', { path: '/a b' }],
  ['a line in the path', { path: '/a\r\nx: y' }],
  ['a zero byte in the path', { path: '/a\0' }],
  ['a letter in the path that is not ASCII', { path: '/\u00e9' }],
  ['no path', { path: '' }],
  ['a method of two words', { method: 'GET /x' }],
  ['a line in a name', { headers: { 'a\r\nb': 'c' } }],
  ['a colon in a name', { headers: { 'a: b': 'c' } }],
  ['a header within a name', { headers: { 'a: b\r\nc': 'd' } }],
  ['no name', { headers: { '': 'c' } }],
  ['a line in a value', { headers: { a: 'b\r\nc: d' } }],
  ['a line feed in a value', { headers: { a: 'b\nc' } }],
  ['a carriage return in a value', { headers: { a: 'b\rc' } }],
  ['a zero byte in a value', { headers: ['a', 'b\0'] }],
  ['a letter of two bytes in a value', { headers: { a: '\u{1f600}' } }],
  ['no value', { headers: { a: undefined } as never }],
  ['a name that is spread over two headers', { headers: ['a', 'b', 'c\r', 'd'] }],
  ['two hosts', { headers: ['host', 'a', 'Host', 'b'] }],
  ['two lengths', { headers: ['content-length', '4', 'Content-Length', '4'], body: four }],
  ['chunks', { headers: { 'Transfer-Encoding': 'chunked' }, body: four }],
  ['a shorter body than announced', { headers: { 'content-length': '5' }, body: four }],
  ['a longer body than announced', { headers: { 'content-length': '3' }, body: [four] }],
  ['a length without a body', { headers: { 'content-length': '4' } }],
  ['a length in another spelling', { headers: { 'content-length': '04' }, body: four }],
  ['a stream without a length', { body: Readable.from(['x']) }],
  ['a stream with a length below zero', { headers: { 'content-length': '-1' }, body: Readable.from(['x']) }],
];

for (const [title, more] of refused)
  test(`a request is refused for ${title}`, () =>
    assert.throws(() => requestHead({ ...put, ...more }, to), TypeError));

const sent: [request: Partial<HttpRequest>, head: string, bodyLength: number][] = [
  [{}, 'PUT / HTTP/1.1\r\nhost: s3.test\r\n', 0],
  [
    { headers: ['X-B', '\xe9', 'x-a', ' 1\t', 'Host', 'h'] },
    'PUT / HTTP/1.1\r\nX-B: \xe9\r\nx-a:  1\t\r\nHost: h\r\n',
    0,
  ],
  [{ body: four }, 'PUT / HTTP/1.1\r\nhost: s3.test\r\ncontent-length: 4\r\n', 4],
  [{ body: [four, four] }, 'PUT / HTTP/1.1\r\nhost: s3.test\r\ncontent-length: 8\r\n', 8],
  [{ headers: { 'content-length': '0' } }, 'PUT / HTTP/1.1\r\ncontent-length: 0\r\nhost: s3.test\r\n', 0],
  [
    { headers: { 'Content-Length': '9' }, body: Readable.from(['x']) },
    'PUT / HTTP/1.1\r\nContent-Length: 9\r\nhost: s3.test\r\n',
    9,
  ],
];

for (const [more, text, bodyLength] of sent)
  test(`a head is sent byte for byte: ${JSON.stringify(text)}`, () =>
    assert.deepEqual(requestHead({ ...put, ...more }, to), { text, bodyLength }));

test('a host has its port, and an IPv6 address its brackets', () => {
  const { text } = requestHead(put, { protocol: 'http:', hostname: '::1', port: '9000' });
  assert.match(text, /^host: \[::1\]:9000\r$/m);
});
