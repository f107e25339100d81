import type { Log } from '../base/log';
import { leftAloneBy } from '../plan/build/leftAlone';
import type { Action, Plan } from '../plan/model/plan';
import type { FileEntry } from '../remote/entry';
import { isRemoteError, RemoteError } from '../remote/remoteError';
import type { RemotePath } from '../remote/remotePath';
import type { CircuitBreaker } from './circuitBreaker';
import type { Journal } from './journal/journal';
import type { ActionOutcome, ActionResult, RunObserver, RunReport } from './runReport';

/** The result of each action of a run, for the journal, the observer and the report. */
export class RunLedger {
  readonly results = new Map<string, ActionResult>();
  private bytes = 0;
  private backedUp = 0;

  constructor(
    private readonly plan: Plan,
    private readonly breaker: CircuitBreaker,
    private readonly observer: RunObserver,
    private readonly journal: Journal | undefined,
    private readonly log: Log,
    private readonly signal: AbortSignal,
  ) {}

  begin(action: Action): void {
    this.journal?.begun(action);
    this.notify(() => this.observer.started(action));
  }

  progressed(action: Action, bytes: number): void {
    this.notify(() => this.observer.progressed(action, bytes));
  }

  recordBackup(action: Action, path: RemotePath): void {
    this.backedUp++;
    this.journal?.backedUp(action, path);
  }

  /** `made` is the file that the action made. */
  succeed(action: Action, made?: FileEntry): void {
    this.breaker.succeeded();
    this.end(action, result(action, 'done'), made);
  }

  fail(action: Action, error: unknown): void {
    if (this.signal.aborted && !isRemoteError(error)) {
      this.end(action, result(action, 'cancelled'));
      return;
    }
    const failure = isRemoteError(error) ? error : this.unexpected(action, error);
    this.breaker.failed(failure);
    const { kind, message } = failure;
    const undone = kind === 'changed' ? 'changed' : 'failed';
    this.end(action, { ...result(action, failure.copied ? 'copied' : undone), error: { kind, message } });
  }

  /** How many actions have ended in each way so far. */
  totals(): Record<ActionOutcome, number> {
    return count(this.results.values());
  }

  /** Actions that never began get the outcome `notStarted`. */
  report(
    startedAt: number,
    endedAt: number,
    hasBackup: boolean,
    deletesWithheld: string | undefined,
  ): RunReport {
    const results = this.plan.actions.map(
      (action) => this.results.get(action.id) ?? result(action, 'notStarted'),
    );
    const stopped = this.breaker.reason;
    const leftAlone = leftAloneBy(this.plan);
    return {
      version: 1,
      startedAt,
      endedAt,
      results,
      totals: count(results),
      bytes: this.bytes,
      ...(hasBackup && { kept: this.backedUp }),
      ...(stopped !== undefined && { stopped }),
      ...(deletesWithheld !== undefined && { deletesWithheld }),
      ...(leftAlone && { leftAlone }),
    };
  }

  private end(action: Action, ended: ActionResult, made?: FileEntry): void {
    const isCopied = ended.outcome === 'done' || ended.outcome === 'copied';
    if (isCopied && action.kind === 'copyFile') this.bytes += action.source.size;
    this.results.set(action.id, ended);
    this.journal?.ended(ended, made);
    this.notify(() => this.observer.ended(action, ended));
  }

  private unexpected({ path }: Action, error: unknown): RemoteError {
    const { message, stack } = error instanceof Error ? error : { message: String(error), stack: undefined };
    this.log.write('error', 'copy', `${path}: ${stack ?? message}`);
    return new RemoteError('other', `"${path}": ${message}`);
  }

  /** A failing observer must not fail the run. */
  private notify(event: () => void): void {
    try {
      event();
    } catch (error) {
      const reason = (error as Error)?.stack ?? String(error);
      this.log.write('error', 'copy', `An observer of the run failed: ${reason}`);
    }
  }
}

function result({ id, kind, path }: Action, outcome: ActionOutcome): ActionResult {
  return { id, kind, path, outcome };
}

function count(results: Iterable<ActionResult>): Record<ActionOutcome, number> {
  const totals = { done: 0, copied: 0, failed: 0, changed: 0, cancelled: 0, notStarted: 0 };
  for (const { outcome } of results) totals[outcome]++;
  return totals;
}
