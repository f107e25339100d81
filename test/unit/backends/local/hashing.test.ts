import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { type TestContext, test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { crc32 } from 'node:zlib';
import { digestPieces, FileHash } from '../../../../src/backends/local/content/fileHash';
import { HashThread } from '../../../../src/backends/local/content/hashThread';
import { digestsInPieces, piecesOf } from '../../../support/digests';
import { calm, pattern, statFile } from '../../../support/remoteCalls';
import { given } from './localFixture';

/** An open file with `content`, closed when the test ends. */
function opened(t: TestContext, content: Buffer): number {
  const { at } = given(t);
  fs.writeFileSync(at('f'), content);
  const descriptor = fs.openSync(at('f'), 'r');
  t.after(() => fs.closeSync(descriptor));
  return descriptor;
}

const both = { withMd5: true, withCrc32: true };
const foundIn = (content: Buffer) => ({
  md5: createHash('md5').update(content).digest('hex'),
  crc32: crc32(content),
});

test('hashes that run side by side get the bytes in their own order', async (t) => {
  const content = pattern(3_000_000);
  const descriptor = opened(t, content);
  const forwards = new FileHash(descriptor, both);
  const backwards = new FileHash(descriptor, both);
  const starts = [0, 1_000_000, 2_000_000];
  for (const start of starts) void forwards.add(start, start + 1_000_000);
  for (const start of starts.toReversed()) void backwards.add(start, start + 1_000_000);
  assert.deepEqual(await forwards.end(), foundIn(content));
  const reversed = starts.toReversed().map((start) => content.subarray(start, start + 1_000_000));
  assert.deepEqual(await backwards.end(), foundIn(Buffer.concat(reversed)));
});

test('pieces larger than one task are hashed in full', async (t) => {
  const content = pattern(20_000_003);
  const descriptor = opened(t, content);
  for (const pieces of [9_000_000, content.length, 50_000_000].flatMap((size) => [
    piecesOf(size),
    { size, withCrc32: false },
  ]))
    assert.deepEqual(
      await digestPieces(descriptor, content.length, pieces, calm),
      digestsInPieces(content, pieces),
    );
});

test('a file that ends early, and an abort, end the hashing of pieces', async (t) => {
  const descriptor = opened(t, pattern(10_000));
  await assert.rejects(digestPieces(descriptor, 10_001, piecesOf(4096), calm), { code: 'ESHORT' });
  const reason = new Error('stopped');
  await assert.rejects(
    digestPieces(descriptor, 10_000, piecesOf(4096), AbortSignal.abort(reason)),
    (error) => error === reason,
  );
  assert.deepEqual(
    await digestPieces(descriptor, 9999, piecesOf(4096), calm),
    digestsInPieces(pattern(9999), piecesOf(4096)),
  );
});

test('a file that changes while it is hashed is changed', async (t) => {
  const { remote, put, at } = given(t);
  put('f', 'x'.repeat(5_000_000));
  const seen = await statFile(remote, 'f' as typeof seen.path);
  const hashing = remote.computeDigests?.(seen, piecesOf(1000), calm);
  setTimeout(() => fs.truncateSync(at('f'), 4_999_999), 5);
  await assert.rejects(Promise.resolve(hashing), { kind: 'changed' });
});

test('the tasks of a worker that ends fail, and the next task starts another worker', async (t) => {
  const content = pattern(100_000);
  const descriptor = opened(t, content);
  const task = { hash: 1, descriptor, start: 0, end: content.length, isLast: true, ...both };
  const started: Worker[] = [];
  const thread = new HashThread((program) => {
    const worker = new Worker(started.length > 0 ? program : 'process.exit(1)', { eval: true });
    started.push(worker);
    return worker;
  });
  await assert.rejects(thread.run(task), /has ended/);
  assert.deepEqual(await thread.run(task), foundIn(content));
  await started.at(-1)?.terminate();
});

test('without a worker the hashes are computed in this thread', async (t) => {
  const content = pattern(1_000_000);
  const descriptor = opened(t, content);
  const thread = new HashThread(() => {
    throw new Error('no threads here');
  });
  const task = { hash: 1, descriptor, isLast: false, ...both };
  let turns = 0;
  let counting: NodeJS.Immediate | undefined;
  const count = () => {
    turns++;
    counting = setImmediate(count);
  };
  count();
  const tasks = Array.from({ length: 60 }, (_, i) => ({ start: i * 10_000, end: (i + 1) * 10_000 }));
  await Promise.all(tasks.map((span) => thread.run({ ...task, ...span })));
  clearImmediate(counting);
  assert.ok(turns > 30, 'the thread does other work meanwhile');
  assert.deepEqual(
    await thread.run({ ...task, start: 600_000, end: content.length, isLast: true }),
    foundIn(content),
  );
  await assert.rejects(thread.run({ ...task, start: 0, end: content.length + 1 }), { code: 'ESHORT' });
});
