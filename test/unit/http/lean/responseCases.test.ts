import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ok, parse, type Read, readByNode } from './readResponse';

/**
 * Responses at the edges of the grammar, of the kinds that llhttp tests. `same`: both clients read the response in the same way. `refused`: ours
 * refuses it, whatever `node:http` makes of it.
 */
type Case = readonly [title: string, text: string, method?: string];

const chunked = `${ok}Transfer-Encoding: chunked\r\n\r\n`;
const one = 'Content-Length: 1\r\n\r\nx';

const same: readonly Case[] = [
  ['no reason', `HTTP/1.1 200\r\n${one}`],
  ['a space in place of the reason', `HTTP/1.1 200 \r\n${one}`],
  ['two spaces before the reason', `HTTP/1.1 200  OK\r\n${one}`],
  ['letters beyond ASCII in the reason', `HTTP/1.1 200 \xd6K\r\n${one}`],
  ['a status that nobody has defined', `HTTP/1.1 799 Odd\r\n${one}`],
  ['no headers, and a body up to the end of the connection', `${ok}\r\nbody`],
  ['no headers and no body', 'HTTP/1.1 404 Not Found\r\n\r\n'],
  ['a response in the body of another', `${ok}\r\n${ok}\r\n`],
  [
    'HTTP/1.0 that stays open without a length',
    'HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n\r\nHTTP/1.0 200 OK',
  ],
  ['HTTP/1.0 with a length', `HTTP/1.0 200 OK\r\n${one}`],
  ['a header for a proxy', `${ok}Proxy-Connection: close\r\n${one}`],
  ['a list of connection options', `${ok}Connection: keep-alive, Close\r\n${one}`],
  ['an offer to upgrade', `${ok}Connection: upgrade\r\nUpgrade: h2c\r\n${one}`],
  ['an offer to upgrade, and no length', `${ok}Connection: upgrade\r\nUpgrade: h2c\r\n\r\nbody`],
  ['a 204 with a length', 'HTTP/1.1 204 No\r\nContent-Length: 3\r\n\r\n'],
  ['a 304 with a length', 'HTTP/1.1 304 No\r\nContent-Length: 3\r\n\r\n'],
  ['a 304 with chunks', 'HTTP/1.1 304 No\r\nTransfer-Encoding: chunked\r\n\r\n'],
  ['a response to HEAD with a length', `${ok}Content-Length: 3\r\n\r\n`, 'HEAD'],
  ['a response to HEAD with chunks', chunked, 'HEAD'],
  ['a response to HEAD with nothing', `${ok}\r\n`, 'HEAD'],
  ['a length behind a tab', `${ok}Content-Length:\t1\r\n\r\nx`],
  ['a length between spaces', `${ok}Content-Length:   1  \r\n\r\nx`],
  ['a length with zeros before it', `${ok}Content-Length: 001\r\n\r\nx`],
  ['a header that only begins like a length', `${ok}Content-Length-X: 9\r\n${one}`],
  ['a header without a value before another', `${ok}Pragma:\r\nLocation: /x\r\n${one}`],
  ['a header of blanks', `${ok}Pragma: \t \r\n${one}`],
  ['odd letters in names', `${ok}X-$a_b.c!#%&'*+^\`|~: 1\r\n${one}`],
  ['letters beyond ASCII in a value', `${ok}x-amz-meta-n: \xe9\x80\xff\r\n${one}`],
  ['a tab within a value', `${ok}x: a\tb\r\n${one}`],
  ['a colon within a value', `${ok}x: :a:b:\r\n${one}`],
  ['a Chunked in another case', `${ok}transfer-encoding: CHUNKED\r\n\r\n1\r\nx\r\n0\r\n\r\n`],
  [
    'sizes of chunks in both cases, with zeros',
    `${chunked}0A\r\n0123456789\r\n000a\r\n0123456789\r\n00\r\n\r\n`,
  ],
  ['chunks with extensions', `${chunked}1;a\r\nx\r\n1;b=c;d="e f"\r\ny\r\n0;z=1\r\n\r\n`],
  ['chunks with line ends in them', `${chunked}4\r\n\r\n\r\n\r\n2\r\n0\r\r\n0\r\n\r\n`],
  ['trailers', `${chunked}1\r\nx\r\n0\r\nVary: *\r\nContent-Type: text/plain\r\n\r\n`],
  ['an interim response with a length', `HTTP/1.1 100 Continue\r\nContent-Length: 5\r\n\r\n${ok}${one}`],
  ['an interim response that nobody has defined', `HTTP/1.1 199 Odd\r\na: b\r\n\r\n${ok}${one}`],
  ['two interim responses', `HTTP/1.1 103 Early\r\n\r\nHTTP/1.1 102 Busy\r\n\r\n${ok}${one}`],
  ['an empty body', `${ok}Content-Length: 0\r\n\r\n`],
  ['an empty body of chunks', `${chunked}0\r\n\r\n`],
];

const refused: readonly Case[] = [
  ['a line before the status', `\r\n${ok}${one}`],
  ['a carriage return before the status', `\r${ok}${one}`],
  ['a space before the status', ` ${ok}${one}`],
  ['another protocol', `ICE/1.0 200 OK\r\n${one}`],
  ['a longer name', `HTTPS/1.1 200 OK\r\n${one}`],
  ['a shorter name', `HTP/1.1 200 OK\r\n${one}`],
  ['lower case', `http/1.1 200 OK\r\n${one}`],
  ['a version of three digits', `HTTP/11.1 200 OK\r\n${one}`],
  ['a version with zeros', `HTTP/1.01 200 OK\r\n${one}`],
  ['a version from the future', `HTTP/3.0 200 OK\r\n${one}`],
  ['a version without a point', `HTTP/1 200 OK\r\n${one}`],
  ['a tab behind the version', `HTTP/1.1\t200 OK\r\n${one}`],
  ['two spaces behind the version', `HTTP/1.1  200 OK\r\n${one}`],
  ['no space behind the version', `HTTP/1.1200 OK\r\n${one}`],
  ['a status of one digit', `HTTP/1.1 2 OK\r\n${one}`],
  ['a status of four digits', `HTTP/1.1 2000 OK\r\n${one}`],
  ['a status in letters', `HTTP/1.1 2x0 OK\r\n${one}`],
  ['a reason that touches the status', `HTTP/1.1 200OK\r\n${one}`],
  ['a zero byte in the reason', `HTTP/1.1 200 O\0K\r\n${one}`],
  ['a bare carriage return behind the status', `HTTP/1.1 200 OK\r${one}`],
  ['two carriage returns', `HTTP/1.1 200 OK\r\r\n${one}`],
  ['line feeds alone', `HTTP/1.1 200 OK\nContent-Length: 1\n\nx`],
  ['a line feed alone in the head', `${ok}a: b\nContent-Length: 1\r\n\r\nx`],
  ['a carriage return alone in the head', `${ok}a: 1\rb: 2\r\n${one}`],
  ['a folded first header', `${ok} folded: a\r\n${one}`],
  ['a folded header', `${ok}a: b\r\n\tc\r\n${one}`],
  ['a blank within a name', `${ok}en US: x\r\n${one}`],
  ['a blank before the colon', `${ok}Content-Length\t: 1\r\n\r\nx`],
  ['a zero byte in a name', `${ok}a\0: x\r\n${one}`],
  ['a letter beyond ASCII in a name', `${ok}\xe9: x\r\n${one}`],
  ['a name in quotes', `${ok}"a": x\r\n${one}`],
  ['an escape in a value', `${ok}a: \x1b[0m\r\n${one}`],
  ['a delete character in a value', `${ok}a: \x7f\r\n${one}`],
  ...['', '-1', '+1', '1.0', '0x1', '1 1', '1,1', '1;1', 'one', '1e0', '9007199254740993'].map(
    (length): Case => [`a length of "${length}"`, `${ok}Content-Length: ${length}\r\n\r\nx`],
  ),
  ['two lengths that differ', `${ok}Content-Length: 1\r\nContent-Length: 2\r\n\r\nx`],
  ['a length behind chunks', `${ok}Transfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n0\r\n\r\n`],
  ...[
    'identity',
    'gzip',
    'chunked, gzip',
    'gzip, chunked',
    'chunked, chunked',
    'xchunked',
    'chunked;q=1',
    '',
  ].map(
    (encoding): Case => [
      `an encoding of "${encoding}"`,
      `${ok}Transfer-Encoding: ${encoding}\r\n\r\n1\r\nx\r\n0\r\n\r\n`,
    ],
  ),
  ...[
    'g',
    ' 1',
    '1 ',
    '\t1',
    '+1',
    '-1',
    '0x1',
    '1\n',
    '1\r',
    '1;a\n',
    '1;a\rb',
    '1;a\0',
    '',
    ';',
    '00000000000001',
  ].map((size): Case => [`a chunk of "${JSON.stringify(size)}"`, `${chunked}${size}\r\nx\r\n0\r\n\r\n`]),
  ['a chunk whose end is a line feed', `${chunked}1\r\nx\n0\r\n\r\n`],
  ['a chunk without an end', `${chunked}1\r\nx0\r\n\r\n`],
  ['a chunk that ends in a carriage return', `${chunked}1\r\nx\r0\r\n\r\n`],
  ['a length in the trailers', `${chunked}1\r\nx\r\n0\r\nContent-Length: 1\r\n\r\n`],
  ['an encoding in the trailers', `${chunked}1\r\nx\r\n0\r\nTransfer-Encoding: chunked\r\n\r\n`],
  ['a folded trailer', `${chunked}0\r\na: b\r\n c\r\n\r\n`],
  ['a trailer without a colon', `${chunked}0\r\nnothing\r\n\r\n`],
  ['trailers that end in line feeds', `${chunked}0\r\na: b\n\n`],
  ['no end of the chunks', `${chunked}1\r\nx\r\n`],
  ['no end of the trailers', `${chunked}1\r\nx\r\n0\r\n`],
  [
    'an upgrade',
    'HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: h2c\r\nContent-Length: 4\r\n\r\nbody',
  ],
  ['a thousand interim responses', 'HTTP/1.1 100 Continue\r\n\r\n'.repeat(1001)],
];

/** In one piece, in pieces of a few bytes, and byte by byte. */
function* cuts(text: string): Generator<readonly Buffer[]> {
  const bytes = Buffer.from(text, 'latin1');
  for (const length of [bytes.length, 7, 3, 1]) {
    const pieces: Buffer[] = [];
    for (let at = 0; at < bytes.length; at += length) pieces.push(bytes.subarray(at, at + length));
    yield pieces;
  }
}

for (const [title, text, method = 'GET'] of same)
  test(`reads ${title} as node:http does`, async () => {
    const expected = await readByNode([Buffer.from(text, 'latin1')], method);
    assert.equal(expected.isComplete, true);
    for (const pieces of cuts(text)) {
      const { statusCode, headers, body, isComplete, hasMore } = parse(pieces, method);
      assert.deepEqual({ statusCode, headers, body, isComplete } satisfies Read, expected);
      assert.equal(hasMore, false);
    }
  });

for (const [title, text, method = 'GET'] of refused)
  test(`refuses ${title}`, () => {
    for (const pieces of cuts(text))
      assert.throws(
        () => parse(pieces, method),
        ({ code }: NodeJS.ErrnoException) => /^(HPE_|ECONNRESET)/.test(code ?? ''),
      );
  });
