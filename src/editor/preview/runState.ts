import { leftAloneBy } from '../../plan/build/leftAlone';
import type { Action } from '../../plan/model/plan';
import type { Formatter } from '../../preview/format';
import type { PlanView } from '../../preview/planView';
import type { Banner, RunState } from '../../preview/previewProtocol';
import { RunMeter } from '../../preview/runMeter';
import { fill, type Strings } from '../../preview/strings';
import type { ActionResult, RunObserver, RunReport } from '../../transfer/runReport';
import { PlaceOccupied } from '../../usecases/placeLocks';

/** The results of earlier runs of the same plan, before a retry or a continuation. */
export interface EarlierRuns {
  readonly bytes: number;
  readonly ms: number;
  /** The id of their journal. */
  readonly run?: string | undefined;
}

/**
 * Returns the actions that a retry repeats. Deletes that were withheld because something had changed stay withheld (R20): only a
 * new plan can decide about them.
 */
export function idsToRetry(view: PlanView): string[] {
  const kept = view.plan.options.deletes === 'after' && view.stateCounts().changed > 0;
  const waiting = new Set(kept ? view.idsInState('notStarted') : []);
  const deletes = new Set(
    view.plan.actions
      .filter(({ kind }) => kind === 'deleteFile' || kind === 'removeFolder')
      .map(({ id }) => id),
  );
  return view
    .idsInState('copied', 'failed', 'cancelled', 'notStarted')
    .filter((id) => !(waiting.has(id) && deletes.has(id)));
}

/** The message of a run that ended without a report. Only a run that another run blocked can be retried. */
export function failureBanner(error: unknown, text: string, words: Strings): Banner {
  const again = { command: 'retry', label: words.tryAgain } as const;
  return { tone: 'error', text, ...(error instanceof PlaceOccupied && { action: again }) };
}

/** The message that files had changed; none when no file had. */
export function changedBanners(
  { counts: { changed } }: RunState,
  words: Strings,
  format: Formatter,
): readonly Banner[] {
  if (changed === 0) return [];
  const text = fill(words.changedBanner, format.plural(changed, words.filesOne, words.filesMany));
  return [{ tone: 'warning', text, action: { command: 'rescan', label: words.rescan } }];
}

/** One run as the preview shows it: writes events into the rows and sums them up. */
export class PlanRun implements RunObserver {
  private readonly inFlight = new Map<string, number>();
  private readonly meter: RunMeter;
  private readonly totalBytes: number;
  private inFlightBytes = 0;
  private movedBytes = 0;
  private settledBytes = 0;
  private settledFiles = 0;
  private endedAt: number | undefined;
  /** Epoch milliseconds until which a service asks to wait. */
  private waitsUntil: number | undefined;
  private readonly leftAlone: RunState['leftAlone'];
  /** Whether the run is cancelled but actions in progress are still ending. */
  private cancelling = false;
  private journal: string | undefined;

  /** Queues the rows of `actions`. Times are epoch milliseconds. */
  constructor(
    private readonly view: PlanView,
    actions: readonly Action[],
    private readonly earlier: EarlierRuns,
    private readonly startedAt: number,
  ) {
    this.journal = earlier.run;
    view.beginRun(actions.map((action) => action.id));
    this.totalBytes = actions.reduce((sum, action) => sum + bytesToMove(action), 0);
    const left = leftAloneBy(view.plan);
    this.leftAlone = left && {
      conflicts: left.conflicts.length,
      skipped: left.skipped.length,
      undone: left.undone,
    };
    this.meter = new RunMeter(actions.length, this.totalBytes, startedAt);
  }

  started(action: Action): void {
    this.view.setState(action.id, 'moving');
  }

  progressed(action: Action, bytes: number): void {
    this.inFlightBytes += bytes - (this.inFlight.get(action.id) ?? 0);
    this.inFlight.set(action.id, bytes);
    const size = bytesToMove(action);
    this.view.setState(action.id, 'moving', size > 0 ? Math.min(1, bytes / size) : undefined);
  }

  ended(action: Action, result: ActionResult): void {
    this.inFlightBytes -= this.inFlight.get(action.id) ?? 0;
    this.inFlight.delete(action.id);
    const bytes = bytesToMove(action);
    if (result.outcome === 'done') this.movedBytes += bytes;
    this.settledBytes += bytes;
    this.settledFiles++;
    this.show(result);
  }

  recorded(run: string): void {
    this.journal = run;
  }

  waiting(until: number | undefined): void {
    this.waitsUntil = until;
  }

  cancelAsked(): void {
    this.cancelling = true;
  }

  /** Applies the report, which is final for every row, also for rows without an event. */
  finish(report: RunReport, now: number): void {
    for (const result of report.results) this.show(result);
    this.movedBytes = report.bytes;
    this.stop(now);
  }

  /** Shows the outcomes of a run that was left unfinished; the other rows were not started. */
  recall(results: ReadonlyMap<string, ActionResult>, now: number): void {
    for (const action of this.view.plan.actions) {
      const result = results.get(action.id);
      if (result) this.show(result);
      else this.view.setState(action.id, 'notStarted');
      if (result?.outcome === 'done') this.movedBytes += bytesToMove(action);
    }
    this.cancelling = true;
    this.stop(now);
  }

  /** What a retry or a continuation builds on. */
  soFar(now: number): EarlierRuns {
    const { bytesDone, ms } = this.state(now);
    return { bytes: bytesDone, ms, run: this.journal };
  }

  /** Marks all unfinished rows after a run that ended without a report. */
  breakOff(now: number): void {
    for (const id of this.view.idsInState('moving')) this.view.setState(id, 'cancelled');
    for (const id of this.view.idsInState('queued')) this.view.setState(id, 'notStarted');
    this.stop(now);
  }

  /** Call it a few times a second during the run. */
  sample(now: number): void {
    this.meter.sample(now, this.settledBytes + this.inFlightBytes, this.settledFiles);
  }

  state(now: number): RunState {
    const counts = this.view.stateCounts();
    const { waitsUntil: until = now } = this;
    const hasEnded = this.endedAt !== undefined;
    const again = counts.copied + counts.failed + counts.cancelled + counts.notStarted;
    return {
      counts,
      files: counts.queued + counts.moving + counts.done + counts.changed + again,
      filesDone: counts.done,
      bytes: this.earlier.bytes + this.totalBytes,
      bytesDone: this.earlier.bytes + this.movedBytes + this.inFlightBytes,
      bytesPerSecond: hasEnded ? undefined : this.meter.bytesPerSecond(),
      leftMs: hasEnded ? undefined : this.meter.left(),
      waitMs: hasEnded || until <= now ? undefined : until - now,
      ms: this.earlier.ms + (this.endedAt ?? now) - this.startedAt,
      cancelling: this.cancelling && !hasEnded,
      again: hasEnded ? idsToRetry(this.view).length : again,
      wasCancelled: this.cancelling && counts.cancelled + counts.notStarted > 0,
      leftAlone: this.leftAlone,
    };
  }

  private show(result: ActionResult): void {
    this.view.setState(result.id, result.outcome, undefined, result.error?.message);
  }

  private stop(now: number): void {
    this.inFlight.clear();
    this.inFlightBytes = 0;
    this.endedAt = now;
  }
}

function bytesToMove(action: Action): number {
  return action.kind === 'copyFile' ? action.source.size : 0;
}
