import type { Formatter } from './format';
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
  const others = [
    counts.failed > 0 && fill(words.outcomeFailed, format.count(counts.failed)),
    counts.changed > 0 && fill(words.outcomeChanged, format.count(counts.changed)),
    counts.cancelled > 0 && fill(words.outcomeCancelled, format.count(counts.cancelled)),
    counts.notStarted > 0 && fill(words.outcomeNotStarted, format.count(counts.notStarted)),
  ].filter((part) => part !== false);
  if (others.length > 0) parts.push(`${others.join(', ')}.`);
  if (run.bytesDone > 0) parts.push(fill(words.movedBytes, format.bytes(run.bytesDone)));
  return parts.join(' ');
}
