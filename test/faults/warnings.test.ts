import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '../../src/base/clock';
import { silentLog } from '../../src/base/log';
import type { PlanEndpoint } from '../../src/plan/model/plan';
import { defaultPlanOptions, type PlanOptions } from '../../src/plan/model/planOptions';
import { withRetry } from '../../src/remote/layers/withRetry';
import { parsePath } from '../../src/remote/remotePath';
import { executePlan } from '../../src/transfer/executePlan';
import { copyItems } from '../../src/usecases/copyItems';
import { countItems, deleteItems } from '../../src/usecases/deleteItems';
import { planSync } from '../../src/usecases/planSync';
import { type Synced, synced } from './faultyRun';

/** Work with many concurrent files under a signal whose listener limit is the default. */
const works: Readonly<Record<string, (it: Synced, bucket: PlanEndpoint) => Promise<void>>> = {
  'an upload, a download and deletes': async (it, bucket) => {
    for (let i = 0; i < 300; i++) it.write(`d${i % 7}/f${i}`, `${i}`);
    it.write('large', Buffer.alloc(9_000_000));
    await run(it.disk, bucket, {});
    for (let i = 0; i < 300; i++) it.write(`d${i % 7}/f${i}`, `${i}`, 2_000_000_000);
    await run(bucket, it.disk, {});
    for (let i = 0; i < 300; i++) it.put(`extra/f${i}`, '');
    await run(it.disk, bucket, { deletes: 'after' });
  },
  'a run that the service throttles': async (it, bucket) => {
    for (let i = 0; i < 200; i++) it.write(`f${i}`, `${i}`);
    it.server.addFault({ operation: 'PutObject', code: 'SlowDown', count: 60 });
    await run(it.disk, bucket, {});
  },
  'copies and deletes in the tree': async (it, bucket) => {
    for (let i = 0; i < 200; i++) it.put(`old/f${i}`, `${i}`);
    const signal = new AbortController().signal;
    const item = {
      from: bucket.remote,
      source: parsePath('demo/old'),
      to: bucket.remote,
      target: parsePath('demo/new'),
    };
    await copyItems([item], { transfers: 64 }, signal);
    const counted = await countItems(bucket.remote, [{ path: parsePath('demo/new') }], signal);
    await deleteItems(bucket.remote, counted, { transfers: 64 }, signal);
  },
  'many concurrent stats': async (it, bucket) => {
    for (let i = 0; i < 100; i++) it.put(`f${i}`, `${i}`);
    const signal = AbortSignal.any([new AbortController().signal, new AbortController().signal]);
    await Promise.all(
      Array.from({ length: 100 }, (_, i) => bucket.remote.stat(parsePath(`demo/f${i}`), signal)),
    );
  },
};

async function run(source: PlanEndpoint, target: PlanEndpoint, options: Partial<PlanOptions>): Promise<void> {
  const all = { ...defaultPlanOptions, useDefaultExcludes: false, ...options };
  const plan = await planSync({ source, target, options: all }, new AbortController().signal);
  const report = await executePlan(
    plan,
    source,
    target,
    { clock: systemClock, log: silentLog, transfers: 64 },
    new AbortController().signal,
  );
  assert.equal(report.totals.done, plan.actions.length);
}

for (const [name, work] of Object.entries(works))
  test(`the process prints no warning: ${name}`, () =>
    synced(async (it) => {
      const warnings: Error[] = [];
      const note = (warning: Error) => warnings.push(warning);
      process.on('warning', note);
      try {
        const { remote } = it.bucket;
        const policy = { clock: systemClock, log: silentLog, initialDelayMs: 1, attempts: 80 };
        await work(it, { ...it.bucket, remote: withRetry(remote, policy) });
        // Node emits warnings in the next tick.
        await new Promise((resolve) => setImmediate(resolve));
      } finally {
        process.off('warning', note);
      }
      assert.deepEqual(warnings.map(String), []);
    }));
