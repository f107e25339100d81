import type { Conflict, ListingProblem, Plan, Skipped } from '../model/plan';
import { wantsDeletes } from '../model/planOptions';

/** Everything listed, or not listable, for which a plan has no action. JSON-safe. */
export interface LeftAlone {
  readonly conflicts: readonly Conflict[];
  readonly skipped: readonly Skipped[];
  readonly problems: readonly ListingProblem[];
  /** Why deletes are withheld, as sentences. */
  readonly deletes: readonly string[];
  /** How many of these the user's options would have copied or deleted. */
  readonly undone: number;
}

/** For the report of a run: everything that `plan` leaves alone; undefined when there is nothing. */
export function leftAloneBy(plan: Plan): LeftAlone | undefined {
  const { conflicts, skipped, problems, safety } = plan;
  const deletes = safety.filter(({ effect }) => effect === 'deletesWithheld').map(({ message }) => message);
  if (conflicts.length + skipped.length + problems.length + deletes.length === 0) return undefined;
  const undone = skipped.filter((one) => wasRequested(one, plan)).length;
  return {
    conflicts,
    skipped,
    problems,
    deletes,
    undone: conflicts.length + undone + problems.length + deletes.length,
  };
}

/**
 * Whether the options would have copied or deleted a skipped entry. Links are not copied without `followSymlinks`, as in both tools. On the
 * target only deletes count: neither tool deletes a link or a device there, and a protected file is explained by a limit or by another
 * entry of the report.
 */
function wasRequested({ side, because }: Skipped, { options }: Plan): boolean {
  if (side === 'source') return because !== 'symlink' || options.followSymlinks;
  return wantsDeletes(options) && !protectedReasons.has(because);
}

const protectedReasons: ReadonlySet<Skipped['because']> = new Set([
  'protected',
  'symlink',
  'brokenLink',
  'linkLoop',
  'notRegular',
]);
