import { comparePaths } from '../remote/remotePath';
import type { Plan, Skipped } from './plan';

/** What a check says of one file, as `rclone check --combined` does (R11). */
export interface CheckMark {
  /** `=` same, `*` differs, `+` only on the source, `-` only on the target, `!` could not be compared. */
  readonly mark: '=' | '*' | '+' | '-' | '!';
  /** As the side spells it, where it is no path. */
  readonly path: string;
}

/**
 * The marks of a plan with the verb `check`, in the order of paths, then of marks. What has no hash that both sides know counts as same
 * (R8); the plan holds such files as skipped, `unverified` (H24). A folder that could not be listed is marked by its own path.
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
  for (const { path, because } of skipped) add(markOf(because), path);
  for (const { path } of problems) add('!', path);
  return [...marks.values()].sort((a, b) => comparePaths(a.path, b.path) || comparePaths(a.mark, b.mark));
}

function markOf(because: Skipped['because']): CheckMark['mark'] {
  return because === 'unverified' ? '=' : '!';
}
