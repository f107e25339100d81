import type { Conflict, ListingProblem, Plan, Skipped } from '../model/plan';
import { wantsDeletes } from '../model/planOptions';

/** What a plan has no action for although it was listed, or could not be listed. JSON-safe. */
export interface LeftAlone {
  readonly conflicts: readonly Conflict[];
  readonly skipped: readonly Skipped[];
  readonly problems: readonly ListingProblem[];
  /** Why deletes were left out of the plan, as sentences. */
  readonly deletes: readonly string[];
  /** How many of all these would have been copied or deleted if they could; the others are as the user wants them. */
  readonly undone: number;
}

/** What a run of `plan` leaves as it is, so that its report can say so; undefined when that is nothing. */
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
 * Whether something skipped would have been copied or deleted. Links that are not to be followed are not, as with both tools. Of the
 * target nothing is wanted but deletes: neither tool deletes a link or a device, and what is protected there is so for something else
 * that is told by itself, or for a limit that the user set.
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
