import { WeightedSemaphore } from '../../base/semaphore';
import type { Capabilities } from '../../remote/capabilities';
import type { Entry, FileEntry } from '../../remote/entry';
import { withRetries } from '../../remote/layers/retry';
import { RetryablePages } from '../../remote/pages';
import type {
  ByteSource,
  FileFacts,
  ListOptions,
  Precondition,
  ReadOptions,
  ReadResult,
  RecursiveListOptions,
  Remote,
  RemoteChanges,
  RemoteFeatures,
  Trash,
  WholeContent,
} from '../../remote/remote';
import { RemoteError } from '../../remote/remoteError';
import { baseName, parentPath, type RemotePath } from '../../remote/remotePath';
import type { TokenSource } from '../../remote/tokenSource';
import type { BackendHost } from '../backend';
import { DriveApi } from './api/driveApi';
import { DriveHttp } from './api/driveHttp';
import { Pacer } from './api/pacer';
import { type DriveConfig, storageIdOf } from './config/driveConfig';
import { DriveNames, longestName } from './names/driveNames';
import { pollChanges } from './nodes/changes';
import { listBelow, listFolder } from './nodes/listing';
import { type MovingContext, moveFile, moveFolder } from './nodes/moving';
import { NodeCache, nameRules } from './nodes/nodeCache';
import { PlaceCheck } from './nodes/placeCheck';
import { asFile, type DriveContext, notThere } from './nodes/preconditions';
import { propertiesOf } from './nodes/properties';
import { type ReadingContext, readFile, readWholeFile } from './nodes/reading';
import { DriveTrash, trashEmptyFolder, trashFile, trashWholeFolder } from './nodes/trash';
import { CorruptOverwrites, type UploadContext, writeFile } from './nodes/upload';

/**
 * One account's drive as a Remote. Makes no request until asked; see driveBackend.ts.
 *
 * Who sends what again, so that no two layers multiply their tries:
 * - layers/retrying.ts, which stands around every remote, tries whole operations again by the kind of their error: `unavailable`, `rateLimited`
 *   and `damaged`, which here are just the answers that rclone tries again (API page §6.3). The extras go past that layer, so they have
 *   the same tries here.
 * - drivePacing.ts tries nothing again; it only holds requests back, those of the tries as well.
 * - driveHttp.ts sends a request once more with a new token after a 401, since that says nothing about the service's state.
 * - An operation goes on by itself where a repetition of the whole would not do: a listing whose page token is too old, a folder whose id
 *   is, an upload that may still appear, the second half of a move.
 */
export class DriveRemote implements Remote {
  readonly capabilities: Capabilities;
  readonly features: RemoteFeatures;
  readonly api: DriveApi;
  private readonly http: DriveHttp;
  private readonly context: DriveContext &
    ReadingContext &
    UploadContext &
    MovingContext & { readonly names: DriveNames };

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
    });
    this.api = new DriveApi(this.http, config.endpoint, clock);
    const names = new DriveNames(config.encoding);
    const ids = new NodeCache(this.api, names, clock);
    this.context = {
      api: this.api,
      ids,
      placeCheck: new PlaceCheck(ids, clock, log),
      names,
      clock,
      log,
      tempLinkThreshold: config.tempLinkThreshold,
      uploadWaitPerGiBMs: config.uploadWaitPerGiBMs,
      maxSize: config.maxSize,
      badOverwrites: new CorruptOverwrites(),
    };
    this.capabilities = {
      timePrecisionNs: 'none',
      listsModified: false,
      hash: 'md5',
      names: { ...nameRules, forbids: 'nothing', maxPartUnits: longestName },
      ...(config.maxSize !== undefined && { maxFileSize: config.maxSize }),
      preconditions: 'checkThenAct',
      hasDirectories: true,
      recoverableDeletes: true,
      storageId: storageIdOf(config),
    };
    this.features = {
      properties: (path, signal) =>
        this.again(`properties of ${path}`, () => propertiesOf(this.context, path, signal), signal),
      quota: (signal) => this.again('quota', () => this.api.quota(signal), signal),
      trash: this.retryingTrash(new DriveTrash(this.context)),
    };
  }

  list(folder: RemotePath, options: ListOptions, signal: AbortSignal): AsyncIterable<readonly Entry[]> {
    return listFolder(this.context, folder, options, signal);
  }

  listRecursive(
    folder: RemotePath,
    options: RecursiveListOptions,
    signal: AbortSignal,
  ): AsyncIterable<readonly Entry[]> {
    return listBelow(this.context, folder, options, signal);
  }

  async stat(path: RemotePath, signal: AbortSignal): Promise<Entry> {
    signal.throwIfAborted();
    if (path === '') return { kind: 'folder', path };
    const found = await this.context.ids.find(path, signal);
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

  async read(path: RemotePath, options: ReadOptions, signal: AbortSignal): Promise<ReadResult> {
    signal.throwIfAborted();
    return readFile(this.context, path, options, signal);
  }

  async readToBuffer(file: FileEntry, signal: AbortSignal): Promise<WholeContent> {
    signal.throwIfAborted();
    return readWholeFile(this.context, file, signal);
  }

  write(
    path: RemotePath,
    body: ByteSource,
    facts: FileFacts,
    precondition: Precondition,
    signal: AbortSignal,
  ): Promise<FileEntry> {
    return writeFile(this.context, path, body, facts, precondition, signal);
  }

  removeFile(path: RemotePath, precondition: Precondition, signal: AbortSignal): Promise<void> {
    return trashFile(this.context, path, precondition, signal);
  }

  async makeFolder(path: RemotePath, signal: AbortSignal): Promise<void> {
    const { ids, placeCheck } = this.context;
    for (let tries = 1; ; tries++) {
      const id = await ids.ensureFolder(path, signal);
      const elsewhere = await placeCheck.whereElse(path, id, signal);
      if (elsewhere === undefined) return;
      // What was at that path is forgotten by now, so that another one is made or found.
      if (tries === 3)
        throw new RemoteError('changed', `The folder "${path}" was made, but it was ${elsewhere} meanwhile.`);
    }
  }

  removeFolder(path: RemotePath, signal: AbortSignal): Promise<void> {
    return trashEmptyFolder(this.context, path, signal);
  }

  serverSideMove(
    source: FileEntry,
    to: RemotePath,
    precondition: Precondition,
    signal: AbortSignal,
  ): Promise<FileEntry> {
    return moveFile(this.context, source, to, precondition, signal);
  }

  serverSideMoveFolder(folder: RemotePath, to: RemotePath, signal: AbortSignal): Promise<void> {
    return moveFolder(this.context, folder, to, signal);
  }

  trashFolder(folder: RemotePath, signal: AbortSignal): Promise<void> {
    return trashWholeFolder(this.context, folder, signal);
  }

  pollChanges(checkpoint: string | undefined, signal: AbortSignal): Promise<RemoteChanges> {
    return pollChanges(this.context, checkpoint ?? this.config.checkpoint, checkpoint === undefined, signal);
  }

  async close(): Promise<void> {
    this.http.close();
  }

  private again<T>(
    what: string,
    work: (failed: RemoteError | undefined) => Promise<T>,
    signal: AbortSignal,
  ): Promise<T> {
    return withRetries(what, work, this.host, signal);
  }

  private retryingTrash(trash: DriveTrash): Trash {
    return {
      list: (options, signal) => {
        const pages = trash.list(options, signal);
        return new RetryablePages(() => this.again('list the trash', () => pages.next(), signal));
      },
      restore: (item, signal) =>
        this.again(
          `restore ${item.name}`,
          // A try that failed may have brought it back.
          (failed) => trash.restore(item, signal).catch((error) => restoredMeanwhile(error, failed)),
          signal,
        ),
    };
  }
}

function restoredMeanwhile(error: unknown, failed: RemoteError | undefined): void {
  if (failed && error instanceof RemoteError && error.kind === 'notFound') return;
  throw error;
}
