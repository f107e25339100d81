import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import * as esbuild from 'esbuild';
import { isTemporary } from '../../src/backends/local/temporaryNames';
import { pattern } from '../backends/contract/words';
import { type S3TestServer, startS3Server } from '../servers/s3/s3Server';

// A process of its own is killed at one step of its work, just before it or just after; what it leaves must be whole, and the next run
// must reach the right end (H22, H23). Killing at random moments is test/transfer/crashes.test.ts.

const root = process.env['CLOUD_REMOTES_ROOT'] ?? process.cwd();
const mebi = 1024 * 1024;
const work = fs.mkdtempSync(path.join(os.tmpdir(), 'killed-steps-'));
const bundle = path.join(root, 'out', 'tools', `engine-killed-${process.pid}.cjs`);
const hook = path.join(work, 'hook.cjs');

/** Kills its own process at the n-th call of one function of `node:fs` that names the test's folder (or a descriptor). */
const hookText = `
const [name, when, nth] = (process.env.KILL_AT ?? '').split(' ');
let calls = 0;
const meets = (args) => typeof args[0] === 'number' || String(args[0]).startsWith(process.env.KILL_BELOW);
const die = () => process.kill(process.pid, 'SIGKILL');
for (const [module, wanted] of [
  [require('node:fs'), name + 'Sync'],
  [require('node:fs'), name],
  [require('node:fs/promises'), name],
]) {
  const original = module[wanted];
  if (!name || typeof original !== 'function') continue;
  module[wanted] = (...args) => {
    const strikes = meets(args) && ++calls === Number(nth);
    if (strikes && when === 'before') die();
    const last = args.at(-1);
    if (strikes && typeof last === 'function') args[args.length - 1] = () => die();
    const answer = original(...args);
    if (!strikes) return answer;
    return answer instanceof Promise ? answer.then(die) : typeof last === 'function' ? answer : die();
  };
}
`;

type Content = Readonly<Record<string, Buffer>>;

const large = (seed: number) => pattern(6 * mebi - seed, seed);
/** What the source has; the target is to be like it. */
const wanted: Content = {
  'big new': large(1),
  'big over': large(2),
  new: Buffer.from('a new file'),
  over: Buffer.from('a changed file'),
};
/** What the target has before. */
const old: Content = { 'big over': large(3), gone: Buffer.from('to be deleted'), over: Buffer.from('old') };

/** One side, seen and changed without the engine. */
interface Tree {
  put(file: string, content: Buffer): void;
  get(file: string): Buffer | undefined;
  files(): string[];
}

interface Given {
  readonly server: S3TestServer;
  readonly folder: string;
  readonly disk: Tree;
  /** Below `from`, `to` and `kept` in the bucket. */
  at(prefix: string): Tree;
}

interface Case {
  readonly source: 'disk' | 'from';
  readonly target: 'disk' | 'to';
  readonly options: Readonly<Record<string, unknown>>;
  /** Whether overwritten and deleted files go to the backup. */
  readonly keeps?: boolean;
  /** Of the network: `before` the service sees a request, or `after` it did it and before its answer arrives. Of the disk likewise. */
  readonly steps: readonly string[];
}

const sync = { deletes: 'after' };
const cases: Readonly<Record<string, Case>> = {
  upload: {
    source: 'disk',
    target: 'to',
    options: sync,
    steps: [
      'PutObject before 1',
      'PutObject after 2',
      'CreateMultipartUpload before 1',
      'CreateMultipartUpload after 2',
      'UploadPart before 1',
      'UploadPart after 4',
      'CompleteMultipartUpload before 1',
      'CompleteMultipartUpload after 1',
      'CompleteMultipartUpload before 2',
      'CompleteMultipartUpload after 2',
      'DeleteObject before 1',
      'DeleteObject after 1',
    ],
  },
  download: {
    source: 'from',
    target: 'disk',
    options: sync,
    steps: [
      'GetObject before 1',
      'GetObject after 2',
      'write before 1',
      'write after 3',
      'futimes before 1',
      'futimes after 2',
      'link before 1',
      'link after 1',
      'rename before 1',
      'rename after 1',
      'rename after 2',
      'unlink before 1',
      'unlink after 3',
    ],
  },
  'move from a disk': {
    source: 'disk',
    target: 'to',
    options: { verb: 'move' },
    steps: [
      'PutObject after 1',
      'CompleteMultipartUpload after 1',
      'unlink before 1',
      'unlink after 1',
      'unlink before 4',
    ],
  },
  'move to a disk': {
    source: 'from',
    target: 'disk',
    options: { verb: 'move' },
    steps: [
      'link after 1',
      'rename before 1',
      'DeleteObject before 1',
      'DeleteObject after 2',
      'DeleteObject after 4',
    ],
  },
  'move within a service': {
    source: 'from',
    target: 'to',
    options: { verb: 'move' },
    steps: [
      'CopyObject before 1',
      'CopyObject after 1',
      'CopyObject after 3',
      'DeleteObject before 2',
      'DeleteObject after 2',
    ],
  },
  'sync with a backup': {
    source: 'disk',
    target: 'to',
    options: { ...sync, backupFolder: 'demo/kept' },
    keeps: true,
    steps: [
      'CopyObject before 1',
      'CopyObject after 1',
      'CopyObject after 2',
      'PutObject before 2',
      'PutObject after 2',
      'CompleteMultipartUpload after 2',
      'CopyObject before 3',
      'CopyObject after 3',
      'DeleteObject before 1',
      'DeleteObject after 1',
    ],
  },
};

before(async () => {
  fs.writeFileSync(hook, hookText);
  await esbuild.build({
    absWorkingDir: root,
    entryPoints: ['test/tools/engine.ts'],
    outfile: bundle,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    packages: 'external',
    define: { 'import.meta.dirname': '__dirname' },
    logLevel: 'error',
  });
});

after(() => {
  fs.rmSync(bundle, { force: true });
  fs.rmSync(work, { recursive: true, force: true });
});

for (const [name, it] of Object.entries(cases))
  describe(`killed during: ${name}`, { concurrency: 3 }, () => {
    for (const step of it.steps)
      test(`${step.replace(/ (\d)$/, ' (call $1)')}: every file is old or new and whole, and the next run ends well (H22, H23${it.keeps ? ', R23' : ''})`, () =>
        killedAt(step, it));
  });

async function killedAt(step: string, it: Case): Promise<void> {
  await given(async (where) => {
    const side = (name: string) => (name === 'disk' ? where.disk : where.at(name));
    const [source, target, kept] = [side(it.source), side(it.target), where.at('kept')];
    const isMove = it.options['verb'] === 'move';
    for (const [file, content] of Object.entries(wanted)) source.put(file, content);
    for (const [file, content] of Object.entries(old)) target.put(file, content);
    const place = (name: string) => (name === 'disk' ? where.folder : `demo:demo/${name}`);
    const args = [place(it.source), place(it.target), '--options', JSON.stringify(it.options)];

    await runAndKill(step, where, args);
    assertWhole(source, target, kept, isMove, it.keeps ?? false);

    where.server.clearFaults();
    const { code, text } = await ended(engine(where, args));
    assert.equal(code, 0, text);
    const end = isMove ? { ...old, ...wanted } : wanted;
    assert.deepEqual(target.files().sort(), Object.keys(end).sort());
    for (const [file, content] of Object.entries(end))
      assert.ok(target.get(file)?.equals(content), `${file} at the end`);
    assert.deepEqual(source.files().sort(), isMove ? [] : Object.keys(wanted).sort());
    if (it.keeps) assertKept(target, kept);
    assert.equal(where.server.uploads.size, lostUploads(step), 'uploads in parts that stay open');
  });
}

/** An upload whose begin was answered to nobody can't be known by the next run; a bucket's own rule ends it. */
function lostUploads(step: string): number {
  return step.startsWith('CreateMultipartUpload after') ? 1 : 0;
}

function assertWhole(source: Tree, target: Tree, kept: Tree, isMove: boolean, keeps: boolean): void {
  for (const [file, content] of Object.entries(wanted)) {
    const [here, there] = [source.get(file), target.get(file)];
    assert.ok(
      there?.equals(content) || there?.equals(old[file] ?? Buffer.alloc(0)) || !there,
      `${file} is mixed`,
    );
    assert.ok(there || !old[file], `the target's ${file} is gone`);
    if (here) assert.ok(here.equals(content), `the source's ${file} is another one`);
    else assert.ok(isMove && there?.equals(content), `${file} is on neither side`);
  }
  for (const file of target.files()) assert.ok(file in wanted || file in old, `${file} came from nowhere`);
  if (keeps) assertKept(target, kept);
  else if (!target.get('gone'))
    for (const [file, content] of Object.entries(wanted))
      assert.ok(target.get(file)?.equals(content), `deleted before ${file} was copied`);
}

/** What is no longer on the target as it was is in the backup. */
function assertKept(target: Tree, kept: Tree): void {
  for (const [file, content] of Object.entries(old))
    if (!target.get(file)?.equals(content))
      assert.ok(
        kept.files().some((one) => one.startsWith(file) && kept.get(one)?.equals(content)),
        `the old ${file} is lost`,
      );
}

async function runAndKill(step: string, where: Given, args: readonly string[]): Promise<void> {
  const [operation = '', moment, nth] = step.split(' ');
  const ofService = /^[A-Z]/.test(operation);
  const child = engine(where, args, ofService ? {} : { KILL_AT: step });
  if (ofService) {
    let seen = 0;
    const strikes = () => ++seen === Number(nth);
    if (moment === 'before')
      where.server.addFault({
        operation,
        when: () => {
          if (strikes()) child.kill('SIGKILL');
          return seen >= Number(nth);
        },
        count: Number.POSITIVE_INFINITY,
        delayMs: Number.POSITIVE_INFINITY,
      });
    else {
      const fault = where.server.addFault({ operation, skip: Number(nth) - 1, loseResponse: true });
      const watch = setInterval(() => fault.hits > 0 && child.kill('SIGKILL'), 1);
      child.once('close', () => clearInterval(watch));
    }
  }
  const { code, text } = await ended(child);
  assert.equal(code, null, `${step} was never reached: ${text}`);
}

function engine(
  where: Given,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): ChildProcess {
  const base = path.dirname(where.folder);
  const { server } = where;
  return spawn(
    process.execPath,
    [
      ...['--require', hook, bundle, 'run', ...args],
      ...[
        '--remotes',
        path.join(base, 'remotes.json'),
        '--cache',
        path.join(base, 'cache'),
        '--transfers',
        '1',
      ],
    ],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...process.env,
        AWS_ACCESS_KEY_ID: server.accessKeyId,
        AWS_SECRET_ACCESS_KEY: server.secretAccessKey,
        KILL_BELOW: where.folder,
        ...env,
      },
    },
  );
}

/** Resolves to the exit code, null when killed, with all that was printed. */
function ended(child: ChildProcess): Promise<{ readonly code: number | null; readonly text: string }> {
  let text = '';
  child.stdout?.on('data', (chunk) => (text += chunk));
  child.stderr?.on('data', (chunk) => (text += chunk));
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, text })));
}

async function given(run: (where: Given) => Promise<void>): Promise<void> {
  const server = await startS3Server({ buckets: ['demo'] });
  const base = fs.mkdtempSync(path.join(work, 'case-'));
  const folder = path.join(base, 'tree');
  fs.mkdirSync(folder);
  const settings = {
    name: 'demo',
    backend: 's3',
    provider: 'Other',
    endpoint: server.endpoint,
    region: server.region,
    credentials: 'environment',
    uploadCutoff: '5Mi',
    chunkSize: '5Mi',
  };
  fs.writeFileSync(path.join(base, 'remotes.json'), JSON.stringify([settings]));
  try {
    await run({ server, folder, disk: onDisk(folder), at: (prefix) => inBucket(server, prefix) });
  } finally {
    await server.stop();
    fs.rmSync(base, { recursive: true, force: true });
  }
}

function inBucket(server: S3TestServer, prefix: string): Tree {
  return {
    put: (file, content) =>
      void server.store.put('demo', `${prefix}/${file}`, content, { lastModified: 1_000_000_000_000 }),
    get: (file) => server.store.get('demo', `${prefix}/${file}`)?.body,
    files: () =>
      server.store
        .keys('demo')
        .filter((key) => key.startsWith(`${prefix}/`))
        .map((key) => key.slice(prefix.length + 1)),
  };
}

function onDisk(folder: string): Tree {
  return {
    put(file, content) {
      fs.writeFileSync(path.join(folder, file), content);
      fs.utimesSync(path.join(folder, file), 1_000_000_000, 1_000_000_000);
    },
    get: (file) =>
      fs.existsSync(path.join(folder, file)) ? fs.readFileSync(path.join(folder, file)) : undefined,
    files: () =>
      fs
        .readdirSync(folder)
        .filter((name) => !isTemporary(name, fs.lstatSync(path.join(folder, name), { bigint: true }))),
  };
}
