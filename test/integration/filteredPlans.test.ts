import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Clock, systemClock } from '../../src/base/clock';
import { describePlan } from '../../src/plan/build/describePlan';
import { checkPlan } from '../../src/plan/build/planInvariants';
import { createFilter } from '../../src/plan/filter/filter';
import { createLimits } from '../../src/plan/filter/limits';
import type { Plan } from '../../src/plan/model/plan';
import { defaultPlanOptions, type FilterRule, type PlanOptions } from '../../src/plan/model/planOptions';
import type { Instant } from '../../src/remote/modifiedTime';
import { planSync } from '../../src/usecases/planSync';
import { createMemoryRemote, type MemoryRemote } from '../support/memoryRemote/memoryRemote';
import { random } from '../support/random';
import { calm } from '../support/remoteCalls';
import { diskSide, executeAll, remoteSide } from '../support/syncSides';

const now = Date.UTC(2026, 10, 26);
const clock: Clock = { now: () => now, wait: systemClock.wait };

interface Sides {
  readonly source: MemoryRemote;
  readonly target: MemoryRemote;
  /** As they were put there. */
  readonly files: Readonly<Record<'source' | 'target', ReadonlyMap<string, Given>>>;
}

interface Given {
  readonly content: string;
  readonly modified: Instant;
}

/** Files by path: their content, and `@` how many days ago it was modified. */
function sides(source: Readonly<Record<string, string>>, target: Readonly<Record<string, string>>): Sides {
  const filled = (remote: MemoryRemote, files: ReadonlyMap<string, Given>) => {
    for (const [path, { content, modified }] of files) remote.put(path, content, { modified });
    return remote;
  };
  const files = { source: given(source), target: given(target) };
  return {
    source: filled(createMemoryRemote({ knowsMd5: false }), files.source),
    target: filled(
      createMemoryRemote({ hasDirectories: false, listsModified: false, pageSize: 3 }),
      files.target,
    ),
    files,
  };
}

function given(files: Readonly<Record<string, string>>): ReadonlyMap<string, Given> {
  return new Map(
    Object.entries(files).map(([path, spelled]) => {
      const [content = '', days = '1'] = spelled.split('@');
      return [path, { content, modified: { s: now / 1000 - Number(days) * 86_400, ns: 0 } }];
    }),
  );
}

async function planned({ source, target }: Sides, options: Partial<PlanOptions>): Promise<Plan> {
  const plan = await planSync(
    {
      source: diskSide('/w', source),
      target: remoteSide(target),
      options: { ...defaultPlanOptions, deletes: 'after', ...options },
      clock,
    },
    calm,
  );
  assert.deepEqual(checkPlan(plan), []);
  return plan;
}

const run = (plan: Plan, { source, target }: Sides) =>
  executeAll(plan, remoteSide(source), remoteSide(target));

const ids = ({ actions }: Plan) => actions.map(({ id }) => id).join(' ');

const excludesBuild = {
  rclone: { exclude: 'build/' },
  aws: { exclude: 'build/*' },
  gitignore: { exclude: 'build/' },
} as const;

for (const filterDialect of ['rclone', 'aws', 'gitignore'] as const) {
  const options = { filterDialect, filters: [excludesBuild[filterDialect]] };

  test(`a sync with deletes keeps an excluded folder of the target: ${filterDialect} (A17, R19, H4)`, async () => {
    const both = sides({ a: 'a' }, { a: 'a', 'build/x': 'x', 'build/deep/y': 'y', z: 'z' });
    assert.equal(ids(await planned(both, options)), 'd:z');
  });

  test(`with deleteExcluded it is deleted, and the usual excludes stay: ${filterDialect} (R19, H5)`, async () => {
    const both = sides(
      { a: 'a', 'build/x': 'x' },
      { a: 'a', 'build/x': 'x', 'build/deep/y': 'y', z: 'z', '.git/config': 'g' },
    );
    const plan = await planned(both, { ...options, deleteExcluded: true });
    assert.deepEqual(
      plan.actions.map(({ id, because }) => `${id} ${because}`),
      ['d:build/deep/y excluded', 'd:build/x excluded', 'd:z notInSource'],
    );
    await run(plan, both);
    assert.deepEqual(both.target.paths(), ['.git/config', 'a']);
    assert.deepEqual(both.source.paths(), ['a', 'build/x'], 'the source keeps all');
  });
}

test('deleteExcluded deletes nothing without deletes (R19)', async () => {
  const both = sides({ a: 'a' }, { 'x.log': 'x' });
  const options = { filters: [{ exclude: '*.log' }], deleteExcluded: true };
  assert.equal(ids(await planned(both, { ...options, deletes: 'none' })), 'c:a');
  assert.equal(ids(await planned(both, { ...options, verb: 'copy' })), 'c:a');
});

test('deletes of excluded files are withheld too when the source is empty (R21, H27)', async () => {
  const both = sides({ 'a.log': 'a' }, { 'x.log': 'x' });
  const plan = await planned(both, { filters: [{ exclude: '*.log' }], deleteExcluded: true });
  assert.equal(ids(plan), '');
  assert.deepEqual(
    plan.safety.map(({ kind }) => kind),
    ['emptySource'],
  );
});

test('a target file whose source is outside of the limits is reported as protected (H3)', async () => {
  const both = sides({ a: 'a', big: 'bigger' }, { big: 'old', z: 'z' });
  const plan = await planned(both, { maxSize: 4 });
  assert.equal(ids(plan), 'c:a d:z');
  assert.deepEqual(plan.skipped, [
    {
      path: 'big',
      side: 'target',
      because: 'protected',
      detail: 'has a source file that is larger than 4 bytes',
      bytes: 3,
    },
  ]);
  assert.deepEqual(plan.listed, { source: { files: 1, bytes: 1 }, target: { files: 2, bytes: 4 } });
});

test('a move leaves files on the source that the limits exclude', async () => {
  const both = sides({ a: 'a@9', b: 'b@1' }, {});
  const plan = await planned(both, { verb: 'move', minAge: '5d' });
  assert.equal(ids(plan), 'c:a');
});

test('after a complete run the target matches filters and limits, and the next plan is empty', async () => {
  const names = [
    'a',
    'b.log',
    'd/a',
    'd/b.log',
    'd/e/c',
    'build/x',
    'd/build/y.log',
    '.git/config',
    'f',
    'g.txt',
  ];
  const rules = ['*.log', 'build/**', '/d/*', 'a', 'd/e/*', '*.txt', 'build/', '/f'];
  const seen = { excluded: 0, outside: 0, protected: 0, deleted: 0, kept: 0 };
  for (let seed = 1; seed <= 400; seed++) {
    const r = random(seed);
    const files = () =>
      Object.fromEntries(
        names.filter(() => r.chance(0.6)).map((name) => [name, `${'x'.repeat(r.whole(4))}@${r.whole(4)}`]),
      );
    const both = sides(files(), files());
    const filters = Array.from(
      { length: r.whole(3) },
      (): FilterRule => (r.chance(0.75) ? { exclude: r.pick(rules) } : { include: r.pick(rules) }),
    );
    const options: PlanOptions = {
      ...defaultPlanOptions,
      deletes: r.pick(['before', 'during', 'after'] as const),
      filters,
      filterDialect: r.pick(['rclone', 'aws', 'gitignore'] as const),
      useDefaultExcludes: r.chance(0.8),
      deleteExcluded: r.chance(0.5),
      ...(r.chance(0.3) && { minSize: 1 }),
      ...(r.chance(0.3) && { maxSize: 2 }),
      ...(r.chance(0.3) && { minAge: '1d' }),
      ...(r.chance(0.3) && { maxAge: '2d' }),
    };
    const expected = wanted(both, options, seen);
    const plan = await planned(both, options);
    const told = `seed ${seed}\n${JSON.stringify(options)}\n${[...describePlan(plan)].join('\n')}`;
    await run(plan, both);
    const there = Object.fromEntries(both.target.paths().map((path) => [path, both.target.text(path)]));
    assert.deepEqual(there, expected, told);
    assert.equal(ids(await planned(both, options)), '', told);
  }
  assert.ok(Math.min(...Object.values(seen)) > 50, JSON.stringify(seen));
});

/** What is to be on the target in the end, by the words of the options alone. */
function wanted(
  { files: { source, target } }: Sides,
  options: PlanOptions,
  seen: Record<'excluded' | 'outside' | 'protected' | 'deleted' | 'kept', number>,
): Record<string, string> {
  const full = createFilter(options);
  const usual = createFilter({ ...options, filters: [] });
  const limits = createLimits(options, now);
  const isWithin = ({ content, modified }: Given) =>
    limits === undefined ||
    (limits.sizeProblem(content.length) === undefined && limits.timeProblem(modified) === undefined);
  const isSent = (path: string) => {
    const file = source.get(path);
    return file !== undefined && full.includes(path) && isWithin(file);
  };
  const isEmpty = ![...source.keys()].some(isSent);
  const result: Record<string, string> = {};
  for (const path of source.keys()) if (isSent(path)) result[path] = source.get(path)?.content ?? '';
  for (const [path, file] of target) {
    if (isSent(path)) continue;
    const isOutside = !isWithin(file);
    const isHidden = !full.includes(path);
    if (isOutside) seen.outside++;
    else if (isHidden) seen.excluded++;
    else if (source.has(path)) seen.protected++;
    const isExtra = isHidden ? options.deleteExcluded && usual.includes(path) : !source.has(path);
    if (isExtra && !isOutside && !isEmpty) seen.deleted++;
    else {
      seen.kept++;
      result[path] = file.content;
    }
  }
  return result;
}
