import { comparisonRules } from '../plan/comparison';
import type { PlanOptions } from '../plan/planOptions';
import { type FactCounts, type Judged, resolveFacts } from '../plan/resolveFacts';
import type { Side } from '../plan/side';
import { listSides } from './listSides';

/** One line of `rclone check --combined` (R11). */
export interface CheckLine {
  /** `=` same, `*` differs, `+` only on the source, `-` only on the target, `!` could not be compared. */
  readonly mark: '=' | '*' | '+' | '-' | '!';
  readonly path: string;
  /**
   * Why, where the mark alone doesn't say: no hash that both sides know (counts as same, R8), or an error's
   * message.
   */
  readonly note?: string;
}

export interface CheckRequest {
  readonly source: Pick<Side, 'remote' | 'root'>;
  readonly target: Pick<Side, 'remote' | 'root'>;
  /**
   * Only the filter, the symlink rule and the matching of names count; files are compared by size, then hash,
   * never by time.
   */
  readonly options: PlanOptions;
}

/**
 * Compares everything on both sides and tells each file's mark as soon as it is known, in the order of paths;
 * keeps nothing. What can't be listed or used is told at the end. Throws as planSync does, save that places
 * may overlap.
 */
export async function* checkRemotes(request: CheckRequest, signal: AbortSignal): AsyncGenerator<CheckLine> {
  const { source, target, options } = request;
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  const sides = listSides(source, target, options, undefined, either);
  const place = { kind: 'folder', path: '' } as const;
  const rules = comparisonRules(
    'checksum',
    { place, capabilities: source.remote.capabilities },
    { place, capabilities: target.remote.capabilities },
  );
  const counts: FactCounts = { asked: 0, answered: 0 };
  const judged = resolveFacts(
    sides.matches,
    { source: source.remote, target: target.remote, rules, forCopying: false },
    counts,
    either,
  );
  try {
    for await (const batch of judged) for (const one of batch) yield lineOf(one);
  } finally {
    stop.abort(new Error('The check is finished.'));
  }
  for (const findings of [sides.source, sides.target]) {
    for (const { path, message } of findings.problems) yield { mark: '!', path, note: message };
    for (const { shown, entry } of findings.unusable) yield { mark: '!', path: shown, note: entry.reason };
  }
}

function lineOf({ match, comparison, failure }: Judged): CheckLine {
  const { path, source, target, clash } = match;
  if (failure) return { mark: '!', path, note: failure.error.message };
  if (clash)
    return {
      mark: '!',
      path,
      note: clash.with === undefined ? clash.because : `${clash.because}: ${clash.with}`,
    };
  if (!target) return { mark: '+', path };
  if (!source) return { mark: '-', path };
  if (comparison?.verdict === 'different') return { mark: '*', path };
  if (comparison?.verdict === 'unknown') return { mark: '=', path, note: 'hash could not be checked' };
  return { mark: '=', path };
}
