import { randomUUID } from 'node:crypto';
import { lstat, mkdir, readdir, readFile, rename, stat, unlink, utimes, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { threadId } from 'node:worker_threads';
import type { Log } from '../base/log';
import { type Capabilities, matchKey, storagePath } from '../remote/capabilities';
import { RemoteError } from '../remote/remoteError';
import { isWithin, type RemotePath } from '../remote/remotePath';

/** Milliseconds between two heartbeats of a lock, and without a heartbeat until it is stale. */
const heartbeatMs = 15_000;
const staleMs = 120_000;
/** Milliseconds that a process of this machine has for a heartbeat after the machine slept. */
const wakeUpMs = 2000;

/** A place that work reads or writes. */
export interface OccupiedPlace {
  readonly remote: { readonly capabilities: Pick<Capabilities, 'names' | 'storageId'> };
  readonly root: RemotePath;
  /** For messages. Also identifies a place of a remote without `storageId`. */
  readonly shown: string;
  readonly writes: boolean;
}

/** Work that needs its places for itself. */
export interface Occupation {
  /** run: executes a plan. items: copies or deletes single items; several of these may share a place. */
  readonly kind: 'run' | 'items';
  /** "sync /site → photos:bucket". */
  readonly what: string;
  readonly places: readonly OccupiedPlace[];
  /** The id of the run. */
  readonly run?: string;
}

export interface HeldLock {
  /**
   * Why the work must stop, as a sentence, or undefined: while a machine sleeps, another one may remove its lock as stale. Costs nothing
   * after a recent heartbeat.
   */
  whyLost(): Promise<string | undefined>;
  release(): Promise<void>;
}

/** Other work occupies a place. The message names it, its process, its start and the remedy. */
export class PlaceOccupied extends RemoteError {
  constructor({ what, startedAt, pid, host }: LockFile, overlapping: string) {
    const since = new Date(startedAt).toTimeString().slice(0, 8);
    super(
      'other',
      `Nothing was started: "${what}" has been running ${whereIs(pid, host)} since ${since}, and overlaps ${overlapping}. Wait until it has ended, or cancel it there; then try again.`,
    );
  }
}

function whereIs(pid: number, host: string): string {
  if (host !== os.hostname()) return `on ${host}`;
  return pid === process.pid
    ? 'in this window'
    : `in another window or terminal of this machine (process ${pid})`;
}

/** One place in a lock file. */
interface LockedPlace {
  readonly at: string;
  readonly caseSensitive: boolean;
  readonly foldsUnicode: boolean;
  readonly writes: boolean;
}

/** The JSON of a lock file. asking: its owner is still checking for other locks. */
interface LockFile {
  readonly version: 1;
  readonly state: 'asking' | 'held';
  readonly kind: Occupation['kind'];
  readonly what: string;
  readonly pid: number;
  /** The thread of the process; absent in locks of older versions. */
  readonly thread?: number;
  readonly host: string;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly places: readonly LockedPlace[];
  readonly run?: string;
}

/**
 * The lock folder of all windows and terminals of one user on this machine. It is in the folder for temporary files, which editor and
 * terminals share, because a lock is void after a restart of the machine.
 */
export function sharedLockFolder(): string {
  // Systems without user ids have a folder for temporary files per user.
  return path.join(os.tmpdir(), `cloud-remotes-locks-${process.getuid?.() ?? 'own'}`);
}

/**
 * Locks that keep two runs from writing to one place at once, among all processes that use `folder`. Each lock is a file, whose mtime is
 * a heartbeat every 15 s; a lock is stale without a heartbeat for two minutes, or when its process on this machine has ended. A process
 * writes its lock as `asking` before it reads the other locks, so of two simultaneous processes at least one sees the other.
 */
export class PlaceLocks {
  constructor(
    private readonly folder: string,
    private readonly log: Log,
  ) {}

  /** Throws PlaceOccupied when other work overlaps one of the places. Where no lock can be written, which is logged, nothing is locked. */
  async acquire(occupation: Occupation, signal: AbortSignal): Promise<HeldLock> {
    const mine: LockFile = {
      version: 1,
      state: 'asking',
      kind: occupation.kind,
      what: occupation.what,
      pid: process.pid,
      thread: threadId,
      host: os.hostname(),
      startedAt: Date.now(),
      places: occupation.places.map(toLockedPlace),
      ...(occupation.run !== undefined && { run: occupation.run }),
    };
    const file = path.join(this.folder, `${randomUUID()}.json`);
    try {
      await this.makeFolder();
      await writeLock(file, mine);
    } catch (error) {
      const message = `Runs of other windows can't be detected, because no lock can be written: ${(error as Error).message}`;
      this.log.write('warn', 'copy', message);
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

  /** Removes the locks of a thread of this process that has ended without releasing them. Never rejects. */
  async forgetThread(thread: number): Promise<void> {
    for (const name of await readdir(this.folder).catch(() => [])) {
      const file = path.join(this.folder, name);
      const lock = name.endsWith('.json') ? await readLock(file) : undefined;
      if (lock?.pid === process.pid && lock.host === os.hostname() && lock.thread === thread)
        await unlink(file).catch(() => {});
    }
  }

  /** The ids of the runs in progress, of all processes. Empty when the folder can't be read. */
  async runsInProgress(): Promise<ReadonlySet<string>> {
    const others = await this.others('').catch(() => []);
    return new Set(others.flatMap(({ lock }) => lock.run ?? []));
  }

  private async waitForTurn(
    file: string,
    mine: LockFile,
    { places }: Occupation,
    signal: AbortSignal,
  ): Promise<void> {
    for (;;) {
      signal.throwIfAborted();
      let mustWait = false;
      for (const other of await this.others(file)) {
        const index = overlapping(mine, other.lock);
        if (index < 0) continue;
        if (other.lock.state === 'held' || other.file < file)
          throw new PlaceOccupied(other.lock, places[index]?.shown ?? '');
        // Of two that are asking, the lock whose file name sorts later withdraws when it sees this lock.
        mustWait = true;
      }
      if (!mustWait) return;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** The locks of running work elsewhere. Removes stale locks. */
  private async others(file: string): Promise<readonly { readonly file: string; readonly lock: LockFile }[]> {
    const found: { file: string; lock: LockFile }[] = [];
    for (const name of await readdir(this.folder)) {
      const other = path.join(this.folder, name);
      if (other === file) continue;
      if (!name.endsWith('.json')) {
        // A partial lock, of a process that ended while it wrote the file. One that is gone was renamed, and may be written again now.
        if (await isStale(other, false)) await unlink(other).catch(() => {});
        continue;
      }
      const lock = await readLock(other);
      if (lock === undefined) continue;
      if (await isAbandoned(other, lock)) await unlink(other).catch(() => {});
      else found.push({ file: other, lock });
    }
    return found;
  }

  /** Throws when other users can write to the folder: they could forge locks. */
  private async makeFolder(): Promise<void> {
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    const facts = await lstat(this.folder);
    const isOurs =
      process.getuid === undefined || (facts.uid === process.getuid() && (facts.mode & 0o022) === 0);
    if (!facts.isDirectory() || !isOurs) throw new Error(`Other users can write to "${this.folder}".`);
  }
}

/** Runs `work` on single items in `places`. With `locks`, throws PlaceOccupied while a plan runs there. */
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
      // After any error but a missing file, the lock is valid until others may see it as stale.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT' && Date.now() - this.heartbeatAt < staleMs / 2)
        return;
      clearInterval(this.timer);
      this.lost =
        'The run was suspended for so long that its lock expired, and other work may have started in its places. Scan again to see what is there.';
    }
  }
}

/** The index of the first of `mine`'s places that `other` excludes; -1 when `other` excludes no place. */
function overlapping(mine: LockFile, other: LockFile): number {
  if (mine.kind === 'items' && other.kind === 'items') return -1;
  return mine.places.findIndex((a) => other.places.some((b) => (a.writes || b.writes) && overlap(a, b)));
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

/** Writes through a rename, so that no process reads a partial file. */
async function writeLock(file: string, lock: LockFile): Promise<void> {
  const partial = `${file}.new`;
  await writeFile(partial, JSON.stringify(lock), { mode: 0o600 });
  await rename(partial, file);
}

/** Undefined when the file is gone or isn't a lock. */
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

async function isStale(file: string, whenGone = true): Promise<boolean> {
  const facts = await stat(file).catch(() => undefined);
  return facts === undefined ? whenGone : Date.now() - facts.mtimeMs > staleMs;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: the process exists and belongs to another user.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
