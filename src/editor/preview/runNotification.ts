import * as vscode from 'vscode';
import { formatter } from '../../preview/format';
import type { RunState } from '../../preview/previewProtocol';
import { fill, type Strings } from '../../preview/strings';
import { runLine } from '../../preview/summaries';
import * as window from '../window/window';

/**
 * Shows the progress of a run as a notification with Cancel, only while the panel is hidden or closed: a visible panel shows the
 * same.
 */
export class RunNotification {
  private title: string | undefined;
  private close: (() => void) | undefined;
  private report: ((run: RunState) => void) | undefined;

  constructor(
    private readonly words: Strings,
    private readonly cancel: () => void,
  ) {}

  began(title: string, needed: boolean): void {
    this.title = title;
    this.needed(needed);
  }

  progressed(run: RunState): void {
    this.report?.(run);
  }

  ended(): void {
    this.title = undefined;
    this.close?.();
  }

  /** Whether the panel is not visible. */
  needed(isNeeded: boolean): void {
    if (!isNeeded) this.close?.();
    else if (this.title !== undefined && !this.close) this.open(this.title);
  }

  private open(title: string): void {
    const options = { location: vscode.ProgressLocation.Notification, title, cancellable: true };
    void window.withProgress(options, (progress, token) => {
      token.onCancellationRequested(() => this.cancel());
      let shown = 0;
      this.report = (run) => {
        const share = 100 * shareOf(run);
        progress.report({ message: this.line(run), increment: Math.max(0, share - shown) });
        shown = Math.max(shown, share);
      };
      return new Promise<void>((resolve) => {
        this.close = () => {
          this.close = undefined;
          this.report = undefined;
          resolve();
        };
      });
    });
  }

  private line(run: RunState): string {
    const { words } = this;
    const format = formatter(vscode.env.language, words);
    if (run.cancelling) return words.cancelling;
    const failed = run.counts.failed > 0 ? fill(words.failedCount, format.count(run.counts.failed)) : '';
    return runLine(run, words, format, failed);
  }
}

/** Returns the finished share of a run, 0…1, by bytes, or by files when there are no bytes. */
function shareOf(run: RunState): number {
  if (run.bytes > 0) return Math.min(1, run.bytesDone / run.bytes);
  const { done, failed, changed, cancelled } = run.counts;
  return run.files === 0 ? 1 : (done + failed + changed + cancelled) / run.files;
}
