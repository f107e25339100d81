import type { FileEntry } from '../../../remote/entry';
import { withRetries } from '../../../remote/layers/retry';
import type { ByteSource, FileFacts, Precondition } from '../../../remote/remote';
import { isRemoteError, RemoteError } from '../../../remote/remoteError';
import { baseName, parentPath, type RemotePath } from '../../../remote/remotePath';
import { DriveApiError, hasDriveReason } from '../api/driveErrors';
import { contentVersion, type DriveNode, fileEntry } from '../api/driveNode';
import { UploadBody } from './multipartBody';
import { alreadyThere, asFile, changedMeanwhile, checkPrecondition, type FoundFile } from './preconditions';
import type { DriveSession } from './session';

/** From this size on the precondition is checked before the body is sent, in bytes. */
const checkFirstFrom = 8 * 1024 * 1024;
/** Between two reads of a node that the service still processes, in milliseconds, as rclone waits (docs/amazon-drive-api.md §5). */
const pollIntervalMs = 5000;
/** A node without its content is read at least this often, however small it is. */
const minPolls = 4;
const gibi = 1024 ** 3;
/** Time for trashing a corrupted file, which continues after the user stopped, in milliseconds. */
const cleanUpMs = 60_000;

/** A stored file, and the id of the folder it was put into. */
interface Stored {
  readonly file: FileEntry;
  readonly folderId: string;
}

/**
 * Writes a whole file. A new file is one request: the service itself refuses a taken name, which enforces `ifAbsent`. An existing file
 * gets new content and keeps its id, labels and sharing; its precondition is checked before.
 *
 * 1. The body is sent once. When the request failed after the whole body was sent, the node is polled for as long as the service may
 *    process it (docs/amazon-drive-api.md §5), and recognised by size and MD5.
 * 2. Content that the service stored wrongly is `corrupted`. A corrupted new file goes to the trash; a corrupted overwrite is recorded, so
 *    that a retry may overwrite it.
 * 3. A file whose folder was moved during the upload is `changed` and stays where it is; the error names its place.
 */
export async function writeFile(
  session: DriveSession,
  path: RemotePath,
  body: ByteSource,
  facts: FileFacts,
  precondition: Precondition,
  signal: AbortSignal,
): Promise<FileEntry> {
  signal.throwIfAborted();
  const { maxSize, cache, corruptOverwrites, placeCheck } = session;
  if (path === '') throw new RemoteError('isAFolder', 'The root is a folder.');
  if (maxSize !== undefined && body.size > maxSize)
    throw new RemoteError(
      'unsupported',
      `"${path}" has ${body.size} bytes, more than the ${maxSize} that "max_size" allows. Raise the setting or exclude the file.`,
    );
  const adapted = corruptOverwrites.adapt(precondition);
  const checksFirst =
    precondition.kind === 'ifMatch' ||
    body.size >= checkFirstFrom ||
    (precondition.kind === 'none' && cache.file(path) !== undefined);
  const existing = checksFirst ? await checkPrecondition(session, path, adapted, signal) : undefined;
  const upload = new DriveUpload(session, path, body, facts, adapted, signal);
  const { file, folderId } = await placeCheck.during(() =>
    existing ? upload.overwrite(existing) : upload.create(true),
  );
  await placeCheck.mustBeInPlace(file.path, folderId, 'stored', signal);
  return file;
}

/** One file on its way to the service. */
class DriveUpload {
  constructor(
    private readonly session: DriveSession,
    private readonly path: RemotePath,
    private readonly body: ByteSource,
    private readonly facts: FileFacts,
    private readonly precondition: Precondition,
    private readonly signal: AbortSignal,
  ) {}

  /** Uploads a new file. `mayRetry`: once more in a new folder, when the cached folder is gone. */
  async create(mayRetry: boolean): Promise<Stored> {
    const { path, body, facts, signal } = this;
    const { api, cache, names, nodes } = this.session;
    const name = names.apiName(baseName(path), path);
    const folder = parentPath(path);
    const folderId = await nodes.ensureFolder(folder, signal);
    const request = new UploadBody(path, body, facts, { name, parents: [folderId] }, name);
    let node: DriveNode;
    try {
      node = await api.upload(request, `"${path}"`, signal);
    } catch (error) {
      if (hasDriveReason(error, 'nameTaken')) {
        if (this.precondition.kind === 'ifAbsent') {
          // An earlier try may have put it there: the retry layer reads the holder of the name.
          cache.learnHolder(path, error.nodeId);
          cache.expire(folder);
          throw alreadyThere(path, error);
        }
        const holder = await nodes.holderOf(error.nodeId, folderId, path, signal);
        if (holder) return this.overwrite(asFile({ node: holder, path }));
      }
      if (hasDriveReason(error, 'parentGone')) {
        cache.forget(folder);
        if (mayRetry) return this.create(false);
      }
      node = await this.awaitLateUpload(request, error, () => nodes.childNamed(folderId, path, signal));
    }
    return { file: await this.verifyStored(request, node, undefined), folderId };
  }

  async overwrite(before: FoundFile): Promise<Stored> {
    const { path, body, facts, signal } = this;
    const { api, cache, nodes, placeCheck } = this.session;
    const { id, name = '' } = before.node;
    const folderId = await nodes.folderId(parentPath(path), signal);
    const request = new UploadBody(path, body, facts, undefined, name);
    let node: DriveNode;
    try {
      node = await api.overwrite(id, request, `"${path}"`, signal);
    } catch (error) {
      if (isRemoteError(error, 'notFound')) {
        cache.forget(path);
        throw changedMeanwhile(path, error);
      }
      node = await this.awaitLateUpload(request, error, () => api.node(id, `"${path}"`, signal));
    }
    if (this.isElsewhere(node, folderId)) {
      cache.forget(path);
      throw await placeCheck.movedMeanwhile(path, id, signal);
    }
    return { file: await this.verifyStored(request, node, before), folderId };
  }

  /** The node of an upload that failed with `error` but took effect. Throws `error` when it can't have, or when the node doesn't appear in time. */
  private async awaitLateUpload(
    { isSent, md5 }: UploadBody,
    error: unknown,
    read: () => Promise<DriveNode | undefined>,
  ): Promise<DriveNode> {
    const { path, body, signal } = this;
    const { clock, log } = this.session;
    if (!isSent || md5 === undefined || !mayHaveTakenEffect(error)) throw error;
    for (let polls = 0; polls < this.maxPolls(); polls++) {
      if (polls > 0) await clock.wait(pollIntervalMs, signal);
      else log.write('info', 'copy', `${path}: the upload failed; checking whether it was stored anyway`);
      const node = await read().catch((failure: unknown) => {
        signal.throwIfAborted();
        if (isRemoteError(failure)) return undefined;
        throw failure;
      });
      if (node && node.size === body.size && node.md5 === md5) return node;
    }
    throw error;
  }

  /** How often the node is read while the service may process it. Grows with the size. */
  private maxPolls(): number {
    return Math.ceil((this.session.uploadWaitPerGiBMs * this.body.size) / gibi / pollIntervalMs);
  }

  /** Whether the overwritten file has another name or folder now. A response without name or parents proves nothing. */
  private isElsewhere(node: DriveNode, folderId: string): boolean {
    if (isGone(node) || node.parents.length === 0 || node.name === undefined) return false;
    return !this.session.nodes.isChild({ ...node, status: 'AVAILABLE' }, folderId, this.path);
  }

  /** The entry of the stored file. Throws `corrupted` when its size or MD5 differs from the body. */
  private async verifyStored(
    { md5 }: UploadBody,
    response: DriveNode,
    before: FoundFile | undefined,
  ): Promise<FileEntry> {
    const { path, body } = this;
    const { cache, corruptOverwrites, recentWrites } = this.session;
    const node = await this.awaitProcessing(response);
    if (!node || isGone(node)) {
      cache.forget(path);
      throw changedMeanwhile(path);
    }
    const entry = fileEntry(cache.learn(path, node).path, node);
    if (entry && entry.size === body.size && (entry.md5 === undefined || entry.md5 === md5)) {
      corruptOverwrites.forget(node.id);
      recentWrites.record(entry.path, node.id);
      return entry;
    }
    const isOtherSize = entry && entry.size !== body.size;
    const difference = isOtherSize ? `${entry.size} bytes instead of ${body.size}` : 'another MD5';
    if (before) corruptOverwrites.record(node.id, before.entry.version, contentVersion(node));
    else cache.forget(entry?.path ?? path);
    const advice = before
      ? "Don't rely on the file until it is written again."
      : (await this.trashCorruptUpload(node.id))
        ? 'It was moved to the trash.'
        : 'It could not be moved to the trash. Delete it.';
    throw new RemoteError(
      'corrupted',
      `Amazon Drive stored "${path}" wrongly, with ${difference}. ${advice}`,
    );
  }

  /**
   * The node with its size and MD5, read again while the service processes its content (docs/amazon-drive-api.md §3, PENDING). A missing
   * MD5 alone is worth one read, since some services never report it. Undefined when the node is gone.
   */
  private async awaitProcessing(response: DriveNode): Promise<DriveNode | undefined> {
    const maxPolls = Math.max(minPolls, this.maxPolls());
    let node: DriveNode | undefined = response;
    for (let polls = 0; polls < maxPolls && node; polls++) {
      if (isGone(node) || !(isPending(node) || (polls === 0 && node.md5 === undefined))) break;
      if (polls > 0) await this.session.clock.wait(pollIntervalMs, this.signal);
      node = await this.session.nodes.nodeIfThere(response.id, this.path, this.signal);
    }
    return node;
  }

  /** Moves a corrupted new file to the trash, also after the user stopped. Returns whether that succeeded. */
  private async trashCorruptUpload(id: string): Promise<boolean> {
    const { path } = this;
    const { api, clock, log } = this.session;
    const limit = AbortSignal.timeout(cleanUpMs);
    const trash = () => api.trash(id, `"${path}"`, limit);
    try {
      await withRetries(`trash the corrupted ${path}`, trash, { clock, log, attempts: 3 }, limit);
      return true;
    } catch (error) {
      log.write('warn', 'copy', `${path}: the corrupted file can't be moved to the trash: ${String(error)}`);
      return false;
    }
  }
}

function mayHaveTakenEffect(error: unknown): boolean {
  if (error instanceof DriveApiError)
    return error.status === 408 || (error.status >= 500 && error.status !== 509);
  return isRemoteError(error, 'unavailable', 'corrupted');
}

function isPending({ status, size }: DriveNode): boolean {
  return status === 'PENDING' || size === undefined;
}

function isGone({ status }: DriveNode): boolean {
  return status === 'TRASH' || status === 'PURGED';
}
