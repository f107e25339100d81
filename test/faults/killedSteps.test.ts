import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { openLocalRemote } from '../../src/backends/local/localRemote';
import { isTemporary } from '../../src/backends/local/temporaryNames';
import { parsePath, rootPath } from '../../src/remote/remotePath';
import { type S3TestServer, startS3Server } from '../servers/s3/s3Server';
import { bundleEngine, ended, spawnFor, writeRemotes } from '../support/engineProcess';
import { body, calm, deepNames, ifAbsent, noPrecondition, pattern } from '../support/remoteCalls';

// A process of its own is killed at one step of its work, just before it or just after; what it leaves must be whole, and the next run
// must reach the right end (H22, H23). No kind of step is left out: an undisturbed run counts what it does, and each kind must be among
// the steps. Killing at random moments is test/integration/crashes.test.ts.

const mebi = 1024 * 1024;
const work = fs.mkdtempSync(path.join(fs.realpathSync(os.tmpdir()), 'killed-steps-'));
let bundle = '';
const hook = path.join(work, 'hook.cjs');

/**
 * Kills its own process at the n-th of the calls of `node:fs` that change something below the test's folder in the same way, or
 * counts all of them into a file. A path may lead through an open folder (`/proc/self/fd/N/name`), so what is open is kept track of.
 */
const hookText = `
const fs = require('node:fs');
const [kind, when, nth] = (process.env.KILL_AT ?? '').split(' ');
const below = process.env.KILL_BELOW;
const opened = new Map();
const counts = {};
const placeOf = (where) => {
  if (typeof where === 'number') return opened.get(where) ?? '';
  const [, descriptor, rest] = /^\\/proc\\/self\\/fd\\/(\\d+)(.*)$/s.exec(String(where)) ?? [];
  return descriptor === undefined ? String(where) : placeOf(Number(descriptor)) + rest;
};
const makes = (flags) =>
  typeof flags === 'string' ? /[wa]/.test(flags) : ((flags ?? 0) & fs.constants.O_CREAT) !== 0;
const forced = (where) => (fs.statSync(placeOf(where)).isDirectory() ? 'forceFolder' : 'forceFile');
const kinds = {
  open: ([, flags]) => (makes(flags) ? 'create' : undefined),
  fsync: ([descriptor]) => forced(descriptor),
  fdatasync: ([descriptor]) => forced(descriptor),
};
for (const name of ['write', 'writev', 'futimes', 'fchmod', 'ftruncate', 'link', 'rename', 'unlink', 'mkdir', 'rmdir'])
  kinds[name] = () => name;
for (const name of ['copyFile', 'truncate', 'utimes', 'lutimes', 'chmod', 'symlink', 'writeFile', 'appendFile', 'rm', 'cp'])
  kinds[name] = () => name;
const die = () => process.kill(process.pid, 'SIGKILL');

function watch(module, wanted, kindOf, isOpen) {
  const original = module[wanted];
  if (typeof original !== 'function') return;
  const watched = (...args) => {
    // A link, a rename and a copy are known by the place that they change.
    const changed = ['link', 'copyFile'].some((one) => wanted.startsWith(one)) ? args[1] : args[0];
    const place = placeOf(changed);
    const is = place === below || place.startsWith(below + '/') ? kindOf(args) : undefined;
    if (is !== undefined) counts[is] = (counts[is] ?? 0) + 1;
    const strikes = is !== undefined && is === kind && counts[is] === Number(nth);
    if (strikes && when === 'before') die();
    const last = args.at(-1);
    if (typeof last === 'function')
      args[args.length - 1] = (error, ...answer) => {
        if (strikes) die();
        if (isOpen && !error) opened.set(answer[0], place);
        last(error, ...answer);
      };
    const answer = original(...args);
    if (isOpen && typeof answer === 'number') opened.set(answer, place);
    if (!strikes) return answer;
    return answer instanceof Promise ? answer.then(die) : typeof last === 'function' ? answer : die();
  };
  // How its promise is made of its callback is told by symbols.
  Object.defineProperties(watched, Object.getOwnPropertyDescriptors(original));
  module[wanted] = watched;
}
for (const [name, kindOf] of Object.entries(kinds)) {
  watch(fs, name + 'Sync', kindOf, name === 'open');
  watch(fs, name, kindOf, name === 'open');
  watch(fs.promises, name, kindOf, false);
}
const report = process.env.COUNT_INTO;
if (report !== undefined) process.on('exit', () => fs.writeFileSync(report, JSON.stringify(counts)));
`;

type Content = Readonly<Record<string, Buffer>>;

const large = (seed: number) => pattern(6 * mebi - seed, seed);
/** What the source has; the target is to be like it. */
const wanted: Content = {
  'big new': large(1),
  'big over': large(2),
  'deep/er/new': Buffer.from('in a folder that is new'),
  new: Buffer.from('a new file'),
  over: Buffer.from('a changed file'),
};
/** What the target has before. */
const outdated: Content = {
  'big over': large(3),
  gone: Buffer.from('to be deleted'),
  over: Buffer.from('old'),
};

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
  /** What the target has before, where that isn't `outdated`. */
  readonly old?: Content;
  /** Files of the target that only get another name: the old one by the new one. */
  readonly renames?: Readonly<Record<string, string>>;
  /** Whether overwritten and deleted files go to the backup. */
  readonly keeps?: boolean;
  /** Of the network: `before` the service sees a request, or `after` it did it and before its answer arrives. Of the disk likewise. */
  readonly steps: readonly string[];
}

const oldOf = (it: Case): Content => it.old ?? outdated;

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
      'mkdir before 1',
      'mkdir after 1',
      'mkdir after 2',
      'create before 1',
      'create after 1',
      'create after 3',
      'write before 1',
      'write after 3',
      'write after 90',
      'write before 150',
      'futimes before 1',
      'futimes after 2',
      'fchmod before 1',
      'fchmod after 1',
      'link before 1',
      'link after 1',
      'rename before 1',
      'rename after 1',
      'rename after 2',
      'unlink before 1',
      'unlink after 3',
      'unlink before 4',
      'unlink after 4',
    ],
  },
  'move from a disk': {
    source: 'disk',
    target: 'to',
    options: { verb: 'move' },
    steps: [
      'PutObject before 1',
      'PutObject after 1',
      'CreateMultipartUpload before 2',
      'CreateMultipartUpload after 1',
      'UploadPart before 2',
      'UploadPart after 3',
      'CompleteMultipartUpload before 1',
      'CompleteMultipartUpload after 1',
      'unlink before 1',
      'unlink after 1',
      'unlink before 4',
      'unlink after 5',
    ],
  },
  'move to a disk': {
    source: 'from',
    target: 'disk',
    options: { verb: 'move' },
    steps: [
      'GetObject before 2',
      'GetObject after 1',
      'mkdir before 1',
      'mkdir after 2',
      'create before 1',
      'create after 2',
      'write after 1',
      'write before 150',
      'futimes before 1',
      'futimes after 1',
      'fchmod before 1',
      'fchmod after 2',
      'forceFile before 1',
      'forceFile after 1',
      'forceFile after 2',
      'link before 1',
      'link after 1',
      'unlink before 1',
      'unlink after 1',
      'rename before 1',
      'rename after 1',
      'forceFolder before 1',
      'forceFolder after 1',
      'forceFolder before 2',
      'forceFolder after 6',
      'DeleteObject before 1',
      'DeleteObject after 2',
      'DeleteObject after 4',
    ],
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
    steps: [
      'mkdir before 1',
      'mkdir after 2',
      'link before 1',
      'link after 1',
      'link after 2',
      'forceFolder before 1',
      'forceFolder after 1',
      'forceFolder before 2',
      'forceFolder after 4',
      'unlink before 1',
      'unlink after 1',
      'unlink before 2',
      'unlink after 2',
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
      'CreateMultipartUpload before 1',
      'CreateMultipartUpload after 1',
      'UploadPart before 3',
      'UploadPart after 4',
      'PutObject before 2',
      'PutObject after 2',
      'CompleteMultipartUpload before 2',
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
  bundle = await bundleEngine();
});

after(() => {
  fs.rmSync(bundle, { force: true });
  fs.rmSync(work, { recursive: true, force: true });
});

for (const [name, it] of Object.entries(cases))
  describe(`killed during: ${name}`, { concurrency: 3 }, () => {
    test('the steps are before and after each kind of change that a run makes', () => everyKind(it));
    for (const step of it.steps)
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
    // Another process may be writing it still: it stays for an hour, listed nowhere.
    assert.deepEqual(temporariesIn(where.folder), leftovers);
    await assertNotListed(where);
    await assertCleaned(where, leftovers);
    assertAtEnd(source, target, it);
  });
}

/** Both sides with what they have before a run, and the engine's arguments for it. */
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
          it.steps.some((step) => step.startsWith(`${kind} ${moment} `)),
          `no step is ${moment} "${kind}", which happens ${count} times`,
        );
  });
}

function assertAtEnd(source: Tree, target: Tree, it: Case): void {
  const isMove = it.options['verb'] === 'move';
  const end = isMove ? { ...oldOf(it), ...wanted } : wanted;
  assert.deepEqual(target.files().sort(), Object.keys(end).sort());
  for (const [file, content] of Object.entries(end))
    assert.ok(target.get(file)?.equals(content), `${file} at the end`);
  assert.deepEqual(source.files().sort(), isMove ? [] : Object.keys(wanted).sort());
}

/** What may be the only copy after a power cut is removed only once the other one has reached the disk. */
function assertNothingRemoved(source: Tree, target: Tree, { renames = {} }: Case): void {
  assert.deepEqual(source.files().sort(), Object.keys(wanted).sort());
  for (const before of Object.values(renames)) assert.ok(target.get(before), `${before} is gone already`);
}

/** How many temporary files that step leaves on the disk; undefined where it depends on what else has been done by then, which is one at most. */
function temporariesAfter(step: string, it: Case): number | undefined {
  if (it.target !== 'disk' || it.renames) return 0;
  if (step.startsWith('GetObject')) return undefined;
  return /^(create after|write|futimes|fchmod|forceFile|link|rename before|unlink before [123]$)/.test(step)
    ? 1
    : 0;
}

/** What the disk shows by no name of its own is not shown by the product either. */
async function assertNotListed({ folder, disk }: Given): Promise<void> {
  assert.deepEqual(
    (await deepNames(openLocalRemote({ root: folder }), rootPath)).sort(),
    disk.files().sort(),
  );
}

/** Once they are old enough, what a kill left is removed from each folder that is written into. */
async function assertCleaned({ folder }: Given, leftovers: readonly string[]): Promise<void> {
  const remote = openLocalRemote({ root: folder, leftoverAgeMs: 0 });
  for (const at of new Set(leftovers.map((file) => path.dirname(file)))) {
    const file = parsePath(path.posix.join(at, 'later'));
    await remote.write(file, body('later'), {}, ifAbsent, calm);
    await remote.removeFile(file, noPrecondition, calm);
  }
  assert.deepEqual(temporariesIn(folder), []);
}

/** An upload whose begin was answered to nobody can't be known by the next run; a bucket's own rule ends it. */
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

/** What is no longer on the target as it was is in the backup. */
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
      const absolute = path.join(folder, file);
      fs.mkdirSync(path.dirname(absolute), { recursive: true });
      fs.writeFileSync(absolute, content);
      fs.utimesSync(absolute, 1_000_000_000, 1_000_000_000);
    },
    get: (file) =>
      fs.existsSync(path.join(folder, file)) ? fs.readFileSync(path.join(folder, file)) : undefined,
    files: () => filesIn(folder).filter((file) => !isOurTemporary(folder, file)),
  };
}

function temporariesIn(folder: string): string[] {
  return filesIn(folder).filter((file) => isOurTemporary(folder, file));
}

function isOurTemporary(folder: string, file: string): boolean {
  return isTemporary(path.basename(file), fs.lstatSync(path.join(folder, file), { bigint: true }));
}

/** Paths of all that is no folder, with slashes. */
function filesIn(folder: string, below = ''): string[] {
  return fs.readdirSync(path.join(folder, below), { withFileTypes: true }).flatMap((entry) => {
    const file = path.posix.join(below, entry.name);
    return entry.isDirectory() ? filesIn(folder, file) : [file];
  });
}
