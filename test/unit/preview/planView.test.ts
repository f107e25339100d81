import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nameOf as shownName } from '../../../src/preview/planIndex';
import { initialViewState, PlanView } from '../../../src/preview/planView';
import { cpuTime } from '../../tools/cpuTime';
import { drawn, keyOf, mixed, nameOf, namesIn } from './drawnView';
import { file, largePlan, planOf, remove, upload } from './plans';

const noFilter = initialViewState.filter;

test('Rows are in folders, folders come before files, and a chain of folders shares one row', () => {
  assert.deepEqual(drawn(new PlanView(mixed())), [
    'x css/',
    '  x t.css',
    '  x x.css',
    '  x y.css',
    'x deep/er/still/',
    '  x z.js',
    'x a.txt',
    '○ [delete 2]',
    '  . css/',
    '    . old.css',
    '  . gone.txt',
    '  [conflict 1]',
    '    docs',
    '  [skipped 1]',
    '    a//',
    '      b',
  ]);
});

test('A flat list has the same files under the same headings, without folders', () => {
  const view = new PlanView(mixed());
  view.setFlat(true);
  assert.equal(
    namesIn(view),
    't.css x.css y.css z.js a.txt [delete 2] old.css gone.txt [conflict 1] docs [skipped 1] b',
  );
});

test('An empty plan has no rows and nothing to tick', () => {
  const view = new PlanView(planOf({ unchanged: 3 }));
  assert.equal(view.rowCount, 0);
  assert.deepEqual(view.window(0, 100), []);
  assert.equal(view.tickOfShown, undefined);
  assert.deepEqual(view.ticks.selectedIds(), []);
});

test('A window has the rows of its range, and ends at the last row', () => {
  const view = new PlanView(mixed());
  const all = view.window(0, 1000);
  assert.equal(all.length, view.rowCount);
  assert.deepEqual(view.window(5, 3), all.slice(5, 8));
  assert.deepEqual(view.window(view.rowCount - 1, 10), all.slice(-1));
  assert.deepEqual(view.window(view.rowCount + 5, 10), []);
});

test('Keys that are not paths have names too', () => {
  const skipped = ['filled/', 'deep/filled/', '/abs', 'a//b', '/'].map(
    (path) => ({ path, side: 'source', because: 'emptyPart' }) as const,
  );
  const view = new PlanView(planOf({ skipped }));
  assert.deepEqual(
    view.window(0, 99).map((row) => (row.kind === 'item' ? shownName(row.path) : nameOf(row))),
    ['[skipped 5]', 'a//', 'b', 'deep/', 'filled/', '/', '/abs', 'filled/'],
  );
});

test('A row has the same key in a later plan with other rows', () => {
  const conflict = (path: string) =>
    ({ path: file(path).path, because: 'fileAgainstFolder', source: file(path) }) as const;
  const skipped = (path: string) => ({ path, side: 'source', because: 'symlink' }) as const;
  const first = new PlanView(planOf({ conflicts: [conflict('b')], skipped: [skipped('l')] }));
  const keys = [keyOf(first, 'b'), keyOf(first, 'l')];
  const later = new PlanView(
    planOf({
      actions: [upload('new')],
      conflicts: [conflict('a'), conflict('b')],
      skipped: [skipped('k'), skipped('l')],
    }),
  );
  assert.deepEqual(
    keys.map((key) => later.itemOf(key)?.path),
    ['b', 'l'],
  );
  assert.deepEqual([keyOf(later, 'b'), keyOf(later, 'l')], keys);
  assert.equal(new PlanView(planOf({})).itemOf(keys[0] ?? ''), undefined);
});

test('A filter by class shows only that class and its folders', () => {
  const view = new PlanView(mixed());
  view.setFilter({ ...noFilter, classes: ['setTime'] });
  assert.deepEqual(drawn(view), ['x css/', '  x t.css']);
  assert.deepEqual(view.matches, { shown: 1, all: 9 });
});

test('A filter by text searches the whole path, regardless of case and the composition of accents', () => {
  const view = new PlanView(planOf({ actions: [upload('Cafe\u0301/menu.txt'), upload('other.txt')] }));
  view.setFilter({ ...noFilter, text: ' CAF\u00c9/m ' });
  assert.deepEqual(drawn(view), ['x Cafe\u0301/', '  x menu.txt']);
  view.setFilter({ ...noFilter, text: '.*(' });
  assert.deepEqual(drawn(view), []);
});

test('A folded folder hides its rows and keeps their ticks and sums', () => {
  const view = new PlanView(mixed());
  view.tick(keyOf(view, 'x.css'), false);
  view.setExpanded(keyOf(view, 'css/'), false);
  assert.deepEqual(drawn(view).slice(0, 2), ['~ css/', 'x deep/er/still/']);
  const [row] = view.window(0, 1);
  assert.ok(row?.kind === 'folder');
  assert.deepEqual([row.files, row.bytes, row.expanded], [3, 300, false]);
});

test('Folding all leaves the groups open', () => {
  const view = new PlanView(mixed());
  view.setAllExpanded(false);
  assert.equal(
    namesIn(view),
    'css/ deep/er/still/ a.txt [delete 2] css/ gone.txt [conflict 1] docs [skipped 1] a//',
  );
});

test('A hidden row is found at its nearest visible folder, an unknown row nowhere', () => {
  const view = new PlanView(mixed());
  const key = keyOf(view, 'z.js');
  assert.equal(view.indexOf(key), 5);
  view.setExpanded(keyOf(view, 'deep/er/still/'), false);
  assert.equal(view.indexOf(key), 4);
  assert.equal(view.indexOf('A|nonsense'), -1);
  assert.equal(view.indexOf('nonsense'), -1);
  assert.equal(view.indexOf('I|2'), -1);
});

test('Typed letters find the next row that starts with them, also past the end', () => {
  const view = new PlanView(mixed());
  assert.equal(view.find('C', -1), 0);
  assert.equal(view.find('c', 0), 8);
  assert.equal(view.find('c', 8), 0);
  assert.equal(view.find('nothing', 0), -1);
  assert.equal(new PlanView(planOf({})).find('a', -1), -1);
});

test('A later plan of the same sides keeps ticks, folding, filter and list by name', () => {
  const view = new PlanView(mixed());
  view.tick(keyOf(view, 'x.css'), false);
  view.ticks.includeDeletes(true);
  view.tick(keyOf(view, 'gone.txt'), false);
  view.setExpanded(keyOf(view, 'deep/er/still/'), false);
  view.setFilter({ ...noFilter, text: 's' });
  const memory = JSON.parse(JSON.stringify(view.memory()));

  const later = planOf({
    actions: [
      upload('css/new.css'),
      upload('css/x.css'),
      upload('deep/er/still/z.js'),
      remove('css/old.css'),
      remove('gone.txt'),
    ],
  });
  const again = new PlanView(later, memory);
  assert.equal(again.filter.text, 's');
  assert.deepEqual(again.ticks.selectedIds(), ['c:css/new.css', 'c:deep/er/still/z.js', 'd:css/old.css']);
  assert.deepEqual(drawn(again), [
    '~ css/',
    '  x new.css',
    '  . x.css',
    'x deep/er/still/',
    '◉ [delete 1]',
    '  x css/',
    '    x old.css',
  ]);
});

test('A run queues the ticked actions, marks the rest as left out, and fixes the ticks', () => {
  const view = new PlanView(mixed());
  view.tick(keyOf(view, 'x.css'), false);
  view.beginRun(view.ticks.selectedIds());
  view.tick(keyOf(view, 'x.css'), true);
  view.ticks.includeDeletes(true);
  assert.equal(view.ticks.selectedIds().length, 4);
  assert.deepEqual(view.idsInState('leftOut'), ['c:css/x.css', 'd:css/old.css', 'd:gone.txt']);
  assert.deepEqual(view.idsInState('queued').length, 4);
});

test('Folders sum up their part of the run, and a filter by outcome shows only that outcome', () => {
  const view = new PlanView(mixed());
  view.beginRun(view.ticks.selectedIds());
  view.setState('c:css/x.css', 'moving', 0.5);
  view.setState('c:css/x.css', 'done');
  view.setState('c:css/y.css', 'failed', undefined, 'Access denied.');
  const [css] = view.window(0, 1);
  assert.ok(css?.kind === 'folder');
  const none = { copied: 0, changed: 0, cancelled: 0, notStarted: 0 };
  assert.deepEqual(css.run, { total: 3, ended: 2, failed: 1, ...none });
  view.setFilter({ ...noFilter, states: ['failed'] });
  const rows = view.window(0, 9);
  assert.deepEqual(rows.map(nameOf), ['css/', 'y.css']);
  assert.ok(rows[1]?.kind === 'item');
  assert.deepEqual([rows[1].state, rows[1].error], ['failed', 'Access denied.']);
});

test('A retry queues the failed actions and keeps the other outcomes', () => {
  const view = new PlanView(mixed());
  view.beginRun(view.ticks.selectedIds());
  for (const id of view.ticks.selectedIds()) view.setState(id, id === 'c:a.txt' ? 'failed' : 'done');
  view.beginRun(view.idsInState('failed'));
  const { queued, done, failed, leftOut } = view.stateCounts();
  assert.deepEqual([queued, done, failed, leftOut], [1, 4, 0, 2]);
});

test('A delete that makes room names the file that needs it', () => {
  const action = { ...remove('x/a.txt'), makesRoomFor: upload('x').path };
  const view = new PlanView(
    planOf({ actions: [action as typeof action & { kind: 'deleteFile' }, upload('x')] }),
  );
  const row = view.window(0, view.rowCount).find((one) => one.kind === 'item' && one.path === 'x/a.txt');
  assert.equal(row?.kind === 'item' ? row.detail : '', 'goes first, to make room for “x”');
});

test('A hundred thousand actions are built, filtered and shown in windows without a pause', () => {
  const plan = largePlan(100_000);
  const time = (work: () => void) => {
    const used = cpuTime();
    work();
    return used();
  };
  let view = new PlanView(planOf({}));
  const made = time(() => {
    view = new PlanView(plan);
  });
  const filtered = time(() => view.setFilter({ ...noFilter, text: '9999' }));
  view.setFilter(noFilter);
  const windows = time(() => {
    for (let from = 0; from < view.rowCount; from += 1000) view.window(from, 60);
  });
  const ticked = time(() => view.tickShown(false));
  const one = time(() => view.tick('A|c:area-000/set-0000/photo-000003.jpg', true));
  const report = { made, filtered, windows: windows / 101, ticked, one };
  console.log('ms:', Object.fromEntries(Object.entries(report).map(([k, ms]) => [k, Number(ms.toFixed(2))])));
  // Generous: machines differ. What grows with the square of the rows would take minutes.
  assert.ok(made < 1500, `made in ${made} ms`);
  assert.ok(filtered < 300, `filtered in ${filtered} ms`);
  assert.ok(windows / 101 < 20, `a window in ${windows / 101} ms`);
  assert.ok(ticked < 300, `all ticked in ${ticked} ms`);
});
