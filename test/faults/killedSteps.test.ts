import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { openLocalRemote } from '../../src/backends/local/localRemote';
import { parsePath, rootPath } from '../../src/remote/remotePath';
import { type S3TestServer, startS3Server } from '../servers/s3/s3Server';
import { bundleEngine, ended, spawnFor, writeRemotes } from '../support/engineProcess';
import { body, calm, deepNames, ifAbsent, noPrecondition, pattern } from '../support/remoteCalls';
import { type Tree, temporariesIn, treeInBucket, treeOnDisk } from '../support/trees';
import { killHook } from './killHook';

// A separate process is killed just before or after one step of its work. Every file that it leaves must be whole, and the next run must
// finish the work (H22, H23). An undisturbed run counts its calls, and each kind of call must be among the steps. For kills at random
// moments, see test/integration/crashes.test.ts.

const mebi = 1024 * 1024;
const work = fs.mkdtempSync(path.join(fs.realpathSync(os.tmpdir()), 'killed-steps-'));
let bundle = '';
const hook = path.join(work, 'hook.cjs');

type Content = Readonly<Record<string, Buffer>>;

const large = (seed: number) => pattern(6 * mebi - seed, seed);
/** The source's files, which the target has in the end. */
const wanted: Content = {
  'big new': large(1),
  'big over': large(2),
  'deep/er/new': Buffer.from('in a folder that is new'),
  new: Buffer.from('a new file'),
  over: Buffer.from('a changed file'),
};
/** The target's files before the run. */
const outdated: Content = {
  'big over': large(3),
  gone: Buffer.from('to be deleted'),
  over: Buffer.from('old'),
};

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
  /** The target's files before the run. Default: `outdated`. */
  readonly old?: Content;
  /** Files of the target that are only renamed: old name by new name. */
  readonly renames?: Readonly<Record<string, string>>;
  /** Whether overwritten and deleted files go to the backup. */
  readonly keeps?: boolean;
  /** When to kill, by kind of call: `before` the service or disk performs the n-th call, or `after`, before the response arrives. */
  readonly steps: Readonly<Record<string, string>>;
}

const oldOf = (it: Case): Content => it.old ?? outdated;
const stepsOf = ({ steps }: Case) =>
  Object.entries(steps).flatMap(([kind, moments]) =>
    moments.split(', ').map((moment) => `${kind} ${moment}`),
  );

const sync = { deletes: 'after' };
const cases: Readonly<Record<string, Case>> = {
  upload: {
    source: 'disk',
    target: 'to',
    options: sync,
    steps: {
      PutObject: 'before 1, after 2',
      CreateMultipartUpload: 'before 1, after 2',
      UploadPart: 'before 1, after 4',
      CompleteMultipartUpload: 'before 1, after 1, before 2, after 2',
      DeleteObject: 'before 1, after 1',
    },
  },
  download: {
    source: 'from',
    target: 'disk',
    options: sync,
    steps: {
      GetObject: 'before 1, after 2',
      mkdir: 'before 1, after 1, after 2',
      create: 'before 1, after 1, after 3',
      write: 'before 1, after 3, after 90, before 150',
      futimes: 'before 1, after 2',
      fchmod: 'before 1, after 1',
      link: 'before 1, after 1',
      rename: 'before 1, after 1, after 2',
      unlink: 'before 1, after 3, before 4, after 4',
    },
  },
  'move from a disk': {
    source: 'disk',
    target: 'to',
    options: { verb: 'move' },
    steps: {
      PutObject: 'before 1, after 1',
      CreateMultipartUpload: 'before 2, after 1',
      UploadPart: 'before 2, after 3',
      CompleteMultipartUpload: 'before 1, after 1',
      unlink: 'before 1, after 1, before 4, after 5',
    },
  },
  'move to a disk': {
    source: 'from',
    target: 'disk',
    options: { verb: 'move' },
    steps: {
      GetObject: 'before 2, after 1',
      mkdir: 'before 1, after 2',
      create: 'before 1, after 2',
      write: 'after 1, before 150',
      futimes: 'before 1, after 1',
      fchmod: 'before 1, after 2',
      forceFile: 'before 1, after 1, after 2',
      link: 'before 1, after 1',
      unlink: 'before 1, after 1',
      rename: 'before 1, after 1',
      forceFolder: 'before 1, after 1, before 2, after 6',
      DeleteObject: 'before 1, after 2, after 4',
    },
  },
  'renames on a disk': {
    source: 'from',
    target: 'disk',
    options: { ...sync, trackRenames: 'modified' },
    old: {
      'big new': large(1),
      'big over': large(2),
      'old name': Buffer.from('a new file'),
      'old place': Buffer.from('in a folder that is new'),
      over: Buffer.from('a changed file'),
    },
    renames: { new: 'old name', 'deep/er/new': 'old place' },
    steps: {
      mkdir: 'before 1, after 2',
      link: 'before 1, after 1, after 2',
      forceFolder: 'before 1, after 1, before 2, after 4',
      unlink: 'before 1, after 1, before 2, after 2',
    },
  },
  'move within a service': {
    source: 'from',
    target: 'to',
    options: { verb: 'move' },
    steps: {
      CopyObject: 'before 1, after 1, after 3',
      DeleteObject: 'before 2, after 2',
    },
  },
  'sync with a backup': {
    source: 'disk',
    target: 'to',
    options: { ...sync, backupFolder: 'demo/kept' },
    keeps: true,
    steps: {
      CopyObject: 'before 1, after 1, after 2, before 3, after 3',
      CreateMultipartUpload: 'before 1, after 1',
      UploadPart: 'before 3, after 4',
      PutObject: 'before 2, after 2',
      CompleteMultipartUpload: 'before 2, after 2',
      DeleteObject: 'before 1, after 1',
    },
  },
};

before(async () => {
  fs.writeFileSync(hook, killHook);
  bundle = await bundleEngine();
});

after(() => {
  fs.rmSync(bundle, { force: true });
  fs.rmSync(work, { recursive: true, force: true });
});

for (const [name, it] of Object.entries(cases))
  describe(`killed during: ${name}`, { concurrency: 3 }, () => {
    test('the steps are before and after each kind of change that a run makes', () => everyKind(it));
    for (const step of stepsOf(it))
      test(`${step.replace(/ (\d)$/, ' (call $1)')}: every file is old or new and whole, and the next run ends well (H22, H23${it.keeps ? ', R23' : ''})`, () =>
        killedAt(step, it));
  });

async function killedAt(step: string, it: Case): Promise<void> {
  await given(async (where) => {
    const { source, target, kept, args } = begun(where, it);

    await runAndKill(step, where, args);
    assertWhole(source, target, kept, it);
    if (/^force\w+ \w+ 1$/.test(step)) assertNothingRemoved(source, target, it);
    const leftovers = temporariesIn(where.folder);
    assert.equal(leftovers.length, temporariesAfter(step, it) ?? Math.min(1, leftovers.length));
    await assertNotListed(where);

    where.server.clearFaults();
    const { code, text } = await ended(engine(where, args));
    assert.equal(code, 0, text);
    assertAtEnd(source, target, it);
    if (it.keeps) assertKept(target, kept, it);
    assert.equal(where.server.uploads.size, lostUploads(step), 'uploads in parts that stay open');
    // Another process may still write a temporary file, so it stays for an hour, but is never listed.
    assert.deepEqual(temporariesIn(where.folder), leftovers);
    await assertNotListed(where);
    await assertCleaned(where, leftovers);
    assertAtEnd(source, target, it);
  });
}

/** Both sides with their files before a run, and the engine's arguments. */
function begun(where: Given, it: Case) {
  const side = (name: string) => (name === 'disk' ? where.disk : where.at(name));
  const [source, target, kept] = [side(it.source), side(it.target), where.at('kept')];
  for (const [file, content] of Object.entries(wanted)) source.put(file, content);
  for (const [file, content] of Object.entries(oldOf(it))) target.put(file, content);
  const place = (name: string) => (name === 'disk' ? where.folder : `demo:demo/${name}`);
  const args = [place(it.source), place(it.target), '--options', JSON.stringify(it.options)];
  return { source, target, kept, args };
}

async function everyKind(it: Case): Promise<void> {
  await given(async (where) => {
    const { source, target, args } = begun(where, it);
    const report = path.join(path.dirname(where.folder), 'counts.json');
    const { code, text } = await ended(engine(where, args, { COUNT_INTO: report }));
    assert.equal(code, 0, text);
    assertAtEnd(source, target, it);
    assert.deepEqual(temporariesIn(where.folder), []);
    const counts: Record<string, number> = JSON.parse(fs.readFileSync(report, 'utf8'));
    for (const { operation } of where.server.requests)
      if (!/^(Head|List)/.test(operation)) counts[operation] = (counts[operation] ?? 0) + 1;
    for (const [kind, count] of Object.entries(counts))
      for (const moment of ['before', 'after'])
        assert.ok(
          it.steps[kind]?.includes(moment),
          `no step is ${moment} "${kind}", which happens ${count} times`,
        );
  });
}

function assertAtEnd(source: Tree, target: Tree, it: Case): void {
  const isMove = it.options['verb'] === 'move';
  const end = isMove ? { ...oldOf(it), ...wanted } : wanted;
  assert.deepEqual(target.files(), Object.keys(end).sort());
  for (const [file, content] of Object.entries(end))
    assert.ok(target.get(file)?.equals(content), `${file} at the end`);
  assert.deepEqual(source.files(), isMove ? [] : Object.keys(wanted).sort());
}

/** A file that may be the only copy after a power cut is removed only after the other copy is durable. */
function assertNothingRemoved(source: Tree, target: Tree, { renames = {} }: Case): void {
  assert.deepEqual(source.files(), Object.keys(wanted).sort());
  for (const before of Object.values(renames)) assert.ok(target.get(before), `${before} is gone already`);
}

/** How many temporary files a kill at this step leaves on the disk; undefined where 0 or 1 depends on other transfers. */
function temporariesAfter(step: string, it: Case): number | undefined {
  if (it.target !== 'disk' || it.renames) return 0;
  if (step.startsWith('GetObject')) return undefined;
  return /^(create after|write|futimes|fchmod|forceFile|link|rename before|unlink before [123]$)/.test(step)
    ? 1
    : 0;
}

/** The product lists the same files as the disk without our temporary files. */
async function assertNotListed({ folder, disk }: Given): Promise<void> {
  assert.deepEqual((await deepNames(openLocalRemote({ root: folder }), rootPath)).sort(), disk.files());
}

/** A write into a folder removes the old temporary files there. */
async function assertCleaned({ folder }: Given, leftovers: readonly string[]): Promise<void> {
  const remote = openLocalRemote({ root: folder, leftoverAgeMs: 0 });
  for (const at of new Set(leftovers.map((file) => path.dirname(file)))) {
    const file = parsePath(path.posix.join(at, 'later'));
    await remote.write(file, body('later'), {}, ifAbsent, calm);
    await remote.removeFile(file, noPrecondition, calm);
  }
  assert.deepEqual(temporariesIn(folder), []);
}

/** A multipart upload whose id was lost with the response stays open until the bucket's lifecycle rule aborts it. */
function lostUploads(step: string): number {
  return step.startsWith('CreateMultipartUpload after') ? 1 : 0;
}

function assertWhole(source: Tree, target: Tree, kept: Tree, it: Case): void {
  const old = oldOf(it);
  for (const [file, content] of Object.entries(wanted)) {
    const [here, there] = [source.get(file), target.get(file)];
    assert.ok(
      there?.equals(content) || there?.equals(old[file] ?? Buffer.alloc(0)) || !there,
      `${file} is mixed`,
    );
    assert.ok(there || !old[file], `the target's ${file} is gone`);
    if (here) assert.ok(here.equals(content), `the source's ${file} is another one`);
    else assert.ok(it.options['verb'] === 'move' && there?.equals(content), `${file} is on neither side`);
  }
  for (const file of target.files()) assert.ok(file in wanted || file in old, `${file} came from nowhere`);
  for (const [now, before] of Object.entries(it.renames ?? {}))
    assert.ok(
      target.get(now) ?? target.get(before)?.equals(wanted[now] ?? Buffer.alloc(0)),
      `${now} is lost`,
    );
  if (it.keeps) assertKept(target, kept, it);
  else if (old['gone'] && !target.get('gone'))
    for (const [file, content] of Object.entries(wanted))
      assert.ok(target.get(file)?.equals(content), `deleted before ${file} was copied`);
}

/** Every overwritten or deleted file of the target is in the backup. */
function assertKept(target: Tree, kept: Tree, it: Case): void {
  for (const [file, content] of Object.entries(oldOf(it)))
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
  const remotes = path.join(base, 'remotes.json');
  const options = ['--remotes', remotes, '--cache', path.join(base, 'cache'), '--transfers', '1'];
  return spawnFor(where.server, process.execPath, ['--require', hook, bundle, 'run', ...args, ...options], {
    KILL_BELOW: where.folder,
    ...env,
  });
}

async function given(run: (where: Given) => Promise<void>): Promise<void> {
  const server = await startS3Server({ buckets: ['demo'] });
  const base = fs.mkdtempSync(path.join(work, 'case-'));
  const folder = path.join(base, 'tree');
  fs.mkdirSync(folder);
  writeRemotes(base, server);
  try {
    await run({
      server,
      folder,
      disk: treeOnDisk(folder),
      at: (prefix) => treeInBucket(server, `${prefix}/`),
    });
  } finally {
    await server.stop();
    fs.rmSync(base, { recursive: true, force: true });
  }
}
