import * as vscode from 'vscode';
import type { App } from '../../app';
import type { Entry } from '../../remote/entry';
import type { Quota } from '../../remote/remote';
import type { RemoteAddress } from '../../remote/remoteAddress';
import { isWithin, joinPath, parentPath } from '../../remote/remotePath';
import { folderPager, type Pager } from '../../usecases/browseRemote';
import type { CheckedSettings } from '../platform/checkedSettings';
import type { RemoteChange } from '../platform/remoteChangeEvents';
import { type LoadedFolder, LoadedFolders, maxRefreshedPages } from './loadedFolders';
import { TrashTree } from './trashTree';
import { fillTooltip, remoteTooltip, treeItemOf } from './treeItems';
import {
  type ContainerNode,
  fileId,
  folderId,
  isContainer,
  isInAnyOf,
  type PagedNode,
  type RemoteNode,
  remoteOfId,
  type TreeNode,
  trashId,
} from './treeNode';
import { TreeRows } from './treeRows';

/** Milliseconds that collect the changes of a burst, such as an upload of many files, into one refresh. */
const refreshDelayMs = 150;
/** Milliseconds that a tooltip waits for the quota. */
const quotaTimeoutMs = 3000;

/** The tree of remotes, buckets, folders and files. Lists a folder when it is opened, one page per request. */
export class RemotesTree implements vscode.TreeDataProvider<TreeNode>, vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<TreeNode | undefined>();
  readonly onDidChangeTreeData = this.changed.event;
  private readonly filtersChanged = new vscode.EventEmitter<void>();
  readonly onDidChangeFilters = this.filtersChanged.event;

  private readonly rows: TreeRows;
  private readonly loaded = new LoadedFolders();
  private readonly trash: TrashTree;
  /** Ids of the folders that the next refresh lists. */
  private readonly stale = new Set<string>();
  private refreshTimer: NodeJS.Timeout | undefined;
  private refreshing: Promise<void> = Promise.resolve();

  constructor(
    private readonly app: App,
    private readonly settings: () => CheckedSettings,
  ) {
    this.rows = new TreeRows(app);
    this.trash = new TrashTree(app, () => settings().pageSize, this.rows);
  }

  getTreeItem(node: TreeNode): vscode.TreeItem {
    const filter = isContainer(node) ? this.filterOf(node) : undefined;
    return treeItemOf(node, { now: Date.now(), filter, largeFileBytes: this.settings().largeFileBytes });
  }

  async resolveTreeItem(item: vscode.TreeItem, node: TreeNode): Promise<vscode.TreeItem> {
    if (node.kind !== 'remote') return fillTooltip(item, node);
    item.tooltip = remoteTooltip(node, await this.quotaOf(node));
    return item;
  }

  /** The quota of a remote that is already open: hovering over a row opens no connection. Undefined after an error. */
  private async quotaOf({ address: { remote } }: RemoteNode): Promise<Quota | undefined> {
    try {
      const opened = await this.app.openedRemote(remote);
      return await opened?.features?.quota?.(AbortSignal.timeout(quotaTimeoutMs));
    } catch {
      return undefined; // the rows of the remote report the error
    }
  }

  async getChildren(node?: TreeNode): Promise<TreeNode[]> {
    if (node === undefined) return this.rows.drawRemotes();
    if (node.kind === 'trash') return this.trash.rowsOf(node);
    if (!isContainer(node)) return [];
    const state = this.loaded.of(node.id);
    for (;;) {
      state.pages ??= this.pagerOf(node, state);
      const pages = state.pages;
      const isReplaced = () => state.pages !== pages;
      try {
        if (state.error === undefined && pages.pagesShown === 0 && pages.mayHaveMore) await pages.more();
      } catch (error) {
        if (!isReplaced()) state.error = error;
      }
      const trash =
        node.kind === 'remote' && !state.error && !isReplaced() ? await this.trash.rowOf(node) : undefined;
      // A refresh may have replaced the listing meanwhile: its rows are the ones to show.
      if (isReplaced()) continue;
      state.drawn = this.rowsOf(node, state, pages);
      return trash ? [...state.drawn, trash] : [...state.drawn];
    }
  }

  getParent(node: TreeNode): TreeNode | undefined {
    return this.rows.parentOf(node);
  }

  /** The row of a folder, or of the remote for the top of its tree; undefined outside of all trees. */
  containerAt(address: RemoteAddress): ContainerNode | undefined {
    return this.rows.containerAt(address);
  }

  /**
   * The row at `address`, for `reveal`. Lists its folders as needed; in a folder with more rows than are loaded, filters by the name.
   * Resolves to undefined when there is no such row. Throws the listing's error.
   */
  async find(address: RemoteAddress, kind: 'folder' | 'file'): Promise<TreeNode | undefined> {
    // A refresh after `reveal` would hide the row again.
    await this.refreshNow();
    const remote = this.rows.remoteAt(address);
    if (!remote) return undefined;
    let container: ContainerNode = remote;
    const below = address.path.slice(remote.address.path.length).replace(/^\//, '');
    const names = below === '' ? [] : below.split('/');
    for (const [at, name] of names.entries()) {
      const isLast = at === names.length - 1;
      const child = { remote: address.remote, path: joinPath(container.address.path, name) };
      const id = isLast && kind === 'file' ? fileId(child) : folderId(child);
      const row = await this.childWithId(container, id, name);
      if (isLast || row?.kind !== 'folder') return isLast ? row : undefined;
      container = row;
    }
    return remote;
  }

  private async childWithId(
    container: ContainerNode,
    id: string,
    name: string,
  ): Promise<TreeNode | undefined> {
    const search = async () => (await this.getChildren(container)).find((node) => node.id === id);
    const found = await search();
    const { error, filter, pages } = this.loaded.of(container.id);
    if (error !== undefined) throw error;
    if (found || (filter === undefined && !pages?.mayHaveMore)) return found;
    this.setFilter(container, name);
    return search();
  }

  filterOf(node: ContainerNode): string | undefined {
    return this.loaded.find(node.id)?.filter;
  }

  /** The filtered folders with their name prefixes. */
  filters(): { readonly node: ContainerNode; readonly prefix: string }[] {
    return this.loaded.all().flatMap(([id, { filter }]) => {
      const node = this.rows.container(id);
      return filter !== undefined && node ? [{ node, prefix: filter }] : [];
    });
  }

  /** Shows only names that start with `prefix`, or all names; the service filters. */
  setFilter(node: ContainerNode, prefix: string | undefined): void {
    this.loaded.of(node.id).filter = prefix || undefined;
    this.loaded.forgetPages(node.id);
    this.filtersChanged.fire();
    this.redraw(node);
  }

  /** Loads and shows the next page of a folder. An error becomes a row. */
  async loadMore(node: PagedNode): Promise<void> {
    if (node.kind === 'trash') await this.trash.loadMore(node);
    else {
      const state = this.loaded.of(node.id);
      const { pages } = state;
      if (!pages) return;
      try {
        await pages.more();
        state.error = undefined;
      } catch (error) {
        if (state.pages === pages) state.error = error;
      }
    }
    this.redraw(node);
  }

  /** Lists a folder again with all open folders below it, or everything. */
  refresh(node?: PagedNode): void {
    if (node?.kind !== 'folder') this.trash.forget(node?.address.remote);
    if (node?.kind !== 'trash')
      for (const [id] of this.loaded.all())
        if (node === undefined || id === node.id || isBelow(id, node)) this.loaded.forgetPages(id);
    if (node) this.redraw(node);
    else this.changed.fire(undefined);
  }

  refreshRemote(name: string): void {
    const node = this.rows.remotes().find(({ address }) => address.remote === name);
    if (node) this.refresh(node);
  }

  /** Schedules a refresh of a listed folder that keeps as many pages as were loaded. */
  refreshFolder(address: RemoteAddress): void {
    const node = this.containerAt(address);
    if (node) this.scheduleRefresh(node.id);
  }

  /** Returns whether the folder is listed, and so will be refreshed. */
  private scheduleRefresh(id: string): boolean {
    if (!this.loaded.find(id)?.pages) return false;
    this.markStale(id);
    return true;
  }

  private markStale(id: string): void {
    this.stale.add(id);
    this.refreshTimer ??= setTimeout(() => void this.refreshNow(), refreshDelayMs);
  }

  /** Runs the scheduled refresh now. Resolves when no refresh is left. */
  private async refreshNow(): Promise<void> {
    if (this.refreshTimer) {
      clearTimeout(this.refreshTimer);
      this.refreshTimer = undefined;
      this.refreshing = this.refreshStale();
    }
    await this.refreshing;
  }

  /**
   * Refreshes the listed folders that the changes concern, and the trash of their remotes. There can be one change per file of a run, so
   * the cost per change must stay small.
   */
  applyChanges(changes: readonly RemoteChange[]): void {
    const roots = new Map<string, RemoteNode>();
    for (const node of this.rows.remotes())
      if (!roots.has(node.address.remote)) roots.set(node.address.remote, node);
    const deleted = new Set<string>();
    const changedFolders = new Set<string>();
    const parents = new Map<string, RemoteAddress>();
    for (const { remote, path, kind } of changes) {
      const id = folderId({ remote, path });
      if (kind === 'deleted') deleted.add(id);
      if (kind === 'changed' && this.rows.container(id)) changedFolders.add(id);
      else {
        const parent = { remote, path: parentPath(path) };
        parents.set(folderId(parent), parent);
      }
    }
    for (const remote of new Set(changes.map((change) => change.remote))) this.refreshTrash(remote);
    if (deleted.size > 0) this.forgetBelow(deleted);
    for (const id of changedFolders) this.scheduleRefresh(id);
    const visited = new Set<string>();
    for (const folder of parents.values()) this.refreshNearest(folder, roots.get(folder.remote), visited);
  }

  /** Refreshes the folder or its nearest listed parent, since a new file can bring new folders. Skips folders in `visited`. */
  private refreshNearest(folder: RemoteAddress, root: RemoteNode | undefined, visited: Set<string>): void {
    if (!root || !isWithin(folder.path, root.address.path)) return;
    for (let { path } = folder; ; path = parentPath(path)) {
      const isRoot = path === root.address.path;
      const id = isRoot ? root.id : folderId({ ...folder, path });
      if (visited.has(id)) return;
      visited.add(id);
      if (this.scheduleRefresh(id) || isRoot) return;
    }
  }

  private refreshTrash(remote: string): void {
    const node = this.rows.get(trashId(remote));
    if (node?.kind !== 'trash' || !this.trash.isLoaded(remote)) return;
    this.markStale(node.id);
  }

  private async refreshStale(): Promise<void> {
    const ids = [...this.stale];
    this.stale.clear();
    for (const id of ids) {
      const node = this.rows.get(id);
      if (node?.kind === 'trash' && (await this.trash.refresh(node))) this.redraw(node);
      const state = this.loaded.find(id);
      if (!isContainer(node) || !state?.pages) continue;
      const before = state.pages;
      const count = Math.min(before.pagesShown, maxRefreshedPages);
      const pages = this.pagerOf(node, state);
      let failure: unknown;
      try {
        // The old rows stay visible until the new ones are loaded.
        do await pages.more();
        while (pages.pagesShown < count && pages.mayHaveMore);
      } catch (error) {
        failure = error;
      }
      if (state.pages !== before) continue;
      state.error = failure;
      state.pages = pages;
      before.cancel(new vscode.CancellationError());
      // While the editor redraws, the menus of all rows below come without their rows.
      if (!isSameList(this.rowsOf(node, state, pages), state.drawn)) this.redraw(node);
    }
  }

  /**
   * Call when the settings changed, or the secrets of remote `named`. Lists the open folders of each changed remote again. Redraws only
   * rows that differ, since a redraw of the whole tree loses clicks, and saving one remote causes several calls.
   */
  remotesChanged(named?: string): void {
    const now = new Map(this.app.remotes().map(({ settings }) => [settings.name, JSON.stringify(settings)]));
    const stale = new Set<string>();
    let filtersGone = false;
    for (const [id, { settings, pages }] of this.loaded.all()) {
      const name = remoteOfId(id);
      if (!now.has(name)) filtersGone = this.loaded.forget(id) || filtersGone;
      else if (pages && (name === named || now.get(name) !== settings)) {
        this.loaded.forgetPages(id);
        stale.add(name);
      }
    }
    this.rows.forgetOtherRemotes(now);
    for (const name of stale) this.trash.forget(name);
    if (filtersGone) this.filtersChanged.fire();
    if (this.rows.remotesDiffer) this.changed.fire(undefined);
    else for (const node of this.rows.remotes()) if (stale.has(node.address.remote)) this.redraw(node);
  }

  dispose(): void {
    clearTimeout(this.refreshTimer);
    for (const [id] of this.loaded.all()) this.loaded.forgetPages(id);
    this.trash.forget();
    this.changed.dispose();
    this.filtersChanged.dispose();
  }

  /** Redraws a row and the rows below it. The editor identifies rows by object, so it gets the newest node. */
  private redraw(node: PagedNode): void {
    this.changed.fire(this.rows.get(node.id) ?? node);
  }

  private rowsOf(node: ContainerNode, state: LoadedFolder, pages: Pager<Entry>): TreeNode[] {
    const rows = pages.items.map((entry) => this.rows.ofEntry(node.address.remote, entry));
    const { error, filter } = state;
    const { mayHaveMore } = pages;
    if (!mayHaveMore && filter === undefined) {
      const missing = this.rows.missingFolders(node, rows);
      if (missing.size > 0) this.forgetBelow(missing);
    }
    return this.rows.withEnd(node, rows, { error, mayHaveMore, filter });
  }

  private pagerOf(node: ContainerNode, state: LoadedFolder): Pager<Entry> {
    const { remote, path } = node.address;
    state.settings = JSON.stringify(
      this.app.remotes().find(({ settings }) => settings.name === remote)?.settings,
    );
    return folderPager(() => this.app.openRemote(remote), path, {
      pageSize: this.settings().pageSize,
      ...(state.filter !== undefined && { namePrefix: state.filter }),
    });
  }

  /** Forgets the folders with these ids and everything below them. */
  private forgetBelow(folders: ReadonlySet<string>): void {
    let filtersGone = false;
    for (const [id] of this.loaded.all())
      if (isInAnyOf(id, folders)) filtersGone = this.loaded.forget(id) || filtersGone;
    this.rows.forgetBelow(folders);
    if (filtersGone) this.filtersChanged.fire();
  }
}

function isSameList<Item>(a: readonly Item[], b: readonly Item[] | undefined): boolean {
  return a.length === b?.length && a.every((item, index) => item === b[index]);
}

function isBelow(id: string, { address }: ContainerNode): boolean {
  return id.startsWith(address.path === '' ? `${address.remote}:` : folderId(address));
}
