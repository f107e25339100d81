import * as vscode from 'vscode';
import type { App } from '../../app';
import type { FileEntry, FolderEntry } from '../../remote/entry';
import type { Remote } from '../../remote/remote';
import { formatAddress, type RemoteAddress } from '../../remote/remoteAddress';
import { isRemoteError, RemoteError } from '../../remote/remoteError';
import { baseName, parentPath, rootPath } from '../../remote/remotePath';
import { acceptsFiles } from '../../usecases/configuredRemotes';
import { copyItems, type ItemsProgress } from '../../usecases/copyItems';
import { countItems, deleteItems } from '../../usecases/deleteItems';
import { maxEditorBytes, readWholeFile } from '../../usecases/openRemoteFile';
import { type SaveBase, type SaveOutcome, saveRemoteFile } from '../../usecases/saveRemoteFile';
import type { RemoteChange, RemoteChangeEvents } from '../platform/remoteChangeEvents';
import { fromUri, toUri, toUriPath } from '../platform/remoteUri';
import type { OutputLog } from '../window/outputLog';
import { withDelayedProgress } from '../window/progress';
import * as window from '../window/window';
import { toFileSystemError } from './fileSystemErrors';
import { FolderMtimes, MonotonicMtimes } from './fileTimes';
import { ImplicitParents } from './implicitParents';
import { isAtOrBelowAny } from './listingCache';
import type { MovedDocuments } from './movedDocuments';
import type { OpenDocuments } from './openDocuments';
import { describeConflict, type SaveConflicts } from './saveConflict';
import { parentsOf, StatCache } from './statCache';

/** What the file system works with. */
export interface FileSystemDependencies {
  readonly app: App;
  readonly changes: RemoteChangeEvents;
  readonly documents: OpenDocuments;
  readonly conflicts: SaveConflicts;
  readonly moves: MovedDocuments;
  readonly output: OutputLog;
  /** Most entries of a folder that are handed to the Explorer. */
  readonly maxEntries: () => number;
}

/**
 * Everything on the remotes as files of the editor: `cloudremotes://<remote>/<bucket>/<key>`.
 *
 * Never asks the user anything (searches and other extensions call it as well) and never answers a failure with empty
 * content. Errors leave through `toFileSystemError` only.
 */
export class RemoteFileSystem implements vscode.FileSystemProvider, vscode.Disposable {
  private readonly lookups: StatCache;
  private readonly times = new MonotonicMtimes();
  private readonly folderTimes = new FolderMtimes();
  private readonly changed = new vscode.EventEmitter<vscode.FileChangeEvent[]>();
  readonly onDidChangeFile = this.changed.event;
  private readonly closing = new AbortController();
  /** What the user makes with New Folder (and New File). */
  private readonly wantedFolders = new Set<string>();
  private readonly onTheWay = new ImplicitParents();
  private readonly making = new Map<string, Promise<void>>();
  private readonly toldCutOff = new Set<string>();
  private readonly disposables: vscode.Disposable[];

  constructor(private readonly parts: FileSystemDependencies) {
    this.lookups = new StatCache(
      (name) => parts.app.openRemote(name),
      Date.now,
      (remote) => acceptsFiles(parts.app.remotes(), { remote, path: rootPath }),
    );
    this.disposables = [
      this.changed,
      parts.changes.event((changes) => this.tell(changes)),
      vscode.workspace.onWillCreateFiles(({ files }) => {
        for (const uri of files) this.wantedFolders.add(uri.toString());
      }),
      vscode.workspace.onDidCreateFiles(({ files }) => {
        for (const uri of files) this.wantedFolders.delete(uri.toString());
      }),
    ];
  }

  /** Polling is the work of PollOpenFiles, for all watched files together. */
  watch(): vscode.Disposable {
    return { dispose: () => {} };
  }

  async stat(uri: vscode.Uri): Promise<vscode.FileStat> {
    return this.answer(async () => {
      const address = this.addressOf(uri);
      const save = this.parts.documents.statDuringSave(uri);
      if (save?.entry) {
        const { entry, undated } = save;
        return fileStat(entry, undated ? 0 : this.times.earlierMtimeOf(formatAddress(address), entry));
      }
      const answered = this.onTheWay.recordStat(address);
      try {
        const entry = await this.lookups.stat(address, this.closing.signal);
        answered(false);
        return save && entry.kind === 'file' ? fileStat(entry, 0) : this.statOf(address, entry);
      } catch (error) {
        answered(isRemoteError(error, 'notFound'));
        throw error;
      }
    });
  }

  async readDirectory(uri: vscode.Uri): Promise<[string, vscode.FileType][]> {
    return this.answer(async () => {
      const folder = this.addressOf(uri);
      const most = this.parts.maxEntries();
      const { entries, complete } = await this.lookups.list(folder, most, this.closing.signal);
      if (!complete) this.tellCutOff(folder, most);
      return [...entries].map(([name, entry]) => [toUriPath(name), typeOf(entry)]);
    });
  }

  async readFile(uri: vscode.Uri): Promise<Uint8Array> {
    return this.answer(async () => {
      const address = this.addressOf(uri);
      const { signal } = this.closing;
      await this.lookups.assertReadable(address, signal);
      const remote = await this.parts.app.openRemote(address.remote);
      const read = readWholeFile(remote, address.path, maxEditorBytes, signal);
      const { entry, content } = await read.catch(async (error: unknown) => {
        // A store of prefixes has nothing under the name of a folder.
        if (isRemoteError(error, 'notFound')) await this.lookups.assertNotFolder(address, signal);
        throw error;
      });
      this.parts.documents.recordRead(uri, entry, content);
      return content;
    });
  }

  async writeFile(
    uri: vscode.Uri,
    content: Uint8Array,
    options: { readonly create: boolean; readonly overwrite: boolean },
  ): Promise<void> {
    const { documents } = this.parts;
    documents.beginWrite(uri);
    let ok = false;
    try {
      await this.answer(() => this.write(uri, content, options));
      ok = true;
    } finally {
      documents.endWrite(uri, ok);
    }
  }

  async createDirectory(uri: vscode.Uri): Promise<void> {
    return this.answer(async () => {
      const folder = this.addressOf(uri);
      this.mustHoldFiles(folder);
      const remote = await this.parts.app.openRemote(folder.remote);
      const wanted = this.wantedFolders.delete(uri.toString()) || remote.capabilities.hasDirectories;
      const stored = wanted || !(this.lookups.isImplied(folder) || this.onTheWay.isImplicit(folder));
      if (stored) await this.makeFolder(remote, folder);
      else {
        // It is there as soon as the file is.
        this.lookups.imply(folder);
        this.lookups.forget(folder);
      }
      this.onTheWay.recordCreated(folder, stored && !wanted);
    });
  }

  async delete(uri: vscode.Uri, options: { readonly recursive: boolean }): Promise<void> {
    return this.answer(async () => {
      const address = this.addressOf(uri);
      this.mustHoldFiles(address);
      const entry = await this.lookups.statFresh(address, this.closing.signal);
      if (entry.kind === 'folder' && !options.recursive) {
        const most = this.parts.maxEntries();
        const { entries } = await this.lookups.list(address, most, this.closing.signal);
        if (entries.size > 0) throw new RemoteError('notEmpty', `${formatAddress(address)} is not empty.`);
      }
      try {
        await this.deleteAll(address);
      } catch (error) {
        // A folder that only this window knew of is gone with that.
        if (!(entry.kind === 'folder' && isRemoteError(error, 'notFound'))) {
          this.parts.changes.fire({ ...address, kind: 'changed' });
          throw error;
        }
      }
      this.parts.changes.fire({ ...address, kind: 'deleted' });
      await this.keepParents(address);
    });
  }

  async rename(from: vscode.Uri, to: vscode.Uri, options: { readonly overwrite: boolean }): Promise<void> {
    return this.answer(async () => {
      const [source, target] = [this.addressOf(from), this.addressOf(to)];
      const follow = await this.parts.moves.prepare(from, to);
      await this.transfer(source, target, { move: true, overwrite: options.overwrite });
      this.parts.changes.fire({ ...source, kind: 'deleted' }, { ...target, kind: 'created' });
      await this.keepParents(source);
      await follow();
    });
  }

  async copy(from: vscode.Uri, to: vscode.Uri, options: { readonly overwrite: boolean }): Promise<void> {
    return this.answer(async () => {
      const target = this.addressOf(to);
      await this.transfer(this.addressOf(from), target, { move: false, overwrite: options.overwrite });
      this.parts.changes.fire({ ...target, kind: 'created' });
    });
  }

  dispose(): void {
    this.closing.abort(new vscode.CancellationError());
    for (const one of this.disposables) one.dispose();
  }

  /** The address of `uri`. Throws RemoteError. */
  addressOf(uri: vscode.Uri): RemoteAddress {
    return fromUri(
      uri,
      this.parts.app.remotes().map(({ settings }) => settings.name),
    );
  }

  /** Buckets and what is above them can't be made, changed or removed as if they were files. Throws RemoteError. */
  private mustHoldFiles(address: RemoteAddress): void {
    const parent = { remote: address.remote, path: parentPath(address.path) };
    const remotes = this.parts.app.remotes();
    if (address.path !== rootPath && acceptsFiles(remotes, parent)) return;
    const listsBuckets = !acceptsFiles(remotes, { remote: address.remote, path: rootPath });
    throw new RemoteError(
      'unsupported',
      `${formatAddress(address)} is no place for a file.${listsBuckets ? ' Buckets are made and removed in the Cloud Remotes view.' : ''}`,
    );
  }

  /** Forgets all that is remembered, after settings or secrets changed. */
  forgetAll(): void {
    this.lookups.forgetAll();
  }

  private async write(
    uri: vscode.Uri,
    content: Uint8Array,
    options: { readonly create: boolean; readonly overwrite: boolean },
  ): Promise<void> {
    const address = this.addressOf(uri);
    this.mustHoldFiles(address);
    const { app, changes, conflicts, documents } = this.parts;
    const { signal } = this.closing;
    const marked = this.onTheWay.hasMarkerFor(address);
    const known = documents.baseOf(uri);
    const there = known === undefined || known === 'unknown' ? await this.find(address) : undefined;
    if (known === undefined) {
      if (there && !options.overwrite)
        throw new RemoteError('alreadyExists', `${formatAddress(address)} already exists.`);
      if (!there && !options.create)
        throw new RemoteError('notFound', `There is no ${formatAddress(address)}.`);
    }
    const base: SaveBase = known === undefined || known === 'unknown' ? (there ?? 'absent') : known;
    this.refuseEmptying(uri, content, base);
    const remote = await app.openRemote(address.remote);
    if (marked) await this.unmark(remote, { ...address, path: parentPath(address.path) });
    const save = (from: SaveBase) =>
      saveRemoteFile(remote, address.path, content, from, { now: Date.now }, signal);
    let outcome: SaveOutcome =
      known === 'unknown' && there ? { kind: 'conflict', theirs: there } : await save(base);
    // On a disk, too, a file that was deleted here is there again after a save of what is still open.
    const again = outcome.kind === 'conflict' && !outcome.theirs && documents.isRemoved(uri);
    if (again) outcome = await save('absent');
    if (outcome.kind === 'conflict') {
      this.lookups.forget(address);
      const conflict = {
        uri,
        address,
        mine: content,
        theirs: outcome.theirs,
        unknownBase: known === 'unknown',
      };
      if (known !== undefined) conflicts.show(conflict, documents.isAutoSave(uri));
      throw new RemoteError('changed', `Not saved. ${describeConflict(conflict, Date.now())}`);
    }
    await documents.recordWrite(uri, outcome.entry, content);
    conflicts.clear(uri);
    changes.fire({ ...address, kind: again || base === 'absent' ? 'created' : 'changed' });
    this.lookups.recordWrite(address, outcome.entry);
  }

  private async makeFolder(remote: Remote, folder: RemoteAddress): Promise<void> {
    const key = formatAddress(folder);
    // Several files that are written at once want their folder at once.
    const making = this.making.get(key) ?? remote.makeFolder(folder.path, this.closing.signal);
    this.making.set(key, making);
    try {
      await making;
    } finally {
      this.making.delete(key);
    }
    this.parts.changes.fire({ ...folder, kind: 'created' });
  }

  /** Takes away the mark of a folder that turns out to have been made for just the file that is written now. */
  private async unmark(remote: Remote, folder: RemoteAddress): Promise<void> {
    this.lookups.imply(folder);
    try {
      await remote.removeFolderMark?.(folder.path, this.closing.signal);
    } catch (error) {
      // It may stay: it says no more than that there is a folder.
      if (!isRemoteError(error)) throw error;
      this.parts.output.debug(`[edit] ${formatAddress(folder)} keeps its mark: ${error.message}`);
    }
  }

  private async deleteAll(address: RemoteAddress): Promise<void> {
    const remote = await this.parts.app.openRemote(address.remote);
    const title = `Deleting ${formatAddress(address)}`;
    await withDelayedProgress(title, this.closing.signal, async (signal, tell) => {
      const all = await countItems(remote, [{ path: address.path }], signal);
      const onProgress = (done: number) => tell(`${done} of ${all.files} files`, done / all.files);
      await deleteItems(remote, all, { onProgress, locks: this.parts.app.locks }, signal);
    });
  }

  /** Copies or moves within a remote by the service itself, between two through here. */
  private async transfer(
    source: RemoteAddress,
    target: RemoteAddress,
    options: { readonly move: boolean; readonly overwrite: boolean },
  ): Promise<void> {
    for (const address of [source, target]) this.mustHoldFiles(address);
    const { app, changes } = this.parts;
    const [from, to] = await Promise.all([app.openRemote(source.remote), app.openRemote(target.remote)]);
    const title = `${options.move ? 'Moving' : 'Copying'} ${formatAddress(source)}`;
    const items = [{ from, source: source.path, to, target: target.path }];
    try {
      await withDelayedProgress(title, this.closing.signal, (signal, tell) => {
        const onProgress = ({ files, filesDone }: ItemsProgress) =>
          tell(`${filesDone} of ${files} files`, filesDone / files);
        return copyItems(items, { ...options, onProgress, locks: app.locks }, signal);
      });
    } catch (error) {
      if (isRemoteError(error, 'notFound') && this.lookups.isImplied(source)) {
        this.lookups.copyImplied(source, target);
        return;
      }
      // A part of it may be done.
      changes.fire({ ...source, kind: 'changed' }, { ...target, kind: 'changed' });
      throw error;
    }
    this.lookups.copyImplied(source, target);
  }

  /** On a disk the folder stays when its last file goes; so it does here, in this window, where folders are only prefixes. */
  private async keepParents(address: RemoteAddress): Promise<void> {
    if ((await this.parts.app.openRemote(address.remote)).capabilities.hasDirectories) return;
    for (const parent of parentsOf(address)) this.lookups.imply(parent);
  }

  /** The file at `address` by a fresh look, or undefined when there is none. Throws for a folder. */
  private async find(address: RemoteAddress): Promise<FileEntry | undefined> {
    try {
      const entry = await this.lookups.statFresh(address, this.closing.signal);
      if (entry.kind === 'file') return entry;
      throw new RemoteError('isAFolder', `${formatAddress(address)} is a folder.`);
    } catch (error) {
      // Where only writing is allowed, the precondition of the write itself finds out.
      if (isRemoteError(error, 'notFound', 'forbidden')) return undefined;
      throw error;
    }
  }

  /** No text document is emptied unless its text is empty: peers lost files to buffers that had not been filled. */
  private refuseEmptying(uri: vscode.Uri, content: Uint8Array, base: SaveBase): void {
    if (content.length > 0 || base === 'absent' || base.size === 0) return;
    const document = this.parts.documents.find(uri);
    if (document && document.getText() !== '')
      throw new RemoteError(
        'corrupted',
        `Not saved: the editor handed over no content for ${baseName(base.path)}.`,
      );
  }

  private statOf(address: RemoteAddress, entry: FileEntry | FolderEntry): vscode.FileStat {
    if (entry.kind === 'folder')
      return {
        type: vscode.FileType.Directory,
        ctime: this.folderTimes.createdMs,
        mtime: this.folderTimes.mtimeOf(formatAddress(address)),
        size: 0,
      };
    return fileStat(entry, this.times.mtimeOf(formatAddress(address), entry));
  }

  private tell(changes: readonly RemoteChange[]): void {
    this.lookups.forgetAllOf(changes);
    const deleted = changes.filter(({ kind }) => kind === 'deleted');
    this.lookups.unimply(deleted);
    const removed = new Set(deleted.filter(({ byOthers }) => !byOthers).map(formatAddress));
    if (removed.size > 0)
      this.parts.documents.recordRemovals((uri) => isAtOrBelowAny(this.addressOf(uri), removed));
    const folders = new Set<string>();
    for (const { remote, path, kind } of changes)
      if (kind !== 'changed') folders.add(formatAddress({ remote, path: parentPath(path) }));
    this.folderTimes.touch(folders);
    this.changed.fire(changes.map((change) => ({ type: changeTypes[change.kind], uri: toUri(change) })));
  }

  private tellCutOff(folder: RemoteAddress, most: number): void {
    const key = formatAddress(folder);
    if (this.toldCutOff.has(key)) return;
    this.toldCutOff.add(key);
    const [open, settings] = ['Show in Cloud Remotes', 'Change Limit'];
    const text = `${key} has more than ${most.toLocaleString('en-US')} entries. The Explorer shows the first ones only; the Cloud Remotes view loads them page by page.`;
    void window.showWarningMessage(text, open, settings).then((chosen) => {
      if (chosen === open) void vscode.commands.executeCommand('cloudRemotes.goToAddress', key);
      if (chosen === settings)
        void vscode.commands.executeCommand('workbench.action.openSettings', 'cloudRemotes.explorerLimit');
    });
  }

  /** Runs `work` and turns its error into the editor's, logged. */
  private async answer<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (!isRemoteError(error)) this.parts.output.error(error instanceof Error ? error : String(error));
      else if (error.kind !== 'notFound') this.parts.output.warn(`[edit] ${error.message}`);
      throw toFileSystemError(error);
    }
  }
}

const changeTypes: Readonly<Record<RemoteChange['kind'], vscode.FileChangeType>> = {
  created: vscode.FileChangeType.Created,
  changed: vscode.FileChangeType.Changed,
  deleted: vscode.FileChangeType.Deleted,
};

/** A store keeps no time of a file's first version: each version is made whole. */
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
