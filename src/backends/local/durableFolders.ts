import fs, { constants } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { codeOf } from './localErrors';

const open = promisify(fs.open);

/** Errors of systems that can't sync such a file or folder; they are ignored. */
const cannot: ReadonlySet<string> = new Set(['EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS']);

/** A name is durable only after an fsync of its folder (fsync(2)). Windows has no fsync for folders; its file systems journal names. */
const forcesFolders = process.platform !== 'win32';

/** Forces an open file or folder to the disk, with content and metadata. Throws errors of `node:fs`. */
export async function forceToDisk(descriptor: number): Promise<void> {
  try {
    await promisify<number, void>((opened, done) => fs.fsync(opened, done))(descriptor);
  } catch (error) {
    if (!cannot.has(codeOf(error) ?? '')) throw error;
  }
}

/** Syncs the names in folders. Files that wait for one folder at the same time share a call. */
export class DurableFolders {
  /** Folders that are durable with everything that was created in them here. */
  private readonly forced = new Set<string>();
  /** How many folders were created in a folder. */
  private readonly changes = new Map<string, number>();
  /** How many calls currently create folders in a folder. */
  private readonly creators = new Map<string, number>();
  private readonly running = new Map<string, Promise<void>>();
  private readonly next = new Map<string, Promise<void>>();

  /**
   * Runs `create`, which creates a folder in each of `above`. They are not durable meanwhile, because other writes see the new folder
   * before `create` returns.
   */
  async creating<T>(above: readonly string[], create: () => Promise<T>): Promise<T> {
    for (const one of above) {
      this.forced.delete(one);
      increase(this.creators, one, 1);
    }
    try {
      return await create();
    } finally {
      for (const one of above) {
        increase(this.creators, one, -1);
        increase(this.changes, one, 1);
      }
    }
  }

  /**
   * Forces the names in `folder` to the disk, and those of new folders between `top` and `folder`. Both paths are absolute and without
   * links; `folder` is within `top`.
   */
  async force(folder: string, top: string): Promise<void> {
    if (!forcesFolders) return;
    const above: string[] = [];
    for (let at = folder; at !== top && at !== path.dirname(at); at = path.dirname(at))
      above.push(path.dirname(at));
    await Promise.all([
      this.forceSoon(folder),
      ...above.filter((one) => !this.forced.has(one)).map((one) => this.forceSoon(one)),
    ]);
  }

  /** Uses a call that begins later, because a running one may miss the newest names. */
  private forceSoon(folder: string): Promise<void> {
    const next = this.next.get(folder);
    if (next !== undefined) return next;
    const running = this.running.get(folder);
    if (running === undefined) return this.start(folder);
    const after = running
      .catch(() => {})
      .then(() => {
        this.next.delete(folder);
        return this.start(folder);
      });
    this.next.set(folder, after);
    return after;
  }

  private start(folder: string): Promise<void> {
    const changes = this.changes.get(folder);
    const call = forceFolder(folder)
      .then(() => {
        if (changes === this.changes.get(folder) && !this.creators.has(folder)) this.forced.add(folder);
      })
      .finally(() => this.running.delete(folder));
    this.running.set(folder, call);
    return call;
  }
}

/** Adds `by` to a count. A count of 0 has no entry. */
function increase(counts: Map<string, number>, key: string, by: number): void {
  const count = (counts.get(key) ?? 0) + by;
  if (count === 0) counts.delete(key);
  else counts.set(key, count);
}

async function forceFolder(folder: string): Promise<void> {
  const descriptor = await open(folder, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  try {
    await forceToDisk(descriptor);
  } finally {
    fs.closeSync(descriptor);
  }
}
