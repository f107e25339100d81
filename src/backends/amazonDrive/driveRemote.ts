import { WeightedSemaphore } from '../../base/semaphore';
import type { Capabilities } from '../../remote/capabilities';
import type { Entry } from '../../remote/entry';
import { withRetries } from '../../remote/layers/retry';
import { RetryablePages } from '../../remote/pages';
import type { Remote, RemoteFeatures, Trash } from '../../remote/remote';
import { isRemoteError, RemoteError } from '../../remote/remoteError';
import { baseName, parentPath, type RemotePath } from '../../remote/remotePath';
import type { TokenSource } from '../../remote/tokenSource';
import type { BackendHost } from '../backend';
import { DriveApi } from './api/driveApi';
import { DriveHttp } from './api/driveHttp';
import { Pacer } from './api/pacer';
import { type DriveConfig, storageIdOf } from './config/driveConfig';
import { DriveNames, maxNameLength } from './names/driveNames';
import { pollChanges } from './nodes/changes';
import { CorruptOverwrites } from './nodes/corruptOverwrites';
import { listBelow, listFolder } from './nodes/listing';
import { moveFile, moveFolder } from './nodes/moving';
import { asFile, notThere } from './nodes/preconditions';
import { propertiesOf } from './nodes/properties';
import { readFile, readWholeFile } from './nodes/reading';
import type { DriveSession } from './nodes/session';
import { DriveTrash, trashEmptyFolder, trashFile, trashWholeFolder } from './nodes/trash';
import { writeFile } from './nodes/upload';
import { NodeCache } from './paths/nodeCache';
import { NodeResolver } from './paths/nodeResolver';
import { nameRules } from './paths/pathKey';
import { PlaceCheck } from './paths/placeCheck';
import { RecentWrites } from './paths/recentWrites';

/** The methods of a Remote, optional ones included. */
type Methods = Required<Remote>;

/** Times that `makeFolder` creates a folder that somebody else moves at that moment. */
const maxFolderTries = 3;

/**
 * One account's drive as a Remote. The constructor makes no requests; see driveBackend.ts.
 *
 * Retries, arranged so that no two layers multiply theirs:
 * - remote/layers/withRetry.ts, around every remote, retries whole operations that fail with `unavailable`, `rateLimited` or `corrupted`:
 *   the responses that rclone retries (docs/amazon-drive-api.md §6). `features` bypass that layer, so they have their own retries here.
 * - api/pacer.ts delays requests and retries nothing.
 * - api/driveHttp.ts sends a request once more with a new token after a 401.
 * - An operation continues by itself where a retry of the whole would not help: after an expired page token or a stale folder id, for an
 *   upload that may still appear, and in the second half of a move.
 */
export class DriveRemote implements Remote {
  readonly capabilities: Capabilities;
  readonly features: RemoteFeatures;
  readonly api: DriveApi;
  private readonly http: DriveHttp;
  private readonly session: DriveSession;

  constructor(
    private readonly config: DriveConfig,
    private readonly host: BackendHost,
    tokens: TokenSource,
  ) {
    const { clock, log } = host;
    this.http = new DriveHttp({
      tokens,
      clock,
      pacer: new Pacer({ clock, minSleepMs: config.minSleepMs }),
      slots: new WeightedSemaphore(config.concurrency),
      directConnections: host.directConnections,
      allowConnection: host.allowConnection,
    });
    this.api = new DriveApi(this.http, config.endpoint, clock);
    const names = new DriveNames(config.encoding);
    const recentWrites = new RecentWrites(clock);
    const cache = new NodeCache(names, recentWrites, clock);
    const nodes = new NodeResolver(this.api, names, cache, recentWrites);
    this.session = {
      api: this.api,
      names,
      cache,
      recentWrites,
      nodes,
      placeCheck: new PlaceCheck(nodes, cache, names, { clock, log }),
      corruptOverwrites: new CorruptOverwrites(),
      clock,
      log,
      tempLinkThreshold: config.tempLinkThreshold,
      uploadWaitPerGiBMs: config.uploadWaitPerGiBMs,
      maxSize: config.maxSize,
    };
    this.capabilities = {
      timePrecisionNs: 'none',
      listsModified: false,
      hash: 'md5',
      names: { ...nameRules, forbids: 'nothing', maxPartUnits: maxNameLength },
      ...(config.maxSize !== undefined && { maxFileSize: config.maxSize }),
      preconditions: 'checkThenAct',
      hasDirectories: true,
      recoverableDeletes: true,
      storageId: storageIdOf(config),
    };
    this.features = {
      properties: (path, signal) =>
        withRetries(`properties of ${path}`, () => propertiesOf(this.session, path, signal), host, signal),
      quota: (signal) => withRetries('quota', () => this.api.quota(signal), host, signal),
      trash: this.retryingTrash(new DriveTrash(this.session)),
    };
  }

  readonly list: Methods['list'] = (folder, options, signal) =>
    listFolder(this.session, folder, options, signal);

  readonly listRecursive: Methods['listRecursive'] = (folder, options, signal) =>
    listBelow(this.session, folder, options, signal);

  async stat(path: RemotePath, signal: AbortSignal): Promise<Entry> {
    signal.throwIfAborted();
    if (path === '') return { kind: 'folder', path };
    const found = await this.session.nodes.find(path, signal);
    if (!found) throw notThere(path);
    if (found.node.kind === 'FOLDER') return { kind: 'folder', path: found.path };
    if (found.node.size !== undefined) return asFile(found).entry;
    return {
      kind: 'unusable',
      folder: parentPath(found.path),
      name: baseName(found.path),
      reason: 'unreadable',
      protects: found.path,
    };
  }

  readonly read: Methods['read'] = (path, options, signal) => readFile(this.session, path, options, signal);

  readonly readToBuffer: Methods['readToBuffer'] = (file, signal) =>
    readWholeFile(this.session, file, signal);

  readonly write: Methods['write'] = (path, body, facts, precondition, signal) =>
    writeFile(this.session, path, body, facts, precondition, signal);

  readonly removeFile: Methods['removeFile'] = (path, precondition, signal) =>
    trashFile(this.session, path, precondition, signal);

  async makeFolder(path: RemotePath, signal: AbortSignal): Promise<void> {
    const { nodes, placeCheck } = this.session;
    for (let tries = 1; ; tries++) {
      const id = await nodes.ensureFolder(path, signal);
      const elsewhere = await placeCheck.whereElse(path, id, signal);
      if (elsewhere === undefined) return;
      // `whereElse` dropped the moved folder from the cache, so the next try creates or finds another one.
      if (tries === maxFolderTries)
        throw new RemoteError(
          'changed',
          `The folder "${path}" was created, but it was ${elsewhere} meanwhile.`,
        );
    }
  }

  readonly removeFolder: Methods['removeFolder'] = (path, signal) =>
    trashEmptyFolder(this.session, path, signal);

  readonly serverSideMove: Methods['serverSideMove'] = (source, to, precondition, signal) =>
    moveFile(this.session, source, to, precondition, signal);

  readonly serverSideMoveFolder: Methods['serverSideMoveFolder'] = (folder, to, signal) =>
    moveFolder(this.session, folder, to, signal);

  readonly trashFolder: Methods['trashFolder'] = (folder, signal) =>
    trashWholeFolder(this.session, folder, signal);

  readonly pollChanges: Methods['pollChanges'] = (cursor, signal) =>
    pollChanges(this.session, cursor ?? this.config.checkpoint, cursor === undefined, signal);

  async close(): Promise<void> {
    this.http.close();
  }

  private retryingTrash(trash: DriveTrash): Trash {
    const { host } = this;
    return {
      list: (options, signal) => {
        const pages = trash.list(options, signal);
        return new RetryablePages(() => withRetries('list the trash', () => pages.next(), host, signal));
      },
      restore: (item, signal) =>
        withRetries(
          `restore ${item.name}`,
          (failed) =>
            trash.restore(item, signal).catch((error: unknown) => {
              // A failed attempt may have restored the item.
              if (!failed || !isRemoteError(error, 'notFound')) throw error;
            }),
          host,
          signal,
        ),
    };
  }
}
