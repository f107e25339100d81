import * as vscode from 'vscode';
import type { RemoteAddress } from '../../remote/remoteAddress';

/** One thing on a remote that was made, changed or removed. */
export interface RemoteChange extends RemoteAddress {
  /** A folder's change stands for everything below it as well. */
  readonly kind: 'created' | 'changed' | 'deleted';
  /** Set when it was found to be so, and not done by this window. */
  readonly byOthers?: true;
}

/**
 * Where every part that writes to a remote tells of it, and where the tree and the file system listen. Tell once for a
 * whole piece of work, with all its changes, rather than once a file.
 */
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
