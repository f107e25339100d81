import * as vscode from 'vscode';
import type { App } from '../app';
import type { Remote } from '../remote/remote';
import { isRemoteError } from '../remote/remoteError';
import { rootPath } from '../remote/remotePath';
import { neverAborted } from './cancellation';
import type { RemoteChanges } from './remoteChanges';

export interface WatchRemotesParts {
  readonly app: App;
  /** Milliseconds between two questions; 0 = never. Asked each time. */
  readonly intervalMs: () => number;
  readonly changes: RemoteChanges;
  /** Lists anew what is open of a remote of which anything may have changed. */
  readonly refresh: (remote: string) => void;
  /** Keeps each remote's checkpoint, so that what was changed while the editor was closed is heard of as well. */
  readonly memory: vscode.Memento;
  readonly output: vscode.LogOutputChannel;
}

const memoryKey = 'checkpoints';
/** After failures the questions become rarer, up to this many times the interval. */
const mostBackOff = 12;

/**
 * Asks the remotes that are in use, and whose service can tell, what anyone changed there, while the window has the focus. The tree and
 * the open files then look at what was named.
 */
export class WatchRemotes implements vscode.Disposable {
  private timer: NodeJS.Timeout | undefined;
  private asking: Promise<void> | undefined;
  private failures = 0;
  private disposed = false;
  private readonly focus: vscode.Disposable;

  constructor(private readonly parts: WatchRemotesParts) {
    this.focus = vscode.window.onDidChangeWindowState(({ focused }) => {
      if (focused) this.schedule();
      else this.stop();
    });
    this.schedule();
  }

  /** Asks all remotes in use now. Resolves when done; never rejects. */
  async askNow(): Promise<void> {
    this.stop();
    await this.asking;
    this.asking = this.askAll().finally(() => {
      this.asking = undefined;
      this.schedule();
    });
    await this.asking;
  }

  /** Begins to wait anew, with the interval as it is now. */
  restart(): void {
    this.stop();
    this.schedule();
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

  private schedule(): void {
    const interval = this.parts.intervalMs();
    if (this.disposed || this.timer || this.asking || interval === 0 || !vscode.window.state.focused) return;
    const wait = interval * Math.min(mostBackOff, 2 ** this.failures);
    this.timer = setTimeout(() => void this.askNow(), wait);
    this.timer.unref?.();
  }

  private async askAll(): Promise<void> {
    let failed = false;
    for (const name of this.parts.app.openNames())
      try {
        const remote = await this.parts.app.openedRemote(name);
        if (remote?.changesSince) await this.ask(name, remote);
      } catch (error) {
        if (!isRemoteError(error)) throw error;
        failed = true;
        this.parts.output.debug(`[list] Can't ask ${name} for changes: ${error.message}`);
      }
    this.failures = failed ? this.failures + 1 : 0;
  }

  private async ask(name: string, remote: Remote): Promise<void> {
    const where = remote.capabilities.location ?? name;
    const before = this.parts.memory.get<Record<string, string>>(memoryKey, {})[where];
    const answer = await remote.changesSince?.(before, neverAborted());
    if (!answer) return;
    const { checkpoint, paths } = answer;
    if (paths === 'everything') {
      this.parts.changes.fire({ remote: name, path: rootPath, kind: 'changed' });
      this.parts.refresh(name);
    } else
      this.parts.changes.fire(...paths.map((path) => ({ remote: name, path, kind: 'changed' }) as const));
    if (checkpoint === before) return;
    // Read again: another remote's may have been kept meanwhile.
    const all = this.parts.memory.get<Record<string, string>>(memoryKey, {});
    await this.parts.memory.update(memoryKey, { ...all, [where]: checkpoint });
  }
}
