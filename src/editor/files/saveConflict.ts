import * as vscode from 'vscode';
import type { FileEntry } from '../../remote/entry';
import { instantToMs } from '../../remote/modifiedTime';
import { formatAddress, type RemoteAddress } from '../../remote/remoteAddress';
import { baseName, siblingPath, uniqueName } from '../../remote/remotePath';
import { maxEditorBytes, readWholeFile } from '../../usecases/openRemoteFile';
import { saveRemoteFile } from '../../usecases/saveRemoteFile';
import { neverAborted } from '../platform/cancellation';
import { toUri } from '../platform/remoteUri';
import type { EditorContext } from '../window/editorContext';
import { showFailure } from '../window/errorMessages';
import { format } from '../window/numberFormat';
import * as window from '../window/window';
import type { OpenDocuments } from './openDocuments';
import type { Snapshots } from './snapshots';

/** A rejected save: the file changed after the version that the text is based on. */
export interface SaveConflict {
  readonly uri: vscode.Uri;
  readonly address: RemoteAddress;
  /** The content of the rejected save. */
  readonly mine: Uint8Array;
  /** The current version; undefined when the file was deleted. */
  readonly theirs: FileEntry | undefined;
  /** The base of the text is unknown, so the file may be older or newer. */
  readonly unknownBase: boolean;
}

/** "main.css was changed on photos 2 min ago by someone else." */
export function describeConflict(conflict: SaveConflict, now: number): string {
  const { address, theirs, unknownBase } = conflict;
  const name = baseName(address.path);
  if (!theirs) return `${name} was deleted on ${address.remote} by someone else.`;
  const time = theirs.serverModified ?? theirs.modified;
  const ago = time ? ` ${format().ago(instantToMs(time), now)}` : '';
  if (unknownBase) return `${name} was last changed on ${address.remote}${ago}, perhaps after you opened it.`;
  return `${name} was changed on ${address.remote}${ago} by someone else.`;
}

interface SaveConflictDependencies extends Omit<EditorContext, 'settings'> {
  readonly documents: OpenDocuments;
  readonly snapshots: Snapshots;
}

/** Offers the resolutions of save conflicts: Compare, Overwrite, Save as Copy. */
export class SaveConflicts implements vscode.Disposable {
  private readonly open = new Map<string, SaveConflict>();
  private readonly shownTexts = new Map<string, string>();
  private readonly changed = new vscode.EventEmitter<void>();
  readonly onDidChange = this.changed.event;
  private readonly disposables: vscode.Disposable[] = [this.changed];

  constructor(private readonly dependencies: SaveConflictDependencies) {
    const command = (id: string, run: (conflict: SaveConflict) => Promise<void>) =>
      window.registerCommand(id, async (uri?: unknown) => {
        const conflict = this.conflictOf(uri);
        if (conflict) await this.runWithErrorMessage(conflict, run);
        else void window.showInformationMessage('This file has no save conflict.');
      });
    this.disposables.push(
      command('cloudRemotes.compareWithRemote', (conflict) => this.compare(conflict)),
      command('cloudRemotes.overwriteRemote', (conflict) => this.overwrite(conflict)),
      command('cloudRemotes.saveAsCopy', (conflict) => this.saveAsCopy(conflict)),
      dependencies.documents.onDidChangeState(() => this.clearClean()),
    );
  }

  has(uri: vscode.Uri): boolean {
    return this.open.has(uri.toString());
  }

  /** Shows `conflict`; after an auto save, only if it was not shown before. */
  show(conflict: SaveConflict, isAutoSave = false): void {
    const key = conflict.uri.toString();
    const before = this.open.get(key);
    this.open.set(key, conflict);
    this.updateContext();
    // The editor replaces an equal message, so a repeated save reuses the text.
    const shown = before && before.theirs?.version === conflict.theirs?.version && this.shownTexts.get(key);
    if (shown && isAutoSave) return;
    const text = shown || describeConflict(conflict, Date.now());
    this.shownTexts.set(key, text);
    this.ask(
      conflict,
      text,
      conflict.theirs ? ['Compare', 'Overwrite', 'Save as Copy'] : ['Save Again', 'Save as Copy'],
    );
  }

  /** Call when `uri` has no conflict any longer. */
  clear(uri: vscode.Uri): void {
    this.shownTexts.delete(uri.toString());
    if (this.open.delete(uri.toString())) this.updateContext();
  }

  dispose(): void {
    for (const disposable of this.disposables) disposable.dispose();
  }

  private ask(conflict: SaveConflict, text: string, buttons: string[]): void {
    void window.showWarningMessage(text, ...buttons).then((chosen) => {
      // The conflict may have changed since the message appeared.
      const latest = this.open.get(conflict.uri.toString());
      if (chosen === undefined) return;
      if (!latest) {
        const name = baseName(conflict.address.path);
        void window.showInformationMessage(`${name} has no unsaved changes.`);
        return;
      }
      void this.runWithErrorMessage(latest, (conflict) => {
        if (chosen === 'Compare') return this.compare(conflict);
        return chosen === 'Save as Copy' ? this.saveAsCopy(conflict) : this.overwrite(conflict);
      });
    });
  }

  private async runWithErrorMessage(
    conflict: SaveConflict,
    run: (conflict: SaveConflict) => Promise<void>,
  ): Promise<void> {
    try {
      await run(conflict);
    } catch (error) {
      const what = `Can't resolve the conflict of ${formatAddress(conflict.address)}`;
      const retry = () => this.runWithErrorMessage(conflict, run);
      showFailure(error, { what, remote: conflict.address.remote, retry }, this.dependencies.output);
    }
  }

  /** Opens a diff editor: theirs on the left, the document itself on the right. */
  private async compare(conflict: SaveConflict): Promise<void> {
    const { address, uri } = conflict;
    if (!conflict.theirs) return this.show(conflict);
    const remote = await this.dependencies.app.openRemote(address.remote);
    const theirs = await readWholeFile(remote, address.path, maxEditorBytes, neverAborted());
    // The conflict may have been resolved during the read.
    if (!this.open.has(uri.toString())) return;
    // Overwrite after Compare replaces only the compared version.
    const seen = { ...conflict, theirs: theirs.entry };
    this.open.set(uri.toString(), seen);
    const left = this.dependencies.snapshots.add(`${address.remote}/${address.path}`, theirs.content);
    const name = baseName(address.path);
    await vscode.commands.executeCommand('vscode.diff', left, uri, `${name}: on ${address.remote} ↔ yours`, {
      preview: false,
    });
    this.ask(
      seen,
      `Comparing your ${name} with the version on ${address.remote}. Which one do you want to keep?`,
      ['Overwrite', 'Save as Copy'],
    );
  }

  /** Replaces only the version of the conflict; a newer one is a new conflict. */
  private async overwrite(conflict: SaveConflict): Promise<void> {
    const { documents } = this.dependencies;
    documents.rebase(conflict.uri, conflict.theirs ?? 'absent');
    const document = documents.find(conflict.uri);
    // The user saves a custom editor or notebook again.
    if (document) await document.save();
  }

  /**
   * Stores mine beside theirs, opens the copy, and reverts the document to theirs. A document that was edited meanwhile stays unsaved
   * and in conflict.
   */
  private async saveAsCopy(conflict: SaveConflict): Promise<void> {
    const { address, uri } = conflict;
    const { app, changes, documents } = this.dependencies;
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
      if (text !== undefined && !(await this.revertToTheirs(conflict, text)))
        return this.reportCopy(conflict, copy);
      this.clear(uri);
      await vscode.window.showTextDocument(toUri(copy), { preview: false });
      return;
    }
  }

  /**
   * Reverts the document if its text is still `stored`; returns false otherwise. Nothing is awaited between the last check and the
   * revert command, which applies to the active editor.
   */
  private async revertToTheirs({ uri, theirs }: SaveConflict, stored: string): Promise<boolean> {
    const shown = this.dependencies.documents.find(uri);
    if (!shown?.isDirty) return true;
    if (shown.getText() !== stored) return false;
    if (!theirs) return true;
    const { document } = await vscode.window.showTextDocument(shown, { preview: false });
    if (vscode.window.activeTextEditor?.document !== document || document.getText() !== stored) return false;
    await vscode.commands.executeCommand('workbench.action.files.revert');
    return true;
  }

  /** Doesn't open the copy, since the user is typing. */
  private reportCopy({ address }: SaveConflict, copy: RemoteAddress): void {
    const [name, open] = [baseName(address.path), 'Open Copy'];
    const text = `Your text was saved as ${baseName(copy.path)}, without your latest edits. ${name} still has unsaved changes.`;
    void window.showWarningMessage(text, open).then(async (chosen) => {
      if (chosen === open) await vscode.commands.executeCommand('vscode.open', toUri(copy));
    });
  }

  private conflictOf(uri: unknown): SaveConflict | undefined {
    const requested = uri instanceof vscode.Uri ? uri : vscode.window.activeTextEditor?.document.uri;
    return requested && this.open.get(requested.toString());
  }

  /** A clean (reverted, reloaded) or closed document has no conflict. */
  private clearClean(): void {
    for (const { uri } of this.open.values()) {
      const document = this.dependencies.documents.find(uri);
      if (document ? !document.isDirty : !this.dependencies.documents.baseOf(uri)) this.clear(uri);
    }
  }

  private updateContext(): void {
    void vscode.commands.executeCommand('setContext', 'cloudRemotes.conflicts', [...this.open.keys()]);
    this.changed.fire();
  }
}
