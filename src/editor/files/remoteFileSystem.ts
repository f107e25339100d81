import * as vscode from 'vscode';
import type { FileEntry, FolderEntry } from '../../remote/entry';
import { formatAddress, type RemoteAddress } from '../../remote/remoteAddress';
import { isRemoteError, RemoteError } from '../../remote/remoteError';
import { parentPath, rootPath } from '../../remote/remotePath';
import { acceptsFiles } from '../../usecases/configuredRemotes';
import { copyItems, type ItemsProgress } from '../../usecases/copyItems';
import { countItems, deleteItems } from '../../usecases/deleteItems';
import { maxEditorBytes, readWholeFile } from '../../usecases/openRemoteFile';
import { addressOfUri } from '../platform/places';
import type { RemoteChange } from '../platform/remoteChangeEvents';
import { toUri, toUriPath } from '../platform/remoteUri';
import type { EditorContext } from '../window/editorContext';
import { toFileSystemError } from '../window/fileSystemErrors';
import { withDelayedProgress } from '../window/progress';
import * as window from '../window/window';
import { FolderMtimes, MonotonicMtimes } from './fileTimes';
import { FileWriter, type WriteOptions } from './fileWriter';
import { FolderCreation } from './folderCreation';
import { isAtOrBelowAny } from './listingCache';
import type { MovedDocuments } from './movedDocuments';
import type { OpenDocuments } from './openDocuments';
import type { SaveConflicts } from './saveConflict';
import { StatCache } from './statCache';

export interface FileSystemDependencies extends Omit<EditorContext, 'settings'> {
  readonly documents: OpenDocuments;
  readonly conflicts: SaveConflicts;
  readonly moves: MovedDocuments;
  /** Limit of the entries that the Explorer gets per folder. */
  readonly maxEntries: () => number;
}

/**
 * The remotes as files of the editor: `cloudremotes://<remote>/<bucket>/<key>`. Never prompts, since searches and other extensions call
 * it too, and never returns empty content for a failure. Every error passes through `toFileSystemError`.
 */
export class RemoteFileSystem implements vscode.FileSystemProvider, vscode.Disposable {
  private readonly mtimes = new MonotonicMtimes();
  private readonly folderMtimes = new FolderMtimes();
  private readonly changed = new vscode.EventEmitter<vscode.FileChangeEvent[]>();
  readonly onDidChangeFile = this.changed.event;
  private readonly closing = new AbortController();
  private readonly stats: StatCache;
  private readonly folders: FolderCreation;
  private readonly writer: FileWriter;
  /** Folders whose truncated listing was reported. */
  private readonly truncated = new Set<string>();
  private readonly subscription: vscode.Disposable;

  constructor(private readonly dependencies: FileSystemDependencies) {
    const { app, changes } = dependencies;
    this.stats = new StatCache(
      (name) => app.openRemote(name),
      Date.now,
      (remote) => acceptsFiles(app.remotes(), { remote, path: rootPath }),
    );
    this.folders = new FolderCreation(dependencies, this.stats, this.closing.signal);
    this.writer = new FileWriter(
      { ...dependencies, folders: this.folders, stats: this.stats },
      this.closing.signal,
    );
    this.subscription = changes.event((all) => this.applyChanges(all));
  }

  /** `PollOpenFiles` polls all open files together. */
  watch(): vscode.Disposable {
    return { dispose: () => {} };
  }

  async stat(uri: vscode.Uri): Promise<vscode.FileStat> {
    return this.withFileSystemErrors(async () => {
      const address = this.addressOf(uri);
      const save = this.dependencies.documents.statDuringSave(uri);
      if (save?.entry) {
        const { entry, undated } = save;
        return fileStat(entry, undated ? 0 : this.mtimes.earlierMtimeOf(formatAddress(address), entry));
      }
      const recordResult = this.folders.recordStat(address);
      try {
        const entry = await this.stats.stat(address, this.closing.signal);
        recordResult(false);
        return save && entry.kind === 'file' ? fileStat(entry, 0) : this.statOf(address, entry);
      } catch (error) {
        recordResult(isRemoteError(error, 'notFound'));
        throw error;
      }
    });
  }

  async readDirectory(uri: vscode.Uri): Promise<[string, vscode.FileType][]> {
    return this.withFileSystemErrors(async () => {
      const folder = this.addressOf(uri);
      const max = this.dependencies.maxEntries();
      const { entries, complete } = await this.stats.list(folder, max, this.closing.signal);
      if (!complete) this.warnTruncated(folder, max);
      return [...entries].map(([name, entry]) => [toUriPath(name), typeOf(entry)]);
    });
  }

  async readFile(uri: vscode.Uri): Promise<Uint8Array> {
    return this.withFileSystemErrors(async () => {
      const address = this.addressOf(uri);
      const { signal } = this.closing;
      await this.stats.assertReadable(address, signal);
      const remote = await this.dependencies.app.openRemote(address.remote);
      const read = readWholeFile(remote, address.path, maxEditorBytes, signal);
      const { entry, content } = await read.catch(async (error: unknown) => {
        // A store of prefixes reports "not found" for the path of a folder.
        if (isRemoteError(error, 'notFound')) await this.stats.assertNotFolder(address, signal);
        throw error;
      });
      this.dependencies.documents.recordRead(uri, entry, content);
      return content;
    });
  }

  async writeFile(uri: vscode.Uri, content: Uint8Array, options: WriteOptions): Promise<void> {
    const { documents } = this.dependencies;
    documents.beginWrite(uri);
    let ok = false;
    try {
      await this.withFileSystemErrors(() => {
        const address = this.addressOf(uri);
        this.assertAcceptsFiles(address);
        return this.writer.write(uri, address, content, options);
      });
      ok = true;
    } finally {
      documents.endWrite(uri, ok);
    }
  }

  async createDirectory(uri: vscode.Uri): Promise<void> {
    return this.withFileSystemErrors(() => {
      const folder = this.addressOf(uri);
      this.assertAcceptsFiles(folder);
      return this.folders.create(uri, folder);
    });
  }

  async delete(uri: vscode.Uri, options: { readonly recursive: boolean }): Promise<void> {
    return this.withFileSystemErrors(async () => {
      const { changes, maxEntries } = this.dependencies;
      const address = this.addressOf(uri);
      this.assertAcceptsFiles(address);
      const entry = await this.stats.statFresh(address, this.closing.signal);
      if (entry.kind === 'folder' && !options.recursive) {
        const { entries } = await this.stats.list(address, maxEntries(), this.closing.signal);
        if (entries.size > 0) throw new RemoteError('notEmpty', `${formatAddress(address)} is not empty.`);
      }
      try {
        await this.deleteAll(address);
      } catch (error) {
        // The store has no such folder when it is only implied in this window.
        if (!(entry.kind === 'folder' && isRemoteError(error, 'notFound'))) {
          changes.fire({ ...address, kind: 'changed' });
          throw error;
        }
      }
      changes.fire({ ...address, kind: 'deleted' });
      await this.folders.keepParents(address);
    });
  }

  async rename(from: vscode.Uri, to: vscode.Uri, options: { readonly overwrite: boolean }): Promise<void> {
    return this.withFileSystemErrors(async () => {
      const { changes, moves } = this.dependencies;
      const [source, target] = [this.addressOf(from), this.addressOf(to)];
      const moveBases = await moves.prepare(from, to);
      await this.transfer(source, target, { move: true, overwrite: options.overwrite });
      changes.fire({ ...source, kind: 'deleted' }, { ...target, kind: 'created' });
      await this.folders.keepParents(source);
      await moveBases();
    });
  }

  async copy(from: vscode.Uri, to: vscode.Uri, options: { readonly overwrite: boolean }): Promise<void> {
    return this.withFileSystemErrors(async () => {
      const target = this.addressOf(to);
      await this.transfer(this.addressOf(from), target, { move: false, overwrite: options.overwrite });
      this.dependencies.changes.fire({ ...target, kind: 'created' });
    });
  }

  dispose(): void {
    this.closing.abort(new vscode.CancellationError());
    this.changed.dispose();
    this.subscription.dispose();
    this.folders.dispose();
  }

  /** Throws RemoteError `badName`. */
  addressOf(uri: vscode.Uri): RemoteAddress {
    return addressOfUri(uri, this.dependencies.app);
  }

  /** Clears the caches after settings or secrets changed. */
  clearCaches(): void {
    this.stats.clear();
  }

  /** Buckets and remotes can't be created, changed or deleted as files. Throws RemoteError `unsupported`. */
  private assertAcceptsFiles(address: RemoteAddress): void {
    const { remote, path } = address;
    const remotes = this.dependencies.app.remotes();
    if (path !== rootPath && acceptsFiles(remotes, { remote, path: parentPath(path) })) return;
    const hint = acceptsFiles(remotes, { remote, path: rootPath })
      ? ''
      : ' Create and delete buckets in the Cloud Remotes view.';
    throw new RemoteError('unsupported', `${formatAddress(address)} can't be used as a file.${hint}`);
  }

  private async deleteAll(address: RemoteAddress): Promise<void> {
    const { app } = this.dependencies;
    const remote = await app.openRemote(address.remote);
    const title = `Deleting ${formatAddress(address)}`;
    await withDelayedProgress(title, this.closing.signal, async (signal, report) => {
      const all = await countItems(remote, [{ path: address.path }], signal);
      const onProgress = (done: number) => report(`${done} of ${all.files} files`, done / all.files);
      await deleteItems(remote, all, { onProgress, locks: app.locks }, signal);
    });
  }

  private async transfer(
    source: RemoteAddress,
    target: RemoteAddress,
    options: { readonly move: boolean; readonly overwrite: boolean },
  ): Promise<void> {
    for (const address of [source, target]) this.assertAcceptsFiles(address);
    const { app, changes } = this.dependencies;
    const [from, to] = await Promise.all([app.openRemote(source.remote), app.openRemote(target.remote)]);
    const title = `${options.move ? 'Moving' : 'Copying'} ${formatAddress(source)}`;
    const items = [{ from, source: source.path, to, target: target.path }];
    try {
      await withDelayedProgress(title, this.closing.signal, (signal, report) => {
        const onProgress = ({ files, filesDone }: ItemsProgress) =>
          report(`${filesDone} of ${files} files`, filesDone / files);
        return copyItems(items, { ...options, onProgress, locks: app.locks }, signal);
      });
    } catch (error) {
      if (!(isRemoteError(error, 'notFound') && this.stats.isImplied(source))) {
        // Some of the files may have been transferred.
        changes.fire({ ...source, kind: 'changed' }, { ...target, kind: 'changed' });
        throw error;
      }
    }
    this.stats.copyImplied(source, target);
  }

  private statOf(address: RemoteAddress, entry: FileEntry | FolderEntry): vscode.FileStat {
    const key = formatAddress(address);
    if (entry.kind === 'file') return fileStat(entry, this.mtimes.mtimeOf(key, entry));
    return {
      type: vscode.FileType.Directory,
      ctime: this.folderMtimes.createdMs,
      mtime: this.folderMtimes.mtimeOf(key),
      size: 0,
    };
  }

  private applyChanges(changes: readonly RemoteChange[]): void {
    this.stats.forgetAllOf(changes);
    const deleted = changes.filter(({ kind }) => kind === 'deleted');
    this.stats.unimply(deleted);
    const removed = new Set(deleted.filter(({ byOthers }) => !byOthers).map(formatAddress));
    if (removed.size > 0)
      this.dependencies.documents.recordRemovals((uri) => isAtOrBelowAny(this.addressOf(uri), removed));
    const folders = new Set<string>();
    for (const { remote, path, kind } of changes)
      if (kind !== 'changed') folders.add(formatAddress({ remote, path: parentPath(path) }));
    this.folderMtimes.touch(folders);
    this.changed.fire(changes.map((change) => ({ type: changeTypes[change.kind], uri: toUri(change) })));
  }

  private warnTruncated(folder: RemoteAddress, max: number): void {
    const key = formatAddress(folder);
    if (this.truncated.has(key)) return;
    this.truncated.add(key);
    const [open, settings] = ['Show in Cloud Remotes', 'Change Limit'];
    const text = `${key} has more than ${max.toLocaleString('en-US')} entries. The Explorer shows only the first ones; the Cloud Remotes view loads all of them page by page.`;
    void window.showWarningMessage(text, open, settings).then((chosen) => {
      if (chosen === open) void vscode.commands.executeCommand('cloudRemotes.goToAddress', key);
      if (chosen === settings)
        void vscode.commands.executeCommand('workbench.action.openSettings', 'cloudRemotes.explorerLimit');
    });
  }

  /** Logs an error of `work` and rethrows it as an error of the editor. */
  private async withFileSystemErrors<T>(work: () => Promise<T>): Promise<T> {
    const { output } = this.dependencies;
    try {
      return await work();
    } catch (error) {
      if (!isRemoteError(error)) output.error(error instanceof Error ? error : String(error));
      else if (error.kind !== 'notFound') output.warn(`[edit] ${error.message}`);
      throw toFileSystemError(error);
    }
  }
}

const changeTypes: Readonly<Record<RemoteChange['kind'], vscode.FileChangeType>> = {
  created: vscode.FileChangeType.Created,
  changed: vscode.FileChangeType.Changed,
  deleted: vscode.FileChangeType.Deleted,
};

/** Stores have no creation time; each version replaces the whole file, so its creation time is its mtime. */
function fileStat(entry: FileEntry, mtime: number): vscode.FileStat {
  return {
    type: vscode.FileType.File,
    ctime: mtime,
    mtime,
    size: entry.size,
    ...(entry.readonly !== undefined && { permissions: vscode.FilePermission.Readonly }),
  };
}

function typeOf(entry: FileEntry | FolderEntry): vscode.FileType {
  return entry.kind === 'file' ? vscode.FileType.File : vscode.FileType.Directory;
}
