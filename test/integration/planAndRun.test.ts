import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Clock, systemClock } from '../../src/base/clock';
import { describePlan } from '../../src/plan/build/describePlan';
import { checkPlan } from '../../src/plan/build/planInvariants';
import { selectActions } from '../../src/plan/build/selectActions';
import type { Place, Plan } from '../../src/plan/model/plan';
import { comparisonModes, defaultPlanOptions, type PlanOptions } from '../../src/plan/model/planOptions';
import { isRemoteError } from '../../src/remote/remoteError';
import { rootPath } from '../../src/remote/remotePath';
import { planSync } from '../../src/usecases/planSync';
import type { MemoryOptions } from '../support/memoryRemote/memoryOptions';
import { createMemoryRemote, type MemoryRemote } from '../support/memoryRemote/memoryRemote';
import { type Random, random } from '../support/random';
import { calm } from '../support/remoteCalls';
import { executeAll, remoteSide } from '../support/syncSides';

// A plan that was run to its end leaves nothing to plan, whatever the trees, the mode and the kinds of stores
// (invariant 6 of Plan).

const folder: Place = { kind: 'folder', path: '/w' };
const store = (name: string): Place => ({ kind: 'remote', remote: name, path: rootPath });

interface Sides {
  readonly source: MemoryRemote;
  readonly target: MemoryRemote;
  readonly places: readonly [Place, Place];
}

/** A clock that moves on with every look: what is written later is newer. */
function tickingClock(start: number): Clock {
  let now = start;
  return { now: () => (now += 1000), wait: systemClock.wait };
}

const likeStore: MemoryOptions = { hasDirectories: false, listsModified: false };
const likeDisk: MemoryOptions = { knowsMd5: false };
const caselessDisk: MemoryOptions = { ...likeDisk, caseInsensitive: true };

const kinds: Readonly<Record<string, readonly [MemoryOptions, MemoryOptions, Place, Place]>> = {
  upload: [likeDisk, likeStore, folder, store('r')],
  download: [likeStore, likeDisk, store('r'), folder],
  'store to store': [likeStore, likeStore, store('r'), store('s')],
  'folder to folder': [likeDisk, likeDisk, folder, { kind: 'folder', path: '/x' }],
  'download to a disk that ignores case': [likeStore, caselessDisk, store('r'), folder],
  'upload from a disk that ignores case': [caselessDisk, likeStore, folder, store('r')],
  'download to a disk of whole seconds': [
    likeStore,
    { ...likeDisk, timePrecisionNs: 1e9 },
    store('r'),
    folder,
  ],
  'upload to a store without times': [
    likeDisk,
    { ...likeStore, timePrecisionNs: 'none' },
    folder,
    store('r'),
  ],
  'upload to a store that sets no time alone': [
    likeDisk,
    { ...likeStore, without: ['setModifiedTime'] },
    folder,
    store('r'),
  ],
};

function sidesOf(kind: readonly [MemoryOptions, MemoryOptions, Place, Place], r: Random): Sides {
  const clock = tickingClock(2_000_000_000_000);
  const source = createMemoryRemote({ ...kind[0], clock, pageSize: 3 });
  const target = createMemoryRemote({ ...kind[1], clock, pageSize: 4 });
  const names = 'a b.txt A d/x d/y d/D/z D/x e-1 e/1 e.1 ～ 😀 é/é zero A/q D E/1/deep'.split(' ');
  for (const remote of [source, target])
    for (const name of names) {
      if (!r.chance(0.6)) continue;
      const content = name === 'zero' ? '' : r.pick(['one', 'two', 'three', 'four!']);
      const modified = { s: 1_700_000_000 + r.whole(3), ns: r.pick([0, 1, 999_999_999]) };
      try {
        remote.put(name, content, { modified });
      } catch (error) {
        // A disk can't hold a file and a folder of one name; whichever came first is there.
        if (!isRemoteError(error, 'alreadyExists', 'isAFolder')) throw error;
      }
    }
  return { source, target, places: [kind[2], kind[3]] };
}

async function planned({ source, target, places }: Sides, options: Partial<PlanOptions>): Promise<Plan> {
  const plan = await planSync(
    {
      source: { remote: source, root: rootPath, place: places[0] },
      target: { remote: target, root: rootPath, place: places[1] },
      options: { ...defaultPlanOptions, ...options },
    },
    calm,
  );
  assert.deepEqual(checkPlan(plan), []);
  return plan;
}

const run = (plan: Plan, { source, target }: Sides) =>
  executeAll(plan, remoteSide(source), remoteSide(target));

for (const [name, kind] of Object.entries(kinds))
  for (const compare of comparisonModes)
    test(`after a complete run the next plan is empty: ${name}, ${compare}`, async () => {
      for (let seed = 1; seed <= 12; seed++) {
        const r = random(seed);
        const sides = sidesOf(kind, r);
        const options = { compare, deletes: r.pick(['after', 'none'] as const) };
        const first = await planned(sides, options);
        await run(first, sides);
        const second = await planned(sides, options);
        assert.deepEqual(
          [...describePlan(second)].filter((line) => /^(upload|download|copy|time|delete) /.test(line)),
          [],
          `seed ${seed}\n${[...describePlan(first)].join('\n')}`,
        );
        if (options.deletes === 'after' && first.safety.length === 0)
          await assertMirrored(sides, second, compare);
      }
    });

/** Whatever a run can mend; with `ignoreTimes` there is always something to do, and with `useServerTimes` often. */
function anyOptions(r: Random): Partial<PlanOptions> {
  return {
    verb: r.pick(['sync', 'sync', 'copy', 'move']),
    compare: r.pick(comparisonModes),
    deletes: r.pick(['none', 'before', 'during', 'after']),
    trackRenames: r.pick(['none', 'hash', 'modified']),
    ...(r.chance(0.2) && { ignoreExisting: true }),
    ...(r.chance(0.2) && { ignoreSize: true }),
    ...(r.chance(0.2) && { update: true }),
    ...(r.chance(0.2) && { immutable: true }),
    ...(r.chance(0.2) && { keepTargetTimes: true }),
    ...(r.chance(0.2) && { modifyWindowMs: r.pick([0, 500, 2000]) }),
    ...(r.chance(0.2) && { maxDelete: { files: r.whole(4) } }),
  };
}

const contents = (remote: MemoryRemote) => new Set(remote.paths().map((path) => remote.text(path)));

for (const [name, kind] of Object.entries(kinds))
  test(`after a complete run with random options the next plan is empty, and no content is lost: ${name}`, async () => {
    const kindsOfActions = new Set<string>();
    for (let seed = 1; seed <= 120; seed++) {
      const r = random(seed);
      const sides = sidesOf(kind, r);
      const options = anyOptions(r);
      const before = contents(sides.source);
      const first = await planned(sides, options);
      const told = `seed ${seed} ${JSON.stringify(options)}\n${[...describePlan(first)].join('\n')}`;
      await run(first, sides);
      for (const { kind: one } of first.actions) kindsOfActions.add(one);
      const second = await planned(sides, options);
      assert.equal(second.actions.map(({ id }) => id).join(), '', told);
      // Where less than content is compared, a move may remove what only looked the same, as the user wants it.
      if (options.verb === 'move' && options.compare !== 'checksum') continue;
      const after = new Set([...contents(sides.source), ...contents(sides.target)]);
      assert.deepEqual(
        [...before].filter((content) => !after.has(content)),
        [],
        told,
      );
    }
    for (const one of ['copyFile', 'deleteFile', 'moveFile', 'removeSource'])
      assert.ok(kindsOfActions.has(one), `no plan had a ${one}`);
  });

/** Apart from files left alone, the target has the files of the source; where content was compared, with the same content. */
async function assertMirrored({ source, target }: Sides, plan: Plan, compare: string): Promise<void> {
  const alone = new Set([...plan.conflicts, ...plan.skipped].map(({ path }) => String(path)));
  const isExact = [source, target].every(({ capabilities }) => capabilities.names.caseSensitive);
  const key = (path: string) => (isExact ? path : path.toLowerCase());
  const compared = (remote: MemoryRemote) => remote.paths().filter((path) => !alone.has(path));
  assert.deepEqual(new Set(compared(target).map(key)), new Set(compared(source).map(key)));
  if (compare !== 'rclone' && compare !== 'checksum') return;
  if (target.capabilities.timePrecisionNs !== 1) return;
  // The target keeps its own spelling of a name (R12).
  const there = new Map(compared(target).map((path) => [key(path), path]));
  for (const path of source.paths())
    if (!alone.has(path) && compare === 'checksum')
      assert.equal(target.text(there.get(key(path)) ?? path), source.text(path), path);
}

test('the next plan has exactly the deselected actions', async () => {
  for (let seed = 1; seed <= 10; seed++) {
    const r = random(seed);
    const kind = kinds['upload'];
    assert.ok(kind);
    const sides = sidesOf(kind, r);
    const whole = await planned(sides, {});
    const ids = whole.actions.map(({ id }) => id);
    const ticked = ids.filter(() => r.chance(0.5));
    await run(selectActions(whole, ticked), sides);
    const rest = await planned(sides, {});
    assert.deepEqual(
      rest.actions.map(({ id }) => id),
      ids.filter((id) => !ticked.includes(id)),
    );
  }
});
