import { matchKey } from '../../remote/capabilities';
import type { Clock } from '../../remote/clock';
import type { Entry, UnusableEntry, UnusableReason } from '../../remote/entry';
import { RepeatablePages } from '../../remote/pages';
import type { DeepListOptions, ListOptions } from '../../remote/remote';
import { isRemoteError, RemoteError } from '../../remote/remoteError';
import { baseName, comparePaths, type RemotePath } from '../../remote/remotePath';
import type { DriveApi, NodePage } from './driveApi';
import { isRefusal } from './driveErrors';
import { childrenFilter, childrenPrefixedFilter } from './driveFilters';
import type { DriveNames } from './driveNames';
import { type DriveNode, fileEntry, isAvailable } from './driveNode';
import { type FolderIds, nameRules } from './folderIds';

/** How often a listing begins again in a row because its page token was too old, before that counts as a failure. */
const mostRestarts = 3;
/**
 * How often a folder that changed while it was listed is listed again, and how long the index gets in between, in milliseconds. The last
 * one may be long, for nothing of the kind is met but after another client's move or delete of the whole folder.
 */
const waitsForFolder = [0, 1000, 3000];
/** Nodes that are asked themselves where a list contradicts itself. */
const mostAsked = 32;
/** Folders read ahead while a deep listing goes on, as many as rclone lists at once. */
const foldersAhead = 8;
/** Nodes asked for at once that an index doesn't show yet. */
const nodesAtOnce = 8;
/** Entries handed out at once by a deep listing. */
const batchSize = 1000;

export interface ListingContext {
  readonly api: DriveApi;
  readonly ids: FolderIds;
  readonly names: DriveNames;
  readonly clock: Clock;
}

/**
 * One folder, page by page, in the form that rclone asks for it (API page §4.7). What the index shows is held against what was asked (§4.14).
 * A page token that became too old makes the listing begin again, without what was given already; nothing is lost or doubled by that.
 */
export function listFolder(
  context: ListingContext,
  folder: RemotePath,
  options: ListOptions,
  signal: AbortSignal,
): RepeatablePages<readonly Entry[]> {
  const reading = new FolderNodes(context, folder, options, true, signal);
  const taken = new Map<string, DriveNode>();
  return new RepeatablePages<readonly Entry[]>(async () => {
    signal.throwIfAborted();
    const nodes = await reading.next();
    if (!nodes) return { done: true, value: undefined };
    const entries: Entry[] = [];
    for (const node of nodes) {
      const entry = entryOf(context, folder, node);
      const name = nameOf(entry);
      if (!name.startsWith(options.namePrefix ?? '')) continue;
      const twin = taken.get(foldedName(name));
      taken.set(foldedName(name), node);
      entries.push(twin ? unusable(folder, name, 'twins', node) : entry);
      if (!twin) learn(context, entry, node);
    }
    return { done: false, value: entries };
  });
}

/**
 * Every file below a folder in the order of `comparePaths` over whole paths. Several folders are listed at once, ahead of where the
 * listing is. A folder that went away since its parent was listed is unusable: what was in it is not known.
 */
export function listBelow(
  context: ListingContext,
  folder: RemotePath,
  options: DeepListOptions,
  signal: AbortSignal,
): RepeatablePages<readonly Entry[]> {
  const readings = new Map<RemotePath, WholeFolder>();
  const reading = (path: RemotePath): WholeFolder => {
    let found = readings.get(path);
    if (!found) {
      // What is below was seen in its place by this very listing.
      found = new WholeFolder(context, path, path === folder, signal);
      readings.set(path, found);
    }
    return found;
  };
  const isEntered = (entry: Entry | undefined): entry is Entry & { kind: 'folder' } =>
    entry?.kind === 'folder' && !options.skipFolder?.(entry.path);
  const open: { readonly entries: readonly Entry[]; next: number }[] = [];
  let started = false;

  function readAhead({ entries, next }: { readonly entries: readonly Entry[]; readonly next: number }): void {
    let ahead = 0;
    for (let i = next; i < entries.length && ahead < foldersAhead; i++) {
      const entry = entries[i];
      if (!isEntered(entry)) continue;
      ahead++;
      // Whoever comes to it hears the error; until then it is not unhandled.
      reading(entry.path)
        .entries()
        .catch(() => {});
    }
  }

  return new RepeatablePages<readonly Entry[]>(async () => {
    signal.throwIfAborted();
    if (!started) {
      open.push({ entries: await reading(folder).entries(), next: 0 });
      started = true;
    }
    const batch: Entry[] = [];
    for (let current = open.at(-1); current && batch.length < batchSize; current = open.at(-1)) {
      const entry = current.entries[current.next];
      if (entry === undefined) open.pop();
      else if (!isEntered(entry)) {
        if (entry.kind !== 'folder') batch.push(entry);
        current.next++;
      } else {
        // Handed out before anything is waited for: should that fail, nothing of the batch is lost.
        if (batch.length > 0 && !reading(entry.path).isWhole) break;
        readAhead(current);
        const below = await reading(entry.path).entriesIfThere();
        readings.delete(entry.path);
        current.next++;
        if (below) open.push({ entries: below, next: 0 });
        else batch.push(unusable(folderOf(entry.path), baseName(entry.path), 'unreadable'));
      }
    }
    return open.length === 0 && batch.length === 0
      ? { done: true, value: undefined }
      : { done: false, value: batch };
  });
}

/** All entries of one folder, sorted as whole paths sort. What failed is asked for again where it failed. */
class WholeFolder {
  private readonly nodes: DriveNode[] = [];
  private readonly reading: FolderNodes;
  private pending: Promise<readonly Entry[]> | undefined;
  isWhole = false;

  constructor(
    private readonly context: ListingContext,
    private readonly folder: RemotePath,
    isTop: boolean,
    signal: AbortSignal,
  ) {
    this.reading = new FolderNodes(context, folder, {}, isTop, signal);
  }

  entries(): Promise<readonly Entry[]> {
    this.pending ??= this.read().catch((error: unknown) => {
      this.pending = undefined;
      throw error;
    });
    return this.pending;
  }

  /** Undefined when the folder is not there any more. */
  async entriesIfThere(): Promise<readonly Entry[] | undefined> {
    try {
      return await this.entries();
    } catch (error) {
      if (isRemoteError(error, 'notFound', 'notAFolder')) return undefined;
      throw error;
    }
  }

  private async read(): Promise<readonly Entry[]> {
    for (let page = await this.reading.next(); page; page = await this.reading.next())
      this.nodes.push(...page);
    const byName = new Map<string, { readonly entry: Entry; readonly node: DriveNode }[]>();
    for (const node of this.nodes) {
      const entry = entryOf(this.context, this.folder, node);
      const key = foldedName(nameOf(entry));
      byName.set(key, [...(byName.get(key) ?? []), { entry, node }]);
    }
    const entries: Entry[] = [];
    for (const group of byName.values())
      for (const { entry, node } of group) {
        const isAlone = group.length === 1;
        if (isAlone) learn(this.context, entry, node);
        entries.push(isAlone ? entry : unusable(this.folder, nameOf(entry), 'twins', node));
      }
    const order = (entry: Entry) => (entry.kind === 'folder' ? `${nameOf(entry)}/` : nameOf(entry));
    const sorted = entries
      .map((entry) => [order(entry), entry] as const)
      .sort((a, b) => comparePaths(a[0], b[0]))
      .map(([, entry]) => entry);
    this.isWhole = true;
    return sorted;
  }
}

/**
 * The nodes that really are in a folder, each once, page by page. A page that failed is asked for again by the next call; so nothing is
 * noted of a page before all of it is known. What we put there ourselves a moment ago comes last when the index doesn't show it yet:
 * whoever mirrors the folder would delete the originals otherwise.
 */
class FolderNodes {
  private readonly given = new Set<string>();
  private folderId: string | undefined;
  private startToken: string | undefined;
  private ended = false;
  private restarts = 0;
  /** Nodes that the index shows, and that are surely not in the folder. */
  private readonly elsewhere = new Set<string>();
  private pass = new Pass();
  private before: Pass | undefined;
  private wasEmpty = false;
  private passes = 0;

  constructor(
    private readonly context: ListingContext,
    private readonly folder: RemotePath,
    private readonly options: ListOptions,
    /** The folder was not just seen in a listing of the one above: it must be seen to be where it is known to be. */
    private mustCheck: boolean,
    private readonly signal: AbortSignal,
  ) {}

  /** Undefined after the last page. */
  async next(): Promise<readonly DriveNode[] | undefined> {
    if (this.ended) return undefined;
    const { ids } = this.context;
    for (;;) {
      if (this.mustCheck) await ids.isFolderAsKnown(this.folder, this.signal);
      this.mustCheck = false;
      this.folderId ??= await ids.folderId(this.folder, this.signal);
      const { folderId } = this;
      const page = await this.page(folderId);
      if (page.next !== undefined && page.next === this.startToken)
        throw new RemoteError('damaged', `The service lists "${this.folder}" in a circle.`);
      const isLast = page.next === undefined;
      this.pass.note(page);
      const nodes = new Map<string, DriveNode>();
      for (const node of page.nodes)
        if (!isListed(node, folderId)) this.pass.doubt(node);
        else if (!this.given.has(node.id)) nodes.set(node.id, node);
      // The list of a folder that went away is empty as well: an empty one is not believed unseen.
      if (isLast && nodes.size === 0 && this.given.size === 0 && !(await this.isStill(folderId))) {
        this.folderId = undefined;
        this.startToken = undefined;
        this.pass = new Pass();
        continue;
      }
      // Nor is it believed once: all of a folder may have been in the trash at that moment.
      if (isLast && nodes.size === 0 && this.given.size === 0 && !this.wasEmpty) {
        this.wasEmpty = true;
        this.startToken = undefined;
        this.pass = new Pass();
        continue;
      }
      const isWhole = isLast && (await this.isWhole(folderId, nodes));
      if (isWhole) for (const node of await this.unshown(folderId, nodes)) nodes.set(node.id, node);
      for (const id of nodes.keys()) this.given.add(id);
      if (nodes.size > 0) this.restarts = 0;
      this.startToken = page.next;
      this.ended = isWhole;
      if (isLast) this.pass = new Pass();
      if (nodes.size > 0 || isWhole || !isLast) return [...nodes.values()];
    }
  }

  /**
   * Whether the list that ends now can be believed to be whole. It can't when it shows things that are in the trash or elsewhere, or fewer
   * than it counted: the folder, or one above it, was deleted or moved and brought back meanwhile, and what was left out is there. Such
   * things are asked themselves, which is never out of date; what is in the folder comes to `nodes`. Otherwise the folder is listed again.
   * Throws `unavailable` when that never ends well.
   */
  private async isWhole(folderId: string, nodes: Map<string, DriveNode>): Promise<boolean> {
    const { pass, given, elsewhere, passes } = this;
    const { ids, clock } = this.context;
    const doubted = [...pass.doubted].filter((id) => !given.has(id) && !nodes.has(id) && !elsewhere.has(id));
    if (doubted.length === 0 && pass.isConsistent && passes === 0) return true;
    const isInPlace = await ids.isFolderAsKnownNow(this.folder, this.signal);
    const isLastPass = passes >= waitsForFolder.length;
    if (isInPlace) {
      const asked = isLastPass ? doubted : doubted.slice(0, mostAsked);
      for (const node of await this.asked(asked, folderId)) nodes.set(node.id, node);
      // What was given, is there, and is not shown any more: the list is of another moment.
      const unshown = [...given].filter((id) => !pass.seen.has(id)).slice(0, mostAsked);
      const hides = (await this.asked(unshown, folderId)).length > 0;
      // A service that always counts more than it shows is believed the second time.
      const isSettled =
        asked.length === doubted.length && (pass.isConsistent || pass.isLike(this.before)) && !hides;
      // What is in the trash at first may be so because all of the folder was, between these questions.
      if (isSettled && (passes > 0 || doubted.every((id) => nodes.has(id)))) return true;
    } else {
      // Gone, as is told when it is asked for next; or another folder is there now.
      this.folderId = undefined;
      this.mustCheck = true;
    }
    if (isLastPass) {
      this.startToken = undefined;
      this.pass = new Pass();
      throw new RemoteError(
        'unavailable',
        `The folder "${this.folder}" changes while it is listed, so its list is not whole. Try again when nobody moves or deletes it.`,
      );
    }
    this.passes++;
    this.before = pass;
    if (isInPlace) await clock.wait(waitsForFolder[passes] ?? 0, this.signal);
    return false;
  }

  /** Those of these nodes that are in the folder now; what is not is kept in mind. */
  private async asked(wanted: readonly string[], folderId: string): Promise<DriveNode[]> {
    const { ids } = this.context;
    const found: DriveNode[] = [];
    for (let i = 0; i < wanted.length; i += nodesAtOnce) {
      const some = wanted.slice(i, i + nodesAtOnce);
      const now = await Promise.all(some.map((id) => ids.nodeIfThere(id, this.folder, this.signal)));
      for (const [at, node] of now.entries())
        if (node && isListed(node, folderId)) found.push(node);
        else if (this.passes > 0) this.elsewhere.add(some[at] ?? '');
    }
    return found;
  }

  private async isStill(folderId: string): Promise<boolean> {
    const { ids } = this.context;
    if (!(await ids.isFolderAsKnownNow(this.folder, this.signal, true))) return false;
    return (await ids.folderId(this.folder, this.signal)) === folderId;
  }

  /** What we put there a moment ago, and no page has shown. */
  private async unshown(folderId: string, shown: ReadonlyMap<string, DriveNode>): Promise<DriveNode[]> {
    const { ids } = this.context;
    const missing = ids.writtenIn(this.folder).filter(({ id }) => !shown.has(id) && !this.given.has(id));
    const found: DriveNode[] = [];
    for (let i = 0; i < missing.length; i += nodesAtOnce) {
      const asked = missing
        .slice(i, i + nodesAtOnce)
        .map(({ id, path }) => ids.nodeIfThere(id, path, this.signal));
      for (const node of await Promise.all(asked)) if (node && isListed(node, folderId)) found.push(node);
    }
    return found;
  }

  private async page(folderId: string): Promise<NodePage> {
    for (;;) {
      try {
        return await this.context.api.list(
          {
            filters: this.filters(folderId),
            limit: this.options.pageSize,
            startToken: this.startToken,
          },
          `the folder "${this.folder}"`,
          this.signal,
        );
      } catch (error) {
        if (!isRefusal(error, 'pageTokenExpired') || this.startToken === undefined) throw error;
        if (++this.restarts > mostRestarts) throw error;
        this.startToken = undefined;
        this.pass = new Pass();
      }
    }
  }

  /** Names that begin alike here begin alike there, unless signs are in play that an encoding changes. */
  private filters(folderId: string): string {
    const prefix = this.options.namePrefix ?? '';
    return prefix !== '' && !/[‛／．\u2400-\u2421\0-\x1f\x7f]|\p{Surrogate}/u.test(prefix)
      ? childrenPrefixedFilter(folderId, prefix)
      : childrenFilter(folderId);
  }
}

/** What one way through the pages of a list has shown. */
class Pass {
  readonly seen = new Set<string>();
  readonly doubted = new Set<string>();
  private most = 0;
  private odd = 0;

  note({ nodes, length, count }: NodePage): void {
    for (const { id } of nodes) this.seen.add(id);
    this.odd += length - nodes.length;
    this.most = Math.max(this.most, count ?? 0);
  }

  /** A node that doesn't seem to be in the folder; the root and what is no file are never asked about. */
  doubt({ id, kind, name }: DriveNode): void {
    if ((kind === 'FILE' || kind === 'FOLDER') && name !== undefined) this.doubted.add(id);
  }

  /** Whether at least as much was shown as was ever counted. */
  get isConsistent(): boolean {
    return this.shown >= this.most;
  }

  isLike(other: Pass | undefined): boolean {
    return other?.shown === this.shown && other.most === this.most;
  }

  private get shown(): number {
    return this.seen.size + this.odd;
  }
}

/** Whether a node that the index shows in a folder is in it, as far as the node itself tells. */
function isListed(node: DriveNode, folderId: string): boolean {
  if (node.kind !== 'FILE' && node.kind !== 'FOLDER') return false;
  if (node.name === undefined || !node.parents.includes(folderId)) return false;
  return isAvailable(node) || node.status === 'PENDING';
}

function entryOf({ names }: ListingContext, folder: RemotePath, node: DriveNode): Entry {
  const found = names.pathName(node.name ?? '');
  if ('problem' in found) return unusable(folder, found.shown, found.problem, node);
  const path = joined(folder, found.name);
  if (node.kind === 'FOLDER') return { kind: 'folder', path };
  const file = isAvailable(node) ? fileEntry(path, node) : undefined;
  // Its content has not come yet; by then it may be what it is compared with.
  return file ?? unusable(folder, found.name, 'unreadable', node);
}

function learn({ ids }: ListingContext, entry: Entry, node: DriveNode): void {
  if (entry.kind !== 'unusable') ids.learn(entry.path, node);
}

function unusable(
  folder: RemotePath,
  name: string,
  reason: UnusableReason,
  node?: Pick<DriveNode, 'size'>,
): UnusableEntry {
  return {
    kind: 'unusable',
    folder,
    name,
    reason,
    protects: joined(folder, name),
    ...(node?.size !== undefined && { size: node.size }),
  };
}

/** `name` is one part of a path, and no other can come of what the service calls things. */
function joined(folder: RemotePath, name: string): RemotePath {
  return (folder === '' ? name : `${folder}/${name}`) as RemotePath;
}

function folderOf(path: RemotePath): RemotePath {
  return path.slice(0, Math.max(0, path.length - baseName(path).length - 1)) as RemotePath;
}

function nameOf(entry: Entry): string {
  return entry.kind === 'unusable' ? entry.name : baseName(entry.path);
}

function foldedName(name: string): string {
  return matchKey(name, nameRules);
}
