import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { test } from 'node:test';
import { StreamBody } from '../../../src/http/httpResponse';
import {
  type ExpectedBody,
  md5Checksum,
  readVerified,
  readVerifiedInto,
  verifyStream,
} from '../../../src/http/verifiedBody';
import { isRemoteError, type RemoteErrorKind } from '../../../src/remote/remoteError';
import { calm } from '../../support/remoteCalls';

const md5 = createHash('md5').update('hello world').digest('hex');

function expected(more: Partial<ExpectedBody> = {}): ExpectedBody {
  return {
    path: 'd/f',
    length: 11,
    checksum: md5Checksum(md5),
    retriesShortStream: false,
    connectionError: (cause) => new Error('mapped', { cause }),
    ...more,
  };
}

const ways = {
  readVerified: (source: Readable, body: ExpectedBody, signal = calm) =>
    readVerified(new StreamBody(source), body, signal),
  readVerifiedInto: async (source: Readable, body: ExpectedBody, signal = calm) => {
    const into = Buffer.alloc(body.length);
    let filled = 0;
    const onFilled = (bytes: number) => {
      assert.ok(bytes > filled, 'it grows');
      filled = bytes;
    };
    await readVerifiedInto(new StreamBody(source), into, body, onFilled, signal);
    assert.equal(filled, body.length);
    return into;
  },
  verifyStream: (source: Readable, body: ExpectedBody, signal = calm) =>
    buffer(verifyStream(source, body, signal)),
};

const pieces = (...texts: string[]) =>
  Readable.from(
    texts.map((text) => Buffer.from(text)),
    { objectMode: false },
  );

/** Sends `text`, then closes without an end or an error, as a connection can. */
function cutOff(text: string): Readable {
  const source = new Readable({ read() {} });
  source.push(text);
  setImmediate(() => setImmediate(() => source.destroy()));
  return source;
}

for (const [name, way] of Object.entries(ways)) {
  const fails = (promise: Promise<unknown>, kind: RemoteErrorKind, says: RegExp) =>
    assert.rejects(promise, (error) => {
      assert.ok(isRemoteError(error, kind), String(error));
      assert.match(error.message, says);
      return true;
    });

  test(`${name}: a body with the right length and checksum passes`, async () => {
    assert.equal((await way(pieces('hello ', 'world'), expected())).toString(), 'hello world');
    assert.equal((await way(pieces(), expected({ length: 0, checksum: undefined }))).length, 0);
  });

  test(`${name}: another length or checksum fails as corrupted`, async () => {
    await fails(way(pieces('hello ', 'world!'), expected()), 'corrupted', /12 bytes of "d\/f" instead of 11/);
    await fails(way(pieces('hello'), expected()), 'corrupted', /5 bytes of "d\/f" instead of 11/);
    await fails(way(pieces('hello_world'), expected()), 'corrupted', /checksum does not match/);
  });

  test(`${name}: a connection that ends early fails as unavailable`, async () => {
    await fails(way(cutOff('hello'), expected()), 'unavailable', /after 5 of the 11 bytes of "d\/f"/);
  });

  test(`${name}: an error of the connection is mapped, and an abort has its reason`, async () => {
    const broken = new Readable({ read() {} });
    setImmediate(() => broken.destroy(new Error('reset')));
    await assert.rejects(
      way(broken, expected()),
      (error: Error) => (error.cause as Error).message === 'reset',
    );
    const stop = new AbortController();
    const source = new Readable({ read() {} });
    const reading = way(source, expected(), stop.signal);
    setImmediate(() => {
      stop.abort(new Error('enough'));
      source.destroy(new Error('broken off'));
    });
    await assert.rejects(reading, (error) => error === stop.signal.reason);
    assert.ok(source.destroyed);
  });
}

test('a short stream without an error can be retried', async () => {
  await assert.rejects(
    buffer(verifyStream(pieces('hello'), expected({ retriesShortStream: true }), calm)),
    (error) => isRemoteError(error, 'unavailable'),
  );
});

test('no byte beyond the announced length reaches the reader', async () => {
  const seen: Buffer[] = [];
  const stream = verifyStream(pieces('hello world', ' and more'), expected(), calm);
  stream.on('data', (chunk: Buffer) => seen.push(chunk));
  await new Promise((resolve) => stream.once('error', resolve));
  assert.equal(Buffer.concat(seen).toString(), 'hello world');
});
