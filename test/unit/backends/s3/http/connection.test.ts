import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { readS3Config } from '../../../../../src/backends/s3/config/s3Config';
import { findAddress, plainAddress } from '../../../../../src/backends/s3/http/bucketRoutes';
import { connectS3 } from '../../../../../src/backends/s3/http/connect';
import { queryText, sign } from '../../../../../src/backends/s3/http/sigV4';
import { S3Remote } from '../../../../../src/backends/s3/s3Remote';
import { parsePath } from '../../../../../src/remote/remotePath';
import { startS3Server } from '../../../../servers/s3/s3Server';
import {
  at,
  calm,
  deepNames,
  drain,
  ifAbsent,
  names,
  noPrecondition,
  pattern,
  refused,
  wholeBody,
  write,
} from '../../../../support/remoteCalls';
import { hostWith, inTemporaryFolder, openS3, served, settingsFor } from '../s3Fixture';

test('a bucket has the address and signing scope of the region that a response names', async () => {
  const config = readS3Config({ name: 'aws', backend: 's3', region: 'eu-west-1', accessKeyId: 'a' });
  const connection = await connectS3(config, hostWith({ secretAccessKey: 's' }));
  assert.deepEqual(await connection.addressOf('my-bucket'), {
    protocol: 'https:',
    hostname: 'my-bucket.s3.eu-west-1.amazonaws.com',
    port: undefined,
    host: 'my-bucket.s3.eu-west-1.amazonaws.com',
    basePath: '',
    scope: { region: 'eu-west-1', service: 's3' },
  });
  assert.equal(connection.movedTo('my-bucket', 'us-east-2'), true);
  assert.equal(connection.movedTo('my-bucket', 'us-east-2'), false);
  assert.equal((await connection.addressOf('my-bucket'))?.host, 'my-bucket.s3.us-east-2.amazonaws.com');
  assert.equal((await connection.addressOf('with.dots'))?.basePath, '/with.dots');
  assert.equal(await connection.addressOf('fast--euw1-az1--x-s3'), undefined);
  const accessPoint = await connection.addressOf('arn:aws:s3:eu-west-1:123456789012:accesspoint:mine');
  assert.equal(accessPoint?.host, 'mine-123456789012.s3-accesspoint.eu-west-1.amazonaws.com');
  connection.close();
});

test('an address without the SDK is the one that the SDK finds', async () => {
  const buckets = [
    'demo',
    'a-b-c',
    'abc',
    'ab',
    'a'.repeat(63),
    'a'.repeat(64),
    'x-s3alias',
    'a--b',
    'a.b',
    'A',
  ];
  const special = [
    'fast--euw1-az1--x-s3',
    'op--op-s3',
    '-ab',
    'ab-',
    'arn:aws:s3:eu-west-1:1:accesspoint:m',
    'ü',
  ];
  const endpoints = [
    'http://127.0.0.1:9000',
    'http://[::1]:9000',
    'http://localhost',
    'https://minio.example.com',
    'https://minio.example.com:443',
    'https://minio.example.com:8443/base/path',
    'https://minio.example.com/with%20space',
    'https://s3.eu-west-1.amazonaws.com',
    'https://s3.cn-north-1.amazonaws.com.cn',
    'https://bucket.vpce-1a2b3c.s3.us-east-1.vpce.amazonaws.com',
  ];
  let plain = 0;
  for (const endpoint of endpoints)
    for (const region of ['us-east-1', 'eu-west-1', 'auto', 'garage', 'aws-global', 'fips-us-east-1'])
      for (const forcePathStyle of [true, false]) {
        const settings = { name: 'x', backend: 's3', endpoint, region, forcePathStyle, accessKeyId: 'a' };
        const connection = await connectS3(readS3Config(settings), hostWith({ secretAccessKey: 's' }));
        for (const bucket of [...buckets, ...special]) {
          const address = plainAddress({ endpoint, region, forcePathStyle }, bucket);
          if (!address) continue;
          plain++;
          const expected = await findAddress(await connection.sdkFor(bucket), bucket);
          assert.deepEqual(address, expected, `${bucket} at ${endpoint}, ${region}, ${forcePathStyle}`);
        }
        connection.close();
      }
  assert.ok(plain > 100, `${plain} addresses without the SDK`);
});

/** Headers that the signature adds. */
const isSignatures = new Set(['x-amz-date', 'x-amz-content-sha256', 'x-amz-security-token']);

test('our signature equals the one of the SDK', async () => {
  const server = await startS3Server({ buckets: ['demo'] });
  const settings = settingsFor(server, { name: 'x' });
  const host = hostWith({ secretAccessKey: server.secretAccessKey, sessionToken: 'token' });
  const remote = await openS3(settings, host);
  const { client, sdk } = await remote.requests.connection.sdkFor('demo');
  let captured:
    | { method: string; path: string; query: Record<string, string>; headers: Record<string, string> }
    | undefined;
  client.middlewareStack.add(
    (next) => (args) => {
      captured = args.request as typeof captured;
      return next(args);
    },
    { step: 'finalizeRequest', priority: 'low' },
  );
  await client
    .send(new sdk.ListObjectsV2Command({ Bucket: 'demo', Prefix: "a b+c/ü'(*)" }))
    .catch(() => undefined /* the server doesn't know the token; only the signature matters */);
  assert.ok(captured);
  const { authorization, 'user-agent': _, ...headers } = captured.headers;
  const date = headers['x-amz-date'] ?? '';
  const at = Date.parse(date.replace(/^(....)(..)(..)T(..)(..)(..)Z$/, '$1-$2-$3T$4:$5:$6Z'));
  const signedNames = /SignedHeaders=([^,]+)/.exec(authorization ?? '')?.[1]?.split(';') ?? [];
  const list = Object.entries(headers).filter(
    ([name]) => signedNames.includes(name) && !isSignatures.has(name),
  );
  const ours = list.flat();
  sign(
    {
      method: captured.method,
      path: captured.path,
      query: queryText(Object.entries(captured.query)),
      payloadHash: headers['x-amz-content-sha256'] ?? '',
    },
    ours,
    { accessKeyId: server.accessKeyId, secretAccessKey: server.secretAccessKey, sessionToken: 'token' },
    { region: 'us-east-1', service: 's3' },
    at,
  );
  assert.equal(ours[ours.indexOf('authorization') + 1], authorization);
  await remote.close();
  await server.stop();
});

test('where only the SDK can sign, the same requests go through the SDK', () =>
  served({}, async ({ server }) => {
    const settings = settingsFor(server, { checksums: 'whenSupported' });
    const host = hostWith({ secretAccessKey: server.secretAccessKey });
    const config = readS3Config(settings);
    const connection = await connectS3(config, host);
    const remote = new S3Remote(config, host, { ...connection, addressOf: async () => undefined });
    const demo = parsePath('demo');
    const content = pattern(9 * 1024 * 1024);
    const facts = { modified: { s: 5, ns: 1 } };
    for (const [name, source] of [
      ['a b/ü+', wholeBody('x')],
      ['large', { ...wholeBody(content) }],
    ] as const) {
      const written = await remote.write(at(demo, name), source, facts, ifAbsent, calm);
      const { stream, entry } = await remote.read(at(demo, name), {}, calm);
      assert.equal((await drain(stream)).length, source.size);
      assert.deepEqual(entry.modified, facts.modified);
      assert.equal(entry.version, written.version);
    }
    assert.deepEqual(await deepNames(remote, demo), ['a b/ü+', 'large']);
    await refused(write(remote, at(demo, 'large'), 'y', {}, ifAbsent), 'alreadyExists');
    await remote.close();
  }));

test('anonymous requests are not signed', () =>
  served({ server: { anonymous: true } }, async ({ server }) => {
    const { accessKeyId: _, ...settings } = settingsFor(server, { credentials: 'anonymous' });
    const remote = await openS3(settings, hostWith());
    await write(remote, parsePath('demo/f'), 'x');
    await remote.removeFile(parsePath('demo/f'), noPrecondition, calm);
    assert.ok(server.requests.every((request) => request.headers.authorization === undefined));
    await remote.close();
  }));

test('an invalid CA file is an error before any request', async () => {
  await inTemporaryFolder(async (folder) => {
    const file = path.join(folder, 'ca.pem');
    const open = () => openS3({ name: 'x', backend: 's3', caFile: file, accessKeyId: 'a' }, hostWith());
    await assert.rejects(open(), { kind: 'badSettings', message: /"caFile" can't be read/ });
    await writeFile(file, 'hello');
    await assert.rejects(open(), { kind: 'badSettings', message: /holds no certificate/ });
  });
});

test('a bucket can be created, listed, shared from and removed', () =>
  served({}, async ({ remote, server }) => {
    const { features } = remote;
    await features.createBucket?.('fresh', undefined, calm);
    assert.equal((await remote.stat(parsePath('fresh'), calm)).kind, 'folder');
    assert.deepEqual(await names(remote, parsePath('')), ['demo/', 'fresh/']);
    await refused(features.createBucket?.('fresh', undefined, calm) ?? Promise.resolve(), 'alreadyExists');
    await write(remote, parsePath('fresh/f.txt'), 'hello', { modified: { s: 1, ns: 0 } });
    await refused(remote.removeFolder(parsePath('fresh'), calm), 'notEmpty');
    const link = (await features.shareLink?.(parsePath('fresh/f.txt'), 60, calm)) ?? '';
    assert.equal(await (await fetch(link)).text(), 'hello');
    const groups = (await features.properties?.(parsePath('fresh/f.txt'), calm)) ?? [];
    const properties = new Map(
      groups.flatMap((group) => group.properties.map(({ name, value }) => [name, value])),
    );
    assert.equal(properties.get('Content-Type'), 'text/plain; charset=utf-8');
    assert.equal(properties.get('mtime'), '1');
    const bucket = (await features.properties?.(parsePath('fresh'), calm)) ?? [];
    assert.ok(bucket[0]?.properties.some(({ name }) => name === 'Versioning'));
    await remote.removeFile(parsePath('fresh/f.txt'), noPrecondition, calm);
    await remote.removeFolder(parsePath('fresh'), calm);
    assert.equal(server.store.findBucket('fresh'), undefined);
  }));
