import { mkdir, open, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { threadId } from 'node:worker_threads';
import { type LineMemory, versionText } from './lines/fileBytes';
import { hashOf } from './lines/lineIndex';
import { LineLog } from './lines/lineLog';
import { StoredLines } from './lines/storedLines';
import type { Log, LogTag } from './log';

/** Milliseconds from the first unwritten line to the write, so that a crash costs little. */
const saveAfterMs = 20_000;
/** Changed lines that are written at once, to free their memory: about 20 MB. */
const defaultMaxChanges = 100_000;
/** Bytes of the buffer that joins small parts of a text, because each part takes a call of the system. */
const joinedBytes = 256 << 10;
/** Milliseconds after which `load` looks again whether the file was replaced. */
const recheckMs = 1000;
/** Milliseconds after which a lock is ignored: a crash left it. */
const maxLockMs = 10_000;

interface LineCacheOptions {
  /** Undefined = lines last for this session only. */
  readonly file: string | undefined;
  /** The first line of the file, which identifies its format; a file with another first line is ignored. */
  readonly header: string;
  /** "The cache of hashes", for the log. */
  readonly what: string;
  readonly tag: LogTag;
  readonly log: Log;
  /** Maximum lines; the oldest are dropped first. */
  readonly maxEntries: number;
  /** How much of a file stays in memory; 16 MB when absent. */
  readonly memory?: LineMemory;
  /** Changed lines that are written at once; 100,000 when absent. */
  readonly maxChanges?: number;
}

/** The caches with lines that are not written yet. */
const unsavedCaches = new Set<PersistentLineCache>();

/** Writes the unwritten lines of all caches of this thread, for another thread that reads the files. Never rejects. */
export async function saveLineCaches(): Promise<void> {
  await Promise.all([...unsavedCaches].map((cache) => cache.save()));
}

/**
 * A persistent cache of one line of text per key, in a file that is replaced as a whole. Other threads and windows may use the same file:
 * their lines are read before each write, and kept. Losing lines only costs time. The lines of a large file stay on the disk, so a million
 * cost little memory.
 */
export class PersistentLineCache {
  /** The lines of the file as it was read, without those that were changed since. */
  private stored = StoredLines.empty();
  /** The lines that were changed since the file was read or written, with a mark for each deleted key. */
  private changes = new LineLog();
  /** Identifies the file that was last read or written; undefined before that. */
  private version: string | undefined;
  private checkedAt = Number.NEGATIVE_INFINITY;
  private loading: Promise<void> | undefined;
  private saving: Promise<void> = Promise.resolve();
  private timer: NodeJS.Timeout | undefined;
  /** The number of changes at which they are written. */
  private saveAt: number;
  private isReplacing = false;

  constructor(private readonly options: LineCacheOptions) {
    this.saveAt = this.maxChanges;
  }

  /** Loads the file when it was not loaded yet or was replaced. Must be awaited before `get`. Never rejects. */
  async load(): Promise<void> {
    if (this.loading === undefined && performance.now() - this.checkedAt < recheckMs) return;
    await this.refresh();
  }

  get(key: string): string | undefined {
    if (this.size === 0) return undefined;
    const escaped = escapeKey(key);
    return this.find(escaped, hashOf(escaped));
  }

  /** Caches a line, which must be Latin-1, not empty, and without line breaks. */
  set(key: string, line: string): void {
    const escaped = escapeKey(key);
    const hash = hashOf(escaped);
    const changed = this.changes.get(escaped, hash);
    const stored = changed === undefined && this.stored.size > 0 ? this.stored.get(escaped, hash) : undefined;
    if ((changed ?? stored) === line) return;
    if (stored !== undefined) this.stored.delete(escaped, hash);
    this.changes.set(escaped, hash, line);
    this.dropOldest();
    this.changed();
  }

  delete(key: string): void {
    const escaped = escapeKey(key);
    const hash = hashOf(escaped);
    const isAbsent = this.find(escaped, hash) === undefined && !this.stored.isLost;
    if (isAbsent && this.version !== undefined) return;
    this.stored.delete(escaped, hash);
    if (this.options.file === undefined) this.changes.delete(escaped, hash);
    else this.changes.mark(escaped, hash);
    this.changed();
  }

  get size(): number {
    return this.stored.size + this.changes.size;
  }

  /** Writes unwritten lines and waits for a running write. Never rejects. */
  async save(): Promise<void> {
    if (this.timer) clearTimeout(this.timer);
    this.timer = undefined;
    this.saving = this.saving.then(() => this.write());
    await this.saving;
  }

  private get maxChanges(): number {
    return this.options.maxChanges ?? defaultMaxChanges;
  }

  private find(escaped: string, hash: number): string | undefined {
    const changed = this.changes.get(escaped, hash);
    if (changed === undefined) return this.stored.get(escaped, hash);
    return changed === '' ? undefined : changed;
  }

  private dropOldest(): void {
    while (this.size > this.options.maxEntries)
      if (this.stored.size > 0) this.stored.deleteOldest();
      else this.changes.deleteOldest();
  }

  private changed(): void {
    if (this.changes.replaced > this.maxChanges && !this.isReplacing) this.changes = this.changes.since(0);
    if (this.options.file === undefined) return;
    unsavedCaches.add(this);
    if (this.changes.count >= this.saveAt) {
      // A failed write must not be repeated with the next line.
      this.saveAt = this.changes.count + this.maxChanges;
      void this.save();
    }
    this.timer ??= setTimeout(() => void this.save(), saveAfterMs).unref();
  }

  private async refresh(): Promise<void> {
    this.loading ??= this.read();
    await this.loading;
    this.loading = undefined;
  }

  /** Takes over the lines of the file if it is another one than before. */
  private async read(): Promise<void> {
    const { file, header, log, memory, tag, what } = this.options;
    this.checkedAt = performance.now();
    const version = await versionOf(file);
    if (version === this.version && !this.stored.isLost) return;
    this.version = version;
    let stored: StoredLines | undefined;
    try {
      if (file !== undefined) stored = await StoredLines.read(file, header, memory);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
        log.write('warn', tag, `${what} can't be read: ${(error as Error).message}`);
    }
    // A file that vanished or can't be read takes no lines in memory with it.
    if (stored) {
      this.version = stored.version;
      this.takeOver(stored);
    } else if (!this.stored.isInMemory) this.takeOver(StoredLines.empty());
  }

  private takeOver(stored: StoredLines): void {
    this.changes.forEachKey((key, hash) => stored.delete(key, hash));
    this.stored = stored;
    this.dropOldest();
  }

  private async write(): Promise<void> {
    const { file, log, tag, what } = this.options;
    if (file === undefined || this.changes.isEmpty) return;
    try {
      await mkdir(path.dirname(file), { recursive: true });
      const unlock = await lock(`${file}.lock`);
      try {
        await this.refresh();
        await this.replace(file);
      } finally {
        await unlock();
      }
    } catch (error) {
      log.write('warn', tag, `${what} can't be written: ${(error as Error).message}`);
    }
  }

  private async replace(file: string): Promise<void> {
    const { header, memory } = this.options;
    const { changes, stored } = this;
    const { count } = changes;
    const text = textOf(header, stored.size + changes.size, stored.text(), changes.text());
    const temporary = `${file}.${process.pid}-${threadId}.new`;
    unsavedCaches.delete(this);
    this.isReplacing = true;
    try {
      await writeFile(temporary, text, { mode: 0o600 });
      const written = await StoredLines.read(temporary, header, memory);
      if (!written) throw new Error('the written file is incomplete');
      await rename(temporary, file);
      written.movedTo(file);
      // Lines may have changed while the disk wrote.
      this.changes = changes.since(count);
      this.version = written.version;
      this.saveAt = this.maxChanges;
      this.takeOver(written);
    } catch (error) {
      unsavedCaches.add(this);
      await rm(temporary, { force: true }).catch(() => undefined);
      throw error;
    } finally {
      this.isReplacing = false;
    }
  }
}

/** Waits for other writers. A lock that is left by a crash, or held for long, is ignored. Rejects as `open` does, but for an existing file. */
async function lock(file: string): Promise<() => Promise<void>> {
  const giveUpAt = performance.now() + maxLockMs;
  while (performance.now() < giveUpAt)
    try {
      await (await open(file, 'wx')).close();
      break;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  return () => rm(file, { force: true }).catch(() => undefined);
}

/** See `versionText`; empty without a file. */
async function versionOf(file: string | undefined): Promise<string> {
  const stats = file === undefined ? undefined : await stat(file, { bigint: true }).catch(() => undefined);
  return stats ? versionText(stats) : '';
}

/** The text of a file: the lines of an older one, then newer lines. The last line holds their number. */
function textOf(
  header: string,
  lines: number,
  stored: AsyncIterable<Buffer>,
  newer: readonly Buffer[],
): AsyncIterable<Buffer> {
  async function* parts() {
    yield Buffer.from(`${header}\n`, 'latin1');
    yield* stored;
    yield* newer;
    yield Buffer.from(`end\t${lines}\n`, 'latin1');
  }
  return joined(parts());
}

/** The same bytes in larger pieces, each valid until the next. */
async function* joined(parts: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const buffer = Buffer.allocUnsafeSlow(joinedBytes);
  let length = 0;
  for await (const part of parts) {
    if (length > 0 && length + part.length > buffer.length) {
      yield buffer.subarray(0, length);
      length = 0;
    }
    if (part.length > buffer.length) yield part;
    else length += part.copy(buffer, length);
  }
  if (length > 0) yield buffer.subarray(0, length);
}

const escapes: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' };

/** The key in Latin-1, without tabs and line breaks. No two keys have the same. */
function escapeKey(key: string): string {
  return key.replace(
    /[\\\t\n\r]|[^\0-\xff]/g,
    (character) => escapes[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
