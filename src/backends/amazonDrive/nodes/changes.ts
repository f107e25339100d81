import type { IncomingMessage } from 'node:http';
import type { RemoteChanges } from '../../../remote/remote';
import { RemoteError } from '../../../remote/remoteError';
import { joinPath, parentPath, type RemotePath } from '../../../remote/remotePath';
import { isRecord } from '../api/driveErrors';
import { networkError } from '../api/driveNetworkErrors';
import { type DriveNode, isAvailable, nodeOf } from '../api/driveNode';
import type { DriveContext } from './preconditions';

/** More changed paths than this are told as "everything". */
const mostPaths = 5000;
/** A longer line is none; one of 10,000 nodes has about 10 MB. */
const longestLine = 256 * 1024 * 1024;

/** One line of the stream (API page §4.12). */
interface ChangeLine {
  readonly checkpoint: string | undefined;
  readonly nodes: readonly DriveNode[];
  readonly reset: boolean;
  readonly end: boolean;
  readonly failed: boolean;
}

/**
 * What was changed since `checkpoint`. Without one all of the account is streamed to learn where "now" is; nothing of it is kept. A stream
 * that is cut, or that tells of a failure on its way, is good up to the last checkpoint before: the rest comes with the next call. Throws
 * `unavailable` when not even one came.
 *
 * What is known of ids and paths is brought up to date on the way.
 */
export async function pollChanges(
  context: DriveContext,
  checkpoint: string | undefined,
  startsFromNow: boolean,
  signal: AbortSignal,
): Promise<RemoteChanges> {
  signal.throwIfAborted();
  const answer = await context.api.changes(checkpoint, signal);
  let last: string | undefined;
  let isEverything = false;
  const paths = new Set<RemotePath>();
  try {
    for await (const text of linesOf(answer)) {
      const line = lineOf(text);
      if (line.failed || line.end) break;
      if (line.reset && checkpoint !== undefined) isEverything = true;
      if (!startsFromNow) for (const node of line.nodes) noteChange(context, node, paths);
      last = line.checkpoint ?? last;
    }
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    if (last === undefined) throw networkError(error, 'Amazon Drive');
  } finally {
    answer.destroy();
  }
  if (last === undefined)
    throw new RemoteError('unavailable', 'Amazon Drive did not tell what was changed. Try again.');
  if (isEverything) context.ids.forget('' as RemotePath);
  if (startsFromNow && !isEverything) return { cursor: last, paths: [] };
  return { cursor: last, paths: isEverything || paths.size > mostPaths ? 'everything' : [...paths] };
}

/** Where a node was, where it is now, and the folders of both. */
function noteChange({ ids }: DriveContext, node: DriveNode, paths: Set<RemotePath>): void {
  if (node.kind !== 'FILE' && node.kind !== 'FOLDER') return;
  const add = (path: RemotePath) => {
    paths.add(path);
    if (path !== '') paths.add(parentPath(path));
  };
  const before = ids.pathOf(node.id);
  const name = ids.names.pathName(node.name ?? '');
  const now: RemotePath[] = [];
  for (const parent of node.parents) {
    const folder = ids.pathOf(parent);
    if (folder === undefined) continue;
    if ('name' in name) now.push(joinPath(folder, name.name));
    // What can be no path shows in its folder all the same.
    else paths.add(folder);
  }
  if (before !== undefined) {
    add(before);
    if (!isAvailable(node) || !now.includes(before)) ids.forget(before);
  }
  for (const path of now) {
    add(path);
    // A file is learnt of when it is asked for; a folder also leads to what is in it.
    if (isAvailable(node) && node.kind === 'FOLDER' && !node.isRoot) ids.learn(path, node);
  }
}

function lineOf(text: string): ChangeLine {
  const value: unknown = JSON.parse(text);
  const found = isRecord(value) ? value : {};
  const { checkpoint, nodes, reset, end, statusCode } = found;
  return {
    checkpoint: typeof checkpoint === 'string' && checkpoint !== '' ? checkpoint : undefined,
    nodes: Array.isArray(nodes) ? nodes.map(nodeOf).filter((node) => node !== undefined) : [],
    reset: reset === true,
    end: end === true,
    failed: typeof statusCode === 'number' && statusCode !== 200,
  };
}

/** The lines of an answer, as they come. Ends with an error when the connection does; a last line without an end counts. */
async function* linesOf(answer: IncomingMessage): AsyncGenerator<string> {
  let rest: Buffer[] = [];
  let length = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
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
    if (length > longestLine)
      throw new RemoteError('corrupted', 'Amazon Drive tells of its changes in a line without end.');
  }
  const line = Buffer.concat(rest).toString('utf8');
  if (line.trim() !== '') yield line;
}
