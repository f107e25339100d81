import type { DriveNode } from './driveNode';
import { DriveNodes } from './driveNodes';

/** Facts that a test can set on a file. Other facts are those of an upload now. */
export interface FileFacts {
  /** Milliseconds since 1970. */
  readonly modifiedDate?: number;
  readonly labels?: readonly string[];
  readonly description?: string;
  /** Owner → key → value. */
  readonly properties?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** `PENDING` makes a file whose content has not arrived. */
  readonly status?: 'AVAILABLE' | 'PENDING';
}

/**
 * The drive of one account, with shortcuts for tests. A path is names joined by `/`, without a leading slash; `''` is the
 * root. Names match in any letter case, as in the service. Only available nodes have a path.
 */
export class DriveStore extends DriveNodes {
  /** The node at a path. */
  node(path: string): DriveNode | undefined {
    let node: DriveNode | undefined = this.root;
    for (const name of namesOf(path)) {
      if (node === undefined) return undefined;
      const [id] = this.index.named(node.id, name);
      node = id === undefined ? undefined : this.get(id);
    }
    return node;
  }

  /** The node at a path; throws for a missing node. */
  nodeAt(path: string): DriveNode {
    const node = this.node(path);
    if (node === undefined) throw new Error(`The drive of ${this.account} has no ${JSON.stringify(path)}`);
    return node;
  }

  /** The folder at a path; creates the missing folders. */
  makeFolder(path: string): DriveNode {
    let node = this.root;
    for (const name of namesOf(path)) {
      const [id] = this.index.named(node.id, name);
      const there = id === undefined ? undefined : this.get(id);
      node = there ?? this.createFolder({ name, parents: [node.id] });
    }
    return node;
  }

  /** Creates or overwrites a file and creates the missing folders. */
  putFile(path: string, content: string | Buffer, facts: FileFacts = {}): DriveNode {
    const names = namesOf(path);
    const name = names.pop() ?? '';
    const parent = this.makeFolder(names.join('/'));
    const stored = this.contents.put(Buffer.from(content));
    const [id] = this.index.named(parent.id, name);
    const node =
      id === undefined ? this.createFile({ name, parents: [parent.id] }, stored) : this.overwrite(id, stored);
    const { modifiedDate, labels, description, properties, status } = facts;
    if (status === 'PENDING') {
      node.content?.stored.release();
      node.content = undefined;
      node.status = 'PENDING';
    }
    node.labels = labels ?? node.labels;
    node.description = description ?? node.description;
    for (const [owner, values] of Object.entries(properties ?? {}))
      node.properties[owner] = { ...node.properties[owner], ...values };
    node.modifiedDate = modifiedDate ?? node.modifiedDate;
    if (Object.keys(facts).length > 0) this.enter(node);
    return node;
  }

  /** The bytes of the file at a path; throws for a missing file. */
  read(path: string): Buffer {
    const { content } = this.nodeAt(path);
    if (content === undefined) throw new Error(`${path} has no content`);
    return content.stored.all();
  }

  /** Paths of all available nodes, sorted; a folder's path ends in `/`. A node with several parents has several paths. */
  tree(path = ''): string[] {
    const found: string[] = [];
    const visit = (node: DriveNode, prefix: string): void => {
      for (const id of this.index.childrenOf(node.id, true)) {
        const child = this.get(id);
        if (child?.name === undefined) continue;
        const at = `${prefix}${child.name}`;
        found.push(child.kind === 'FOLDER' ? `${at}/` : at);
        if (child.kind === 'FOLDER') visit(child, `${at}/`);
      }
    };
    visit(this.nodeAt(path), '');
    return found.sort();
  }

  /** Trashes the node at a path. */
  trash(path: string): DriveNode {
    return this.trashNode(this.nodeAt(path).id);
  }

  /** Top-level trashed nodes, in no order. */
  trashedNodes(): DriveNode[] {
    return [...this.index.unavailable]
      .map((id) => this.require(id))
      .filter((node) => node.status === 'TRASH' && node.trashedWith === undefined);
  }

  /** Restores the top-level trashed node of this name; throws for an unknown name. */
  restore(name: string): DriveNode {
    const node = this.trashedNodes().find((candidate) => candidate.name === name);
    if (node === undefined) throw new Error(`Nothing in the trash is called ${name}`);
    return this.restoreNode(node.id);
  }

  /** Moves or renames the node at a path, as another client would; the target's folder must exist. */
  move(path: string, target: string): DriveNode {
    const node = this.nodeAt(path);
    const names = namesOf(target);
    const name = names.pop() ?? '';
    return this.patch(node.id, { name, parents: [this.nodeAt(names.join('/')).id] });
  }

  /** Gives the node at a path one more parent. */
  link(path: string, folder: string): DriveNode {
    return this.addParent(this.nodeAt(folder).id, this.nodeAt(path).id);
  }

  /** Purges the node at a path, as the service purges old nodes in the trash. */
  purge(path: string): void {
    this.purgeNode(this.nodeAt(path).id);
  }
}

function namesOf(path: string): string[] {
  return path.split('/').filter((name) => name !== '');
}
