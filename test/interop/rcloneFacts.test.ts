import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import type { Action } from '../../src/plan/model/plan';
import { parsePath } from '../../src/remote/remotePath';
import { local, newFolder, RealSync, remote, signal } from './realSync';
import { skipWithout } from './realTools';

// The metadata that rclone and we store with an object: its time with all digits, and the MD5 of an object in parts.

const noRclone = skipWithout('rclone');
const noAws = skipWithout('aws');
const mebi = 1024 * 1024;

const real = new RealSync({ uploadCutoff: '5Mi', chunkSize: '5Mi', copyCutoff: '5Mi' });

const describe = (action: Action) => `${action.kind} ${action.path}`;
const md5 = (bytes: Buffer) => createHash('md5').update(bytes).digest('hex');

/** Sizes on both sides of where parts begin, in each tool: above it for us, at it for rclone. */
const sizes = [0, 1, 5 * mebi - 1, 5 * mebi, 5 * mebi + 1, 12 * mebi];

/** Writes a file of each size. Returns the MD5s by name. */
function writeSizes(): Map<string, string> {
  const sums = new Map<string, string>();
  for (const size of sizes) {
    const content = Buffer.alloc(size, `${size} `);
    writeFileSync(path.join(real.folder, `${size}.bin`), content);
    sums.set(`${size}.bin`, md5(content));
  }
  return sums;
}

test('rclone knows the MD5 of objects that we sent in parts, whatever their size (R3, R4, H24)', {
  skip: noRclone,
}, async () => {
  const sums = writeSizes();
  await real.sync(local(real.folder), remote(real.bucket));
  assert.match(real.server.store.get(real.bucket, `${12 * mebi}.bin`)?.etag ?? '', /-3$/, 'it went in parts');
  const { stdout } = await real.rclone('md5sum', `R:${real.bucket}`);
  const lines = stdout.trim().split('\n');
  const theirs = lines.map((line) => line.split(/\s+/).reverse() as [string, string]);
  assert.deepEqual(new Map(theirs.sort()), new Map([...sums].sort()));
  const check = await real.rclone('check', real.folder, `R:${real.bucket}`);
  assert.doesNotMatch(check.stderr, /hashes could not be checked/);
  // rclone also sees a difference that only the hash can tell.
  const file = path.join(real.folder, `${12 * mebi}.bin`);
  const { atime, mtime } = statSync(file);
  writeFileSync(file, Buffer.alloc(12 * mebi, 'other'));
  utimesSync(file, atime, mtime);
  assert.notEqual((await real.tools.rclone('check', real.folder, `R:${real.bucket}`)).code, 0);
});

test('we know the MD5 of objects that rclone sent in parts: by checksum nothing is unverified, and a difference is found (R3, R4, R8, H24)', {
  skip: noRclone,
}, async () => {
  writeSizes();
  await real.rclone(
    'copy',
    '--s3-upload-cutoff',
    '5M',
    '--s3-chunk-size',
    '5M',
    real.folder,
    `R:${real.bucket}`,
  );
  assert.match(real.server.store.get(real.bucket, `${5 * mebi}.bin`)?.etag ?? '', /-1$/, 'it went in parts');
  const same = await real.plan(local(real.folder), remote(real.bucket), { compare: 'checksum' });
  assert.deepEqual([same.actions, same.skipped], [[], []]);
  writeFileSync(path.join(real.folder, `${5 * mebi}.bin`), Buffer.alloc(5 * mebi, 'other'));
  const differs = await real.plan(local(real.folder), remote(real.bucket), { compare: 'checksum' });
  assert.deepEqual(differs.actions.map(describe), [`copyFile ${5 * mebi}.bin`]);
});

test('an object that another tool sent in parts has no hash: by checksum it is unverified, not the same (R8, H24)', {
  skip: noAws,
}, async () => {
  writeFileSync(path.join(real.folder, 'big'), Buffer.alloc(9 * mebi, 'x'));
  assert.equal(
    (await real.tools.awsS3('cp', path.join(real.folder, 'big'), `s3://${real.bucket}/big`)).code,
    0,
  );
  const made = await real.plan(local(real.folder), remote(real.bucket), { compare: 'checksum' });
  assert.deepEqual(made.actions, []);
  assert.deepEqual(
    made.skipped.map(({ path: name, because }) => `${name} ${because}`),
    ['big unverified'],
  );
});

/** By name, as arguments of `touch`: digits of every length, before 1970, far in the future. */
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
    writeFileSync(path.join(real.folder, name), name);
    execFileSync('touch', ['-m', '-d', time, path.join(real.folder, name)]);
  }
}

test('we store a time with the same digits as rclone, and each finds the time of the other equal (R1, R2)', {
  skip: noRclone,
}, async () => {
  touch(times);
  await real.sync(local(real.folder), remote(`${real.bucket}/ours`));
  await real.rclone('copy', real.folder, `R:${real.bucket}/theirs`);
  for (const name of Object.keys(times)) {
    const digits = (whose: string) =>
      real.server.store.get(real.bucket, `${whose}/${name}`)?.metadata['mtime'];
    assert.equal(digits('ours'), digits('theirs'), name);
  }
  assert.deepEqual((await real.plan(local(real.folder), remote(`${real.bucket}/theirs`))).actions, []);
  await real.rcloneFindsNothing('copy', real.folder, `R:${real.bucket}/ours`);
});

test('a time that rclone stored is set on the disk as rclone sets it, to the microsecond (R2)', {
  skip: noRclone,
}, async () => {
  // Node passes a disk's time as a double, which holds no microseconds of later times.
  const settable = { ...times, 'far ahead': '@4294967295.999999999' };
  touch(settable);
  await real.rclone('copy', real.folder, `R:${real.bucket}`);
  const copy = newFolder();
  await real.sync(remote(real.bucket), local(copy));
  for (const name of Object.keys(times)) {
    const of = (root: string) => statSync(path.join(root, name), { bigint: true }).mtimeNs;
    const apart = of(copy) - of(real.folder);
    assert.ok(apart < 1000n && apart > -1000n, `${name}: ${apart} ns apart`);
    assert.equal(readFileSync(path.join(copy, name), 'utf8'), name);
  }
  assert.deepEqual((await real.plan(remote(real.bucket), local(copy))).actions, []);
});

test('a time beyond 2262 is clamped where rclone’s overflows, is no error on reading, and is set only once (R2, H9)', {
  skip: noRclone,
}, async () => {
  touch({ late: '@10413792000' }); // the year 2300
  await real.rclone('copy', real.folder, `R:${real.bucket}`);
  assert.match(
    real.server.store.get(real.bucket, 'late')?.metadata['mtime'] ?? '',
    /^-/,
    'rclone’s overflowed',
  );
  const first = await real.plan(local(real.folder), remote(real.bucket));
  assert.deepEqual(first.actions.map(describe), ['setTime late']);
  await real.sync(local(real.folder), remote(real.bucket));
  assert.equal(real.server.store.get(real.bucket, 'late')?.metadata['mtime'], '9223372036');
  assert.deepEqual((await real.plan(local(real.folder), remote(real.bucket))).actions, []);
});

test('rclone reads a time that we set by a copy in place, also of an object in parts, and its hash stays (R7)', {
  skip: noRclone,
}, async () => {
  writeSizes();
  await real.rclone('copy', '--s3-upload-cutoff', '5M', real.folder, `R:${real.bucket}`);
  for (const size of sizes)
    utimesSync(path.join(real.folder, `${size}.bin`), 1_600_000_000, 1_600_000_000.25);
  const plan = await real.plan(local(real.folder), remote(real.bucket));
  assert.deepEqual(new Set(plan.actions.map(({ kind }) => kind)), new Set(['setTime']));
  real.server.clearRequests();
  await real.sync(local(real.folder), remote(real.bucket));
  const sent = real.server.requests.filter(({ operation }) => /PutObject|UploadPart$/.test(operation));
  assert.deepEqual(sent, []);
  await real.rcloneFindsNothing('sync', real.folder, `R:${real.bucket}`);
  const check = await real.rclone('check', real.folder, `R:${real.bucket}`);
  assert.doesNotMatch(check.stderr, /hashes could not be checked/);
});

test('folder markers, ours and others’, are files neither to rclone nor to us, and no sync deletes them (R15, A18)', {
  skip: noRclone,
}, async () => {
  mkdirSync(path.join(real.folder, 'd'));
  writeFileSync(path.join(real.folder, 'd/f'), 'f');
  await real.sync(local(real.folder), remote(real.bucket));
  const opened = await real.app.openRemote('ours');
  await opened.makeFolder(parsePath(`${real.bucket}/made`), signal);
  real.server.store.put(real.bucket, 'd/', '');
  real.server.store.put(real.bucket, 'theirs/', '', { contentType: 'application/x-directory' });
  const { stdout } = await real.rclone('lsf', '-R', '--files-only', `R:${real.bucket}`);
  assert.equal(stdout, 'd/f\n');
  const dryRun = await real.rclone('sync', '--dry-run', '-v', real.folder, `R:${real.bucket}`);
  assert.doesNotMatch(dryRun.stderr, /Skipped (delete|copy)/);
  const up = await real.plan(local(real.folder), remote(real.bucket), { deletes: 'after' });
  assert.deepEqual([up.actions, up.skipped], [[], []]);
  const down = newFolder();
  await real.sync(remote(real.bucket), local(down));
  assert.throws(() => statSync(path.join(down, 'made')), { code: 'ENOENT' });
  assert.deepEqual(real.server.store.keys(real.bucket), ['d/', 'd/f', 'made/', 'theirs/']);
});

test('with server times the time in the metadata has no effect, as with rclone --use-server-modtime (R9)', {
  skip: noRclone,
}, async () => {
  real.server.setClock(1_600_000_000_000);
  try {
    touch({ f: '@1500000000' });
    // Stored "in 2020", with a time of 2017 in its metadata.
    real.server.store.put(real.bucket, 'f', 'f', { metadata: { mtime: '1500000000' } });
    real.server.setClock(undefined);
    real.server.clearRequests();
    const made = await real.plan(local(real.folder), remote(real.bucket), { useServerTimes: true });
    assert.deepEqual(made.actions.map(describe), ['setTime f']);
    const own = await real.plan(local(real.folder), remote(real.bucket));
    assert.deepEqual(own.actions, []);
    const flags = ['--use-server-modtime', '--dry-run', '-v'];
    const dryRun = await real.rclone('copy', ...flags, real.folder, `R:${real.bucket}`);
    assert.match(dryRun.stderr, /Skipped/);
  } finally {
    real.server.setClock(undefined);
  }
});
