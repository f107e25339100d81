import type { NameRules } from '../../remote/capabilities';
import { type ComparisonMode, usesAwsRules } from '../model/planOptions';

/** Which spellings count as the same name in a plan; `matchKey` gives the key that they share. */
export interface NameFolding {
  readonly caseSensitive: boolean;
  readonly foldsUnicode: boolean;
  /** Whether a side itself treats such spellings as one name, so that writing both would lose one file (H15). */
  readonly onDisk: boolean;
}

/**
 * Folds spellings where either side does: names that are the same to one side must be neither written twice nor deleted as extra. rclone's
 * modes also match names in Unicode normal form C (R12); aws's don't (A24).
 */
export function nameFolding(source: NameRules, target: NameRules, mode: ComparisonMode): NameFolding {
  const caseSensitive = source.caseSensitive && target.caseSensitive;
  const diskFoldsUnicode = source.foldsUnicode || target.foldsUnicode;
  return {
    caseSensitive,
    foldsUnicode: diskFoldsUnicode || !usesAwsRules(mode),
    onDisk: !caseSensitive || diskFoldsUnicode,
  };
}

const beyondAscii = /[^\0-\x7f]/;

/** Whether another spelling of `path` may be the same name. */
export function mayFold(path: string, folding: NameFolding): boolean {
  if (folding.onDisk) return true;
  // Only Unicode forms are folded here. The few characters that normalize to ASCII count as different names, which loses nothing.
  return folding.foldsUnicode && beyondAscii.test(path);
}
