import { contentTypeOf, type DriveNode } from './driveNode';
import { DriveNodes } from './driveNodes';

/** What a test may say of a file that it puts; all else is as if it had been uploaded now. */
export interface FileFacts {
  /** Milliseconds since 1970. */
  readonly createdDate?: number;
  /** Milliseconds since 1970. */
  readonly modifiedDate?: number;
  readonly contentType?: string;
  readonly contentDate?: number;
  readonly labels?: readonly string[];
  readonly description?: string;
  readonly createdBy?: string;
  /** Owner → key → value. */
  readonly properties?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** `PENDING` makes a file whose content hasn't come yet. */
  readonly status?: 'AVAILABLE' | 'PENDING';
}

/**
 * The drive of one account, with short ways for tests. A path is names with `/` between, without one in front; `''` is the
 * root. Names are found in any letter case, as the service does. Only available nodes have a path.
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

  /** The node at a path; throws when there is none. */
  nodeAt(path: string): DriveNode {
    const node = this.node(path);
    if (node === undefined) throw new Error(`The drive of ${this.account} has no ${JSON.stringify(path)}`);
    return node;
  }

  /** Makes a folder and those above it that are missing; an existing one is just given. */
  makeFolder(path: string): DriveNode {
    let node = this.root;
    for (const name of namesOf(path)) {
      const [id] = this.index.named(node.id, name);
      const there = id === undefined ? undefined : this.get(id);
      node = there ?? this.createFolder({ name, parents: [node.id] });
    }
    return node;
  }

  /** Writes a file, over an existing one too, and makes the folders that are missing. */
  putFile(path: string, content: string | Buffer, facts: FileFacts = {}): DriveNode {
    const names = namesOf(path);
    const name = names.pop() ?? '';
    const parent = this.makeFolder(names.join('/'));
    const stored = this.contents.put(Buffer.from(content));
    const [id] = this.index.named(parent.id, name);
    const node =
      id === undefined
        ? this.createFile({ name, parents: [parent.id] }, stored, facts.contentType ?? contentTypeOf(name))
        : this.overwrite(id, stored);
    const { contentDate, contentType, status } = facts;
    if (node.content !== undefined)
      node.content = {
        ...node.content,
        contentDate: contentDate ?? node.content.contentDate,
        contentType: contentType ?? node.content.contentType,
      };
    if (status === 'PENDING') {
      node.content?.stored.release();
      node.content = undefined;
      node.status = 'PENDING';
    }
    const { createdBy, createdDate, modifiedDate, labels, description, properties } = facts;
    node.createdBy = createdBy ?? node.createdBy;
    node.createdDate = createdDate ?? node.createdDate;
    node.labels = labels ?? node.labels;
    node.description = description ?? node.description;
    for (const [owner, values] of Object.entries(properties ?? {}))
      node.properties[owner] = { ...node.properties[owner], ...values };
    node.modifiedDate = modifiedDate ?? node.modifiedDate;
    if (Object.keys(facts).length > 0) this.enter(node);
    return node;
  }

  /** The bytes of the file at a path; throws when there is none. */
  read(path: string): Buffer {
    const { content } = this.nodeAt(path);
    if (content === undefined) throw new Error(`${path} has no content`);
    return content.stored.all();
  }

  /** Paths of all available nodes, sorted; those of folders end in `/`. A node in several folders stands there several times. */
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

  /** Trashes what is at a path. */
  trash(path: string): DriveNode {
    return this.trashNode(this.nodeAt(path).id);
  }

  /** Top-level trashed nodes, in no order. */
  trashedNodes(): DriveNode[] {
    return [...this.index.unavailable]
      .map((id) => this.require(id))
      .filter((node) => node.status === 'TRASH' && node.trashedWith === undefined);
  }

  /** Brings back the top-level trashed node of this name; throws when there is none. */
  restore(name: string): DriveNode {
    const node = this.trashedNodes().find((candidate) => candidate.name === name);
    if (node === undefined) throw new Error(`Nothing in the trash is called ${name}`);
    return this.restoreNode(node.id);
  }

  /** Moves or renames what is at a path, as another client would; the target's folder must be there. */
  move(path: string, target: string): DriveNode {
    const node = this.nodeAt(path);
    const names = namesOf(target);
    const name = names.pop() ?? '';
    return this.patch(node.id, { name, parents: [this.nodeAt(names.join('/')).id] });
  }

  /** Puts what is at a path into one more folder. */
  link(path: string, folder: string): DriveNode {
    return this.addParent(this.nodeAt(folder).id, this.nodeAt(path).id);
  }

  /** Removes what is at a path for good, as the service does with what is long in the trash. */
  purge(path: string): void {
    this.purgeNode(this.nodeAt(path).id);
  }
}

function namesOf(path: string): string[] {
  return path.split('/').filter((name) => name !== '');
}
