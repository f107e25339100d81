import type { App } from '../../app';
import type { Entry } from '../../remote/entry';
import type { RemoteAddress } from '../../remote/remoteAddress';
import { isWithin, parentPath } from '../../remote/remotePath';
import { entryName } from '../../usecases/browseRemote';
import { acceptsFiles, treeRoot } from '../../usecases/configuredRemotes';
import {
  type ContainerNode,
  type FileNode,
  type FolderNode,
  fileId,
  folderId,
  isContainer,
  isInAnyOf,
  type PagedNode,
  type RemoteNode,
  remoteOfId,
  type TreeNode,
} from './treeNode';

/** The state of a listing below its rows. */
export interface ListingEnd {
  readonly error: unknown;
  readonly mayHaveMore: boolean;
  readonly filter?: string | undefined;
}

/**
 * The nodes of the tree by id. The editor identifies rows by object, so an unchanged row keeps its node. Topmost are the remotes of the
 * settings, usable or not.
 */
export class TreeRows {
  private readonly nodes = new Map<string, TreeNode>();
  /** The remotes that the editor shows, as JSON; undefined before the view is shown. */
  private drawnRemotes: string | undefined;

  constructor(private readonly app: App) {}

  get(id: string): TreeNode | undefined {
    return this.nodes.get(id);
  }

  container(id: string): ContainerNode | undefined {
    const node = this.nodes.get(id);
    return isContainer(node) ? node : undefined;
  }

  add<Node extends TreeNode>(node: Node): Node {
    this.nodes.set(node.id, node);
    return node;
  }

  /** The rows of the remotes, for the editor to show. */
  drawRemotes(): RemoteNode[] {
    this.drawnRemotes = this.remotesAsJson();
    return this.remotes();
  }

  /** Whether the shown remotes differ from the settings. */
  get remotesDiffer(): boolean {
    return this.drawnRemotes !== undefined && this.drawnRemotes !== this.remotesAsJson();
  }

  remotes(): RemoteNode[] {
    return this.app.remotes().map((configured, index) => {
      // The settings can contain a name twice. The second row shows the problem and needs another id.
      const id = `${configured.settings.name}:${configured.problems.length > 0 ? `#${index}` : ''}`;
      const known = this.nodes.get(id);
      return known?.kind === 'remote' && isEqual(known.configured.settings, configured.settings)
        ? known
        : this.add({ kind: 'remote', id, configured, address: treeRoot(configured) });
    });
  }

  /** The remote whose tree contains `address`. */
  remoteAt(address: RemoteAddress): RemoteNode | undefined {
    const remote = this.remotes().find((node) => node.address.remote === address.remote);
    return remote && isWithin(address.path, remote.address.path) ? remote : undefined;
  }

  /** The row of a folder, or of the remote for the top of its tree; undefined outside of all trees. */
  containerAt(address: RemoteAddress): ContainerNode | undefined {
    const remote = this.remoteAt(address);
    if (!remote || address.path === remote.address.path) return remote;
    const known = this.nodes.get(folderId(address));
    if (known?.kind === 'folder') return known;
    const parent = { remote: address.remote, path: parentPath(address.path) };
    const isBucket = !acceptsFiles(this.app.remotes(), parent);
    return this.folder(address, {
      kind: 'folder',
      path: address.path,
      ...(isBucket && { role: 'bucket' as const }),
    });
  }

  parentOf(node: TreeNode): TreeNode | undefined {
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

  ofEntry(remote: string, entry: Entry): TreeNode {
    if (entry.kind === 'folder') return this.folder({ remote, path: entry.path }, entry);
    if (entry.kind === 'unusable')
      return this.add({
        kind: 'unusable',
        id: `${folderId({ remote, path: entry.folder })}\0${entryName(entry)}`,
        remote,
        entry,
      });
    const address = { remote, path: entry.path };
    const known = this.nodes.get(fileId(address));
    return known?.kind === 'file' && isEqual(known.entry, entry)
      ? known
      : this.add<FileNode>({ kind: 'file', id: fileId(address), address, entry });
  }

  private folder(address: RemoteAddress, entry: FolderNode['entry']): FolderNode {
    const known = this.nodes.get(folderId(address));
    return known?.kind === 'folder' && isEqual(known.entry, entry)
      ? known
      : this.add({ kind: 'folder', id: folderId(address), address, entry });
  }

  /** `rows` with a last row that reports an error, offers more rows, or says that there are none. */
  withEnd(parent: PagedNode, rows: readonly TreeNode[], end: ListingEnd): TreeNode[] {
    const { error, mayHaveMore, filter } = end;
    if (error !== undefined)
      return [...rows, this.add({ kind: 'error', id: `${parent.id}\0error`, parent, error })];
    if (mayHaveMore) {
      const id = `${parent.id}\0more`;
      const known = this.nodes.get(id);
      const same = known?.kind === 'more' && known.parent === parent && known.shown === rows.length;
      return [...rows, same ? known : this.add({ kind: 'more', id, parent, shown: rows.length })];
    }
    if (rows.length > 0) return [...rows];
    const id = `${parent.id}\0empty`;
    const known = this.nodes.get(id);
    const same = known?.kind === 'empty' && known.parent === parent && known.filter === filter;
    return [same ? known : this.add({ kind: 'empty', id, parent, filter })];
  }

  /** The ids of the known folders directly in `parent` that are not among `rows`. */
  missingFolders(parent: ContainerNode, rows: readonly TreeNode[]): ReadonlySet<string> {
    const listed = new Set(rows.map((row) => row.id));
    const { remote, path } = parent.address;
    const missing = new Set<string>();
    for (const node of this.nodes.values())
      if (
        node.kind === 'folder' &&
        node.address.remote === remote &&
        node.address.path !== path &&
        parentPath(node.address.path) === path &&
        !listed.has(node.id)
      )
        missing.add(node.id);
    return missing;
  }

  /** Forgets the folders with these ids and all rows below them. */
  forgetBelow(folders: ReadonlySet<string>): void {
    for (const id of [...this.nodes.keys()]) if (isInAnyOf(id, folders)) this.nodes.delete(id);
  }

  /** Forgets the rows of all remotes that are not in `names`. */
  forgetOtherRemotes(names: { has(name: string): boolean }): void {
    for (const id of [...this.nodes.keys()]) if (!names.has(remoteOfId(id))) this.nodes.delete(id);
  }

  private remotesAsJson(): string {
    return JSON.stringify(this.app.remotes().map(({ settings, problems }) => [settings, problems]));
  }
}

function isEqual(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
