import * as vscode from 'vscode';
import type { FileEntry } from '../../remote/entry';
import { formatAddress, type RemoteAddress } from '../../remote/remoteAddress';
import { isRemoteError, RemoteError } from '../../remote/remoteError';
import { parentPath } from '../../remote/remotePath';
import { neverAborted } from '../platform/cancellation';
import { addressOfUri } from '../platform/places';
import { PollWhileFocused } from '../platform/pollWhileFocused';
import { remoteScheme } from '../platform/remoteUri';
import type { EditorContext } from '../window/editorContext';
import { versionOf } from './fileTimes';
import { isAtOrBelowAny } from './listingCache';
import type { OpenDocuments } from './openDocuments';

/**
 * Polls the remote files in tabs, one stat per file, while the window has the focus. Reports changes to the editor, which reloads
 * files without unsaved changes.
 */
export class PollOpenFiles implements vscode.Disposable {
  /** The version at the last poll, by address. */
  private readonly polled = new Map<string, string>();
  private readonly interval: PollWhileFocused;
  private readonly tabs: vscode.Disposable;

  constructor(
    private readonly context: EditorContext,
    private readonly documents: OpenDocuments,
  ) {
    this.interval = new PollWhileFocused({
      intervalMs: () => context.settings().openFilesIntervalMs,
      isNeeded: () => openFiles().length > 0,
      poll: () => this.pollAll(),
    });
    this.tabs = vscode.window.tabGroups.onDidChangeTabs(() => this.interval.schedule());
  }

  /** Polls now if an open file is below one of `folders`. Resolves when done; never rejects. */
  async pollBelow(folders: readonly RemoteAddress[]): Promise<void> {
    const open = openFiles();
    if (open.length === 0) return;
    const changed = new Set(folders.map(formatAddress));
    const below = open.some((uri) => {
      const { remote, path } = addressOfUri(uri, this.context.app);
      return path !== '' && isAtOrBelowAny({ remote, path: parentPath(path) }, changed);
    });
    if (below) await this.interval.pollNow();
  }

  /** Restarts the timer with the current interval. */
  restart(): void {
    this.interval.restart();
  }

  dispose(): void {
    this.interval.dispose();
    this.tabs.dispose();
  }

  private async pollAll(): Promise<boolean> {
    let ok = true;
    const keys = new Set<string>();
    for (const uri of openFiles()) {
      if (this.interval.isDisposed) return true;
      try {
        const address = addressOfUri(uri, this.context.app);
        keys.add(formatAddress(address));
        await this.poll(uri, address);
      } catch (error) {
        ok = false;
        this.context.output.debug(`[edit] Can't poll ${uri.toString(true)}: ${String(error)}`);
      }
    }
    for (const key of this.polled.keys()) if (!keys.has(key)) this.polled.delete(key);
    return ok;
  }

  private async poll(uri: vscode.Uri, address: RemoteAddress): Promise<void> {
    const key = formatAddress(address);
    const before = this.polled.get(key);
    const now = await this.stat(address).then(versionOf, (error: unknown) => {
      if (isRemoteError(error, 'notFound')) return 'absent';
      throw error;
    });
    this.polled.set(key, now);
    const displayed = this.documents.baseOf(uri);
    if (now === before || (typeof displayed === 'object' && versionOf(displayed) === now)) return;
    const kind = now === 'absent' ? 'deleted' : before === 'absent' ? 'created' : 'changed';
    this.context.changes.fire({ ...address, kind, byOthers: true });
  }

  /** Requests the file from the service, past every cache. */
  private async stat(address: RemoteAddress): Promise<FileEntry> {
    const remote = await this.context.app.openRemote(address.remote);
    const entry = await remote.stat(address.path, neverAborted());
    if (entry.kind === 'file') return entry;
    throw new RemoteError('notFound', `There is no file ${formatAddress(address)}.`);
  }
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
