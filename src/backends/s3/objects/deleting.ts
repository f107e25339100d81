import type { DeleteObjectsCommand } from '@aws-sdk/client-s3';
import { digest } from '../../../base/digest';
import type { Precondition } from '../../../remote/remote';
import { isRemoteError, RemoteError } from '../../../remote/remoteError';
import type { RemotePath } from '../../../remote/remotePath';
import { toRemoteError } from '../errors/s3Errors';
import type { Sdk } from '../http/connection';
import type { S3Api } from '../http/s3Api';
import { type About, aboutObject, type ObjectLocation, parseFilePath } from '../model/objectKey';
import { base64OfHex } from './digests';
import { headIfThere, isImpliedFolder } from './lookup';
import { assertUnchanged, conditionOf, preconditionError } from './preconditions';

/** The number of keys that S3 accepts in one request. */
export const maxBatch = 1000;

/** A key to delete: its current version, or the version named. */
export interface KeyToDelete {
  readonly key: string;
  readonly versionId?: string;
}

/**
 * Removes one object. S3 reports success for a missing key, so a HEAD comes first. The condition covers the time between the two requests
 * where the service supports it.
 */
export async function removeObject(
  requests: S3Api,
  path: RemotePath,
  precondition: Precondition,
  signal: AbortSignal,
): Promise<void> {
  signal.throwIfAborted();
  if (precondition.kind === 'ifAbsent') throw new Error('A removal needs a file');
  const place = parseFilePath(path);
  const now = await headIfThere(requests, place, signal);
  if (!now) {
    if (await isImpliedFolder(requests, path, signal))
      throw new RemoteError('isAFolder', `"${path}" is a folder.`);
    throw new RemoteError('notFound', `"${path}" does not exist.`);
  }
  if (precondition.kind === 'ifMatch') assertUnchanged(precondition.entry, now);
  const { IfMatch } = conditionOf(precondition, requests.config.conditionalWrites);
  try {
    await deleteKey(requests, place, signal, IfMatch);
  } catch (error) {
    // Many services support conditional writes but no conditional deletes; there only the HEAD protects the file.
    if (IfMatch !== undefined && isRemoteError(error, 'unsupported'))
      return deleteKey(requests, place, signal);
    throw preconditionError(error, path, precondition);
  }
}

/** Deletes one key by one request. `ifMatch`: an ETag with quotes. */
export async function deleteKey(
  requests: S3Api,
  { bucket, key, versionId }: ObjectLocation & KeyToDelete,
  signal: AbortSignal,
  ifMatch?: string,
): Promise<void> {
  const input = {
    Bucket: bucket,
    Key: key,
    ...(versionId !== undefined && { VersionId: versionId }),
    ...(ifMatch !== undefined && { IfMatch: ifMatch }),
  };
  const about = aboutObject({ bucket, key });
  await requests.sendCommand(about, (sdk) => new sdk.DeleteObjectCommand(input), signal);
}

/** Removes many objects, 1,000 a request. Returns the failures; every path without one is gone. */
export async function removeObjects(
  requests: S3Api,
  paths: readonly RemotePath[],
  signal: AbortSignal,
): Promise<ReadonlyMap<RemotePath, Error>> {
  signal.throwIfAborted();
  const failures = new Map<RemotePath, Error>();
  const byBucket = new Map<string, Map<string, RemotePath>>();
  for (const path of paths) {
    const { bucket, key } = parseFilePath(path);
    const keys = byBucket.get(bucket) ?? new Map<string, RemotePath>();
    byBucket.set(bucket, keys.set(key, path));
  }
  for (const [bucket, pathOfKey] of byBucket) {
    const keys = [...pathOfKey.keys()].map((key) => ({ key }));
    for (let start = 0; start < keys.length; start += maxBatch) {
      const batch = keys.slice(start, start + maxBatch);
      for (const { key, error } of await deleteBatch(requests, { bucket }, batch, signal)) {
        const path = pathOfKey.get(key);
        if (path === undefined)
          throw new RemoteError(
            'corrupted',
            `The service reports a failure for a key of "${bucket}" that was not in the request.`,
          );
        failures.set(path, error);
      }
    }
  }
  return failures;
}

/**
 * Deletes up to 1,000 keys by one DeleteObjects request. A key with characters that XML can't hold needs a separate request.
 * Returns the failures; a missing key or version is no failure. Throws when the request itself fails.
 */
export async function deleteBatch(
  requests: S3Api,
  about: About & { readonly bucket: string },
  keys: readonly KeyToDelete[],
  signal: AbortSignal,
): Promise<readonly { readonly key: string; readonly error: RemoteError }[]> {
  const { bucket } = about;
  const failures: { readonly key: string; readonly error: RemoteError }[] = [];
  const listed = keys.filter(({ key }) => !isUnfitForXml(key));
  if (listed.length > 0) {
    const input = {
      Bucket: bucket,
      Delete: {
        Quiet: true,
        Objects: listed.map(({ key, versionId }) => ({ Key: key, VersionId: versionId })),
      },
    };
    const create = (sdk: Sdk) => addContentMd5(new sdk.DeleteObjectsCommand(input));
    const { Errors = [] } = await requests.sendCommand(about, create, signal);
    for (const { Key = '', Code = '', Message } of Errors) {
      if (Code === 'NoSuchKey' || Code === 'NoSuchVersion') continue;
      const failure = Object.assign(new Error(Message ?? Code), {
        name: Code,
        operation: 'DeleteObjects',
        $metadata: {},
      });
      const context = requests.context({ ...about, path: `${bucket}/${Key}` });
      failures.push({ key: Key, error: toRemoteError(failure, context) as RemoteError });
    }
  }
  for (const item of keys.filter(({ key }) => isUnfitForXml(key)))
    try {
      await deleteKey(requests, { bucket, ...item }, signal);
    } catch (error) {
      signal.throwIfAborted();
      if (!isRemoteError(error)) throw error;
      failures.push({ key: item.key, error });
    }
  return failures;
}

function isUnfitForXml(key: string): boolean {
  return /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/.test(key);
}

/** Many services require this header for the request (docs/sync-semantics.md H31), and the SDK no longer sends it. */
function addContentMd5(command: DeleteObjectsCommand): DeleteObjectsCommand {
  command.middlewareStack.add(
    (next) => (args) => {
      const request = args.request as { body?: unknown; headers: Record<string, string> };
      const { body } = request;
      const bytes = typeof body === 'string' ? Buffer.from(body) : body;
      if (bytes instanceof Uint8Array) request.headers['content-md5'] = base64OfHex(digest('md5', bytes));
      return next(args);
    },
    { step: 'build', priority: 'low', name: 'addContentMd5' },
  );
  return command;
}
