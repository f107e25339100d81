import type { Entry } from '../../../remote/entry';
import { instantFromMs } from '../../../remote/modifiedTime';
import { pagesByCursor, RetryablePages } from '../../../remote/pages';
import type { ListOptions } from '../../../remote/remote';
import { RemoteError } from '../../../remote/remoteError';
import { comparePaths, type RemotePath } from '../../../remote/remotePath';
import type { ListRequest } from '../http/requestTypes';
import type { S3Api } from '../http/s3Api';
import { isDirectoryBucket } from '../model/bucketNames';
import {
  archivedReason,
  expressClass,
  type ListAnswer,
  type ListedObject,
  md5OfEtag,
} from '../model/objectInfo';
import { isReason, pathOfKey, prefixOf, unusableKey } from '../model/objectKey';
import type { ModifiedTimeCache } from './modifiedTimeCache';

/** What a listing may know of a bucket beyond what the service lists. */
export interface BucketKnowledge {
  /** Modified times known from before; undefined = none are kept. */
  readonly times: ModifiedTimeCache | undefined;
  /** Whether ETags of this bucket are known not to be MD5s (objects encrypted with KMS). */
  readonly etagsAreNoMd5: boolean;
}

/** Where a paged listing stands. */
interface Cursor {
  readonly token: string;
  readonly seenTokens: ReadonlySet<string>;
  readonly firstKey: string | undefined;
  /** Pages in a row, up to this one, that held nothing new. */
  readonly idlePages: number;
}

const maxPage = 1000;
/** So many pages in a row may hold nothing but what was listed before; then the listing leads nowhere. */
const maxIdlePages = 10;

/** One folder of a bucket, a request a page. Nothing is promised of the order. */
export function listFolder(
  requests: S3Api,
  folder: RemotePath,
  options: ListOptions,
  knowledge: BucketKnowledge,
  signal: AbortSignal,
): AsyncIterable<readonly Entry[]> {
  const { bucket, key: prefix } = prefixOf(folder);
  const { namePrefix = '' } = options;
  const wholeFoldersOnly = isDirectoryBucket(bucket);
  // MinIO, versitygw and others list a prefix that a page ended in on the next page once more.
  const seenPrefixes = new Set<string>();
  return pagesByCursor<readonly Entry[], Cursor>(async (cursor) => {
    const answer = await requests.list(
      {
        bucket,
        prefix: wholeFoldersOnly ? prefix : prefix + namePrefix,
        delimiter: '/',
        maxKeys:
          options.pageSize === undefined ? undefined : Math.min(Math.max(1, options.pageSize), maxPage),
        token: cursor?.token,
      },
      signal,
    );
    checkProgress(answer, cursor, bucket);
    const isNew = new Set(answer.prefixes.filter((found) => !seenPrefixes.has(found)));
    const next = nextCursor(answer, cursor, bucket, isNew.size);
    // Nothing is remembered of a page that is refused: it may be asked for again.
    for (const found of isNew) seenPrefixes.add(found);
    const once = { ...answer, prefixes: [...isNew] };
    const page = wholeFoldersOnly ? startingWith(prefix + namePrefix, once) : once;
    return { value: entriesOfFolder(page, bucket, prefix, folder, knowledge), next };
  });
}

/** What of `answer` a listing with that prefix would hold. */
function startingWith(prefix: string, answer: ListAnswer): ListAnswer {
  return {
    ...answer,
    objects: answer.objects.filter(({ key }) => key.startsWith(prefix)),
    prefixes: answer.prefixes.filter((found) => found.startsWith(prefix)),
  };
}

function entriesOfFolder(
  answer: ListAnswer,
  bucket: string,
  prefix: string,
  folder: RemotePath,
  knowledge: BucketKnowledge,
): Entry[] {
  const entries: Entry[] = [];
  for (const found of answer.prefixes) {
    const path = pathOfKey(bucket, found.slice(0, -1));
    if (!isReason(path)) entries.push({ kind: 'folder', path });
    else {
      const below = pathOfKey(bucket, `${found}x`); // what makes every key below it unusable
      entries.push(unusableKey(bucket, found, folder, isReason(below) ? below : path));
    }
  }
  for (const object of answer.objects) {
    if (object.key === prefix && object.size === 0) continue; // the folder's own marker
    entries.push(entryOfListed(object, bucket, folder, knowledge));
  }
  return entries.concat(undecodableEntries(answer, bucket, folder));
}

/**
 * Every object below `folder`, in the order of UTF-8 bytes, a request a page. Throws `damaged` when the service lists out
 * of order (sync-semantics H12), unless `unordered`: then everything is read first and sorted here.
 */
export function listBelow(
  requests: S3Api,
  folder: RemotePath,
  knowledge: BucketKnowledge,
  unordered: boolean,
  signal: AbortSignal,
): RetryablePages<readonly Entry[]> {
  const { bucket, key: prefix } = prefixOf(folder);
  let lastKey: string | undefined;
  const pages = pagesByCursor<readonly ListedObject[], Cursor>(async (cursor) => {
    await knowledge.times?.load();
    const request: ListRequest = { bucket, prefix, token: cursor?.token };
    const answer = await requests.list(request, signal);
    // Nothing is remembered of a page that is refused: it may be asked for again.
    checkProgress(answer, cursor, bucket);
    const last = unordered ? undefined : checkOrder(answer.objects, lastKey, bucket);
    const next = nextCursor(answer, cursor, bucket, 0);
    lastKey = last;
    undecodable.push(...undecodableEntries(answer, bucket, folder));
    return { value: answer.objects, next };
  });
  const undecodable: Entry[] = [];
  const toEntries = (objects: readonly ListedObject[]) => {
    const entries: Entry[] = undecodable.splice(0);
    for (const object of objects)
      if (!isFolderMarker(object)) entries.push(entryOfListed(object, bucket, folder, knowledge));
    return entries;
  };
  if (!unordered)
    return new RetryablePages<readonly Entry[]>(async () => {
      const page = await pages.next();
      return page.done ? page : { done: false, value: toEntries(page.value) };
    });
  return sortedPages(pages, bucket, toEntries);
}

/** Reads all pages before it yields the first, so that they can be sorted. */
function sortedPages(
  pages: RetryablePages<readonly ListedObject[]>,
  bucket: string,
  toEntries: (objects: readonly ListedObject[]) => Entry[],
): RetryablePages<readonly Entry[]> {
  const all: ListedObject[] = [];
  let sorted = false;
  let given = 0;
  return new RetryablePages<readonly Entry[]>(async () => {
    while (!sorted) {
      const page = await pages.next();
      if (page.done) {
        all.sort((a, b) => comparePaths(a.key, b.key));
        checkOrder(all, undefined, bucket); // nothing is left to find but keys listed twice
        sorted = true;
      } else for (const object of page.value) all.push(object);
    }
    if (given >= all.length) return { done: true, value: undefined };
    const slice = all.slice(given, given + maxPage);
    given += slice.length;
    return { done: false, value: toEntries(slice) };
  });
}

/** Throws `damaged` unless the keys rise strictly from `lastKey` on. The answer is the last of them. */
function checkOrder(
  objects: readonly ListedObject[],
  lastKey: string | undefined,
  bucket: string,
): string | undefined {
  let last = lastKey;
  for (const { key } of objects) {
    if (last !== undefined && comparePaths(last, key) >= 0)
      throw new RemoteError(
        'corrupted',
        last === key
          ? `The service listed a key of the bucket "${bucket}" twice; such a list can't be relied on.`
          : `The service lists the bucket "${bucket}" out of order. If that is its way, set "listOrder" to "unordered".`,
      );
    last = key;
  }
  return last;
}

/** Throws `damaged` when the page is the one before it once more. Only keys tell: a prefix may be listed twice. */
function checkProgress(answer: ListAnswer, cursor: Cursor | undefined, bucket: string): void {
  const first = answer.objects[0]?.key;
  if (first !== undefined && first === cursor?.firstKey)
    throw new RemoteError('corrupted', `The service gave the same page of the bucket "${bucket}" twice.`);
}

/** Where the next page begins; undefined on the last. Throws `damaged` when the service leads nowhere or in a circle. */
function nextCursor(
  answer: ListAnswer,
  cursor: Cursor | undefined,
  bucket: string,
  newPrefixes: number,
): Cursor | undefined {
  if (!answer.truncated) return undefined;
  if (!answer.nextToken)
    throw new RemoteError(
      'corrupted',
      `The service's list of the bucket "${bucket}" ends in the middle: it says that there is more, but not where.`,
    );
  const isIdle = answer.objects.length + answer.undecodable.length + newPrefixes === 0;
  const idlePages = isIdle ? (cursor?.idlePages ?? 0) + 1 : 0;
  if (cursor?.seenTokens.has(answer.nextToken) || idlePages > maxIdlePages)
    throw new RemoteError('corrupted', `The service lists the bucket "${bucket}" in a circle.`);
  // One set for the whole listing; what is added last can't be of a page that is refused.
  const seenTokens = (cursor?.seenTokens as Set<string> | undefined) ?? new Set<string>();
  seenTokens.add(answer.nextToken);
  return { token: answer.nextToken, seenTokens, firstKey: answer.objects[0]?.key, idlePages };
}

/** An empty object that stands for a folder (sync-semantics A18, R15). */
function isFolderMarker(object: ListedObject): boolean {
  return object.size === 0 && object.key.endsWith('/');
}

function entryOfListed(
  object: ListedObject,
  bucket: string,
  folder: RemotePath,
  knowledge: BucketKnowledge,
): Entry {
  const path = pathOfKey(bucket, object.key);
  if (isReason(path)) return unusableKey(bucket, object.key, folder, path, object.size);
  const { etag, lastModifiedMs, storageClass } = object;
  const known =
    etag === undefined || lastModifiedMs === undefined
      ? undefined
      : knowledge.times?.find(object.key, { etag, serverModifiedMs: lastModifiedMs });
  const md5 = known
    ? known.md5
    : knowledge.etagsAreNoMd5 || storageClass === expressClass
      ? undefined
      : md5OfEtag(etag);
  const readonly = archivedReason({ storageClass, restore: undefined, archiveStatus: undefined });
  return {
    kind: 'file',
    path,
    size: object.size,
    ...(known && { modified: known.modified, exact: true }),
    ...(lastModifiedMs === undefined ? {} : { serverModified: instantFromMs(lastModifiedMs) }),
    ...(md5 && { md5 }),
    ...(etag === undefined ? {} : { version: etag }),
    ...(storageClass === undefined ? {} : { storageClass }),
    ...(readonly && { readonly }),
  };
}

function undecodableEntries(answer: ListAnswer, bucket: string, folder: RemotePath): Entry[] {
  // What it may stand for elsewhere can't be said, so nothing in its folder is safe to delete.
  return answer.undecodable.map((name) => ({
    kind: 'unusable',
    folder,
    name,
    reason: 'invalidText',
    protects: safeParent(bucket, name),
  }));
}

function safeParent(bucket: string, rawKey: string): RemotePath {
  const parts = rawKey.split('/');
  const good: string[] = [];
  for (const part of parts) {
    if (part === '' || part.includes('%')) break;
    good.push(part);
  }
  return [bucket, ...good].join('/') as RemotePath;
}
