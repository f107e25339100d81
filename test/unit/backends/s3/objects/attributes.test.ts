import assert from 'node:assert/strict';
import { test } from 'node:test';
import { S3Remote } from '../../../../../src/backends/s3/s3Remote';
import { parsePath } from '../../../../../src/remote/remotePath';
import { copyFile } from '../../../../../src/transfer/copyFile';
import type { S3TestServer } from '../../../../servers/s3/s3Server';
import { at, body, calm, noPrecondition, pattern, statFile } from '../../../../support/remoteCalls';
import { hostWith, type ServedRemote, served } from '../s3Fixture';

// Each character of a header value is one byte, in Node and in the test server.

const demo = parsePath('demo');
const mebi = 1024 * 1024;
const utf8 = (text: string) => Buffer.from(text, 'utf8').toString('latin1');
const inParts = { uploadCutoff: '5Mi', chunkSize: '5Mi', copyCutoff: '5Mi' };

type Values = Readonly<Record<string, string>>;
/** Only these rows run with large files, which take time. */
const large = new Set(['Expires: 0', 'a disposition in UTF-8', 'every byte of Latin-1']);

interface Kept {
  readonly headers: Values;
  readonly metadata: Values;
}

const table: Readonly<Record<string, Kept>> = {
  'Expires: 0': { headers: { expires: '0' }, metadata: {} },
  'Expires: -1, and other fields that are no dates': {
    headers: { expires: '-1', 'cache-control': 'no-store, max-age=0' },
    metadata: { 'my-date': 'yesterday' },
  },
  'a date of another form': { headers: { expires: 'Sunday, 06-Nov-94 08:49:37 GMT' }, metadata: {} },
  'a date with a zone': { headers: { expires: '2030-01-02T03:04:05+02:00' }, metadata: { expires: '0' } },
  'a disposition in UTF-8': {
    headers: { 'content-disposition': utf8('attachment; filename="Grüße à tous 日本語.pdf"') },
    metadata: {},
  },
  'a disposition in Latin-1': {
    headers: { 'content-disposition': 'attachment; filename="Gr\u00fc\u00dfe.pdf"' },
    metadata: { other: '\u00e9t\u00e9' },
  },
  'a disposition in RFC 5987': {
    headers: { 'content-disposition': "attachment; filename*=UTF-8''Gr%C3%BC%C3%9Fe.pdf" },
    metadata: {},
  },
  'metadata of RFC 2047': {
    headers: {},
    metadata: { title: '=?UTF-8?B?R3LDvMOfZQ==?=', quoted: '=?iso-8859-1?Q?Gr=FC=DFe?=' },
  },
  'metadata in UTF-8': { headers: {}, metadata: { title: utf8('naïve café — 日本'), emoji: utf8('😀') } },
  'every byte of Latin-1': {
    headers: {},
    metadata: {
      high: Buffer.from(Array.from({ length: 96 }, (_, i) => 0xa0 + i)).toString('latin1'),
      low: 'a !"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~',
    },
  },
  'a language and an encoding': {
    headers: {
      'content-language': utf8('de, fr; é'),
      'content-encoding': 'x-own',
      'cache-control': utf8('max-age=60, note="ü"'),
    },
    metadata: {},
  },
  'a type with a name in UTF-8': {
    headers: { 'content-type': utf8('text/plain; name="é.txt"') },
    metadata: { empty: '' },
  },
  'a redirect of a website': {
    headers: { 'x-amz-website-redirect-location': '/other%20page?x=1' },
    metadata: {},
  },
};

function keptAt(server: S3TestServer, key: string): Kept {
  const object = server.store.get('demo', key);
  assert.ok(object, key);
  const { 'content-type': _, ...headers } = object.headers as Record<string, string>;
  const { mtime: __, md5chksum: ___, ...metadata } = object.metadata as Record<string, string>;
  return { headers: { ...headers, 'content-type': object.contentType }, metadata };
}

/** Recreates `f` with these attributes. */
async function stored(
  { remote, server }: ServedRemote,
  { headers, metadata }: Kept,
  content: Buffer,
): Promise<Kept> {
  await remote.write(at(demo, 'f'), body(content), {}, noPrecondition, calm);
  const object = server.store.get('demo', 'f');
  assert.ok(object);
  server.store.put('demo', 'f', content, {
    headers: { ...headers },
    metadata: { ...metadata },
    ...(headers['content-type'] && { contentType: headers['content-type'] }),
  });
  return keptAt(server, 'f');
}

type Way = (it: ServedRemote, content: Buffer) => Promise<string>;
const file = (it: ServedRemote, key = 'f') => statFile(it.remote, at(demo, key));
const ways: Readonly<Record<string, Way>> = {
  'a save': async (it, content) => {
    const precondition = { kind: 'ifMatch', entry: await file(it) } as const;
    const facts = { keepAttributes: true, modified: { s: 9, ns: 0 } };
    await it.remote.write(at(demo, 'f'), body(content), facts, precondition, calm);
    return 'f';
  },
  'a change of time': async (it) => {
    await it.remote.setModifiedTime(await file(it), { s: 5, ns: 0 }, calm);
    return 'f';
  },
  'a copy': async (it) => {
    await it.remote.serverSideCopy(await file(it), at(demo, 'copy'), noPrecondition, calm);
    return 'copy';
  },
  'a move': async (it) => {
    await it.remote.serverSideMove(await file(it), at(demo, 'moved'), noPrecondition, calm);
    return 'moved';
  },
};

test('header values of an object are kept byte for byte', async () => {
  for (const size of [10, 6 * mebi])
    await served({ settings: inParts }, async (it) => {
      for (const [what, kept] of Object.entries(table))
        for (const [name, way] of Object.entries(ways)) {
          if (size >= mebi && !large.has(what)) continue;
          const content = pattern(size);
          const before = await stored(it, kept, content);
          const key = await way(it, content);
          assert.deepEqual(keptAt(it.server, key), before, `${what}: ${name} of ${size} bytes`);
        }
    });
});

test('a copy to another service keeps header values', async () => {
  for (const size of [10, 2 * mebi, 6 * mebi])
    await served({ settings: inParts }, (from) =>
      served({ settings: inParts }, async (to) => {
        for (const [what, kept] of Object.entries(table)) {
          if (size >= mebi && !large.has(what)) continue;
          const { 'x-amz-website-redirect-location': _, ...headers } = (
            await stored(from, kept, pattern(size))
          ).headers;
          const source = await file(from);
          const remotes = { from: from.remote, to: to.remote };
          await copyFile({ ...remotes, source, target: at(demo, 'f'), precondition: noPrecondition }, calm);
          const { metadata } = keptAt(from.server, 'f');
          assert.deepEqual(keptAt(to.server, 'f'), { headers, metadata }, `${what}: ${size} bytes`);
        }
      }),
    );
});

test('the signature is valid for repeated spaces, which services fold', () =>
  served({}, async (it) => {
    const before = await stored(
      it,
      { headers: { 'cache-control': 'a,   b' }, metadata: { spaced: 'a   b    c' } },
      pattern(3),
    );
    await it.remote.setModifiedTime(await file(it), { s: 5, ns: 0 }, calm);
    assert.deepEqual(keptAt(it.server, 'f'), before);
  }));

test('an error after the first byte of a copy response is an error', () =>
  served({}, async (it) => {
    await stored(it, { headers: {}, metadata: {} }, pattern(3));
    const source = await file(it);
    const copy = () => it.remote.serverSideCopy(source, at(demo, 'copy'), noPrecondition, calm);
    for (const [code, kind] of [
      ['InternalError', 'unavailable'],
      ['SlowDown', 'rateLimited'],
      ['AccessDenied', 'forbidden'],
      ['Odd', 'unavailable'],
    ] as const) {
      it.server.addFault({ operation: 'CopyObject', status: 200, code });
      await assert.rejects(copy(), { kind });
    }
    for (const body of ['', '<html/>', '<Other><ETag>"x"</ETag></Other>']) {
      it.server.addFault({ operation: 'CopyObject', body });
      await assert.rejects(copy(), { kind: 'corrupted' });
    }
  }));

test('requests that only the SDK can sign keep invalid dates and non-ASCII text as well', async () => {
  const kept: Kept = {
    headers: {
      expires: '0',
      'cache-control': 'no-store',
      'content-disposition': "attachment; filename*=UTF-8''%C3%BC",
    },
    metadata: { title: '=?UTF-8?B?R3LDvMOfZQ==?=' },
  };
  for (const size of [10, 6 * mebi])
    await served({ settings: inParts }, async (it) => {
      const { config, connection } = it.remote.requests;
      const host = hostWith({ secretAccessKey: it.server.secretAccessKey });
      const remote = new S3Remote(config, host, { ...connection, addressOf: async () => undefined });
      for (const [name, way] of Object.entries(ways)) {
        const content = pattern(size);
        const before = await stored(it, kept, content);
        const key = await way({ ...it, remote }, content);
        assert.deepEqual(keptAt(it.server, key), before, `${name} of ${size} bytes`);
      }
    });
});
