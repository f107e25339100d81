import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { afterEach, describe, it } from 'node:test';
import { ListObjectsV2Command, PutObjectCommand, RestoreObjectCommand } from '@aws-sdk/client-s3';
import { answered, makeClient, refused } from '../contract/check';
import { encodeKey, type RawRequest, sendSigned, type Target } from '../contract/signedRequest';
import { type S3ServerOptions, type S3TestServer, startS3Server } from '../s3Server';

const running: S3TestServer[] = [];

async function start(options: S3ServerOptions = {}): Promise<S3TestServer> {
  const server = await startS3Server({ buckets: ['bkt'], ...options });
  running.push(server);
  return server;
}

/** Sends a signed request for a key of the bucket `bkt`. */
function send(
  server: S3TestServer,
  method: string,
  key: string,
  more: Partial<RawRequest> = {},
  target: Partial<Target> = {},
) {
  return sendSigned({ ...server, ...target }, { method, path: `/bkt/${encodeKey(key)}`, ...more });
}

afterEach(async () => {
  for (const server of running.splice(0)) await server.stop();
});

describe('the embedded server: store and log', () => {
  it('serves an object of the store with all its facts', async () => {
    const s3 = await start();
    const lastModified = Date.parse('2020-01-02T03:04:05Z');
    s3.store.put('bkt', 'a', 'hello', {
      metadata: { m: '1' },
      contentType: 'text/plain',
      storageClass: 'STANDARD_IA',
      tags: { k: 'v' },
      lastModified,
    });
    const told = await send(s3, 'HEAD', 'a');
    assert.equal(told.headers['x-amz-meta-m'], '1');
    assert.equal(told.headers['content-type'], 'text/plain');
    assert.equal(told.headers['x-amz-storage-class'], 'STANDARD_IA');
    assert.equal(told.headers['x-amz-tagging-count'], '1');
    assert.equal(told.headers['last-modified'], 'Thu, 02 Jan 2020 03:04:05 GMT');
    assert.equal(told.headers.etag, '"5d41402abc4b2a76b9719d911017c592"');
  });

  it('keeps a sent object in the store, byte by byte', async () => {
    const s3 = await start();
    answered(await send(s3, 'PUT', 'a', { body: 'hello', headers: { 'x-amz-meta-m': '1' } }), 200);
    const object = s3.store.get('bkt', 'a');
    assert.equal(object?.text, 'hello');
    assert.deepEqual(object?.metadata, { m: '1' });
    assert.deepEqual(s3.store.keys('bkt'), ['a']);
    assert.equal(s3.store.get('bkt', 'nothing'), undefined);
  });

  it('logs each request with its operation, key, query, status, code and bytes', async () => {
    const s3 = await start();
    await send(s3, 'PUT', 'd/a', { body: 'hello' });
    await send(s3, 'GET', 'd/a', { headers: { range: 'bytes=0-1' } });
    await send(s3, 'GET', 'nothing');
    await sendSigned(s3, { method: 'GET', path: '/bkt', query: { 'list-type': '2', prefix: 'd/' } });
    assert.deepEqual(
      s3.requests.map((r) => [r.operation, r.bucket, r.key, r.status, r.code, r.bytesIn]),
      [
        ['PutObject', 'bkt', 'd/a', 200, undefined, 5],
        ['GetObject', 'bkt', 'd/a', 206, undefined, 0],
        ['GetObject', 'bkt', 'nothing', 404, 'NoSuchKey', 0],
        ['ListObjectsV2', 'bkt', undefined, 200, undefined, 0],
      ],
    );
    assert.equal(s3.requests[1]?.bytesOut, 2);
    assert.equal(s3.requests[1]?.headers.range, 'bytes=0-1');
    assert.equal(s3.requests[3]?.query['prefix'], 'd/');
    s3.clearRequests();
    assert.equal(s3.requests.length, 0);
  });

  it('keeps the newest requests in a limited log, and no request with the log off', async () => {
    const s3 = await start({ log: 2 });
    for (let i = 0; i < 7; i++) await send(s3, 'GET', `k${i}`);
    assert.ok(s3.requests.length <= 4);
    assert.equal(s3.requests.at(-1)?.key, 'k6');
    const silent = await start({ log: false });
    await send(silent, 'GET', 'a');
    assert.equal(silent.requests.length, 0);
  });

  it('lists 100,000 keys, in order and complete', async () => {
    const s3 = await start();
    s3.store.fillMany('bkt', 100_000, (i) => `d${i % 10}/k${i}`);
    const client = makeClient(s3, 'WHEN_REQUIRED');
    const top = await client.send(new ListObjectsV2Command({ Bucket: 'bkt', Delimiter: '/' }));
    assert.equal(top.CommonPrefixes?.length, 10);
    let count = 0;
    let before = '';
    let token: string | undefined;
    do {
      const page = await client.send(
        new ListObjectsV2Command({ Bucket: 'bkt', ...(token ? { ContinuationToken: token } : {}) }),
      );
      for (const { Key = '' } of page.Contents ?? []) {
        assert.ok(Key > before);
        before = Key;
        count++;
      }
      token = page.NextContinuationToken;
    } while (token !== undefined);
    client.destroy();
    assert.equal(count, 100_000);
  });
});

describe('the embedded server: clock, regions and keys', () => {
  it('checks time skew and writes dates by the clock that a test sets', async () => {
    const s3 = await start();
    const moment = Date.parse('2031-05-06T07:08:09.500Z');
    s3.setClock(moment);
    answered(await send(s3, 'PUT', 'a', { body: 'x' }), 403, 'RequestTimeTooSkewed');
    const put = await send(s3, 'PUT', 'a', { body: 'x', signedAt: moment });
    answered(put, 200);
    assert.equal(put.headers.date, 'Tue, 06 May 2031 07:08:09 GMT');
    assert.equal(s3.store.get('bkt', 'a')?.lastModified, Date.parse('2031-05-06T07:08:09Z'));
    s3.setClock(undefined);
    answered(await send(s3, 'GET', 'a'), 200);
  });

  it('can keep LastModified in milliseconds', async () => {
    const s3 = await start({ lastModifiedPrecision: 'ms', clock: () => 1_700_000_000_123 });
    await send(s3, 'PUT', 'a', { body: 'x', signedAt: 1_700_000_000_000 });
    assert.equal(s3.store.get('bkt', 'a')?.lastModified, 1_700_000_000_123);
  });

  it('accepts unsigned requests if anonymous, but no wrong signature', async () => {
    const s3 = await start({ anonymous: true });
    answered(await send(s3, 'PUT', 'a', { signature: 'none', body: 'x' }), 200);
    answered(await send(s3, 'GET', 'a', { signature: 'none' }), 200);
    answered(await send(s3, 'GET', 'a', {}, { secretAccessKey: 'wrong' }), 403, 'SignatureDoesNotMatch');
  });

  it('refuses a request for a bucket of another region, with the right region', async () => {
    const s3 = await start({ strictRegions: true });
    s3.store.createBucket('far', { location: 'eu-west-1' });
    const wrong = await sendSigned(s3, { method: 'GET', path: '/far/a' });
    answered(wrong, 400, 'AuthorizationHeaderMalformed');
    assert.match(wrong.text, /<Region>eu-west-1<\/Region>/);
    const head = await sendSigned(s3, { method: 'HEAD', path: '/far' });
    assert.deepEqual([head.status, head.headers['x-amz-bucket-region']], [301, 'eu-west-1']);
    const inFar = { ...s3, region: 'eu-west-1' };
    answered(await sendSigned(inFar, { method: 'PUT', path: '/far/a', body: 'x' }), 200);
  });

  it('serves virtual-host style as well as path style', async () => {
    const s3 = await start();
    s3.store.put('bkt', 'd/a', 'hello');
    const headers = { host: `bkt.localhost:${s3.port}` };
    const got = await sendSigned(s3, { method: 'GET', path: '/d/a', headers });
    answered(got, 200);
    assert.equal(got.text, 'hello');
    const list = await sendSigned(s3, { method: 'GET', path: '/', query: { 'list-type': '2' }, headers });
    assert.match(list.text, /<Key>d\/a<\/Key>/);
  });

  it('requires the session token of temporary keys, and refuses expired keys', async () => {
    const s3 = await start();
    const keys = { accessKeyId: 'TEMP', secretAccessKey: 'secret' };
    s3.addCredentials({ ...keys, sessionToken: 'token-1', expiresAt: Date.now() + 60_000 });
    s3.store.put('bkt', 'a', 'x');
    const headers = { 'x-amz-security-token': 'token-1' };
    answered(await send(s3, 'GET', 'a', { headers }, keys), 200);
    answered(await send(s3, 'GET', 'a', {}, keys), 400, 'InvalidToken');
    s3.addCredentials({ ...keys, sessionToken: 'token-1', expiresAt: Date.now() - 1 });
    answered(await send(s3, 'GET', 'a', { headers }, keys), 400, 'ExpiredToken');
  });

  it('restores an archived object for some days, after the restore time', async () => {
    let now = Date.now();
    const s3 = await start({ restoreTakesMs: 3_600_000, clock: () => now });
    s3.store.put('bkt', 'a', 'x', { storageClass: 'DEEP_ARCHIVE' });
    const get = () => send(s3, 'GET', 'a', { signedAt: now });
    answered(await get(), 403, 'InvalidObjectState');
    const client = makeClient(s3, 'WHEN_REQUIRED');
    const restore = new RestoreObjectCommand({ Bucket: 'bkt', Key: 'a', RestoreRequest: { Days: 2 } });
    await client.send(restore);
    await refused(client.send(restore), 409, 'RestoreAlreadyInProgress');
    client.destroy();
    answered(await get(), 403);
    now += 3_600_001;
    answered(await get(), 200);
    now += 3 * 86_400_000;
    answered(await get(), 403);
  });
});

describe('the embedded server: faults', () => {
  it('answers with a status, a code and Retry-After, for the given number of requests', async () => {
    const s3 = await start();
    const fault = s3.addFault({ operation: 'PutObject', code: 'SlowDown', retryAfter: 3, count: 2 });
    for (let i = 0; i < 2; i++) {
      const answer = await send(s3, 'PUT', 'a', { body: 'x' });
      answered(answer, 503, 'SlowDown');
      assert.equal(answer.headers['retry-after'], '3');
    }
    assert.equal(s3.store.get('bkt', 'a'), undefined);
    answered(await send(s3, 'PUT', 'a', { body: 'x' }), 200);
    assert.equal(fault.hits, 2);
  });

  it('strikes only requests that meet all conditions, after the skipped ones', async () => {
    const s3 = await start();
    s3.addFault({ operation: ['GetObject', 'HeadObject'], key: /^d\//, skip: 1, status: 500 });
    s3.addFault({ when: (r) => r.headers['x-amz-meta-m'] === 'bad', status: 418, code: 'Teapot' });
    for (const key of ['d/a', 'b']) s3.store.put('bkt', key, 'x');
    answered(await send(s3, 'GET', 'b'), 200);
    answered(await send(s3, 'GET', 'd/a'), 200);
    answered(await send(s3, 'GET', 'd/a'), 500, 'InternalError');
    answered(await send(s3, 'PUT', 'b', { body: 'x', headers: { 'x-amz-meta-m': 'bad' } }), 418, 'Teapot');
    s3.addFault({ status: 500, count: Number.POSITIVE_INFINITY });
    s3.clearFaults();
    answered(await send(s3, 'GET', 'b'), 200);
  });

  it('breaks a download after so many bytes', async () => {
    const s3 = await start({ anonymous: true });
    s3.store.put('bkt', 'a', Buffer.alloc(500_000, 1));
    s3.addFault({ operation: 'GetObject', cutResponseAfterBytes: 100_000 });
    const got = await readUntilClosed(s3, '/bkt/a');
    const body = got.length - (got.indexOf('\r\n\r\n') + 4);
    assert.equal(body, 100_000);
    assert.equal(s3.requests.at(-1)?.bytesOut, 100_000);
  });

  it('breaks an upload after so many bytes and stores nothing', async () => {
    const s3 = await start();
    s3.addFault({ operation: 'PutObject', cutRequestAfterBytes: 70_000 });
    await assert.rejects(send(s3, 'PUT', 'a', { body: Buffer.alloc(5_000_000) }));
    assert.equal(s3.store.get('bkt', 'a'), undefined);
    assert.equal(s3.requests.at(-1)?.status, 0);
  });

  it('performs the operation and loses the answer', async () => {
    const s3 = await start();
    s3.addFault({ operation: 'PutObject', loseResponse: true });
    await assert.rejects(send(s3, 'PUT', 'a', { body: 'x' }));
    assert.equal(s3.store.get('bkt', 'a')?.text, 'x');
  });

  it('flips a bit of a download and leaves the headers', async () => {
    const s3 = await start();
    s3.store.put('bkt', 'a', 'hello');
    s3.addFault({ operation: 'GetObject', damageResponse: true });
    const got = await send(s3, 'GET', 'a');
    assert.equal(got.status, 200);
    assert.notEqual(got.text, 'hello');
    assert.equal(got.text.length, 5);
    assert.equal((await send(s3, 'GET', 'a')).text, 'hello');
  });

  it('delays, and a stopped server leaves no request waiting', async () => {
    const s3 = await start();
    s3.addFault({ operation: 'GetObject', delayMs: 80 });
    const begun = Date.now();
    await send(s3, 'GET', 'a');
    assert.ok(Date.now() - begun >= 79);
    s3.addFault({ operation: 'GetObject', delayMs: Number.POSITIVE_INFINITY });
    const hanging = send(s3, 'GET', 'a');
    setTimeout(() => void s3.stop(), 50);
    await assert.rejects(hanging);
  });

  it('spoils listings: cut, without the tail, without a token, out of order, repeated', async () => {
    const s3 = await start();
    for (const key of ['a', 'b', 'c', 'd', 'e']) s3.store.put('bkt', key, 'x');
    const list = async (more: Record<string, string> = {}) => {
      const query = { 'list-type': '2', 'max-keys': '4', ...more };
      return (await sendSigned(s3, { method: 'GET', path: '/bkt', query })).text;
    };
    const keys = (text: string) => [...text.matchAll(/<Key>(.)<\/Key>/g)].map((m) => m[1]).join('');
    const sound = await list();
    const token = /<NextContinuationToken>([^<]*)/.exec(sound)?.[1] ?? '';
    const fault = (kind: Parameters<S3TestServer['addFault']>[0]['list']) =>
      s3.addFault({ operation: 'ListObjectsV2', ...(kind ? { list: kind } : {}) });
    fault('cutXml');
    const cut = await list();
    assert.ok(sound.startsWith(cut) && cut.length < sound.length);
    fault('missingTail');
    const short = await list();
    assert.equal(keys(short), 'ab');
    assert.match(short, /<IsTruncated>false/);
    fault('noToken');
    const lost = await list();
    assert.match(lost, /<IsTruncated>true/);
    assert.doesNotMatch(lost, /NextContinuationToken/);
    fault('outOfOrder');
    assert.equal(keys(await list()), 'dcba');
    fault('repeatPage');
    assert.equal(keys(await list({ 'continuation-token': token })), 'abcd');
    assert.equal(keys(await list({ 'continuation-token': token })), 'e');
  });

  it('sends an error document under status 200', async () => {
    const s3 = await start();
    s3.addFault({ operation: 'CopyObject', status: 200, code: 'InternalError' });
    s3.store.put('bkt', 'a', 'x');
    const answer = await send(s3, 'PUT', 'b', { headers: { 'x-amz-copy-source': '/bkt/a' } });
    answered(answer, 200, 'InternalError');
    assert.equal(s3.store.get('bkt', 'b'), undefined);
  });
});

describe('the embedded server: large bodies', () => {
  it('takes and serves 200 MB', async () => {
    const s3 = await start();
    const client = makeClient(s3, 'WHEN_SUPPORTED');
    const Body = Buffer.alloc(200_000_000, 'abcdefg');
    await client.send(new PutObjectCommand({ Bucket: 'bkt', Key: 'big', Body }));
    client.destroy();
    const got = await send(s3, 'GET', 'big');
    assert.ok(got.body.equals(Body));
  });
});

/** An unsigned GET; returns all bytes up to the end of the connection. */
function readUntilClosed(s3: S3TestServer, path: string): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket = connect(s3.port, '127.0.0.1', () => {
      socket.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${s3.port}\r\n\r\n`);
    });
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('error', reject);
    socket.on('close', () => resolve(Buffer.concat(chunks)));
  });
}
