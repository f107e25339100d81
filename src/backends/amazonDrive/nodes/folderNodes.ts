import type { ListOptions } from '../../../remote/remote';
import { RemoteError } from '../../../remote/remoteError';
import type { RemotePath } from '../../../remote/remotePath';
import type { NodePage } from '../api/driveApi';
import { childrenFilter, childrenPrefixedFilter } from '../api/driveFilters';
import { type DriveNode, isAvailable } from '../api/driveNode';
import { PageCursor } from '../api/nodePages';
import type { DriveSession } from './session';

/** Waits before a folder that changed during its listing is listed again, in milliseconds. Only another client's move or delete of the folder needs them. */
const retryDelaysMs = [0, 1000, 3000];
/** Nodes that are read where a listing contradicts itself. */
const maxReads = 32;
const maxReadConcurrency = 8;

/**
 * The nodes that are in a folder, each once, page by page. A page that failed is fetched again by the next call.
 *
 * The index behind a listing may lag behind, and shows a folder that is being moved or trashed as empty or in part. A listing that misses
 * nodes would make a sync delete their originals, so:
 * 1. A node counts only when its own fields say that it is in the folder.
 * 2. An empty listing counts the second time, and when the folder is still at its path.
 * 3. A listing counts as complete when it shows as many nodes as it counts and none that are elsewhere; otherwise the doubtful nodes are
 *    read, or the folder is listed again.
 * 4. Our own recent writes that the index doesn't show are read and come last.
 * 5. Nothing is recorded of a page before all requests about it succeeded.
 */
export class FolderNodes {
  private readonly given = new Set<string>();
  private readonly cursor: PageCursor;
  private folderId: string | undefined;
  private ended = false;
  /** Nodes that the index shows, although a read proved that they are elsewhere. */
  private readonly elsewhere = new Set<string>();
  private pass = new ListingPass();
  private previous: ListingPass | undefined;
  private passes = 0;
  private wasEmpty = false;

  constructor(
    private readonly session: DriveSession,
    private readonly folder: RemotePath,
    private readonly options: ListOptions,
    /** The folder's place must be verified first: no listing of its parent has just shown it. */
    private mustVerify: boolean,
    private readonly signal: AbortSignal,
  ) {
    const about = `the folder "${folder}"`;
    this.cursor = new PageCursor(
      about,
      (startToken) => {
        const query = { filters: this.filters(), limit: options.pageSize, startToken };
        return session.api.list(query, about, signal);
      },
      () => {
        this.pass = new ListingPass();
      },
    );
  }

  /** Undefined after the last page. */
  async next(): Promise<readonly DriveNode[] | undefined> {
    const { nodes: resolver } = this.session;
    while (!this.ended) {
      if (this.mustVerify) await resolver.verifyFolderPath(this.folder, this.signal);
      this.mustVerify = false;
      this.folderId ??= await resolver.folderId(this.folder, this.signal);
      const { folderId } = this;
      const page = await this.cursor.page();
      const isLast = page.next === undefined;
      const nodes = this.recordPage(page, folderId);
      if (isLast && nodes.size === 0 && this.given.size === 0 && !(await this.isEmpty(folderId))) {
        this.cursor.startOver();
        continue;
      }
      const isComplete = isLast && (await this.isComplete(folderId, nodes));
      if (isComplete) for (const node of await this.unlistedWrites(folderId, nodes)) nodes.set(node.id, node);
      for (const id of nodes.keys()) this.given.add(id);
      this.cursor.advance(page, nodes.size > 0);
      this.ended = isComplete;
      if (isLast) this.pass = new ListingPass();
      if (nodes.size > 0 || isComplete || !isLast) return [...nodes.values()];
    }
    return undefined;
  }

  /** The new nodes of a page that are in the folder. */
  private recordPage(page: NodePage, folderId: string): Map<string, DriveNode> {
    this.pass.record(page);
    const nodes = new Map<string, DriveNode>();
    for (const node of page.nodes)
      if (!isListed(node, folderId)) this.pass.doubt(node);
      else if (!this.given.has(node.id)) nodes.set(node.id, node);
    return nodes;
  }

  /** Whether a listing without any node counts (2). */
  private async isEmpty(folderId: string): Promise<boolean> {
    const { cache, nodes } = this.session;
    cache.expire(this.folder, true);
    const isInPlace =
      (await nodes.verifyFolderPath(this.folder, this.signal)) &&
      (await nodes.folderId(this.folder, this.signal)) === folderId;
    if (!isInPlace) this.folderId = undefined;
    else if (this.wasEmpty) return true;
    // All nodes of the folder may have been in the trash at that moment.
    else this.wasEmpty = true;
    return false;
  }

  /**
   * Whether the listing that ends counts as complete (3). Adds doubtful nodes to `nodes` that a read finds in the folder. Throws
   * `unavailable` when no pass was complete.
   */
  private async isComplete(folderId: string, nodes: Map<string, DriveNode>): Promise<boolean> {
    const { pass, given, elsewhere, passes } = this;
    const { cache, clock, nodes: resolver } = this.session;
    const doubted = [...pass.doubted].filter((id) => !given.has(id) && !nodes.has(id) && !elsewhere.has(id));
    if (doubted.length === 0 && pass.isConsistent && passes === 0) return true;
    cache.expire(this.folder);
    const isInPlace = await resolver.verifyFolderPath(this.folder, this.signal);
    const isLastPass = passes >= retryDelaysMs.length;
    if (isInPlace) {
      const toRead = isLastPass ? doubted : doubted.slice(0, maxReads);
      for (const node of await this.readDoubted(toRead, folderId)) nodes.set(node.id, node);
      // A node that an earlier page showed, is in the folder, and is missing now: the pages are of different moments.
      const unlisted = [...given].filter((id) => !pass.seen.has(id)).slice(0, maxReads);
      const hidesNodes = (await this.readDoubted(unlisted, folderId)).length > 0;
      // A service that always counts more nodes than it shows is believed the second time.
      const isSettled =
        toRead.length === doubted.length && (pass.isConsistent || pass.equals(this.previous)) && !hidesNodes;
      // In the first pass a node may be in the trash because the whole folder was, between these reads.
      if (isSettled && (passes > 0 || doubted.every((id) => nodes.has(id)))) return true;
    } else {
      // The folder is gone, which the next look-up throws, or another folder took its place.
      this.folderId = undefined;
      this.mustVerify = true;
    }
    if (isLastPass) {
      this.cursor.startOver();
      throw new RemoteError(
        'unavailable',
        `The folder "${this.folder}" changed while it was listed, so the list is incomplete. Try again when nobody moves or deletes it.`,
      );
    }
    this.passes++;
    this.previous = pass;
    if (isInPlace) await clock.wait(retryDelaysMs[passes] ?? 0, this.signal);
    return false;
  }

  /** The nodes that are in the folder now. From the second pass on records which are elsewhere. */
  private async readDoubted(ids: readonly string[], folderId: string): Promise<DriveNode[]> {
    const { found, missing } = await this.read(
      ids.map((id) => ({ id, path: this.folder })),
      folderId,
    );
    if (this.passes > 0) for (const id of missing) this.elsewhere.add(id);
    return found;
  }

  /** Our recent writes into the folder that no page has shown (4). */
  private async unlistedWrites(
    folderId: string,
    listed: ReadonlyMap<string, DriveNode>,
  ): Promise<readonly DriveNode[]> {
    const writes = this.session.recentWrites.in(this.folder);
    const unlisted = writes.filter(({ id }) => !listed.has(id) && !this.given.has(id));
    return (await this.read(unlisted, folderId)).found;
  }

  private async read(
    toRead: readonly { readonly id: string; readonly path: RemotePath }[],
    folderId: string,
  ): Promise<{ readonly found: DriveNode[]; readonly missing: string[] }> {
    const { nodes: resolver } = this.session;
    const found: DriveNode[] = [];
    const missing: string[] = [];
    for (let i = 0; i < toRead.length; i += maxReadConcurrency) {
      const batch = toRead.slice(i, i + maxReadConcurrency);
      const reads = batch.map(({ id, path }) => resolver.nodeIfThere(id, path, this.signal));
      for (const [at, node] of (await Promise.all(reads)).entries())
        if (node && isListed(node, folderId)) found.push(node);
        else missing.push(batch[at]?.id ?? '');
    }
    return { found, missing };
  }

  /** A name prefix is the same at the service, unless it has characters that an encoding changes. */
  private filters(): string {
    const { namePrefix = '' } = this.options;
    const folderId = this.folderId ?? '';
    return namePrefix !== '' && !/[‛／．\u2400-\u2421\0-\x1f\x7f]|\p{Surrogate}/u.test(namePrefix)
      ? childrenPrefixedFilter(folderId, namePrefix)
      : childrenFilter(folderId);
  }
}

/** The result of one pass over all pages of a listing. */
class ListingPass {
  readonly seen = new Set<string>();
  readonly doubted = new Set<string>();
  /** The highest count that a page reported. */
  private count = 0;
  /** Elements of pages that are not nodes. */
  private malformed = 0;

  record({ nodes, length, count }: NodePage): void {
    for (const { id } of nodes) this.seen.add(id);
    this.malformed += length - nodes.length;
    this.count = Math.max(this.count, count ?? 0);
  }

  /** Records a node that seems to be elsewhere. The root and nodes that are neither file nor folder don't matter. */
  doubt({ id, kind, name }: DriveNode): void {
    if ((kind === 'FILE' || kind === 'FOLDER') && name !== undefined) this.doubted.add(id);
  }

  /** Whether the pages showed as many nodes as they counted. */
  get isConsistent(): boolean {
    return this.shown >= this.count;
  }

  equals(other: ListingPass | undefined): boolean {
    return other?.shown === this.shown && other.count === this.count;
  }

  private get shown(): number {
    return this.seen.size + this.malformed;
  }
}

/** Whether the fields of a node say that it is a file or folder in this folder. */
function isListed(node: DriveNode, folderId: string): boolean {
  if (node.kind !== 'FILE' && node.kind !== 'FOLDER') return false;
  if (node.name === undefined || !node.parents.includes(folderId)) return false;
  return isAvailable(node) || node.status === 'PENDING';
}
