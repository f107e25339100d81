import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkS3Settings, readS3Config } from '../../../../../src/backends/s3/config/s3Config';
import { connectS3 } from '../../../../../src/backends/s3/http/connect';
import { bucketProblem } from '../../../../../src/backends/s3/model/bucketNames';
import { s3Backend } from '../../../../../src/backends/s3/s3Backend';
import type { S3Remote } from '../../../../../src/backends/s3/s3Remote';
import { parsePath, type RemotePath } from '../../../../../src/remote/remotePath';
import { type S3TestServer, startS3Server } from '../../../../servers/s3/s3Server';
import {
  at,
  calm,
  deepNames,
  ifAbsent,
  names,
  noPrecondition,
  pattern,
  readText,
  statFile,
  write,
} from '../../../../support/remoteCalls';
import { hostWith, openByHost, settingsByHost } from '../s3Fixture';

const mebi = 1024 * 1024;
const arn = 'arn:aws:s3:eu-west-1:123456789012:accesspoint/mine';
const inColons = 'arn:aws:s3:eu-west-1:123456789012:accesspoint:mine';
const inParts = { uploadCutoff: '5Mi', chunkSize: '5Mi', copyCutoff: '5Mi' };

/** Runs `work` with an access point in eu-west-1 to the bucket `behind`, and a remote in another region. */
async function withAccessPoint(
  work: (remote: S3Remote, server: S3TestServer) => Promise<void>,
  more: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  const server = await startS3Server({
    buckets: ['other'],
    strictRegions: true,
    accessPoints: { [arn]: 'behind' },
  });
  server.store.createBucket('behind', { location: 'eu-west-1' });
  const settings = settingsByHost(server, { ...inParts, ...more });
  const remote = await openByHost(settings, hostWith({ secretAccessKey: server.secretAccessKey }));
  try {
    await work(remote, server);
  } finally {
    await remote.close();
    await server.stop();
  }
}

for (const bucket of [arn, inColons])
  for (const forcePathStyle of [false, true])
    test(`an access point is a bucket to every request: ${bucket.slice(-16)}${forcePathStyle ? ', with path style for others' : ''}`, () =>
      withAccessPoint(
        async (remote, server) => {
          const root = parsePath(bucket);
          const large = pattern(6 * mebi);
          await write(remote, at(root, 'a b/small +.txt'), 'small', {}, ifAbsent);
          await write(remote, at(root, 'large'), large);
          assert.deepEqual(server.store.keys('behind'), ['a b/small +.txt', 'large']);
          assert.deepEqual(await names(remote, root), ['a b/', 'large']);
          assert.deepEqual(await deepNames(remote, root), ['a b/small +.txt', 'large']);
          assert.deepEqual(await names(remote, at(root, 'a b')), ['small +.txt']);
          assert.deepEqual(await remote.stat(root, calm), { kind: 'folder', path: root, role: 'bucket' });
          assert.equal(await readText(remote, at(root, 'a b/small +.txt')), 'small');
          // Both ends of a copy, in one piece and in parts, and from and to a bucket by its name.
          const small = await statFile(remote, at(root, 'a b/small +.txt'));
          await remote.serverSideCopy(small, at(root, 'copy'), ifAbsent, calm);
          const copy = async (from: RemotePath, to: RemotePath) =>
            remote.serverSideCopy(await statFile(remote, from), to, noPrecondition, calm);
          await copy(at(root, 'large'), at(root, 'copy of large'));
          const other = parsePath('other/from access point');
          await copy(at(root, 'a b/small +.txt'), other);
          await copy(other, at(root, 'back'));
          await remote.setModifiedTime(await statFile(remote, at(root, 'large')), { s: 5, ns: 0 }, calm);
          assert.ok(server.store.get('behind', 'copy of large')?.body.equals(large));
          assert.equal(server.store.get('behind', 'back')?.text, 'small');
          assert.equal(server.store.get('behind', 'large')?.metadata['mtime'], '5');
          await remote.makeFolder(at(root, 'new'), calm);
          await remote.removeFolder(at(root, 'new'), calm);
          await remote.removeFile(at(root, 'copy'), noPrecondition, calm);
          const failures = await remote.removeFiles(
            ['back', 'large', 'copy of large', 'a b/small +.txt'].map((name) => at(root, name)),
            calm,
          );
          assert.equal(failures.size, 0);
          assert.deepEqual(server.store.keys('behind'), []);
          assert.ok(
            server.requests
              .filter((request) => request.bucket === 'behind')
              .every(({ headers }) => headers.host?.startsWith('mine-123456789012.')),
          );
          const link = await remote.features.shareLink?.(at(root, 'x'), 60, calm);
          assert.equal(new URL(link ?? '').hostname, 'mine-123456789012.localhost');
        },
        { forcePathStyle },
      ));

test('an access point as the root of a remote is its only bucket', () =>
  withAccessPoint(
    async (remote, server) => {
      server.store.put('behind', 'p/x', 'x');
      assert.deepEqual(await names(remote, parsePath('')), [`${inColons}/`]);
      assert.deepEqual(await deepNames(remote, parsePath('')), [`${inColons}/p/x`]);
    },
    { root: arn },
  ));

test('the connection test runs all steps at an access point', () =>
  withAccessPoint(
    async (remote, server) => {
      const settings = settingsByHost(server, { root: arn });
      const host = hostWith({ secretAccessKey: server.secretAccessKey });
      const found = [];
      for await (const finding of s3Backend.testConnection(remote, settings, host, calm)) found.push(finding);
      assert.deepEqual(
        found.filter(({ outcome }) => outcome === 'failed' || outcome === 'warning'),
        [],
      );
      assert.match(JSON.stringify(found), /The host of the access point works/);
      assert.deepEqual(server.store.keys('behind'), []);
    },
    { root: arn },
  ));

test('on AWS an access point has its own host and region, and an alias is a normal bucket', async () => {
  const config = readS3Config({ name: 'aws', backend: 's3', region: 'us-east-1', accessKeyId: 'a' });
  const connection = await connectS3(config, hostWith({ secretAccessKey: 's' }));
  for (const bucket of [arn, inColons]) {
    const address = await connection.addressOf(bucket);
    assert.equal(address?.host, 'mine-123456789012.s3-accesspoint.eu-west-1.amazonaws.com');
    assert.deepEqual(address?.scope, { region: 'eu-west-1', service: 's3' });
  }
  const alias = 'mine-hrzrlukc5m36ft7okagglf3gmwluquse1b-s3alias';
  assert.equal((await connection.addressOf(alias))?.host, `${alias}.s3.us-east-1.amazonaws.com`);
  connection.close();
});

const refused: readonly (readonly [string, RegExp])[] = [
  ['arn:aws:s3::123456789012:accesspoint/mfzwi23gnjvgw.mrap', /multi-region access point.*SigV4A/],
  ['arn:aws:s3::123456789012:accesspoint:mfzwi23gnjvgw.mrap', /multi-region access point/],
  ['arn:aws:s3-outposts:us-west-2:123456789012:outpost/op-1/accesspoint/ap', /on an AWS Outpost/],
  ['arn:aws:s3-object-lambda:us-west-2:123456789012:accesspoint/ol', /Object Lambda/],
  ['arn:aws:s3:::plain-bucket', /is the ARN of a bucket\. Write the bucket's name: plain-bucket/],
  ['arn:aws:s3:us-west-2:123456789012:bucket:x', /not the ARN of an access point/],
  ['arn:aws:s3:us-west-2:123456789012:accesspoint:A_B', /not the ARN of an access point/],
];

test('unusable ARNs in settings and paths are errors before any request', () =>
  withAccessPoint(async (remote, server) => {
    for (const [bucket, says] of refused) {
      const problems = checkS3Settings({ name: 'r', backend: 's3', accessKeyId: 'a', root: `${bucket}/p` });
      assert.match(problems.join(), says, bucket);
      const path = parsePath(`${bucket}/key`);
      for (const asked of [
        () => remote.stat(path, calm),
        () => write(remote, path, 'x'),
        () => deepNames(remote, parsePath(bucket)),
        () => remote.removeFiles([path], calm),
      ])
        await assert.rejects(asked, { kind: 'badName', message: says }, bucket);
    }
    assert.deepEqual(server.requests, []);
    const china = 'arn:aws-cn:s3:cn-north-1:1:accesspoint/a';
    for (const good of [arn, inColons, 'bucket', 'mine-x-s3alias', china])
      assert.equal(bucketProblem(good), undefined, good);
  }));
