import { randomBytes } from 'node:crypto';
import { badRequest, nameTaken, nodeNotFound, TRASHED_PARENT, UNKNOWN_PARENT } from '../requests/driveError';
import { ChangeLog } from './changeLog';
import { contentTypeOf, type DriveNode, type NodeKind } from './driveNode';
import type { Journal } from './journal';
import { entryOf, NodeIndex, SearchIndex } from './nodeIndex';
import { checkDescription, checkName, checkProperties, type NewNode, type NodePatch } from './nodeRules';
import type { ContentStore, StoredBytes } from './storedBytes';

export interface DriveNodesOptions {
  readonly account: string;
  /** The app that makes the nodes: `createdBy`, and the owner of properties. */
  readonly owner: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly contents: ContentStore;
  readonly journal?: Journal | undefined;
}

/** Trashed nodes are purged after 30 days; in milliseconds. */
export const TRASH_KEPT_MS = 30 * 24 * 3_600_000;

/** The nodes of one account and the rules by which they change. Broken rules throw DriveError. */
export class DriveNodes {
  readonly account: string;
  readonly owner: string;
  readonly root: DriveNode;
  readonly changes = new ChangeLog();
  /** The index that lists and look-ups read. */
  readonly search = new SearchIndex();
  /** The current state, which decides about name conflicts. */
  protected readonly index = new NodeIndex();
  /** Purged nodes, for the changes feed. */
  private readonly purged = new Map<string, DriveNode>();
  /** Top-level trashed nodes, oldest first. */
  private readonly trashed = new Map<string, number>();
  private readonly localIds = new Map<string, string>();
  private readonly now: () => number;
  readonly contents: ContentStore;
  private readonly journal: Journal | undefined;

  constructor({ account, owner, now, contents, journal }: DriveNodesOptions) {
    this.account = account;
    this.owner = owner;
    this.now = now;
    this.contents = contents;
    this.journal = journal;
    const root = this.load();
    if (root !== undefined) {
      this.root = root;
      return;
    }
    journal?.era(this.changes.forgetCheckpoints());
    this.root = this.blank('FOLDER', undefined, []);
    this.root.createdBy = 'CloudDriveFiles';
    this.enter(this.root);
  }

  /** A node by its id, in any status; undefined for an unknown or purged node. */
  get(id: string): DriveNode | undefined {
    return this.index.entries.get(id)?.node;
  }

  /** A node by its id, purged or not, for the changes feed. */
  evenPurged(id: string): DriveNode | undefined {
    return this.get(id) ?? this.purged.get(id);
  }

  /** Throws 404. */
  require(id: string): DriveNode {
    const node = this.get(id);
    if (node === undefined) throw nodeNotFound(id);
    return node;
  }

  /** All nodes that aren't purged. */
  *all(): Generator<DriveNode> {
    for (const entry of this.index.entries.values()) yield entry.node;
  }

  createFolder(made: NewNode): DriveNode {
    return this.create('FOLDER', made, undefined);
  }

  createFile(made: NewNode, stored: StoredBytes): DriveNode {
    return this.create('FILE', made, stored);
  }

  /** Throws what `createFile` or `createFolder` would throw now, without making anything. */
  checkNew({ name, parents = [], description = '', localId, properties }: NewNode): void {
    checkName(name);
    checkDescription(description);
    checkProperties(properties ?? {});
    const into = this.checkParents(parents.length === 0 ? [this.root.id] : parents);
    const made = localId === undefined ? undefined : this.get(this.localIds.get(localId) ?? '');
    if (made?.name !== undefined) throw nameTaken(made.name, into[0] ?? '', made.id);
    this.checkFree(into, name, undefined);
  }

  overwrite(id: string, stored: StoredBytes): DriveNode {
    const node = this.require(id);
    if (node.kind !== 'FILE' || node.status === 'TRASH') throw nodeNotFound(id);
    const before = node.content;
    node.content = {
      stored,
      size: stored.size,
      md5: stored.md5,
      version: (before?.version ?? 0) + 1,
      contentType: contentTypeOf(node.name ?? ''),
    };
    this.touch(node);
    before?.stored.release();
    return node;
  }

  /** The id of an available file with this content. Empty files do not count. */
  holderOf(md5: string): string | undefined {
    for (const id of this.index.holding(md5)) {
      const node = this.get(id);
      if (node?.status === 'AVAILABLE' && (node.content?.size ?? 0) > 0) return id;
    }
    return undefined;
  }

  patch(id: string, patch: NodePatch): DriveNode {
    const node = this.require(id);
    const { name, parents, status } = patch;
    if (node === this.root && (name ?? parents ?? status) !== undefined)
      throw badRequest('The root node cannot be changed');
    if (name !== undefined) checkName(name);
    if (patch.description !== undefined) checkDescription(patch.description);
    checkProperties(patch.properties ?? {}, node);
    if (status !== undefined && (status !== 'AVAILABLE' || node.status === 'TRASH'))
      throw badRequest(`A node cannot be changed from ${node.status} to ${status}`);
    const into = parents === undefined ? node.parents : this.checkParents(parents, node);
    if (into.length === 0 && node !== this.root) throw badRequest(UNKNOWN_PARENT);
    // A node in the trash has no conflicts, and a node has none with itself.
    if (node.status !== 'TRASH' && node.name !== undefined) this.checkFree(into, name ?? node.name, node.id);
    if (name !== undefined) node.name = name;
    if (patch.labels !== undefined) node.labels = [...new Set(patch.labels)];
    if (patch.description !== undefined) node.description = patch.description;
    if (status !== undefined) node.status = 'AVAILABLE';
    for (const [owner, values] of Object.entries(patch.properties ?? {}))
      node.properties[owner] = { ...node.properties[owner], ...values };
    node.parents = into;
    return this.touch(node);
  }

  /** Replaces the parent `fromParent` of a node with another folder; further parents stay. */
  moveChild(newParent: string, childId: string, fromParent: string): DriveNode {
    const into = this.require(newParent);
    const node = this.require(childId);
    if (node.status === 'TRASH') throw badRequest('A trashed node cannot be moved');
    if (!node.parents.includes(fromParent))
      throw badRequest(`The node ${childId} is not a child of ${fromParent}`);
    this.checkParents([into.id], node);
    this.checkFree([into.id], node.name ?? '', node.id);
    node.parents = [...new Set(node.parents.map((parent) => (parent === fromParent ? into.id : parent)))];
    return this.touch(node);
  }

  addParent(parentId: string, childId: string): DriveNode {
    const node = this.require(childId);
    this.require(parentId);
    this.checkParents([parentId], node);
    if (node.status !== 'TRASH') this.checkFree([parentId], node.name ?? '', node.id);
    node.parents = [...new Set([...node.parents, parentId])];
    return this.touch(node);
  }

  /** Removes a parent of a node; a node without a parent goes to the root. */
  removeParent(parentId: string, childId: string): DriveNode {
    const node = this.require(childId);
    if (!node.parents.includes(parentId)) throw nodeNotFound(childId);
    const left = node.parents.filter((parent) => parent !== parentId);
    if (left.length === 0) {
      if (node.status !== 'TRASH') this.checkFree([this.root.id], node.name ?? '', node.id);
      left.push(this.root.id);
    }
    node.parents = left;
    return this.touch(node);
  }

  /** Trashes a node and everything below it. A node that was already in the trash keeps its own entry there. */
  trashNode(id: string): DriveNode {
    const node = this.require(id);
    if (node === this.root) throw badRequest('The root node cannot be trashed');
    if (node.status === 'TRASH') return node;
    const at = this.now();
    this.toTrash(node, at, undefined);
    for (const below of this.below(node, true)) this.toTrash(below, at, node.id);
    return node;
  }

  /** Restores a node into all its folders, with everything that went to the trash with it. */
  restoreNode(id: string): DriveNode {
    const node = this.require(id);
    if (node.status !== 'TRASH') return node;
    const parents = node.parents.filter((parent) => this.get(parent) !== undefined);
    if (parents.some((parent) => this.get(parent)?.status === 'TRASH')) throw badRequest(TRASHED_PARENT);
    if (parents.length === 0) parents.push(this.root.id);
    this.checkFree(parents, node.name ?? '', node.id);
    node.parents = parents;
    this.fromTrash(node);
    for (const below of this.below(node, false)) if (below.trashedWith === id) this.fromTrash(below);
    this.trashed.delete(id);
    return node;
  }

  /** Purges a node and everything that has no other parent. */
  purgeNode(id: string): void {
    const node = this.require(id);
    for (const below of [...this.below(node, false), ...this.below(node, true)]) {
      if (below.parents.every((parent) => this.get(parent) === undefined || this.isWithin(parent, node)))
        this.drop(below);
      else if (below.trashedWith === id) this.toTrash(below, below.trashedAt ?? this.now(), undefined);
    }
    this.drop(node);
  }

  /** Purges the nodes that have been in the trash for 30 days by the server's clock. */
  purgeOld(): void {
    const now = this.now();
    for (const [id, at] of this.trashed) {
      if (at + TRASH_KEPT_MS > now) return;
      this.trashed.delete(id);
      if (this.get(id)?.status === 'TRASH') this.purgeNode(id);
    }
  }

  setProperty(id: string, owner: string, key: string, value: string): DriveNode {
    return this.patch(id, { properties: { [owner]: { [key]: value } } });
  }

  /** False when the node has no such property. */
  deleteProperty(id: string, owner: string, key: string): boolean {
    const node = this.require(id);
    const own = node.properties[owner];
    if (own === undefined || !Object.hasOwn(own, key)) return false;
    const { [key]: _, ...left } = own;
    node.properties[owner] = left;
    this.touch(node);
    return true;
  }

  /** Gives a changed node a new version and enters it. */
  protected touch(node: DriveNode): DriveNode {
    node.version++;
    node.modifiedDate = this.now();
    this.enter(node);
    return node;
  }

  /** Writes the pending lines of the journal to the disk. */
  flush(): void {
    this.journal?.flush();
  }

  private create(kind: NodeKind, made: NewNode, stored: StoredBytes | undefined): DriveNode {
    this.checkNew(made);
    const { name, parents = [], localId } = made;
    const node = this.blank(kind, name, parents.length === 0 ? [this.root.id] : [...new Set(parents)]);
    node.labels = [...new Set(made.labels ?? [])];
    node.description = made.description ?? '';
    for (const [owner, values] of Object.entries(made.properties ?? {}))
      node.properties[owner] = { ...values };
    if (stored !== undefined) {
      const { size, md5 } = stored;
      node.content = { stored, size, md5, version: 1, contentType: contentTypeOf(name) };
    }
    if (localId !== undefined) this.localIds.set(localId, node.id);
    this.enter(node);
    return node;
  }

  private blank(kind: NodeKind, name: string | undefined, parents: readonly string[]): DriveNode {
    const now = this.now();
    return {
      id: randomBytes(16).toString('base64url'),
      kind,
      name,
      parents,
      status: 'AVAILABLE',
      version: 1,
      createdDate: now,
      modifiedDate: now,
      createdBy: this.owner,
      labels: [],
      description: '',
      properties: {},
      content: undefined,
      trashedAt: undefined,
      trashedWith: undefined,
    };
  }

  /** Adds a change to the indexes, the changes feed and the journal. */
  protected enter(node: DriveNode): void {
    const entry = entryOf(node);
    this.index.set(entry);
    this.search.note(entry);
    this.changes.note(node.id);
    this.journal?.node(node);
  }

  private drop(node: DriveNode): void {
    node.status = 'PURGED';
    this.trashed.delete(node.id);
    this.purged.set(node.id, node);
    this.touch(node);
    node.content?.stored.release();
  }

  private toTrash(node: DriveNode, at: number, withFolder: string | undefined): void {
    node.status = 'TRASH';
    node.trashedAt = at;
    node.trashedWith = withFolder;
    if (withFolder === undefined) this.trashed.set(node.id, at);
    this.touch(node);
  }

  private fromTrash(node: DriveNode): void {
    node.status = 'AVAILABLE';
    node.trashedAt = undefined;
    node.trashedWith = undefined;
    this.touch(node);
  }

  /** Everything below a folder, each node once. `available` decides which children are followed. */
  private below(node: DriveNode, available: boolean): DriveNode[] {
    const found = new Map<string, DriveNode>();
    const folders = [node.id];
    for (let id = folders.pop(); id !== undefined; id = folders.pop()) {
      for (const childId of this.index.childrenOf(id, available)) {
        const child = this.get(childId);
        if (child === undefined || found.has(childId)) continue;
        found.set(childId, child);
        if (child.kind === 'FOLDER') folders.push(childId);
      }
    }
    return [...found.values()];
  }

  private isWithin(id: string, folder: DriveNode): boolean {
    if (id === folder.id) return true;
    return (this.get(id)?.parents ?? []).some((parent) => this.isWithin(parent, folder));
  }

  /** The ids, each once; throws for an id that is not a folder or cannot be a parent of `child`. */
  private checkParents(ids: readonly string[], child?: DriveNode): string[] {
    for (const id of ids) {
      const parent = this.get(id);
      if (parent === undefined || parent.kind !== 'FOLDER') throw badRequest(UNKNOWN_PARENT);
      if (parent.status === 'TRASH' && child?.status !== 'TRASH') throw badRequest(TRASHED_PARENT);
      if (child !== undefined && this.isWithin(id, child))
        throw badRequest('A folder cannot be moved below itself');
    }
    return [...new Set(ids)];
  }

  private checkFree(parents: readonly string[], name: string, own: string | undefined): void {
    for (const parent of parents) {
      for (const id of this.index.named(parent, name)) if (id !== own) throw nameTaken(name, parent, id);
    }
  }

  private load(): DriveNode | undefined {
    let root: DriveNode | undefined;
    for (const line of this.journal?.read(this.contents) ?? []) {
      if ('era' in line) {
        this.changes.forgetCheckpoints(line.era);
        continue;
      }
      const { node } = line;
      if (node.name === undefined) root = node;
      if (node.status === 'PURGED') this.purged.set(node.id, node);
      const entry = entryOf(node);
      this.index.set(entry);
      this.search.note(entry);
      this.changes.note(node.id);
    }
    const trashed = [...this.all()].filter((node) => node.status === 'TRASH' && !node.trashedWith);
    trashed.sort((a, b) => (a.trashedAt ?? 0) - (b.trashedAt ?? 0));
    for (const node of trashed) this.trashed.set(node.id, node.trashedAt ?? 0);
    return root;
  }
}
