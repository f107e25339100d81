import type * as vscode from 'vscode';
import type { Remote } from '../../remote/remote';
import { rootPath } from '../../remote/remotePath';
import { neverAborted } from '../platform/cancellation';
import { PollWhileFocused } from '../platform/pollWhileFocused';
import type { EditorContext } from '../window/editorContext';

/** Memento key of the cursors, by storage id. */
const memoryKey = 'checkpoints';

type Cursors = Readonly<Record<string, string>>;

/**
 * Polls the change feeds of the open remotes, where the service has one, while the window has the focus. The tree and the open files
 * then refresh the changed paths.
 */
export class PollRemoteChanges implements vscode.Disposable {
  private readonly interval: PollWhileFocused;
  /** The cursors of this window, by remote and storage id; other windows can move the stored cursors ahead of them. */
  private readonly cursors = new Map<string, string>();

  /**
   * `memory` stores the cursors, so that changes made while the editor was closed are found as well. `refresh` lists the open folders
   * of a remote again, after a poll that doesn't name the changed paths.
   */
  constructor(
    private readonly context: EditorContext,
    private readonly memory: vscode.Memento,
    private readonly refresh: (remote: string) => void,
  ) {
    this.interval = new PollWhileFocused({
      intervalMs: () => context.settings().changesIntervalMs,
      isNeeded: () => true,
      poll: () => this.pollAll(),
    });
  }

  /** Polls all open remotes now. Resolves when done; never rejects. */
  pollNow(): Promise<void> {
    return this.interval.pollNow();
  }

  /** Restarts the timer with the current interval. */
  restart(): void {
    this.interval.restart();
  }

  dispose(): void {
    this.interval.dispose();
  }

  private async pollAll(): Promise<boolean> {
    const { app, output } = this.context;
    let ok = true;
    // Read once: with several remotes on one account, each must begin at the cursor of the last poll, not where another just ended.
    const stored = this.storedCursors();
    for (const name of app.openNames())
      try {
        const remote = await app.openedRemote(name);
        if (remote?.pollChanges) await this.poll(name, remote, stored);
      } catch (error) {
        ok = false;
        output.debug(`[list] Can't poll ${name} for changes: ${String(error)}`);
      }
    return ok;
  }

  private async poll(name: string, remote: Remote, stored: Cursors): Promise<void> {
    const { changes } = this.context;
    const storage = remote.capabilities.storageId ?? name;
    const key = `${name} ${storage}`;
    const polled = await remote.pollChanges?.(this.cursors.get(key) ?? stored[storage], neverAborted());
    if (!polled) return;
    const { cursor, paths } = polled;
    if (paths === 'everything') {
      changes.fire({ remote: name, path: rootPath, kind: 'changed' });
      this.refresh(name);
    } else changes.fire(...paths.map((path) => ({ remote: name, path, kind: 'changed' }) as const));
    this.cursors.set(key, cursor);
    if (cursor === stored[storage]) return;
    // Read again: the poll of another remote may have stored its cursor meanwhile.
    await this.memory.update(memoryKey, { ...this.storedCursors(), [storage]: cursor });
  }

  private storedCursors(): Cursors {
    return this.memory.get<Cursors>(memoryKey, {});
  }
}
