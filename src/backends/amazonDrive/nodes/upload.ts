import type { Clock } from '../../../base/clock';
import type { Log } from '../../../base/log';
import type { FileEntry } from '../../../remote/entry';
import { withRetries } from '../../../remote/layers/retry';
import type { ByteSource, FileFacts, Precondition } from '../../../remote/remote';
import { isRemoteError, RemoteError } from '../../../remote/remoteError';
import { baseName, parentPath, type RemotePath } from '../../../remote/remotePath';
import { DriveApiError, hasDriveReason } from '../api/driveErrors';
import { contentVersion, type DriveNode, fileEntry } from '../api/driveNode';
import { UploadBody } from './multipartBody';
import {
  alreadyThere,
  asFile,
  changedMeanwhile,
  type DriveContext,
  type FoundFile,
  guarded,
} from './preconditions';

/** Larger files are not sent before it is known that their name is free. */
const looksFirstFrom = 8 * 1024 * 1024;
/** Between two looks for a file that may still appear, in milliseconds, as rclone waits (API page §5.6). */
const lookEveryMs = 5000;
/** So often a file is looked at whose content is still on its way, however small it is. */
const fewestLooks = 4;
const gibi = 1024 ** 3;
/** A bad copy must go even when the user stops at this moment; this is the time for that, in milliseconds. */
const cleanUpMs = 60_000;

export interface UploadContext extends DriveContext {
  readonly clock: Clock;
  readonly log: Log;
  readonly uploadWaitPerGiBMs: number;
  /** Bytes; undefined = no limit. */
  readonly maxSize: number | undefined;
  readonly badOverwrites: CorruptOverwrites;
}

/** A file that is to be written. */
interface Upload {
  readonly path: RemotePath;
  readonly body: ByteSource;
  readonly facts: FileFacts;
  readonly precondition: Precondition;
}

/** A file that was written, and the id of the folder it was written into. */
interface Written {
  readonly file: FileEntry;
  readonly folderId: string;
}

/**
 * Overwrites of ours that the service stored wrongly, by node: content that we put there and that may be written over again, although it
 * is not what the precondition names. So the retry that follows is not taken for someone else's change.
 */
export class CorruptOverwrites {
  private readonly byNode = new Map<string, { readonly seen: string | undefined; readonly now: string }>();

  note(before: FoundFile, after: DriveNode): void {
    const earlier = this.byNode.get(before.node.id);
    const seen = earlier?.now === before.entry.version ? earlier?.seen : before.entry.version;
    this.byNode.set(before.node.id, { seen, now: contentVersion(after) });
  }

  /** The precondition that stands for `precondition` now. */
  guardFor(precondition: Precondition): Precondition {
    if (precondition.kind !== 'ifMatch') return precondition;
    for (const { seen, now } of this.byNode.values())
      if (seen !== undefined && seen === precondition.entry.version)
        return { kind: 'ifMatch', entry: { ...precondition.entry, version: now } };
    return precondition;
  }

  forget(id: string): void {
    this.byNode.delete(id);
  }
}

/**
 * Writes a whole file. A new one is one request: the service itself refuses a name that is taken, which is the precondition for absence. What is
 * there gets new content and keeps its id, labels and sharing; a precondition for it is checked just before.
 *
 * Nothing is sent twice here. What failed although all of it was sent is looked for, as long as the service may take for it (§5.6), and
 * recognised by size and MD5. What was stored wrongly is `damaged`; when new it is put into the trash again. What was stored in a folder
 * that somebody moved meanwhile is `changed`, and stays where it is: its place is gone, and the error names the one that it has.
 */
export async function writeFile(
  context: UploadContext,
  path: RemotePath,
  body: ByteSource,
  facts: FileFacts,
  precondition: Precondition,
  signal: AbortSignal,
): Promise<FileEntry> {
  signal.throwIfAborted();
  if (path === '') throw new RemoteError('isAFolder', 'The root is a folder.');
  if (context.maxSize !== undefined && body.size > context.maxSize)
    throw new RemoteError(
      'unsupported',
      `"${path}" has ${body.size} bytes, more than the ${context.maxSize} that "max_size" allows. Raise that, or leave the file out.`,
    );
  const upload: Upload = { path, body, facts, precondition: context.badOverwrites.guardFor(precondition) };
  const looksFirst =
    precondition.kind === 'ifMatch' ||
    body.size >= looksFirstFrom ||
    (precondition.kind === 'none' && context.ids.knownFile(path) !== undefined);
  const there = looksFirst ? await guarded(context, path, upload.precondition, signal) : undefined;
  const { file, folderId } = await context.placeCheck.during(() =>
    there ? overwrite(context, upload, there, signal) : create(context, upload, true, signal),
  );
  await context.placeCheck.mustBeInPlace(file.path, folderId, 'stored', signal);
  return file;
}

async function create(
  context: UploadContext,
  upload: Upload,
  mayRepeat: boolean,
  signal: AbortSignal,
): Promise<Written> {
  const { api, ids } = context;
  const { path, body, facts, precondition } = upload;
  const name = ids.names.apiName(baseName(path), path);
  const folder = parentPath(path);
  const parentId = await ids.ensureFolder(folder, signal);
  const request = new UploadBody(path, body, facts, { name, parents: [parentId] }, name);
  let node: DriveNode;
  try {
    node = await api.upload(request, `"${path}"`, signal);
  } catch (error) {
    if (hasDriveReason(error, 'nameTaken')) {
      if (precondition.kind === 'ifAbsent') {
        // It may be what an earlier try put there: the layer around will look.
        ids.holds(path, error.nodeId);
        ids.doubt(folder);
        throw alreadyThere(path, error);
      }
      const holder = await ids.holderOf(error.nodeId, parentId, path, signal);
      if (holder) return overwrite(context, upload, asFile({ node: holder, path }), signal);
    }
    if (hasDriveReason(error, 'parentGone')) {
      ids.forget(folder);
      if (mayRepeat) return create(context, upload, false, signal);
    }
    node = await awaitLateUpload(
      context,
      upload,
      request,
      error,
      () => ids.childNamed(parentId, path, signal),
      signal,
    );
  }
  return { file: await stored(context, upload, request, node, undefined, signal), folderId: parentId };
}

async function overwrite(
  context: UploadContext,
  upload: Upload,
  before: FoundFile,
  signal: AbortSignal,
): Promise<Written> {
  const { api, ids, placeCheck } = context;
  const { path, body, facts } = upload;
  const { id, name = '' } = before.node;
  const parentId = await ids.folderId(parentPath(path), signal);
  const request = new UploadBody(path, body, facts, undefined, name);
  let node: DriveNode;
  try {
    node = await api.overwrite(id, request, `"${path}"`, signal);
  } catch (error) {
    if (isRemoteError(error, 'notFound')) {
      ids.forget(path);
      throw changedMeanwhile(path, error);
    }
    node = await awaitLateUpload(
      context,
      upload,
      request,
      error,
      () => api.node(id, `"${path}"`, signal),
      signal,
    );
  }
  if (isElsewhere(context, node, parentId, path)) {
    ids.forget(path);
    throw await placeCheck.movedMeanwhile(path, id, signal);
  }
  return { file: await stored(context, upload, request, node, before, signal), folderId: parentId };
}

/**
 * The node of an upload that failed with `error` and took effect all the same, once it is there. Throws `error` when it isn't in time, or
 * when it can't have taken effect.
 */
async function awaitLateUpload(
  context: UploadContext,
  { path, body }: Upload,
  request: UploadBody,
  error: unknown,
  look: () => Promise<DriveNode | undefined>,
  signal: AbortSignal,
): Promise<DriveNode> {
  const { clock, log, uploadWaitPerGiBMs } = context;
  const { md5 } = request;
  if (!request.isSent || md5 === undefined || !mayHaveTakenEffect(error)) throw error;
  const tries = maxPolls(body, uploadWaitPerGiBMs);
  for (let i = 0; i < tries; i++) {
    if (i === 0)
      log.write(
        'info',
        'copy',
        `${path}: the service says that it failed; looking whether it came all the same`,
      );
    else await clock.wait(lookEveryMs, signal);
    const node = await look().catch((failure: unknown) => {
      signal.throwIfAborted();
      if (isRemoteError(failure)) return undefined;
      throw failure;
    });
    if (node && node.size === body.size && node.md5 === md5) return node;
  }
  throw error;
}

/** How often a file of this size is looked at while the service may still be busy with it. */
function maxPolls({ size }: ByteSource, uploadWaitPerGiBMs: number): number {
  return Math.ceil((uploadWaitPerGiBMs * size) / gibi / lookEveryMs);
}

function mayHaveTakenEffect(error: unknown): boolean {
  if (error instanceof DriveApiError)
    return error.status === 408 || (error.status >= 500 && error.status !== 509);
  return isRemoteError(error, 'unavailable', 'corrupted');
}

/** Whether the file that got new content has another name or folder by now; what an answer doesn't tell says nothing. */
function isElsewhere({ ids }: UploadContext, node: DriveNode, folderId: string, path: RemotePath): boolean {
  if (isGone(node) || node.parents.length === 0 || node.name === undefined) return false;
  return !ids.isChild({ ...node, status: 'AVAILABLE' }, folderId, path);
}

/** The entry of what the service says it stored. Throws `damaged` when that isn't what was sent. */
async function stored(
  context: UploadContext,
  { path, body }: Upload,
  { md5 }: UploadBody,
  answered: DriveNode,
  before: FoundFile | undefined,
  signal: AbortSignal,
): Promise<FileEntry> {
  const { ids, badOverwrites } = context;
  const node = await awaitProcessing(context, path, body, answered, signal);
  if (!node || isGone(node)) {
    ids.forget(path);
    throw changedMeanwhile(path);
  }
  const entry = fileEntry(ids.learn(path, node).path, node);
  if (entry && entry.size === body.size && (entry.md5 === undefined || entry.md5 === md5)) {
    badOverwrites.forget(node.id);
    ids.recordRecentWrite(entry.path, node.id);
    return entry;
  }
  if (before) {
    badOverwrites.note(before, node);
    throw new RemoteError(
      'corrupted',
      `Amazon Drive did not store what was sent for "${path}": ${entry && entry.size !== body.size ? `it has ${entry.size} bytes instead of ${body.size}` : 'its MD5 is another'}. Don't rely on that file until it is written again.`,
    );
  }
  ids.forget(entry?.path ?? path);
  throw new RemoteError(
    'corrupted',
    `Amazon Drive did not store what was sent for "${path}"${(await trashCorruptUpload(context, path, node.id)) ? ', so it was put into the trash' : ', and it could not be put into the trash. Delete it'}.`,
  );
}

/**
 * A node with its size and MD5. Some answers come before the service has looked at the content (§3.2, PENDING): it is looked at until its
 * size is told, and once for its MD5 alone, which some services don't tell at all. Undefined when it isn't there any more.
 */
async function awaitProcessing(
  { ids, clock, uploadWaitPerGiBMs }: UploadContext,
  path: RemotePath,
  body: ByteSource,
  answered: DriveNode,
  signal: AbortSignal,
): Promise<DriveNode | undefined> {
  const looks = Math.max(fewestLooks, maxPolls(body, uploadWaitPerGiBMs));
  let node: DriveNode | undefined = answered;
  for (let i = 0; i < looks && node; i++) {
    if (isGone(node) || !(isPending(node) || (i === 0 && node.md5 === undefined))) break;
    if (i > 0) await clock.wait(lookEveryMs, signal);
    node = await ids.nodeIfThere(answered.id, path, signal);
  }
  return node;
}

function isPending({ status, size }: DriveNode): boolean {
  return status === 'PENDING' || size === undefined;
}

function isGone({ status }: DriveNode): boolean {
  return status === 'TRASH' || status === 'PURGED';
}

/** Puts a bad new file into the trash; whether that worked. Also when the user has stopped. */
async function trashCorruptUpload(
  { api, clock, log }: UploadContext,
  path: RemotePath,
  id: string,
): Promise<boolean> {
  const limit = AbortSignal.timeout(cleanUpMs);
  const work = () => api.trash(id, `"${path}"`, limit);
  try {
    await withRetries(`trash the bad copy ${path}`, work, { clock, log, attempts: 3 }, limit);
    return true;
  } catch (error) {
    log.write(
      'warn',
      'copy',
      `${path}: a bad copy stays, because it can't be put into the trash: ${String(error)}`,
    );
    return false;
  }
}
