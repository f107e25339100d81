import { mkdir, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { threadId } from 'node:worker_threads';
import { LineIndex } from './lineIndex';
import type { Log, LogTag } from './log';

/** Milliseconds from the first unwritten line to the write, so that a crash costs little. */
const saveAfterMs = 20_000;
const linesPerWrite = 5_000;
/** Marks a key that was deleted. */
const tombstone = '';
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
}

/** The caches with lines that are not written yet. */
const unsavedCaches = new Set<PersistentLineCache>();

/** Writes the unwritten lines of all caches of this thread, for another thread that reads the files. Never rejects. */
export async function saveLineCaches(): Promise<void> {
  await Promise.all([...unsavedCaches].map((cache) => cache.save()));
}

/**
 * A persistent cache of one line of text per key, in a file that is replaced as a whole. Other threads and windows may use the same file:
 * their lines are read before each write, and kept. Losing lines only costs time. The lines of the file stay bytes (see LineIndex), so
 * loading a million stays cheap.
 */
export class PersistentLineCache {
  /** The lines of the file as it was read, without those that this session changed. */
  private stored = LineIndex.empty();
  /** The lines of this session that the file had not when it was read, by escaped key. */
  private lines = new Map<string, string>();
  private unwritten = new Map<string, string>();
  /** Identifies the file that was last read or written; undefined before that. */
  private version: string | undefined;
  private checkedAt = Number.NEGATIVE_INFINITY;
  private loading: Promise<void> | undefined;
  private saving: Promise<void> = Promise.resolve();
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly options: LineCacheOptions) {}

  /** Loads the file when it was not loaded yet or was replaced. Must be awaited before `get`. Never rejects. */
  async load(): Promise<void> {
    if (this.loading === undefined && performance.now() - this.checkedAt < recheckMs) return;
    await this.refresh();
  }

  get(key: string): string | undefined {
    const escaped = escapeKey(key);
    return this.lines.get(escaped) ?? this.stored.get(escaped);
  }

  /** Caches a line, which must be Latin-1, not empty, and without line breaks. */
  set(key: string, line: string): void {
    const escaped = escapeKey(key);
    const known = this.lines.get(escaped);
    const stored = known === undefined && this.stored.size > 0 ? this.stored.get(escaped) : undefined;
    if ((known ?? stored) === line) return;
    if (stored !== undefined) this.stored.delete(escaped);
    // The newest line is the last.
    if (known !== undefined) this.lines.delete(escaped);
    this.lines.set(escaped, line);
    this.dropOldest();
    this.changed(escaped, line);
  }

  delete(key: string): void {
    const escaped = escapeKey(key);
    const had = this.lines.delete(escaped) || this.stored.delete(escaped);
    if (had || this.version === undefined) this.changed(escaped, tombstone);
  }

  get size(): number {
    return this.stored.size + this.lines.size;
  }

  /** Writes unwritten lines and waits for a running write. Never rejects. */
  async save(): Promise<void> {
    if (this.timer) clearTimeout(this.timer);
    this.timer = undefined;
    this.saving = this.saving.then(() => this.write());
    await this.saving;
  }

  private dropOldest(): void {
    // An iterator passes over every deleted line first, so it starts only when a line must go.
    if (this.size <= this.options.maxEntries) return;
    for (const oldest of this.lines.keys()) {
      if (this.size <= this.options.maxEntries) break;
      if (this.stored.size > 0) this.stored.deleteOldest();
      else this.lines.delete(oldest);
    }
  }

  private changed(escaped: string, line: string): void {
    if (this.options.file === undefined) return;
    this.unwritten.set(escaped, line);
    unsavedCaches.add(this);
    this.timer ??= setTimeout(() => void this.save(), saveAfterMs).unref();
  }

  private async refresh(): Promise<void> {
    this.loading ??= this.read();
    await this.loading;
    this.loading = undefined;
  }

  /** Takes over the lines of the file if it is another one than before. */
  private async read(): Promise<void> {
    const { file, header, log, tag, what } = this.options;
    this.checkedAt = performance.now();
    const version = await versionOf(file);
    if (version === this.version) return;
    this.version = version;
    let stored: LineIndex | undefined;
    try {
      if (file !== undefined) stored = LineIndex.parse(await readFile(file), header);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
        log.write('warn', tag, `${what} can't be read: ${(error as Error).message}`);
    }
    // A file that vanished or can't be read takes no lines of this session with it.
    if (!stored) return;
    this.lines = new Map();
    for (const [key, line] of this.unwritten) {
      stored.delete(key);
      if (line !== tombstone) this.lines.set(key, line);
    }
    this.stored = stored;
    this.dropOldest();
  }

  private async write(): Promise<void> {
    const { file, log, tag, what } = this.options;
    if (file === undefined || this.unwritten.size === 0) return;
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
    const { unwritten } = this;
    this.unwritten = new Map();
    unsavedCaches.delete(this);
    const temporary = `${file}.${process.pid}-${threadId}.new`;
    try {
      // Copies, because lines may change while the disk writes.
      const parts = [...this.stored.parts()];
      const text = textOf(this.options.header, this.stored.size, parts, [...this.lines]);
      await writeFile(temporary, text, { mode: 0o600 });
      const version = await versionOf(temporary);
      await rename(temporary, file);
      this.version = version;
    } catch (error) {
      this.keepUnwritten(unwritten);
      await rm(temporary, { force: true }).catch(() => undefined);
      throw error;
    }
  }

  private keepUnwritten(before: ReadonlyMap<string, string>): void {
    this.unwritten = new Map([...before, ...this.unwritten]);
    unsavedCaches.add(this);
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

/** Differs for each file that replaces another; empty without a file. */
async function versionOf(file: string | undefined): Promise<string> {
  const stats = file === undefined ? undefined : await stat(file, { bigint: true }).catch(() => undefined);
  return stats ? `${stats.ino} ${stats.size} ${stats.mtimeNs}` : '';
}

/** The text of a file: the lines of an older file, then newer ones in parts of `linesPerWrite`. The last line holds the number of lines. */
function* textOf(
  header: string,
  storedCount: number,
  stored: readonly Buffer[],
  lines: readonly (readonly [string, string])[],
): Generator<Buffer> {
  yield Buffer.from(`${header}\n`, 'latin1');
  yield* stored;
  for (let i = 0; i < lines.length; i += linesPerWrite) {
    let text = '';
    for (const [key, line] of lines.slice(i, i + linesPerWrite)) text += `${key}\t${line}\n`;
    yield Buffer.from(text, 'latin1');
  }
  yield Buffer.from(`end\t${storedCount + lines.length}\n`, 'latin1');
}

const escapes: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' };

/** The key in Latin-1, without tabs and line breaks. No two keys have the same. */
function escapeKey(key: string): string {
  return key.replace(
    /[\\\t\n\r]|[^\0-\xff]/g,
    (character) => escapes[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
