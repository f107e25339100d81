import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RecordedRun } from '../../../../src/transfer/journal/recordedRun';
import { noon } from '../../preview/plans';
import { applied, opened, report, scanned, settled, threeActions } from './sessions';

/** A run of three actions, of which one was done when the window was reloaded. */
function unfinished(): RecordedRun {
  const plan = threeActions();
  const { results } = report(plan, () => 'done');
  return {
    run: 'run-1',
    startedAt: noon,
    plan,
    places: { source: '', target: '' },
    continuable: true,
    results: new Map(results.slice(0, 1).map((result) => [result.id, result])),
    begun: new Uint8Array(3),
    facts: new Map(),
    crashes: 1,
    length: 0,
  };
}

test('a preview says that a run of its places was not finished, and Continue does the rest of it', async () => {
  const continued: unknown[] = [];
  const { session, ran } = await scanned({
    unfinished: [unfinished()],
    run: async (plan, _signal, options) => {
      continued.push(options?.continues);
      return report(plan, () => 'done');
    },
  });
  const [banner] = session.state().banners;
  assert.match(banner?.text ?? '', /^The run of .* was not finished: 1 of 3 done\.$/);
  assert.deepEqual([banner?.action?.command, banner?.other?.command], ['continueEarlier', 'discardEarlier']);
  await session.answer({ type: 'continueEarlier' });
  await settled();
  assert.deepEqual(
    ran.map(({ actions }) => actions.map(({ id }) => id)),
    [['c:img/b', 'd:old']],
  );
  assert.deepEqual(continued, ['run-1']);
  const { run, phase, banners } = session.state();
  assert.deepEqual([phase, run?.counts.done, run?.bytesDone], ['finished', 3, 30]);
  assert.ok(banners.every(({ action }) => action?.command !== 'continueEarlier'));
});

test('a continued run asks before it deletes, and without a yes its rows stay as they are', async () => {
  const { session, ran } = await scanned({ unfinished: [unfinished()], confirm: async () => false });
  await session.answer({ type: 'continueEarlier' });
  await settled();
  assert.equal(ran.length, 0);
  const { phase, run } = session.state();
  assert.deepEqual([phase, run?.again, run?.wasCancelled], ['finished', 2, true]);
});

test('a discarded run is gone from the preview', async () => {
  const { session, log } = await scanned({ unfinished: [unfinished()] });
  await session.answer({ type: 'discardEarlier' });
  assert.ok(log.includes('discard run-1'));
  assert.deepEqual(session.state().banners, []);
});

test('the preview of an unfinished run shows its outcomes without a scan', async () => {
  const { session, asked } = opened();
  await session.showUnfinished(unfinished());
  const { phase, run, table } = session.state();
  assert.deepEqual([phase, asked.length, table?.rowCount === 0], ['finished', 0, false]);
  assert.deepEqual([run?.filesDone, run?.files, run?.bytesDone], [1, 3, 10]);
});

test('Continue after a cancel, and Retry after a failure, belong to the journal of the first run', async () => {
  const continued: unknown[] = [];
  const { session } = await applied({
    run: async (plan, _signal, options) => {
      continued.push(options?.continues);
      options?.observer?.recorded?.('run-2');
      return report(plan, ({ path }) => (path === 'a' ? 'done' : 'failed'));
    },
  });
  await session.answer({ type: 'retry' });
  await settled();
  assert.deepEqual(continued, [undefined, 'run-2']);
});
