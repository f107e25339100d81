import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { LineIndex } from './lineIndex';
import type { Log, LogTag } from './log';

/** Milliseconds from the first unwritten line to the write, so that a crash costs little. */
const saveAfterMs = 20_000;
const linesPerWrite = 5_000;
/** Marks a key that was deleted before the file was loaded. */
const tombstone = '';

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

/**
 * A persistent cache of one line of text per key, in a file that is replaced as a whole. Losing the file, or lines that another window
 * wrote meanwhile, only costs time. The lines of the file stay bytes (see LineIndex), so loading a million stays cheap.
 */
export class PersistentLineCache {
  /** The lines of the file, without those that this session changed. */
  private stored = LineIndex.empty();
  /** The lines of this session, by escaped key. */
  private readonly lines = new Map<string, string>();
  private loaded = false;
  private loading: Promise<void> | undefined;
  private unsaved = false;
  private saving: Promise<void> = Promise.resolve();
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly options: LineCacheOptions) {}

  /** Loads the file once. Must be awaited before `get`. Never rejects. */
  async load(): Promise<void> {
    if (this.loaded) return;
    this.loading ??= this.read();
    await this.loading;
  }

  get(key: string): string | undefined {
    const escaped = escapeKey(key);
    return this.lines.get(escaped) || this.stored.get(escaped);
  }

  /** Caches a line, which must be Latin-1, not empty, and without line breaks. */
  set(key: string, line: string): void {
    const escaped = escapeKey(key);
    if ((this.lines.get(escaped) ?? this.stored.get(escaped)) === line) return;
    this.stored.delete(escaped);
    this.lines.delete(escaped);
    this.lines.set(escaped, line);
    this.dropOldest();
    this.changed();
  }

  delete(key: string): void {
    const escaped = escapeKey(key);
    if (!this.loaded) this.lines.set(escaped, tombstone);
    else if (this.lines.delete(escaped) || this.stored.delete(escaped)) this.changed();
  }

  get size(): number {
    return this.stored.size + this.lines.size;
  }

  /** Writes unwritten lines and waits for a running write. Never rejects. */
  async save(): Promise<void> {
    if (this.timer) clearTimeout(this.timer);
    this.timer = undefined;
    if (this.unsaved) {
      this.unsaved = false;
      this.saving = this.saving.then(() => this.write());
    }
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

  private changed(): void {
    this.unsaved = true;
    if (this.options.file === undefined || this.timer) return;
    this.timer = setTimeout(() => {
      this.timer = undefined;
      void this.save();
    }, saveAfterMs).unref();
  }

  private async read(): Promise<void> {
    const { file, header, log, tag, what } = this.options;
    let stored: LineIndex | undefined;
    try {
      if (file !== undefined) stored = LineIndex.parse(await readFile(file), header);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
        log.write('warn', tag, `${what} can't be read: ${(error as Error).message}`);
    }
    for (const [key, line] of this.lines) {
      stored?.delete(key);
      if (line === tombstone) this.lines.delete(key);
    }
    if (stored) this.stored = stored;
    this.loaded = true;
  }

  private async write(): Promise<void> {
    const { file, header, log, tag, what } = this.options;
    if (file === undefined) return;
    await this.load();
    const temporary = `${file}.${process.pid}.new`;
    try {
      await mkdir(path.dirname(file), { recursive: true });
      // Copies, because lines may change while the disk writes.
      const parts = [...this.stored.parts()];
      await writeFile(temporary, textOf(header, this.stored.size, parts, [...this.lines]), { mode: 0o600 });
      await rename(temporary, file);
    } catch (error) {
      await rm(temporary, { force: true }).catch(() => undefined);
      log.write('warn', tag, `${what} can't be written: ${(error as Error).message}`);
    }
  }
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
