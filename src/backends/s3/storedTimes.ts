import { createHash } from 'node:crypto';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import type { Log } from '../../remote/log';
import type { Instant } from '../../remote/modifiedTime';

/** What a HEAD told about an object besides what a listing tells. */
export interface StoredFacts {
  readonly modified: Instant;
  readonly md5?: string;
}

/** The marks by which a listing shows that an object is still the one that was looked at. */
export interface ObjectMarks {
  /** ETag without quotes. */
  readonly etag: string;
  /** LastModified in milliseconds since the epoch. */
  readonly serverModifiedMs: number;
}

const header = 'cloud-remotes stored times 1';
/** Most objects kept per bucket; the ones learned first are dropped first. About 250 MB of memory when full. */
const defaultMaxEntries = 1_000_000;
/** Facts are written this long after the first unwritten one, so that a crash costs little. */
const saveAfterMs = 20_000;
const linesPerWrite = 5_000;
/** Stands for the MD5 of nearly every object that was sent in one piece. */
const sameAsEtag = '=';
/** Stands for a key that was forgotten before the file was read. */
const forgotten = '';

/**
 * Modified times of a bucket's objects, kept between sessions, so that a sync in which nothing changed needs no HEAD
 * (sync-semantics H29). A listing doesn't tell `X-Amz-Meta-Mtime`; these facts are used only while ETag and LastModified of
 * the listing agree with them. Losing the file, or a part of it, costs HEADs and nothing else.
 *
 * One line per object: key, etag, earliest and latest LastModified (ms), seconds and nanoseconds of the time, md5; tab-separated.
 * Lines stay text in memory and are taken apart only when asked for, so that reading a million of them stays cheap.
 */
export class StoredTimes {
  /** Before the file was read: only what this session learnt, which then goes over what the file says. */
  private lines = new Map<string, string>();
  private loaded = false;
  private loading: Promise<void> | undefined;
  private unsaved = false;
  private saving: Promise<void> = Promise.resolve();
  private timer: NodeJS.Timeout | undefined;

  /** `file` undefined = facts are kept for this session only. */
  constructor(
    private readonly file: string | undefined,
    private readonly log: Log,
    private readonly maxEntries = defaultMaxEntries,
  ) {}

  /** The file for a bucket of an endpoint in `folder`; its name tells nothing about either. */
  static fileFor(folder: string | undefined, endpoint: string, bucket: string): string | undefined {
    if (folder === undefined) return undefined;
    const name = createHash('sha256').update(`${endpoint}\n${bucket}`).digest('hex').slice(0, 32);
    return path.join(folder, `s3-${name}.times`);
  }

  /** Reads the file unless that was done. To be awaited before `find`. Never fails. */
  async load(): Promise<void> {
    if (this.loaded) return;
    this.loading ??= this.read();
    await this.loading;
  }

  /** What is known of the object that a listing shows with these marks. */
  find(key: string, marks: ObjectMarks): StoredFacts | undefined {
    const line = this.lines.get(key);
    if (!line) return undefined;
    const [etag, from, to, s, ns, md5] = line.split('\t');
    if (etag !== marks.etag) return undefined;
    if (marks.serverModifiedMs < Number(from) || marks.serverModifiedMs > Number(to)) return undefined;
    const modified = { s: Number(s), ns: Number(ns) };
    return md5 ? { modified, md5: md5 === sameAsEtag ? etag : md5 } : { modified };
  }

  /** Remembers what a HEAD told. Its LastModified has whole seconds where a listing may have milliseconds. */
  remember(key: string, marks: ObjectMarks, facts: StoredFacts): void {
    const from = Math.floor(marks.serverModifiedMs / 1000) * 1000;
    this.put(key, marks.etag, from, from + 999, facts);
  }

  /**
   * Remembers what we wrote ourselves. The answer doesn't tell LastModified; it lies between `fromMs` and `toMs` by
   * the service's clock.
   */
  rememberWritten(key: string, etag: string, fromMs: number, toMs: number, facts: StoredFacts): void {
    this.put(key, etag, Math.floor(fromMs), Math.ceil(toMs), facts);
  }

  forget(key: string): void {
    if (this.loaded) {
      if (this.lines.delete(key)) this.changed();
    } else this.lines.set(key, forgotten);
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

  private put(key: string, etag: string, from: number, to: number, facts: StoredFacts): void {
    const { modified, md5 } = facts;
    const stored = md5 === etag ? sameAsEtag : (md5 ?? '');
    const line = `${etag}\t${from}\t${to}\t${modified.s}\t${modified.ns}\t${stored}`;
    if (/[\t\n\r]/.test(etag) || this.lines.get(key) === line) return;
    this.lines.delete(key);
    this.lines.set(key, line);
    if (this.lines.size > this.maxEntries) {
      const oldest = this.lines.keys().next();
      if (!oldest.done) this.lines.delete(oldest.value);
    }
    this.changed();
  }

  private changed(): void {
    this.unsaved = true;
    if (this.file === undefined || this.timer) return;
    this.timer = setTimeout(() => {
      this.timer = undefined;
      this.save().catch(() => undefined);
    }, saveAfterMs);
    this.timer.unref();
  }

  private async read(): Promise<void> {
    const lines = new Map<string, string>();
    try {
      if (this.file !== undefined) parseLines(await readFile(this.file), lines);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
        this.log.write(
          'warn',
          'list',
          `The cache of modified times can't be read: ${(error as Error).message}`,
        );
    }
    for (const [key, line] of this.lines)
      if (line === forgotten) lines.delete(key);
      else lines.set(key, line);
    this.lines = lines;
    this.loaded = true;
  }

  private async write(): Promise<void> {
    if (this.file === undefined) return;
    await this.load();
    const temporary = `${this.file}.${process.pid}.new`;
    try {
      await mkdir(path.dirname(this.file), { recursive: true });
      await this.writeTo(temporary);
      await rename(temporary, this.file);
    } catch (error) {
      await rm(temporary, { force: true }).catch(() => undefined);
      this.log.write(
        'warn',
        'list',
        `The cache of modified times can't be written: ${(error as Error).message}`,
      );
    }
  }

  private async writeTo(file: string): Promise<void> {
    const output = await open(file, 'w', 0o600);
    try {
      let text = `${header}\n`;
      let count = 0;
      // A snapshot, since facts may come in while this waits for the disk.
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

/** Adds the file's lines to `lines`; a file that isn't whole counts for nothing. */
function parseLines(bytes: Buffer, lines: Map<string, string>): void {
  const text = bytes.toString('utf8');
  if (!text.startsWith(`${header}\n`)) return;
  const found: [string, string][] = [];
  let start = header.length + 1;
  for (let end = text.indexOf('\n', start); end >= 0; end = text.indexOf('\n', start)) {
    const tab = text.indexOf('\t', start);
    if (tab < 0 || tab > end) return;
    const key = text.slice(start, tab);
    const rest = text.slice(tab + 1, end);
    start = end + 1;
    if (key === 'end' && start === text.length) {
      if (Number(rest) === found.length) for (const [k, line] of found) lines.set(k, line);
      return;
    }
    found.push([key.includes('\\') ? unescapeKey(key) : key, rest]);
  }
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
