import * as vscode from 'vscode';

export interface PollOptions {
  /** Milliseconds between two times; 0 = never. Asked each time, so that a change of the setting counts at once. */
  readonly intervalMs: () => number;
  /** Whether there is anything to do it for. */
  readonly isNeeded: () => boolean;
  /** Resolves to whether it went well; never rejects. */
  readonly poll: () => Promise<boolean>;
}

/** After failures it becomes rarer, up to this many times the interval. */
const maxBackoffFactor = 12;

/** Does something again and again while the window has the focus, and at once when it gets it back. Never twice at a time. */
export class PollWhileFocused implements vscode.Disposable {
  private timer: NodeJS.Timeout | undefined;
  private working: Promise<void> | undefined;
  private failures = 0;
  private disposed = false;
  private readonly focus: vscode.Disposable;

  constructor(private readonly parts: PollOptions) {
    this.focus = vscode.window.onDidChangeWindowState(({ focused }) => {
      if (!focused) this.stop();
      else if (this.parts.intervalMs() > 0) void this.pollNow();
    });
    this.schedule();
  }

  /** Does it now. Resolves when done. */
  async pollNow(): Promise<void> {
    this.stop();
    await this.working;
    this.working = this.parts
      .poll()
      .then((ok) => {
        this.failures = ok ? 0 : this.failures + 1;
      })
      .finally(() => {
        this.working = undefined;
        this.schedule();
      });
    await this.working;
  }

  /** Begins to wait, unless it does already. */
  schedule(): void {
    const interval = this.parts.intervalMs();
    if (this.disposed || this.timer || this.working || !vscode.window.state.focused) return;
    if (interval === 0 || !this.parts.isNeeded()) return;
    const wait = interval * Math.min(maxBackoffFactor, 2 ** this.failures);
    this.timer = setTimeout(() => void this.pollNow(), wait);
  }

  /** Begins to wait anew, with the interval as it is now. */
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
