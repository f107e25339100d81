import type { Clock } from '../../../base/clock';
import { matchKey } from '../../../remote/capabilities';
import { isRemoteError, RemoteError } from '../../../remote/remoteError';
import {
  baseName,
  isWithin,
  joinPath,
  parentPath,
  type RemotePath,
  rootPath,
} from '../../../remote/remotePath';
import type { DriveApi } from '../api/driveApi';
import { hasDriveReason } from '../api/driveErrors';
import { childNamedFilter } from '../api/driveFilters';
import { type DriveNode, isAvailable } from '../api/driveNode';
import type { DriveNames } from '../names/driveNames';

/** The service folds case, and nothing else (API page §7.1). */
export const nameRules = { caseSensitive: false, foldsUnicode: false } as const;

/** A folder that was seen to be where it is within this time is taken to be there still, in milliseconds. */
const cacheTtlMs = 5 * 60_000;
/** Before anything is changed in a folder, and before its list is believed, it must have been seen to be there within this time. */
const maxAgeForWritesMs = 5000;
/** Most files whose ids are kept; the ones learnt first go first. */
const mostFiles = 200_000;
/** For so long a listing may not show yet what we put somewhere, in milliseconds; and of so many things this is minded. */
const consistencyWindowMs = 2 * 60_000;
const mostWritten = 5000;

/** Something at a path, as it was last seen. */
interface Known {
  readonly id: string;
  /** As the service spells it. */
  readonly path: RemotePath;
  readonly checkedAt: number;
  /** Whether we made it ourselves, and so know that nothing was in it. */
  readonly isNew?: boolean;
}

/** A node with the path it is at, as the service spells it. */
export interface Found {
  readonly node: DriveNode;
  readonly path: RemotePath;
}

/**
 * Paths ↔ ids of nodes. Filled by listings and look-ups, emptied by moves, deletes and changes; letter case is folded as the service does.
 * What is known of a folder is looked at again after five minutes, and whenever something shows that it is stale: then it is looked up anew,
 * once. Someone else may move or rename a folder at any time, so what changes or deletes anything asks `verifyFolderPath` first: by its old
 * id the folder is found all the same, under a name that nobody meant.
 */
export class NodeCache {
  private readonly folders = new Map<string, Known>();
  private readonly files = new Map<string, Known>();
  /** Ids of all of these → their paths' keys. */
  private readonly byId = new Map<string, RemotePath>();
  private readonly making = new Map<string, Promise<string>>();
  private readonly checking = new Map<string, Promise<boolean>>();
  /** What we put somewhere, by its path's key, oldest first. */
  private readonly written = new Map<string, Known>();
  /** The keys in `written`, by those of their folders. */
  private readonly writtenByFolder = new Map<string, Set<string>>();

  constructor(
    private readonly api: DriveApi,
    readonly names: DriveNames,
    private readonly clock: Clock,
  ) {}

  /** The id of a folder that exists. Throws `notFound`, and `notAFolder` when a file is there. */
  async folderId(path: RemotePath, signal: AbortSignal): Promise<string> {
    const known = this.folders.get(keyOf(path));
    if (known && this.clock.now() - known.checkedAt < cacheTtlMs) return known.id;
    if (path === rootPath) return this.root(signal);
    const parentId = await this.folderId(parentPath(path), signal);
    if (known && (await this.isStillThere(known, parentId, signal))) return known.id;
    const node = await this.childNamed(parentId, path, signal);
    if (!node) throw new RemoteError('notFound', `There is no folder "${path}".`);
    if (node.kind !== 'FOLDER') throw new RemoteError('notAFolder', `"${path}" is a file, not a folder.`);
    return node.id;
  }

  /**
   * The id of a folder that is made, with its parents, unless it is there; once for all that ask at the same time. Throws `alreadyExists`
   * when a file is in the way.
   */
  async ensureFolder(path: RemotePath, signal: AbortSignal): Promise<string> {
    signal.throwIfAborted();
    const key = keyOf(path);
    const known = this.folders.get(key);
    if (
      known &&
      this.clock.now() - known.checkedAt < cacheTtlMs &&
      (await this.verifyFolderPath(path, signal))
    )
      return known.id;
    if (path === rootPath) return this.root(signal);
    let making = this.making.get(key);
    if (!making) {
      making = this.makeFolder(path, true, signal).finally(() => this.making.delete(key));
      this.making.set(key, making);
    }
    try {
      return await making;
    } catch (error) {
      // It may have ended by the signal of someone else who asked first.
      signal.throwIfAborted();
      if (isRemoteError(error)) throw error;
      return this.ensureFolder(path, signal);
    }
  }

  private async makeFolder(path: RemotePath, mayRepeat: boolean, signal: AbortSignal): Promise<string> {
    const parent = parentPath(path);
    const parentId = await this.ensureFolder(parent, signal);
    const about = `the folder "${path}"`;
    const isInNew = this.folders.get(keyOf(parent))?.isNew === true;
    try {
      const there = isInNew ? undefined : await this.childNamed(parentId, path, signal);
      if (there) return this.asFolder(there, path);
      const name = this.names.apiName(baseName(path), path);
      const made = await this.api.createFolder(name, parentId, about, signal);
      this.learn(path, made, true);
      this.recordRecentWrite(path, made.id);
      return made.id;
    } catch (error) {
      // The index of names lags behind; the refusal tells what has the name.
      if (hasDriveReason(error, 'nameTaken')) {
        const holder = await this.holderOf(error.nodeId, parentId, path, signal);
        if (holder) return this.asFolder(holder, path);
      }
      if (!hasDriveReason(error, 'parentGone') || !mayRepeat) throw error;
      this.forget(parent);
      return this.makeFolder(path, false, signal);
    }
  }

  private asFolder(node: DriveNode, path: RemotePath): string {
    if (node.kind !== 'FOLDER')
      throw new RemoteError('alreadyExists', `"${path}" is a file, so no folder can be made there.`);
    this.learn(path, node);
    return node.id;
  }

  /** What has the name of `path`, which a refusal said to be taken, by the id it told. */
  async holderOf(
    id: string | undefined,
    parentId: string,
    path: RemotePath,
    signal: AbortSignal,
  ): Promise<DriveNode | undefined> {
    const node = id === undefined ? undefined : await this.nodeIfThere(id, path, signal);
    if (node && this.isChild(node, parentId, path)) {
      this.learn(path, node);
      return node;
    }
    return (await this.lookedUp(parentId, path, true, signal))?.node;
  }

  /**
   * What is at `path` now; undefined when nothing is. Asks the node itself where its id is known, which is never out of date. What is found
   * by its name may be: with `isSure` the node found is asked as well, for what is going to be overwritten or deleted.
   */
  async find(path: RemotePath, signal: AbortSignal, isSure = false): Promise<Found | undefined> {
    signal.throwIfAborted();
    if (path === rootPath) return { node: await this.api.root(signal), path };
    const folder = parentPath(path);
    let parentId: string;
    try {
      // A folder that went to the trash, or was moved away and made anew, is forgotten by this, and looked up.
      await this.verifyFolderPath(folder, signal);
      parentId = await this.folderId(folder, signal);
    } catch (error) {
      if (isRemoteError(error, 'notFound', 'notAFolder')) return undefined;
      throw error;
    }
    const known = this.files.get(keyOf(path)) ?? this.folders.get(keyOf(path));
    if (known) {
      const node = await this.nodeIfThere(known.id, path, signal);
      if (node && this.isChild(node, parentId, path)) return this.learn(path, node);
      this.forget(path);
    }
    return this.lookedUp(parentId, path, isSure, signal);
  }

  private async lookedUp(
    parentId: string,
    path: RemotePath,
    isSure: boolean,
    signal: AbortSignal,
  ): Promise<Found | undefined> {
    const shown = await this.childNamed(parentId, path, signal);
    const node = shown && isSure ? await this.nodeIfThere(shown.id, path, signal) : shown;
    if (node && this.isChild(node, parentId, path)) return this.learn(path, node);
    if (shown) this.forget(path);
    return undefined;
  }

  /** The service said that this node is what has the name of `path`; whoever looks there next asks it, which the index need not show yet. */
  holds(path: RemotePath, id: string | undefined): void {
    if (id === undefined || this.files.has(keyOf(path)) || this.folders.has(keyOf(path))) return;
    this.files.set(keyOf(path), { id, path, checkedAt: this.clock.now() });
    this.byId.set(id, path);
  }

  /** The id of a file that was last seen at `path`. */
  knownFile(path: RemotePath): string | undefined {
    return this.files.get(keyOf(path))?.id;
  }

  /** The id of a folder that was last seen at `path`. */
  knownFolder(path: RemotePath): string | undefined {
    return this.folders.get(keyOf(path))?.id;
  }

  /** The path that a node was last seen at. */
  pathOf(id: string): RemotePath | undefined {
    return this.byId.get(id);
  }

  /**
   * Whether the folder at `path` and those above it are where they are known to be, asked of the service unless that was done a moment ago;
   * once for all that ask at the same time. What isn't there is forgotten, with all below it. Nothing known is nothing wrong.
   */
  async verifyFolderPath(path: RemotePath, signal: AbortSignal): Promise<boolean> {
    signal.throwIfAborted();
    if (path === rootPath) return true;
    const key = keyOf(path);
    const known = this.folders.get(key);
    if (!known || this.isFresh(known)) return this.verifyFolderPath(parentPath(path), signal);
    let checking = this.checking.get(key);
    if (!checking) {
      checking = this.checkFolder(known, signal).finally(() => this.checking.delete(key));
      this.checking.set(key, checking);
    }
    try {
      return await checking;
    } catch (error) {
      // It may have ended by the signal of someone else who asked first.
      signal.throwIfAborted();
      if (isRemoteError(error)) throw error;
      return this.verifyFolderPath(path, signal);
    }
  }

  /** As verifyFolderPath, whenever that was asked last; with `alone`, only the folder itself is asked again. */
  async isFolderAsKnownNow(path: RemotePath, signal: AbortSignal, alone = false): Promise<boolean> {
    this.doubt(path, alone);
    return this.verifyFolderPath(path, signal);
  }

  /** Lets the folder at `path` and those above it, or with `alone` only itself, be asked again before they are believed. */
  doubt(path: RemotePath, alone = false): void {
    for (let at = path; at !== rootPath; at = alone ? rootPath : parentPath(at)) {
      const known = this.folders.get(keyOf(at));
      if (known) this.folders.set(keyOf(at), { ...known, checkedAt: this.clock.now() - maxAgeForWritesMs });
    }
  }

  private isFresh({ checkedAt }: Known): boolean {
    return this.clock.now() - checkedAt < maxAgeForWritesMs;
  }

  /** Asks for the folder and those above it at the same time; what is learnt of it counts only when they are in place. */
  private async checkFolder(known: Known, signal: AbortSignal): Promise<boolean> {
    const parent = parentPath(known.path);
    const asking = this.nodeIfThere(known.id, known.path, signal);
    // Whoever awaits it hears of its failure; when the folders above fail first, nobody does.
    asking.catch(() => {});
    if (!(await this.verifyFolderPath(parent, signal))) return false;
    try {
      return this.isNodeInPlace(known, await this.folderId(parent, signal), await asking);
    } catch (error) {
      if (!isRemoteError(error, 'notFound', 'notAFolder')) throw error;
      this.forget(known.path);
      return false;
    }
  }

  private async isStillThere(known: Known, parentId: string, signal: AbortSignal): Promise<boolean> {
    return this.isNodeInPlace(known, parentId, await this.nodeIfThere(known.id, known.path, signal));
  }

  private isNodeInPlace(known: Known, parentId: string, node: DriveNode | undefined): boolean {
    if (node?.kind === 'FOLDER' && this.isChild(node, parentId, known.path)) {
      this.learn(known.path, node);
      return true;
    }
    this.forget(known.path);
    return false;
  }

  /** A node as it is now; undefined when there is none any more. */
  async nodeIfThere(id: string, path: string, signal: AbortSignal): Promise<DriveNode | undefined> {
    try {
      return await this.api.node(id, `"${path}"`, signal);
    } catch (error) {
      if (isRemoteError(error, 'notFound')) return undefined;
      throw error;
    }
  }

  /** Whether a node is there, in that folder, and has that name. */
  isChild(node: DriveNode, parentId: string, path: RemotePath): boolean {
    if (!isAvailable(node) || !node.parents.includes(parentId) || node.name === undefined) return false;
    return fold(node.name) === fold(this.names.apiName(baseName(path), path));
  }

  /**
   * Looks a name up (API page §4.6). The index that answers may be out of date, so what it gives is held against what was asked (§4.14).
   * Throws `other` when several things have the name.
   */
  async childNamed(parentId: string, path: RemotePath, signal: AbortSignal): Promise<DriveNode | undefined> {
    const filters = childNamedFilter(parentId, this.names.apiName(baseName(path), path));
    const found = new Map<string, DriveNode>();
    let startToken: string | undefined;
    do {
      const page = await this.api.list({ filters, startToken }, `"${path}"`, signal);
      for (const node of page.nodes)
        if (isFileOrFolder(node) && this.isChild(node, parentId, path)) found.set(node.id, node);
      startToken = page.next;
    } while (startToken !== undefined);
    const [node] = found.values();
    if (found.size > 1)
      throw new RemoteError(
        'other',
        `There are ${found.size} things named "${path}", so none of them can be used. Rename all but one on another way.`,
      );
    if (node) this.learn(path, node);
    return node;
  }

  private async root(signal: AbortSignal): Promise<string> {
    const node = await this.api.root(signal);
    this.keepFolder(rootPath, node.id, false);
    return node.id;
  }

  /** Keeps where a node is. `path` may be spelled in other letter case than the node is. */
  learn(path: RemotePath, node: DriveNode, isNew = false): Found {
    const name = node.name === undefined ? undefined : this.names.pathName(node.name);
    const spelled =
      path !== rootPath && name && 'name' in name ? joinPath(parentPath(path), name.name) : path;
    if (node.kind === 'FOLDER') {
      this.files.delete(keyOf(spelled));
      const before = this.folders.get(keyOf(spelled));
      this.keepFolder(spelled, node.id, isNew || (before?.id === node.id && before.isNew === true));
    } else {
      const key = keyOf(spelled);
      this.leave(node.id, spelled);
      if (this.folders.has(key)) this.forget(spelled);
      this.files.delete(key);
      this.files.set(key, { id: node.id, path: spelled, checkedAt: this.clock.now() });
      this.byId.set(node.id, spelled);
      if (this.files.size > mostFiles) this.dropOldestFile();
    }
    return { node, path: spelled };
  }

  private keepFolder(path: RemotePath, id: string, isNew: boolean): void {
    const checkedAt = this.clock.now();
    this.leave(id, path);
    // Another folder of the same name: what was below the old one isn't in it.
    const before = this.folders.get(keyOf(path));
    if (before && before.id !== id) this.forget(path);
    this.folders.set(keyOf(path), { id, path, checkedAt, ...(isNew && { isNew }) });
    this.byId.set(id, path);
  }

  /** A node that is at `path` now is no longer where it was before, nor is what is below it. */
  private leave(id: string, path: RemotePath): void {
    const before = this.byId.get(id);
    if (before !== undefined && keyOf(before) !== keyOf(path)) this.forget(before);
  }

  private dropOldestFile(): void {
    for (const [key, { id }] of this.files) {
      this.files.delete(key);
      this.byId.delete(id);
      return;
    }
  }

  /** Forgets a path and everything below it. */
  forget(path: RemotePath): void {
    const key = keyOf(path);
    this.dropWritten(key);
    const file = this.files.get(key);
    if (file) {
      this.files.delete(key);
      this.byId.delete(file.id);
    }
    if (path !== rootPath && !this.folders.has(key)) return;
    for (const kept of [this.folders, this.files])
      for (const [below, { id }] of kept)
        if (isWithin(below as RemotePath, key as RemotePath)) {
          kept.delete(below);
          this.byId.delete(id);
        }
  }

  /** We put something there a moment ago, which a listing may not show yet. */
  recordRecentWrite(path: RemotePath, id: string): void {
    const checkedAt = this.clock.now();
    const key = keyOf(path);
    this.dropWritten(key);
    this.written.set(key, { id, path, checkedAt });
    const folder = keyOf(parentPath(path));
    const there = this.writtenByFolder.get(folder);
    if (there) there.add(key);
    else this.writtenByFolder.set(folder, new Set([key]));
    for (const [oldest, known] of this.written) {
      if (this.written.size <= mostWritten && checkedAt - known.checkedAt < consistencyWindowMs) break;
      this.dropWritten(oldest);
    }
  }

  private dropWritten(key: string): void {
    const known = this.written.get(key);
    if (!known) return;
    this.written.delete(key);
    const folder = keyOf(parentPath(known.path));
    const there = this.writtenByFolder.get(folder);
    there?.delete(key);
    if (there?.size === 0) this.writtenByFolder.delete(folder);
  }

  /** What we put into a folder a moment ago. */
  recentWritesIn(folder: RemotePath): Known[] {
    const oldest = this.clock.now() - consistencyWindowMs;
    const found: Known[] = [];
    for (const key of this.writtenByFolder.get(keyOf(folder)) ?? []) {
      const known = this.written.get(key);
      if (known && known.checkedAt > oldest) found.push(known);
    }
    return found;
  }
}

function isFileOrFolder(node: DriveNode): boolean {
  return node.kind === 'FILE' || node.kind === 'FOLDER';
}

/** Under which a path is kept. */
export function keyOf(path: string): string {
  return matchKey(path, nameRules);
}

function fold(name: string): string {
  return name.toLowerCase();
}
