import { printable } from '../../src/base/printable';
import type { Formatter } from '../../src/preview/format';
import { nameOf, type RowClass } from '../../src/preview/planIndex';
import type { ItemRow, Row, RowSide, SectionRow } from '../../src/preview/planRow';
import type { PageState, ScanState } from '../../src/preview/previewProtocol';
import { fill, type Strings } from '../../src/preview/strings';
import { folderRunText } from '../../src/preview/summaries';

/** The strings and number formats from the panel. */
export interface PageText {
  readonly words: Strings;
  readonly format: Formatter;
}

/** Returns the reason for a row's place as a short text. */
export function reasonOf(row: ItemRow, { words }: PageText): string {
  // The class already says it.
  if (row.class === 'sourceOnly' || row.class === 'targetOnly') return '';
  const known = words[row.because];
  if (row.because === 'sameName' || row.because === 'renamed') return fill(known, row.detail ?? '');
  // The detail is a name, not a sentence.
  if (row.detail === undefined || row.because === 'fileAgainstFolder') return known;
  // The detail is usually the end of a sentence about the file; a whole sentence begins with a capital letter.
  return /^\p{Lu}/u.test(row.detail) ? row.detail : fill(words.detail, row.detail);
}

/** Formats a size beside the other side's, only when they differ. */
export function sizeText(
  side: RowSide | undefined,
  other: RowSide | undefined,
  { words, format }: PageText,
): string {
  if (!side) return '–';
  return other?.size === side.size ? words.sameSize : format.bytes(side.size);
}

export function timeText(side: RowSide | undefined, { words, format }: PageText, now: number): string {
  if (!side) return '–';
  return side.time === undefined ? words.unknown : format.ago(side.time, now);
}

/** Returns the side with the later time, when both times are known. */
export function newerSide(row: ItemRow): 'source' | 'target' | undefined {
  const source = row.source?.time;
  const target = row.target?.time;
  if (source === undefined || target === undefined || source === target) return undefined;
  return source > target ? 'source' : 'target';
}

/** Returns the outcome of a row as a short text. */
export function stateText(row: ItemRow, { words, format }: PageText): string {
  const state = row.state;
  if (state === undefined || state === 'none') return '';
  if (state === 'moving' && row.share !== undefined) return format.percent(row.share);
  return row.error === undefined ? words[state] : `${words[state]}: ${row.error}`;
}

/** Returns the template for a count of actions: "{0} uploads". */
export function classTemplate(rowClass: RowClass, n: number, words: Strings): string {
  return words[`${rowClass}${n === 1 ? 'One' : 'Many'}`];
}

/** "12 uploads", "1 delete". */
export function classCount(rowClass: RowClass, n: number, { words, format }: PageText): string {
  return fill(classTemplate(rowClass, n, words), format.count(n));
}

export function groupName({ section }: SectionRow, words: Strings): string {
  return section === 'change' ? '' : words[`group:${section}`];
}

/** "4,131 files seen in site/dist, 3,870 in photos:site". */
export function filesSeen(
  { source, target }: PageState,
  scan: ScanState,
  { words, format }: PageText,
): string {
  const [inSource, inTarget] = [format.count(scan.sourceFiles), format.count(scan.targetFiles)];
  return fill(words.seen, inSource, source.short, inTarget, target.short);
}

export function groupTitle(row: SectionRow, target: string, text: PageText): string {
  const { words, format } = text;
  if (row.section === 'delete')
    return fill(row.files === 1 ? words.deletesOne : words.deletesMany, format.count(row.files), target);
  return format.plural(row.files, words.filesOne, words.filesMany);
}

/** Returns the whole row as one line for screen readers. */
export function spoken(row: Row, target: string, text: PageText, now: number): string {
  const { words, format } = text;
  const files = (n: number) => format.plural(n, words.filesOne, words.filesMany);
  if (row.kind === 'section') {
    const title = groupTitle(row, target, text);
    const gate =
      row.gate === undefined ? [] : [words.includeDeletes, row.gate ? words.ticked : words.notTicked];
    return [groupName(row, words), title, ...gate].join(', ');
  }
  if (row.kind === 'folder') {
    const tick = row.tick && { on: words.ticked, off: words.notTicked, some: words.partlyTicked }[row.tick];
    // During a run the ticks are fixed, so the outcome is shown.
    const run = row.run && folderRunText(row.run, words, format);
    return [row.label, words.folder, run ?? files(row.files), run === undefined ? tick : undefined]
      .filter(Boolean)
      .join(', ');
  }
  const tick = row.tick === undefined ? undefined : row.tick ? words.ticked : words.notTicked;
  const size = row.source ?? row.target;
  return [
    printable(nameOf(row.path)),
    words[row.class],
    stateText(row, text) || reasonOf(row, text),
    size && format.bytes(size.size),
    size?.time === undefined ? undefined : format.ago(size.time, now),
    row.state === undefined ? tick : undefined,
  ]
    .filter(Boolean)
    .join(', ');
}
