import { optionNames, planOptionSchema } from '../plan/model/optionSchema';
import type { Plan } from '../plan/model/plan';
import type { PlanOptions } from '../plan/model/planOptions';
import type { Formatter } from './format';
import type { FolderRun, RowState } from './planRow';
import type { PlanView } from './planView';
import type { Banner, RunState, TableState } from './previewProtocol';
import { fill, type Strings } from './strings';

/** Maximum number of listing problems that are shown one by one. */
const mostTold = 3;

/** The banners that stay during and after a run: listing problems, and why nothing is deleted. */
export function lastingBanners(plan: Plan, words: Strings): Banner[] {
  const withheld = new Set(
    plan.safety.filter(({ effect }) => effect === 'deletesWithheld').map(({ message }) => message),
  );
  return planBanners(plan, words).filter(({ tone, text }) => tone === 'error' || withheld.has(text));
}

/** The banners above a plan: dangers and listing problems. */
export function planBanners(plan: Plan, words: Strings): Banner[] {
  const banners: Banner[] = plan.safety.map(({ message }) => ({ tone: 'warning', text: message }));
  if (plan.withoutTimes?.length) {
    const template = plan.withoutTimes.length > 1 ? words.noTimesBoth : words.noTimes;
    const [side] = plan.withoutTimes;
    banners.push({
      tone: 'info',
      text: fill(template, side === 'source' ? words.theSource : words.theTarget),
    });
  }
  for (const { side, message } of plan.problems.slice(0, mostTold)) {
    const template = side === 'source' ? words.problemSource : words.problemTarget;
    banners.push({ tone: 'error', text: fill(template, message) });
  }
  const more = plan.problems.length - mostTold;
  if (more > 0) banners.push({ tone: 'error', text: fill(words.moreProblems, String(more)) });
  return banners;
}

/** Summarises a finished run in one or a few sentences, for the panel, the notification and the log. */
export function runSummary(run: RunState, words: Strings, format: Formatter): string {
  const { counts } = run;
  const tried = run.files;
  const parts: string[] = [];
  if (run.wasCancelled) parts.push(words.wasCancelled);
  const time = format.duration(run.ms);
  if (counts.done === tried) {
    parts.push(fill(tried === 1 ? words.allDoneOne : words.allDoneMany, format.count(tried), time));
  } else {
    parts.push(fill(words.someDone, format.count(counts.done), format.count(tried), time));
  }
  const others = otherOutcomes(counts, words, format);
  if (others.length > 0) parts.push(`${others.join(', ')}.`);
  const { conflicts = 0, skipped = 0 } = run.leftAlone ?? {};
  const left = [
    conflicts > 0 && format.plural(conflicts, words.conflictOne, words.conflictMany),
    skipped > 0 && format.plural(skipped, words.skippedOne, words.skippedMany),
  ].filter((part) => part !== false);
  if (left.length > 0) parts.push(`${left.join(', ')}.`);
  if (run.bytesDone > 0) parts.push(fill(words.movedBytes, format.bytes(run.bytesDone)));
  return parts.join(' ');
}

/** Summarises a run below a folder: "425 of 20,000 done, 3 failed, 19,572 not started". */
export function folderRunText(run: FolderRun, words: Strings, format: Formatter): string {
  const done = run.ended - run.copied - run.failed - run.changed;
  const doneOf = fill(words.doneOf, format.count(done), format.count(run.total));
  return [doneOf, ...otherOutcomes(run, words, format)].join(', ');
}

/** Returns the worst outcome below a folder once everything below it is finished; undefined before. */
export function folderOutcome(run: FolderRun): RowState | undefined {
  if (run.ended + run.cancelled + run.notStarted < run.total) return undefined;
  const worstFirst = ['failed', 'copied', 'changed', 'cancelled', 'notStarted'] as const;
  return worstFirst.find((outcome) => run[outcome] > 0) ?? 'done';
}

/** The outcomes other than "done", in the order of the summary. */
const outcomes = ['copied', 'failed', 'changed', 'cancelled', 'notStarted'] as const;

function otherOutcomes(
  counts: Readonly<Record<(typeof outcomes)[number], number>>,
  words: Strings,
  format: Formatter,
): string[] {
  return outcomes
    .filter((outcome) => counts[outcome] > 0)
    .map((outcome) => fill(words[`outcome:${outcome}`], format.count(counts[outcome])));
}

/** The progress of a run as the parts of one line. While the service asks to wait, the wait replaces the remaining time. */
export function runLine(run: RunState, words: Strings, format: Formatter, ...afterFiles: string[]): string {
  return [
    fill(words.filesOf, format.count(run.filesDone), format.count(run.files)),
    ...afterFiles,
    fill(words.bytesOf, format.bytes(run.bytesDone), format.bytes(run.bytes)),
    run.bytesPerSecond === undefined ? '' : format.rate(run.bytesPerSecond),
    run.leftMs === undefined || run.waitMs !== undefined
      ? ''
      : fill(words.timeLeft, format.duration(run.leftMs)),
    run.waitMs === undefined ? '' : serviceWaits(run.waitMs, words, format),
  ]
    .filter((part) => part !== '')
    .join(' · ');
}

/** "The service asks to wait; trying again in 12 s", with whole seconds. */
export function serviceWaits(ms: number, words: Strings, format: Formatter): string {
  return fill(words.serviceWaits, format.duration(Math.max(1, Math.ceil(ms / 1000)) * 1000));
}

/** The facts of a view that the page gets besides the rows. */
export function tableFacts(
  view: PlanView,
): Omit<TableState, 'table' | 'scanMs' | 'scannedAt' | 'ticksFixed' | 'running'> {
  const { shown, all } = view.matches;
  const { listed, unchanged } = view.plan;
  return {
    rowCount: view.rowCount,
    shown,
    all,
    classes: view.ticks.summary(),
    unchanged: unchanged.files,
    extra: Math.max(0, listed.target.files - unchanged.files),
    listed: Math.max(listed.source.files, listed.target.files),
    filter: view.filter,
    flat: view.flat,
    deletesIncluded: view.ticks.deletesEnabled,
    tickOfShown: view.tickOfShown,
  };
}

/** Options whose control has a label that explains them; the summary only counts them. */
const counted = optionNames.filter(
  (name) =>
    ['flag', 'milliseconds', 'size', 'age'].includes(planOptionSchema[name].kind) &&
    !('default' in planOptionSchema[name]),
);

/** Summarises the options of a plan that differ from the defaults. Options that can lose a file come first and in full. */
export function optionFacts(options: PlanOptions, words: Strings, format: Formatter): string[] {
  const { verb, filters, deletes, maxDelete, backupFolder, trackRenames, ignoreFiles } = options;
  const deleting = verb === 'sync' && deletes !== 'none';
  const changing = verb !== 'check';
  const more = counted.filter((name) => options[name] !== undefined && options[name] !== false).length;
  const limits = [
    maxDelete?.files !== undefined && format.plural(maxDelete.files, words.filesOne, words.filesMany),
    maxDelete?.percent !== undefined && format.percent(maxDelete.percent / 100),
    maxDelete?.bytes !== undefined && format.bytes(maxDelete.bytes),
  ].filter((limit) => limit !== false);
  return [
    verb === 'move' && words.factMove,
    deleting && deletes === 'before' && words.factBefore,
    deleting && deletes === 'during' && words.factDuring,
    changing && backupFolder !== undefined && fill(words.factBackup, backupFolder),
    deleting && limits.length > 0 && fill(words.factMaxDelete, limits.join(', ')),
    deleting && trackRenames && trackRenames !== 'none' && words[`factRenames:${trackRenames}`],
    filters.length > 0 && format.plural(filters.length, words.rulesOne, words.rulesMany),
    ignoreFiles && ignoreFiles.length > 0 && ignoreFiles.join(', '),
    more > 0 && format.plural(more, words.factOptionsOne, words.factOptionsMany),
  ].filter((fact) => typeof fact === 'string');
}
