import * as vscode from 'vscode';
import { toUriPath } from '../platform/remoteUri';
import { fileSystemError } from './fileSystemErrors';

/** Read-only contents that live as long as the window: one side of a comparison, as it was when it was asked for. */
export const snapshotScheme = 'cloudremotes-snapshot';

/** Most bytes of contents that are kept; the oldest go first, and with them what a closed comparison showed. */
const mostBytes = 64 * 1024 * 1024;

/** Hands contents to editors under Uris of their own, with the bytes as they are, so that the editor finds the encoding. */
export class Snapshots implements vscode.FileSystemProvider, vscode.Disposable {
  private readonly contents = new Map<string, { readonly content: Uint8Array; readonly mtime: number }>();
  private readonly changed = new vscode.EventEmitter<vscode.FileChangeEvent[]>();
  readonly onDidChangeFile = this.changed.event;
  private readonly registration: vscode.Disposable;
  private made = 0;

  constructor() {
    this.registration = vscode.workspace.registerFileSystemProvider(snapshotScheme, this, {
      isReadonly: true,
      isCaseSensitive: true,
    });
  }

  /** Keeps `content`; `path` is what the editor shows and finds the language by. */
  add(path: string, content: Uint8Array): vscode.Uri {
    const uri = vscode.Uri.from({
      scheme: snapshotScheme,
      authority: `${++this.made}`,
      path: toUriPath(path.startsWith('/') ? path : `/${path}`),
    });
    this.contents.set(uri.toString(), { content, mtime: this.made });
    let bytes = 0;
    for (const one of this.contents.values()) bytes += one.content.length;
    for (const [key, one] of this.contents) {
      if (bytes <= mostBytes || key === uri.toString()) break;
      this.contents.delete(key);
      bytes -= one.content.length;
    }
    return uri;
  }

  stat(uri: vscode.Uri): vscode.FileStat {
    const { content, mtime } = this.find(uri);
    return { type: vscode.FileType.File, ctime: 0, mtime, size: content.length };
  }

  readFile(uri: vscode.Uri): Uint8Array {
    return this.find(uri).content;
  }

  watch(): vscode.Disposable {
    return { dispose: () => {} };
  }

  readDirectory(): never {
    throw fileSystemError('unavailable', 'This is one side of a comparison, not a folder.');
  }

  createDirectory(): never {
    throw readonly();
  }

  writeFile(): never {
    throw readonly();
  }

  delete(): never {
    throw readonly();
  }

  rename(): never {
    throw readonly();
  }

  dispose(): void {
    this.registration.dispose();
    this.changed.dispose();
    this.contents.clear();
  }

  private find(uri: vscode.Uri) {
    const found = this.contents.get(uri.toString());
    if (!found)
      throw fileSystemError('notFound', 'This side of the comparison is not kept any more. Compare again.');
    return found;
  }
}

function readonly(): vscode.FileSystemError {
  return fileSystemError('unsupported', 'This is a snapshot of a file, made for a comparison.');
}
