import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, stat, unlink, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import type { Log } from '../../../base/log';

/** An upload in parts that was begun. */
export interface OpenUpload {
  /** See `storageIdOf`. */
  readonly location: string;
  readonly bucket: string;
  readonly key: string;
  readonly uploadId: string;
}

/** An upload that a process which is no more has left open. */
export interface OrphanedUpload extends OpenUpload {
  /** To be called when it is ended. Never fails. */
  forget(): Promise<void>;
}

interface Note extends OpenUpload {
  readonly host: string;
  readonly pid: number;
}

/** No upload takes so many milliseconds: the number of its process has been given to another one since. */
const longestMs = 7 * 24 * 3_600_000;

/**
 * Notes on disk of the uploads in parts that are under way, one small file each, so that those which a crash leaves open can be
 * ended later (sync-semantics H23): only what stands here is surely ours. They hold names of keys, no content and no credentials.
 * An upload whose process ends before it hears of the upload's begin stays unnoted, and is left to the bucket's own rules.
 */
export class MultipartUploadJournal {
  private readonly folder: string | undefined;

  /** `cacheFolder` undefined = nothing is noted. */
  constructor(
    cacheFolder: string | undefined,
    private readonly log: Log,
  ) {
    this.folder = cacheFolder === undefined ? undefined : path.join(cacheFolder, 'uploads');
  }

  /** Notes that `upload` is open; the answer takes the note back. Never fails: an upload goes on without its note. */
  async record(upload: OpenUpload): Promise<() => Promise<void>> {
    if (this.folder === undefined) return async () => {};
    const id = createHash('sha256')
      .update(`${upload.location}\n${upload.uploadId}`)
      .digest('hex')
      .slice(0, 32);
    const file = path.join(this.folder, `${id}.json`);
    const note: Note = { ...upload, host: hostname(), pid: process.pid };
    try {
      await mkdir(this.folder, { recursive: true });
      await writeFile(file, JSON.stringify(note), { mode: 0o600 });
    } catch (error) {
      this.log.write('debug', 'copy', `An upload can't be noted: ${(error as Error).message}`);
    }
    return () => removed(file);
  }

  /** The uploads to `location` that processes of this machine left open when they ended. Never fails. */
  async findOrphans(location: string): Promise<readonly OrphanedUpload[]> {
    const { folder } = this;
    if (folder === undefined) return [];
    const left: OrphanedUpload[] = [];
    for (const name of await readdir(folder).catch(() => [])) {
      const file = path.join(folder, name);
      const note = name.endsWith('.json') ? await readNote(file) : undefined;
      if (note?.location !== location || note.host !== hostname()) continue;
      const age = await stat(file).then(
        ({ mtimeMs }) => Date.now() - mtimeMs,
        () => 0,
      );
      if (isAlive(note.pid) && age < longestMs) continue;
      const { bucket, key, uploadId } = note;
      left.push({ location, bucket, key, uploadId, forget: () => removed(file) });
    }
    return left;
  }
}

async function removed(file: string): Promise<void> {
  await unlink(file).catch(() => {});
}

/** Undefined for what isn't a whole note: its process may be writing it right now. */
async function readNote(file: string): Promise<Note | undefined> {
  try {
    const note = JSON.parse(await readFile(file, 'utf8')) as Partial<Note> | null;
    const { location, bucket, key, uploadId, host, pid } = note ?? {};
    const texts = [location, bucket, key, uploadId, host].every((text) => typeof text === 'string');
    return texts && typeof pid === 'number' ? (note as Note) : undefined;
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}
