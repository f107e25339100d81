import type { Clock } from '../../../base/clock';
import type { Log } from '../../../base/log';
import { isTransient, withRetries } from '../../../remote/layers/retry';
import { isRemoteError, RemoteError } from '../../../remote/remoteError';
import { joinPath, parentPath, type RemotePath, rootPath } from '../../../remote/remotePath';
import { type DriveNode, isAvailable } from '../api/driveNode';
import type { DriveNames } from '../names/driveNames';
import { CoalescedReads } from './coalescedReads';
import type { NodeCache } from './nodeCache';
import type { NodeResolver } from './nodeResolver';
import { keyOf } from './pathKey';

/** Nodes deeper than this are reported without a path. */
const maxDepth = 100;
/** A read waits at most this long for other uploads that could share it, in milliseconds: less than one request takes. */
const gatherMs = 100;

/** The operation on a node whose folder may be elsewhere. */
type Done = 'stored' | 'moved';

interface Whereabouts {
  readonly path?: RemotePath;
  /** Continues a sentence after "it was". */
  readonly description: string;
}

/**
 * Checks that a node which was uploaded, moved or created is at its path. The service puts nodes into folders by id, wherever the folder is
 * at that moment, so a folder that was verified before an upload may be elsewhere when the upload ends. Only a read that begins after the
 * end proves the place; one read of a folder serves all uploads that ended before it began.
 */
export class PlaceCheck {
  private running = 0;
  private readonly waiting = new Set<() => void>();
  private readonly reads: CoalescedReads<DriveNode | undefined>;

  constructor(
    private readonly nodes: NodeResolver,
    private readonly cache: NodeCache,
    private readonly names: DriveNames,
    retry: { readonly clock: Clock; readonly log: Log },
  ) {
    // Retries by itself: a failed read must not make the caller upload again.
    this.reads = new CoalescedReads(
      (id, signal) =>
        withRetries('read a folder', () => nodes.nodeIfThere(id, 'a folder', signal), retry, signal),
      () => this.othersEnded(),
    );
  }

  /** Runs work that `mustBeInPlace` follows, so that work that ends at nearly the same time shares its reads. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    this.running++;
    try {
      return await work();
    } finally {
      if (--this.running === 0) for (const resume of [...this.waiting]) resume();
    }
  }

  /** Resolves when no work runs, or after `gatherMs`. */
  private othersEnded(): Promise<void> {
    return new Promise((resolve) => {
      const resume = () => {
        clearTimeout(timer);
        this.waiting.delete(resume);
        resolve();
      };
      const timer = setTimeout(resume, this.running === 0 ? 0 : gatherMs);
      this.waiting.add(resume);
    });
  }

  /**
   * To be called after a node was put at `path` by the id of its folder. Throws `changed` when the folder is elsewhere, and `other` when the
   * check fails; either message says that the node itself was stored or moved.
   */
  async mustBeInPlace(path: RemotePath, folderId: string, done: Done, signal: AbortSignal): Promise<void> {
    let elsewhere: string | undefined;
    try {
      elsewhere = await this.whereElse(parentPath(path), folderId, signal);
    } catch (error) {
      if (!isTransient(error)) throw error;
      throw new RemoteError(
        'other',
        `"${path}" was ${done}, but whether its folder was moved meanwhile could not be checked: ${error.message}`,
        { cause: error },
      );
    }
    if (elsewhere === undefined) return;
    throw new RemoteError('changed', `"${path}" was ${done}, but its folder was ${elsewhere} meanwhile.`);
  }

  /** The error for a file that received new content and is no longer at `path`. */
  async movedMeanwhile(path: RemotePath, id: string, signal: AbortSignal): Promise<RemoteError> {
    const { description } = await this.locate(id, signal);
    return new RemoteError('changed', `"${path}" was stored, but it was ${description} meanwhile.`);
  }

  /**
   * Undefined when the folder `id` is at `path`; otherwise what happened to it, as words after "it was". A folder that is elsewhere is
   * dropped from the cache.
   */
  async whereElse(path: RemotePath, id: string, signal: AbortSignal): Promise<string | undefined> {
    if (await this.isInPlace(path, id, signal)) return undefined;
    const { path: now, description } = await this.locate(id, signal);
    return now !== undefined && keyOf(now) === keyOf(path) ? undefined : description;
  }

  private async isInPlace(path: RemotePath, id: string, signal: AbortSignal): Promise<boolean> {
    if (path === rootPath) return true;
    const reading = this.reads.get(id, signal);
    // Nobody awaits the read when the folders above fail first.
    reading.catch(() => {});
    const parentId = await this.idInPlace(parentPath(path), signal);
    const node = await reading;
    if (parentId !== undefined && node?.kind === 'FOLDER' && this.nodes.isChild(node, parentId, path)) {
      this.cache.learn(path, node);
      return true;
    }
    if (this.cache.folder(path)?.id === id) this.cache.forget(path);
    return false;
  }

  /** The id of the folder that is at `path` now; undefined when absent. */
  private async idInPlace(path: RemotePath, signal: AbortSignal): Promise<string | undefined> {
    const cached = this.cache.folder(path);
    if (cached && (await this.isInPlace(path, cached.id, signal))) return cached.id;
    try {
      return await this.nodes.folderId(path, signal);
    } catch (error) {
      if (isRemoteError(error, 'notFound', 'notAFolder')) return undefined;
      throw error;
    }
  }

  private async locate(id: string, signal: AbortSignal): Promise<Whereabouts> {
    const names: string[] = [];
    for (let at: string | undefined = id; at !== undefined && names.length < maxDepth; ) {
      const node: DriveNode | undefined = await this.reads.get(at, signal);
      if (!node || node.status === 'PURGED') return { description: 'deleted' };
      if (!isAvailable(node)) return { description: 'moved to the trash' };
      if (node.isRoot) {
        const path = names.reduceRight<RemotePath>((above, name) => joinPath(above, name), rootPath);
        return { path, description: path === rootPath ? 'moved' : `moved to "${path}"` };
      }
      const name = this.names.pathName(node.name ?? '');
      names.push('name' in name ? name.name : name.shown);
      [at] = node.parents;
    }
    return { description: 'moved to another place' };
  }
}
