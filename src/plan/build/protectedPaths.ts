import { parentPath, type RemotePath } from '../../remote/remotePath';
import { foldedKey, type NameFolding } from '../match/nameFolding';

/**
 * Paths that are to be left alone, mostly with everything below them, each with the reason as the end of a
 * sentence.
 */
export class ProtectedPaths {
  private readonly reasons = new Map<string, string>();
  private readonly ofOne = new Map<string, string>();
  private readonly folding: NameFolding;

  constructor(folding: NameFolding) {
    this.folding = folding;
  }

  /** The empty path covers everything. */
  add(path: string, reason: string, reach: 'withAllBelow' | 'itself' = 'withAllBelow'): void {
    const reasons = reach === 'itself' ? this.ofOne : this.reasons;
    const key = foldedKey(path, this.folding);
    if (!reasons.has(key)) reasons.set(key, reason);
  }

  /** Why `path` is to be left alone, or undefined. */
  reasonFor(path: RemotePath): string | undefined {
    if (this.reasons.size + this.ofOne.size === 0) return undefined;
    const key = foldedKey(path, this.folding) as RemotePath;
    const own = this.ofOne.get(key);
    if (own !== undefined) return own;
    for (let at = key; ; at = parentPath(at)) {
      const reason = this.reasons.get(at);
      if (reason !== undefined || at === '') return reason;
    }
  }
}
