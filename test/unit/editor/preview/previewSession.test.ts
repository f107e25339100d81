import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SyncRequest } from '../../../../src/app';
import type { Plan } from '../../../../src/plan/model/plan';
import { defaultPlanOptions } from '../../../../src/plan/model/planOptions';
import { initialViewState } from '../../../../src/preview/planView';
import { file, planOf, upload } from '../../preview/plans';
import { opened, request, scanned, settled, threeActions } from './sessions';

test('A scan shows the changes it finds; another scan keeps the ticks', async () => {
  const { session } = await scanned();
  assert.equal(session.state().phase, 'preview');
  await session.answer({ type: 'tick', key: 'A|c:a', on: false });
  await session.rescan();
  const upload = session.state().table?.classes.find((sum) => sum.class === 'upload');
  assert.deepEqual([upload?.files, upload?.ticked], [2, 1]);
});

test('Without changes the session says that both sides are the same', async () => {
  const { session } = await scanned({ plan: async () => planOf({ unchanged: 12 }) });
  assert.equal(session.state().phase, 'same');
});

test('An incomplete listing never counts as “both sides are the same”', async () => {
  const problem = {
    side: 'source',
    path: '' as never,
    kind: 'forbidden',
    message: 'Access denied.',
  } as const;
  const { session } = await scanned({ plan: async () => planOf({ problems: [problem] }) });
  assert.equal(session.state().phase, 'preview');
  assert.match(session.state().banners[0]?.text ?? '', /could not be listed: Access denied/);
});

test('A scan can be cancelled at once, which changes nothing', async () => {
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

test('A failed scan is a sentence and can be tried again', async () => {
  let fails = true;
  const { session } = await scanned({
    plan: async () => {
      if (fails) throw new Error('no way');
      return threeActions();
    },
  });
  assert.equal(session.state().error, 'Sentence: no way');
  fails = false;
  await session.answer({ type: 'rescan' });
  await settled();
  assert.equal(session.state().phase, 'preview');
});

test('Another comparison scans again, and the result of the earlier scan is dropped', async () => {
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

test('Swapping reverses the direction, switches deletes off and forgets the ticks', async () => {
  const { session, asked, log } = await scanned();
  await session.answer({ type: 'includeDeletes', on: true });
  await session.answer({ type: 'swap' });
  await settled();
  assert.deepEqual(asked[1]?.source, request.target);
  assert.equal(asked[1]?.options.deletes, 'none');
  assert.ok(log.includes('renamed'));
  assert.equal(session.saved().view.deletesEnabled, false);
  assert.deepEqual(session.saved().view.toggled, []);
});

test('The key of a row opens its action; any other key opens nothing', async () => {
  const { session, log } = await scanned();
  await session.answer({ type: 'open', key: 'A|c:img/b' });
  await session.answer({ type: 'open', key: 'F|change|img' });
  await session.answer({ type: 'open', key: 'A|c:../../etc/passwd' });
  assert.deepEqual(log, ['open img/b']);
});

test('Rows of conflicts and skipped files can be opened too', async () => {
  const { session, log } = await scanned({
    plan: async () =>
      planOf({
        conflicts: [{ path: file('docs').path, because: 'fileAgainstFolder', source: file('docs') }],
        skipped: [{ path: 'old/x', side: 'target', because: 'protected' }],
      }),
  });
  const { rows } = await session.answer({ type: 'rows', from: 0, count: 9 });
  for (const row of rows) if (row.kind === 'item') await session.answer({ type: 'open', key: row.key });
  assert.deepEqual(log, ['open docs', 'open old/x']);
});

test('The state saved for a reload restores the view', async () => {
  const { session } = await scanned();
  await session.answer({ type: 'tick', key: 'A|c:a', on: false });
  const saved = JSON.parse(JSON.stringify(session.saved()));
  assert.deepEqual(saved.request, request);
  assert.deepEqual(saved.view, { ...initialViewState, toggled: ['c:a'] });
  assert.equal(saved.ticksKept, true);
});

test('Too many changed ticks are not kept at all, and the saved state says so', async () => {
  const many = planOf({ actions: Array.from({ length: 3000 }, (_, i) => upload(`f${i}`)) });
  const { session } = await scanned({ plan: async () => many });
  await session.answer({ type: 'tickShown', on: false });
  const { ticksKept, view } = session.saved();
  assert.deepEqual([ticksKept, view.toggled.length], [false, 0]);
});

test('Invalid options are reported, and nothing changes or is scanned', async () => {
  const { session, asked } = await scanned();
  const { state, problem } = await session.answer({ type: 'setOptions', options: { minSize: 'much' } });
  assert.match(problem ?? '', /^Sentence: .*"minSize" is "much"/);
  assert.equal(asked.length, 1);
  assert.deepEqual(state.options, request.options);
  assert.equal(state.phase, 'preview');
});

test('The scan uses the options of the page, and the state and the saved state keep them', async () => {
  const { session, asked } = await scanned();
  const options = { ...defaultPlanOptions, deletes: 'before', update: true, filters: [{ exclude: '*.log' }] };
  const { problem } = await session.answer({ type: 'setOptions', options });
  await settled();
  assert.equal(problem, undefined);
  assert.deepEqual(asked[1]?.options, options);
  assert.deepEqual(session.state().options, options);
  assert.deepEqual((session.saved().request as SyncRequest).options, options);
});

test('Another verb forgets the ticks, the filter by class and the title of the command', async () => {
  const { session, log } = await scanned({ title: 'Sync: 3 files → photos' });
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

test('A row is explained by its path, the button explains any path', async () => {
  const { session, log } = await scanned();
  await session.answer({ type: 'explain', key: 'A|c:img/b' });
  await session.answer({ type: 'explainPath' });
  await session.answer({ type: 'copyAsCommand' });
  assert.deepEqual(log, ['explain img/b', 'explain ', 'copyAsCommand']);
});
