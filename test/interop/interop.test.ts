import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { local, newFolder, RealSync, remote } from './realSync';
import { skipWithout } from './realTools';

const noRclone = skipWithout('rclone');
const noAws = skipWithout('aws');
const real = new RealSync({ uploadCutoff: '5Mi', chunkSize: '5Mi' });

/** Names and sizes where tools disagree first: Unicode, spaces, signs, empty, exactly one part, several parts. */
function writeTree(root: string): void {
  const files: Record<string, Buffer | string> = {
    'index.html': '<h1>hello</h1>\n',
    'empty.txt': '',
    'img/hero ä.jpg': Buffer.alloc(3000, 7),
    'img/～wide.txt': 'wide',
    'img/😀.txt': 'astral',
    'a-b/x.txt': 'x',
    'a/b/c/deep.txt': 'deep',
    'a.txt': 'beside a folder',
    'signs/+ & % #?.txt': 'signs',
    'big/five.bin': Buffer.alloc(5 << 20, 1),
    'big/twelve.bin': Buffer.alloc(12 << 20, 2),
  };
  let age = 100;
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(root, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, content);
    const seconds = 1_700_000_000 + age++ * 1000 + 0.123456;
    utimesSync(file, seconds, seconds);
  }
}

function filesBelow(root: string): Record<string, string> {
  return Object.fromEntries(
    readdirSync(root, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => path.join(entry.parentPath ?? entry.path, entry.name))
      .sort()
      .map((file) => [path.relative(root, file), readFileSync(file).toString('base64').slice(0, 100)]),
  );
}

test('after our upload rclone finds nothing to check, nothing to sync and the same times', {
  skip: noRclone,
}, async () => {
  const { folder, bucket } = real;
  writeTree(folder);
  await real.sync(local(folder), remote(`${bucket}/site`));
  const check = await real.rclone('check', folder, `R:${bucket}/site`, '--combined', '-');
  assert.ok(
    check.stdout
      .trimEnd()
      .split('\n')
      .every((line) => line.startsWith('= ')),
    check.stdout,
  );
  assert.doesNotMatch(check.stderr, /hashes could not be checked/);
  await real.rcloneFindsNothing('sync', folder, `R:${bucket}/site`);
});

test('after our upload aws s3 sync --dryrun prints nothing', { skip: noAws }, async () => {
  const { folder, bucket } = real;
  writeTree(folder);
  await real.sync(local(folder), remote(`${bucket}/site`));
  const dryRun = await real.tools.awsS3('sync', '--dryrun', folder, `s3://${bucket}/site`);
  assert.deepEqual({ code: dryRun.code, stdout: dryRun.stdout }, { code: 0, stdout: '' }, dryRun.stderr);
});

test("after rclone's upload our plan is empty, by time and by checksum", { skip: noRclone }, async () => {
  const { folder, bucket } = real;
  writeTree(folder);
  await real.rclone('sync', '--s3-upload-cutoff', '5M', folder, `R:${bucket}/site`);
  for (const compare of ['rclone', 'checksum', 'size-only'] as const) {
    const made = await real.plan(local(folder), remote(`${bucket}/site`), { compare, deletes: 'after' });
    assert.deepEqual(made.actions, [], compare);
    assert.equal(made.unchanged.files, 11);
  }
});

test("after aws's upload our plan in mode aws is empty", { skip: noAws }, async () => {
  const { folder, bucket } = real;
  writeTree(folder);
  const up = await real.tools.awsS3('sync', folder, `s3://${bucket}/site`);
  assert.equal(up.code, 0, up.stderr);
  const options = { compare: 'aws', deletes: 'after' } as const;
  assert.deepEqual((await real.plan(local(folder), remote(`${bucket}/site`), options)).actions, []);
});

test("we download what rclone uploaded, times and all, and rclone agrees that it's the same", {
  skip: noRclone,
}, async () => {
  const { folder, bucket } = real;
  writeTree(folder);
  await real.rclone('sync', '--s3-upload-cutoff', '5M', folder, `R:${bucket}/site`);
  const copy = newFolder();
  await real.sync(remote(`${bucket}/site`), local(copy));
  assert.deepEqual(filesBelow(copy), filesBelow(folder));
  await real.rcloneFindsNothing('sync', `R:${bucket}/site`, copy, '--modify-window', '1us');
  assert.deepEqual((await real.plan(remote(`${bucket}/site`), local(copy))).actions, []);
});

test('our sync with deletes ends where rclone sync ends', { skip: noRclone }, async () => {
  const { folder, bucket } = real;
  writeTree(folder);
  await real.rclone('sync', folder, `R:${bucket}/ours`);
  await real.rclone('sync', folder, `R:${bucket}/theirs`);
  rmSync(path.join(folder, 'a'), { recursive: true });
  rmSync(path.join(folder, 'big/five.bin'));
  writeFileSync(path.join(folder, 'index.html'), '<h1>changed</h1>');
  writeFileSync(path.join(folder, 'new.txt'), 'new');
  utimesSync(path.join(folder, 'a.txt'), 1_800_000_000, 1_800_000_000);
  const made = await real.sync(local(folder), remote(`${bucket}/ours`), { deletes: 'after' });
  assert.deepEqual(
    made.actions.map((action) => `${action.kind} ${action.path}`),
    [
      'setTime a.txt',
      'copyFile index.html',
      'copyFile new.txt',
      'deleteFile a/b/c/deep.txt',
      'deleteFile big/five.bin',
    ],
  );
  await real.rclone('sync', folder, `R:${bucket}/theirs`);
  await real.rclone('check', `R:${bucket}/ours`, `R:${bucket}/theirs`, '--combined', '-');
  await real.rcloneFindsNothing('sync', folder, `R:${bucket}/ours`);
});
