import * as vscode from 'vscode';
import type { App } from '../../app';
import type { Entry } from '../../remote/entry';
import type { Quota } from '../../remote/remote';
import type { RemoteAddress } from '../../remote/remoteAddress';
import { isWithin, joinPath, parentPath } from '../../remote/remotePath';
import { entryName, folderPager, type Pager } from '../../usecases/browseRemote';
import { acceptsFiles } from '../../usecases/configuredRemotes';
import type { CheckedSettings } from '../platform/checkedSettings';
import type { RemoteChange } from '../platform/remoteChangeEvents';
import { changedFolders, isInOneOf } from './changedFolders';
import { type LoadedFolder, LoadedFolders, mostPagesAgain } from './loadedFolders';
import { RemoteRows } from './remoteRows';
import { TrashTree } from './trashTree';
import { fillTooltip, remoteTooltip, treeItemOf } from './treeItems';
import {
  type ContainerNode,
  type FileNode,
  type FolderNode,
  fileId,
  folderId,
  isContainer,
  type PagedNode,
  type RemoteNode,
  type TreeNode,
  trashId,
} from './treeNode';

/** Changes come in bursts (an upload of many files); their folders are listed again once. */
const settleMs = 150;
/** How long a tooltip waits for the quota. */
const quotaPatienceMs = 3000;

/** The tree of remotes, buckets, folders and files. Lists a folder when it is opened, one page a request. */
export class RemotesTree implements vscode.TreeDataProvider<TreeNode>, vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<TreeNode | undefined>();
  readonly onDidChangeTreeData = this.changed.event;
  private readonly filtersChanged = new vscode.EventEmitter<void>();
  readonly onDidChangeFilters = this.filtersChanged.event;

  /** One object a row for as long as the row is there: the editor knows rows by their objects. */
  private readonly nodes = new Map<string, TreeNode>();
  private readonly loaded = new LoadedFolders();
  private readonly stale = new Set<string>();
  private settling: NodeJS.Timeout | undefined;
  private relisting: Promise<void> = Promise.resolve();
  private readonly trash: TrashTree;
  private readonly remotes: RemoteRows;

  constructor(
    private readonly app: App,
    private readonly settings: () => CheckedSettings,
  ) {
    this.remotes = new RemoteRows(app, this.nodes, (node) => this.keep(node));
    this.trash = new TrashTree(
      app,
      () => settings().pageSize,
      (node) => this.keep(node),
    );
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

  /** How much space a remote has, where it can tell; only of one that is in use already, so that pointing at a row connects to nothing. */
  private async quotaOf({ address: { remote } }: RemoteNode): Promise<Quota | undefined> {
    try {
      const opened = await this.app.openedRemote(remote);
      return await opened?.features?.quota?.(AbortSignal.timeout(quotaPatienceMs));
    } catch {
      // The rows below tell of what doesn't work; a tooltip does without.
      return undefined;
    }
  }

  async getChildren(node?: TreeNode): Promise<TreeNode[]> {
    if (node === undefined) return this.remotes.draw();
    if (node.kind === 'trash') return this.trash.rows(node);
    if (!isContainer(node)) return [];
    const state = this.loaded.of(node.id);
    for (;;) {
      const pages = state.pages ?? this.pagesOf(node, state);
      state.pages = pages;
      try {
        if (state.error === undefined && pages.pagesShown === 0 && pages.mayHaveMore) await pages.more();
      } catch (error) {
        // A refresh put another listing in its place: that one's rows are wanted.
        if (state.pages !== pages) continue;
        state.error = error;
      }
      if (state.pages !== pages) continue;
      const trash = node.kind === 'remote' && !state.error ? await this.trash.rowOf(node) : undefined;
      if (state.pages === pages) return [...this.rowsOf(node, state, pages), ...(trash ? [trash] : [])];
    }
  }

  getParent(node: TreeNode): TreeNode | undefined {
    switch (node.kind) {
      case 'remote':
        return undefined;
      case 'trash':
        return this.containerAt(node.address);
      case 'trashed':
      case 'more':
      case 'empty':
      case 'error':
        return node.parent;
      case 'unusable':
        return this.containerAt({ remote: node.remote, path: node.entry.folder });
      case 'folder':
      case 'file':
        return this.containerAt({ remote: node.address.remote, path: parentPath(node.address.path) });
    }
  }

  /** The row of a folder, or of the remote when the address is where its tree starts; undefined outside of all trees. */
  containerAt(address: RemoteAddress): ContainerNode | undefined {
    const remote = this.remotes.all().find((node) => node.address.remote === address.remote);
    if (!remote || !isWithin(address.path, remote.address.path)) return undefined;
    if (address.path === remote.address.path) return remote;
    const known = this.nodes.get(folderId(address));
    if (known?.kind === 'folder') return known;
    const parent = { remote: address.remote, path: parentPath(address.path) };
    const bucket = !acceptsFiles(this.app.remotes(), parent);
    return this.folderNode(address, {
      kind: 'folder',
      path: address.path,
      ...(bucket && { role: 'bucket' as const }),
    });
  }

  /**
   * The row of the thing at `address`, listed if need be so that it can be revealed: where its folder is longer than what
   * is loaded, the folder is filtered by the name. Undefined when there is no such row. Throws the listing's error.
   */
  async find(address: RemoteAddress, kind: 'folder' | 'file'): Promise<TreeNode | undefined> {
    // The editor reveals a row after all refreshes that it knows of, and loses it in one that comes later.
    await this.settle();
    const remote = this.remotes.all().find((node) => node.address.remote === address.remote);
    if (!remote || !isWithin(address.path, remote.address.path)) return undefined;
    let container: ContainerNode = remote;
    const below = address.path.slice(remote.address.path.length).replace(/^\//, '');
    const parts = below === '' ? [] : below.split('/');
    for (const [at, part] of parts.entries()) {
      const last = at === parts.length - 1;
      const path = joinPath(container.address.path, part);
      const next = await this.childNamed(
        container,
        { remote: address.remote, path },
        last ? kind : 'folder',
        part,
      );
      if (!next || last) return next;
      if (next.kind !== 'folder') return undefined;
      container = next;
    }
    return remote;
  }

  private async childNamed(
    container: ContainerNode,
    address: RemoteAddress,
    kind: 'folder' | 'file',
    name: string,
  ): Promise<TreeNode | undefined> {
    const id = kind === 'folder' ? folderId(address) : fileId(address);
    const among = async () => (await this.getChildren(container)).find((node) => node.id === id);
    const found = await among();
    const state = this.loaded.of(container.id);
    if (state.error !== undefined) throw state.error;
    if (found || (state.filter === undefined && !state.pages?.mayHaveMore)) return found;
    this.setFilter(container, name);
    return among();
  }

  filterOf(node: ContainerNode): string | undefined {
    return this.loaded.find(node.id)?.filter;
  }

  /** The folders that are filtered now, with what their names have to start with. */
  filters(): { readonly node: ContainerNode; readonly prefix: string }[] {
    return this.loaded.all().flatMap(([id, { filter }]) => {
      const node = this.nodes.get(id);
      return filter !== undefined && isContainer(node) ? [{ node, prefix: filter }] : [];
    });
  }

  /** Shows only what starts with `prefix` (everything when undefined); the service does the filtering. */
  setFilter(node: ContainerNode, prefix: string | undefined): void {
    this.loaded.of(node.id).filter = prefix || undefined;
    this.loaded.forgetPages(node.id);
    this.filtersChanged.fire();
    this.show(node);
  }

  /** Asks for the next page of a folder and shows it. An error becomes a row. */
  async loadMore(node: PagedNode): Promise<void> {
    if (node.kind === 'trash') {
      await this.trash.loadMore(node);
      this.show(node);
      return;
    }
    const state = this.loaded.of(node.id);
    const pages = state.pages;
    if (!pages) return;
    try {
      await pages.more();
      state.error = undefined;
    } catch (error) {
      if (state.pages === pages) state.error = error;
    }
    this.show(node);
  }

  /** Lists again: one row's folder and what is open below it, or everything. */
  refresh(node?: PagedNode): void {
    if (node === undefined) {
      this.trash.forget();
      for (const [id] of this.loaded.all()) this.loaded.forgetPages(id);
      this.changed.fire(undefined);
      return;
    }
    if (node.kind !== 'folder') this.trash.forget(node.address.remote);
    if (node.kind === 'trash') {
      this.show(node);
      return;
    }
    for (const [id] of this.loaded.all())
      if (id === node.id || this.isBelow(id, node)) this.loaded.forgetPages(id);
    this.show(node);
  }

  /** Lists everything again that is open of one remote. */
  refreshRemote(name: string): void {
    const node = this.remotes.all().find(({ address }) => address.remote === name);
    if (node) this.refresh(node);
  }

  /** Lists a folder again if it was listed before, keeping as much loaded as was. Soon, not at once. */
  refreshFolder(address: RemoteAddress): void {
    const node = this.containerAt(address);
    if (node) this.refreshListed(node.id);
  }

  /** As `refreshFolder`, by the row's id; answers whether the folder was listed before. */
  private refreshListed(id: string): boolean {
    if (!this.loaded.find(id)?.pages) return false;
    this.markStale(id);
    return true;
  }

  private markStale(id: string): void {
    this.stale.add(id);
    this.settling ??= setTimeout(() => void this.settle(), settleMs);
  }

  /** Lists at once what is still to be listed after changes, and tells the editor. */
  private async settle(): Promise<void> {
    if (this.settling) {
      clearTimeout(this.settling);
      this.settling = undefined;
      this.relisting = this.refreshStale();
    }
    await this.relisting;
  }

  /**
   * Takes note of what this window changed: only the folders concerned are listed again. There may be as many changes as a run
   * has files, so what is known once is not asked for each.
   */
  applyChanges(changes: readonly RemoteChange[]): void {
    const roots = new Map<string, RemoteNode>();
    for (const node of this.remotes.all())
      if (!roots.has(node.address.remote)) roots.set(node.address.remote, node);
    const { gone, within, parents } = changedFolders(changes, (id) => isContainer(this.nodes.get(id)));
    for (const remote of new Set(changes.map((change) => change.remote))) this.refreshTrash(remote);
    if (gone.size > 0) this.forgetBelow(gone);
    for (const id of within) this.refreshListed(id);
    const looked = new Set<string>();
    for (const folder of parents) this.refreshNearest(folder, roots.get(folder.remote), looked);
  }

  /**
   * Lists the folder again, or the nearest one above it that is listed: what is new may have brought folders along. Those in
   * `looked` are done.
   */
  private refreshNearest(folder: RemoteAddress, root: RemoteNode | undefined, looked: Set<string>): void {
    if (!root || !isWithin(folder.path, root.address.path)) return;
    for (let { path } = folder; ; path = parentPath(path)) {
      const atTop = path === root.address.path;
      const id = atTop ? root.id : folderId({ ...folder, path });
      if (looked.has(id)) return;
      looked.add(id);
      if (this.refreshListed(id) || atTop) return;
    }
  }

  private refreshTrash(remote: string): void {
    const node = this.nodes.get(trashId(remote));
    if (node?.kind !== 'trash' || !this.trash.isLoaded(remote)) return;
    this.markStale(node.id);
  }

  private async refreshStale(): Promise<void> {
    const ids = [...this.stale];
    this.stale.clear();
    for (const id of ids) {
      const node = this.nodes.get(id);
      if (node?.kind === 'trash' && (await this.trash.listAgain(node))) this.show(node);
      const state = this.loaded.find(id);
      if (!isContainer(node) || !state?.pages) continue;
      const before = state.pages;
      const wanted = Math.min(before.pagesShown, mostPagesAgain);
      const pages = this.pagesOf(node, state);
      try {
        // The old rows stay on the screen until the new ones are here.
        do await pages.more();
        while (pages.pagesShown < wanted && pages.mayHaveMore);
        if (state.pages !== before) continue;
        state.error = undefined;
      } catch (error) {
        if (state.pages !== before) continue;
        state.error = error;
      }
      state.pages = pages;
      before.cancel(new vscode.CancellationError());
      this.show(node);
    }
  }

  /**
   * The settings were changed, or the secrets of the remote named: what is loaded of such a remote is forgotten and listed
   * again where it is open. Only what differs is drawn: a tree that is drawn whole loses the clicks of that moment, and a
   * remote that is saved is told of several times, once for its settings and once for each secret.
   */
  remotesChanged(named?: string): void {
    const now = new Map(this.app.remotes().map(({ settings }) => [settings.name, JSON.stringify(settings)]));
    const stale: string[] = [];
    let filtersGone = false;
    for (const [id, { settings, pages }] of this.loaded.all()) {
      const name = remoteName(id);
      if (!now.has(name)) filtersGone = this.loaded.forget(id) || filtersGone;
      else if (pages && (name === named || now.get(name) !== settings)) {
        this.loaded.forgetPages(id);
        stale.push(name);
      }
    }
    for (const id of [...this.nodes.keys()]) if (!now.has(remoteName(id))) this.nodes.delete(id);
    for (const name of new Set(stale)) this.trash.forget(name);
    if (filtersGone) this.filtersChanged.fire();
    if (this.remotes.differ) this.changed.fire(undefined);
    else for (const node of this.remotes.all()) if (stale.includes(node.address.remote)) this.show(node);
  }

  dispose(): void {
    clearTimeout(this.settling);
    for (const [id] of this.loaded.all()) this.loaded.forgetPages(id);
    this.trash.forget();
    this.changed.dispose();
    this.filtersChanged.dispose();
  }

  /** Draws a row and what is below it anew. The editor knows rows by object, so it must be the newest of its id. */
  private show(node: PagedNode): void {
    this.changed.fire(this.nodes.get(node.id) ?? node);
  }

  private rowsOf(node: ContainerNode, state: LoadedFolder, pages: Pager<Entry>): TreeNode[] {
    const rows = pages.items.map((entry) => this.entryNode(node.address.remote, entry));
    if (!pages.mayHaveMore && state.filter === undefined) this.forgetMissing(node, rows);
    if (state.error !== undefined)
      rows.push(this.keep({ kind: 'error', id: `${node.id}\0error`, parent: node, error: state.error }));
    else if (pages.mayHaveMore)
      rows.push(this.keep({ kind: 'more', id: `${node.id}\0more`, parent: node, shown: rows.length }));
    else if (rows.length === 0)
      rows.push(this.keep({ kind: 'empty', id: `${node.id}\0empty`, parent: node, filter: state.filter }));
    return rows;
  }

  private entryNode(remote: string, entry: Entry): TreeNode {
    if (entry.kind === 'folder') return this.folderNode({ remote, path: entry.path }, entry);
    if (entry.kind === 'unusable')
      return this.keep({
        kind: 'unusable',
        id: `${folderId({ remote, path: entry.folder })}\0${entryName(entry)}`,
        remote,
        entry,
      });
    const address = { remote, path: entry.path };
    const known = this.nodes.get(fileId(address));
    if (known?.kind === 'file' && JSON.stringify(known.entry) === JSON.stringify(entry)) return known;
    return this.keep<FileNode>({ kind: 'file', id: fileId(address), address, entry });
  }

  private folderNode(address: RemoteAddress, entry: FolderNode['entry']): FolderNode {
    const known = this.nodes.get(folderId(address));
    if (known?.kind === 'folder' && JSON.stringify(known.entry) === JSON.stringify(entry)) return known;
    return this.keep({ kind: 'folder', id: folderId(address), address, entry });
  }

  private keep<Node extends TreeNode>(node: Node): Node {
    this.nodes.set(node.id, node);
    return node;
  }

  private pagesOf(node: ContainerNode, state: LoadedFolder): Pager<Entry> {
    const { remote, path } = node.address;
    state.settings = JSON.stringify(
      this.app.remotes().find(({ settings }) => settings.name === remote)?.settings,
    );
    return folderPager(() => this.app.openRemote(remote), path, {
      pageSize: this.settings().pageSize,
      ...(state.filter !== undefined && { namePrefix: state.filter }),
    });
  }

  /** What was loaded of folders that a whole listing doesn't show any more. */
  private forgetMissing(parent: ContainerNode, rows: readonly TreeNode[]): void {
    const there = new Set(rows.map((row) => row.id));
    const { remote, path } = parent.address;
    const gone = new Set<string>();
    for (const node of this.nodes.values())
      if (
        node.kind === 'folder' &&
        node.address.remote === remote &&
        node.address.path !== path &&
        parentPath(node.address.path) === path &&
        !there.has(node.id)
      )
        gone.add(node.id);
    if (gone.size > 0) this.forgetBelow(gone);
  }

  /** Forgets the folders with these ids and all below them. */
  private forgetBelow(folders: ReadonlySet<string>): void {
    let filtersGone = false;
    for (const [id] of this.loaded.all())
      if (isInOneOf(id, folders)) filtersGone = this.loaded.forget(id) || filtersGone;
    for (const id of [...this.nodes.keys()]) if (isInOneOf(id, folders)) this.nodes.delete(id);
    if (filtersGone) this.filtersChanged.fire();
  }

  private isBelow(id: string, node: ContainerNode): boolean {
    const { remote, path } = node.address;
    return id.startsWith(path === '' ? `${remote}:` : folderId(node.address));
  }
}

/** Names of remotes have no colon. */
function remoteName(id: string): string {
  return id.slice(0, id.indexOf(':'));
}
