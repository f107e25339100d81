import { CancellationError } from 'vscode';
import type { App } from '../../app';
import type { TrashedItem } from '../../remote/remote';
import { isRemoteError } from '../../remote/remoteError';
import { type Pager, trashPager } from '../../usecases/browseRemote';
import { mostPagesAgain } from './loadedFolders';
import { type RemoteNode, type TrashNode, type TreeNode, trashId } from './treeNode';

interface LoadedTrash {
  readonly pages: Pager<TrashedItem>;
  error: unknown;
}

/** What the tree shows of the trash of each remote that has one. Lists it when its row is opened. */
export class TrashTree {
  private readonly loaded = new Map<string, LoadedTrash>();
  /** Listings that are to take the place of those in `loaded`. */
  private readonly next = new Map<string, LoadedTrash>();

  constructor(
    private readonly app: App,
    private readonly pageSize: () => number,
    private readonly keep: <Node extends TreeNode>(node: Node) => Node,
  ) {}

  /** The trash's row of a remote that was opened before; undefined where deleted things are gone. */
  async rowOf(remote: RemoteNode): Promise<TrashNode | undefined> {
    const name = remote.address.remote;
    try {
      if (!(await this.app.openRemote(name)).features?.trash) return undefined;
    } catch (error) {
      // The listing of the remote itself tells of it.
      if (isRemoteError(error)) return undefined;
      throw error;
    }
    return this.keep({ kind: 'trash', id: trashId(name), address: remote.address });
  }

  async rows(node: TrashNode): Promise<TreeNode[]> {
    const state = this.stateOf(node);
    if (state.error === undefined && state.pages.items.length === 0 && state.pages.mayHaveMore)
      await this.load(state);
    const rows: TreeNode[] = state.pages.items.map((item) =>
      this.keep({ kind: 'trashed', id: `${node.id}/${item.id}`, parent: node, item }),
    );
    if (state.error !== undefined)
      rows.push(this.keep({ kind: 'error', id: `${node.id}\0error`, parent: node, error: state.error }));
    else if (state.pages.mayHaveMore)
      rows.push(this.keep({ kind: 'more', id: `${node.id}\0more`, parent: node, shown: rows.length }));
    else if (rows.length === 0)
      rows.push(this.keep({ kind: 'empty', id: `${node.id}\0empty`, parent: node, filter: undefined }));
    return rows;
  }

  /** Asks for the next page; what fails becomes a row. */
  async loadMore(node: TrashNode): Promise<void> {
    await this.load(this.stateOf(node));
  }

  isLoaded(remote: string): boolean {
    return this.loaded.has(remote);
  }

  /** Lists the trash again when it is next looked at; that of every remote when none is named. */
  forget(remote?: string): void {
    for (const states of [this.loaded, this.next])
      for (const [name, { pages }] of [...states])
        if (remote === undefined || name === remote) {
          states.delete(name);
          pages.cancel(new CancellationError());
        }
  }

  /**
   * Lists the trash again, as much of it as was loaded. The old rows stay until the new ones are here: the editor loses the
   * commands on a row while its list is asked for. False when a later listing took over.
   */
  async listAgain({ address: { remote } }: TrashNode): Promise<boolean> {
    const before = this.loaded.get(remote);
    if (!before) return false;
    this.next.get(remote)?.pages.cancel(new CancellationError());
    const state = this.unlisted(remote);
    this.next.set(remote, state);
    const wanted = Math.min(before.pages.pagesShown, mostPagesAgain);
    do await this.load(state);
    while (state.error === undefined && state.pages.pagesShown < wanted && state.pages.mayHaveMore);
    if (this.next.get(remote) !== state) return false;
    this.next.delete(remote);
    this.loaded.set(remote, state);
    before.pages.cancel(new CancellationError());
    return true;
  }

  private stateOf({ address: { remote } }: TrashNode): LoadedTrash {
    let state = this.loaded.get(remote);
    if (!state) {
      state = this.unlisted(remote);
      this.loaded.set(remote, state);
    }
    return state;
  }

  private unlisted(remote: string): LoadedTrash {
    const pages = trashPager(() => this.app.openRemote(remote), this.pageSize());
    return { pages, error: undefined };
  }

  private async load(state: LoadedTrash): Promise<void> {
    try {
      await state.pages.more();
      state.error = undefined;
    } catch (error) {
      state.error = error;
    }
  }
}
