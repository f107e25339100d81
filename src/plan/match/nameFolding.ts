import { matchKey, type NameRules } from '../../remote/capabilities';
import type { ComparisonMode } from '../model/planOptions';

/** Which different spellings are one name in a plan. */
export interface NameFolding {
  readonly caseSensitive: boolean;
  readonly foldsUnicode: boolean;
  /**
   * Whether a side itself can't tell such spellings apart, so that writing both would lose one of them (H15).
   */
  readonly onDisk: boolean;
}

/**
 * Spellings are folded where either side folds them: what one side can't tell apart must be neither written
 * twice nor deleted as extra. Besides, rclone's modes match names in Unicode normal form C (R12), and aws's
 * don't (A24).
 */
export function nameFolding(source: NameRules, target: NameRules, mode: ComparisonMode): NameFolding {
  const caseSensitive = source.caseSensitive && target.caseSensitive;
  const diskFoldsUnicode = source.foldsUnicode || target.foldsUnicode;
  const likeAws = mode === 'aws' || mode === 'exact-timestamps';
  return {
    caseSensitive,
    foldsUnicode: diskFoldsUnicode || !likeAws,
    onDisk: !caseSensitive || diskFoldsUnicode,
  };
}

const beyondAscii = /[^\0-\x7f]/;

/** Whether another spelling of `path` may exist that is the same name. */
export function mayFold(path: string, folding: NameFolding): boolean {
  if (folding.onDisk) return true;
  // What is left is Unicode form only, where nothing is lost if the few signs that turn into ASCII are taken
  // for names of their own.
  return folding.foldsUnicode && beyondAscii.test(path);
}

/** The one key of all spellings of a name. */
export function foldedKey(path: string, folding: NameFolding): string {
  return matchKey(path, folding);
}
