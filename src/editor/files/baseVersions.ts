import { createHash } from 'node:crypto';
import type { FileEntry } from '../../remote/entry';
import { isSameFile } from '../../remote/entry';

/** What a document's text is based on: this version of the file, or its absence. */
export type Base = FileEntry | 'absent';

interface ReadContent {
  readonly entry: FileEntry;
  /** Of the very bytes. */
  readonly bytes: string;
  /** Of the text, without what the editor doesn't keep apart; see `textMark`. */
  readonly text: string;
}

/**
 * Which version of a file the text of each open document came from, so that a save can demand it.
 *
 * The editor does not say what a save is based on, and others (search, comparisons, extensions) read the same files. So a
 * read moves nothing by itself: a base moves only when a document is opened or reloaded with the content that was read, by
 * the document's own save, and when the user decided to overwrite. Contents are compared by their bytes: two versions that the
 * editor shows alike (other line ends, a byte order mark) are two.
 */
export class BaseVersions {
  private readonly bases = new Map<string, Base>();
  private readonly seen = new Map<string, ReadContent[]>();
  /** Bases that the editor itself has not read under this name. */
  private readonly given = new Set<string>();

  /** `content` of the file under `key` was handed out, and was that of `entry`. */
  recordRead(key: string, entry: FileEntry, content: Uint8Array): void {
    const seen = (this.seen.get(key) ?? []).filter((one) => !isSameFile(one.entry, entry));
    seen.push({ entry, bytes: bytesMark(content), text: textMark(content) });
    const base = this.bases.get(key);
    // The base's own content is kept whatever comes, to tell an undo from a reload.
    while (seen.length > keptReads) {
      const oldest = seen.findIndex((one) => base === undefined || base === 'absent' || !isOf(one, base));
      seen.splice(Math.max(0, oldest), 1);
    }
    this.seen.delete(key);
    this.seen.set(key, seen);
    this.dropOldest();
  }

  /**
   * The document under `key` may have been opened, reloaded or undone: `bytes` is what the editor would write for it now. Its base
   * moves to a version with these very bytes that was read since; whatever brought them about, the document shows that version.
   * Answers whether they are the base's now.
   */
  isBaseText(key: string, bytes: Uint8Array): boolean {
    const mark = bytesMark(bytes);
    const { own, later } = this.seenOf(key);
    const found = later.findLast((one) => one.bytes === mark);
    if (found) this.setBase(key, found.entry);
    return found !== undefined || own?.bytes === mark;
  }

  /**
   * The document under `key` was opened, reloaded or undone and is unchanged since. The editor writes some files otherwise than it
   * read them (line ends of both kinds, bytes that are no text), so where no version has just its `bytes`, the base moves to one
   * with its text; not, though, when the base has that text too: then it may have been an undo, and nobody saw the other version.
   */
  markClean(key: string, text: string, bytes: Uint8Array = Buffer.from(text)): void {
    if (this.isBaseText(key, bytes)) return;
    const mark = textMark(Buffer.from(text));
    const { base, own, later } = this.seenOf(key);
    const found =
      base === undefined
        ? (later.findLast((one) => one.text === mark) ?? later.at(-1))
        : own?.text === mark
          ? undefined
          : later.find((one) => one.text === mark);
    if (found) this.setBase(key, found.entry);
  }

  /** The document's own save was stored as `entry`. */
  recordSave(key: string, entry: FileEntry, content: Uint8Array): void {
    this.setBase(key, entry);
    this.recordRead(key, entry, content);
  }

  /** From now on a save replaces this, whatever the text came from: the user saw it and decided so, or it was so before a reload of the window. */
  rebase(key: string, base: Base): void {
    this.bases.set(key, base);
    this.given.add(key);
  }

  /** Whether the editor, too, takes the document for one of this base; if not, it knows the file by another time and size. */
  isKnownToEditor(key: string): boolean {
    return this.bases.has(key) && !this.given.has(key);
  }

  /**
   * What a save must find, or undefined when nothing is known. A later version with the very same bytes as the base is as
   * good as the base: nothing of it would be lost.
   */
  baseOf(key: string): Base | undefined {
    const base = this.bases.get(key);
    if (base === undefined || base === 'absent') return base;
    const seen = this.seen.get(key) ?? [];
    const content = seen.find((one) => isOf(one, base));
    return (content && seen.findLast((one) => one.bytes === content.bytes)?.entry) ?? base;
  }

  /** What was read last by anyone; for editors that are no text documents. */
  lastRead(key: string): FileEntry | undefined {
    return this.seen.get(key)?.at(-1)?.entry;
  }

  /** The keys of which a base is known. */
  keys(): Iterable<string> {
    return this.bases.keys();
  }

  /** The file under `from` is now `entry` under `to`; a document goes on with the text it had. */
  recordMove(from: string, to: string, entry: FileEntry): void {
    const base = this.bases.get(from);
    if (base === undefined) return;
    const content = this.seen.get(from)?.find((one) => base !== 'absent' && isOf(one, base));
    this.forget(to);
    this.rebase(to, entry);
    if (content) this.seen.set(to, [{ ...content, entry }]);
    this.forget(from);
  }

  forget(key: string): void {
    this.bases.delete(key);
    this.given.delete(key);
    this.seen.delete(key);
  }

  private setBase(key: string, entry: FileEntry): void {
    this.bases.set(key, entry);
    this.given.delete(key);
  }

  /**
   * The base, its content as far as it was read, and what was read after it. An earlier version is never gone back to: an undo
   * past a save brings back a text, not the file.
   */
  private seenOf(key: string) {
    const seen = this.seen.get(key) ?? [];
    const base = this.bases.get(key);
    const at = typeof base === 'object' ? seen.findIndex((one) => isOf(one, base)) : -1;
    return { base, own: seen[at], later: seen.slice(at + 1) };
  }

  private dropOldest(): void {
    for (const key of this.seen.keys()) {
      if (this.seen.size <= keptFiles) return;
      if (!this.bases.has(key)) this.seen.delete(key);
    }
  }
}

const keptReads = 4;
const keptFiles = 2000;

function isOf(content: ReadContent, entry: FileEntry): boolean {
  return content.entry === entry || isSameFile(content.entry, entry);
}

function bytesMark(content: Uint8Array): string {
  return createHash('sha1').update(content).digest('base64');
}

/** Equal for two texts that the editor would show alike: it keeps neither a byte order mark nor the kind of line ends apart. */
function textMark(content: Uint8Array): string {
  const hash = createHash('sha1');
  let start = content[0] === 0xef && content[1] === 0xbb && content[2] === 0xbf ? 3 : 0;
  for (let cr = content.indexOf(13, start); cr >= 0; cr = content.indexOf(13, start)) {
    hash.update(content.subarray(start, cr));
    start = cr + 1;
  }
  return hash.update(content.subarray(start)).digest('base64');
}
