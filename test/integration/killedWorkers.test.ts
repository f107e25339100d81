import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, type TestContext, test } from 'node:test';
import type { SyncRequest } from '../../src/app';
import type { Place } from '../../src/plan/model/plan';
import { defaultPlanOptions } from '../../src/plan/model/planOptions';
import { isRemoteError } from '../../src/remote/remoteError';
import { parsePath } from '../../src/remote/remotePath';
import { type S3TestServer, startS3Server } from '../servers/s3/s3Server';
import { bundleEngineThread, homeOf, hostFor } from '../support/engineThread';
import { random } from '../support/random';
import { calm, pattern } from '../support/remoteCalls';
import { temporaryFolder } from '../support/temporaryFolder';
import { type Tree, treeInBucket, treeOnDisk } from '../support/trees';

// The worker of the engine is stopped at any moment. Every file that it leaves must be whole, nothing may be removed before its copy is there,
// the journal must be readable, and the next run, in a new worker, must reach the end. A run must even reach its own end when only a thread is
// stopped that shares its copies.

/** In each direction. */
const kills = 13;
/** Of threads that share copies, in each direction. */
const losses = 25;
const mebi = 1024 * 1024;
const small = Array.from({ length: 24 }, (_, i) => `d${i % 4}/file ${i}`);
const large = ['big one', 'd1/big two'];
const wanted = [...small, ...large];

const contents = new Map<string, Buffer>();

/** The states of a file differ in their sizes too. */
function content(file: string, state: 'old' | 'new'): Buffer {
  const id = `${state} ${file}`;
  let bytes = contents.get(id);
  if (!bytes) {
    const size = large.includes(file) ? 6 * mebi : 3000 + 41 * small.indexOf(file);
    bytes = pattern(state === 'new' ? size : size - 1, file.length + (state === 'new' ? 7 : 3));
    contents.set(id, bytes);
  }
  return bytes;
}

let script = '';
before(async () => {
  script = await bundleEngineThread();
});
after(() => fs.rmSync(script, { force: true }));

interface Direction {
  readonly slow: readonly string[];
  readonly verb: 'sync' | 'move';
  sides(disk: Tree, bucket: Tree): readonly [source: Tree, target: Tree];
  places(disk: Place, bucket: Place): readonly [source: Place, target: Place];
}

const directions: Readonly<Record<string, Direction>> = {
  'an upload': {
    slow: ['PutObject', 'UploadPart'],
    verb: 'sync',
    sides: (disk, bucket) => [disk, bucket],
    places: (disk, bucket) => [disk, bucket],
  },
  'a download': {
    slow: ['GetObject'],
    verb: 'sync',
    sides: (disk, bucket) => [bucket, disk],
    places: (disk, bucket) => [bucket, disk],
  },
  'a move to a bucket': {
    slow: ['PutObject', 'UploadPart'],
    verb: 'move',
    sides: (disk, bucket) => [disk, bucket],
    places: (disk, bucket) => [disk, bucket],
  },
  'a move to a disk': {
    slow: ['GetObject', 'DeleteObject'],
    verb: 'move',
    sides: (disk, bucket) => [bucket, disk],
    places: (disk, bucket) => [bucket, disk],
  },
};

function assertNothingLost(verb: string, source: Tree, target: Tree, when: string): void {
  for (const file of target.files()) {
    const found = target.get(file);
    const isWhole = (['old', 'new'] as const).some((state) => found?.equals(content(file, state)));
    assert.ok(wanted.includes(file) && isWhole, `${when}: the target's ${file} is neither old nor new`);
  }
  for (const file of wanted) {
    const has = source.get(file)?.equals(content(file, 'new'));
    const hasMoved = verb === 'move' && target.get(file)?.equals(content(file, 'new'));
    assert.ok(has || (hasMoved && !source.get(file)), `${when}: ${file} is lost`);
  }
}

function assertJournalsReadable(folder: string): void {
  for (const name of fs.readdirSync(folder)) {
    const lines = fs.readFileSync(path.join(folder, name), 'utf8').split('\n');
    assert.equal(lines.pop(), '', `the last line of ${name} is whole`);
    for (const line of lines) assert.equal(typeof JSON.parse(line).event, 'string');
  }
}

/** Stops the worker once the server has `requests` that move files, and some milliseconds later. */
function stopAfter(server: S3TestServer, requests: number, waitMs: number, stop: () => void): () => void {
  const moving = /^(GetObject|PutObject|UploadPart|CompleteMultipartUpload|DeleteObjects?)$/;
  const began = server.requests.length;
  const watch = setInterval(() => {
    const seen = server.requests.slice(began).filter(({ operation }) => moving.test(operation));
    if (seen.length < requests) return;
    clearInterval(watch);
    setTimeout(stop, waitMs);
  }, 1);
  return () => clearInterval(watch);
}

async function killAndEnd(t: TestContext, seed: number, it: Direction): Promise<void> {
  const r = random(seed);
  const server = await startS3Server({ buckets: ['demo'] });
  const base = temporaryFolder(t);
  const folder = path.join(base, 'tree');
  fs.mkdirSync(folder);
  const storageFolder = path.join(base, 'storage');
  const host = hostFor(server, { storageFolder, lockFolder: path.join(base, 'locks') });
  const home = homeOf('in a worker', host, script);
  const [source, target] = it.sides(treeOnDisk(folder), treeInBucket(server));
  const [from, to] = it.places(
    { kind: 'folder', path: folder },
    { kind: 'remote', remote: 'demo', path: parsePath('demo') },
  );
  const { verb } = it;
  const deletes = verb === 'sync' ? 'after' : 'none';
  const request: SyncRequest = {
    source: from,
    target: to,
    options: { ...defaultPlanOptions, verb, deletes },
  };
  server.addFault({ operation: [...it.slow], delayMs: 3, count: Number.POSITIVE_INFINITY });
  let stopped = 0;
  try {
    for (let kill = 1; kill <= kills; kill++) {
      for (const file of wanted) {
        source.put(file, content(file, 'new'));
        if (r.chance(0.6)) target.put(file, content(file, 'old'));
      }
      const plan = await home.engine.planSync(request, calm);
      const worker = home.workers.at(-1);
      const requests = r.whole(30);
      const unwatch = stopAfter(server, requests, r.whole(12), () => void worker?.terminate());
      const error: unknown = await home.engine.runPlan(plan, calm, { transfers: 4 }).then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      unwatch();
      if (error !== undefined) {
        stopped++;
        assert.ok(isRemoteError(error, 'other') && /ended unexpectedly/.test(error.message), String(error));
      }
      assertNothingLost(verb, source, target, `kill ${kill} after ${requests} requests`);
      assertJournalsReadable(path.join(storageFolder, 'runs'));
    }
    server.clearFaults();
    const plan = await home.engine.planSync(request, calm);
    const report = await home.engine.runPlan(plan, calm);
    assert.equal(report.totals.done, plan.actions.length, JSON.stringify(report.totals));
    assert.deepEqual(target.files(), [...wanted].sort());
    for (const file of wanted) assert.ok(target.get(file)?.equals(content(file, 'new')), file);
    assert.ok(stopped >= kills / 2, `only ${stopped} were stopped before their end`);
    assert.ok(home.workers.length > stopped);
  } finally {
    await home.close();
    await server.stop();
  }
}

describe('a worker that is stopped at any moment loses nothing', () => {
  for (const [index, [name, it]] of Object.entries(directions).entries())
    test(`in ${name}`, (t) => killAndEnd(t, index + 1, it));
});

/** Stops one of two more threads that share the copies, in each of many runs to new places. */
async function loseThreads(t: TestContext, seed: number, isUpload: boolean): Promise<void> {
  const r = random(seed);
  const server = await startS3Server({ buckets: ['demo'] });
  const base = temporaryFolder(t);
  const storageFolder = path.join(base, 'storage');
  const lines: string[] = [];
  const log = { write: (_level: string, _tag: string, text: string) => void lines.push(text) };
  const home = homeOf('in three threads', hostFor(server, { storageFolder, log }), script);
  const isSmall = (file: string | undefined) => !large.some((name) => file?.endsWith(name));
  server.addFault({ operation: ['PutObject', 'GetObject'], delayMs: 3, count: Number.POSITIVE_INFINITY });
  try {
    for (let kill = 1; kill <= losses; kill++) {
      const at = (side: string) => {
        const onDisk = (side === 'source') === isUpload;
        const name = `${side}${kill}`;
        fs.mkdirSync(path.join(base, name));
        return onDisk
          ? {
              tree: treeOnDisk(path.join(base, name)),
              place: { kind: 'folder', path: path.join(base, name) } as const,
            }
          : {
              tree: treeInBucket(server, `${name}/`),
              place: { kind: 'remote', remote: 'demo', path: parsePath(`demo/${name}`) } as const,
            };
      };
      const [source, target] = [at('source'), at('target')];
      for (const file of wanted) {
        source.tree.put(file, content(file, 'new'));
        if (r.chance(0.4)) target.tree.put(file, content(file, 'old'));
      }
      const options = { ...defaultPlanOptions, verb: 'sync', deletes: 'after' } as const;
      const plan = await home.engine.planSync({ source: source.place, target: target.place, options }, calm);
      const began = server.requests.length;
      const threads = () => home.workers.slice(2 * (kill - 1));
      const stop = () => void threads()[r.whole(2)]?.terminate();
      const unwatch = stopAfter(server, 1 + r.whole(20), r.whole(8), stop);
      const { totals } = await home.engine.runPlan(plan, calm, { transfers: 6 });
      unwatch();
      const when = `loss ${kill}`;
      assert.equal(totals.done, wanted.length, `${when}: ${JSON.stringify(totals)}`);
      assert.deepEqual(target.tree.files(), [...wanted].sort(), when);
      for (const file of wanted)
        assert.ok(target.tree.get(file)?.equals(content(file, 'new')), `${when}: ${file}`);
      assertJournalsReadable(path.join(storageFolder, 'runs'));
      const sent = server.requests
        .slice(began)
        .filter(({ operation, key }) => operation === 'PutObject' && isSmall(key));
      const stored = sent.filter(({ status }) => status === 200).map(({ key }) => key);
      assert.equal(new Set(stored).size, stored.length, `${when}: a file is stored twice`);
      if (isUpload) assert.ok(sent.length <= small.length + 6, `${when}: ${sent.length} requests`);
    }
    const lost = lines.filter((line) => line.startsWith('A thread that shares the copies is lost')).length;
    assert.ok(lost >= losses / 2, `only ${lost} were lost before the end of their run`);
    assert.ok(home.shared() > losses, `only ${home.shared()} copies were shared`);
  } finally {
    await home.close();
    await server.stop();
  }
}

describe('a thread that shares the copies of a run and is stopped at any moment costs only time', () => {
  test('in an upload', (t) => loseThreads(t, 11, true));
  test('in a download', (t) => loseThreads(t, 12, false));
});
