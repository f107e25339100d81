import fs, { constants } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { codeOf } from './localErrors';

const open = promisify(fs.open);

/** What systems answer that can't force such a thing to the disk: then there is no more to be done for it. */
const cannot: ReadonlySet<string> = new Set(['EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS']);

/** A name is on the disk only when its folder is (fsync(2)). Windows has no such call for folders; its file systems keep a journal of names. */
const forcesFolders = process.platform !== 'win32';

/** Forces an open file or folder, with its content and all facts, to the disk. Errors are those of `node:fs`. */
export async function forceToDisk(descriptor: number): Promise<void> {
  try {
    await promisify<number, void>((opened, done) => fs.fsync(opened, done))(descriptor);
  } catch (error) {
    if (!cannot.has(codeOf(error) ?? '')) throw error;
  }
}

/** Folders as far as the names in them are on the disk. Of files that wait for one folder at the same time, many share one call. */
export class DurableFolders {
  /** Folders that are on the disk with all that was made in them here. */
  private readonly forced = new Set<string>();
  /** How often folders were made in a folder. */
  private readonly changes = new Map<string, number>();
  /** How many calls make folders in a folder just now. */
  private readonly makers = new Map<string, number>();
  private readonly running = new Map<string, Promise<void>>();
  private readonly next = new Map<string, Promise<void>>();

  /**
   * Runs `make`, which makes a folder in each of `above`. A folder is seen by others before its maker hears that it is there: so all the
   * while, none of `above` counts as forced.
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
   * Forces the names in `folder` to the disk, and those of the folders that lead to it from `top` on, as far as these may be new. Both are
   * absolute and without links, and `folder` lies in `top`.
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

  /** By a call that begins after this: one that is under way already may miss the newest names. */
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
