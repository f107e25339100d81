import { createHash } from 'node:crypto';
import type { FileEntry } from '../remote/entry';

/** What a document's text is based on: this version of the file, or its absence. */
export type Base = FileEntry | 'absent';

interface SeenContent {
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
 * read moves nothing by itself: a base moves only when a document is opened or reloaded with the text that was read, by
 * the document's own save, and when the user decided to overwrite.
 */
export class BaseVersions {
  private readonly bases = new Map<string, Base>();
  private readonly seen = new Map<string, SeenContent[]>();

  /** `content` of the file under `key` was handed out, and was that of `entry`. */
  wasRead(key: string, entry: FileEntry, content: Uint8Array): void {
    const seen = (this.seen.get(key) ?? []).filter((one) => one.entry.version !== entry.version);
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

  /** The document under `key` was opened or reloaded and is unchanged since: its text is that of the file. */
  settled(key: string, text: string): void {
    const seen = this.seen.get(key) ?? [];
    const mark = textMark(Buffer.from(text));
    const same = seen.findLast((one) => one.text === mark);
    // None matches when the text is in another encoding than UTF-8: then what was read last, but a base is never given up.
    const found = same?.entry ?? this.bases.get(key) ?? seen.at(-1)?.entry;
    if (found) this.bases.set(key, found);
  }

  /** The document's own save was stored as `entry`. */
  wasSaved(key: string, entry: FileEntry, content: Uint8Array): void {
    this.bases.set(key, entry);
    this.wasRead(key, entry, content);
  }

  /** From now on a save replaces this, whatever the text came from: the user saw it and decided so. */
  rearm(key: string, base: Base): void {
    this.bases.set(key, base);
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

  /** The file under `from` is now `entry` under `to`; a document goes on with the text it had. */
  wasMoved(from: string, to: string, entry: FileEntry): void {
    if (!this.bases.has(from)) return;
    this.bases.set(to, entry);
    this.forget(from);
  }

  forget(key: string): void {
    this.bases.delete(key);
    this.seen.delete(key);
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

function isOf(content: SeenContent, entry: FileEntry): boolean {
  return content.entry === entry || (entry.version !== undefined && content.entry.version === entry.version);
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
