import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import type { Log, LogTag } from './log';

/** Lines are written this long after the first unwritten one, so that a crash costs little. */
const saveAfterMs = 20_000;
const linesPerWrite = 5_000;
/** Stands for a key that was forgotten before the file was read. */
const tombstone = '';

export interface LineCacheOptions {
  /** Undefined = lines are kept for this session only. */
  readonly file: string | undefined;
  /** The first line of the file, which says what it is; a file with another one counts for nothing. */
  readonly header: string;
  /** "The cache of hashes", for the log. */
  readonly what: string;
  readonly tag: LogTag;
  readonly log: Log;
  /** The lines learnt first are dropped first. */
  readonly maxEntries: number;
}

/**
 * One line of text a key, kept between sessions in a file that is written whole under another name and then renamed. For what can be
 * learnt again: losing the file, or what another window wrote in between, costs time and nothing else. Lines stay text in memory and are
 * taken apart only when asked for, so that reading a million of them stays cheap.
 */
export class PersistentLineCache {
  /** Before the file was read: only what this session learnt, which then goes over what the file says. */
  private lines = new Map<string, string>();
  private loaded = false;
  private loading: Promise<void> | undefined;
  private unsaved = false;
  private saving: Promise<void> = Promise.resolve();
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly options: LineCacheOptions) {}

  /** Reads the file unless that was done. To be awaited before `get`. Never fails. */
  async load(): Promise<void> {
    if (this.loaded) return;
    this.loading ??= this.read();
    await this.loading;
  }

  get(key: string): string | undefined {
    return this.lines.get(key) || undefined;
  }

  /** Keeps a line, which has no line break in it and isn't empty. */
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

  /** Writes what is unwritten; waits for a write under way. Never fails. */
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
    }, saveAfterMs);
    this.timer.unref();
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
    const { file, log, tag, what } = this.options;
    if (file === undefined) return;
    await this.load();
    const temporary = `${file}.${process.pid}.new`;
    try {
      await mkdir(path.dirname(file), { recursive: true });
      await this.writeTo(temporary);
      await rename(temporary, file);
    } catch (error) {
      await rm(temporary, { force: true }).catch(() => undefined);
      log.write('warn', tag, `${what} can't be written: ${(error as Error).message}`);
    }
  }

  private async writeTo(file: string): Promise<void> {
    const output = await open(file, 'w', 0o600);
    try {
      let text = `${this.options.header}\n`;
      let count = 0;
      // A snapshot, since lines may come in while this waits for the disk.
      for (const [key, line] of [...this.lines]) {
        text += `${escapeKey(key)}\t${line}\n`;
        if (++count % linesPerWrite !== 0) continue;
        await output.write(text);
        text = '';
      }
      await output.write(`${text}end\t${count}\n`);
    } finally {
      await output.close();
    }
  }
}

/** The lines of a file; one that isn't whole counts for nothing. */
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

function escapeKey(key: string): string {
  return /[\\\t\n\r]/.test(key) ? key.replace(/[\\\t\n\r]/g, (c) => escapes[c] ?? c) : key;
}

function unescapeKey(key: string): string {
  return key.replace(/\\(.)/g, (_, c: string) =>
    c === 't' ? '\t' : c === 'n' ? '\n' : c === 'r' ? '\r' : c,
  );
}
