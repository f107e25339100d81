import type * as vscode from 'vscode';
import type { FileEntry } from '../../remote/entry';
import { formatAddress, type RemoteAddress } from '../../remote/remoteAddress';
import { isRemoteError, RemoteError } from '../../remote/remoteError';
import { baseName } from '../../remote/remotePath';
import { type SaveBase, type SaveOutcome, saveRemoteFile } from '../../usecases/saveRemoteFile';
import type { EditorContext } from '../window/editorContext';
import type { FolderCreation } from './folderCreation';
import type { OpenDocuments } from './openDocuments';
import { describeConflict, type SaveConflicts } from './saveConflict';
import type { StatCache } from './statCache';

export interface WriteOptions {
  readonly create: boolean;
  readonly overwrite: boolean;
}

interface FileWriterDependencies extends Pick<EditorContext, 'app' | 'changes'> {
  readonly documents: OpenDocuments;
  readonly conflicts: SaveConflicts;
  readonly folders: FolderCreation;
  readonly stats: StatCache;
}

/** Writes files with a precondition: an open document replaces only the version that its text is based on. */
export class FileWriter {
  constructor(
    private readonly dependencies: FileWriterDependencies,
    private readonly signal: AbortSignal,
  ) {}

  /** Throws RemoteError; `changed` after a conflict, which is shown to the user as well. */
  async write(
    uri: vscode.Uri,
    address: RemoteAddress,
    content: Uint8Array,
    options: WriteOptions,
  ): Promise<void> {
    const { app, changes, conflicts, documents, folders, stats } = this.dependencies;
    const hasMarker = folders.hasMarkerFor(address);
    const known = documents.baseOf(uri);
    const existing = known === undefined || known === 'unknown' ? await this.find(address) : undefined;
    if (known === undefined) {
      if (existing && !options.overwrite)
        throw new RemoteError('alreadyExists', `${formatAddress(address)} already exists.`);
      if (!existing && !options.create)
        throw new RemoteError('notFound', `There is no ${formatAddress(address)}.`);
    }
    const base: SaveBase = known === undefined || known === 'unknown' ? (existing ?? 'absent') : known;
    this.rejectEmptyWrite(uri, content, base);
    const remote = await app.openRemote(address.remote);
    if (hasMarker) await folders.removeMarkerFor(address, remote);
    const save = (from: SaveBase) =>
      saveRemoteFile(remote, address.path, content, from, { now: Date.now }, this.signal);
    let outcome: SaveOutcome =
      known === 'unknown' && existing ? { kind: 'conflict', theirs: existing } : await save(base);
    // As on a disk, saving a file that this window deleted creates it again.
    const recreated = outcome.kind === 'conflict' && !outcome.theirs && documents.isRemoved(uri);
    if (recreated) outcome = await save('absent');
    if (outcome.kind === 'conflict') {
      stats.forget(address);
      const { theirs } = outcome;
      const conflict = { uri, address, mine: content, theirs, unknownBase: known === 'unknown' };
      if (known !== undefined) conflicts.show(conflict, documents.isAutoSave(uri));
      throw new RemoteError('changed', `Not saved. ${describeConflict(conflict, Date.now())}`);
    }
    await documents.recordWrite(uri, outcome.entry, content);
    conflicts.clear(uri);
    changes.fire({ ...address, kind: recreated || base === 'absent' ? 'created' : 'changed' });
    stats.recordWrite(address, outcome.entry);
  }

  /** The file at `address`, requested from the service; undefined when absent. Throws `isAFolder`. */
  private async find(address: RemoteAddress): Promise<FileEntry | undefined> {
    try {
      const entry = await this.dependencies.stats.statFresh(address, this.signal);
      if (entry.kind === 'file') return entry;
      throw new RemoteError('isAFolder', `${formatAddress(address)} is a folder.`);
    } catch (error) {
      // With write-only permissions the stat is forbidden; the precondition of the write decides.
      if (isRemoteError(error, 'notFound', 'forbidden')) return undefined;
      throw error;
    }
  }

  /** Rejects empty content for a document with text: other extensions lost files by saving buffers that had not been filled yet. */
  private rejectEmptyWrite(uri: vscode.Uri, content: Uint8Array, base: SaveBase): void {
    if (content.length > 0 || base === 'absent' || base.size === 0) return;
    const document = this.dependencies.documents.find(uri);
    if (document && document.getText() !== '')
      throw new RemoteError('corrupted', `Not saved: the editor sent no content for ${baseName(base.path)}.`);
  }
}
