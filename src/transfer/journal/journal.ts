import { appendFileSync, closeSync, fdatasync, openSync } from 'node:fs';
import { mkdir, rename, truncate } from 'node:fs/promises';
import { hostname } from 'node:os';
import type { Clock } from '../../base/clock';
import { withoutSecrets } from '../../base/maskedText';
import { runInTimeSlices, type Steps } from '../../base/timeSlices';
import type { Action, Place, Plan } from '../../plan/model/plan';
import type { FileEntry } from '../../remote/entry';
import type { ResumableWrite } from '../../remote/remote';
import { RemoteError } from '../../remote/remoteError';
import type { RemotePath } from '../../remote/remotePath';
import type { ActionResult, RunReport } from '../runReport';
import { endedFile, endRun, tidyJournals, unfinishedFile } from './journalFiles';
import {
  type JournalLine,
  journalVersion,
  type MadeFile,
  type RunPlaces,
  type WriteFact,
} from './journalLines';
import { type RecordedRun, readRun } from './recordedRun';

/**
 * The journal of one run: lines of JSON that are appended while it works (`JournalLine`), so that the run can be continued after a
 * crash. No content, no credentials. No call rejects or throws, because a journal must not fail a run.
 */
export interface Journal {
  readonly run: string;
  /** What the journal had before this process continued the run; undefined for a new run. */
  readonly earlier: RecordedRun | undefined;
  begun(action: Action): void;
  /** The target's old file is in the backup, at `path`. */
  backedUp(action: Action, path: RemotePath): void;
  ended(result: ActionResult, made?: FileEntry): void;
  /** Whether an earlier process may have done the action although the journal doesn't say so. */
  mayBeDone(action: Action): boolean;
  /** Where the write of the action's copy records its progress. */
  resumable(action: Action): ResumableWrite;
  /** Writes the last lines. A run that was cancelled, stopped or broken before its end stays unfinished. */
  close(report: RunReport | undefined, wasCancelled: boolean): Promise<void>;
}

export interface JournalOptions {
  readonly folder: string;
  readonly run: string;
  readonly plan: Plan;
  readonly places: RunPlaces;
  readonly clock: Clock;
  /** Called once when a write fails; the remaining lines are dropped. */
  readonly onError: (error: unknown) => void;
}

/** Milliseconds and characters after which lines are written. Lines that were lost cost a second look at files, nothing else. */
const flushMs = 50;
const flushLength = 16 * 1024;
/** Milliseconds between two calls that force the file to the disk, without which lines survive a crash but no power cut. */
const forceMs = 5000;
/** Actions that one `begun` line covers. */
const reserved = 64;

/** Opens the journal of a new run in `folder`, which is made when missing; replaces one that can't be read. Throws errors of `node:fs`. */
export async function openJournal(options: JournalOptions): Promise<Journal> {
  const { folder, run, plan, clock } = options;
  await mkdir(folder, { recursive: true });
  await tidyJournals(folder, clock.now());
  const file = new JournalFile(unfinishedFile(folder, run), 'w', options.onError);
  await runInTimeSlices(writePlan(file, options));
  void file.force();
  return new RunJournal(file, options, indexOf(plan), undefined);
}

/**
 * Opens the journal of `run` again, to continue it. The caller holds the lock of its places. Undefined when there is no journal that
 * can be continued. Throws errors of `node:fs`, and RemoteError `changed` when the run's places led elsewhere.
 */
export async function reopenJournal(options: JournalOptions): Promise<Journal | undefined> {
  const { folder, run, clock } = options;
  const name = unfinishedFile(folder, run);
  // A run that ended with failures may be retried.
  await rename(endedFile(folder, run), name).catch(() => {});
  const earlier = await readRun(name);
  if (!earlier) return undefined;
  assertSamePlaces(earlier.places, options.places);
  // The last line may be torn.
  await truncate(name, earlier.length);
  const file = new JournalFile(name, 'a', options.onError);
  file.write({ event: 'runContinued', at: clock.now(), pid: process.pid, host: hostname() });
  return new RunJournal(file, options, indexOf(earlier.plan), earlier);
}

function assertSamePlaces(then: RunPlaces, now: RunPlaces): void {
  if (then.source === now.source && then.target === now.target && then.backup === now.backup) return;
  throw new RemoteError(
    'changed',
    "The run can't be continued: one of its places leads to another storage now. Scan again to make a new plan.",
  );
}

function indexOf({ actions }: Plan): ReadonlyMap<string, number> {
  return new Map(actions.map(({ id }, n) => [id, n]));
}

function* writePlan(file: JournalFile, { run, plan, places, clock }: JournalOptions): Steps<void> {
  const { actions, conflicts, skipped, problems } = plan;
  const [source, target] = [withoutSecretsIn(plan.source), withoutSecretsIn(plan.target)];
  const backup = plan.backup && withoutSecretsIn(plan.backup);
  file.write({
    event: 'runBegun',
    version: journalVersion,
    at: clock.now(),
    run,
    pid: process.pid,
    host: hostname(),
    places,
    plan: {
      ...plan,
      source,
      target,
      ...(backup && { backup }),
      actions: [],
      conflicts: [],
      skipped: [],
      problems: [],
    },
    planned: {
      actions: actions.length,
      conflicts: conflicts.length,
      skipped: skipped.length,
      problems: problems.length,
    },
    continuable: source === plan.source && target === plan.target && backup === plan.backup,
  });
  for (const conflict of conflicts) yield file.write({ event: 'conflict', conflict });
  for (const one of skipped) yield file.write({ event: 'skipped', skipped: one });
  for (const problem of problems) yield file.write({ event: 'problem', problem });
  for (const action of actions) yield file.write({ event: 'action', action });
  file.flush();
}

/** The same object where the place has no secrets. */
function withoutSecretsIn(place: Place): Place {
  if (place.kind !== 'uri') return place;
  const uri = withoutSecrets(place.uri);
  return uri === place.uri ? place : { kind: 'uri', uri };
}

/** Appends lines in batches, by synchronous calls: one small write costs less than its way through the thread pool. */
class JournalFile {
  private readonly descriptor: number;
  private waiting = '';
  private timer: NodeJS.Timeout | undefined;
  private broken = false;
  private forcedAt = performance.now();
  private forcing: Promise<void> = Promise.resolve();

  constructor(
    readonly name: string,
    flags: 'a' | 'w',
    private readonly onError: (error: unknown) => void,
  ) {
    this.descriptor = openSync(name, flags, 0o600);
  }

  write(line: JournalLine): void {
    this.waiting += JSON.stringify(line);
    this.waiting += '\n';
    if (this.waiting.length > flushLength) this.flush();
    else this.timer ??= setTimeout(() => this.flush(), flushMs);
  }

  flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    const text = this.waiting;
    this.waiting = '';
    if (this.broken || text === '') return;
    try {
      appendFileSync(this.descriptor, text);
      if (performance.now() - this.forcedAt > forceMs) void this.force();
    } catch (error) {
      this.broken = true;
      this.onError(error);
    }
  }

  /** Forces what was written to the disk. Never rejects: where that fails, lines only survive a crash. */
  force(): Promise<void> {
    this.forcedAt = performance.now();
    this.forcing = Promise.all([
      this.forcing,
      new Promise<void>((resolve) => fdatasync(this.descriptor, () => resolve())),
    ]).then(() => {});
    return this.forcing;
  }

  async close(): Promise<void> {
    this.flush();
    await this.force();
    closeSync(this.descriptor);
  }
}

class RunJournal implements Journal {
  readonly run: string;
  private readonly isReserved: Uint8Array;
  private hasBegun = false;

  constructor(
    private readonly file: JournalFile,
    private readonly options: JournalOptions,
    private readonly positions: ReadonlyMap<string, number>,
    readonly earlier: RecordedRun | undefined,
  ) {
    this.run = options.run;
    this.isReserved = new Uint8Array(positions.size);
  }

  begun({ id }: Action): void {
    const from = this.positions.get(id);
    if (from === undefined || this.isReserved[from]) return;
    const to = Math.min(from + reserved, this.positions.size);
    this.hasBegun = true;
    this.isReserved.fill(1, from, to);
    this.file.write({ event: 'begun', from, to });
    this.file.flush();
  }

  backedUp({ id }: Action, path: RemotePath): void {
    this.file.write({ event: 'kept', n: this.positionOf(id), path });
  }

  ended({ id, outcome, error }: ActionResult, made?: FileEntry): void {
    const n = this.positionOf(id);
    if (outcome !== 'done') this.file.write({ event: 'ended', n, outcome, ...(error && { error }) });
    else this.file.write(made ? { event: 'done', n, made: factsOf(made) } : { event: 'done', n });
  }

  mayBeDone({ id }: Action): boolean {
    return this.earlier?.begun[this.positionOf(id)] === 1;
  }

  resumable({ id }: Action): ResumableWrite {
    const n = this.positionOf(id);
    const recorded: WriteFact[] = [...(this.earlier?.facts.get(id) ?? [])];
    return {
      recorded,
      record: (fact) => {
        recorded.push(fact);
        this.file.write({ event: 'fact', n, fact });
        this.file.flush();
      },
      keptWhile: this.file.name,
    };
  }

  async close(report: RunReport | undefined, wasCancelled: boolean): Promise<void> {
    const { folder, run, clock, onError } = this.options;
    const at = clock.now();
    if (!report) this.file.write({ event: 'runEnded', at, broken: true });
    else {
      const { totals, bytes, kept } = report;
      this.file.write({ event: 'runEnded', at, totals, bytes, ...(kept !== undefined && { kept }) });
    }
    try {
      await this.file.close();
      const didNothing = !this.earlier && !this.hasBegun;
      const isCut = wasCancelled || report?.stopped !== undefined;
      const isLeft = report ? isCut && report.totals.done < report.results.length : !didNothing;
      if (!isLeft) await endRun(folder, run);
    } catch (error) {
      onError(error);
    }
  }

  private positionOf(id: string): number {
    return this.positions.get(id) ?? -1;
  }
}

/** JSON leaves out the facts that are undefined. */
function factsOf({ size, modified, md5, version }: FileEntry): MadeFile {
  return { size, modified, md5, version } as MadeFile;
}
