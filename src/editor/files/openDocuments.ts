import * as vscode from 'vscode';
import type { FileEntry } from '../../remote/entry';
import { remoteScheme } from '../platform/remoteUri';
import { type Base, BaseVersions } from './baseVersions';

/** What the editor is doing with a document, for the status bar. */
export type SaveState = 'opened' | 'saved' | 'unsaved' | 'saving' | 'failed';

/** Milliseconds between the beginning of a save and its write, at most; a save may also be given up in between. */
const saveTakesMs = 10_000;

/** Milliseconds after which a document that is said to be unchanged really is. */
const staysUnchangedMs = 100;

/** Milliseconds that a document may be closed while the editor moves it with its unsaved text, before the file itself is moved. */
const movesTakeMs = 60_000;

/** Where the bases of unsaved documents outlive a reload of the window, whose texts the editor restores without reading. */
const storedBases = 'basesOfUnsavedDocuments';

/** The remote files that are open in this window: their texts' versions and what they are saved from. */
export class OpenDocuments implements vscode.Disposable {
  private readonly bases = new BaseVersions();
  /** Documents whose save has begun, when, and whether nobody asked for it; what is written then is their text. */
  private readonly saving = new Map<string, { readonly began: number; readonly byItself: boolean }>();
  private readonly writing = new Set<string>();
  private readonly failed = new Set<string>();
  /** What this window stored of the documents that are open: their texts are those. */
  private readonly stored = new Map<string, FileEntry>();
  private readonly unsaved: Map<string, Base>;
  /** Documents of which a second look is to tell what they are based on. */
  private readonly looks = new Map<string, NodeJS.Timeout>();
  /** Files that this window took away: a save of what is still open makes them again, as on a disk. */
  private readonly removed = new Set<string>();
  /** When documents were closed. While the editor moves unsaved ones, they are closed for a moment. */
  private readonly closedAt = new Map<string, number>();
  private readonly changed = new vscode.EventEmitter<void>();
  /** Fires when the save state of some document may have changed. */
  readonly onDidChangeState = this.changed.event;
  private readonly disposables: vscode.Disposable[] = [this.changed];

  constructor(private readonly memory: vscode.Memento) {
    this.unsaved = new Map(Object.entries(memory.get<Record<string, Base>>(storedBases, {})));
    for (const document of vscode.workspace.textDocuments) this.opened(document);
    this.disposables.push(
      vscode.workspace.onDidOpenTextDocument((document) => this.opened(document)),
      vscode.workspace.onDidChangeTextDocument(({ document }) => this.edited(document)),
      vscode.workspace.onDidCloseTextDocument((document) => this.closed(document)),
      vscode.workspace.onWillSaveTextDocument((event) => this.willSave(event)),
      vscode.workspace.onDidSaveTextDocument((document) => this.saved(document)),
    );
  }

  find(uri: vscode.Uri): vscode.TextDocument | undefined {
    const key = uri.toString();
    return vscode.workspace.textDocuments.find((one) => isOurs(one) && one.uri.toString() === key);
  }

  /**
   * What a save of `uri` must find. Undefined when `uri` isn't open in an editor, so that whoever writes it means to replace
   * whatever is there; 'unknown' when it is open but nobody can tell what its content came from.
   */
  baseOf(uri: vscode.Uri): Base | 'unknown' | undefined {
    const key = uri.toString();
    if (this.find(uri)) return this.bases.baseOf(key) ?? 'unknown';
    if (isOpenInOtherEditor(key)) return this.bases.baseOf(key) ?? this.bases.lastRead(key) ?? 'unknown';
    return undefined;
  }

  /**
   * What is to be told of `uri` while its save has begun but nothing is written yet. In that moment the editor asks for the file's
   * time and size, to find conflicts by them. It finds only some and knows fewer ways out, so it is answered as if nothing had
   * changed; the write itself demands the version. 'undated' is for a file that the editor knows by another time than we could
   * tell: a time that isn't known is newer than none.
   */
  statDuringSave(
    uri: vscode.Uri,
  ): { readonly entry: FileEntry | undefined; readonly undated: boolean } | undefined {
    const key = uri.toString();
    const save = this.saving.get(key);
    if (!save || Date.now() - save.began > saveTakesMs) return undefined;
    const base = this.bases.baseOf(key);
    if (base === 'absent') return undefined;
    return { entry: base, undated: !this.bases.isKnownToEditor(key) };
  }

  /** Whether the save of `uri` that is under way was begun by the editor, as after a delay. */
  isAutoSave(uri: vscode.Uri): boolean {
    return this.saving.get(uri.toString())?.byItself ?? false;
  }

  recordRead(uri: vscode.Uri, entry: FileEntry, content: Uint8Array): void {
    this.removed.delete(uri.toString());
    const stored = this.stored.get(uri.toString());
    if (stored && (stored.version !== entry.version || stored.size !== entry.size))
      this.stored.delete(uri.toString());
    this.bases.recordRead(uri.toString(), entry, content);
  }

  /** This window removed the files of which `isRemoved` is true. */
  recordRemovals(isRemoved: (uri: vscode.Uri) => boolean): void {
    for (const uri of this.held()) if (isRemoved(uri)) this.removed.add(uri.toString());
  }

  /** Whether it was this window that removed `uri`, and nobody has read it since. */
  isRemoved(uri: vscode.Uri): boolean {
    return this.removed.has(uri.toString());
  }

  /** The documents at and below `folder` that are open, or were a moment ago. */
  openBelow(folder: vscode.Uri): vscode.Uri[] {
    return this.held().filter((uri) => isAtOrBelow(uri, folder));
  }

  private held(): vscode.Uri[] {
    const open = vscode.workspace.textDocuments.filter(isOurs).map(({ uri }) => uri);
    const now = Date.now();
    for (const [key, at] of this.closedAt) if (now - at > movesTakeMs) this.closedAt.delete(key);
    const closed = [...this.closedAt.keys()].map((key) => vscode.Uri.parse(key, true));
    return [...open, ...closed];
  }

  /** What the text of `uri` is based on, also when it has just been closed. */
  lastBaseOf(uri: vscode.Uri): Base | undefined {
    return this.bases.baseOf(uri.toString());
  }

  /** `content` was stored as `entry`. Moves the document's base only when it is the document's own text. */
  async recordWrite(uri: vscode.Uri, entry: FileEntry, content: Uint8Array): Promise<void> {
    const key = uri.toString();
    this.removed.delete(key);
    const document = this.find(uri);
    const own = !document || this.saving.has(key) || (await isTextOf(document, content));
    if (own) this.stored.set(key, entry);
    if (own) this.setBase(uri, () => this.bases.recordSave(key, entry, content));
    else this.bases.recordRead(key, entry, content);
  }

  /** The next save of `uri` replaces `base`. */
  rebase(uri: vscode.Uri, base: Base): void {
    this.setBase(uri, () => this.bases.rebase(uri.toString(), base));
  }

  recordMove(from: vscode.Uri, to: vscode.Uri, entry: FileEntry): void {
    this.setBase(to, () => this.bases.recordMove(from.toString(), to.toString(), entry));
  }

  /** A write of `uri` begins; to be followed by `endWrite`. */
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
    for (const timer of this.looks.values()) clearTimeout(timer);
    for (const one of this.disposables) one.dispose();
  }

  private opened(document: vscode.TextDocument): void {
    if (!isOurs(document)) return;
    const key = document.uri.toString();
    this.closedAt.delete(key);
    if (this.bases.baseOf(key) === undefined) {
      // The editor restores unsaved texts after a reload without reading the files, and says only later that they are unsaved.
      const stored = this.unsaved.get(key);
      if (stored) this.bases.rebase(key, stored);
      else if (!document.isDirty) this.bases.markClean(key, document.getText(), bytesNow(document));
    }
    if (!document.isDirty) this.settle(document);
    this.changed.fire();
  }

  private edited(document: vscode.TextDocument): void {
    if (!isOurs(document)) return;
    const key = document.uri.toString();
    if (document.isDirty) this.remember(key);
    else {
      this.settle(document);
      this.failed.delete(key);
    }
    this.changed.fire();
  }

  /**
   * The document is said to be unchanged. On the first keystroke, too, the editor tells of the new text first and that it is
   * unsaved next; so what is no proof by itself is looked at a moment later.
   */
  private settle(document: vscode.TextDocument): void {
    const key = document.uri.toString();
    const bytes = bytesNow(document);
    const known = bytes !== undefined && this.bases.isBaseText(key, bytes);
    clearTimeout(this.looks.get(key));
    this.looks.set(
      key,
      setTimeout(() => {
        this.looks.delete(key);
        void this.lookAgain(document, known);
      }, staysUnchangedMs),
    );
  }

  private async lookAgain(document: vscode.TextDocument, known: boolean): Promise<void> {
    const { version } = document;
    const isSame = () => !document.isClosed && !document.isDirty && document.version === version;
    if (!isSame()) return;
    const key = document.uri.toString();
    this.forgetUnsaved(key);
    if (known) return;
    const text = document.getText();
    const bytes = await vscode.workspace.encode(text, { encoding: document.encoding });
    if (isSame()) this.bases.markClean(key, text, bytes);
  }

  private closed(document: vscode.TextDocument): void {
    if (!isOurs(document)) return;
    const key = document.uri.toString();
    this.closedAt.set(key, Date.now());
    this.stored.delete(key);
    // A change of language also closes and opens; so the base stays until the file is read again.
    if (!document.isDirty) this.forgetUnsaved(key);
    this.changed.fire();
  }

  private willSave({ document, reason }: vscode.TextDocumentWillSaveEvent): void {
    if (!isOurs(document)) return;
    const byItself = reason !== vscode.TextDocumentSaveReason.Manual;
    this.saving.set(document.uri.toString(), { began: Date.now(), byItself });
  }

  private saved(document: vscode.TextDocument): void {
    if (!isOurs(document)) return;
    const key = document.uri.toString();
    this.saving.delete(key);
    this.failed.delete(key);
    if (!document.isDirty) this.forgetUnsaved(key);
    this.changed.fire();
  }

  private setBase(uri: vscode.Uri, set: () => void): void {
    set();
    if (this.unsaved.has(uri.toString())) this.remember(uri.toString());
  }

  private remember(key: string): void {
    const base = this.bases.baseOf(key);
    if (base === undefined || this.unsaved.get(key) === base) return;
    this.unsaved.set(key, base);
    this.storeUnsaved();
  }

  private forgetUnsaved(key: string): void {
    if (this.unsaved.delete(key)) this.storeUnsaved();
  }

  private storeUnsaved(): void {
    void this.memory.update(storedBases, Object.fromEntries(this.unsaved));
  }
}

function isOurs(document: vscode.TextDocument): boolean {
  return document.uri.scheme === remoteScheme;
}

/** What the editor would write for the document, where that is plain without asking it. */
function bytesNow(document: vscode.TextDocument): Uint8Array | undefined {
  if (document.encoding === 'utf8') return Buffer.from(document.getText());
  if (document.encoding === 'utf8bom') return Buffer.from(`\ufeff${document.getText()}`);
  return undefined;
}

/** Whether `uri` is `folder` itself or lies below it. */
export function isAtOrBelow(uri: vscode.Uri, folder: vscode.Uri): boolean {
  if (uri.scheme !== folder.scheme || uri.authority !== folder.authority) return false;
  return uri.path === folder.path || uri.path.startsWith(`${folder.path.replace(/\/$/, '')}/`);
}

/** Custom editors and notebooks read and write files themselves. */
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
