import assert from 'node:assert/strict';
import { test } from 'node:test';
import { initialViewState, PlanView } from '../../../src/preview/planView';
import { deletesIn, drawn, keyOf, mixed } from './drawnView';
import { planOf, remove, upload } from './plans';

const noFilter = initialViewState.filter;

test('A folder is partly ticked without one file and unticked without all; a file unticked twice counts once', () => {
  const view = new PlanView(mixed());
  view.tick(keyOf(view, 'x.css'), false);
  view.tick(keyOf(view, 'x.css'), false);
  assert.ok(drawn(view).includes('~ css/'));
  view.tick(keyOf(view, 'y.css'), false);
  view.tick(keyOf(view, 't.css'), false);
  assert.equal(drawn(view)[0], '. css/');
  view.tick(keyOf(view, 'css/'), true);
  assert.deepEqual(drawn(view).slice(0, 4), ['x css/', '  x t.css', '  x x.css', '  x y.css']);
});

test('The sums by class follow the ticks', () => {
  const view = new PlanView(mixed());
  view.tick(keyOf(view, 'z.js'), false);
  const sums = Object.fromEntries(
    view.ticks.summary().map((s) => [s.class, [s.files, s.bytes, s.ticked, s.tickedBytes]]),
  );
  assert.deepEqual(sums, {
    upload: [4, 1310, 3, 310],
    setTime: [1, 0, 1, 0],
    delete: [2, 10, 0, 0],
    conflict: [1, 100, 0, 0],
    skipped: [1, 0, 0, 0],
  });
  assert.deepEqual(view.ticks.selectedIds(), ['c:a.txt', 'c:css/x.css', 'c:css/y.css', 't:css/t.css']);
});

test('No way of ticking ticks deletes before they are included, nor conflicts and skipped files ever', () => {
  const view = new PlanView(mixed());
  view.tick(keyOf(view, 'gone.txt'), true);
  view.tickClass('delete', true);
  view.tickShown(true);
  view.toggleRange(7, 10);
  assert.deepEqual(deletesIn(view), []);
  view.tick(keyOf(view, 'docs'), true);
  view.tick(keyOf(view, '[conflict 1]'), true);
  assert.equal(view.ticks.selectedIds().length, 5);
  const locked = view.window(0, 99).filter((row) => row.kind !== 'section' && row.locked);
  assert.equal(locked.length, 3);
});

test('A whole class is ticked, also rows that a filter hides; of deletes only visible rows', () => {
  const view = new PlanView(mixed());
  view.setFilter({ ...noFilter, text: 'old' });
  view.tickClass('upload', false);
  assert.deepEqual(view.ticks.selectedIds(), ['t:css/t.css']);
  view.ticks.includeDeletes(true);
  view.tickClass('delete', false);
  view.tickClass('delete', true);
  view.tickClass('upload', true);
  assert.deepEqual(view.ticks.selectedIds(), [
    'c:a.txt',
    'c:css/x.css',
    'c:css/y.css',
    'c:deep/er/still/z.js',
    't:css/t.css',
    'd:css/old.css',
  ]);
});

test('Including deletes ticks all of them; single ones can be unticked; excluding unticks all', () => {
  const view = new PlanView(mixed());
  view.ticks.includeDeletes(true);
  view.tick(keyOf(view, 'gone.txt'), false);
  assert.deepEqual(deletesIn(view), ['d:css/old.css']);
  view.ticks.includeDeletes(false);
  assert.deepEqual(deletesIn(view), []);
});

test('Including deletes under a filter ticks only visible deletes', () => {
  const view = new PlanView(mixed());
  view.setFilter({ ...noFilter, text: 'old' });
  view.ticks.includeDeletes(true);
  view.setFilter(noFilter);
  assert.deepEqual(deletesIn(view), ['d:css/old.css']);
  view.setFilter({ ...noFilter, text: 'nothing' });
  view.ticks.includeDeletes(false);
  assert.deepEqual(deletesIn(view), []);
});

test('A range unticks the files between its ends when all are ticked, else it ticks them', () => {
  const view = new PlanView(mixed());
  view.toggleRange(2, 5);
  assert.deepEqual(view.ticks.selectedIds(), ['c:a.txt', 't:css/t.css']);
  view.toggleRange(1, 2);
  assert.deepEqual(view.ticks.selectedIds(), ['c:a.txt', 'c:css/x.css', 't:css/t.css']);
});

test('A range with locked deletes at its end toggles the rows that can be ticked', () => {
  const view = new PlanView(mixed());
  view.toggleRange(0, 1000);
  assert.deepEqual(view.ticks.selectedIds(), []);
  view.toggleRange(0, 1000);
  assert.equal(view.ticks.selectedIds().length, 5);
});

test('A range stops at its ends below an open folder, and takes all files below a folded folder', () => {
  const view = new PlanView(mixed());
  view.toggleRange(0, 2);
  assert.deepEqual(drawn(view).slice(0, 4), ['~ css/', '  . t.css', '  . x.css', '  x y.css']);
  view.setExpanded(keyOf(view, 'css/'), false);
  view.tick(keyOf(view, 'css/'), true);
  view.toggleRange(0, 1);
  assert.deepEqual(view.ticks.selectedIds(), ['c:a.txt', 'c:deep/er/still/z.js']);
});

test('Under a filter the tick of a folder and of all rows counts only visible files', () => {
  const view = new PlanView(mixed());
  view.setFilter({ ...noFilter, text: 'x.css' });
  view.tick(keyOf(view, 'css/'), false);
  assert.equal(view.tickOfShown, 'off');
  view.setFilter(noFilter);
  assert.equal(drawn(view)[0], '~ css/');
  view.setFilter({ ...noFilter, text: 'css' });
  view.tickShown(false);
  view.setFilter(noFilter);
  assert.deepEqual(view.ticks.selectedIds(), ['c:a.txt', 'c:deep/er/still/z.js']);
});

test('A new delete of a later plan is not ticked, even while deletes are included', () => {
  const view = new PlanView(mixed());
  view.ticks.includeDeletes(true);
  const later = planOf({ actions: [remove('gone.txt'), remove('surprise.txt')] });
  assert.deepEqual(new PlanView(later, view.memory()).ticks.selectedIds(), ['d:gone.txt']);
});

test('A plan without deletes disables the deletes of a third plan', () => {
  const view = new PlanView(mixed());
  view.ticks.includeDeletes(true);
  const second = new PlanView(planOf({ actions: [upload('a')] }), view.memory());
  assert.equal(second.ticks.deletesEnabled, false);
  assert.deepEqual(deletesIn(new PlanView(mixed(), second.memory())), []);
});

test('Removed folders are among the deletes, count as no files, and are removed only with all their files', () => {
  const folder = (path: string) =>
    ({ id: `f:${path}`, kind: 'removeFolder', path: path as never, because: 'emptied' }) as const;
  const view = new PlanView(
    planOf({
      actions: [upload('a', 1), remove('old/x', 2), remove('old/sub/y', 3), folder('old/sub'), folder('old')],
    }),
    initialViewState,
  );
  assert.deepEqual(view.ticks.selectedIds(), ['c:a']);
  view.ticks.includeDeletes(true);
  assert.deepEqual(view.ticks.selectedIds(), ['c:a', 'd:old/x', 'd:old/sub/y', 'f:old/sub', 'f:old']);
  assert.ok(drawn(view).includes('◉ [delete 2]'), drawn(view).join('\n'));
  const kinds = view.ticks.summary().map((sum) => [sum.class, sum.files]);
  assert.deepEqual(kinds, [
    ['upload', 1],
    ['delete', 2],
    ['removeFolder', 2],
  ]);
  view.tick(keyOf(view, 'y'), false);
  assert.deepEqual(view.ticks.selectedIds(), ['c:a', 'd:old/x']);
  view.tick(keyOf(view, 'y'), true);
  view.tick(keyOf(view, 'x'), false);
  assert.deepEqual(view.ticks.selectedIds(), ['c:a', 'd:old/sub/y', 'f:old/sub']);
});
