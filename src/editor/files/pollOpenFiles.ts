import * as vscode from 'vscode';
import type { FileEntry } from '../../remote/entry';
import { formatAddress, type RemoteAddress } from '../../remote/remoteAddress';
import { isRemoteError } from '../../remote/remoteError';
import { parentPath } from '../../remote/remotePath';
import { PollWhileFocused } from '../platform/pollWhileFocused';
import { remoteScheme } from '../platform/remoteUri';
import type { OutputLog } from '../window/outputLog';
import { isAtOrBelowAny } from './listingCache';

/** What the watch asks and whom it tells. */
export interface PollOpenFilesOptions {
  /** Milliseconds between two looks; 0 = never. Asked before each look, so that a change of the setting counts at once. */
  readonly intervalMs: () => number;
  readonly addressOf: (uri: vscode.Uri) => RemoteAddress;
  /** The version that the open document shows, as far as that is known. */
  readonly displayedVersion: (uri: vscode.Uri) => FileEntry | undefined;
  /** A fresh look at the file, past every cache. Throws RemoteError. */
  readonly stat: (address: RemoteAddress) => Promise<FileEntry>;
  readonly onChange: (address: RemoteAddress, kind: 'changed' | 'deleted' | 'created') => void;
  readonly output: OutputLog;
}

/**
 * Looks after the remote files that are open in tabs, one small request each, while the window has the focus: what
 * changed on the remote is told to the editor, which reloads it unless it has unsaved changes.
 */
export class PollOpenFiles implements vscode.Disposable {
  private readonly seen = new Map<string, string>();
  private readonly interval: PollWhileFocused;
  private readonly tabs: vscode.Disposable;

  constructor(private readonly parts: PollOpenFilesOptions) {
    this.interval = new PollWhileFocused({
      intervalMs: parts.intervalMs,
      // Without an open file there is nothing to look at, until a tab changes.
      isNeeded: () => openFiles().length > 0,
      poll: () => this.lookAtAll(),
    });
    this.tabs = vscode.window.tabGroups.onDidChangeTabs(() => this.interval.schedule());
  }

  /** Looks at all open files now if one lies below one of `folders`. Resolves when done; never rejects. */
  async pollBelow(folders: readonly RemoteAddress[]): Promise<void> {
    const open = openFiles();
    if (open.length === 0) return;
    const changed = new Set(folders.map(formatAddress));
    const below = open.some((uri) => {
      const { remote, path } = this.parts.addressOf(uri);
      return path !== '' && isAtOrBelowAny({ remote, path: parentPath(path) }, changed);
    });
    if (below) await this.pollNow();
  }

  /** Looks at all open files now. Resolves when done; never rejects. */
  pollNow(): Promise<void> {
    return this.interval.pollNow();
  }

  /** Begins to wait anew, with the interval as it is now. */
  restart(): void {
    this.interval.restart();
  }

  dispose(): void {
    this.interval.dispose();
    this.tabs.dispose();
  }

  private async lookAtAll(): Promise<boolean> {
    let ok = true;
    const keys = new Set<string>();
    for (const uri of openFiles()) {
      if (this.interval.isDisposed) return true;
      try {
        const address = this.parts.addressOf(uri);
        keys.add(formatAddress(address));
        await this.lookAt(uri, address);
      } catch (error) {
        ok = false;
        this.parts.output.debug(`[edit] Can't look at ${uri.toString(true)}: ${String(error)}`);
      }
    }
    for (const key of this.seen.keys()) if (!keys.has(key)) this.seen.delete(key);
    return ok;
  }

  private async lookAt(uri: vscode.Uri, address: RemoteAddress): Promise<void> {
    const key = formatAddress(address);
    const before = this.seen.get(key);
    const now = await this.parts.stat(address).then(markOf, (error: unknown) => {
      if (isRemoteError(error, 'notFound')) return 'absent';
      throw error;
    });
    this.seen.set(key, now);
    const shown = this.parts.displayedVersion(uri);
    if (now === before || (shown && markOf(shown) === now)) return;
    if (now === 'absent') this.parts.onChange(address, 'deleted');
    else this.parts.onChange(address, before === 'absent' ? 'created' : 'changed');
  }
}

function markOf(entry: FileEntry): string {
  return entry.version ?? `${entry.size}:${JSON.stringify(entry.modified ?? entry.serverModified)}`;
}

/** The remote files in tabs, each once. */
function openFiles(): vscode.Uri[] {
  const found = new Map<string, vscode.Uri>();
  for (const group of vscode.window.tabGroups.all)
    for (const { input } of group.tabs)
      for (const uri of urisOf(input)) if (uri.scheme === remoteScheme) found.set(uri.toString(), uri);
  return [...found.values()];
}

function urisOf(input: unknown): vscode.Uri[] {
  if (input instanceof vscode.TabInputTextDiff) return [input.original, input.modified];
  if (
    input instanceof vscode.TabInputText ||
    input instanceof vscode.TabInputCustom ||
    input instanceof vscode.TabInputNotebook
  )
    return [input.uri];
  return [];
}
