import { isRecord } from '../../../base/encoding';
import type { HttpResponse } from '../../../http/httpResponse';
import type { RemoteChanges } from '../../../remote/remote';
import { RemoteError } from '../../../remote/remoteError';
import { joinPath, parentPath, type RemotePath } from '../../../remote/remotePath';
import { driveConnectionError } from '../api/driveErrors';
import { type DriveNode, isAvailable, nodesOf } from '../api/driveNode';
import type { DriveSession } from './session';

/** Above this number of changed paths the result is `everything`. */
const maxPaths = 5000;
/** In bytes. A line of 10,000 nodes has about 10 MB. */
const maxLineLength = 256 * 1024 * 1024;

/**
 * The paths that changed since `checkpoint`, also brought up to date in the cache. Without a checkpoint the service streams the whole
 * account, of which only the last checkpoint is used. A stream that breaks counts up to its last checkpoint, and the rest comes with the
 * next call. Throws `unavailable` when no checkpoint came.
 */
export async function pollChanges(
  session: DriveSession,
  checkpoint: string | undefined,
  startsFromNow: boolean,
  signal: AbortSignal,
): Promise<RemoteChanges> {
  signal.throwIfAborted();
  const response = await session.api.changes(checkpoint, signal);
  let last: string | undefined;
  let isEverything = false;
  const paths = new Set<RemotePath>();
  try {
    for await (const text of linesOf(response)) {
      const line = lineOf(text);
      if (line.failed || line.end) break;
      if (line.reset && checkpoint !== undefined) isEverything = true;
      if (!startsFromNow) for (const node of line.nodes) recordChange(session, node, paths);
      last = line.checkpoint ?? last;
    }
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    if (last === undefined) throw driveConnectionError(error, 'Amazon Drive');
  } finally {
    response.destroy();
  }
  if (last === undefined)
    throw new RemoteError('unavailable', 'Amazon Drive did not report what changed. Try again.');
  if (isEverything) session.cache.forget('' as RemotePath);
  if (startsFromNow && !isEverything) return { cursor: last, paths: [] };
  return { cursor: last, paths: isEverything || paths.size > maxPaths ? 'everything' : [...paths] };
}

/** Adds the old and new paths of a node, and their folders. */
function recordChange({ cache, names }: DriveSession, node: DriveNode, paths: Set<RemotePath>): void {
  if (node.kind !== 'FILE' && node.kind !== 'FOLDER') return;
  const add = (path: RemotePath) => {
    paths.add(path);
    if (path !== '') paths.add(parentPath(path));
  };
  const before = cache.pathOf(node.id);
  const name = names.pathName(node.name ?? '');
  const now: RemotePath[] = [];
  for (const parent of node.parents) {
    const folder = cache.pathOf(parent);
    if (folder === undefined) continue;
    if ('name' in name) now.push(joinPath(folder, name.name));
    // A name that can't be a path is listed in its folder.
    else paths.add(folder);
  }
  if (before !== undefined) {
    add(before);
    if (!isAvailable(node) || !now.includes(before)) cache.forget(before);
  }
  for (const path of now) {
    add(path);
    // Only folders are cached, since later changes name their children by the id of the parent.
    if (isAvailable(node) && node.kind === 'FOLDER' && !node.isRoot) cache.learn(path, node);
  }
}

/** Parses a line of the stream (docs/amazon-drive-api.md §4). */
function lineOf(text: string) {
  const value: unknown = JSON.parse(text);
  const { checkpoint, nodes, reset, end, statusCode } = isRecord(value) ? value : {};
  return {
    checkpoint: typeof checkpoint === 'string' && checkpoint !== '' ? checkpoint : undefined,
    nodes: nodesOf(nodes),
    reset: reset === true,
    end: end === true,
    failed: typeof statusCode === 'number' && statusCode !== 200,
  };
}

/** The lines of a response as they arrive, including a last one without a line break. Throws when the connection breaks. */
async function* linesOf(response: HttpResponse): AsyncGenerator<string> {
  let rest: Buffer[] = [];
  let length = 0;
  for await (const chunk of response.stream() as AsyncIterable<Buffer>) {
    let start = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, start)) {
      const line = Buffer.concat([...rest, chunk.subarray(start, end)]).toString('utf8');
      rest = [];
      length = 0;
      start = end + 1;
      if (line.trim() !== '') yield line;
    }
    if (start < chunk.length) {
      rest.push(chunk.subarray(start));
      length += chunk.length - start;
    }
    if (length > maxLineLength)
      throw new RemoteError('corrupted', 'Amazon Drive sent a list of changes with a line that is too long.');
  }
  const line = Buffer.concat(rest).toString('utf8');
  if (line.trim() !== '') yield line;
}
