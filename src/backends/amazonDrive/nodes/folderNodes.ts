import type { Clock } from '../../../base/clock';
import type { ListOptions } from '../../../remote/remote';
import { RemoteError } from '../../../remote/remoteError';
import type { RemotePath } from '../../../remote/remotePath';
import type { DriveApi, NodePage } from '../api/driveApi';
import { hasDriveReason } from '../api/driveErrors';
import { childrenFilter, childrenPrefixedFilter } from '../api/driveFilters';
import { type DriveNode, isAvailable } from '../api/driveNode';
import type { DriveNames } from '../names/driveNames';
import type { NodeCache } from './nodeCache';

/** How often a listing begins again in a row because its page token was too old, before that counts as a failure. */
const mostRestarts = 3;
/**
 * How often a folder that changed while it was listed is listed again, and how long the index gets in between, in milliseconds. The last
 * one may be long, for nothing of the kind is met but after another client's move or delete of the whole folder.
 */
const waitsForFolder = [0, 1000, 3000];
/** Nodes that are asked themselves where a list contradicts itself. */
const mostAsked = 32;
/** Nodes asked for at once that an index doesn't show yet. */
const nodesAtOnce = 8;

export interface ListingContext {
  readonly api: DriveApi;
  readonly ids: NodeCache;
  readonly names: DriveNames;
  readonly clock: Clock;
}

/**
 * The nodes that really are in a folder, each once, page by page. A page that failed is asked for again by the next call; so nothing is
 * noted of a page before all of it is known. What we put there ourselves a moment ago comes last when the index doesn't show it yet:
 * whoever mirrors the folder would delete the originals otherwise.
 */
export class FolderNodes {
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
      if (this.mustCheck) await ids.verifyFolderPath(this.folder, this.signal);
      this.mustCheck = false;
      this.folderId ??= await ids.folderId(this.folder, this.signal);
      const { folderId } = this;
      const page = await this.page(folderId);
      if (page.next !== undefined && page.next === this.startToken)
        throw new RemoteError('corrupted', `The service lists "${this.folder}" in a circle.`);
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
    const missing = ids.recentWritesIn(this.folder).filter(({ id }) => !shown.has(id) && !this.given.has(id));
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
        if (!hasDriveReason(error, 'pageTokenExpired') || this.startToken === undefined) throw error;
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
