import { isSameFile } from '../../../remote/entry';
import type { Precondition } from '../../../remote/remote';
import { isRemoteError, RemoteError } from '../../../remote/remoteError';
import type { RemotePath } from '../../../remote/remotePath';
import type { S3Api } from '../http/s3Api';
import { entryOfFacts, type ObjectFacts } from '../model/objectInfo';
import { parseObjectPath } from '../model/objectKey';
import { headIfThere, isFolderOnly } from './lookup';

/** The condition of a request that changes an object, in the names the SDK uses. */
export interface WriteCondition {
  readonly IfMatch?: string;
  readonly IfNoneMatch?: string;
}

/** The condition by which the service itself enforces `precondition`; empty when it can't, or isn't to be relied on. Pure. */
export function conditionOf(
  precondition: Precondition,
  conditionalWrites: 'enforced' | 'checked',
): WriteCondition {
  if (conditionalWrites === 'checked') return {};
  if (precondition.kind === 'ifAbsent') return { IfNoneMatch: '*' };
  if (precondition.kind === 'ifMatch' && precondition.entry.version !== undefined)
    return { IfMatch: `"${precondition.entry.version}"` };
  return {};
}

/**
 * Sends a request that changes the object at `path` under the condition for `precondition`. Some stores (SeaweedFS) answer a condition of absence
 * as if a folder of that name were an object. Where looking shows the folder alone, `send` is called again without a condition, as where
 * preconditions are `checked`; a store that can't keep a file beside the folder then gives its own reason.
 */
export async function underCondition<T>(
  requests: S3Api,
  path: RemotePath,
  precondition: Precondition,
  signal: AbortSignal,
  send: (condition: WriteCondition) => Promise<T>,
): Promise<T> {
  const condition = conditionOf(precondition, requests.config.conditionalWrites);
  try {
    return await send(condition);
  } catch (error) {
    if (condition.IfNoneMatch === undefined || !isRemoteError(error, 'changed')) throw error;
    // The code of a conflict with another request says nothing of what is there.
    if (!error.code?.startsWith('PreconditionFailed')) throw error;
    const folder = await isFolderOnly(requests, path, signal).catch(() => false);
    signal.throwIfAborted();
    if (!folder) throw error;
    return send({});
  }
}

/**
 * Looks whether `precondition` holds now. The answer is what is there, undefined when nothing is. Where looking isn't allowed and the service enforces
 * the precondition by itself, that is left to it, and the answer is undefined too. Throws `changed`, or `alreadyExists` for a precondition of absence.
 */
export async function checkGuard(
  requests: S3Api,
  path: RemotePath,
  precondition: Precondition,
  signal: AbortSignal,
): Promise<ObjectFacts | undefined> {
  let now: ObjectFacts | undefined;
  try {
    now = await headIfThere(requests, parseObjectPath(path), signal);
  } catch (error) {
    const isEnforced = Object.keys(conditionOf(precondition, requests.config.conditionalWrites)).length > 0;
    if (isRemoteError(error, 'forbidden') && isEnforced) return undefined;
    throw error;
  }
  mustHold(precondition, path, now);
  return now;
}

/** Throws as `checkPrecondition` unless `now`, what is there, is what `precondition` wants. Pure. */
export function mustHold(precondition: Precondition, path: RemotePath, now: ObjectFacts | undefined): void {
  if (precondition.kind === 'ifAbsent' && now) throw alreadyThere(path);
  if (precondition.kind === 'ifMatch' && !(now && isSameFile(precondition.entry, entryOfFacts(path, now))))
    throw changedMeanwhile(path);
}

/** What a guarded request's failure means: a refused condition of absence says that something is there. */
export function guardedError(error: unknown, path: RemotePath, precondition: Precondition): unknown {
  if (!isRemoteError(error)) return error;
  if (precondition.kind === 'ifAbsent' && error.kind === 'changed') return alreadyThere(path, error);
  // If-Match on an object that is gone is a 404.
  if (precondition.kind === 'ifMatch' && error.kind === 'notFound' && !error.code?.startsWith('NoSuchBucket'))
    return changedMeanwhile(path, error);
  if (precondition.kind !== 'none' && error.kind === 'unsupported')
    return new RemoteError(
      'unsupported',
      `The service does not support conditional writes. Set "conditionalWrites" to "checked"; the connection test offers that.`,
      { cause: error },
    );
  return error;
}

function alreadyThere(path: RemotePath, cause?: unknown): RemoteError {
  return new RemoteError('alreadyExists', `There is a file "${path}" already.`, { cause });
}

function changedMeanwhile(path: RemotePath, cause?: unknown): RemoteError {
  return new RemoteError('changed', `"${path}" was changed or removed by someone else in the meantime.`, {
    cause,
  });
}
