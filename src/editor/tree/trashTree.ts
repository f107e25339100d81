import { CancellationError } from 'vscode';
import type { App } from '../../app';
import type { TrashedItem } from '../../remote/remote';
import { isRemoteError } from '../../remote/remoteError';
import { type Pager, trashPager } from '../../usecases/browseRemote';
import { maxRefreshedPages } from './loadedFolders';
import { type RemoteNode, type TrashNode, type TreeNode, trashId } from './treeNode';
import type { TreeRows } from './treeRows';

interface LoadedTrash {
  readonly pages: Pager<TrashedItem>;
  error: unknown;
}

/** The trash of each remote that has one. Lists it when its row is opened. */
export class TrashTree {
  private readonly loaded = new Map<string, LoadedTrash>();
  /** Listings of running refreshes, which replace those in `loaded`. */
  private readonly next = new Map<string, LoadedTrash>();

  constructor(
    private readonly app: App,
    private readonly pageSize: () => number,
    private readonly rows: TreeRows,
  ) {}

  /** The row of the trash of an open remote; undefined without a trash. */
  async rowOf(remote: RemoteNode): Promise<TrashNode | undefined> {
    const name = remote.address.remote;
    try {
      if (!(await this.app.openRemote(name)).features?.trash) return undefined;
    } catch (error) {
      if (isRemoteError(error)) return undefined; // the listing of the remote reports the error
      throw error;
    }
    return this.rows.add({ kind: 'trash', id: trashId(name), address: remote.address });
  }

  async rowsOf(node: TrashNode): Promise<TreeNode[]> {
    const trash = this.trashOf(node);
    const { pages } = trash;
    if (trash.error === undefined && pages.items.length === 0 && pages.mayHaveMore) await load(trash);
    const items = pages.items.map((item) =>
      this.rows.add({ kind: 'trashed', id: `${node.id}/${item.id}`, parent: node, item }),
    );
    return this.rows.withEnd(node, items, { error: trash.error, mayHaveMore: pages.mayHaveMore });
  }

  /** Loads the next page. An error becomes a row. */
  async loadMore(node: TrashNode): Promise<void> {
    await load(this.trashOf(node));
  }

  isLoaded(remote: string): boolean {
    return this.loaded.has(remote);
  }

  /** Makes the next `rowsOf` list the trash again: of one remote, or of all. */
  forget(remote?: string): void {
    for (const listings of [this.loaded, this.next])
      for (const [name, { pages }] of [...listings])
        if (remote === undefined || name === remote) {
          listings.delete(name);
          pages.cancel(new CancellationError());
        }
  }

  /**
   * Lists the trash again with as many pages as were loaded. The old rows stay until the new ones are loaded, since the editor loses
   * commands on rows that are being listed. Returns false when a later refresh replaced this one.
   */
  async refresh({ address: { remote } }: TrashNode): Promise<boolean> {
    const before = this.loaded.get(remote);
    if (!before) return false;
    this.next.get(remote)?.pages.cancel(new CancellationError());
    const trash = this.unlisted(remote);
    this.next.set(remote, trash);
    const count = Math.min(before.pages.pagesShown, maxRefreshedPages);
    do await load(trash);
    while (trash.error === undefined && trash.pages.pagesShown < count && trash.pages.mayHaveMore);
    if (this.next.get(remote) !== trash) return false;
    this.next.delete(remote);
    this.loaded.set(remote, trash);
    before.pages.cancel(new CancellationError());
    return true;
  }

  private trashOf({ address: { remote } }: TrashNode): LoadedTrash {
    let trash = this.loaded.get(remote);
    if (!trash) {
      trash = this.unlisted(remote);
      this.loaded.set(remote, trash);
    }
    return trash;
  }

  private unlisted(remote: string): LoadedTrash {
    return { pages: trashPager(() => this.app.openRemote(remote), this.pageSize()), error: undefined };
  }
}

async function load(trash: LoadedTrash): Promise<void> {
  try {
    await trash.pages.more();
    trash.error = undefined;
  } catch (error) {
    trash.error = error;
  }
}
