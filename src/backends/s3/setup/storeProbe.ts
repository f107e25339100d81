import { isRemoteError } from '../../../remote/remoteError';
import { comparePaths } from '../../../remote/remotePath';
import type { ConnectionFinding } from '../../backend';
import type { S3Config } from '../config/s3Config';
import type { S3Api } from '../http/s3Api';
import { prefixOf } from '../model/objectKey';
import { probeContent, probeKey, removeProbes } from './writeProbe';

const sortHere = { label: 'Sort listings here', settings: { listOrder: 'unordered' } } as const;
const planForFiles = { label: 'Use file system rules', settings: { fileSystem: true } } as const;

/**
 * Tests with a few small objects below the root, removed afterwards, whether the service lists completely and in byte order (`a-b`
 * before `a/b`), and whether an object `a` may exist beside `a/b`. Reports only differences from the settings, and nothing when it can't write.
 */
export async function* probeStore(
  requests: S3Api,
  config: S3Config,
  signal: AbortSignal,
): AsyncIterable<ConnectionFinding> {
  const { bucket, key: prefix } = prefixOf(config.root);
  const base = probeKey(prefix);
  const written: string[] = [];
  const put = async (key: string) => {
    await requests.put(
      {
        place: { bucket, key },
        attributes: {},
        condition: {},
        content: probeContent,
        length: probeContent.length,
        contentMd5: undefined,
        crc32: undefined,
      },
      signal,
    );
    written.push(key);
  };
  try {
    // A service that sorts folders without the slash lists the second object first.
    for (const end of ['-b', '/b', '0']) await put(base + end);
    yield* listFinding(config, written, await listKeys(requests, bucket, base, signal));
    yield* fileSystemFinding(config, await conflictsWithFolder(requests, bucket, base, put, signal));
  } catch (error) {
    signal.throwIfAborted();
    // Other findings report why writing or listing fails.
    if (!isRemoteError(error)) throw error;
  } finally {
    yield* removeProbes(requests, 'List order', bucket, written.reverse());
  }
}

/** The keys that start with `base`, in the order of the listing, two per page. */
async function listKeys(
  requests: S3Api,
  bucket: string,
  base: string,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const keys: string[] = [];
  let token: string | undefined;
  for (let page = 0; page < 6; page++) {
    const response = await requests.list({ bucket, prefix: base, maxKeys: 2, token }, signal);
    keys.push(...response.objects.map(({ key }) => key));
    if (!response.truncated || response.nextToken === undefined || response.nextToken === token) break;
    token = response.nextToken;
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
      detail: `Of ${written.length} new objects a listing in pages shows ${keys.length === 1 ? 'one' : keys.length}${missing > 0 ? `, and ${missing} of them not at all` : ', some of them twice'}. Files could be missed: don't run syncs with deletes on this service.`,
    };
  else if (config.listOrder === 'bytes' && keys.some((key, i) => key !== inOrder[i]))
    yield {
      title,
      outcome: 'warning',
      detail:
        'The service lists "a/b" before "a-b", against the byte order of S3, so its listings would be rejected. They can be sorted here, with all names in memory.',
      fix: sortHere,
    };
}

/** Whether an object and an object below its name can't both exist. */
async function conflictsWithFolder(
  requests: S3Api,
  bucket: string,
  base: string,
  put: (key: string) => Promise<void>,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    await put(`${base}-b/below`);
    // Some services accept the write and turn the object with the shorter name into a folder.
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
        'The service stores objects as files on a file system: a name can’t be a file and a folder at once. Plans must remove conflicting files before they copy.',
      fix: planForFiles,
    };
}
