import * as vscode from 'vscode';
import { toUriPath } from '../platform/remoteUri';
import { fileSystemError } from '../window/fileSystemErrors';

/** The scheme of read-only contents that live as long as the window: one side of a comparison. */
export const snapshotScheme = 'cloudremotes-snapshot';

/** Bytes of all contents; the oldest are evicted first. */
const maxBytes = 64 * 1024 * 1024;

/** A file system of contents with unchanged bytes, so that the editor detects the encoding. */
export class Snapshots implements vscode.FileSystemProvider, vscode.Disposable {
  private readonly contents = new Map<string, { readonly content: Uint8Array; readonly mtime: number }>();
  private readonly changed = new vscode.EventEmitter<vscode.FileChangeEvent[]>();
  readonly onDidChangeFile = this.changed.event;
  private readonly registration: vscode.Disposable;
  private count = 0;

  readonly createDirectory = rejectWrite;
  readonly writeFile = rejectWrite;
  readonly delete = rejectWrite;
  readonly rename = rejectWrite;

  constructor() {
    this.registration = vscode.workspace.registerFileSystemProvider(snapshotScheme, this, {
      isReadonly: true,
      isCaseSensitive: true,
    });
  }

  /** Stores `content`; the editor shows `path` and detects the language from it. */
  add(path: string, content: Uint8Array): vscode.Uri {
    const uri = vscode.Uri.from({
      scheme: snapshotScheme,
      authority: `${++this.count}`,
      path: toUriPath(path.startsWith('/') ? path : `/${path}`),
    });
    this.contents.set(uri.toString(), { content, mtime: this.count });
    let bytes = 0;
    for (const stored of this.contents.values()) bytes += stored.content.length;
    for (const [key, stored] of this.contents) {
      if (bytes <= maxBytes || key === uri.toString()) break;
      this.contents.delete(key);
      bytes -= stored.content.length;
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

  dispose(): void {
    this.registration.dispose();
    this.changed.dispose();
    this.contents.clear();
  }

  private find(uri: vscode.Uri) {
    const found = this.contents.get(uri.toString());
    if (!found)
      throw fileSystemError('notFound', 'This side of the comparison is no longer available. Compare again.');
    return found;
  }
}

function rejectWrite(): never {
  throw fileSystemError('unsupported', 'This is a read-only snapshot of a file.');
}
