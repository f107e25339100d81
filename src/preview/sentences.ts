import type { Formatter } from './format';
import type { FolderRun, RowState } from './planRow';
import type { RunState } from './previewProtocol';
import { fill, type Words } from './words';

/** What a finished run came to, in one or a few sentences; for the panel, the toast and the log alike. */
export function runSummary(run: RunState, words: Words, format: Formatter): string {
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
    conflicts > 0 && format.plural(conflicts, words.conflictsOne, words.conflictsMany),
    skipped > 0 && format.plural(skipped, words.skippedOne, words.skippedMany),
  ].filter((part) => part !== false);
  if (left.length > 0) parts.push(`${left.join(', ')}.`);
  if (run.bytesDone > 0) parts.push(fill(words.movedBytes, format.bytes(run.bytesDone)));
  return parts.join(' ');
}

/** What a run has made of a folder so far: "425 of 20,000 done, 3 failed, 19,572 not started". */
export function folderRunText(run: FolderRun, words: Words, format: Formatter): string {
  const done = fill(words.doneOf, format.count(doneIn(run)), format.count(run.total));
  return [done, ...otherOutcomes(run, words, format)].join(', ');
}

/** The outcome that a folder is marked with when all below it is settled: the worst one. Undefined before that. */
export function folderOutcome(run: FolderRun): RowState | undefined {
  const { copied = 0, failed, changed = 0, cancelled = 0, notStarted = 0 } = run;
  if (run.ended + cancelled + notStarted < run.total) return undefined;
  if (failed > 0) return 'failed';
  if (copied > 0) return 'copied';
  if (changed > 0) return 'changed';
  if (cancelled > 0) return 'cancelled';
  return notStarted > 0 ? 'notStarted' : 'done';
}

function doneIn({ ended, copied = 0, failed, changed = 0 }: FolderRun): number {
  return ended - copied - failed - changed;
}

/** How many came to another end than "done", by their ends. */
function otherOutcomes(
  counts: Partial<Record<'copied' | 'failed' | 'changed' | 'cancelled' | 'notStarted', number>>,
  words: Words,
  format: Formatter,
): string[] {
  const { copied = 0, failed = 0, changed = 0, cancelled = 0, notStarted = 0 } = counts;
  return [
    copied > 0 && fill(words.outcomeCopied, format.count(copied)),
    failed > 0 && fill(words.outcomeFailed, format.count(failed)),
    changed > 0 && fill(words.outcomeChanged, format.count(changed)),
    cancelled > 0 && fill(words.outcomeCancelled, format.count(cancelled)),
    notStarted > 0 && fill(words.outcomeNotStarted, format.count(notStarted)),
  ].filter((part) => part !== false);
}
