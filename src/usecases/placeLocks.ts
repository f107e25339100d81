import { randomUUID } from 'node:crypto';
import { lstat, mkdir, readdir, readFile, rename, stat, unlink, utimes, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { Log } from '../base/log';
import { type Capabilities, matchKey, storagePath } from '../remote/capabilities';
import { RemoteError } from '../remote/remoteError';
import { isWithin, type RemotePath } from '../remote/remotePath';

/** Milliseconds between two signs of life, and without one until a lock counts as left behind. */
const heartbeatMs = 15_000;
const staleMs = 120_000;
/** A process of this machine that was asleep shows at once that it lives; it gets so long for it. */
const wakeUpMs = 2000;

/** A place that work reads or writes. */
export interface OccupiedPlace {
  readonly remote: { readonly capabilities: Pick<Capabilities, 'names' | 'storageId'> };
  readonly root: RemotePath;
  /** As people know it; also tells places apart whose `location` can't be told. */
  readonly shown: string;
  readonly writes: boolean;
}

/** Work that is not to be disturbed. */
export interface Occupation {
  /** run: a plan is run. items: files are copied or deleted by hand, which several may do at once in one place. */
  readonly kind: 'run' | 'items';
  /** "sync /site → photos:bucket". */
  readonly what: string;
  readonly places: readonly OccupiedPlace[];
}

/** A lock that is held. */
export interface HeldLock {
  /**
   * Why the work must not go on, as a sentence, or undefined: a machine that slept may find its lock taken for left behind. Costs nothing
   * right after a sign of life.
   */
  whyLost(): Promise<string | undefined>;
  release(): Promise<void>;
}

/** Somebody else works there. The message says who, since when and where, and the way out. */
export class PlaceOccupied extends RemoteError {
  constructor({ what, startedAt, pid, host }: LockFile, overlapping: string) {
    const since = new Date(startedAt).toTimeString().slice(0, 8);
    const where =
      host !== os.hostname()
        ? `on ${host}`
        : pid === process.pid
          ? 'in this window'
          : `in another window or terminal of this machine (process ${pid})`;
    super(
      'other',
      `Nothing was begun: "${what}" has been running ${where} since ${since}, and overlaps ${overlapping}. Wait until it has ended, or cancel it there; then try again.`,
    );
  }
}

/** One place of a lock, as the file has it. */
interface LockedPlace {
  readonly at: string;
  readonly caseSensitive: boolean;
  readonly foldsUnicode: boolean;
  readonly writes: boolean;
}

/** What a lock's file holds. Asking: its owner is still looking whether somebody else is there. */
interface LockFile {
  readonly version: 1;
  readonly state: 'asking' | 'held';
  readonly kind: Occupation['kind'];
  readonly what: string;
  readonly pid: number;
  readonly host: string;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly places: readonly LockedPlace[];
}

/**
 * Where all windows and terminals of one user on this machine put their locks. Beside the temporary files, because a lock means nothing
 * after a restart of the machine, and because it is one place for the editor and for terminals.
 */
export function sharedLockFolder(): string {
  // Where there are no user ids, each user has temporary files of their own.
  return path.join(os.tmpdir(), `cloud-remotes-locks-${process.getuid?.() ?? 'own'}`);
}

/**
 * Keeps two runs from writing to one place at once, among all processes that use `folder`: a file each, with a sign of life every 15 s; it
 * is left behind when that is missing for two minutes, or when its process is gone from this machine. Who wants a place first writes that
 * it asks for it and only then looks for others; so of two that come at once at least one sees the other.
 */
export class PlaceLocks {
  constructor(
    private readonly folder: string,
    private readonly log: Log,
  ) {}

  /** Throws PlaceOccupied when somebody else works in one of the places. Where locks can't be kept, which is logged, all may work. */
  async acquire(occupation: Occupation, signal: AbortSignal): Promise<HeldLock> {
    const mine: LockFile = {
      version: 1,
      state: 'asking',
      kind: occupation.kind,
      what: occupation.what,
      pid: process.pid,
      host: os.hostname(),
      startedAt: Date.now(),
      places: occupation.places.map(toLockedPlace),
    };
    const file = path.join(this.folder, `${randomUUID()}.json`);
    try {
      await this.makeFolder();
      await writeLock(file, mine);
    } catch (error) {
      const why = (error as Error).message;
      this.log.write(
        'warn',
        'copy',
        `Runs of other windows can't be found out, because no lock can be kept: ${why}`,
      );
      return { whyLost: async () => undefined, release: async () => {} };
    }
    try {
      await this.waitForTurn(file, mine, occupation, signal);
      await writeLock(file, { ...mine, state: 'held' });
    } catch (error) {
      await unlink(file).catch(() => {});
      throw error;
    }
    return new Lock(file);
  }

  private async waitForTurn(
    file: string,
    mine: LockFile,
    occupation: Occupation,
    signal: AbortSignal,
  ): Promise<void> {
    for (;;) {
      signal.throwIfAborted();
      let mustWait = false;
      for (const other of await this.others(file)) {
        const place = overlapping(mine, other.lock);
        if (place === undefined) continue;
        const shown = occupation.places[place]?.shown ?? '';
        if (other.lock.state === 'held' || other.file < file) throw new PlaceOccupied(other.lock, shown);
        // It came later by its name and gives way as soon as it looks.
        mustWait = true;
      }
      if (!mustWait) return;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** The locks of others that are alive; what was left behind is taken away. */
  private async others(file: string): Promise<readonly { readonly file: string; readonly lock: LockFile }[]> {
    const found: { file: string; lock: LockFile }[] = [];
    for (const name of await readdir(this.folder)) {
      const other = path.join(this.folder, name);
      if (other === file) continue;
      if (!name.endsWith('.json')) {
        // Half of a lock, of a process that ended while it wrote it.
        if (await isStale(other)) await unlink(other).catch(() => {});
        continue;
      }
      const lock = await readLock(other);
      if (lock === undefined) continue;
      if (await isAbandoned(other, lock)) await unlink(other).catch(() => {});
      else found.push({ file: other, lock });
    }
    return found;
  }

  /** A folder that anybody else could write to is not believed. */
  private async makeFolder(): Promise<void> {
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    const facts = await lstat(this.folder);
    const isOurs =
      process.getuid === undefined || (facts.uid === process.getuid() && (facts.mode & 0o022) === 0);
    if (!facts.isDirectory() || !isOurs) throw new Error(`"${this.folder}" can be written by somebody else.`);
  }
}

/** Does `work` by hand in `places`, where there are locks; throws PlaceOccupied while a plan is run there. */
export async function withItemsLock<T>(
  locks: PlaceLocks | undefined,
  what: string,
  places: () => readonly OccupiedPlace[],
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T> {
  const lock = await locks?.acquire({ kind: 'items', what, places: places() }, signal);
  try {
    return await work();
  } finally {
    await lock?.release();
  }
}

class Lock implements HeldLock {
  private readonly timer: NodeJS.Timeout;
  private heartbeatAt = Date.now();
  private lost: string | undefined;

  constructor(private readonly file: string) {
    this.timer = setInterval(() => void this.heartbeat(), heartbeatMs);
    this.timer.unref();
  }

  async whyLost(): Promise<string | undefined> {
    if (this.lost === undefined && Date.now() - this.heartbeatAt >= 2 * heartbeatMs) await this.heartbeat();
    return this.lost;
  }

  async release(): Promise<void> {
    clearInterval(this.timer);
    await unlink(this.file).catch(() => {});
  }

  private async heartbeat(): Promise<void> {
    const now = new Date();
    try {
      await utimes(this.file, now, now);
      this.heartbeatAt = now.getTime();
    } catch (error) {
      // For a while it still counts, whatever is wrong with the folder.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT' && Date.now() - this.heartbeatAt < staleMs / 2)
        return;
      clearInterval(this.timer);
      this.lost =
        'The run stood still for so long that its lock was taken for left behind, and others may work in its places by now. Scan again to see what is there.';
    }
  }
}

/** The number of the first of `mine`'s places that may not be used while `other` is at work; undefined when absent. */
function overlapping(mine: LockFile, other: LockFile): number | undefined {
  if (mine.kind === 'items' && other.kind === 'items') return undefined;
  const found = mine.places.findIndex((a) =>
    other.places.some((b) => (a.writes || b.writes) && overlap(a, b)),
  );
  return found < 0 ? undefined : found;
}

function overlap(a: LockedPlace, b: LockedPlace): boolean {
  const rules = {
    caseSensitive: a.caseSensitive && b.caseSensitive,
    foldsUnicode: a.foldsUnicode || b.foldsUnicode,
  };
  const [here, there] = [a, b].map(({ at }) => matchKey(at, rules) as RemotePath) as [RemotePath, RemotePath];
  return isWithin(here, there) || isWithin(there, here);
}

function toLockedPlace({ remote, root, shown, writes }: OccupiedPlace): LockedPlace {
  const { names } = remote.capabilities;
  const at = storagePath(remote.capabilities, root) ?? shown.replace(/\/+$/, '');
  return { at, caseSensitive: names.caseSensitive, foldsUnicode: names.foldsUnicode, writes };
}

/** Whole at once, so that nobody reads half of it. */
async function writeLock(file: string, lock: LockFile): Promise<void> {
  const half = `${file}.new`;
  await writeFile(half, JSON.stringify(lock), { mode: 0o600 });
  await rename(half, file);
}

/** Undefined for what is gone, and for what isn't a lock. */
async function readLock(file: string): Promise<LockFile | undefined> {
  try {
    const lock = JSON.parse(await readFile(file, 'utf8')) as LockFile;
    return lock.version === 1 && Array.isArray(lock.places) ? lock : undefined;
  } catch {
    return undefined;
  }
}

async function isAbandoned(file: string, { pid, host }: LockFile): Promise<boolean> {
  const isHere = host === os.hostname();
  if (isHere && !isAlive(pid)) return true;
  if (!(await isStale(file))) return false;
  if (!isHere) return true;
  await new Promise((resolve) => setTimeout(resolve, wakeUpMs));
  return isStale(file);
}

async function isStale(file: string): Promise<boolean> {
  const facts = await stat(file).catch(() => undefined);
  return facts === undefined || Date.now() - facts.mtimeMs > staleMs;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Someone else's is alive, too.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
