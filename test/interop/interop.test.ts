import assert from 'node:assert/strict';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { type App, createApp } from '../../src/app';
import { systemClock } from '../../src/base/clock';
import { silentLog } from '../../src/base/log';
import { defaultPlanOptions, type PlanOptions } from '../../src/plan/model/planOptions';
import { parsePath } from '../../src/remote/remotePath';
import { type S3TestServer, startS3Server } from '../servers/s3/s3Server';
import { realTools, skipWithout } from './realTools';

const noRclone = skipWithout('rclone');
const noAws = skipWithout('aws');

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
    env: {
      ...process.env,
      AWS_ACCESS_KEY_ID: server.accessKeyId,
      AWS_SECRET_ACCESS_KEY: server.secretAccessKey,
    },
    remoteSettings: () => [
      {
        name: 'ours',
        backend: 's3',
        endpoint: server.endpoint,
        region: server.region,
        credentials: 'keys',
        accessKeyId: server.accessKeyId,
        uploadCutoff: '5Mi',
        chunkSize: '5Mi',
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
  folder = mkdtempSync(path.join(os.tmpdir(), 'cloud-remotes-interop-'));
  bucket = `interop-${++bucketNumber}`;
  server.store.createBucket(bucket);
});

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

const signal = new AbortController().signal;
const local = (root: string) => ({ kind: 'folder', path: root }) as const;
const remote = (text: string) => ({ kind: 'remote', remote: 'ours', path: parsePath(text) }) as const;

async function sync(
  source: Parameters<App['planSync']>[0]['source'],
  target: Parameters<App['planSync']>[0]['target'],
  options: Partial<PlanOptions> = {},
) {
  const plan = await app.planSync({ source, target, options: { ...defaultPlanOptions, ...options } }, signal);
  const report = await app.runPlan(plan, signal);
  assert.deepEqual(
    report.results.filter((result) => result.outcome !== 'done'),
    [],
  );
  return plan;
}

async function plan(
  source: Parameters<App['planSync']>[0]['source'],
  target: Parameters<App['planSync']>[0]['target'],
  options: Partial<PlanOptions> = {},
) {
  return app.planSync({ source, target, options: { ...defaultPlanOptions, ...options } }, signal);
}

test('after our upload rclone finds nothing to check, nothing to sync and the same times', {
  skip: noRclone,
}, async () => {
  writeTree(folder);
  await sync(local(folder), remote(`${bucket}/site`));
  const check = await tools.rclone('check', folder, `R:${bucket}/site`, '--combined', '-');
  assert.equal(check.code, 0, check.stderr);
  assert.deepEqual(
    check.stdout.split('\n').filter((line) => line && !line.startsWith('= ')),
    [],
  );
  assert.doesNotMatch(check.stderr, /hashes could not be checked/);
  const dryRun = await tools.rclone('sync', '--dry-run', '-v', folder, `R:${bucket}/site`);
  assert.equal(dryRun.code, 0, dryRun.stderr);
  assert.doesNotMatch(dryRun.stderr, /Skipped/, dryRun.stderr);
});

test('after our upload aws s3 sync --dryrun prints nothing', { skip: noAws }, async () => {
  writeTree(folder);
  await sync(local(folder), remote(`${bucket}/site`));
  const dryRun = await tools.awsS3('sync', '--dryrun', folder, `s3://${bucket}/site`);
  assert.deepEqual({ code: dryRun.code, stdout: dryRun.stdout }, { code: 0, stdout: '' }, dryRun.stderr);
});

test("after rclone's upload our plan is empty, by time and by checksum", { skip: noRclone }, async () => {
  writeTree(folder);
  const up = await tools.rclone('sync', '--s3-upload-cutoff', '5M', folder, `R:${bucket}/site`);
  assert.equal(up.code, 0, up.stderr);
  for (const compare of ['rclone', 'checksum', 'size-only'] as const) {
    const made = await plan(local(folder), remote(`${bucket}/site`), { compare, deletes: 'after' });
    assert.deepEqual(made.actions, [], compare);
    assert.equal(made.unchanged.files, 11);
  }
});

test("after aws's upload our plan in mode aws is empty", { skip: noAws }, async () => {
  writeTree(folder);
  const up = await tools.awsS3('sync', folder, `s3://${bucket}/site`);
  assert.equal(up.code, 0, up.stderr);
  const made = await plan(local(folder), remote(`${bucket}/site`), { compare: 'aws', deletes: 'after' });
  assert.deepEqual(made.actions, []);
});

test("we download what rclone uploaded, times and all, and rclone agrees that it's the same", {
  skip: noRclone,
}, async () => {
  writeTree(folder);
  await tools.rclone('sync', '--s3-upload-cutoff', '5M', folder, `R:${bucket}/site`);
  const copy = mkdtempSync(path.join(os.tmpdir(), 'cloud-remotes-interop-'));
  await sync(remote(`${bucket}/site`), local(copy));
  assert.deepEqual(filesBelow(copy), filesBelow(folder));
  const dryRun = await tools.rclone(
    'sync',
    '--dry-run',
    '-v',
    '--modify-window',
    '1us',
    `R:${bucket}/site`,
    copy,
  );
  assert.doesNotMatch(dryRun.stderr, /Skipped/, dryRun.stderr);
  assert.deepEqual((await plan(remote(`${bucket}/site`), local(copy))).actions, []);
});

test('our sync with deletes ends where rclone sync ends', { skip: noRclone }, async () => {
  writeTree(folder);
  await tools.rclone('sync', folder, `R:${bucket}/ours`);
  await tools.rclone('sync', folder, `R:${bucket}/theirs`);
  rmSync(path.join(folder, 'a'), { recursive: true });
  rmSync(path.join(folder, 'big/five.bin'));
  writeFileSync(path.join(folder, 'index.html'), '<h1>changed</h1>');
  writeFileSync(path.join(folder, 'new.txt'), 'new');
  utimesSync(path.join(folder, 'a.txt'), 1_800_000_000, 1_800_000_000);
  const made = await sync(local(folder), remote(`${bucket}/ours`), { deletes: 'after' });
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
  await tools.rclone('sync', folder, `R:${bucket}/theirs`);
  const check = await tools.rclone('check', `R:${bucket}/ours`, `R:${bucket}/theirs`, '--combined', '-');
  assert.equal(check.code, 0, check.stdout + check.stderr);
  const dryRun = await tools.rclone('sync', '--dry-run', '-v', folder, `R:${bucket}/ours`);
  assert.doesNotMatch(dryRun.stderr, /Skipped/, dryRun.stderr);
});
