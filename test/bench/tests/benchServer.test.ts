import assert from 'node:assert/strict';
import http from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { after, before, test } from 'node:test';
import { random } from '../../support/random';
import { Bucket, type PageRequest } from '../server/bucket';
import { ChunkedReader } from '../server/chunked';
import { serveConnection } from '../server/connection';
import { answerRequest, understand } from '../server/service';
import { md5Of, multipartEtag, Store } from '../server/store';

const asBytes = (text: string) => Buffer.from(text).toString('latin1');

/** All names of a listing, page by page, in the order of the pages. */
function listed(bucket: Bucket, request: Partial<PageRequest>): string[] {
  const names: string[] = [];
  let after: string | undefined = request.after ?? '';
  while (after !== undefined) {
    const page = bucket.list({ prefix: '', delimiter: '', max: 1000, urlEncoded: false, ...request, after });
    const found = [...page.xml.toString('latin1').matchAll(/<(?:Key|Prefix)>([^<]*)</g)].map(
      ([, name = '']) => name,
    );
    assert.equal(page.count, found.length);
    assert.ok(page.count > 0 || page.next === undefined, 'only the last page is empty');
    names.push(...found);
    after = page.next;
  }
  return names;
}

/** The same by sorting bytes. */
function expected(
  keys: Iterable<string>,
  { prefix = '', delimiter = '', after = '' }: Partial<PageRequest>,
): string[] {
  const names = new Set<string>();
  for (const key of keys) {
    if (!key.startsWith(prefix) || key <= after) continue;
    const cut = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
    names.add(cut < 0 ? key : key.slice(0, cut + 1));
  }
  return [...names].sort((a, b) => Buffer.from(a, 'latin1').compare(Buffer.from(b, 'latin1')));
}

for (const max of [1, 2, 7, 1000])
  test(`a bucket lists its keys in the order of their bytes, ${max} to a page, after random changes`, () => {
    const { whole, pick, chance } = random(max);
    const bucket = new Bucket(4);
    const keys = new Set<string>();
    const parts = ['a', 'b', 'B', '~', 'é', '😀', '\uffee', 'a b', '-'].map(asBytes);
    for (let change = 0; change < 300; change++) {
      const key = Array.from({ length: 1 + whole(3) }, () => pick(parts)).join('/');
      if (chance(0.25)) {
        bucket.delete(key);
        keys.delete(key);
      } else {
        bucket.set(key, { size: 1, etag: 'e', modified: 0, headers: '', content: undefined });
        keys.add(key);
      }
      if (change % 20 !== 0) continue;
      for (const delimiter of ['', '/'])
        for (const prefix of ['', 'a', 'a/', asBytes('é/'), 'none']) {
          const request = { prefix, delimiter, max };
          assert.deepEqual(listed(bucket, request), expected(keys, request), `${prefix} ${delimiter}`);
        }
      const after = pick([...keys, 'b', asBytes('é')]);
      assert.deepEqual(listed(bucket, { after, max }), expected(keys, { after }), `after ${after}`);
      assert.equal(bucket.size, keys.size);
      assert.equal(bucket.bytes, keys.size);
    }
  });

test('a listing spells special characters as XML or as a URL', () => {
  const bucket = new Bucket();
  bucket.set('a <&>+b', { size: 1, etag: 'e', modified: 0, headers: '', content: undefined });
  const page = { prefix: '', delimiter: '', after: '', max: 10 };
  assert.match(String(bucket.list({ ...page, urlEncoded: false }).xml), /<Key>a &#60;&#38;&#62;\+b<\/Key>/);
  assert.match(String(bucket.list({ ...page, urlEncoded: true }).xml), /<Key>a\+%3C%26%3E%2Bb<\/Key>/);
});

test('a chunked body is read however its bytes are split, and nothing beyond its end', () => {
  const frames = '4;chunk-signature=x\r\nabcd\r\nB\r\nefgh\r\nijklm\r\n0\r\nx-trailer: 1\r\n\r\n';
  const { whole } = random(1);
  for (let round = 0; round < 200; round++) {
    let body = '';
    const reader = new ChunkedReader((bytes) => {
      body += bytes;
    });
    const all = Buffer.from(`${frames}PUT /next`);
    let at = 0;
    while (!reader.done) at += reader.push(all.subarray(at, at + 1 + whole(12)));
    assert.equal(body, 'abcdefgh\r\nijklm');
    assert.equal(at, frames.length);
  }
});

test('a chunk without a size is refused', () => {
  assert.throws(() => new ChunkedReader(() => {}).push(Buffer.from('zz\r\n')), /size of a chunk/);
});

const store = new Store();
const server = createServer((socket) =>
  serveConnection(socket, 1 << 20, (request) => answerRequest(store, understand(request), request)),
);
let port = 0;

before(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as AddressInfo).port;
  store.bucket('b');
});
after(() => server.close());

interface Reply {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
after(() => agent.destroy());

function ask(
  method: string,
  path: string,
  body = '',
  headers: http.OutgoingHttpHeaders = {},
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const request = http.request({ host: '127.0.0.1', port, method, path, headers, agent }, (response) => {
      let text = '';
      response.setEncoding('latin1').on('data', (piece) => {
        text += piece;
      });
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }),
      );
    });
    request.on('error', reject);
    request.end(body);
  });
}

test('a stored object is read whole, in part and by its head, with its metadata', async () => {
  const put = await ask('PUT', '/b/a%20b', 'content', {
    'x-amz-meta-mtime': '12.5',
    'content-type': 'text/x',
  });
  assert.equal(put.headers['etag'], `"${md5Of([Buffer.from('content')])}"`);
  const whole = await ask('GET', '/b/a%20b');
  assert.equal(whole.body, 'content');
  assert.equal(whole.headers['x-amz-meta-mtime'], '12.5');
  assert.equal(whole.headers['content-type'], 'text/x');
  const part = await ask('GET', '/b/a%20b', '', { range: 'bytes=2-4' });
  assert.deepEqual([part.status, part.body, part.headers['content-range']], [206, 'nte', 'bytes 2-4/7']);
  const head = await ask('HEAD', '/b/a%20b');
  assert.deepEqual([head.status, head.body, head.headers['content-length']], [200, '', '7']);
  assert.equal((await ask('DELETE', '/b/a%20b')).status, 204);
  assert.equal((await ask('HEAD', '/b/a%20b')).status, 404);
});

test('a body in frames, with 100-continue or in transfer chunks is stored without its frames', async () => {
  const framed = '5;chunk-signature=x\r\nhello\r\n0;chunk-signature=y\r\n\r\n';
  await ask('PUT', '/b/framed', framed, { 'content-encoding': 'aws-chunked', expect: '100-continue' });
  await ask('PUT', '/b/chunks', 'hello', { 'transfer-encoding': 'chunked' });
  assert.equal((await ask('GET', '/b/framed')).body, 'hello');
  assert.equal((await ask('GET', '/b/chunks')).body, 'hello');
});

test('conditions and a wrong MD5 are refused', async () => {
  await ask('PUT', '/b/here', 'x');
  const statuses = await Promise.all([
    ask('PUT', '/b/here', 'y', { 'if-none-match': '*' }),
    ask('PUT', '/b/here', 'y', { 'if-match': '"other"' }),
    ask('PUT', '/b/here', 'y', { 'content-md5': 'AAAA' }),
    ask('GET', '/b/here', '', { 'if-match': '"other"' }),
    ask('GET', '/b/nothing'),
    ask('GET', '/nowhere/x'),
    ask('PUT', '/b/here?acl'),
  ]);
  assert.deepEqual(
    statuses.map(({ status }) => status),
    [412, 412, 400, 412, 404, 404, 501],
  );
  assert.equal((await ask('GET', '/b/here')).body, 'x');
});

test('parts become one object with the ETag of S3', async () => {
  const begun = await ask('POST', '/b/large?uploads', '', { 'x-amz-meta-mtime': '3' });
  const id = /<UploadId>(.*)<\/UploadId>/.exec(begun.body)?.[1];
  await ask('PUT', `/b/large?partNumber=2&uploadId=${id}`, 'second');
  await ask('PUT', `/b/large?partNumber=1&uploadId=${id}`, 'first ');
  const md5s = ['first ', 'second'].map((text) => md5Of([Buffer.from(text)]));
  const completed = await ask('POST', `/b/large?uploadId=${id}`, '<CompleteMultipartUpload/>');
  assert.match(completed.body, new RegExp(multipartEtag(md5s)));
  const whole = await ask('GET', '/b/large');
  assert.deepEqual([whole.body, whole.headers['x-amz-meta-mtime']], ['first second', '3']);
});

test('a listing continues by token, by marker and by start-after', async () => {
  await ask('PUT', '/list');
  for (const key of ['k/1', 'k/2', 'k/3', 'k/x/1']) await ask('PUT', `/list/${key}`, '1');
  const keysOf = ({ body }: Reply) => [...body.matchAll(/<(?:Key|Prefix)>(k[^<]*)</g)].map(([, key]) => key);
  const first = await ask('GET', '/list?list-type=2&max-keys=2');
  const token = /<NextContinuationToken>(.*?)</.exec(first.body)?.[1] ?? '';
  const second = await ask('GET', `/list?list-type=2&max-keys=2&continuation-token=${token}`);
  assert.deepEqual(
    [keysOf(first), keysOf(second)],
    [
      ['k/1', 'k/2'],
      ['k/3', 'k/x/1'],
    ],
  );
  assert.match(second.body, /<IsTruncated>false</);
  assert.deepEqual(keysOf(await ask('GET', '/list?marker=k/2')), ['k/3', 'k/x/1']);
  assert.deepEqual(keysOf(await ask('GET', '/list?list-type=2&start-after=k/3')), ['k/x/1']);
  const folder = await ask('GET', '/list?list-type=2&prefix=k/&delimiter=/&start-after=k/2');
  assert.deepEqual(keysOf(folder), ['k/', 'k/3', 'k/x/']);
});

test('many objects are deleted by one request', async () => {
  await ask('PUT', '/b/one%26', '1');
  await ask('PUT', '/b/two', '2');
  const body = '<Delete><Object><Key>one&amp;</Key></Object><Object><Key>two</Key></Object></Delete>';
  await ask('POST', '/b?delete', body);
  assert.equal((await ask('HEAD', '/b/one%26')).status, 404);
  assert.equal((await ask('HEAD', '/b/two')).status, 404);
});
