import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Action, Plan } from '../../../../src/plan/model/plan';
import { PlaceOccupied } from '../../../../src/usecases/placeLocks';
import { noon, planOf, upload } from '../../preview/plans';
import { applied, endless, report, request, scanned, settled, threeActions } from './sessions';

test('Only ticked actions run, and deletes only after they were included', async () => {
  const { ran } = await applied({}, { type: 'tick', key: 'A|c:img/b', on: false });
  assert.deepEqual(
    ran.map((plan) => plan.actions.map((action) => action.id)),
    [['c:a']],
  );
});

test('Included deletes need a confirmation; without one nothing runs', async () => {
  const { session, ran } = await applied(
    { confirm: async () => false },
    { type: 'includeDeletes', on: true },
  );
  assert.equal(ran.length, 0);
  assert.equal(session.state().phase, 'preview');
});

test('While the confirmation of deletes is open nothing else begins', async () => {
  let answer: (yes: boolean) => void = () => {};
  const { session, ran, asked } = await scanned({
    confirm: () => new Promise((resolve) => (answer = resolve)),
  });
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

test('A finished run counts the outcomes, and Retry runs only the failed actions', async () => {
  let failing = true;
  const { session, ran, log } = await applied({
    run: async (plan) => report(plan, (action) => (failing && action.path === 'a' ? 'failed' : 'done')),
  });
  assert.equal(session.state().phase, 'finished');
  assert.deepEqual([session.state().run?.counts?.done, session.state().run?.counts?.failed], [1, 1]);
  failing = false;
  await session.answer({ type: 'retry' });
  await settled();
  assert.deepEqual(
    ran[1]?.actions.map((action) => action.id),
    ['c:a'],
  );
  assert.deepEqual([session.state().run?.counts?.done, session.state().run?.counts?.failed], [2, 0]);
  assert.equal(session.state().run?.bytesDone, 30);
  assert.ok(log.some((line) => line.startsWith('ended: 1 of 2 changes done')));
  assert.ok(log.some((line) => line.startsWith('ended: 2 changes done')));
});

test('Files that changed since the preview are reported with a button that scans again', async () => {
  const { session } = await applied({ run: async (plan) => report(plan, () => 'changed') });
  const banner = session.state().banners.at(-1);
  assert.match(banner?.text ?? '', /2 files/);
  assert.equal(banner?.action?.command, 'rescan');
  assert.equal(session.state().run?.again, 0);
});

test('Withheld deletes are reported', async () => {
  const { session } = await applied({
    run: async (plan) => ({
      ...report(plan, () => 'done'),
      deletesWithheld: 'Nothing was deleted, because a copy failed.',
    }),
  });
  assert.ok(session.state().banners.some((banner) => banner.text.startsWith('Nothing was deleted')));
});

test('After a run that breaks off no row is moving, and a banner has the reason', async () => {
  const { session } = await applied({
    run: async (plan, _signal, options) => {
      const [first] = plan.actions;
      if (first) options?.observer?.started(first);
      throw new Error('remote is gone');
    },
  });
  const counts = session.state().run?.counts;
  assert.deepEqual([counts?.moving, counts?.queued, counts?.cancelled, counts?.notStarted], [0, 0, 1, 1]);
  assert.ok(session.state().banners.some((banner) => banner.text === 'Sentence: remote is gone'));
});

test('Cancel reaches the run at once, and the rest can be continued', async () => {
  const { session } = await applied({
    run: (plan, signal) =>
      new Promise((resolve) => {
        signal.addEventListener('abort', () =>
          resolve(report(plan, (a) => (a.path === 'a' ? 'done' : 'notStarted'))),
        );
      }),
  });
  assert.equal(session.state().phase, 'running');
  const answered = session.answer({ type: 'cancel' });
  assert.equal(session.state().run?.cancelling, true);
  await answered;
  await settled();
  assert.equal(session.state().phase, 'finished');
  assert.deepEqual([session.state().run?.wasCancelled, session.state().run?.again], [true, 1]);
});

test('The end of a run names conflicts and skipped files, and the reason for withheld deletes stays visible', async () => {
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
  const { session, log } = await applied({
    plan: async () => plan,
    run: async (made) => report(made, () => 'done'),
  });
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

test('A run in a place where another run works is reported in the panel, with a button that tries again', async () => {
  const other = { what: 'sync a → b', startedAt: noon, pid: 1, host: 'elsewhere' } as never;
  let tries = 0;
  const { session } = await applied({
    run: async (plan) => {
      if (tries++ === 0) throw new PlaceOccupied(other, 'photos:site-assets/');
      return report(plan, () => 'done');
    },
  });
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

test('During a run options, direction and ticks stay', async () => {
  const { session, asked } = await applied({ run: endless });
  await session.answer({ type: 'swap' });
  await session.answer({ type: 'deletes', on: false });
  await session.answer({ type: 'rescan' });
  await session.answer({ type: 'tickShown', on: false });
  await session.answer({ type: 'setOptions', options: { verb: 'move' } });
  await session.answer({ type: 'copyInstead' });
  assert.equal(session.request, asked[0]);
  assert.equal(asked.length, 1);
  assert.equal(session.state().table?.classes[0]?.ticked, 2);
  session.stop();
});

test('A whole class can be unticked, and without a tick nothing runs', async () => {
  const { session, ran } = await scanned();
  const { state } = await session.answer({ type: 'tickClass', class: 'upload', on: false });
  assert.equal(state.table?.classes.find((sum) => sum.class === 'upload')?.ticked, 0);
  assert.equal(state.table?.deletesIncluded, false);
  await session.answer({ type: 'apply' });
  await settled();
  assert.deepEqual(ran, []);
});

test('A comparison never runs; it turns into a sync or a copy', async () => {
  const check = { ...request, options: { ...request.options, verb: 'check' } } as const;
  const { session, asked, ran } = await scanned({
    request: check,
    plan: async ({ options }) => ({ ...threeActions(), options }),
  });
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

test('A move needs a confirmation, even without deletes', async () => {
  const questions: number[] = [];
  const action: Action = {
    ...(upload('a', 10) as Extract<Action, { kind: 'copyFile' }>),
    removesSource: true,
  };
  const { session, ran } = await applied({
    request: { ...request, options: { ...request.options, verb: 'move' } },
    plan: async ({ options }) => ({ ...planOf({ actions: [action] }), options }),
    confirm: async () => questions.push(1) > 1,
  });
  assert.deepEqual([questions.length, ran.length], [1, 0]);
  await session.answer({ type: 'apply' });
  await settled();
  assert.equal(ran.length, 1);
});

test('Retry does not make deletes that were withheld because a file had changed (R20)', async () => {
  const { session, ran } = await applied(
    {
      run: async (plan) =>
        report(plan, (action) =>
          action.kind === 'deleteFile' ? 'notStarted' : action.path === 'a' ? 'changed' : 'failed',
        ),
    },
    { type: 'includeDeletes', on: true },
  );
  const deletes = (plan: Plan | undefined) =>
    plan?.actions.filter(({ kind }) => kind === 'deleteFile').length;
  assert.equal(deletes(ran[0]), 1);
  await session.answer({ type: 'retry' });
  await settled();
  assert.ok((ran[1]?.actions.length ?? 0) > 0);
  assert.equal(deletes(ran[1]), 0);
  assert.equal(session.state().run?.again, ran[1]?.actions.length);
});
