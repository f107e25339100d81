import * as vscode from 'vscode';
import type { FileEntry } from '../../remote/entry';
import { isAtOrBelow, remoteScheme } from '../platform/remoteUri';
import { type Base, BaseVersions } from './baseVersions';

/** The state of a document for the status bar. */
export type SaveState = 'opened' | 'saved' | 'unsaved' | 'saving' | 'failed';

/** Milliseconds between `onWillSave` and the write; the editor may also abandon a save in between. */
const maxSaveMs = 10_000;

/** Milliseconds after which `isDirty` is reliable. */
const cleanDelayMs = 100;

/** Milliseconds for which a document counts as open after it closes: the editor closes it while it moves its unsaved text. */
const maxMoveMs = 60_000;

/** Memento key of the bases of unsaved documents: after a reload of the window the editor restores their texts without reading. */
const storedBasesKey = 'basesOfUnsavedDocuments';

/** The remote documents of this window: the versions of their texts and the states of their saves. */
export class OpenDocuments implements vscode.Disposable {
  private readonly bases = new BaseVersions();
  /** Documents whose save has begun; the content of their next write is their text. */
  private readonly saving = new Map<string, { readonly began: number; readonly isAuto: boolean }>();
  private readonly writing = new Set<string>();
  private readonly failed = new Set<string>();
  /** The version that this window stored of each open document. */
  private readonly stored = new Map<string, FileEntry>();
  private readonly unsavedBases: Map<string, Base>;
  /** Timers of the delayed checks whether a document is clean. */
  private readonly cleanChecks = new Map<string, NodeJS.Timeout>();
  /** Files that this window deleted: saving an open document creates the file again, as on a disk. */
  private readonly removed = new Set<string>();
  /** When documents were closed: see `maxMoveMs`. */
  private readonly closedAt = new Map<string, number>();
  private readonly changed = new vscode.EventEmitter<void>();
  /** Fires when the save state of a document may have changed. */
  readonly onDidChangeState = this.changed.event;
  private readonly disposables: vscode.Disposable[] = [this.changed];

  constructor(private readonly memory: vscode.Memento) {
    this.unsavedBases = new Map(Object.entries(memory.get<Record<string, Base>>(storedBasesKey, {})));
    for (const document of vscode.workspace.textDocuments) this.onOpened(document);
    this.disposables.push(
      vscode.workspace.onDidOpenTextDocument((document) => this.onOpened(document)),
      vscode.workspace.onDidChangeTextDocument(({ document }) => this.onEdited(document)),
      vscode.workspace.onDidCloseTextDocument((document) => this.onClosed(document)),
      vscode.workspace.onWillSaveTextDocument((event) => this.onWillSave(event)),
      vscode.workspace.onDidSaveTextDocument((document) => this.onSaved(document)),
    );
  }

  find(uri: vscode.Uri): vscode.TextDocument | undefined {
    const key = uri.toString();
    return vscode.workspace.textDocuments.find(
      (document) => isRemote(document) && document.uri.toString() === key,
    );
  }

  /**
   * The version that a save of `uri` may replace. Undefined when `uri` isn't open, so that a write may replace any version; 'unknown'
   * when it is open but its base can't be determined.
   */
  baseOf(uri: vscode.Uri): Base | 'unknown' | undefined {
    const key = uri.toString();
    if (this.find(uri)) return this.bases.baseOf(key) ?? 'unknown';
    if (isOpenInOtherEditor(key)) return this.bases.baseOf(key) ?? this.bases.lastRead(key) ?? 'unknown';
    return undefined;
  }

  /**
   * The version to report while a save has begun but nothing is written. The editor then stats the file to find conflicts by mtime and
   * size. It finds only some conflicts and offers fewer choices, so it gets the base, and the write itself checks the version.
   * `undated`: the editor knows the file by an mtime that we can't reproduce, so report 0, which it never takes for newer.
   */
  statDuringSave(
    uri: vscode.Uri,
  ): { readonly entry: FileEntry | undefined; readonly undated: boolean } | undefined {
    const key = uri.toString();
    const save = this.saving.get(key);
    if (!save || Date.now() - save.began > maxSaveMs) return undefined;
    const base = this.bases.baseOf(key);
    if (base === 'absent') return undefined;
    return { entry: base, undated: !this.bases.isKnownToEditor(key) };
  }

  /** Whether the current save of `uri` is an auto save. */
  isAutoSave(uri: vscode.Uri): boolean {
    return this.saving.get(uri.toString())?.isAuto ?? false;
  }

  recordRead(uri: vscode.Uri, entry: FileEntry, content: Uint8Array): void {
    this.removed.delete(uri.toString());
    const stored = this.stored.get(uri.toString());
    if (stored && (stored.version !== entry.version || stored.size !== entry.size))
      this.stored.delete(uri.toString());
    this.bases.recordRead(uri.toString(), entry, content);
  }

  /** Call when this window deleted the files that `isRemoved` selects. */
  recordRemovals(isRemoved: (uri: vscode.Uri) => boolean): void {
    for (const uri of this.openOrMoving()) if (isRemoved(uri)) this.removed.add(uri.toString());
  }

  /** Whether this window deleted `uri` and nobody has read it since. */
  isRemoved(uri: vscode.Uri): boolean {
    return this.removed.has(uri.toString());
  }

  /** The documents at or below `folder` that are open or just closed: see `maxMoveMs`. */
  openBelow(folder: vscode.Uri): vscode.Uri[] {
    return this.openOrMoving().filter((uri) => isAtOrBelow(uri, folder));
  }

  private openOrMoving(): vscode.Uri[] {
    const open = vscode.workspace.textDocuments.filter(isRemote).map(({ uri }) => uri);
    const now = Date.now();
    for (const [key, at] of this.closedAt) if (now - at > maxMoveMs) this.closedAt.delete(key);
    const closed = [...this.closedAt.keys()].map((key) => vscode.Uri.parse(key, true));
    return [...open, ...closed];
  }

  /** The base of `uri`, also of a document that has just closed. */
  lastBaseOf(uri: vscode.Uri): Base | undefined {
    return this.bases.baseOf(uri.toString());
  }

  /** Call when `content` was stored as `entry`. Changes the document's base only if `content` is the document's text. */
  async recordWrite(uri: vscode.Uri, entry: FileEntry, content: Uint8Array): Promise<void> {
    const key = uri.toString();
    this.removed.delete(key);
    const document = this.find(uri);
    const own = !document || this.saving.has(key) || (await isTextOf(document, content));
    if (!own) return this.bases.recordRead(key, entry, content);
    this.stored.set(key, entry);
    this.updateBase(uri, () => this.bases.recordSave(key, entry, content));
  }

  /** Makes `base` the version that the next save of `uri` may replace. */
  rebase(uri: vscode.Uri, base: Base): void {
    this.updateBase(uri, () => this.bases.rebase(uri.toString(), base));
  }

  recordMove(from: vscode.Uri, to: vscode.Uri, entry: FileEntry): void {
    this.updateBase(to, () => this.bases.recordMove(from.toString(), to.toString(), entry));
  }

  /** Must be followed by `endWrite`. */
  beginWrite(uri: vscode.Uri): void {
    this.writing.add(uri.toString());
    this.failed.delete(uri.toString());
    this.changed.fire();
  }

  endWrite(uri: vscode.Uri, ok: boolean): void {
    const key = uri.toString();
    this.writing.delete(key);
    this.saving.delete(key);
    if (!ok) this.failed.add(key);
    this.changed.fire();
  }

  stateOf(document: vscode.TextDocument): SaveState {
    const key = document.uri.toString();
    if (this.writing.has(key)) return 'saving';
    if (!document.isDirty) return this.stored.has(key) ? 'saved' : 'opened';
    return this.failed.has(key) ? 'failed' : 'unsaved';
  }

  dispose(): void {
    for (const timer of this.cleanChecks.values()) clearTimeout(timer);
    for (const disposable of this.disposables) disposable.dispose();
  }

  private onOpened(document: vscode.TextDocument): void {
    if (!isRemote(document)) return;
    const key = document.uri.toString();
    this.closedAt.delete(key);
    if (this.bases.baseOf(key) === undefined) {
      // After a reload the editor restores unsaved texts without reading the files, and sets `isDirty` only later.
      const stored = this.unsavedBases.get(key);
      if (stored) this.bases.rebase(key, stored);
      else if (!document.isDirty) this.bases.markClean(key, document.getText(), encodeIfUtf8(document));
    }
    if (!document.isDirty) this.scheduleCleanCheck(document);
    this.changed.fire();
  }

  private onEdited(document: vscode.TextDocument): void {
    if (!isRemote(document)) return;
    const key = document.uri.toString();
    if (document.isDirty) this.storeUnsavedBase(key);
    else {
      this.scheduleCleanCheck(document);
      this.failed.delete(key);
    }
    this.changed.fire();
  }

  /**
   * At the first keystroke the editor reports the new text before it sets `isDirty`. So unless the bytes prove a version, the check
   * comes `cleanDelayMs` later.
   */
  private scheduleCleanCheck(document: vscode.TextDocument): void {
    const key = document.uri.toString();
    const bytes = encodeIfUtf8(document);
    const isKnown = bytes !== undefined && this.bases.isBaseText(key, bytes);
    clearTimeout(this.cleanChecks.get(key));
    this.cleanChecks.set(
      key,
      setTimeout(() => {
        this.cleanChecks.delete(key);
        void this.checkClean(document, isKnown);
      }, cleanDelayMs),
    );
  }

  private async checkClean(document: vscode.TextDocument, isKnown: boolean): Promise<void> {
    const { version } = document;
    const isSame = () => !document.isClosed && !document.isDirty && document.version === version;
    if (!isSame()) return;
    const key = document.uri.toString();
    this.forgetUnsavedBase(key);
    if (isKnown) return;
    const text = document.getText();
    const bytes = await vscode.workspace.encode(text, { encoding: document.encoding });
    if (isSame()) this.bases.markClean(key, text, bytes);
  }

  private onClosed(document: vscode.TextDocument): void {
    if (!isRemote(document)) return;
    const key = document.uri.toString();
    this.closedAt.set(key, Date.now());
    this.stored.delete(key);
    // A change of the language mode also closes and opens a document, so the base stays until the file is read again.
    if (!document.isDirty) this.forgetUnsavedBase(key);
    this.changed.fire();
  }

  private onWillSave({ document, reason }: vscode.TextDocumentWillSaveEvent): void {
    if (!isRemote(document)) return;
    const isAuto = reason !== vscode.TextDocumentSaveReason.Manual;
    this.saving.set(document.uri.toString(), { began: Date.now(), isAuto });
  }

  private onSaved(document: vscode.TextDocument): void {
    if (!isRemote(document)) return;
    const key = document.uri.toString();
    this.saving.delete(key);
    this.failed.delete(key);
    if (!document.isDirty) this.forgetUnsavedBase(key);
    this.changed.fire();
  }

  private updateBase(uri: vscode.Uri, set: () => void): void {
    set();
    if (this.unsavedBases.has(uri.toString())) this.storeUnsavedBase(uri.toString());
  }

  private storeUnsavedBase(key: string): void {
    const base = this.bases.baseOf(key);
    if (base === undefined || this.unsavedBases.get(key) === base) return;
    this.unsavedBases.set(key, base);
    this.storeUnsavedBases();
  }

  private forgetUnsavedBase(key: string): void {
    if (this.unsavedBases.delete(key)) this.storeUnsavedBases();
  }

  private storeUnsavedBases(): void {
    void this.memory.update(storedBasesKey, Object.fromEntries(this.unsavedBases));
  }
}

function isRemote(document: vscode.TextDocument): boolean {
  return document.uri.scheme === remoteScheme;
}

/** The bytes that the editor would write for a UTF-8 document; other encodings need an asynchronous call. */
function encodeIfUtf8(document: vscode.TextDocument): Uint8Array | undefined {
  if (document.encoding === 'utf8') return Buffer.from(document.getText());
  if (document.encoding === 'utf8bom') return Buffer.from(`\ufeff${document.getText()}`);
  return undefined;
}

/** Custom editors and notebooks have no text document. */
function isOpenInOtherEditor(key: string): boolean {
  return vscode.window.tabGroups.all.some((group) =>
    group.tabs.some(
      ({ input }) =>
        (input instanceof vscode.TabInputCustom || input instanceof vscode.TabInputNotebook) &&
        input.uri.toString() === key,
    ),
  );
}

async function isTextOf(document: vscode.TextDocument, content: Uint8Array): Promise<boolean> {
  const encoded = await vscode.workspace.encode(document.getText(), { encoding: document.encoding });
  return Buffer.compare(encoded, content) === 0;
}
