import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
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
 * wrote meanwhile, only costs time. Lines stay text in memory and callers parse them on use, so that loading a million stays cheap.
 */
export class PersistentLineCache {
  /** Before the file is loaded: the lines of this session, which then replace those of the file. */
  private lines = new Map<string, string>();
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
    return this.lines.get(key) || undefined;
  }

  /** Caches a line, which must not be empty or contain a line break. */
  set(key: string, line: string): void {
    if (this.lines.get(key) === line) return;
    this.lines.delete(key);
    this.lines.set(key, line);
    for (const oldest of this.lines.keys()) {
      if (this.lines.size <= this.options.maxEntries) break;
      this.lines.delete(oldest);
    }
    this.changed();
  }

  delete(key: string): void {
    if (!this.loaded) this.lines.set(key, tombstone);
    else if (this.lines.delete(key)) this.changed();
  }

  get size(): number {
    return this.lines.size;
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
    let lines = new Map<string, string>();
    try {
      if (file !== undefined) lines = parseLines((await readFile(file)).toString('utf8'), header);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
        log.write('warn', tag, `${what} can't be read: ${(error as Error).message}`);
    }
    for (const [key, line] of this.lines)
      if (line === tombstone) lines.delete(key);
      else lines.set(key, line);
    this.lines = lines;
    this.loaded = true;
  }

  private async write(): Promise<void> {
    const { file, header, log, tag, what } = this.options;
    if (file === undefined) return;
    await this.load();
    const temporary = `${file}.${process.pid}.new`;
    try {
      await mkdir(path.dirname(file), { recursive: true });
      // A copy, because lines may change while the disk writes.
      await writeFile(temporary, formatLines([...this.lines], header), { mode: 0o600 });
      await rename(temporary, file);
    } catch (error) {
      await rm(temporary, { force: true }).catch(() => undefined);
      log.write('warn', tag, `${what} can't be written: ${(error as Error).message}`);
    }
  }
}

/** The text of a file in parts of `linesPerWrite` lines. The last line holds the number of lines. */
function* formatLines(lines: readonly (readonly [string, string])[], header: string): Generator<string> {
  yield `${header}\n`;
  for (let i = 0; i < lines.length; i += linesPerWrite) {
    const part = lines.slice(i, i + linesPerWrite);
    yield part.map(([key, line]) => `${escapeKey(key)}\t${line}\n`).join('');
  }
  yield `end\t${lines.length}\n`;
}

/** The lines of a file; none when it is incomplete. */
function parseLines(text: string, header: string): Map<string, string> {
  const none = new Map<string, string>();
  if (!text.startsWith(`${header}\n`)) return none;
  const found: [string, string][] = [];
  let start = header.length + 1;
  for (let end = text.indexOf('\n', start); end >= 0; end = text.indexOf('\n', start)) {
    const tab = text.indexOf('\t', start);
    if (tab < 0 || tab > end) return none;
    const key = text.slice(start, tab);
    const rest = text.slice(tab + 1, end);
    start = end + 1;
    if (key === 'end' && start === text.length) return Number(rest) === found.length ? new Map(found) : none;
    found.push([key.includes('\\') ? unescapeKey(key) : key, rest]);
  }
  return none;
}

const escapes: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' };
const unescapes: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r' };

function escapeKey(key: string): string {
  return key.replace(/[\\\t\n\r]/g, (character) => escapes[character] ?? character);
}

function unescapeKey(key: string): string {
  return key.replace(/\\(.)/g, (_, character: string) => unescapes[character] ?? character);
}
