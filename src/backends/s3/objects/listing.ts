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
  type ListedObject,
  type ListPage,
  md5OfEtag,
} from '../model/objectInfo';
import { isUnsupportedReason, pathOfKey, prefixOf, unusableKey } from '../model/objectKey';
import type { ModifiedTimeCache } from './modifiedTimeCache';

/** Facts about a bucket that a listing lacks. */
export interface ListingFacts {
  /** Modified times of earlier requests; undefined = none are cached. */
  readonly times: ModifiedTimeCache | undefined;
  /** ETags of this bucket are no MD5s, because its objects are encrypted with KMS. */
  readonly etagsAreNoMd5: boolean;
}

/** The position of a paged listing. */
interface Cursor {
  readonly token: string;
  readonly seenTokens: ReadonlySet<string>;
  readonly firstKey: string | undefined;
  /** Consecutive pages, up to this one, without anything new. */
  readonly idlePages: number;
}

const maxPage = 1000;
/** Above this number of consecutive pages without anything new the listing fails. */
const maxIdlePages = 10;

/** One folder of a bucket, one request per page, in no defined order. */
export function listFolder(
  requests: S3Api,
  folder: RemotePath,
  options: ListOptions,
  facts: ListingFacts,
  signal: AbortSignal,
): AsyncIterable<readonly Entry[]> {
  const { bucket, key: prefix } = prefixOf(folder);
  const { namePrefix = '' } = options;
  const wholeFoldersOnly = isDirectoryBucket(bucket);
  // MinIO, versitygw and others repeat the last prefix of a page on the next page.
  const seenPrefixes = new Set<string>();
  return pagesByCursor<readonly Entry[], Cursor>(async (cursor) => {
    const page = await requests.list(
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
    checkProgress(page, cursor, bucket);
    const isNew = new Set(page.prefixes.filter((found) => !seenPrefixes.has(found)));
    const next = nextCursor(page, cursor, bucket, isNew.size);
    // Recorded after all checks, since a rejected page is fetched again.
    for (const found of isNew) seenPrefixes.add(found);
    const once = { ...page, prefixes: [...isNew] };
    const listed = wholeFoldersOnly ? withPrefix(prefix + namePrefix, once) : once;
    return { value: entriesOfFolder(listed, bucket, prefix, folder, facts), next };
  });
}

/** The part of a page that a listing with this prefix would return. */
function withPrefix(prefix: string, page: ListPage): ListPage {
  return {
    ...page,
    objects: page.objects.filter(({ key }) => key.startsWith(prefix)),
    prefixes: page.prefixes.filter((found) => found.startsWith(prefix)),
  };
}

function entriesOfFolder(
  page: ListPage,
  bucket: string,
  prefix: string,
  folder: RemotePath,
  facts: ListingFacts,
): Entry[] {
  const entries: Entry[] = [];
  for (const found of page.prefixes) {
    const path = pathOfKey(bucket, found.slice(0, -1));
    if (!isUnsupportedReason(path)) entries.push({ kind: 'folder', path });
    else {
      const below = pathOfKey(bucket, `${found}x`); // the reason that applies to every key below
      entries.push(unusableKey(bucket, found, folder, isUnsupportedReason(below) ? below : path));
    }
  }
  for (const object of page.objects) {
    if (object.key === prefix && object.size === 0) continue; // the folder's own marker
    entries.push(entryOfListed(object, bucket, folder, facts));
  }
  return entries.concat(undecodableEntries(page, bucket, folder));
}

/**
 * Every object below `folder` in the order of UTF-8 bytes, one request per page. Throws `corrupted` when the service lists out of order
 * (H12), unless `unordered`: then all pages are read first and sorted here.
 */
export function listBelow(
  requests: S3Api,
  folder: RemotePath,
  facts: ListingFacts,
  unordered: boolean,
  signal: AbortSignal,
): RetryablePages<readonly Entry[]> {
  const { bucket, key: prefix } = prefixOf(folder);
  let lastKey: string | undefined;
  const pages = pagesByCursor<readonly ListedObject[], Cursor>(async (cursor) => {
    await facts.times?.load();
    const request: ListRequest = { bucket, prefix, token: cursor?.token };
    const page = await requests.list(request, signal);
    // Nothing is recorded before all checks passed, since a rejected page is fetched again.
    checkProgress(page, cursor, bucket);
    const last = unordered ? undefined : checkOrder(page.objects, lastKey, bucket);
    const next = nextCursor(page, cursor, bucket, 0);
    lastKey = last;
    undecodable.push(...undecodableEntries(page, bucket, folder));
    return { value: page.objects, next };
  });
  const undecodable: Entry[] = [];
  const toEntries = (objects: readonly ListedObject[]) => {
    const entries: Entry[] = undecodable.splice(0);
    for (const object of objects)
      if (!isFolderMarker(object)) entries.push(entryOfListed(object, bucket, folder, facts));
    return entries;
  };
  if (!unordered)
    return new RetryablePages<readonly Entry[]>(async () => {
      const page = await pages.next();
      return page.done ? page : { done: false, value: toEntries(page.value) };
    });
  return sortedPages(pages, bucket, toEntries);
}

/** Reads all pages and sorts them before it returns the first. */
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
        checkOrder(all, undefined, bucket); // finds keys that were listed twice
        sorted = true;
      } else for (const object of page.value) all.push(object);
    }
    if (given >= all.length) return { done: true, value: undefined };
    const slice = all.slice(given, given + maxPage);
    given += slice.length;
    return { done: false, value: toEntries(slice) };
  });
}

/** Returns the last key. Throws `corrupted` unless all keys rise strictly from `lastKey` on. */
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
          ? `The service listed a key of the bucket "${bucket}" twice, so the list can't be trusted.`
          : `The service lists the bucket "${bucket}" out of order. If it always does, set "listOrder" to "unordered".`,
      );
    last = key;
  }
  return last;
}

/** Throws `corrupted` when a page repeats the one before. Only keys count, since a prefix may be listed twice. */
function checkProgress(page: ListPage, cursor: Cursor | undefined, bucket: string): void {
  const first = page.objects[0]?.key;
  if (first !== undefined && first === cursor?.firstKey)
    throw new RemoteError('corrupted', `The service returned the same page of the bucket "${bucket}" twice.`);
}

/** The position of the next page; undefined after the last. Throws `corrupted` when the service lists in a circle or without progress. */
function nextCursor(
  page: ListPage,
  cursor: Cursor | undefined,
  bucket: string,
  newPrefixes: number,
): Cursor | undefined {
  if (!page.truncated) return undefined;
  if (!page.nextToken)
    throw new RemoteError(
      'corrupted',
      `The service's list of the bucket "${bucket}" ends in the middle: it is marked as incomplete but has no continuation token.`,
    );
  const isIdle = page.objects.length + page.undecodable.length + newPrefixes === 0;
  const idlePages = isIdle ? (cursor?.idlePages ?? 0) + 1 : 0;
  if (cursor?.seenTokens.has(page.nextToken) || idlePages > maxIdlePages)
    throw new RemoteError('corrupted', `The service lists the bucket "${bucket}" in a circle.`);
  // One set serves the whole listing: no check follows that could reject this page.
  const seenTokens = (cursor?.seenTokens as Set<string> | undefined) ?? new Set<string>();
  seenTokens.add(page.nextToken);
  return { token: page.nextToken, seenTokens, firstKey: page.objects[0]?.key, idlePages };
}

/** An empty object that represents a folder (A18, R15). */
function isFolderMarker(object: ListedObject): boolean {
  return object.size === 0 && object.key.endsWith('/');
}

function entryOfListed(object: ListedObject, bucket: string, folder: RemotePath, facts: ListingFacts): Entry {
  const path = pathOfKey(bucket, object.key);
  if (isUnsupportedReason(path)) return unusableKey(bucket, object.key, folder, path, object.size);
  const { etag, lastModifiedMs, storageClass } = object;
  const known =
    etag === undefined || lastModifiedMs === undefined
      ? undefined
      : facts.times?.find(object.key, { etag, serverModifiedMs: lastModifiedMs });
  const md5 = known
    ? known.md5
    : facts.etagsAreNoMd5 || storageClass === expressClass
      ? undefined
      : md5OfEtag(etag);
  const readonly = archivedReason({ storageClass });
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

function undecodableEntries(page: ListPage, bucket: string, folder: RemotePath): Entry[] {
  // The counterpart of such a key is unknown, so everything in its folder is protected.
  return page.undecodable.map((name) => ({
    kind: 'unusable',
    folder,
    name,
    reason: 'invalidText',
    protects: safeParent(bucket, name),
  }));
}

/** The path of the bucket and the leading parts of the key that need no decoding. */
function safeParent(bucket: string, rawKey: string): RemotePath {
  const parts = rawKey.split('/');
  const end = parts.findIndex((part) => part === '' || part.includes('%'));
  return [bucket, ...(end < 0 ? parts : parts.slice(0, end))].join('/') as RemotePath;
}
