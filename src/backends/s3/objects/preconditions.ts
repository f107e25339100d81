import { type FileEntry, isSameFile } from '../../../remote/entry';
import type { Precondition } from '../../../remote/remote';
import { isRemoteError, RemoteError } from '../../../remote/remoteError';
import type { RemotePath } from '../../../remote/remotePath';
import type { WriteCondition } from '../http/requestTypes';
import type { S3Api } from '../http/s3Api';
import { entryOfFacts, type ObjectFacts } from '../model/objectInfo';
import { parseObjectPath } from '../model/objectKey';
import { headIfThere, isFolderOnly } from './lookup';

/** The condition that makes the service enforce `precondition`; empty without a condition, or with `conditionalWrites: checked`. Pure. */
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
 * Sends a request that changes the object at `path` under the condition for `precondition`. In some stores (SeaweedFS) a folder of that name
 * violates `If-None-Match`. If there is only a folder, `send` is called again without a condition; a store that can't hold both then returns
 * its own error.
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
    // Other codes mean a conflict with a concurrent request.
    if (!error.code?.startsWith('PreconditionFailed')) throw error;
    const folder = await isFolderOnly(requests, path, signal).catch(() => false);
    signal.throwIfAborted();
    if (!folder) throw error;
    return send({});
  }
}

/**
 * Checks `precondition` by a HEAD. Returns the object; undefined when absent, or when the HEAD is not allowed and the service
 * enforces the precondition itself. Throws `changed`, or `alreadyExists` for `ifAbsent`.
 */
export async function checkPrecondition(
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
  assertPrecondition(precondition, path, now);
  return now;
}

/** Throws as `checkPrecondition` unless the object `now` meets `precondition`. Pure. */
export function assertPrecondition(
  precondition: Precondition,
  path: RemotePath,
  now: ObjectFacts | undefined,
): void {
  if (precondition.kind === 'ifAbsent' && now) throw alreadyThere(path);
  if (precondition.kind === 'ifMatch' && !(now && isSameFile(precondition.entry, entryOfFacts(path, now))))
    throw changedOrRemoved(path);
}

/** Translates the error of a conditional request: a violated `If-None-Match` means that an object exists. */
export function preconditionError(error: unknown, path: RemotePath, precondition: Precondition): unknown {
  if (!isRemoteError(error)) return error;
  if (precondition.kind === 'ifAbsent' && error.kind === 'changed') return alreadyThere(path, error);
  // If-Match on an object that is gone is a 404.
  if (precondition.kind === 'ifMatch' && error.kind === 'notFound' && !error.code?.startsWith('NoSuchBucket'))
    return changedOrRemoved(path, error);
  if (precondition.kind !== 'none' && error.kind === 'unsupported')
    return new RemoteError(
      'unsupported',
      'The service does not support conditional writes. Set "conditionalWrites" to "checked", or run the connection test.',
      { cause: error },
    );
  return error;
}

export function alreadyThere(path: RemotePath, cause?: unknown): RemoteError {
  return new RemoteError('alreadyExists', `There is a file "${path}" already.`, { cause });
}

function changedOrRemoved(path: RemotePath, cause?: unknown): RemoteError {
  const message = `"${path}" was changed or removed by someone else in the meantime.`;
  return new RemoteError('changed', message, { cause });
}

/** The entry of the object `now`. Throws `changed` unless it is the file that was `seen`. Pure. */
export function assertUnchanged(seen: FileEntry, now: ObjectFacts, cause?: unknown): FileEntry {
  const entry = entryOfFacts(seen.path, now);
  if (isSameFile(seen, entry)) return entry;
  throw new RemoteError('changed', `"${seen.path}" was changed by someone else in the meantime.`, { cause });
}
