import type { Log, LogLevel, LogTag } from '../base/log';
import type { Action, PlanProgress } from '../plan/model/plan';
import type { ActionResult, RunObserver } from '../transfer/runReport';
import type { Peer } from './peer';
import type { HostCalls, LogLine, RunProgress, WorkerCalls } from './protocol';

/** Milliseconds between two messages of one kind. */
const messageMs = 100;

/** Events in one message about a run, so that the editor's thread receives it in a few milliseconds. */
const eventsPerMessage = 2000;

type HostPeer = Peer<WorkerCalls, HostCalls>;

/** Collects what another thread is told, and sends it at most every `everyMs` milliseconds. */
export abstract class Collected {
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly everyMs = messageMs) {}

  protected changed(): void {
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      this.send();
    }, this.everyMs);
  }

  /** Sends what is left. */
  end(): void {
    if (this.timer === undefined) return;
    this.stop();
    this.send();
  }

  protected stop(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  protected abstract send(): void;
}

/** The latest progress of a plan. */
export class PlanProgressMessages extends Collected {
  private latest: PlanProgress | undefined;

  constructor(
    private readonly peer: HostPeer,
    private readonly work: number,
  ) {
    super();
  }

  update(progress: PlanProgress): void {
    this.latest = progress;
    this.changed();
  }

  protected send(): void {
    if (this.latest) this.peer.tell('planProgress', { work: this.work, progress: this.latest });
  }
}

/** The events of a run. When it ends, those that are still queued are dropped: the report has all results. */
export class RunProgressMessages extends Collected implements RunObserver {
  private events: (string | ActionResult)[] = [];
  private bytes = new Map<string, number>();
  private until: RunProgress['waiting'];
  private journal: string | undefined;

  constructor(
    private readonly peer: HostPeer,
    private readonly work: number,
  ) {
    super();
  }

  started({ id }: Action): void {
    this.events.push(id);
    this.changed();
  }

  progressed({ id }: Action, bytes: number): void {
    this.bytes.set(id, bytes);
    this.changed();
  }

  ended({ id }: Action, result: ActionResult): void {
    // The bytes of an action that ended are its size.
    this.bytes.delete(id);
    this.events.push(result);
    this.changed();
  }

  recorded(run: string): void {
    this.journal = run;
    this.changed();
  }

  waiting(until: number | undefined): void {
    this.until = until ?? null;
    this.changed();
  }

  override end(): void {
    super.end();
    this.stop();
  }

  protected send(): void {
    const { work, bytes, until: waiting, journal: recorded } = this;
    const events = this.events.slice(0, eventsPerMessage);
    this.peer.tell('runProgress', {
      work,
      progress: { events, bytes, waiting, ...(recorded !== undefined && { recorded }) },
    });
    this.events = this.events.slice(eventsPerMessage);
    this.bytes = new Map();
    this.until = undefined;
    this.journal = undefined;
    if (this.events.length > 0) this.changed();
  }
}

/** The lines of the log that are kept. */
export class LogMessages extends Collected implements Log {
  private lines: LogLine[] = [];

  constructor(
    private readonly tell: (lines: readonly LogLine[]) => void,
    readonly keeps: (level: LogLevel) => boolean,
  ) {
    super();
  }

  write(level: LogLevel, tag: LogTag, text: string): void {
    if (!this.keeps(level)) return;
    this.lines.push({ level, tag, text });
    this.changed();
  }

  protected send(): void {
    this.tell(this.lines);
    this.lines = [];
  }
}
