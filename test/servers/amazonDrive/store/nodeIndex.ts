import { performance } from 'node:perf_hooks';
import type { DriveNode, NodeStatus } from './driveNode';

/** The state of a node as an index knows it. */
export interface IndexEntry {
  readonly node: DriveNode;
  /** In the node's own letter case; undefined for the root. */
  readonly name: string | undefined;
  readonly parents: readonly string[];
  readonly status: NodeStatus;
}

/** Key → ids. Most keys have one id, which needs no set. */
class IdSets {
  private readonly sets = new Map<string, string | Set<string>>();

  add(key: string, id: string): void {
    const there = this.sets.get(key);
    if (there === undefined) this.sets.set(key, id);
    else if (typeof there !== 'string') there.add(id);
    else if (there !== id) this.sets.set(key, new Set([there, id]));
  }

  delete(key: string, id: string): void {
    const there = this.sets.get(key);
    if (there === id) this.sets.delete(key);
    else if (typeof there === 'object' && there.delete(id) && there.size === 0) this.sets.delete(key);
  }

  get(key: string): Iterable<string> {
    const there = this.sets.get(key);
    return there === undefined ? [] : typeof there === 'string' ? [there] : there;
  }
}

/** Finds nodes by folder, by name in a folder and by content without a scan. */
export class NodeIndex {
  readonly entries = new Map<string, IndexEntry>();
  /** Ids of all nodes that are not AVAILABLE. */
  readonly unavailable = new Set<string>();
  /** The node without a name. */
  rootId: string | undefined;
  private readonly children = new IdSets();
  private readonly names = new IdSets();
  private readonly contents = new IdSets();
  private readonly md5s = new Map<string, string>();

  /** Replaces the state of a node; removes a PURGED node. */
  set(entry: IndexEntry): void {
    const { id } = entry.node;
    const before = this.entries.get(id);
    if (before !== undefined) this.remove(id, before);
    if (entry.status === 'PURGED') return;
    this.entries.set(id, entry);
    if (entry.name === undefined) this.rootId = id;
    const available = entry.status === 'AVAILABLE';
    if (!available) this.unavailable.add(id);
    for (const parent of entry.parents) {
      this.children.add(childKey(parent, available), id);
      if (available && entry.name !== undefined) this.names.add(nameKey(parent, entry.name), id);
    }
    const md5 = entry.node.content?.md5;
    if (md5 !== undefined) {
      this.md5s.set(id, md5);
      this.contents.add(md5, id);
    }
  }

  /** Ids of a folder's children: the available ones, or the unavailable ones. */
  childrenOf(parent: string, available: boolean): Iterable<string> {
    return this.children.get(childKey(parent, available));
  }

  /** Ids of a folder's available children with this name, in any letter case. */
  named(parent: string, name: string): Iterable<string> {
    return this.names.get(nameKey(parent, name));
  }

  /** Ids of the files with this content. */
  holding(md5: string): Iterable<string> {
    return this.contents.get(md5);
  }

  private remove(id: string, entry: IndexEntry): void {
    const available = entry.status === 'AVAILABLE';
    this.entries.delete(id);
    this.unavailable.delete(id);
    for (const parent of entry.parents) {
      this.children.delete(childKey(parent, available), id);
      if (available && entry.name !== undefined) this.names.delete(nameKey(parent, entry.name), id);
    }
    const md5 = this.md5s.get(id);
    if (md5 !== undefined) this.contents.delete(md5, id);
    this.md5s.delete(id);
  }
}

function childKey(parent: string, available: boolean): string {
  return available ? parent : `-${parent}`;
}

function nameKey(parent: string, name: string): string {
  return `${parent}/${name.toLowerCase()}`;
}

/** The state of a node now. */
export function entryOf(node: DriveNode): IndexEntry {
  return { node, name: node.name, parents: node.parents, status: node.status };
}

/** The index that lists and name look-ups read; it may lag behind the writes. */
export class SearchIndex {
  private readonly index = new NodeIndex();
  private waiting: { due: number; entry: IndexEntry }[] = [];
  private lag = 0;

  /** In milliseconds of the machine's clock, since the server's clock may be fixed. 0 shows all writes immediately. */
  set lagMs(milliseconds: number) {
    this.lag = milliseconds;
    if (milliseconds <= 0) this.advance(Number.POSITIVE_INFINITY);
  }

  note(entry: IndexEntry): void {
    if (this.lag <= 0) this.index.set(entry);
    else this.waiting.push({ due: performance.now() + this.lag, entry });
  }

  /** The index as a client sees it now. */
  now(): NodeIndex {
    if (this.waiting.length > 0) this.advance(performance.now());
    return this.index;
  }

  private advance(now: number): void {
    let done = 0;
    for (const { due, entry } of this.waiting) {
      if (due > now) break;
      this.index.set(entry);
      done++;
    }
    if (done > 0) this.waiting = this.waiting.slice(done);
  }
}
