import type * as vscode from 'vscode';
import type { App } from '../../app';
import type { Remote } from '../../remote/remote';
import { rootPath } from '../../remote/remotePath';
import { neverAborted } from '../platform/cancellation';
import { PollWhileFocused } from '../platform/pollWhileFocused';
import type { RemoteChangeEvents } from '../platform/remoteChangeEvents';
import type { OutputLog } from '../window/outputLog';

export interface WatchRemotesParts {
  readonly app: App;
  /** Milliseconds between two questions; 0 = never. Asked each time. */
  readonly intervalMs: () => number;
  readonly changes: RemoteChangeEvents;
  /** Lists anew what is open of a remote of which anything may have changed. */
  readonly refresh: (remote: string) => void;
  /** Keeps each remote's checkpoint, so that what was changed while the editor was closed is heard of as well. */
  readonly memory: vscode.Memento;
  readonly output: OutputLog;
}

const memoryKey = 'checkpoints';

/**
 * Asks the remotes that are in use, and whose service can tell, what anyone changed there, while the window has the focus. The tree and
 * the open files then look at what was named.
 */
export class PollRemoteChanges implements vscode.Disposable {
  private readonly interval: PollWhileFocused;
  /** How far this window has heard, by remote; other windows keep the common memory ahead of it. */
  private readonly heard = new Map<string, string>();

  constructor(private readonly parts: WatchRemotesParts) {
    this.interval = new PollWhileFocused({
      intervalMs: parts.intervalMs,
      isNeeded: () => true,
      poll: () => this.askAll(),
    });
  }

  /** Asks all remotes in use now. Resolves when done; never rejects. */
  pollNow(): Promise<void> {
    return this.interval.pollNow();
  }

  /** Begins to wait anew, with the interval as it is now. */
  restart(): void {
    this.interval.restart();
  }

  dispose(): void {
    this.interval.dispose();
  }

  private async askAll(): Promise<boolean> {
    let ok = true;
    // Of several remotes on one account, none is to begin where another one has just arrived.
    const kept = this.parts.memory.get<Record<string, string>>(memoryKey, {});
    for (const name of this.parts.app.openNames())
      try {
        const remote = await this.parts.app.openedRemote(name);
        if (remote?.pollChanges) await this.ask(name, remote, kept);
      } catch (error) {
        ok = false;
        this.parts.output.debug(`[list] Can't ask ${name} for changes: ${String(error)}`);
      }
    return ok;
  }

  private async ask(name: string, remote: Remote, kept: Readonly<Record<string, string>>): Promise<void> {
    const where = remote.capabilities.storageId ?? name;
    const key = `${name} ${where}`;
    const before = this.heard.get(key) ?? kept[where];
    const answer = await remote.pollChanges?.(before, neverAborted());
    if (!answer) return;
    const { cursor, paths } = answer;
    if (paths === 'everything') {
      this.parts.changes.fire({ remote: name, path: rootPath, kind: 'changed' });
      this.parts.refresh(name);
    } else
      this.parts.changes.fire(...paths.map((path) => ({ remote: name, path, kind: 'changed' }) as const));
    this.heard.set(key, cursor);
    if (cursor === kept[where]) return;
    // Read again: another remote's may have been kept meanwhile.
    const all = this.parts.memory.get<Record<string, string>>(memoryKey, {});
    await this.parts.memory.update(memoryKey, { ...all, [where]: cursor });
  }
}
