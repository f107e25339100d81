import * as vscode from 'vscode';

export interface PollOptions {
  /** Milliseconds between two polls; 0 = never. Read before each wait, so that a changed setting takes effect at once. */
  readonly intervalMs: () => number;
  /** Whether there is anything to poll. */
  readonly isNeeded: () => boolean;
  /** Resolves to whether the poll succeeded; never rejects. */
  readonly poll: () => Promise<boolean>;
}

/** Failures double the interval, up to this factor. */
const maxBackoffFactor = 12;

/** Polls while the window has the focus, and at once when the window regains it. Two polls never overlap. */
export class PollWhileFocused implements vscode.Disposable {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;
  private failures = 0;
  private disposed = false;
  private readonly focus: vscode.Disposable;

  constructor(private readonly options: PollOptions) {
    this.focus = vscode.window.onDidChangeWindowState(({ focused }) => {
      if (!focused) this.stop();
      else if (this.options.intervalMs() > 0) void this.pollNow();
    });
    this.schedule();
  }

  /** Polls now. Resolves when the poll is done. */
  async pollNow(): Promise<void> {
    this.stop();
    await this.running;
    this.running = this.options
      .poll()
      .then((ok) => {
        this.failures = ok ? 0 : this.failures + 1;
      })
      .finally(() => {
        this.running = undefined;
        this.schedule();
      });
    await this.running;
  }

  /** Starts the timer unless it already runs. */
  schedule(): void {
    const interval = this.options.intervalMs();
    if (this.disposed || this.timer || this.running || !vscode.window.state.focused) return;
    if (interval === 0 || !this.options.isNeeded()) return;
    const wait = interval * Math.min(maxBackoffFactor, 2 ** this.failures);
    this.timer = setTimeout(() => void this.pollNow(), wait);
  }

  /** Restarts the timer with the current interval. */
  restart(): void {
    this.stop();
    this.schedule();
  }

  get isDisposed(): boolean {
    return this.disposed;
  }

  dispose(): void {
    this.disposed = true;
    this.stop();
    this.focus.dispose();
  }

  private stop(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }
}
