import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ResponseParser } from '../../../../src/http/lean/responseParser';
import { ok, parse, parseText, readByNode } from './readResponse';

const accepted: [title: string, text: string, body: string, canReuse: boolean, method?: string][] = [
  ['a counted body', `${ok}Content-Length: 5\r\n\r\nhello`, 'hello', true],
  ['an empty body', `${ok}Content-Length: 0\r\n\r\n`, '', true],
  ['a status line without a reason', 'HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok', 'ok', true],
  ['a reason with bytes above ASCII', 'HTTP/1.1 404 Pas trouv\xe9\r\nContent-Length: 0\r\n\r\n', '', true],
  ['chunks', `${ok}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n1\r\n!\r\n0\r\n\r\n`, 'hello!', true],
  [
    'chunks with extensions',
    `${ok}Transfer-Encoding: Chunked\r\n\r\n2;a="b"\r\nhi\r\n0;end\r\n\r\n`,
    'hi',
    true,
  ],
  [
    'chunks with trailers',
    `${ok}Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nx-crc: 1\r\ny: 2\r\n\r\n`,
    'hi',
    true,
  ],
  ['a body until the connection ends', `${ok}\r\nhello`, 'hello', false],
  ['a connection that ends by request', `${ok}Connection: Close\r\nContent-Length: 1\r\n\r\nx`, 'x', false],
  ['several connection options', `${ok}Connection: te, close\r\nContent-Length: 1\r\n\r\nx`, 'x', false],
  ['HTTP/1.0', 'HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx', 'x', false],
  ['a response to HEAD', `${ok}Content-Length: 500\r\n\r\n`, '', true, 'HEAD'],
  ['no content', 'HTTP/1.1 204 No Content\r\n\r\n', '', true],
  [
    'not modified, with the length of the body that is not sent',
    'HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n',
    '',
    true,
  ],
  [
    'interim responses',
    `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: a\r\n\r\n${ok}Content-Length: 1\r\n\r\nx`,
    'x',
    true,
  ],
  ['bytes behind the end', `${ok}Content-Length: 1\r\n\r\nxHTTP/1.1 200 OK\r\n`, 'x', false],
];

for (const [title, text, body, canReuse, method] of accepted)
  test(`reads ${title}, in one piece and byte by byte`, () => {
    const whole = parseText(text, method);
    assert.deepEqual([whole.body, whole.isComplete, whole.canReuse], [body, true, canReuse]);
    const bytes = [...Buffer.from(text, 'latin1')].map((byte) => Buffer.of(byte));
    assert.deepEqual(parse(bytes, method ?? 'GET'), whole);
  });

const refused: [title: string, text: string, code: RegExp][] = [
  ['another protocol', 'SSH-2.0-OpenSSH\r\n', /HPE_INVALID_CONSTANT/],
  ['HTTP/2', 'HTTP/2 200\r\n\r\n', /HPE_INVALID_CONSTANT|HPE_INVALID_STATUS/],
  ['a status of two digits', 'HTTP/1.1 20 OK\r\n\r\n', /HPE_INVALID_STATUS/],
  ['a status below 100', 'HTTP/1.1 099 x\r\n\r\n', /HPE_INVALID_STATUS/],
  ['an upgrade', 'HTTP/1.1 101 Switching\r\nupgrade: x\r\n\r\n', /HPE_UPGRADE/],
  ['lines that end without a carriage return', 'HTTP/1.1 200 OK\nContent-Length: 1\n\nx', /ECONNRESET/],
  ['a line feed in a header', `${ok}a: b\nc: d\r\n\r\n`, /HPE_INVALID_HEADER/],
  ['a folded header', `${ok}a: b\r\n c\r\nContent-Length: 0\r\n\r\n`, /HPE_INVALID_HEADER/],
  ['a space before the colon', `${ok}Content-Length : 1\r\n\r\nx`, /HPE_INVALID_HEADER/],
  ['a header without a name', `${ok}: x\r\n\r\n`, /HPE_INVALID_HEADER/],
  ['a line without a colon', `${ok}nothing\r\n\r\n`, /HPE_INVALID_HEADER/],
  ['a zero byte in a value', `${ok}a: b\0c\r\n\r\n`, /HPE_INVALID_HEADER/],
  ['two lengths', `${ok}Content-Length: 1\r\nContent-Length: 1\r\n\r\nx`, /HPE_UNEXPECTED_CONTENT_LENGTH/],
  ['a list of lengths', `${ok}Content-Length: 1, 1\r\n\r\nx`, /HPE_INVALID_CONTENT_LENGTH/],
  ['a signed length', `${ok}Content-Length: +1\r\n\r\nx`, /HPE_INVALID_CONTENT_LENGTH/],
  [
    'a length beyond all sizes',
    `${ok}Content-Length: 99999999999999999999\r\n\r\n`,
    /HPE_INVALID_CONTENT_LENGTH/,
  ],
  [
    'a length beside chunks',
    `${ok}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n`,
    /HPE_INVALID_TRANSFER/,
  ],
  ['another encoding', `${ok}Transfer-Encoding: gzip, chunked\r\n\r\n`, /HPE_INVALID_TRANSFER/],
  [
    'two encodings',
    `${ok}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n`,
    /HPE_UNEXPECTED/,
  ],
  [
    'chunks in HTTP/1.0',
    'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    /HPE_INVALID_TRANSFER/,
  ],
  ['a chunk without a size', `${ok}Transfer-Encoding: chunked\r\n\r\n\r\n`, /HPE_INVALID_CHUNK_SIZE/],
  ['a negative chunk', `${ok}Transfer-Encoding: chunked\r\n\r\n-1\r\n`, /HPE_INVALID_CHUNK_SIZE/],
  [
    'a chunk with a prefix',
    `${ok}Transfer-Encoding: chunked\r\n\r\n0x1\r\nx\r\n0\r\n\r\n`,
    /HPE_INVALID_CHUNK_SIZE/,
  ],
  [
    'a chunk with a space behind its size',
    `${ok}Transfer-Encoding: chunked\r\n\r\n1 \r\nx\r\n0\r\n\r\n`,
    /HPE_INVALID_CHUNK_SIZE/,
  ],
  [
    'a chunk beyond all sizes',
    `${ok}Transfer-Encoding: chunked\r\n\r\nfffffffffffffff\r\n`,
    /HPE_INVALID_CHUNK_SIZE/,
  ],
  ['a chunk longer than its size', `${ok}Transfer-Encoding: chunked\r\n\r\n1\r\nxyz\r\n`, /HPE_STRICT/],
  [
    'an endless line of a chunk',
    `${ok}Transfer-Encoding: chunked\r\n\r\n1;${'a'.repeat(300)}`,
    /HPE_INVALID_CHUNK_SIZE/,
  ],
  ['endless headers', `${ok}${'a: b\r\n'.repeat(3000)}`, /HPE_HEADER_OVERFLOW/],
  [
    'endless trailers',
    `${ok}Transfer-Encoding: chunked\r\n\r\n0\r\n${'a: b\r\n'.repeat(3000)}`,
    /HPE_HEADER_OVERFLOW/,
  ],
  ['a body that is cut off', `${ok}Content-Length: 5\r\n\r\nhell`, /ECONNRESET/],
  ['chunks that are cut off', `${ok}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n`, /ECONNRESET/],
  ['a head that is cut off', 'HTTP/1.1 200 OK\r\nContent-Le', /ECONNRESET/],
];

for (const [title, text, code] of refused)
  test(`refuses ${title}`, () => {
    assert.throws(
      () => parseText(text),
      (error: NodeJS.ErrnoException) => code.test(error.code ?? ''),
    );
  });

test('joins repeated headers as node:http does', () => {
  const { headers } = parseText(
    `${ok}ETag: "a"\r\netag: "b"\r\nVary: x\r\nVARY: y\r\nx-amz-meta-a:\t1 \r\nx-amz-meta-a: 2\r\ncontent-length: 0\r\n\r\n`,
  );
  assert.deepEqual(headers, { etag: '"a"', vary: 'x, y', 'x-amz-meta-a': '1, 2', 'content-length': '0' });
});

test('has no header that nobody sent, whatever its name', () => {
  let seen: Record<string, string> = {};
  const parser = new ResponseParser({ onHead: ({ headers }) => (seen = headers), onBody() {}, onEnd() {} });
  parser.expect('GET');
  parser.feed(Buffer.from(`${ok}content-length: 0\r\n__proto__: x\r\n\r\n`));
  assert.equal(seen['constructor'], undefined);
  assert.deepEqual(Object.entries(seen), [
    ['content-length', '0'],
    ['__proto__', 'x'],
  ]);
});

/** Responses as services send them, then spoiled in a few places. */
const response = fc
  .record({
    version: fc.constantFrom('HTTP/1.1', 'HTTP/1.1', 'HTTP/1.1', 'HTTP/1.0'),
    status: fc.constantFrom(
      '200 OK',
      '200',
      '206 Partial Content',
      '404 Not Found',
      '204 No Content',
      '304 x',
      '503 ',
    ),
    fields: fc.array(
      fc.constantFrom(
        'ETag: "a"',
        'etag:"b"',
        'Vary: a',
        'vary:  b\t',
        'Connection: close',
        'Connection: keep-alive',
        'Content-Type: text/plain',
        'x-amz-meta-n: \xe9',
        'Location: /x',
        'Set-Thing: 1',
      ),
      { maxLength: 4 },
    ),
    body: fc.string({ maxLength: 20 }),
    framing: fc.constantFrom('length', 'length', 'chunks', 'chunks', 'close', 'short', 'long'),
    interim: fc.boolean(),
  })
  .map(({ version, status, fields, body, framing, interim }) => {
    const bytes = Buffer.from(body, 'latin1').toString('latin1');
    const middle = bytes.length >> 1;
    const chunk = (piece: string) => (piece === '' ? '' : `${piece.length.toString(16)}\r\n${piece}\r\n`);
    const length = { length: bytes.length, short: bytes.length + 3, long: Math.max(0, bytes.length - 3) };
    const lines = [`${version} ${status}`, ...fields];
    if (framing === 'chunks') lines.push('Transfer-Encoding: chunked');
    else if (framing !== 'close') lines.push(`Content-Length: ${length[framing]}`);
    const content =
      framing === 'chunks' ? `${chunk(bytes.slice(0, middle))}${chunk(bytes.slice(middle))}0\r\n\r\n` : bytes;
    return `${interim ? 'HTTP/1.1 100 Continue\r\n\r\n' : ''}${lines.join('\r\n')}\r\n\r\n${content}`;
  });

const spoiling = fc.oneof(
  { weight: 3, arbitrary: fc.constant([]) },
  {
    weight: 1,
    arbitrary: fc.array(
      fc.record({
        at: fc.nat(400),
        drop: fc.nat(3),
        add: fc.constantFrom('', '\r', '\n', '\r\n', ' ', '\0', ',', ':', '0', 'x', '\t', ';'),
      }),
      { maxLength: 2 },
    ),
  },
);

test('whatever it accepts, node:http reads in the same way', async () => {
  let refusals = 0;
  let both = 0;
  await fc.assert(
    fc.asyncProperty(
      response,
      spoiling,
      fc.array(fc.nat(400), { maxLength: 5 }),
      fc.constantFrom('GET', 'GET', 'HEAD', 'PUT'),
      async (text, spoils, cuts, method) => {
        let spoiled = text;
        for (const { at, drop, add } of spoils) {
          const place = at % (spoiled.length + 1);
          spoiled = spoiled.slice(0, place) + add + spoiled.slice(place + drop);
        }
        const bytes = Buffer.from(spoiled, 'latin1');
        const places = [
          0,
          ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b),
          bytes.length,
        ];
        const pieces = places.slice(1).map((end, index) => bytes.subarray(places[index], end));
        let ours: ReturnType<typeof parse>;
        try {
          ours = parse(
            pieces.filter((piece) => piece.length > 0),
            method,
          );
        } catch {
          refusals++;
          return;
        }
        const { canReuse, hasMore, ...read } = ours;
        // node:http fails for bytes behind the end, even when it has delivered the response.
        if (hasMore) return assert.equal(canReuse, false);
        both++;
        assert.deepEqual(
          read,
          await readByNode(
            pieces.filter((piece) => piece.length > 0),
            method,
          ),
        );
      },
    ),
    { numRuns: Number(process.env['RESPONSES'] ?? 600), seed: 9 },
  );
  assert.ok(both > refusals, `accepted ${both}, refused ${refusals}`);
});
