import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nameOf as shownName } from '../../../src/preview/planIndex';
import type { Row } from '../../../src/preview/planRow';
import { initialViewState, PlanView } from '../../../src/preview/planView';
import { cpuTime } from '../../tools/cpuTime';
import { file, largePlan, planOf, remove, setTime, upload } from './plans';

const noFilter = initialViewState.filter;

/** The whole table, one row a line: indent, tick, name. */
function drawn(view: PlanView): string[] {
  return view
    .window(0, view.rowCount)
    .map((row) => `${'  '.repeat(row.level - 1)}${tickOf(row)} ${nameOf(row)}`);
}

function tickOf(row: Row): string {
  if (row.kind === 'section') return row.gate === undefined ? ' ' : row.gate ? '◉' : '○';
  if (row.tick === undefined) return ' ';
  return { on: 'x', true: 'x', off: '.', false: '.', some: '~' }[String(row.tick) as 'on'];
}

function nameOf(row: Row): string {
  if (row.kind === 'section') return `[${row.section} ${row.files}]`;
  if (row.kind === 'folder') return `${row.label}/`;
  return row.path.slice(row.path.lastIndexOf('/') + 1);
}

function keyOf(view: PlanView, name: string): string {
  const row = view.window(0, view.rowCount).find((candidate) => nameOf(candidate) === name);
  assert.ok(row, `there is a row ${name}`);
  return row.key;
}

function mixed() {
  return planOf({
    actions: [
      upload('a.txt', 10),
      upload('css/x.css', 100),
      upload('css/y.css', 200, file('css/y.css', 150)),
      upload('deep/er/still/z.js', 1000),
      setTime('css/t.css'),
      remove('css/old.css', 7),
      remove('gone.txt', 3),
    ],
    conflicts: [{ path: file('docs').path, because: 'fileAgainstFolder', source: file('docs') }],
    skipped: [{ path: 'a//b', side: 'source', because: 'emptyPart' }],
    unchanged: 5,
  });
}

test('Rows stand in folders, folders before files, and a chain of folders shares one row', () => {
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
  const names = view.window(0, view.rowCount).map(nameOf);
  assert.deepEqual(names, [
    't.css',
    'x.css',
    'y.css',
    'z.js',
    'a.txt',
    '[delete 2]',
    'old.css',
    'gone.txt',
    '[conflict 1]',
    'docs',
    '[skipped 1]',
    'b',
  ]);
});

test('An empty plan has no rows and nothing to tick', () => {
  const view = new PlanView(planOf({ unchanged: 3 }));
  assert.equal(view.rowCount, 0);
  assert.deepEqual(view.window(0, 100), []);
  assert.equal(view.tickOfShown, undefined);
  assert.deepEqual(view.ticks.selectedIds(), []);
});

test('A window past the end is cut, and one from anywhere has the rows of that place', () => {
  const view = new PlanView(mixed());
  const all = view.window(0, 1000);
  assert.equal(all.length, view.rowCount);
  assert.deepEqual(view.window(5, 3), all.slice(5, 8));
  assert.deepEqual(view.window(view.rowCount - 1, 10), all.slice(-1));
  assert.deepEqual(view.window(view.rowCount + 5, 10), []);
});

test('Unticking one file makes its folder partly ticked, unticking all of them makes it unticked', () => {
  const view = new PlanView(mixed());
  view.tick(keyOf(view, 'x.css'), false);
  assert.ok(drawn(view).includes('~ css/'));
  view.tick(keyOf(view, 'y.css'), false);
  view.tick(keyOf(view, 't.css'), false);
  assert.equal(drawn(view)[0], '. css/');
  view.tick(keyOf(view, 'css/'), true);
  assert.deepEqual(drawn(view).slice(0, 4), ['x css/', '  x t.css', '  x x.css', '  x y.css']);
});

test('Ticking the same file twice counts once', () => {
  const view = new PlanView(mixed());
  const key = keyOf(view, 'x.css');
  view.tick(key, false);
  view.tick(key, false);
  view.tick(key, true);
  assert.equal(drawn(view)[0], 'x css/');
});

test('The sum of what is ticked follows the ticks, by class and in bytes', () => {
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

test('Deletes can’t be ticked, by no way at all, until they are included', () => {
  const view = new PlanView(mixed());
  view.tick(keyOf(view, 'gone.txt'), true);
  view.tickClass('delete', true);
  view.tickShown(true);
  view.toggleRange(7, 10);
  assert.deepEqual(
    view.ticks.selectedIds().filter((id) => id.startsWith('d:')),
    [],
  );
  const locked = view.window(0, 99).filter((row) => row.kind !== 'section' && row.locked);
  assert.equal(locked.length, 3);
});

test('Keys that are no paths have names too', () => {
  const skipped = ['filled/', 'deep/filled/', '/abs', 'a//b', '/'].map(
    (path) => ({ path, side: 'source', because: 'emptyPart' }) as const,
  );
  const view = new PlanView(planOf({ skipped }));
  assert.deepEqual(
    view.window(0, 99).map((row) => (row.kind === 'item' ? shownName(row.path) : nameOf(row))),
    ['[skipped 5]', 'a//', 'b', 'deep/', 'filled/', '/', '/abs', 'filled/'],
  );
});

test('A class is ticked as a whole, also what a filter hides; of deletes only what can be seen', () => {
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

test('A row has the same key in a later plan, whatever came before it there', () => {
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

test('Including deletes ticks all of them; single ones can be unticked; excluding unticks all', () => {
  const view = new PlanView(mixed());
  view.ticks.includeDeletes(true);
  view.tick(keyOf(view, 'gone.txt'), false);
  assert.deepEqual(
    view.ticks.selectedIds().filter((id) => id.startsWith('d:')),
    ['d:css/old.css'],
  );
  view.ticks.includeDeletes(false);
  assert.deepEqual(
    view.ticks.selectedIds().filter((id) => id.startsWith('d:')),
    [],
  );
});

test('Including deletes under a filter ticks only those that can be seen', () => {
  const view = new PlanView(mixed());
  view.setFilter({ ...noFilter, text: 'old' });
  view.ticks.includeDeletes(true);
  view.setFilter(noFilter);
  assert.deepEqual(
    view.ticks.selectedIds().filter((id) => id.startsWith('d:')),
    ['d:css/old.css'],
  );
  view.setFilter({ ...noFilter, text: 'nothing' });
  view.ticks.includeDeletes(false);
  assert.deepEqual(
    view.ticks.selectedIds().filter((id) => id.startsWith('d:')),
    [],
  );
});

test('Conflicts and skipped files can never be ticked', () => {
  const view = new PlanView(mixed());
  view.tick(keyOf(view, 'docs'), true);
  view.tick(keyOf(view, '[conflict 1]'), true);
  assert.equal(view.ticks.selectedIds().length, 5);
});

test('A range unticks the files between its ends when all are ticked, else it ticks them', () => {
  const view = new PlanView(mixed());
  view.toggleRange(2, 5);
  assert.deepEqual(view.ticks.selectedIds(), ['c:a.txt', 't:css/t.css']);
  view.toggleRange(1, 2);
  assert.deepEqual(view.ticks.selectedIds(), ['c:a.txt', 'c:css/x.css', 't:css/t.css']);
});

test('A range over everything, with locked deletes at its end, is about what can be ticked', () => {
  const view = new PlanView(mixed());
  view.toggleRange(0, 1000);
  assert.deepEqual(view.ticks.selectedIds(), []);
  view.toggleRange(0, 1000);
  assert.equal(view.ticks.selectedIds().length, 5);
});

test('A range over an open folder’s row does not reach past the range; over a folded one it takes all below', () => {
  const view = new PlanView(mixed());
  view.toggleRange(0, 2);
  assert.deepEqual(drawn(view).slice(0, 4), ['~ css/', '  . t.css', '  . x.css', '  x y.css']);
  view.setExpanded(keyOf(view, 'css/'), false);
  view.tick(keyOf(view, 'css/'), true);
  view.toggleRange(0, 1);
  assert.deepEqual(view.ticks.selectedIds(), ['c:a.txt', 'c:deep/er/still/z.js']);
});

test('A filter by class shows only that class, and folders that hold some of it', () => {
  const view = new PlanView(mixed());
  view.setFilter({ ...noFilter, classes: ['setTime'] });
  assert.deepEqual(drawn(view), ['x css/', '  x t.css']);
  assert.deepEqual(view.matches, { shown: 1, all: 9 });
});

test('A filter by text looks in the whole path, whatever the case and the composition of accents', () => {
  const view = new PlanView(planOf({ actions: [upload('Cafe\u0301/menu.txt'), upload('other.txt')] }));
  view.setFilter({ ...noFilter, text: ' CAF\u00c9/m ' });
  assert.deepEqual(drawn(view), ['x Cafe\u0301/', '  x menu.txt']);
  view.setFilter({ ...noFilter, text: '.*(' });
  assert.deepEqual(drawn(view), []);
});

test('Under a filter a folder’s tick and “all” are about the files shown only', () => {
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

test('Folding hides what is below and keeps its ticks and sums', () => {
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
  assert.deepEqual(view.window(0, 99).map(nameOf), [
    'css/',
    'deep/er/still/',
    'a.txt',
    '[delete 2]',
    'css/',
    'gone.txt',
    '[conflict 1]',
    'docs',
    '[skipped 1]',
    'a//',
  ]);
});

test('A hidden row is found at the nearest folder around it, an unknown one nowhere', () => {
  const view = new PlanView(mixed());
  const key = keyOf(view, 'z.js');
  assert.equal(view.indexOf(key), 5);
  view.setExpanded(keyOf(view, 'deep/er/still/'), false);
  assert.equal(view.indexOf(key), 4);
  assert.equal(view.indexOf('A|nonsense'), -1);
  assert.equal(view.indexOf('nonsense'), -1);
  assert.equal(view.indexOf('I|2'), -1);
});

test('Typing letters finds the next row that begins so, round the end', () => {
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

test('A delete that a later plan brings again is not ticked, even while deletes are included', () => {
  const view = new PlanView(mixed());
  view.ticks.includeDeletes(true);
  const later = planOf({ actions: [remove('gone.txt'), remove('surprise.txt')] });
  assert.deepEqual(new PlanView(later, view.memory()).ticks.selectedIds(), ['d:gone.txt']);
});

test('A plan without deletes closes the gate, so that a third plan does not find it open', () => {
  const view = new PlanView(mixed());
  view.ticks.includeDeletes(true);
  const second = new PlanView(planOf({ actions: [upload('a')] }), view.memory());
  assert.equal(second.ticks.deletesEnabled, false);
  assert.deepEqual(
    new PlanView(mixed(), second.memory()).ticks.selectedIds().filter((id) => id.startsWith('d:')),
    [],
  );
});

test('A run queues what is ticked, marks the rest as left out, and fixes the ticks', () => {
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

test('A retry queues the failed ones and leaves what was done as it is', () => {
  const view = new PlanView(mixed());
  view.beginRun(view.ticks.selectedIds());
  for (const id of view.ticks.selectedIds()) view.setState(id, id === 'c:a.txt' ? 'failed' : 'done');
  view.beginRun(view.idsInState('failed'));
  const { queued, done, failed, leftOut } = view.stateCounts();
  assert.deepEqual([queued, done, failed, leftOut], [1, 4, 0, 2]);
});

test('A delete that makes room says for what', () => {
  const action = { ...remove('x/a.txt'), makesRoomFor: upload('x').path };
  const view = new PlanView(
    planOf({ actions: [action as typeof action & { kind: 'deleteFile' }, upload('x')] }),
  );
  const row = view.window(0, view.rowCount).find((one) => one.kind === 'item' && one.path === 'x/a.txt');
  assert.equal(row?.kind === 'item' ? row.detail : '', 'goes first, to make room for “x”');
});

test('A hundred thousand actions: made, filtered and shown in windows without a pause', () => {
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

test('Folders to be removed stand among the deletes, count as no files, and go only with all that leaves them', () => {
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
