import { createHash } from 'node:crypto';
import { access, mkdir, readdir, readFile, stat, unlink, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import type { Log } from '../../../../base/log';

/** A started multipart upload. */
export interface OpenUpload {
  /** See `storageIdOf`. */
  readonly location: string;
  readonly bucket: string;
  readonly key: string;
  readonly uploadId: string;
  /** The absolute path of a file: while it exists, the upload may be continued and is no orphan. */
  readonly keptWhile?: string;
}

/** An upload that its process neither completed nor aborted. */
export interface OrphanedUpload extends OpenUpload {
  /** Deletes the entry, after the upload was aborted. Never fails. */
  forget(): Promise<void>;
}

interface JournalEntry extends OpenUpload {
  readonly host: string;
  readonly pid: number;
}

/** In milliseconds. No upload takes longer: a running process with the id of an older entry is another one. */
const maxAgeMs = 7 * 24 * 3_600_000;

/**
 * Records running multipart uploads on disk, one small file each, so that a later session can abort the orphans of a crash (H23). An entry has
 * the key, but no content and no credentials. An upload is not recorded when its process ends before the response to its start; the bucket's
 * lifecycle rules remove it.
 */
export class MultipartUploadJournal {
  private readonly folder: string | undefined;

  /** `cacheFolder` undefined = nothing is recorded. */
  constructor(
    cacheFolder: string | undefined,
    private readonly log: Log,
  ) {
    this.folder = cacheFolder === undefined ? undefined : path.join(cacheFolder, 'uploads');
  }

  /** Records that `upload` is open. Returns a function that deletes the entry. Never fails: an upload continues without an entry. */
  async record(upload: OpenUpload): Promise<() => Promise<void>> {
    if (this.folder === undefined) return async () => {};
    const file = entryFile(this.folder, upload);
    const entry: JournalEntry = { ...upload, host: hostname(), pid: process.pid };
    try {
      await mkdir(this.folder, { recursive: true });
      await writeFile(file, JSON.stringify(entry), { mode: 0o600 });
    } catch (error) {
      this.log.write('debug', 'copy', `An upload can't be recorded: ${(error as Error).message}`);
    }
    return () => removeFile(file);
  }

  /** Deletes the entry of an upload that is aborted. Never fails. */
  async forget(upload: Pick<OpenUpload, 'location' | 'uploadId'>): Promise<void> {
    if (this.folder !== undefined) await removeFile(entryFile(this.folder, upload));
  }

  /** The uploads to `location` that ended processes of this machine left open. Never fails. */
  async findOrphans(location: string): Promise<readonly OrphanedUpload[]> {
    const { folder } = this;
    if (folder === undefined) return [];
    const orphans: OrphanedUpload[] = [];
    for (const name of await readdir(folder).catch(() => [])) {
      const file = path.join(folder, name);
      const entry = name.endsWith('.json') ? await readEntry(file) : undefined;
      if (entry?.location !== location || entry.host !== hostname()) continue;
      const age = await stat(file).then(
        ({ mtimeMs }) => Date.now() - mtimeMs,
        () => 0,
      );
      if (isAlive(entry.pid) && age < maxAgeMs) continue;
      const { bucket, key, uploadId, keptWhile } = entry;
      if (typeof keptWhile === 'string' && (await exists(keptWhile))) continue;
      orphans.push({ location, bucket, key, uploadId, forget: () => removeFile(file) });
    }
    return orphans;
  }
}

function entryFile(
  folder: string,
  { location, uploadId }: Pick<OpenUpload, 'location' | 'uploadId'>,
): string {
  const id = createHash('sha256').update(`${location}\n${uploadId}`).digest('hex').slice(0, 32);
  return path.join(folder, `${id}.json`);
}

function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}

async function removeFile(file: string): Promise<void> {
  await unlink(file).catch(() => {});
}

/** Undefined for an incomplete entry, which its process may be writing right now. */
async function readEntry(file: string): Promise<JournalEntry | undefined> {
  try {
    const entry = JSON.parse(await readFile(file, 'utf8')) as Partial<JournalEntry> | null;
    const { location, bucket, key, uploadId, host, pid } = entry ?? {};
    const texts = [location, bucket, key, uploadId, host].every((text) => typeof text === 'string');
    return texts && typeof pid === 'number' ? (entry as JournalEntry) : undefined;
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
