import { createHash } from 'node:crypto';
import { type FileEntry, isSameFile } from '../../remote/entry';

/** The version of the file that a document's text is based on; 'absent' when the file didn't exist. */
export type Base = FileEntry | 'absent';

interface ReadContent {
  readonly entry: FileEntry;
  readonly bytesHash: string;
  readonly textHash: string;
}

/**
 * Tracks the version that the text of each open document is based on (its base), as the precondition of a save.
 *
 * The editor doesn't report what a save is based on, and searches, comparisons and extensions read the same files. Therefore:
 * 1. A read changes no base by itself.
 * 2. A base changes when a document opens or reloads with content that was read, when the document is saved, and when the user
 *    decides to overwrite.
 * 3. Contents are compared by bytes: versions that differ in line ends or a byte order mark look equal in the editor but are different.
 */
export class BaseVersions {
  private readonly bases = new Map<string, Base>();
  /** What was read of each file, the oldest first. */
  private readonly reads = new Map<string, ReadContent[]>();
  /** Keys whose base comes from `rebase`: the editor itself has not read it under this name. */
  private readonly rebased = new Set<string>();

  /** The editor received `content`, the version `entry` of the file under `key`. */
  recordRead(key: string, entry: FileEntry, content: Uint8Array): void {
    const reads = (this.reads.get(key) ?? []).filter((read) => !isSameFile(read.entry, entry));
    reads.push({ entry, bytesHash: hashBytes(content), textHash: hashText(content) });
    const base = this.bases.get(key);
    // The base's own content is never evicted, since it tells an undo from a reload.
    while (reads.length > maxReadsPerFile) {
      const oldest = reads.findIndex((read) => base === undefined || base === 'absent' || !isOf(read, base));
      reads.splice(Math.max(0, oldest), 1);
    }
    this.reads.delete(key);
    this.reads.set(key, reads);
    this.evictOldest();
  }

  /**
   * Call when the document under `key` may have been opened, reloaded or undone; `bytes` is what the editor would write now. If a
   * version with these bytes was read after the base, it becomes the base. Returns whether `bytes` are those of the base.
   */
  isBaseText(key: string, bytes: Uint8Array): boolean {
    const hash = hashBytes(bytes);
    const { own, later } = this.readsOf(key);
    const found = later.findLast((read) => read.bytesHash === hash);
    if (found) this.setBase(key, found.entry);
    return found !== undefined || own?.bytesHash === hash;
  }

  /**
   * Call when the document under `key` was opened, reloaded or undone and is unmodified. The editor writes some files differently than
   * it read them (mixed line ends, invalid characters), so without a version of these `bytes` one with the same text becomes the base;
   * but not if the base has that text too, since after an undo the user has not seen the newer version.
   */
  markClean(key: string, text: string, bytes: Uint8Array = Buffer.from(text)): void {
    if (this.isBaseText(key, bytes)) return;
    const hash = hashText(Buffer.from(text));
    const { base, own, later } = this.readsOf(key);
    const isSameText = (read: ReadContent) => read.textHash === hash;
    const found =
      base === undefined
        ? (later.findLast(isSameText) ?? later.at(-1))
        : own && isSameText(own)
          ? undefined
          : later.find(isSameText);
    if (found) this.setBase(key, found.entry);
  }

  /** The document under `key` was saved as `entry`. */
  recordSave(key: string, entry: FileEntry, content: Uint8Array): void {
    this.setBase(key, entry);
    this.recordRead(key, entry, content);
  }

  /** Sets the base: after the user decided to overwrite `base`, or from the state before a reload of the window. */
  rebase(key: string, base: Base): void {
    this.bases.set(key, base);
    this.rebased.add(key);
  }

  /** Whether the editor read the base itself; if not, it knows the file by another mtime and size. */
  isKnownToEditor(key: string): boolean {
    return this.bases.has(key) && !this.rebased.has(key);
  }

  /** The precondition of a save; undefined when unknown. A later version with the bytes of the base counts as the base. */
  baseOf(key: string): Base | undefined {
    const base = this.bases.get(key);
    if (base === undefined || base === 'absent') return base;
    const reads = this.reads.get(key) ?? [];
    const own = reads.find((read) => isOf(read, base));
    return (own && reads.findLast((read) => read.bytesHash === own.bytesHash)?.entry) ?? base;
  }

  /** The version that was read last; for custom editors and notebooks. */
  lastRead(key: string): FileEntry | undefined {
    return this.reads.get(key)?.at(-1)?.entry;
  }

  /** The file under `from` is now `entry` under `to`; the document keeps its text. */
  recordMove(from: string, to: string, entry: FileEntry): void {
    const base = this.bases.get(from);
    if (base === undefined) return;
    const own = this.reads.get(from)?.find((read) => base !== 'absent' && isOf(read, base));
    this.forget(to);
    this.rebase(to, entry);
    if (own) this.reads.set(to, [{ ...own, entry }]);
    this.forget(from);
  }

  forget(key: string): void {
    this.bases.delete(key);
    this.rebased.delete(key);
    this.reads.delete(key);
  }

  private setBase(key: string, entry: FileEntry): void {
    this.bases.set(key, entry);
    this.rebased.delete(key);
  }

  /**
   * The base, its content, and the versions read after it. An earlier version never becomes the base again: an undo past a save
   * restores a text, not the file.
   */
  private readsOf(key: string) {
    const reads = this.reads.get(key) ?? [];
    const base = this.bases.get(key);
    const at = typeof base === 'object' ? reads.findIndex((read) => isOf(read, base)) : -1;
    return { base, own: reads[at], later: reads.slice(at + 1) };
  }

  private evictOldest(): void {
    for (const key of this.reads.keys()) {
      if (this.reads.size <= maxFiles) return;
      if (!this.bases.has(key)) this.reads.delete(key);
    }
  }
}

const maxReadsPerFile = 4;
const maxFiles = 2000;

function isOf(content: ReadContent, entry: FileEntry): boolean {
  return content.entry === entry || isSameFile(content.entry, entry);
}

function hashBytes(content: Uint8Array): string {
  return createHash('sha1').update(content).digest('base64');
}

/** Ignores a byte order mark and the kind of line ends, as the editor's text does. */
function hashText(content: Uint8Array): string {
  const hash = createHash('sha1');
  let start = content[0] === 0xef && content[1] === 0xbb && content[2] === 0xbf ? 3 : 0;
  for (let cr = content.indexOf(13, start); cr >= 0; cr = content.indexOf(13, start)) {
    hash.update(content.subarray(start, cr));
    start = cr + 1;
  }
  return hash.update(content.subarray(start)).digest('base64');
}
