import { parentPath, type RemotePath } from '../remote/remotePath';
import { foldedKey, type NameFolding } from './nameFolding';

/** Paths that are to be left alone with everything below them, each with the reason as the end of a sentence. */
export class ProtectedPaths {
  private readonly reasons = new Map<string, string>();
  private readonly folding: NameFolding;

  constructor(folding: NameFolding) {
    this.folding = folding;
  }

  /** The empty path covers everything. */
  add(path: string, reason: string): void {
    const key = foldedKey(path, this.folding);
    if (!this.reasons.has(key)) this.reasons.set(key, reason);
  }

  /** Why `path` is to be left alone, or undefined. */
  reasonFor(path: RemotePath): string | undefined {
    if (this.reasons.size === 0) return undefined;
    for (let at = foldedKey(path, this.folding) as RemotePath; ; at = parentPath(at)) {
      const reason = this.reasons.get(at);
      if (reason !== undefined || at === '') return reason;
    }
  }
}
