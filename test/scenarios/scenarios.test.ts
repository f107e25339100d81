import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { describePlan } from '../../src/plan/build/describePlan';
import { checkPlan } from '../../src/plan/build/planInvariants';
import { type Clock, systemClock } from '../../src/base/clock';
import { isRemoteError } from '../../src/remote/remoteError';
import { planSync } from '../../src/usecases/planSync';
import { givenSync } from '../support/givenSync';

// Whole plans as text: given.txt is the fixture, plan.txt the expected lines. UPDATE_GOLDEN=1 writes plan.txt; a mismatch
// writes plan.txt.actual beside it.

const folder = path.join(process.env['CLOUD_REMOTES_ROOT'] ?? process.cwd(), 'test', 'scenarios');
const never = new AbortController().signal;

/** A day after the epoch of the fixtures' times. */
const clock: Clock = { ...systemClock, now: () => Date.UTC(2026, 0, 2) };

async function outcome(given: string): Promise<string> {
  const sync = { ...givenSync(given), clock };
  try {
    const plan = await planSync(sync, never);
    assert.deepEqual(checkPlan(plan), []);
    assert.deepEqual(JSON.parse(JSON.stringify(plan)), plan, 'a plan survives JSON');
    return `${[...describePlan(plan)].join('\n')}\n`;
  } catch (error) {
    if (!isRemoteError(error)) throw error;
    return `error  ${error.kind}  (${error.message})\n`;
  }
}

const entries = readdirSync(folder, { withFileTypes: true });
const names = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);

test('there are scenarios', () => assert.ok(names.length >= 25, `only ${names.length}`));

for (const name of names) {
  const given = readFileSync(path.join(folder, name, 'given.txt'), 'utf8');
  const title = /^# (.*)/.exec(given)?.[1] ?? name;
  test(`${title} (${name})`, async () => {
    const golden = path.join(folder, name, 'plan.txt');
    const actual = await outcome(given);
    if (process.env['UPDATE_GOLDEN'] === '1') {
      writeFileSync(golden, actual);
      return;
    }
    const expected = existsSync(golden) ? readFileSync(golden, 'utf8') : '';
    rmSync(`${golden}.actual`, { force: true });
    if (actual !== expected) writeFileSync(`${golden}.actual`, actual);
    assert.equal(actual, expected);
  });
}
