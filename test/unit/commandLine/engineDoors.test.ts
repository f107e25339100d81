import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { type S3TestServer, startS3Server } from '../../servers/s3/s3Server';

// The doors by which a maintainer sees how lines and files of other tools are read.

const root = process.env['CLOUD_REMOTES_ROOT'] ?? process.cwd();

let server: S3TestServer;
let folder: string;

before(async () => {
  server = await startS3Server({ buckets: ['bucket'] });
  server.store.put('bucket', 'p/gone.txt', 'gone');
  folder = mkdtempSync(path.join(os.tmpdir(), 'cloud-remotes-doors-'));
  mkdirSync(path.join(folder, 'dist'));
  writeFileSync(path.join(folder, 'dist', 'a.txt'), 'a');
  const { endpoint, region } = server;
  const lab = { name: 'lab', backend: 's3', endpoint, region, credentials: 'environment' };
  writeFileSync(path.join(folder, 'remotes.json'), JSON.stringify([lab]));
});

after(async () => {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

interface Said {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function engine(...args: string[]): Promise<Said> {
  const env = {
    ...process.env,
    AWS_ACCESS_KEY_ID: server.accessKeyId,
    AWS_SECRET_ACCESS_KEY: server.secretAccessKey,
  };
  const all = ['test/tools/runTs.mjs', 'test/tools/engine.ts', ...args];
  return new Promise((done) => {
    execFile(process.execPath, all, { cwd: root, env }, (error, stdout, stderr) =>
      done({ code: error ? Number(error.code) : 0, stdout, stderr }),
    );
  });
}

const here = () => ['--folder', folder, '--remotes', path.join(folder, 'remotes.json')];

test('a line is printed as what it was understood as', async () => {
  const { code, stdout } = await engine(
    'line',
    "rclone sync dist lab:bucket/p --exclude '*.tmp' -v",
    ...here(),
    '--json',
  );
  assert.equal(code, 0);
  const { flags, ...rest } = JSON.parse(stdout);
  assert.deepEqual(rest, {
    tool: 'rclone',
    verb: 'sync',
    source: { kind: 'folder', path: path.join(folder, 'dist') },
    target: { kind: 'remote', remote: 'lab', path: 'bucket/p' },
    options: {
      verb: 'sync',
      compare: 'rclone',
      deletes: 'after',
      filters: [{ exclude: '*.tmp' }],
      filterDialect: 'rclone',
      useDefaultExcludes: false,
      followSymlinks: false,
      refreshTimes: true,
    },
    summary: `rclone sync: ${path.join(folder, 'dist')} → lab:bucket/p`,
  });
  assert.deepEqual(
    flags.map(({ flag, value, verdict }: Record<string, string>) => [flag, value, verdict]),
    [
      ['--exclude', '*.tmp', 'understood'],
      ['-v', undefined, 'ignored'],
    ],
  );
});

test('a plan of a line is the plan of the two places and options that it means', async () => {
  const line = 'aws s3 sync dist s3://bucket/p --delete';
  const options = JSON.stringify({
    compare: 'aws',
    deletes: 'after',
    useDefaultExcludes: false,
    filterDialect: 'aws',
  });
  const [byLine, byPlaces] = await Promise.all([
    engine('plan', '--line', line, ...here()),
    engine('plan', path.join(folder, 'dist'), 'lab:bucket/p', '--options', options, ...here()),
  ]);
  assert.equal(byLine.code, 0, byLine.stderr);
  assert.match(byLine.stdout, /^upload {2}a\.txt/m);
  assert.match(byLine.stdout, /^delete {2}gone\.txt/m);
  assert.equal(byLine.stdout, byPlaces.stdout);
  assert.match(byLine.stderr, /Assuming that s3:\/\/bucket\/p is on "lab"/);
});

const problems: readonly [string, readonly string[], RegExp][] = [
  ['nothing', ['line', ''], /Paste a line/],
  ['another command', ['line', 'ls -l'], /"ls" is not supported/],
  ['an open quote', ['line', 'rclone sync "a lab:b'], /not closed/],
  ['a name too long for a disk', ['line', `rclone sync ${'x'.repeat(5000)} nowhere:b`], /No remote is named/],
  ['a line to plan that can not be read', ['plan', '--line', 'rclone bisync a b'], /bisync/],
  ['a file that is not there', ['config', '/nowhere/rclone.conf'], /no file/],
];
for (const [what, args, says] of problems)
  test(`a problem is an answer with exit code 1: ${what}`, async () => {
    const { code, stdout } = await engine(...args, '--json');
    assert.equal(code, 1);
    assert.match(JSON.parse(stdout).problem, says);
  });

test('a misused door says how it is used, with exit code 2', async () => {
  for (const args of [
    ['line'],
    ['config'],
    ['line', 'rclone sync a b:', '--shell', 'fish'],
    ['plan', 'a', '--line', 'x'],
  ]) {
    const { code, stderr } = await engine(...args);
    assert.equal(code, 2, args.join(' '));
    assert.match(stderr, /usage: engine/);
  }
});

test('what configuration files offer is named with its settings, and what is refused with the reason; secrets never', async () => {
  const file = path.join(folder, 'any.conf');
  writeFileSync(
    file,
    '[good]\ntype = s3\nprovider = AWS\naccess_key_id = AK\nsecret_access_key = hush\nregion = eu-west-1\n[odd]\ntype = ftp\nhost = h\n',
  );
  const rclone = await engine('config', file, '--json');
  assert.equal(rclone.code, 0, rclone.stderr);
  assert.doesNotMatch(rclone.stdout, /hush/);
  const { tool, remotes } = JSON.parse(rclone.stdout);
  assert.equal(tool, 'rclone');
  assert.deepEqual(
    remotes.map(({ name, kind, usable }: Record<string, unknown>) => [name, kind, usable]),
    [
      ['good', 's3', true],
      ['odd', 'ftp', false],
    ],
  );
  assert.deepEqual(remotes[0].secrets, ['secretAccessKey']);
  assert.match(remotes[1].because, /"ftp"/);

  writeFileSync(
    file,
    '[default]\naws_access_key_id = AK\naws_secret_access_key = hush\n[profile work]\nregion = eu-west-1\nsso_start_url = u\n',
  );
  const aws = await engine('config', file, '--json');
  assert.equal(aws.code, 0, aws.stderr);
  assert.doesNotMatch(aws.stdout, /hush/);
  const offered = JSON.parse(aws.stdout);
  assert.equal(offered.tool, 'aws');
  assert.deepEqual(
    offered.remotes.map(({ name, usable }: Record<string, unknown>) => [name, usable]),
    [
      ['default', true],
      ['work', true],
    ],
  );
});
