import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { type App, createApp } from '../../src/app';
import { systemClock } from '../../src/base/clock';
import { silentLog } from '../../src/base/log';
import type { Place, Plan } from '../../src/plan/model/plan';
import { defaultPlanOptions, type PlanOptions } from '../../src/plan/model/planOptions';
import { parsePath } from '../../src/remote/remotePath';
import { type S3TestServer, startS3Server } from '../servers/s3/s3Server';
import { realTools, skipWithout } from './realTools';

// What rclone and we keep with an object besides its content: its time to the last digit, and the MD5 of what went in parts.

const noRclone = skipWithout('rclone');
const noAws = skipWithout('aws');
const mebi = 1024 * 1024;

let server: S3TestServer;
let app: App;
let tools: ReturnType<typeof realTools>;
let folder: string;
let bucketNumber = 0;
let bucket: string;

before(async () => {
  server = await startS3Server();
  tools = realTools(server);
  app = createApp({
    log: silentLog,
    clock: systemClock,
    env: { HOME: '/nonexistent' },
    remoteSettings: () => [
      {
        name: 'ours',
        backend: 's3',
        endpoint: server.endpoint,
        region: server.region,
        accessKeyId: server.accessKeyId,
        uploadCutoff: '5Mi',
        chunkSize: '5Mi',
        copyCutoff: '5Mi',
      },
    ],
    secret: async (_remote, field) => (field === 'secretAccessKey' ? server.secretAccessKey : undefined),
    mayRunPrograms: () => true,
    storageFolder: undefined,
  });
});

after(async () => {
  await app.close();
  await server.stop();
});

beforeEach(() => {
  folder = newFolder();
  bucket = `facts-${++bucketNumber}`;
  server.store.createBucket(bucket);
});

const newFolder = () => mkdtempSync(path.join(os.tmpdir(), 'cloud-remotes-facts-'));
const signal = new AbortController().signal;
const local = (root: string): Place => ({ kind: 'folder', path: root });
const remote = (text: string): Place => ({ kind: 'remote', remote: 'ours', path: parsePath(text) });

function planned(source: Place, target: Place, options: Partial<PlanOptions> = {}): Promise<Plan> {
  return app.planSync(
    { source, target, options: { ...defaultPlanOptions, verb: 'sync', ...options } },
    signal,
  );
}

async function synced(source: Place, target: Place, options: Partial<PlanOptions> = {}): Promise<void> {
  const report = await app.runPlan(await planned(source, target, options), signal);
  const failed = report.results.filter((result) => result.outcome !== 'done');
  assert.deepEqual(failed, []);
}

async function rclone(...args: string[]): Promise<{ stdout: string; stderr: string }> {
  const answer = await tools.rclone(...args);
  assert.equal(answer.code, 0, answer.stderr);
  return answer;
}

const md5 = (bytes: Buffer) => createHash('md5').update(bytes).digest('hex');

/** Sizes on both sides of where parts begin, in each tool: above it for us, at it for rclone. */
const sizes = [0, 1, 5 * mebi - 1, 5 * mebi, 5 * mebi + 1, 12 * mebi];

function writeSizes(): Map<string, string> {
  const sums = new Map<string, string>();
  for (const size of sizes) {
    const content = Buffer.alloc(size, `${size} `);
    writeFileSync(path.join(folder, `${size}.bin`), content);
    sums.set(`${size}.bin`, md5(content));
  }
  return sums;
}

test('rclone knows the MD5 of what we sent in parts, whatever its size (R3, R4, H24)', {
  skip: noRclone,
}, async () => {
  const sums = writeSizes();
  await synced(local(folder), remote(bucket));
  assert.match(server.store.get(bucket, `${12 * mebi}.bin`)?.etag ?? '', /-3$/, 'it went in parts');
  const { stdout } = await rclone('md5sum', `R:${bucket}`);
  const told = stdout
    .trim()
    .split('\n')
    .map((line) => line.split(/\s+/).reverse() as [string, string]);
  assert.deepEqual(new Map(told.sort()), new Map([...sums].sort()));
  const check = await rclone('check', folder, `R:${bucket}`);
  assert.doesNotMatch(check.stderr, /hashes could not be checked/);
  // And sees a difference that only the hash can tell.
  const file = path.join(folder, `${12 * mebi}.bin`);
  const { atime, mtime } = statSync(file);
  writeFileSync(file, Buffer.alloc(12 * mebi, 'other'));
  utimesSync(file, atime, mtime);
  assert.notEqual((await tools.rclone('check', folder, `R:${bucket}`)).code, 0);
});

test('we know the MD5 of what rclone sent in parts: by checksum nothing is unverified, and a difference is found (R3, R4, R8, H24)', {
  skip: noRclone,
}, async () => {
  writeSizes();
  await rclone('copy', '--s3-upload-cutoff', '5M', '--s3-chunk-size', '5M', folder, `R:${bucket}`);
  assert.match(server.store.get(bucket, `${5 * mebi}.bin`)?.etag ?? '', /-1$/, 'it went in parts');
  const same = await planned(local(folder), remote(bucket), { compare: 'checksum' });
  assert.deepEqual([same.actions, same.skipped], [[], []]);
  writeFileSync(path.join(folder, `${5 * mebi}.bin`), Buffer.alloc(5 * mebi, 'other'));
  const differs = await planned(local(folder), remote(bucket), { compare: 'checksum' });
  assert.deepEqual(
    differs.actions.map(({ kind, path: changed }) => `${kind} ${changed}`),
    [`copyFile ${5 * mebi}.bin`],
  );
});

test('what another tool sent in parts has no hash: by checksum it is shown as unverified, not as the same (R8, H24)', {
  skip: noAws,
}, async () => {
  writeFileSync(path.join(folder, 'big'), Buffer.alloc(9 * mebi, 'x'));
  assert.equal((await tools.awsS3('cp', path.join(folder, 'big'), `s3://${bucket}/big`)).code, 0);
  const made = await planned(local(folder), remote(bucket), { compare: 'checksum' });
  assert.deepEqual(made.actions, []);
  assert.deepEqual(
    made.skipped.map(({ path: name, because }) => `${name} ${because}`),
    ['big unverified'],
  );
});

/** By name, as `touch` takes them: digits of every length, before 1970, far ahead. */
const times: Readonly<Record<string, string>> = {
  whole: '@1700000000',
  half: '@1700000000.5',
  tenth: '@1700000000.1',
  micro: '@1700000000.000001',
  nano: '@1700000000.000000001',
  'all nine': '@1700000000.123456789',
  'trailing zeros': '@1700000000.120000000',
  epoch: '@0',
  'just after': '@0.000000001',
  'before 1970': '@-1.5',
  'long before': '@-1000000000.25',
  'far ahead': '@9223372035.999999999',
};

function touch(names: Readonly<Record<string, string>>): void {
  for (const [name, time] of Object.entries(names)) {
    writeFileSync(path.join(folder, name), name);
    execFileSync('touch', ['-m', '-d', time, path.join(folder, name)]);
  }
}

test('we store the very digits of a time that rclone stores, and each takes the other’s for the same (R1, R2)', {
  skip: noRclone,
}, async () => {
  touch(times);
  await synced(local(folder), remote(`${bucket}/ours`));
  await rclone('copy', folder, `R:${bucket}/theirs`);
  for (const name of Object.keys(times)) {
    const digits = (whose: string) => server.store.get(bucket, `${whose}/${name}`)?.metadata['mtime'];
    assert.equal(digits('ours'), digits('theirs'), name);
  }
  assert.deepEqual((await planned(local(folder), remote(`${bucket}/theirs`))).actions, []);
  const dryRun = await rclone('copy', '--dry-run', '-v', folder, `R:${bucket}/ours`);
  assert.doesNotMatch(dryRun.stderr, /Skipped/);
});

test('a time that rclone stored comes down to the disk as rclone brings it down, to the microsecond (R2)', {
  skip: noRclone,
}, async () => {
  // Later than this a disk's time, which Node takes as a double, is no longer good to the microsecond.
  const settable = { ...times, 'far ahead': '@4294967295.999999999' };
  touch(settable);
  await rclone('copy', folder, `R:${bucket}`);
  const copy = newFolder();
  await synced(remote(bucket), local(copy));
  for (const name of Object.keys(times)) {
    const of = (root: string) => statSync(path.join(root, name), { bigint: true }).mtimeNs;
    const apart = of(copy) - of(folder);
    assert.ok(apart < 1000n && apart > -1000n, `${name}: ${apart} ns apart`);
    assert.equal(readFileSync(path.join(copy, name), 'utf8'), name);
  }
  assert.deepEqual((await planned(remote(bucket), local(copy))).actions, []);
});

test('a time beyond 2262 is clamped where rclone’s overflows, is no error on reading, and is at rest after one run (R2, H9)', {
  skip: noRclone,
}, async () => {
  touch({ late: '@10413792000' }); // the year 2300
  await rclone('copy', folder, `R:${bucket}`);
  assert.match(server.store.get(bucket, 'late')?.metadata['mtime'] ?? '', /^-/, 'rclone’s overflowed');
  const first = await planned(local(folder), remote(bucket));
  assert.deepEqual(
    first.actions.map(({ kind }) => kind),
    ['setTime'],
  );
  await synced(local(folder), remote(bucket));
  assert.equal(server.store.get(bucket, 'late')?.metadata['mtime'], '9223372036');
  assert.deepEqual((await planned(local(folder), remote(bucket))).actions, []);
});

test('a time that we set by a copy in place is what rclone reads, also of an object in parts, and its hash stays (R7)', {
  skip: noRclone,
}, async () => {
  writeSizes();
  await rclone('copy', '--s3-upload-cutoff', '5M', folder, `R:${bucket}`);
  for (const size of sizes) utimesSync(path.join(folder, `${size}.bin`), 1_600_000_000, 1_600_000_000.25);
  const plan = await planned(local(folder), remote(bucket));
  assert.deepEqual(new Set(plan.actions.map(({ kind }) => kind)), new Set(['setTime']));
  server.clearRequests();
  await synced(local(folder), remote(bucket));
  assert.ok(
    !server.requests.some(({ operation }) => /PutObject|UploadPart$/.test(operation)),
    'nothing is sent',
  );
  const dryRun = await rclone('sync', '--dry-run', '-v', folder, `R:${bucket}`);
  assert.doesNotMatch(dryRun.stderr, /Skipped/);
  const check = await rclone('check', folder, `R:${bucket}`);
  assert.doesNotMatch(check.stderr, /hashes could not be checked/);
});

test('markers of folders, ours and others’, are no files to rclone nor to us, and no sync deletes them (R15, A18)', {
  skip: noRclone,
}, async () => {
  mkdirSync(path.join(folder, 'd'));
  writeFileSync(path.join(folder, 'd/f'), 'f');
  await synced(local(folder), remote(bucket));
  const opened = await app.openRemote('ours');
  await opened.makeFolder(parsePath(`${bucket}/made`), signal);
  server.store.put(bucket, 'd/', '');
  server.store.put(bucket, 'theirs/', '', { contentType: 'application/x-directory' });
  const { stdout } = await rclone('lsf', '-R', '--files-only', `R:${bucket}`);
  assert.equal(stdout, 'd/f\n');
  const dryRun = await rclone('sync', '--dry-run', '-v', folder, `R:${bucket}`);
  assert.doesNotMatch(dryRun.stderr, /Skipped (delete|copy)/);
  const up = await planned(local(folder), remote(bucket), { deletes: 'after' });
  assert.deepEqual([up.actions, up.skipped], [[], []]);
  const down = newFolder();
  await synced(remote(bucket), local(down));
  assert.throws(() => statSync(path.join(down, 'made')), { code: 'ENOENT' });
  assert.deepEqual(server.store.keys(bucket), ['d/', 'd/f', 'made/', 'theirs/']);
});

test('with server times no object is asked for its own, as rclone --use-server-modtime (R9)', {
  skip: noRclone,
}, async () => {
  server.setClock(1_600_000_000_000);
  try {
    touch({ f: '@1500000000' });
    // Stored "in 2020", with a time of 2017 in its metadata.
    server.store.put(bucket, 'f', 'f', { metadata: { mtime: '1500000000' } });
    server.setClock(undefined);
    server.clearRequests();
    const made = await planned(local(folder), remote(bucket), { useServerTimes: true });
    assert.deepEqual(
      made.actions.map(({ kind }) => kind),
      ['setTime'],
    );
    const own = await planned(local(folder), remote(bucket));
    assert.deepEqual(own.actions, []);
    const dryRun = await tools.rclone(
      'copy',
      '--use-server-modtime',
      '--dry-run',
      '-v',
      folder,
      `R:${bucket}`,
    );
    assert.match(dryRun.stderr, /Skipped/);
  } finally {
    server.setClock(undefined);
  }
});
