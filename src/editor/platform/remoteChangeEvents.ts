import * as vscode from 'vscode';
import type { RemoteAddress } from '../../remote/remoteAddress';

/** A file or folder on a remote that was created, changed or deleted. A folder's change covers everything below it. */
export interface RemoteChange extends RemoteAddress {
  readonly kind: 'created' | 'changed' | 'deleted';
  /** Set when a poll found the change; absent when this window made it. */
  readonly byOthers?: true;
}

/** Connects the code that writes to remotes with the tree and the file system. Fire once per operation, with all its changes. */
export class RemoteChangeEvents implements vscode.Disposable {
  private readonly emitter = new vscode.EventEmitter<readonly RemoteChange[]>();
  readonly event = this.emitter.event;

  fire(...changes: readonly RemoteChange[]): void {
    if (changes.length > 0) this.emitter.fire(changes);
  }

  dispose(): void {
    this.emitter.dispose();
  }
}
