import assert from 'node:assert/strict';
import type { Row } from '../../../src/preview/planRow';
import type { PlanView } from '../../../src/preview/planView';
import { file, planOf, remove, setTime, upload } from './plans';

/** The whole table, one row a line: indent, tick, name. */
export function drawn(view: PlanView): string[] {
  return view
    .window(0, view.rowCount)
    .map((row) => `${'  '.repeat(row.level - 1)}${tickOf(row)} ${nameOf(row)}`);
}

function tickOf(row: Row): string {
  if (row.kind === 'section') return row.gate === undefined ? ' ' : row.gate ? '◉' : '○';
  if (row.tick === undefined) return ' ';
  return { on: 'x', true: 'x', off: '.', false: '.', some: '~' }[String(row.tick) as 'on'];
}

export function nameOf(row: Row): string {
  if (row.kind === 'section') return `[${row.section} ${row.files}]`;
  if (row.kind === 'folder') return `${row.label}/`;
  return row.path.slice(row.path.lastIndexOf('/') + 1);
}

/** The names of all rows, separated by blanks. */
export function namesIn(view: PlanView): string {
  return view.window(0, view.rowCount).map(nameOf).join(' ');
}

export function keyOf(view: PlanView, name: string): string {
  const row = view.window(0, view.rowCount).find((candidate) => nameOf(candidate) === name);
  assert.ok(row, `there is a row ${name}`);
  return row.key;
}

/** The ids of the ticked deletes. */
export function deletesIn(view: PlanView): string[] {
  return view.ticks.selectedIds().filter((id) => id.startsWith('d:'));
}

export function mixed() {
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
