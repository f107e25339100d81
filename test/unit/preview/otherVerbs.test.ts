import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Action, Plan } from '../../../src/plan/model/plan';
import type { ItemRow } from '../../../src/preview/planRow';
import { initialViewState, PlanView } from '../../../src/preview/planView';
import { englishStrings } from '../../../src/preview/strings';
import { planBanners } from '../../../src/preview/summaries';
import { file, planOf, remove, upload } from './plans';

function comparison(): Plan {
  const plan = planOf({
    actions: [upload('new', 10), upload('changed', 20, file('changed', 30)), remove('extra', 5)],
    skipped: [{ path: 'link', side: 'source', because: 'symlink' }],
  });
  return { ...plan, options: { ...plan.options, verb: 'check' } };
}

function items(view: PlanView): ItemRow[] {
  return view.window(0, view.rowCount).filter((row) => row.kind === 'item');
}

test('A comparison has its own classes, no group of deletes, and nothing to tick', () => {
  const view = new PlanView(comparison());
  assert.deepEqual(
    items(view).map((row) => [row.path, row.class, row.tick]),
    [
      ['changed', 'differs', undefined],
      ['extra', 'targetOnly', undefined],
      ['new', 'sourceOnly', undefined],
      ['link', 'skipped', undefined],
    ],
  );
  assert.deepEqual(
    view
      .window(0, view.rowCount)
      .filter((row) => row.kind === 'section')
      .map((row) => row.section),
    ['skipped'],
  );
});

test('No way of ticking ticks a row of a comparison', () => {
  const view = new PlanView(comparison(), {
    ...initialViewState,
    deletesEnabled: true,
    toggled: ['c:new', 'd:extra'],
  });
  for (const row of items(view)) view.tick(row.key, true);
  view.toggleRange(0, view.rowCount);
  view.tickShown(true);
  view.tickClass('sourceOnly', true);
  view.tickClass('targetOnly', true);
  view.ticks.includeDeletes(true);
  assert.deepEqual(view.ticks.selectedIds(), []);
  assert.equal(view.tickOfShown, undefined);
  assert.deepEqual(view.memory().toggled, []);
});

test('The classes of a comparison can be filtered', () => {
  const view = new PlanView(comparison());
  view.setFilter({ text: '', classes: ['targetOnly'], states: [] });
  assert.deepEqual(
    items(view).map((row) => row.path),
    ['extra'],
  );
});

test('A rename is one row at the new path that names the old path, and is ticked like a copy', () => {
  const rename: Action = {
    kind: 'moveFile',
    id: 'r:new/photo.jpg',
    path: file('new/photo.jpg').path,
    from: file('old/photo.jpg').path,
    source: file('new/photo.jpg', 900),
    before: file('old/photo.jpg', 900),
    because: 'renamed',
  };
  const view = new PlanView(planOf({ actions: [rename, remove('extra')] }));
  const [row] = items(view);
  assert.deepEqual(
    [row?.path, row?.class, row?.because, row?.detail, row?.isNew, row?.tick],
    ['new/photo.jpg', 'rename', 'renamed', 'old/photo.jpg', false, true],
  );
  assert.deepEqual(view.ticks.selectedIds(), ['r:new/photo.jpg']);
  const sum = view.ticks.summary().find(({ class: name }) => name === 'rename');
  assert.deepEqual([sum?.files, sum?.bytes], [1, 0]);
});

test('A row of a file that a move only removes has both sides and the freed bytes', () => {
  const removal: Action = {
    kind: 'removeSource',
    id: 'm:same',
    path: file('same').path,
    source: file('same', 70),
    before: file('same', 70),
    because: 'alreadyThere',
  };
  const plan = planOf({ actions: [upload('a', 10), removal] });
  const view = new PlanView({ ...plan, options: { ...plan.options, verb: 'move' } });
  const row = items(view).find(({ path }) => path === 'same');
  assert.deepEqual(
    [row?.class, row?.because, row?.source?.size, row?.target?.size],
    ['removeSource', 'alreadyThere', 70, 70],
  );
  const sum = view.ticks.summary().find(({ class: name }) => name === 'removeSource');
  assert.deepEqual([sum?.files, sum?.bytes, sum?.ticked], [1, 70, 1]);
});

test('Withheld deletes are banners, and a conflict of an immutable target is a row', () => {
  const plan = planOf({
    actions: [upload('new')],
    conflicts: [{ path: file('a').path, because: 'immutable', source: file('a', 2), target: file('a', 1) }],
    safety: [
      {
        kind: 'tooManyDeletes',
        effect: 'deletesWithheld',
        message: '12 files would be deleted, more than 10.',
      },
      { kind: 'immutableConflict', effect: 'deletesWithheld', message: 'Files would be changed.' },
    ],
  });
  assert.deepEqual(
    planBanners(plan, englishStrings).map(({ tone, text }) => [tone, text]),
    [
      ['warning', '12 files would be deleted, more than 10.'],
      ['warning', 'Files would be changed.'],
    ],
  );
  const row = items(new PlanView(plan)).find(({ class: name }) => name === 'conflict');
  assert.deepEqual([row?.because, row?.source?.size, row?.target?.size], ['immutable', 2, 1]);
});
