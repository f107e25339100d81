import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import type { Log } from '../../remote/log';

const header = 'cloud-remotes local hashes 1';
/** Most files kept; the ones learnt first are dropped first. About 150 MB of memory when full. */
const defaultMaxEntries = 500_000;
/** Hashes are written this long after the first unwritten one, so that a crash costs little. */
const saveAfterMs = 20_000;
const linesPerWrite = 5_000;
/** A file that was changed less than this before it was read may be changed again without its time showing it, in milliseconds. */
const settledAfterMs = 2000;

/** What a file is recognised by: the mark that changes with its size, modified time and inode, and when it was changed. */
export interface HashedFile {
  /** Absolute. */
  readonly path: string;
  readonly mark: string;
  /** Milliseconds since 1970. */
  readonly modifiedMs: number;
}

/**
 * MD5s of local files, kept between sessions, so that comparing by checksum reads each file once and not each time. A hash is given only
 * for the very mark that it was learnt with. Losing the file, or a part of it, costs reading and nothing else; so does what another window
 * wrote in between.
 *
 * One line per file: path, mark, MD5; tab-separated. The file is read when a hash is asked for the first time.
 */
export class KnownHashes {
  private lines = new Map<string, string>();
  private loading: Promise<void> | undefined;
  private unsaved = false;
  private saving: Promise<void> = Promise.resolve();
  private timer: NodeJS.Timeout | undefined;

  /** `folder` is that of caches; undefined = hashes are kept for this session only. */
  constructor(
    private readonly folder: string | undefined,
    private readonly log: Log,
    private readonly maxEntries = defaultMaxEntries,
  ) {}

  /** Lower-case hex; undefined when it isn't known. Never fails. */
  async find({ path: file, mark }: HashedFile): Promise<string | undefined> {
    this.loading ??= this.read();
    await this.loading;
    const line = this.lines.get(file);
    return line?.startsWith(`${mark}\t`) ? line.slice(mark.length + 1) : undefined;
  }

  /** Keeps the MD5 of what was read from `readFromMs` on (milliseconds since 1970), unless the file was changed only just before. */
  remember({ path: file, mark, modifiedMs }: HashedFile, md5: string, readFromMs: number): void {
    if (modifiedMs > readFromMs - settledAfterMs || /[\t\n\r]/.test(mark)) return;
    this.lines.delete(file);
    this.lines.set(file, `${mark}\t${md5}`);
    for (const oldest of this.lines.keys()) {
      if (this.lines.size <= this.maxEntries) break;
      this.lines.delete(oldest);
    }
    this.unsaved = true;
    if (this.folder === undefined || this.timer) return;
    this.timer = setTimeout(() => {
      this.timer = undefined;
      void this.save();
    }, saveAfterMs);
    this.timer.unref();
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

  private get file(): string | undefined {
    return this.folder === undefined ? undefined : path.join(this.folder, 'local.hashes');
  }

  private async read(): Promise<void> {
    if (this.file === undefined) return;
    try {
      const kept = parseLines(await readFile(this.file, 'utf8'));
      for (const [file, line] of this.lines) kept.set(file, line);
      this.lines = kept;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
        this.log.write('warn', 'plan', `The cache of hashes can't be read: ${(error as Error).message}`);
    }
  }

  private async write(): Promise<void> {
    const { file } = this;
    if (file === undefined) return;
    const temporary = `${file}.${process.pid}.new`;
    try {
      await mkdir(path.dirname(file), { recursive: true });
      await this.writeTo(temporary);
      await rename(temporary, file);
    } catch (error) {
      await rm(temporary, { force: true }).catch(() => undefined);
      this.log.write('warn', 'plan', `The cache of hashes can't be written: ${(error as Error).message}`);
    }
  }

  private async writeTo(file: string): Promise<void> {
    const output = await open(file, 'w', 0o600);
    try {
      let text = `${header}\n`;
      let count = 0;
      // A snapshot, since hashes may come in while this waits for the disk.
      for (const [key, line] of [...this.lines]) {
        text += `${escapePath(key)}\t${line}\n`;
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
function parseLines(text: string): Map<string, string> {
  const none = new Map<string, string>();
  const lines = text.split('\n');
  if (lines[0] !== header || lines.pop() !== '' || lines.at(-1) !== `end\t${lines.length - 2}`) return none;
  const found = new Map<string, string>();
  for (const line of lines.slice(1, -1)) {
    const tab = line.indexOf('\t');
    const rest = line.slice(tab + 1);
    if (tab < 0 || !/\t[0-9a-f]{32}$/.test(rest)) return none;
    const file = line.slice(0, tab);
    found.set(file.includes('\\') ? unescapePath(file) : file, rest);
  }
  return found;
}

const escapes: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' };

function escapePath(file: string): string {
  return /[\\\t\n\r]/.test(file) ? file.replace(/[\\\t\n\r]/g, (sign) => escapes[sign] ?? sign) : file;
}

function unescapePath(file: string): string {
  return file.replace(/\\(.)/g, (_, sign: string) =>
    sign === 't' ? '\t' : sign === 'n' ? '\n' : sign === 'r' ? '\r' : sign,
  );
}
