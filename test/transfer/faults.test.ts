import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MemoryCall, MemoryFailure } from '../../src/backends/memory/memoryOptions';
import { retrying } from '../../src/remote/layers/retrying';
import { silentLog } from '../../src/remote/log';
import { RemoteError, type RemoteErrorKind } from '../../src/remote/remoteError';
import { createFakeClock } from '../fakes/fakeClock';
import { givenRun, mirror } from './givenRun';

/** Small, fast, and the same on every machine. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const kinds: readonly RemoteErrorKind[] = [
  'unavailable',
  'tooMany',
  'damaged',
  'other',
  'forbidden',
  'changed',
];

/** Failures of about `share` of all calls: before, after, or in the middle of the body. */
function randomFailures(random: () => number, share: number): MemoryFailure {
  const verdicts = new Map<MemoryCall, boolean>();
  let at: 'before' | 'after' | number = 'before';
  return {
    when: (call) => {
      const known = verdicts.get(call);
      if (known !== undefined) return known;
      const fails = call.operation !== 'listDeep' && random() < share;
      verdicts.set(call, fails);
      const where = random();
      at = where < 0.4 ? 'before' : where < 0.7 ? 'after' : Math.floor(random() * 50);
      return fails;
    },
    get at() {
      return at;
    },
    error: () => new RemoteError(kinds[Math.floor(random() * kinds.length)] ?? 'other', 'A random failure.'),
  };
}

for (const layered of [false, true])
  for (let seed = 1; seed <= 60; seed++)
    test(`seed ${seed}${layered ? ' with retries' : ''}: after any failures every file is old or new, whole, and the source untouched`, async () => {
      const random = seeded(seed + (layered ? 1000 : 0));
      const given = givenRun();
      const sourceFiles = new Map<string, string>();
      const oldFiles = new Map<string, string>();
      for (let i = 0; i < 40; i++) {
        const path = `d${i % 5}/f${i}`;
        const content = `new ${i} `.repeat(Math.floor(random() * 20));
        if (random() < 0.8) sourceFiles.set(path, content);
        if (random() < 0.6)
          oldFiles.set(path, random() < 0.2 ? content : `old ${i} `.repeat(Math.floor(random() * 20)));
      }
      for (const [path, content] of sourceFiles)
        given.disk.put(path, content, { modified: { s: 2000, ns: 0 } });
      for (const [path, content] of oldFiles)
        given.store.put(`bucket/${path}`, content, { modified: { s: 1000, ns: 0 } });
      const plan = await given.planUpload(mirror);
      const versions = given.disk.paths();
      const share = random() * 0.4;
      given.disk.fail(randomFailures(random, share / 2));
      given.store.fail(randomFailures(random, share));
      const clock = createFakeClock();
      const stop = new AbortController();
      const cancelAt = random() < 0.3 ? Math.floor(random() * 30) : Number.POSITIVE_INFINITY;
      let ended = 0;
      const observer = {
        started: () => {},
        progressed: () => {},
        ended: () => {
          if (++ended === cancelAt) stop.abort(new Error('cancelled'));
        },
      };
      const report = await given.run(plan, { transfers: 4, observer }, stop.signal, (remote) =>
        layered ? retrying(remote, { clock, log: silentLog, random, attempts: 3 }) : remote,
      );

      assert.deepEqual(given.disk.paths(), versions, 'the source has the same files');
      for (const [path, content] of sourceFiles) assert.equal(given.disk.text(path), content);

      assert.equal(report.results.length, plan.actions.length);
      const deletes = new Set(
        plan.actions.filter(({ kind }) => kind === 'deleteFile').map(({ path }) => path as string),
      );
      for (const path of new Set([...sourceFiles.keys(), ...oldFiles.keys()])) {
        const now = given.store.text(`bucket/${path}`);
        const allowed = [oldFiles.get(path), sourceFiles.get(path)];
        if (now === undefined) assert.ok(!oldFiles.has(path) || deletes.has(path), `${path} is missing`);
        else assert.ok(allowed.includes(now), `${path} is neither the old nor the new content`);
      }
      for (const { path, outcome, kind } of report.results) {
        const now = given.store.text(`bucket/${path}`);
        if (outcome === 'done' && kind === 'copyFile') assert.equal(now, sourceFiles.get(path));
        if (outcome === 'done' && kind === 'deleteFile') assert.equal(now, undefined);
        if (outcome === 'notStarted') assert.equal(now, oldFiles.get(path));
      }
      const copiesSpoilt = report.results.some(
        ({ kind, outcome }) => kind !== 'deleteFile' && outcome !== 'done',
      );
      if (copiesSpoilt && deletes.size > 0) {
        assert.ok(report.deletesWithheld);
        for (const path of deletes) assert.equal(given.store.text(`bucket/${path}`), oldFiles.get(path));
      }
    });
