import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runInTimeSlices } from '../../../src/base/timeSlices';
import { firstProblem } from '../../../src/plan/build/planInvariants';
import type { Plan } from '../../../src/plan/model/plan';
import { buildPlanIndex, planIndexSteps } from '../../../src/preview/planIndex';
import { planOf, upload } from '../preview/plans';

/** Work of `steps` steps that take `each` milliseconds on the clock. */
function work(steps: number, each: number) {
  const clock = { now: 0, turns: [] as number[] };
  function* run() {
    for (let i = 0; i < steps; i++) {
      clock.now += each;
      yield;
    }
    return 'done';
  }
  const pause = async () => {
    clock.turns.push(clock.now);
    clock.now += 5;
  };
  return { run, pause, clock };
}

test('work pauses every 20 ms, and no more often', async () => {
  const { run, pause, clock } = work(12, 10);
  assert.equal(await runInTimeSlices(run(), pause, () => clock.now), 'done');
  const lasted = clock.turns.map((at, i) => at - (i === 0 ? 0 : (clock.turns[i - 1] ?? 0) + 5));
  assert.deepEqual(lasted, Array(6).fill(20));
  const short = work(12, 1);
  assert.equal(await runInTimeSlices(short.run(), short.pause, () => short.clock.now), 'done');
  assert.deepEqual(short.clock.turns, []);
});

test('an error of the work is thrown', async () => {
  function* run(): Generator<undefined, string> {
    yield undefined;
    throw new Error('Broken.');
  }
  await assert.rejects(runInTimeSlices(run()), /Broken/);
});

test('the index and the check of a plan pause at least once per thousand files', async () => {
  const size = 20_000;
  const names = Array.from({ length: size }, (_, i) => `${i % 50}/${String(i).padStart(6, '0')}`).sort();
  const plans: Record<string, Plan> = {
    'in many folders': planOf({ actions: names.map((name) => upload(name)) }),
    'in one folder': planOf({ actions: names.map((name) => upload(name.replace('/', '-'))) }),
    skipped: planOf({
      skipped: names.map((path) => ({ path, side: 'source', because: 'vanished', bytes: 1 }) as const),
    }),
  };
  for (const [what, plan] of Object.entries(plans)) {
    assert.deepEqual(await runInTimeSlices(planIndexSteps(plan)), buildPlanIndex(plan));
    const pauses = [...planIndexSteps(plan)].length;
    assert.ok(pauses >= size / 1000, `${what}: ${pauses} pauses of the index`);
    if (plan.actions.length === 0) continue;
    const checks = [...firstProblem(plan)].length;
    assert.ok(checks >= size / 1000, `${what}: ${checks} pauses of the check`);
  }
});
