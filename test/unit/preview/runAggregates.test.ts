import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PlanRun } from '../../../src/editor/preview/runState';
import { formatter } from '../../../src/preview/format';
import type { FolderRow, RowState } from '../../../src/preview/planRow';
import { PlanView } from '../../../src/preview/planView';
import { englishStrings } from '../../../src/preview/strings';
import { folderOutcome, folderRunText, runSummary } from '../../../src/preview/summaries';
import type { ActionOutcome, RunReport } from '../../../src/transfer/runReport';
import { noon, planOf, upload } from './plans';

const format = formatter('en', englishStrings);

/** Number of files of a folder by outcome. */
type Ends = Partial<Record<ActionOutcome, number>>;

/** A run of one folder that ended so. `cancelled`: the user asked for it. */
function runOf(ends: Ends, cancelled: boolean) {
  const outcomes = Object.entries(ends).flatMap(([outcome, many]) =>
    Array<ActionOutcome>(many).fill(outcome as ActionOutcome),
  );
  const actions = outcomes.map((_, i) => upload(`site/${String(i).padStart(5, '0')}.txt`, 10));
  const view = new PlanView(planOf({ actions }));
  const run = new PlanRun(view, actions, { bytes: 0, ms: 0 }, noon);
  if (cancelled) run.cancelAsked();
  const totals = { done: 0, copied: 0, failed: 0, changed: 0, cancelled: 0, notStarted: 0, ...ends };
  const report: RunReport = {
    version: 1,
    startedAt: noon,
    endedAt: noon + 2000,
    bytes: 10 * totals.done,
    results: actions.map(({ id, kind, path }, i) => ({
      id,
      kind,
      path,
      outcome: outcomes[i] ?? 'notStarted',
    })),
    totals,
  };
  run.finish(report, noon + 2000);
  const folder = view.window(0, 1)[0] as FolderRow;
  return { folder, state: run.state(noon + 2000) };
}

const cases: readonly (readonly [
  ends: Ends,
  cancelled: boolean,
  folder: string,
  mark: RowState,
  summary: RegExp,
])[] = [
  [{ done: 4 }, false, '4 of 4 done', 'done', /^4 changes done in 2 s\./],
  [
    { done: 425, notStarted: 19_575 },
    true,
    '425 of 20,000 done, 19,575 not started',
    'notStarted',
    /^Cancelled\. 425 of 20,000 changes done/,
  ],
  [
    { done: 2, cancelled: 1, notStarted: 1 },
    true,
    '2 of 4 done, 1 cancelled, 1 not started',
    'cancelled',
    /^Cancelled\. 2 of 4/,
  ],
  [{ cancelled: 3 }, true, '0 of 3 done, 3 cancelled', 'cancelled', /^Cancelled\. 0 of 3/],
  [{ notStarted: 3 }, true, '0 of 3 done, 3 not started', 'notStarted', /^Cancelled\. 0 of 3/],
  [
    { done: 1, copied: 2 },
    false,
    '1 of 3 done, 2 copied, but not removed from the source',
    'copied',
    /^1 of 3 .*2 copied, but not removed from the source/,
  ],
  [{ done: 1, failed: 2 }, false, '1 of 3 done, 2 failed', 'failed', /^1 of 3 changes done.*2 failed/],
  [
    { done: 1, changed: 2 },
    false,
    '1 of 3 done, 2 changed since the preview',
    'changed',
    /^1 of 3 .*2 changed since the preview/,
  ],
  [
    { done: 1, failed: 1, changed: 1, cancelled: 1, notStarted: 1 },
    true,
    '1 of 5 done, 1 failed, 1 changed since the preview, 1 cancelled, 1 not started',
    'failed',
    /^Cancelled\. 1 of 5/,
  ],
  [{ failed: 2, notStarted: 2 }, false, '0 of 4 done, 2 failed, 2 not started', 'failed', /^0 of 4/],
];

for (const [ends, cancelled, text, mark, summary] of cases) {
  test(`every sum of a run with ${JSON.stringify(ends)} counts only done actions as done`, () => {
    const { folder, state } = runOf(ends, cancelled);
    assert.ok(folder.run);
    assert.equal(folderRunText(folder.run, englishStrings, format), text);
    assert.equal(folderOutcome(folder.run), mark);
    assert.equal(state.filesDone, ends.done ?? 0);
    assert.equal(state.bytesDone, 10 * (ends.done ?? 0));
    assert.match(runSummary(state, englishStrings, format), summary);
  });
}

test('a folder has no mark while an action below it waits or moves, and its sum grows with done actions', () => {
  const actions = ['a', 'b', 'c', 'd'].map((name) => upload(`site/${name}`, 10));
  const view = new PlanView(planOf({ actions }));
  view.beginRun(view.ticks.selectedIds());
  const shown = () => {
    const { run } = view.window(0, 1)[0] as FolderRow;
    assert.ok(run);
    return [folderRunText(run, englishStrings, format), folderOutcome(run)];
  };
  assert.deepEqual(shown(), ['0 of 4 done', undefined]);
  view.setState('c:site/a', 'moving', 0.9);
  assert.deepEqual(shown(), ['0 of 4 done', undefined]);
  view.setState('c:site/a', 'done');
  view.setState('c:site/b', 'cancelled');
  assert.deepEqual(shown(), ['1 of 4 done, 1 cancelled', undefined]);
  view.setState('c:site/c', 'notStarted');
  view.setState('c:site/d', 'done');
  assert.deepEqual(shown(), ['2 of 4 done, 1 cancelled, 1 not started', 'cancelled']);
});

test('the sums of nested folders agree', () => {
  const actions = ['site/a', 'site/in/b', 'site/in/deep/c', 'site/in/deep/d'].map((path) => upload(path, 10));
  const view = new PlanView(planOf({ actions }));
  view.beginRun(view.ticks.selectedIds());
  for (const [id, state] of [
    ['c:site/a', 'done'],
    ['c:site/in/b', 'notStarted'],
    ['c:site/in/deep/c', 'done'],
    ['c:site/in/deep/d', 'changed'],
  ] as const)
    view.setState(id, state);
  const texts = view
    .window(0, 20)
    .flatMap((row) =>
      row.kind === 'folder' && row.run ? [folderRunText(row.run, englishStrings, format)] : [],
    );
  assert.deepEqual(texts, [
    '2 of 4 done, 1 changed since the preview, 1 not started',
    '1 of 3 done, 1 changed since the preview, 1 not started',
    '1 of 2 done, 1 changed since the preview',
  ]);
});
