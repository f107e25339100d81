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
  /** Folders that are durable with everything that was made in them here. */
  private readonly forced = new Set<string>();
  /** How many folders were made in a folder. */
  private readonly changes = new Map<string, number>();
  /** How many calls currently make folders in a folder. */
  private readonly makers = new Map<string, number>();
  private readonly running = new Map<string, Promise<void>>();
  private readonly next = new Map<string, Promise<void>>();

  /**
   * Runs `make`, which makes a folder in each of `above`. Meanwhile none of them counts as durable, because other writes see the new
   * folder before `make` returns.
   */
  async making<T>(above: readonly string[], make: () => Promise<T>): Promise<T> {
    for (const one of above) {
      this.forced.delete(one);
      this.makers.set(one, (this.makers.get(one) ?? 0) + 1);
    }
    try {
      return await make();
    } finally {
      for (const one of above) {
        const others = (this.makers.get(one) ?? 1) - 1;
        if (others > 0) this.makers.set(one, others);
        else this.makers.delete(one);
        this.changes.set(one, this.changesIn(one) + 1);
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
    const changes = this.changesIn(folder);
    const call = forceFolder(folder)
      .then(() => {
        if (changes === this.changesIn(folder) && !this.makers.has(folder)) this.forced.add(folder);
      })
      .finally(() => this.running.delete(folder));
    this.running.set(folder, call);
    return call;
  }

  private changesIn(folder: string): number {
    return this.changes.get(folder) ?? 0;
  }
}

async function forceFolder(folder: string): Promise<void> {
  const descriptor = await open(folder, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  try {
    await forceToDisk(descriptor);
  } finally {
    fs.closeSync(descriptor);
  }
}
