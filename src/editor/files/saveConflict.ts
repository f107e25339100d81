import * as vscode from 'vscode';
import type { App } from '../../app';
import type { FileEntry } from '../../remote/entry';
import { instantToMs } from '../../remote/modifiedTime';
import { formatAddress, type RemoteAddress } from '../../remote/remoteAddress';
import { baseName, siblingPath, uniqueName } from '../../remote/remotePath';
import { maxEditorBytes, readWholeFile } from '../../usecases/openRemoteFile';
import { saveRemoteFile } from '../../usecases/saveRemoteFile';
import { neverAborted } from '../platform/cancellation';
import type { RemoteChangeEvents } from '../platform/remoteChangeEvents';
import { toUri } from '../platform/remoteUri';
import { showFailure } from '../window/errorMessages';
import { format } from '../window/numberFormat';
import type { OutputLog } from '../window/outputLog';
import * as window from '../window/window';
import type { OpenDocuments } from './openDocuments';
import type { Snapshots } from './snapshots';

/** A save that was not done, since the file is no longer what the text came from. */
export interface SaveConflict {
  readonly uri: vscode.Uri;
  readonly address: RemoteAddress;
  /** What was to be written. */
  readonly mine: Uint8Array;
  /** What is there now; undefined when the file was deleted. */
  readonly theirs: FileEntry | undefined;
  /** Nobody knows what the text came from, so it may or may not be older than the file. */
  readonly unknownBase: boolean;
}

/** What happened, as a sentence: "main.css was changed on photos 2 min ago by someone else." */
export function describeConflict(conflict: SaveConflict, now: number): string {
  const { address, theirs, unknownBase } = conflict;
  const name = baseName(address.path);
  if (!theirs) return `${name} was deleted on ${address.remote} by someone else.`;
  const time = theirs.serverModified ?? theirs.modified;
  const ago = time ? ` ${format().ago(instantToMs(time), now)}` : '';
  if (unknownBase) return `${name} was last changed on ${address.remote}${ago}, perhaps after you opened it.`;
  return `${name} was changed on ${address.remote}${ago} by someone else.`;
}

export interface SaveConflictParts {
  readonly app: App;
  readonly changes: RemoteChangeEvents;
  readonly documents: OpenDocuments;
  readonly snapshots: Snapshots;
  readonly output: OutputLog;
}

/** Offers the ways out of save conflicts: Compare, Overwrite, Save as Copy. */
export class SaveConflicts implements vscode.Disposable {
  private readonly open = new Map<string, SaveConflict>();
  private readonly told = new Map<string, string>();
  private readonly changed = new vscode.EventEmitter<void>();
  readonly onDidChange = this.changed.event;
  private readonly disposables: vscode.Disposable[] = [this.changed];

  constructor(private readonly parts: SaveConflictParts) {
    const command = (id: string, run: (conflict: SaveConflict) => Promise<void>) =>
      window.registerCommand(id, async (uri?: unknown) => {
        const conflict = this.conflictOf(uri);
        if (conflict) await this.attempt(conflict, run);
        else void window.showInformationMessage('This file has no save conflict.');
      });
    this.disposables.push(
      command('cloudRemotes.compareWithRemote', (conflict) => this.compare(conflict)),
      command('cloudRemotes.overwriteRemote', (conflict) => this.overwrite(conflict)),
      command('cloudRemotes.saveAsCopy', (conflict) => this.saveAsCopy(conflict)),
      parts.documents.onDidChangeState(() => this.dropClean()),
    );
  }

  has(uri: vscode.Uri): boolean {
    return this.open.has(uri.toString());
  }

  /** Tells the user of `conflict`; of one that was told already only when the save was asked for. Resolves nothing by itself. */
  show(conflict: SaveConflict, savedByItself = false): void {
    const key = conflict.uri.toString();
    const before = this.open.get(key);
    this.open.set(key, conflict);
    this.tellEditor();
    // The editor replaces a message by an equal one, so saving again doesn't pile them up.
    const same = before && before.theirs?.version === conflict.theirs?.version && this.told.get(key);
    if (same && savedByItself) return;
    const text = same || describeConflict(conflict, Date.now());
    this.told.set(key, text);
    this.ask(
      conflict,
      text,
      conflict.theirs ? ['Compare', 'Overwrite', 'Save as Copy'] : ['Save Again', 'Save as Copy'],
    );
  }

  /** A save of `uri` got through. */
  clear(uri: vscode.Uri): void {
    this.told.delete(uri.toString());
    if (this.open.delete(uri.toString())) this.tellEditor();
  }

  dispose(): void {
    for (const one of this.disposables) one.dispose();
  }

  private ask(conflict: SaveConflict, text: string, buttons: string[]): void {
    void window.showWarningMessage(text, ...buttons).then((chosen) => {
      // Another message about a later state may have taken its place.
      const latest = this.open.get(conflict.uri.toString());
      if (chosen === undefined) return;
      if (!latest) {
        const name = baseName(conflict.address.path);
        void window.showInformationMessage(`${name} has no unsaved changes any more.`);
        return;
      }
      if (chosen === 'Compare') void this.attempt(latest, (one) => this.compare(one));
      if (chosen === 'Overwrite' || chosen === 'Save Again')
        void this.attempt(latest, (one) => this.overwrite(one));
      if (chosen === 'Save as Copy') void this.attempt(latest, (one) => this.saveAsCopy(one));
    });
  }

  private async attempt(
    conflict: SaveConflict,
    run: (conflict: SaveConflict) => Promise<void>,
  ): Promise<void> {
    try {
      await run(conflict);
    } catch (error) {
      const what = `Can't do that with ${formatAddress(conflict.address)}`;
      const retry = () => this.attempt(conflict, run);
      showFailure(error, { what, remote: conflict.address.remote, retry }, this.parts.output);
    }
  }

  /** Theirs on the left, mine (the document itself, to be edited on) on the right. */
  private async compare(conflict: SaveConflict): Promise<void> {
    const { address, uri } = conflict;
    if (!conflict.theirs) return this.show(conflict);
    const remote = await this.parts.app.openRemote(address.remote);
    const theirs = await readWholeFile(remote, address.path, maxEditorBytes, neverAborted());
    // It may have been settled while theirs was read.
    if (!this.open.has(uri.toString())) return;
    // What is overwritten after comparing is what was seen.
    const seen = { ...conflict, theirs: theirs.entry };
    this.open.set(uri.toString(), seen);
    const left = this.parts.snapshots.add(`${address.remote}/${address.path}`, theirs.content);
    const name = baseName(address.path);
    await vscode.commands.executeCommand('vscode.diff', left, uri, `${name}: on ${address.remote} ↔ yours`, {
      preview: false,
    });
    this.ask(seen, `Comparing your ${name} with the one on ${address.remote}. What is to be kept?`, [
      'Overwrite',
      'Save as Copy',
    ]);
  }

  /** Saves over exactly the version that was told of; a still later one is a new conflict. */
  private async overwrite(conflict: SaveConflict): Promise<void> {
    const { documents } = this.parts;
    documents.rebase(conflict.uri, conflict.theirs ?? 'absent');
    const document = documents.find(conflict.uri);
    // An editor that is no text document shows its own failure and is saved again by the user.
    if (document) await document.save();
  }

  /**
   * Stores mine beside theirs and opens it; the document then shows theirs. Where its text has moved on while mine was being stored,
   * it stays as it is, unsaved and in conflict.
   */
  private async saveAsCopy(conflict: SaveConflict): Promise<void> {
    const { address, uri } = conflict;
    const { app, changes, documents } = this.parts;
    const document = documents.find(uri);
    const text = document?.getText();
    const mine = document
      ? await vscode.workspace.encode(text ?? '', { encoding: document.encoding })
      : conflict.mine;
    const remote = await app.openRemote(address.remote);
    const taken = new Set([baseName(address.path)]);
    for (;;) {
      const name = uniqueName(baseName(address.path), taken);
      const path = siblingPath(address.path, name);
      const outcome = await saveRemoteFile(remote, path, mine, 'absent', { now: Date.now }, neverAborted());
      taken.add(name);
      if (outcome.kind === 'conflict') continue;
      const copy = { remote: address.remote, path };
      changes.fire({ ...copy, kind: 'created' });
      if (text !== undefined && !(await this.showTheirs(conflict, text)))
        return this.tellOfCopy(conflict, copy);
      this.clear(uri);
      await vscode.window.showTextDocument(toUri(copy), { preview: false });
      return;
    }
  }

  /**
   * Gives up the document's text, which is `kept` elsewhere, for what the file holds; false when the text is no longer that one, or
   * can't be looked at. Nothing is awaited between the last look and the revert, which is of whatever is in front.
   */
  private async showTheirs({ uri, theirs }: SaveConflict, kept: string): Promise<boolean> {
    const shown = this.parts.documents.find(uri);
    if (!shown?.isDirty) return true;
    if (shown.getText() !== kept) return false;
    if (!theirs) return true;
    const { document } = await vscode.window.showTextDocument(shown, { preview: false });
    if (vscode.window.activeTextEditor?.document !== document || document.getText() !== kept) return false;
    await vscode.commands.executeCommand('workbench.action.files.revert');
    return true;
  }

  /** The copy is not opened: somebody is typing. */
  private tellOfCopy({ address }: SaveConflict, copy: RemoteAddress): void {
    const [name, open] = [baseName(address.path), 'Open Copy'];
    const text = `Your text is stored as ${baseName(copy.path)}, without what you typed since. ${name} still has unsaved changes.`;
    void window.showWarningMessage(text, open).then(async (chosen) => {
      if (chosen === open) await vscode.commands.executeCommand('vscode.open', toUri(copy));
    });
  }

  private conflictOf(uri: unknown): SaveConflict | undefined {
    const wanted = uri instanceof vscode.Uri ? uri : vscode.window.activeTextEditor?.document.uri;
    return wanted && this.open.get(wanted.toString());
  }

  /** A document that is clean again (reverted, reloaded) or closed has no conflict any more. */
  private dropClean(): void {
    for (const { uri } of this.open.values()) {
      const document = this.parts.documents.find(uri);
      if (document ? !document.isDirty : !this.parts.documents.baseOf(uri)) this.clear(uri);
    }
  }

  private tellEditor(): void {
    void vscode.commands.executeCommand('setContext', 'cloudRemotes.conflicts', [...this.open.keys()]);
    this.changed.fire();
  }
}
