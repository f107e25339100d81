import { createHash } from 'node:crypto';
import type { DeleteObjectsCommand } from '@aws-sdk/client-s3';
import { isSameFile } from '../../../remote/entry';
import type { Precondition } from '../../../remote/remote';
import { isRemoteError, RemoteError } from '../../../remote/remoteError';
import type { RemotePath } from '../../../remote/remotePath';
import { toRemoteError } from '../errors/s3Errors';
import type { S3Api } from '../http/s3Api';
import { entryOfFacts } from '../model/objectInfo';
import { aboutObject, type ObjectLocation, parseFilePath } from '../model/objectKey';
import { headIfThere, isImpliedFolder } from './lookup';
import { conditionOf, guardedError } from './preconditions';

/** Most keys of one request. */
export const maxBatch = 1000;

/**
 * Removes one object. S3 answers "done" for a key that isn't there, so it is looked at first; the condition closes the gap
 * where the service checks it.
 */
export async function removeObject(
  requests: S3Api,
  path: RemotePath,
  precondition: Precondition,
  signal: AbortSignal,
): Promise<void> {
  signal.throwIfAborted();
  if (precondition.kind === 'ifAbsent') throw new Error('Nothing can be removed where nothing must be');
  const place = parseFilePath(path);
  const now = await headIfThere(requests, place, signal);
  if (!now) {
    if (await isImpliedFolder(requests, path, signal))
      throw new RemoteError('isAFolder', `"${path}" is a folder.`);
    throw new RemoteError('notFound', `"${path}" does not exist.`);
  }
  if (precondition.kind === 'ifMatch' && !isSameFile(precondition.entry, entryOfFacts(path, now)))
    throw new RemoteError('changed', `"${path}" was changed by someone else in the meantime.`);
  const condition = conditionOf(precondition, requests.config.conditionalWrites);
  try {
    await removeKey(requests, place, condition.IfMatch, signal);
  } catch (error) {
    // Conditional removal is younger than conditional writing; where it is unknown, the look just before has to do.
    if (condition.IfMatch !== undefined && isRemoteError(error, 'unsupported'))
      return removeKey(requests, place, undefined, signal);
    throw guardedError(error, path, precondition);
  }
}

async function removeKey(
  requests: S3Api,
  { bucket, key }: ObjectLocation,
  ifMatch: string | undefined,
  signal: AbortSignal,
): Promise<void> {
  await requests.run(aboutObject({ bucket, key }), signal, ({ client, sdk }) =>
    client.send(
      new sdk.DeleteObjectCommand({
        Bucket: bucket,
        Key: key,
        ...(ifMatch === undefined ? {} : { IfMatch: ifMatch }),
      }),
      { abortSignal: signal },
    ),
  );
}

/** Removes many objects, 1,000 a request. The answer has the failures; what isn't in it is gone. */
export async function removeObjects(
  requests: S3Api,
  paths: readonly RemotePath[],
  signal: AbortSignal,
): Promise<ReadonlyMap<RemotePath, Error>> {
  signal.throwIfAborted();
  const failures = new Map<RemotePath, Error>();
  const byBucket = new Map<string, { readonly path: RemotePath; readonly key: string }[]>();
  for (const path of paths) {
    const { bucket, key } = parseFilePath(path);
    if (cannotStandInXml(key)) {
      await noted(failures, path, signal, () => removeKey(requests, { bucket, key }, undefined, signal));
      continue;
    }
    const keys = byBucket.get(bucket) ?? [];
    keys.push({ path, key });
    byBucket.set(bucket, keys);
  }
  for (const [bucket, keys] of byBucket)
    for (let start = 0; start < keys.length; start += maxBatch)
      await removeBatch(requests, bucket, keys.slice(start, start + maxBatch), failures, signal);
  return failures;
}

/** XML can't hold some characters, so such keys can't stand in the list of a request. */
export function cannotStandInXml(key: string): boolean {
  return /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/.test(key);
}

async function noted(
  failures: Map<RemotePath, Error>,
  path: RemotePath,
  signal: AbortSignal,
  remove: () => Promise<void>,
): Promise<void> {
  try {
    await remove();
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    failures.set(path, error as Error);
  }
}

async function removeBatch(
  requests: S3Api,
  bucket: string,
  batch: readonly { readonly path: RemotePath; readonly key: string }[],
  failures: Map<RemotePath, Error>,
  signal: AbortSignal,
): Promise<void> {
  const answer = await requests.run({ bucket }, signal, ({ client, sdk }) => {
    const command = new sdk.DeleteObjectsCommand({
      Bucket: bucket,
      Delete: { Quiet: true, Objects: batch.map(({ key }) => ({ Key: key })) },
    });
    addContentMd5(command);
    return client.send(command, { abortSignal: signal });
  });
  const pathOf = new Map(batch.map(({ path, key }) => [key, path]));
  for (const { Key = '', Code = '', Message } of answer.Errors ?? []) {
    const path = pathOf.get(Key);
    if (path === undefined)
      throw new RemoteError(
        'corrupted',
        `The service reports a failure for a key of "${bucket}" that was not to be removed.`,
      );
    if (Code === 'NoSuchKey') continue;
    const failure = Object.assign(new Error(Message ?? Code), {
      name: Code,
      operation: 'DeleteObjects',
      $metadata: {},
    });
    failures.set(path, toRemoteError(failure, requests.context({ bucket, path })) as Error);
  }
}

/** Many services insist on this header for the request (sync-semantics H31), which the SDK no longer sends. */
export function addContentMd5(command: DeleteObjectsCommand): void {
  command.middlewareStack.add(
    (next) => (args) => {
      const request = args.request as { body?: unknown; headers: Record<string, string> };
      if (typeof request.body === 'string' || request.body instanceof Uint8Array)
        request.headers['content-md5'] = createHash('md5').update(request.body).digest('base64');
      return next(args);
    },
    { step: 'build', priority: 'low', name: 'addContentMd5' },
  );
}
