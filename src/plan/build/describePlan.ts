import { isPrintable, printable, printableJson } from '../../base/printable';
import type { FileEntry } from '../../remote/entry';
import { instantToMs } from '../../remote/modifiedTime';
import { comparePaths } from '../../remote/remotePath';
import {
  type Action,
  type Conflict,
  type CopyFile,
  type Plan,
  placeText,
  type SetTime,
  type Skipped,
  type Tally,
} from '../model/plan';
import { bytesText as bytes } from '../model/quantities';

/**
 * A plan as lines of text, for the dry run, the log and golden tests: heading, actions, conflicts, skipped, problems, findings, totals.
 * Equal plans give equal lines, in any time zone and locale. A check gives only its marks, one line per file: `= a/b.txt` (`checkMarks`).
 */
export function* describePlan(plan: Plan): Generator<string> {
  if (plan.options.verb === 'check') {
    for (const { mark, path } of checkMarks(plan)) yield `${mark} ${shown(path)}`;
    return;
  }
  yield `from    ${shown(placeText(plan.source))}`;
  yield `to      ${shown(placeText(plan.target))}`;
  if (plan.backup) yield `backup  ${shown(placeText(plan.backup))}`;
  for (const side of plan.withoutTimes ?? [])
    yield `note    the ${side} keeps no modified times: files of equal size count as the same`;
  for (const action of plan.actions) yield describeAction(action);
  yield* describeLeftAlone(plan);
  for (const { kind, message } of plan.safety) yield `safety  ${kind}  (${printable(message)})`;
  yield `unchanged  ${tally(plan.unchanged)}`;
  for (const [name, total] of Object.entries(plan.totals))
    if (total.files > 0)
      yield `total  ${name}  ${name === 'removeFolder' ? folders(total.files) : tally(total)}`;
  if (plan.deselected) yield `left out  ${tally(plan.deselected)}`;
}

/** The files that are left alone, one line each: `conflict  a/b.txt  (…)`, `skip  …`, `problem  …`. */
export function* describeLeftAlone({
  conflicts,
  skipped,
  problems,
}: Pick<Plan, 'conflicts' | 'skipped' | 'problems'>): Generator<string> {
  for (const conflict of conflicts) yield describeConflict(conflict);
  for (const one of skipped) yield describeSkipped(one);
  for (const { side, path, kind, message } of problems)
    yield `problem  ${shown(path)}  (on the ${side}, ${kind}: ${printable(message)})`;
}

/** One action as a line: `upload  img/hero.jpg  (size differs: 2 -> 3)`. */
export function describeAction(action: Action): string {
  const path = shown(action.path);
  switch (action.kind) {
    case 'copyFile':
      return `${action.direction}  ${path}  (${copyReason(action)}${afterwards(action)})`;
    case 'setTime':
      return `time  ${path}  (only the time differs: ${times(action.source, action.before)}${afterwards(action)})`;
    case 'moveFile':
      return `rename  ${path}  (from ${shown(action.from)}, ${bytes(action.source.size)})`;
    case 'removeSource':
      return `remove source  ${path}  (already there)`;
    case 'deleteFile':
      return `delete  ${path}  (${action.because === 'excluded' ? 'excluded' : 'not in the source'}, ${bytes(action.before.size)}${
        action.makesRoomFor === undefined ? '' : `; first, to make room for ${shown(action.makesRoomFor)}`
      })`;
    case 'removeFolder':
      return `remove folder  ${path}  (empty by then, not in the source)`;
  }
}

function afterwards({ removesSource }: CopyFile | SetTime): string {
  return removesSource ? '; then removed from the source' : '';
}

function copyReason({ path, because, source, before }: CopyFile): string {
  const reason = reasonText(because, source, before);
  const hasSameSpelling = !before || `/${before.path}`.endsWith(`/${path}`);
  return hasSameSpelling ? reason : `${reason}; there as ${shown(before.path)}`;
}

function reasonText(because: CopyFile['because'], source: FileEntry, before: FileEntry | undefined): string {
  switch (because) {
    case 'onlyInSource':
      return `only in the source, ${bytes(source.size)}`;
    case 'sizeDiffers':
      return `size differs: ${before?.size ?? '?'} -> ${source.size}`;
    case 'sourceIsNewer':
      return `the source is newer: ${times(source, before)}`;
    case 'targetIsNewer':
      return `the target is newer: ${times(source, before)}`;
    case 'timeDiffers':
      return `time differs: ${times(source, before)}`;
    case 'hashDiffers':
      return 'content differs';
    case 'always':
      return `copied whatever is there, ${bytes(source.size)}`;
  }
}

function describeConflict({ path, because, source, target, with: other }: Conflict): string {
  const where = source && target ? 'on both sides' : `on the ${source ? 'source' : 'target'}`;
  return `conflict  ${shown(path)}  (${where}: ${conflictReason(because, other)})`;
}

function conflictReason(because: Conflict['because'], other: string | undefined): string {
  switch (because) {
    case 'immutable':
      return 'differs, and must not be changed';
    case 'sameName':
      return other === undefined
        ? 'another name is the same to one side'
        : `the same name as ${shown(other)} to one side`;
    case 'fileAgainstFolder':
      return `a file against a folder${other === undefined ? '' : `, with ${shown(other)}`}`;
  }
}

function describeSkipped({ path, side, because, detail }: Skipped): string {
  return `skip  ${shown(path)}  (on the ${side}, ${because}${detail === undefined ? '' : `: ${printable(detail)}`})`;
}

function times(source: FileEntry, before: FileEntry | undefined): string {
  return `${time(before)} -> ${time(source)}`;
}

/** ISO 8601 in UTC, with as many decimals of a second as the time has. */
function time(file: FileEntry | undefined): string {
  const instant = file?.modified ?? file?.serverModified;
  if (!instant) return '?';
  const date = new Date(instantToMs({ s: instant.s, ns: 0 })).toISOString().slice(0, 19);
  const fraction = instant.ns === 0 ? '' : `.${String(instant.ns).padStart(9, '0').replace(/0+$/, '')}`;
  return `${date}${fraction}Z`;
}

function tally({ files, bytes: size }: Tally): string {
  return `${files} ${files === 1 ? 'file' : 'files'}, ${bytes(size)}`;
}

function folders(count: number): string {
  return count === 1 ? '1 folder' : `${count} folders`;
}

/** Quotes a name with invisible characters (control codes, line ends, direction marks), so that a line stays one line and shows them. */
function shown(text: string): string {
  return !isPrintable(text) || /^["\s]|\s$|^$/.test(text) ? printableJson(JSON.stringify(text)) : text;
}

/** The result of a check for one file, as `rclone check --combined` prints it (R11). */
export interface CheckMark {
  /** `=` same, `*` differs, `+` only on the source, `-` only on the target, `!` could not be compared. */
  readonly mark: '=' | '*' | '+' | '-' | '!';
  /** As the side spells it, which need not be a valid path. */
  readonly path: string;
}

/**
 * The marks of a plan with the verb `check`, sorted by path, then by mark. A file without a hash on both sides counts as same (R8); the plan
 * has it as skipped, `unverified` (H24). A folder that could not be listed has its own mark.
 */
export function checkMarks({ actions, conflicts, skipped, problems, same = [] }: Plan): readonly CheckMark[] {
  const marks = new Map<string, CheckMark>();
  const add = (mark: CheckMark['mark'], path: string) => marks.set(`${mark} ${path}`, { mark, path });
  for (const path of same) add('=', path);
  for (const action of actions)
    add(
      action.kind === 'deleteFile' ? '-' : action.kind === 'copyFile' && !action.before ? '+' : '*',
      action.path,
    );
  for (const { path } of conflicts) add('!', path);
  for (const { path, because } of skipped) add(because === 'unverified' ? '=' : '!', path);
  for (const { path } of problems) add('!', path);
  return [...marks.values()].sort((a, b) => comparePaths(a.path, b.path) || comparePaths(a.mark, b.mark));
}
