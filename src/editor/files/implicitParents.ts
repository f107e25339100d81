import { BoundedMap } from '../../base/boundedMap';
import { formatAddress, type RemoteAddress } from '../../remote/remoteAddress';
import { parentPath } from '../../remote/remotePath';

/** Milliseconds between the stat of a file and the creation of its folder. */
const maxDelayMs = 5000;

/** Searches stat thousands of files. */
const maxEntries = 1000;

interface StatResult {
  readonly turn: number;
  /** Whether the stat followed, in the same turn, on the news that an item of this folder is absent. */
  readonly isWalkUp: boolean;
}

/**
 * Tells the folders that someone requested from the missing parents of a new file.
 *
 * The editor creates both through `createDirectory` and passes no reason, but its order of calls differs. Before it creates parents it
 * stats upwards (the folder, then the folder above, …), and then creates downwards.
 * 1. When the editor itself writes a file, its first stat is of the file.
 * 2. When an extension of this process writes a file, the first stat is of the file's folder, and the write comes in the same turn of
 *    the event loop as the creation of that folder. No other caller can do that.
 */
export class ImplicitParents {
  private readonly results = new BoundedMap<string, StatResult>(maxEntries);
  /** Folders with an item that was absent at the last stat, and when. */
  private readonly missingIn = new BoundedMap<string, { readonly turn: number; readonly at: number }>(
    maxEntries,
  );
  private readonly created = new BoundedMap<string, { readonly turn: number; readonly stored: boolean }>(
    maxEntries,
  );

  constructor(
    private readonly now: () => number = Date.now,
    /** A number that stays the same during one turn of the event loop. */
    private readonly turn: () => number = turns(),
  ) {}

  /** Call when a stat of `address` begins, and the returned function with its result. */
  recordStat(address: RemoteAddress): (absent: boolean) => void {
    const key = formatAddress(address);
    const isWalkUp = this.missingIn.get(key)?.turn === this.turn();
    return (absent) => {
      const turn = this.turn();
      this.results.set(key, { turn, isWalkUp });
      if (absent) this.missingIn.set(folderOf(address), { turn, at: this.now() });
    };
  }

  /** Whether `folder`, which is about to be created, is only the parent of a new file. */
  isImplicit(folder: RemoteAddress): boolean {
    const [key, above, turn] = [formatAddress(folder), folderOf(folder), this.turn()];
    if (this.results.get(above)?.turn === turn || this.created.get(above)?.turn === turn)
      return this.results.get(key)?.isWalkUp ?? false;
    const missing = this.missingIn.get(key);
    return missing !== undefined && this.now() - missing.at <= maxDelayMs;
  }

  /** `stored`: the folder has a marker, so that others see it too. */
  recordCreated(folder: RemoteAddress, stored: boolean): void {
    this.created.set(formatAddress(folder), { turn: this.turn(), stored });
    this.missingIn.delete(formatAddress(folder));
  }

  /** Whether the folder of `file`, which is about to be written, was stored only for this file. */
  hasMarkerFor(file: RemoteAddress): boolean {
    const created = this.created.get(folderOf(file));
    return (created?.stored ?? false) && created?.turn === this.turn();
  }
}

function folderOf(address: RemoteAddress): string {
  return formatAddress({ ...address, path: parentPath(address.path) });
}

/** Counts turns of the event loop; turns without a call are not counted. */
function turns(): () => number {
  let turn = 0;
  let counting = false;
  return () => {
    if (!counting) {
      counting = true;
      setImmediate(() => {
        counting = false;
        turn++;
      });
    }
    return turn;
  };
}
