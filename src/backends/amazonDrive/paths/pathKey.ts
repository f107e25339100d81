import { matchKey } from '../../../remote/capabilities';

/** The service folds letter case and nothing else (docs/amazon-drive-api.md §7). */
export const nameRules = { caseSensitive: false, foldsUnicode: false } as const;

/** The key under which caches keep a path, or a name in one folder. */
export function keyOf(path: string): string {
  return matchKey(path, nameRules);
}
