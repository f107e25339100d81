import { randomBytes } from 'node:crypto';
import { isRemoteError } from '../../../remote/remoteError';
import { comparePaths } from '../../../remote/remotePath';
import type { ConnectionFinding } from '../../backend';
import type { S3Config } from '../config/s3Config';
import type { S3Api } from '../http/s3Api';
import { aboutObject, prefixOf } from '../model/objectKey';

const content = Buffer.from('Written by a connection test; may be deleted.\n');
const sortHere = { label: 'Sort listings here', settings: { listOrder: 'unordered' } } as const;
const planForFiles = { label: 'Plan for a file system', settings: { fileSystem: true } } as const;

/**
 * Finds out, by a few small objects under the root, removed again, whether the service lists in byte order (`a-b` before `a/b`) and
 * completely, and whether an object may lie beside others that begin with its name and a slash. Tells only what is otherwise than set,
 * and nothing when it can't write.
 */
export async function* probeStore(
  requests: S3Api,
  config: S3Config,
  signal: AbortSignal,
): AsyncIterable<ConnectionFinding> {
  const { bucket, key: prefix } = prefixOf(config.root);
  const base = `${prefix}.cloud-remotes-probe-${randomBytes(6).toString('hex')}`;
  const written: string[] = [];
  const put = async (key: string) => {
    await requests.put(
      {
        place: { bucket, key },
        attributes: {},
        condition: {},
        content,
        length: content.length,
        contentMd5: undefined,
        crc32: undefined,
      },
      signal,
    );
    written.push(key);
  };
  try {
    // Where a folder's name sorts by itself instead of with its slash, the second comes first.
    for (const end of ['-b', '/b', '0']) await put(base + end);
    yield* listFinding(config, written, await listKeys(requests, bucket, base, signal));
    yield* fileSystemFinding(config, await conflictsWithFolder(requests, bucket, base, put, signal));
  } catch (error) {
    signal.throwIfAborted();
    // What is in the way of writing or listing is told by the other findings.
    if (!isRemoteError(error)) throw error;
  } finally {
    yield* removeProbes(requests, bucket, written.reverse());
  }
}

/** The keys that begin with `base`, in the order in which they come, two a page. */
async function listKeys(
  requests: S3Api,
  bucket: string,
  base: string,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const keys: string[] = [];
  let token: string | undefined;
  for (let page = 0; page < 6; page++) {
    const answer = await requests.list({ bucket, prefix: base, maxKeys: 2, token }, signal);
    keys.push(...answer.objects.map(({ key }) => key));
    if (!answer.truncated || answer.nextToken === undefined || answer.nextToken === token) break;
    token = answer.nextToken;
  }
  return keys;
}

function* listFinding(
  config: S3Config,
  written: readonly string[],
  keys: readonly string[],
): Iterable<ConnectionFinding> {
  const title = 'List order';
  const inOrder = [...written].sort(comparePaths);
  const missing = written.filter((key) => !keys.includes(key)).length;
  if (missing > 0 || keys.length !== written.length)
    yield {
      title,
      outcome: 'warning',
      detail: `Of ${written.length} new objects a listing in pages shows ${keys.length === 1 ? 'one' : keys.length}${missing > 0 ? `, and ${missing} of them not at all` : ', some of them twice'}. Files could be missed: don't let anything be deleted by this service's listings.`,
    };
  else if (config.listOrder === 'bytes' && keys.some((key, i) => key !== inOrder[i]))
    yield {
      title,
      outcome: 'warning',
      detail:
        'The service lists "a/b" before "a-b", against the byte order that S3 promises, so its listings would be refused. They can be sorted here, with all names in memory.',
      fix: sortHere,
    };
}

/** Whether an object and others below its name can't both be there. */
async function conflictsWithFolder(
  requests: S3Api,
  bucket: string,
  base: string,
  put: (key: string) => Promise<void>,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    await put(`${base}-b/below`);
    // Some stores take it, and the object of the shorter name is a folder then.
    return !(await listKeys(requests, bucket, `${base}-b`, signal)).includes(`${base}-b`);
  } catch (error) {
    signal.throwIfAborted();
    if (isRemoteError(error, 'notAFolder')) return true;
    throw error;
  }
}

function* fileSystemFinding(config: S3Config, cannot: boolean): Iterable<ConnectionFinding> {
  if (cannot && !config.fileSystem)
    yield {
      title: 'Files and folders',
      outcome: 'warning',
      detail:
        'The service keeps objects as files of a file system: a name can’t be a file and a folder at once. Plans have to make room before they copy.',
      fix: planForFiles,
    };
}

/** Removes what was written, the last first, also after a cancellation; says so when it can't. */
async function* removeProbes(
  requests: S3Api,
  bucket: string,
  keys: readonly string[],
): AsyncIterable<ConnectionFinding> {
  const limit = AbortSignal.timeout(15_000);
  const left: string[] = [];
  for (const key of keys)
    try {
      await requests.run(aboutObject({ bucket, key }), limit, ({ client, sdk }) =>
        client.send(new sdk.DeleteObjectCommand({ Bucket: bucket, Key: key }), { abortSignal: limit }),
      );
    } catch (error) {
      if (!isRemoteError(error, 'notFound')) left.push(key);
    }
  const [first] = left;
  if (first !== undefined)
    yield {
      title: 'List order',
      outcome: 'warning',
      detail: `${left.length === 1 ? `The object "${bucket}/${first}"` : `${left.length} objects such as "${bucket}/${first}"`} that the test wrote could not be removed.`,
    };
}
