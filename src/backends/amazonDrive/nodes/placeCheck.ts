import type { Clock } from '../../../base/clock';
import type { Log } from '../../../base/log';
import { isTransient, withRetries } from '../../../remote/layers/retry';
import { isRemoteError, RemoteError } from '../../../remote/remoteError';
import { joinPath, parentPath, type RemotePath, rootPath } from '../../../remote/remotePath';
import { type DriveNode, isAvailable } from '../api/driveNode';
import { LaterAnswers } from './laterAnswers';
import { keyOf, type NodeCache } from './nodeCache';

/** Deeper than this no path is told. */
const deepest = 100;
/** For so long a look waits at most for other uploads that could share it, in milliseconds: less than one request takes. */
const gatheringMs = 100;

/** What happened to something in a folder that may be elsewhere by now. */
export type Put = 'stored' | 'moved';

/**
 * Whether what was put somewhere is there. The service puts things into folders by their ids, wherever these are at that moment, so a folder
 * that was seen in its place before an upload may be in another one when the upload ends. Only what is asked after the end tells that; one
 * question for each folder serves all that ended before it began.
 */
export class PlaceCheck {
  /** How many things are being put somewhere now. */
  private underWay = 0;
  private readonly waiting = new Set<() => void>();
  private readonly nodes: LaterAnswers<DriveNode | undefined>;

  constructor(
    private readonly ids: NodeCache,
    clock: Clock,
    log: Log,
  ) {
    // It has its own tries: a failed look must not make the whole upload be sent again.
    this.nodes = new LaterAnswers(
      (id, signal) =>
        withRetries(
          'look for a folder',
          () => ids.nodeIfThere(id, 'a folder', signal),
          { clock, log },
          signal,
        ),
      () => this.othersEnded(),
    );
  }

  /** Does `work`, which puts something somewhere and is followed by `mustBeInPlace`: such that go on at the same time share one look. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    this.underWay++;
    try {
      return await work();
    } finally {
      if (--this.underWay === 0) for (const goOn of [...this.waiting]) goOn();
    }
  }

  /** Ends when nothing is being put anywhere any more, or after a moment. */
  private othersEnded(): Promise<void> {
    return new Promise((resolve) => {
      const goOn = () => {
        clearTimeout(timer);
        this.waiting.delete(goOn);
        resolve();
      };
      const timer = setTimeout(goOn, this.underWay === 0 ? 0 : gatheringMs);
      this.waiting.add(goOn);
    });
  }

  /**
   * To be asked once `path` was put into the folder `folderId`, which was the one of its path. Throws `changed` when that folder is no longer
   * in its place, and `other` when that can't be found out; either says that the thing itself was `put`.
   */
  async mustBeInPlace(path: RemotePath, folderId: string, put: Put, signal: AbortSignal): Promise<void> {
    let elsewhere: string | undefined;
    try {
      elsewhere = await this.whereElse(parentPath(path), folderId, signal);
    } catch (error) {
      if (!isTransient(error)) throw error;
      throw new RemoteError(
        'other',
        `"${path}" was ${put}, but whether its folder is still in its place could not be found out: ${error.message}`,
        { cause: error },
      );
    }
    if (elsewhere === undefined) return;
    throw new RemoteError('changed', `"${path}" was ${put}, but its folder was ${elsewhere} meanwhile.`);
  }

  /** The error that tells of a file `id` that got new content and isn't at `path` any more. */
  async movedMeanwhile(path: RemotePath, id: string, signal: AbortSignal): Promise<RemoteError> {
    const { told } = await this.whereIs(id, signal);
    return new RemoteError('changed', `"${path}" was stored, but it was ${told} meanwhile.`);
  }

  /**
   * What became of the folder `id` when it is no longer at `path`, as words after "it was"; undefined when it is there. One that isn't is
   * forgotten, so that the next who needs a folder there looks for it.
   */
  async whereElse(path: RemotePath, id: string, signal: AbortSignal): Promise<string | undefined> {
    if (await this.isInPlace(path, id, signal)) return undefined;
    const { path: now, told } = await this.whereIs(id, signal);
    return now !== undefined && keyOf(now) === keyOf(path) ? undefined : told;
  }

  private async isInPlace(path: RemotePath, id: string, signal: AbortSignal): Promise<boolean> {
    if (path === rootPath) return true;
    const asking = this.nodes.ask(id, signal);
    // Whoever awaits it hears of its failure; when the folders above fail first, nobody does.
    asking.catch(() => {});
    const parentId = await this.idInPlace(parentPath(path), signal);
    const node = await asking;
    if (parentId !== undefined && node?.kind === 'FOLDER' && this.ids.isChild(node, parentId, path)) {
      this.ids.learn(path, node);
      return true;
    }
    if (this.ids.knownFolder(path) === id) this.ids.forget(path);
    return false;
  }

  /** The id of the folder that is at `path`; undefined when none is. */
  private async idInPlace(path: RemotePath, signal: AbortSignal): Promise<string | undefined> {
    const known = this.ids.knownFolder(path);
    if (known !== undefined && (await this.isInPlace(path, known, signal))) return known;
    try {
      return await this.ids.folderId(path, signal);
    } catch (error) {
      if (isRemoteError(error, 'notFound', 'notAFolder')) return undefined;
      throw error;
    }
  }

  private async whereIs(id: string, signal: AbortSignal): Promise<Whereabouts> {
    const names: string[] = [];
    for (let at: string | undefined = id; at !== undefined && names.length < deepest; ) {
      const node: DriveNode | undefined = await this.nodes.ask(at, signal);
      if (!node || node.status === 'PURGED') return { told: 'deleted' };
      if (!isAvailable(node)) return { told: 'moved to the trash' };
      if (node.isRoot) {
        const path = names.reduceRight<RemotePath>((above, name) => joinPath(above, name), rootPath);
        return { path, told: path === rootPath ? 'moved' : `moved to "${path}"` };
      }
      const name = this.ids.names.pathName(node.name ?? '');
      names.push('name' in name ? name.name : name.shown);
      [at] = node.parents;
    }
    return { told: 'moved to another place' };
  }
}

interface Whereabouts {
  readonly path?: RemotePath;
  readonly told: string;
}
