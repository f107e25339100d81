import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type S3TestServer, startS3Server } from '../servers/s3/s3Server';
import { bundleEngine, ended, spawnFor, writeRemotes } from '../support/engineProcess';
import { type Random, random } from '../support/random';
import { pattern } from '../support/remoteCalls';
import { type Tree, treeInBucket, treeOnDisk } from '../support/trees';

// The engine in a process of its own is killed at any moment; what it leaves behind must be whole, and the next run must reach the end.

const mebi = 1024 * 1024;
const kills = 5;

/** Every file has two states, told apart by their sizes too; large ones go in parts. */
const small = Array.from({ length: 36 }, (_, i) => `d${i % 4}/${i % 3}/file ${i}.txt`);
const large = ['big one.bin', 'd1/big two.bin'];
const wanted = [...small, ...large];
const extras = Array.from({ length: 12 }, (_, i) => `d${i % 4}/extra ${i}`);

type State = 'old' | 'new';

const contents = new Map<string, Buffer>();
function content(file: string, state: State): Buffer {
  const id = `${state} ${file}`;
  let bytes = contents.get(id);
  if (!bytes) {
    const size = large.includes(file) ? 11 * mebi : 2000 + 37 * wanted.indexOf(file);
    bytes = pattern(state === 'new' ? size : size - 1, id.length * 31 + id.charCodeAt(id.length - 5));
    contents.set(id, bytes);
  }
  return bytes;
}

interface Given {
  readonly server: S3TestServer;
  readonly bucket: Tree;
  readonly disk: Tree;
  readonly r: Random;
  engine(from: string, to: string): ChildProcess;
  readonly folder: string;
  /** The notes of uploads in parts that are not ended. */
  openUploads(): string[];
}

let bundle = '';
const work = fs.mkdtempSync(path.join(os.tmpdir(), 'crashes-'));

before(async () => {
  bundle = await bundleEngine();
});

after(() => {
  fs.rmSync(bundle, { force: true });
  fs.rmSync(work, { recursive: true, force: true });
});

async function given(seed: number, run: (it: Given) => Promise<void>): Promise<void> {
  const server = await startS3Server({ buckets: ['demo'] });
  const base = path.join(work, String(seed));
  const folder = path.join(base, 'tree');
  fs.mkdirSync(folder, { recursive: true });
  const remotes = writeRemotes(base, server);
  const options = [
    '--options',
    '{"deletes":"after"}',
    '--transfers',
    '4',
    '--cache',
    path.join(base, 'cache'),
  ];
  const engine = (from: string, to: string) =>
    spawnFor(server, process.execPath, [bundle, 'run', from, to, '--remotes', remotes, ...options]);
  try {
    const notes = path.join(base, 'cache', 'uploads');
    await run({
      server,
      bucket: treeInBucket(server),
      disk: treeOnDisk(folder),
      r: random(seed),
      engine,
      folder,
      openUploads: () => (fs.existsSync(notes) ? fs.readdirSync(notes) : []),
    });
  } finally {
    await server.stop();
  }
}

/** Kills the child once the server has answered so many requests that move or delete files, and a moment later. */
async function killAfter(child: ChildProcess, server: S3TestServer, requests: number, waitMs: number) {
  const moving = /^(GetObject|PutObject|UploadPart|CompleteMultipartUpload|DeleteObjects?)$/;
  const end = ended(child);
  const watch = setInterval(() => {
    if (server.requests.filter(({ operation }) => moving.test(operation)).length < requests) return;
    clearInterval(watch);
    setTimeout(() => child.kill('SIGKILL'), waitMs);
  }, 1);
  const outcome = await end;
  clearInterval(watch);
  return outcome;
}

/** Makes some of the target's files old again, or missing, and brings extra ones back. */
function spoil(target: Tree, r: Random): void {
  for (const file of wanted) if (r.chance(0.6)) target.put(file, content(file, 'old'));
  for (const file of extras) target.put(file, Buffer.from(file));
}

function assertWhole(target: Tree, when: string): void {
  const isWanted = new Set(wanted);
  let allNew = true;
  let extrasLeft = 0;
  for (const file of target.files()) {
    const found = target.get(file);
    if (!isWanted.has(file)) {
      assert.ok(extras.includes(file), `${when}: ${file} came from nowhere`);
      extrasLeft++;
      continue;
    }
    const isNew = found?.equals(content(file, 'new'));
    if (!isNew) allNew = false;
    assert.ok(isNew || found?.equals(content(file, 'old')), `${when}: ${file} is neither old nor new`);
  }
  allNew &&= wanted.every((file) => target.get(file) !== undefined);
  assert.ok(allNew || extrasLeft === extras.length, `${when}: deleted before all was copied`);
}

function assertMirrored(source: Tree, target: Tree): void {
  assert.deepEqual(target.files(), [...wanted].sort());
  for (const file of wanted) {
    assert.ok(source.get(file)?.equals(content(file, 'new')), `the source's ${file}`);
    assert.ok(target.get(file)?.equals(content(file, 'new')), `the target's ${file}`);
  }
}

async function killAndEnd(it: Given, source: Tree, target: Tree, places: readonly [string, string]) {
  for (const file of wanted) source.put(file, content(file, 'new'));
  let killed = 0;
  for (let round = 1; round <= kills; round++) {
    spoil(target, it.r);
    it.server.clearRequests();
    const requests = it.r.whole(30);
    const { code } = await killAfter(it.engine(...places), it.server, requests, it.r.whole(12));
    if (code === null) killed++;
    assertWhole(target, `kill ${round} after ${requests} requests`);
  }
  assert.ok(killed >= 2, `only ${killed} were killed before their end`);
  it.server.clearFaults();
  for (const file of large) target.put(file, content(file, 'old'));
  const { code, text } = await ended(it.engine(...places));
  assert.equal(code, 0, text);
  assertMirrored(source, target);
  // One that was killed before it heard of its upload's begin could not note it; what was noted is ended.
  assert.deepEqual(it.openUploads(), []);
}

describe('killed at any moment', { concurrency: true }, () => {
  test('an upload leaves every object old or new, and the next run completes it', async () => {
    await given(1, async (it) => {
      it.server.addFault({
        operation: ['PutObject', 'UploadPart'],
        delayMs: 5,
        count: Number.POSITIVE_INFINITY,
      });
      await killAndEnd(it, it.disk, it.bucket, [it.folder, 'demo:demo']);
    });
  });

  test('a download leaves every file old or new, and the next run completes it', async () => {
    await given(2, async (it) => {
      it.server.addFault({ operation: 'GetObject', delayMs: 3, count: Number.POSITIVE_INFINITY });
      await killAndEnd(it, it.bucket, it.disk, ['demo:demo', it.folder]);
    });
  });

  test('a sync of many deletes leaves every object old or new, and the next run completes it', async () => {
    await given(3, async (it) => {
      it.server.addFault({
        operation: ['DeleteObject', 'DeleteObjects'],
        delayMs: 20,
        count: Number.POSITIVE_INFINITY,
      });
      await killAndEnd(it, it.disk, it.bucket, [it.folder, 'demo:demo']);
    });
  });
});
