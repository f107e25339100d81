import * as vscode from 'vscode';
import type { Remote } from '../../remote/remote';
import { formatAddress, type RemoteAddress } from '../../remote/remoteAddress';
import { isRemoteError } from '../../remote/remoteError';
import { parentPath } from '../../remote/remotePath';
import type { EditorContext } from '../window/editorContext';
import { ImplicitParents } from './implicitParents';
import { parentsOf, type StatCache } from './statCache';

/**
 * Creates folders. On a store without directories, only a folder that someone requested gets a marker; a parent of a new file exists
 * through the file, and until then only in this window.
 */
export class FolderCreation implements vscode.Disposable {
  /** Folders that the user creates with New Folder. */
  private readonly requested = new Set<string>();
  private readonly parents = new ImplicitParents();
  private readonly creating = new Map<string, Promise<void>>();
  private readonly subscription: vscode.Disposable;

  constructor(
    private readonly context: Omit<EditorContext, 'settings'>,
    private readonly stats: StatCache,
    private readonly signal: AbortSignal,
  ) {
    this.subscription = vscode.Disposable.from(
      vscode.workspace.onWillCreateFiles(({ files }) => {
        for (const uri of files) this.requested.add(uri.toString());
      }),
      vscode.workspace.onDidCreateFiles(({ files }) => {
        for (const uri of files) this.requested.delete(uri.toString());
      }),
    );
  }

  /** Call when a stat begins, and the returned function with its result: see `ImplicitParents`. */
  recordStat(address: RemoteAddress): (absent: boolean) => void {
    return this.parents.recordStat(address);
  }

  async create(uri: vscode.Uri, folder: RemoteAddress): Promise<void> {
    const remote = await this.context.app.openRemote(folder.remote);
    const requested = this.requested.delete(uri.toString()) || remote.capabilities.hasDirectories;
    const stored = requested || !(this.stats.isImplied(folder) || this.parents.isImplicit(folder));
    if (stored) await this.store(remote, folder);
    else {
      this.stats.imply(folder);
      this.stats.forget(folder);
    }
    this.parents.recordCreated(folder, stored && !requested);
  }

  /** Whether the folder of `file` got a marker only for this write. Call in the turn in which the write begins. */
  hasMarkerFor(file: RemoteAddress): boolean {
    return this.parents.hasMarkerFor(file);
  }

  /** Removes the marker of the folder of `file`, which exists through the file. */
  async removeMarkerFor(file: RemoteAddress, remote: Remote): Promise<void> {
    const folder = { ...file, path: parentPath(file.path) };
    this.stats.imply(folder);
    try {
      await remote.removeFolderMark?.(folder.path, this.signal);
    } catch (error) {
      // A leftover marker is harmless.
      if (!isRemoteError(error)) throw error;
      this.context.output.debug(
        `[edit] Can't remove the marker of ${formatAddress(folder)}: ${error.message}`,
      );
    }
  }

  /** On a disk an emptied folder stays. Imitates that in this window for stores whose folders are only prefixes. */
  async keepParents(address: RemoteAddress): Promise<void> {
    if ((await this.context.app.openRemote(address.remote)).capabilities.hasDirectories) return;
    for (const parent of parentsOf(address)) this.stats.imply(parent);
  }

  dispose(): void {
    this.subscription.dispose();
  }

  private async store(remote: Remote, folder: RemoteAddress): Promise<void> {
    const key = formatAddress(folder);
    // Concurrent writes of several files request their common folder concurrently.
    const creating = this.creating.get(key) ?? remote.makeFolder(folder.path, this.signal);
    this.creating.set(key, creating);
    try {
      await creating;
    } finally {
      this.creating.delete(key);
    }
    this.context.changes.fire({ ...folder, kind: 'created' });
  }
}
