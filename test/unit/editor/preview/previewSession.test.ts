import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { App, SyncRequest } from '../../../../src/app';
import { PlanPreviewSession } from '../../../../src/editor/preview/previewSession';
import { type Action, type Plan, placeText } from '../../../../src/plan/model/plan';
import { defaultPlanOptions } from '../../../../src/plan/model/planOptions';
import { initialViewState } from '../../../../src/preview/planView';
import type { HostNotice, PageState } from '../../../../src/preview/previewProtocol';
import { englishStrings } from '../../../../src/preview/strings';
import type { ActionOutcome, RunReport } from '../../../../src/transfer/runReport';
import { PlaceOccupied } from '../../../../src/usecases/placeLocks';
import { file, noon, planOf, remove, upload } from '../../preview/plans';

type Planner = App['planSync'];
type Runner = App['runPlan'];

const request: SyncRequest = {
  source: { kind: 'folder', path: '/home/anna/site/dist' },
  target: { kind: 'remote', remote: 'photos', path: 'site-assets' as never },
  options: { ...defaultPlanOptions, deletes: 'after' },
};

const threeActions = () => planOf({ actions: [upload('a', 10), upload('img/b', 20), remove('old', 5)] });

function report(plan: Plan, outcome: (action: Action) => ActionOutcome): RunReport {
  const totals = { done: 0, copied: 0, failed: 0, changed: 0, cancelled: 0, notStarted: 0 };
  const results = plan.actions.map((action) => {
    totals[outcome(action)]++;
    const error =
      outcome(action) === 'failed'
        ? { error: { kind: 'forbidden' as const, message: 'Access denied.' } }
        : {};
    return { id: action.id, kind: action.kind, path: action.path, outcome: outcome(action), ...error };
  });
  const bytes = plan.actions.reduce(
    (sum, a) => sum + (outcome(a) === 'done' && a.kind === 'copyFile' ? a.source.size : 0),
    0,
  );
  return { version: 1, startedAt: noon, endedAt: noon, results, totals, bytes };
}

interface Parts {
  readonly plan?: Planner;
  readonly run?: Runner;
  readonly confirm?: () => Promise<boolean>;
  readonly request?: SyncRequest;
  readonly title?: string;
}

/** A session in a panel that only writes down what it is told. */
function opened(parts: Parts = {}) {
  const asked: SyncRequest[] = [];
  const ran: Plan[] = [];
  const log: string[] = [];
  const notices: HostNotice[] = [];
  const planned: Planner = parts.plan ?? (async () => threeActions());
  const runs: Runner = parts.run ?? (async (plan) => report(plan, () => 'done'));
  const session = new PlanPreviewSession(
    parts.request ?? request,
    parts.title,
    {
      planSync: (...all) => {
        asked.push(all[0]);
        return planned(...all);
      },
      runPlan: (...all) => {
        ran.push(all[0]);
        return runs(...all);
      },
    },
    {
      log: { write: (_level, _tag, text) => log.push(text) },
      showLog: () => log.push('showLog'),
      openDiff: async (_plan, action) => void log.push(`open ${action.path}`),
      describeError: (error) => `Sentence: ${(error as Error).message}`,
      confirmDeletes: parts.confirm ?? (async () => true),
      transfers: () => 4,
      explainPath: async (_request, path = '') => void log.push(`explain ${path}`),
      copyAsCommand: async () => void log.push('copyAsCommand'),
    },
    {
      words: englishStrings,
      language: 'en',
      nameOf: (place) => ({ short: placeText(place), full: placeText(place) }),
      tell: (notice) => notices.push(notice),
      renamed: () => log.push('renamed'),
      close: () => log.push('close'),
      savePlan: async () => void log.push('savePlan'),
      saveList: async () => void log.push('saveList'),
      showError: (sentence) => log.push(sentence),
      runBegan: () => log.push('began'),
      runProgressed: () => {},
      runEnded: (_run, summary) => log.push(`ended: ${summary}`),
      now: () => noon,
    },
  );
  return { session, asked, ran, log, notices };
}

/** Lets what was begun without waiting for it come to its end. */
const settled = () => new Promise((resolve) => setTimeout(resolve, 5));

const outcomes = (state: PageState) => state.run?.counts;

test('A scan that finds changes shows them; a rerun of it keeps the ticks', async () => {
  const { session } = opened();
  await session.rescan();
  assert.equal(session.state().phase, 'preview');
  await session.answer({ type: 'tick', key: 'A|c:a', on: false });
  await session.rescan();
  const upload = session.state().table?.classes.find((sum) => sum.class === 'upload');
  assert.deepEqual([upload?.files, upload?.ticked], [2, 1]);
});

test('A scan that finds nothing says that both sides are the same', async () => {
  const { session } = opened({ plan: async () => planOf({ unchanged: 12 }) });
  await session.rescan();
  assert.equal(session.state().phase, 'same');
});

test('An incomplete listing is never told as “both sides are the same”', async () => {
  const problem = {
    side: 'source',
    path: '' as never,
    kind: 'forbidden',
    message: 'Access denied.',
  } as const;
  const { session } = opened({ plan: async () => planOf({ problems: [problem] }) });
  await session.rescan();
  assert.equal(session.state().phase, 'preview');
  assert.match(session.state().banners[0]?.text ?? '', /could not be listed: Access denied/);
});

test('Cancelling a scan is answered at once and changes nothing', async () => {
  const { session } = opened({
    plan: (_request, signal) =>
      new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
  });
  const scan = session.rescan();
  await session.answer({ type: 'cancel' });
  await scan;
  assert.equal(session.state().phase, 'error');
  assert.equal(session.state().error, undefined);
  assert.equal(session.state().table, undefined);
});

test('A failed scan is told as a sentence and can be tried again', async () => {
  let fails = true;
  const { session } = opened({
    plan: async () => {
      if (fails) throw new Error('no way');
      return threeActions();
    },
  });
  await session.rescan();
  assert.equal(session.state().error, 'Sentence: no way');
  fails = false;
  await session.answer({ type: 'rescan' });
  await settled();
  assert.equal(session.state().phase, 'preview');
});

test('Another comparison scans again, and the answer of the scan it replaces is thrown away', async () => {
  const waiting: ((plan: Plan) => void)[] = [];
  const { session, asked } = opened({ plan: () => new Promise((resolve) => waiting.push(resolve)) });
  void session.rescan();
  await session.answer({ type: 'compare', mode: 'checksum' });
  assert.deepEqual(
    asked.map((r) => r.options.compare),
    ['rclone', 'checksum'],
  );
  waiting[1]?.(planOf({ actions: [upload('late')] }));
  waiting[0]?.(threeActions());
  await settled();
  assert.equal(session.state().table?.all, 1);
});

test('Only what is ticked is run, and deletes only after they were included', async () => {
  const { session, ran } = opened();
  await session.rescan();
  await session.answer({ type: 'tick', key: 'A|c:img/b', on: false });
  await session.answer({ type: 'apply' });
  await settled();
  assert.deepEqual(
    ran.map((plan) => plan.actions.map((action) => action.id)),
    [['c:a']],
  );
});

test('Included deletes are asked about with the very plan that would run; a No runs nothing', async () => {
  const { session, ran } = opened({ confirm: async () => false });
  await session.rescan();
  await session.answer({ type: 'includeDeletes', on: true });
  await session.answer({ type: 'apply' });
  await settled();
  assert.equal(ran.length, 0);
  assert.equal(session.state().phase, 'preview');
});

test('While the question about deletes is open nothing else begins', async () => {
  let answer: (yes: boolean) => void = () => {};
  const { session, ran, asked } = opened({ confirm: () => new Promise((resolve) => (answer = resolve)) });
  await session.rescan();
  await session.answer({ type: 'includeDeletes', on: true });
  await session.answer({ type: 'apply' });
  await session.answer({ type: 'apply' });
  await session.answer({ type: 'swap' });
  await session.answer({ type: 'compare', mode: 'aws' });
  assert.equal(asked.length, 1);
  answer(true);
  await settled();
  assert.equal(ran.length, 1);
});

test('A finished run tells what became of each row, and Retry runs the failed ones only', async () => {
  let failing = true;
  const { session, ran, log } = opened({
    run: async (plan) => report(plan, (action) => (failing && action.path === 'a' ? 'failed' : 'done')),
  });
  await session.rescan();
  await session.answer({ type: 'apply' });
  await settled();
  assert.equal(session.state().phase, 'finished');
  assert.deepEqual([outcomes(session.state())?.done, outcomes(session.state())?.failed], [1, 1]);
  failing = false;
  await session.answer({ type: 'retry' });
  await settled();
  assert.deepEqual(
    ran[1]?.actions.map((action) => action.id),
    ['c:a'],
  );
  assert.deepEqual([outcomes(session.state())?.done, outcomes(session.state())?.failed], [2, 0]);
  assert.equal(session.state().run?.bytesDone, 30);
  assert.ok(log.some((line) => line.startsWith('ended: 1 of 2 changes done')));
  assert.ok(log.some((line) => line.startsWith('ended: 2 changes done')));
});

test('What changed since the preview is told with the way to see it as it is now', async () => {
  const { session } = opened({ run: async (plan) => report(plan, () => 'changed') });
  await session.rescan();
  await session.answer({ type: 'apply' });
  await settled();
  const banner = session.state().banners.at(-1);
  assert.match(banner?.text ?? '', /2 files/);
  assert.equal(banner?.action?.command, 'rescan');
  assert.equal(session.state().run?.again, 0);
});

test('Withheld deletes are told', async () => {
  const { session } = opened({
    run: async (plan) => ({
      ...report(plan, () => 'done'),
      deletesWithheld: 'Nothing was deleted, because a copy failed.',
    }),
  });
  await session.rescan();
  await session.answer({ type: 'apply' });
  await settled();
  assert.ok(session.state().banners.some((banner) => banner.text.startsWith('Nothing was deleted')));
});

test('A run that breaks off leaves no row as if it were moving, and says why', async () => {
  const { session } = opened({
    run: async (plan, _signal, options) => {
      const [first] = plan.actions;
      if (first) options?.observer?.started(first);
      throw new Error('remote is gone');
    },
  });
  await session.rescan();
  await session.answer({ type: 'apply' });
  await settled();
  const counts = outcomes(session.state());
  assert.deepEqual([counts?.moving, counts?.queued, counts?.cancelled, counts?.notStarted], [0, 0, 1, 1]);
  assert.ok(session.state().banners.some((banner) => banner.text === 'Sentence: remote is gone'));
});

test('Cancel reaches the run at once, and what was not done can be continued', async () => {
  const { session } = opened({
    run: (plan, signal) =>
      new Promise((resolve) => {
        signal.addEventListener('abort', () =>
          resolve(report(plan, (a) => (a.path === 'a' ? 'done' : 'notStarted'))),
        );
      }),
  });
  await session.rescan();
  await session.answer({ type: 'apply' });
  await settled();
  assert.equal(session.state().phase, 'running');
  const answered = session.answer({ type: 'cancel' });
  assert.equal(session.state().run?.cancelling, true);
  await answered;
  await settled();
  assert.equal(session.state().phase, 'finished');
  assert.deepEqual([session.state().run?.wasCancelled, session.state().run?.again], [true, 1]);
});

test('After a run its end tells of conflicts and of what was skipped, and why nothing was deleted stays to be read', async () => {
  const withheld = 'Part of the source could not be read ("x"), so nothing will be deleted.';
  const plan = planOf({
    actions: [upload('a', 10), upload('img/b', 20)],
    conflicts: [{ path: 'c' as never, because: 'fileAgainstFolder' }],
    skipped: [
      { path: 's', side: 'source', because: 'badName' },
      { path: 'link', side: 'source', because: 'symlink' },
    ],
    safety: [{ kind: 'incompleteListing', message: withheld, effect: 'deletesWithheld' }],
    problems: [{ side: 'source', path: 'x' as never, kind: 'forbidden', message: 'Not for you.' }],
  });
  const { session, log } = opened({
    plan: async () => plan,
    run: async (made) => report(made, () => 'done'),
  });
  await session.rescan();
  await session.answer({ type: 'apply' });
  await settled();
  const { banners, run } = session.state();
  assert.ok(
    log.some((line) => /^ended: .*1 conflict, 2 skipped\./.test(line)),
    log.join('\n'),
  );
  assert.ok(banners.some(({ text }) => text === withheld));
  assert.ok(banners.some(({ tone, text }) => tone === 'error' && text.includes('Not for you.')));
  // The conflict, the bad name, the folder, the deletes and, as links are followed here, the link.
  assert.deepEqual(run?.leftAlone, { conflicts: 1, skipped: 2, undone: 5 });
});

test('A run that may not begin because another works there says so in the panel, with a way to try again', async () => {
  const other = { what: 'sync a → b', startedAt: noon, pid: 1, host: 'elsewhere' } as never;
  let tries = 0;
  const { session } = opened({
    run: async (plan) => {
      if (tries++ === 0) throw new PlaceOccupied(other, 'photos:site-assets/');
      return report(plan, () => 'done');
    },
  });
  await session.rescan();
  await session.answer({ type: 'apply' });
  await settled();
  const [banner] = session.state().banners;
  assert.match(
    banner?.text ?? '',
    /"sync a → b" has been running on elsewhere since .* overlaps photos:site-assets\//,
  );
  assert.equal(banner?.action?.command, 'retry');
  await session.answer({ type: 'retry' });
  await settled();
  assert.equal(session.state().run?.counts.done, session.state().run?.files);
});

test('While a run goes on, options, direction and ticks stay as they are', async () => {
  const { session, asked } = opened({ run: () => new Promise(() => {}) });
  await session.rescan();
  await session.answer({ type: 'apply' });
  await settled();
  await session.answer({ type: 'swap' });
  await session.answer({ type: 'deletes', on: false });
  await session.answer({ type: 'rescan' });
  await session.answer({ type: 'tickShown', on: false });
  assert.equal(asked.length, 1);
  assert.equal(session.state().table?.classes[0]?.ticked, 2);
  session.dispose();
  session.cancel();
});

test('Swapping turns the direction round with deletes off and no ticks carried over', async () => {
  const { session, asked, log } = opened();
  await session.rescan();
  await session.answer({ type: 'includeDeletes', on: true });
  await session.answer({ type: 'swap' });
  await settled();
  assert.deepEqual(asked[1]?.source, request.target);
  assert.equal(asked[1]?.options.deletes, 'none');
  assert.ok(log.includes('renamed'));
  assert.equal(session.saved().view.deletesEnabled, false);
  assert.deepEqual(session.saved().view.toggled, []);
});

test('A row’s key opens its action; a key of something else opens nothing', async () => {
  const { session, log } = opened();
  await session.rescan();
  await session.answer({ type: 'open', key: 'A|c:img/b' });
  await session.answer({ type: 'open', key: 'F|change|img' });
  await session.answer({ type: 'open', key: 'A|c:../../etc/passwd' });
  assert.deepEqual(log, ['open img/b']);
});

test('Rows of conflicts and of what was skipped can be opened too', async () => {
  const { session, log } = opened({
    plan: async () =>
      planOf({
        conflicts: [{ path: file('docs').path, because: 'fileAgainstFolder', source: file('docs') }],
        skipped: [{ path: 'old/x', side: 'target', because: 'protected' }],
      }),
  });
  await session.rescan();
  const { rows } = await session.answer({ type: 'rows', from: 0, count: 9 });
  for (const row of rows) if (row.kind === 'item') await session.answer({ type: 'open', key: row.key });
  assert.deepEqual(log, ['open docs', 'open old/x']);
});

test('A whole class can be unticked, and what is left is run', async () => {
  const { session, ran } = opened();
  await session.rescan();
  const { state } = await session.answer({ type: 'tickClass', class: 'upload', on: false });
  assert.equal(state.table?.classes.find((sum) => sum.class === 'upload')?.ticked, 0);
  assert.equal(state.table?.deletesIncluded, false);
  await session.answer({ type: 'apply' });
  await settled();
  assert.deepEqual(ran, []);
});

test('What is saved for a reload brings the same view back', async () => {
  const { session } = opened();
  await session.rescan();
  await session.answer({ type: 'tick', key: 'A|c:a', on: false });
  const saved = JSON.parse(JSON.stringify(session.saved()));
  assert.deepEqual(saved.request, request);
  assert.deepEqual(saved.view, { ...initialViewState, toggled: ['c:a'] });
  assert.equal(saved.ticksKept, true);
});

test('More ticks than can be kept are not kept in part, and it is said that they are lost', async () => {
  const many = planOf({ actions: Array.from({ length: 3000 }, (_, i) => upload(`f${i}`)) });
  const { session } = opened({ plan: async () => many });
  await session.rescan();
  await session.answer({ type: 'tickShown', on: false });
  const { ticksKept, view } = session.saved();
  assert.deepEqual([ticksKept, view.toggled.length], [false, 0]);
});

test('Options that can’t be are told, and nothing changes or is scanned', async () => {
  const { session, asked } = opened();
  await session.rescan();
  const { state, problem } = await session.answer({ type: 'setOptions', options: { minSize: 'much' } });
  assert.match(problem ?? '', /^Sentence: .*"minSize" is "much"/);
  assert.equal(asked.length, 1);
  assert.deepEqual(state.options, request.options);
  assert.equal(state.phase, 'preview');
});

test('Options of the page are scanned with, and stay in the state and in what is saved', async () => {
  const { session, asked } = opened();
  await session.rescan();
  const options = { ...defaultPlanOptions, deletes: 'before', update: true, filters: [{ exclude: '*.log' }] };
  const { problem } = await session.answer({ type: 'setOptions', options });
  await settled();
  assert.equal(problem, undefined);
  assert.deepEqual(asked[1]?.options, options);
  assert.deepEqual(session.state().options, options);
  assert.deepEqual((session.saved().request as SyncRequest).options, options);
});

test('While a run goes on, options and verb stay as they are', async () => {
  const { session, asked } = opened({ run: () => new Promise(() => {}) });
  await session.rescan();
  await session.answer({ type: 'apply' });
  await settled();
  await session.answer({ type: 'setOptions', options: { verb: 'move' } });
  await session.answer({ type: 'copyInstead' });
  assert.equal(session.request, asked[0]);
  assert.equal(asked.length, 1);
  session.stop();
});

test('Another verb forgets the ticks and the classes shown, and the title that the command gave', async () => {
  const { session, log } = opened({ title: 'Sync: 3 files → photos' });
  await session.rescan();
  await session.answer({ type: 'includeDeletes', on: true });
  const filter = { text: 'a', classes: ['delete'], states: [] } as const;
  await session.answer({ type: 'filter', ...filter, anchors: [] });
  assert.equal(session.saved().title, 'Sync: 3 files → photos');
  await session.answer({ type: 'setOptions', options: { ...request.options, verb: 'move' } });
  await settled();
  const { table } = session.state();
  assert.deepEqual(table?.filter, { text: 'a', classes: [], states: [] });
  assert.equal(table?.deletesIncluded, false);
  assert.deepEqual(log, ['renamed']);
  assert.equal('title' in session.saved(), false);
});

test('A comparison is never run, and becomes a sync or a copy in its place', async () => {
  const check = { ...request, options: { ...request.options, verb: 'check' } } as const;
  const { session, asked, ran } = opened({
    request: check,
    plan: async ({ options }) => ({ ...threeActions(), options }),
  });
  await session.rescan();
  await session.answer({ type: 'apply' });
  await session.answer({ type: 'retry' });
  await settled();
  assert.deepEqual(ran, []);
  assert.equal(session.state().compare, 'checksum');
  await session.answer({ type: 'syncInstead' });
  await settled();
  assert.deepEqual([asked[1]?.options.verb, asked[1]?.options.compare], ['sync', 'rclone']);
  assert.deepEqual([session.state().verb, session.state().table?.deletesIncluded], ['sync', false]);
  await session.answer({ type: 'copyInstead' });
  await settled();
  assert.equal(asked[2]?.options.verb, 'copy');
});

test('A row is explained by its path; the button asks about any', async () => {
  const { session, log } = opened();
  await session.rescan();
  await session.answer({ type: 'explain', key: 'A|c:img/b' });
  await session.answer({ type: 'explainPath' });
  await session.answer({ type: 'copyAsCommand' });
  assert.deepEqual(log, ['explain img/b', 'explain ', 'copyAsCommand']);
});

test('A move asks before it runs, even without deletes', async () => {
  const questions: number[] = [];
  const action: Action = {
    ...(upload('a', 10) as Extract<Action, { kind: 'copyFile' }>),
    removesSource: true,
  };
  const { session, ran } = opened({
    request: { ...request, options: { ...request.options, verb: 'move' } },
    plan: async ({ options }) => ({ ...planOf({ actions: [action] }), options }),
    confirm: async () => questions.push(1) > 1,
  });
  await session.rescan();
  await session.answer({ type: 'apply' });
  await settled();
  assert.deepEqual([questions.length, ran.length], [1, 0]);
  await session.answer({ type: 'apply' });
  await settled();
  assert.equal(ran.length, 1);
});

test('Deletes that were kept because something had changed are not made by trying again (R20)', async () => {
  const { session, ran } = opened({
    run: async (plan) =>
      report(plan, (action) =>
        action.kind === 'deleteFile' ? 'notStarted' : action.path === 'a' ? 'changed' : 'failed',
      ),
  });
  await session.rescan();
  await session.answer({ type: 'includeDeletes', on: true });
  await session.answer({ type: 'apply' });
  await settled();
  const deletes = (plan: Plan | undefined) =>
    plan?.actions.filter(({ kind }) => kind === 'deleteFile').length;
  assert.equal(deletes(ran[0]), 1);
  await session.answer({ type: 'retry' });
  await settled();
  assert.ok((ran[1]?.actions.length ?? 0) > 0);
  assert.equal(deletes(ran[1]), 0);
  assert.equal(session.state().run?.again, ran[1]?.actions.length);
});
