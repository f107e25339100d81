import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type CountingProxy, startCountingProxy } from '../servers/http/countingProxy';
import { type S3TestServer, startS3Server } from '../servers/s3/s3Server';
import { bundleEngine, ended, spawnFor, writeRemotes } from '../support/engineProcess';
import { type Random, random } from '../support/random';
import { temporariesIn } from '../support/trees';

// The engine is killed at random moments of one run and continued each time. The bytes on the wire are counted, so that work that was
// done twice shows. CONTINUED_MIB, CONTINUED_KILLS and CONTINUED_FILES scale the cases up; then the bytes are printed too.

const mebi = 1024 * 1024;
const size = Number(process.env['CONTINUED_MIB'] ?? 64) * mebi;
const kills = Number(process.env['CONTINUED_KILLS'] ?? 6);
const smallFiles = Number(process.env['CONTINUED_FILES'] ?? 300);
const isFull = process.env['CONTINUED_MIB'] !== undefined;
const work = fs.mkdtempSync(path.join(fs.realpathSync(os.tmpdir()), 'continued-'));
let bundle = '';

before(async () => {
  bundle = await bundleEngine();
});

after(() => {
  fs.rmSync(bundle, { force: true });
  fs.rmSync(work, { recursive: true, force: true });
});

interface Given {
  readonly server: S3TestServer;
  readonly proxy: CountingProxy;
  readonly folder: string;
  readonly cache: string;
  readonly r: Random;
  /** Bytes on the wire in the direction of the run. */
  moved(): number;
}

async function given(
  direction: 'in' | 'out',
  seed: number,
  run: (it: Given) => Promise<void>,
): Promise<void> {
  const server = await startS3Server({ buckets: ['demo'] });
  const proxy = await startCountingProxy(server.port);
  const folder = path.join(work, String(seed), 'tree');
  fs.mkdirSync(folder, { recursive: true });
  const cache = path.join(work, String(seed), 'cache');
  try {
    const moved = () => proxy.counts[direction];
    await run({ server, proxy, folder, cache, r: random(seed), moved });
  } finally {
    await proxy.stop();
    await server.stop();
    fs.rmSync(path.dirname(folder), { recursive: true, force: true });
  }
}

/** Starts one run, kills it at random moments and continues it, until it ends by itself. */
async function killAndContinue(it: Given, from: string, to: string, bytes: number): Promise<void> {
  const remotes = writeRemotes(path.dirname(it.folder), { ...it.server, endpoint: it.proxy.endpoint });
  const args = [
    bundle,
    'run',
    from,
    to,
    '--remotes',
    remotes,
    '--cache',
    it.cache,
    '--continue',
    '--log',
    'warn',
  ];
  let killed = 0;
  for (let round = 0; ; round++) {
    assert.ok(round <= 2 * kills + 2, 'the run comes to an end');
    const child = spawnFor(it.server, process.execPath, args);
    const end = ended(child);
    const begin = it.moved();
    const stride = (2 * (bytes - Math.min(bytes, begin))) / (kills - killed + 1);
    const moment = begin + 1 + it.r.whole(Math.max(1, stride));
    const watch = setInterval(() => {
      if (killed >= kills || it.moved() < moment) return;
      clearInterval(watch);
      killed++;
      child.kill('SIGKILL');
    }, 1);
    const { code, text } = await end;
    clearInterval(watch);
    if (code === null) continue;
    assert.equal(code, 0, text);
    break;
  }
  assert.ok(killed >= kills / 2, `only ${killed} of ${kills} kills`);
  if (!isFull) return;
  console.log(`${killed} kills: ${it.moved()} bytes for ${bytes}, ${(it.moved() / bytes).toFixed(3)}`);
  if (bytes >= 1024 * mebi) assert.ok(it.moved() <= 1.1 * bytes, `${it.moved()} of ${bytes} bytes`);
}

/** Content that no part of it repeats. */
function writeContent(file: string, bytes: number, seed: number): string {
  const descriptor = fs.openSync(file, 'w');
  const hash = createHash('md5');
  const block = Buffer.alloc(Math.min(bytes, mebi));
  for (let at = 0; at < bytes; at += block.length) {
    const numbers = new Uint32Array(block.buffer, block.byteOffset, block.length >>> 2);
    for (let i = 0; i < numbers.length; i += 16) numbers[i] = Math.imul(at + i + seed, 0x9e3779b1);
    const part = block.subarray(0, Math.min(block.length, bytes - at));
    fs.writeSync(descriptor, part);
    hash.update(part);
  }
  fs.closeSync(descriptor);
  fs.utimesSync(file, 1_000_000_000, 1_000_000_000);
  return hash.digest('hex');
}

/** The content of a file in pieces: Node neither reads nor hashes 2 GiB in one call. */
function piecesOf(file: string): Buffer[] {
  const descriptor = fs.openSync(file, 'r');
  const pieces: Buffer[] = [];
  for (;;) {
    const buffer = Buffer.allocUnsafe(8 * mebi);
    const length = fs.readSync(descriptor, buffer);
    if (length === 0) break;
    pieces.push(buffer.subarray(0, length));
  }
  fs.closeSync(descriptor);
  return pieces;
}

function md5Of(pieces: readonly Buffer[]): string {
  const hash = createHash('md5');
  for (const piece of pieces) hash.update(piece);
  return hash.digest('hex');
}

const partSize = 5 * mebi;
const concurrency = 4;
const journals = (it: Given) => fs.readdirSync(path.join(it.cache, 'runs'));

function assertNothingLeft(it: Given): void {
  assert.deepEqual([...it.server.uploads.keys()], [], 'open uploads');
  assert.deepEqual(temporariesIn(it.folder), [], 'temporary files');
  const [name = '', ...more] = journals(it);
  assert.deepEqual([more.length, name.endsWith('.open.jsonl')], [0, false], 'one ended journal');
}

// The server and the counting are in this process: beside other cases of full size they are late, and so is each kill.
describe('killed at random moments and continued', { concurrency: !isFull }, () => {
  test('an upload in parts sends no part twice that the service had confirmed', async () => {
    await given('in', 11, async (it) => {
      const md5 = writeContent(path.join(it.folder, 'big.bin'), size, 11);
      await killAndContinue(it, it.folder, 'demo:demo', size);
      const stored = it.server.store.get('demo', 'big.bin');
      assert.equal(md5Of(stored?.chunks ?? []), md5);
      const confirmed = it.server.requests.flatMap(({ operation, status, query }) =>
        operation === 'UploadPart' && status === 200 ? Number(query['partNumber']) : [],
      );
      assert.equal(new Set(confirmed).size, confirmed.length, 'a confirmed part was sent again');
      const lost = kills * concurrency * partSize;
      assert.ok(it.moved() <= size + lost + mebi, `${it.moved()} bytes`);
      assertNothingLeft(it);
    });
  });

  test('a download goes on behind the ranges that are on the disk', async () => {
    await given('out', 12, async (it) => {
      const source = path.join(it.folder, '..', 'source.bin');
      const md5 = writeContent(source, size, 12);
      it.server.store.put('demo', 'big.bin', piecesOf(source), { lastModified: 1_000_000_000_000 });
      fs.rmSync(source);
      await killAndContinue(it, 'demo:demo', it.folder, size);
      assert.equal(md5Of(piecesOf(path.join(it.folder, 'big.bin'))), md5);
      assert.ok(it.moved() <= size + kills * 8 * mebi, `${it.moved()} bytes`);
      assertNothingLeft(it);
    });
  });

  for (const direction of ['up', 'down'] as const)
    test(`small files go ${direction} once`, async () => {
      await given(direction === 'up' ? 'in' : 'out', direction === 'up' ? 13 : 14, async (it) => {
        const bytes = 20_000;
        const names = Array.from({ length: smallFiles }, (_, i) => `d${i % 7}/f${i}`);
        const contentOf = (i: number) => Buffer.alloc(bytes, `${i} `);
        for (const [i, name] of names.entries()) {
          if (direction === 'down')
            it.server.store.put('demo', name, contentOf(i), { lastModified: 1_000_000_000_000 });
          else {
            fs.mkdirSync(path.dirname(path.join(it.folder, name)), { recursive: true });
            fs.writeFileSync(path.join(it.folder, name), contentOf(i));
          }
        }
        const [from, to] = direction === 'up' ? [it.folder, 'demo:demo'] : ['demo:demo', it.folder];
        const all = bytes * smallFiles;
        await killAndContinue(it, from, to, all);
        for (const [i, name] of names.entries()) {
          const found =
            direction === 'up'
              ? it.server.store.get('demo', name)?.body
              : fs.readFileSync(path.join(it.folder, name));
          assert.ok(found?.equals(contentOf(i)), name);
        }
        assert.equal(it.server.store.keys('demo').length, smallFiles);
        const content = it.server.requests.reduce(
          (sum, one) =>
            sum + (/^(?:Put|Get)Object$/.test(one.operation) ? Math.max(one.bytesIn, one.bytesOut) : 0),
          0,
        );
        if (isFull) console.log(`${content} bytes of content, ${(content / all).toFixed(3)}`);
        if (isFull) assert.ok(content <= 1.1 * all, `${content} of ${all} bytes`);
        assertNothingLeft(it);
      });
    });
});
