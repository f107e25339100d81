import type { Entry } from '../../../remote/entry';
import { pagesByCursor, RetryablePages } from '../../../remote/pages';
import { comparePaths, type RemotePath } from '../../../remote/remotePath';
import type { S3Api } from '../http/s3Api';
import type { ListedObject } from '../model/objectInfo';
import { prefixOf } from '../model/objectKey';
import type { Listed } from './keyRange';
import { entryOfListed, type ListingFacts, undecodableEntries } from './listedEntries';
import { checkOrder, checkProgress, nextCursor, type PageCursor } from './pageChecks';
import { RangedListing } from './rangedListing';

/** Objects of a page that is given out after sorting. */
const sortedPage = 1000;

/**
 * Every object below `folder` in the order of UTF-8 bytes. Longer listings are read by several requests at once. Throws `corrupted` when
 * the service lists out of order (H12), unless `unordered`: then all pages are read first and sorted here.
 */
export function listBelow(
  requests: S3Api,
  folder: RemotePath,
  facts: ListingFacts,
  unordered: boolean,
  signal: AbortSignal,
): RetryablePages<readonly Entry[]> {
  const { bucket, key: prefix } = prefixOf(folder);
  const toEntries = (page: Listed) => {
    const entries = undecodableEntries(page, bucket, folder);
    for (const object of page.objects)
      if (!isFolderMarker(object)) entries.push(entryOfListed(object, bucket, folder, facts));
    return entries;
  };
  if (unordered) return sortedPages(requests, bucket, prefix, facts, toEntries, signal);
  const listing = new RangedListing(bucket, prefix, true, (place) =>
    requests.list({ bucket, prefix, ...place }, signal),
  );
  return new RetryablePages<readonly Entry[]>(async () => {
    await facts.times?.load();
    const page = await listing.next();
    return page ? { done: false, value: toEntries(page) } : { done: true, value: undefined };
  });
}

/** Reads all pages and sorts them before it returns the first. */
function sortedPages(
  requests: S3Api,
  bucket: string,
  prefix: string,
  facts: ListingFacts,
  toEntries: (page: Listed) => Entry[],
  signal: AbortSignal,
): RetryablePages<readonly Entry[]> {
  const pages = pagesByCursor<Listed, PageCursor>(async (cursor) => {
    const page = await requests.list({ bucket, prefix, token: cursor?.token }, signal);
    checkProgress(page, cursor, bucket);
    return { value: page, next: nextCursor(page, cursor, bucket, 0) };
  });
  const all: ListedObject[] = [];
  let undecodable: string[] = [];
  let sorted = false;
  let given = 0;
  return new RetryablePages<readonly Entry[]>(async () => {
    await facts.times?.load();
    while (!sorted) {
      const page = await pages.next();
      if (page.done) {
        all.sort((a, b) => comparePaths(a.key, b.key));
        checkOrder(all, undefined, bucket); // finds keys that were listed twice
        sorted = true;
        continue;
      }
      undecodable.push(...page.value.undecodable);
      for (const object of page.value.objects) all.push(object);
    }
    if (given >= all.length && undecodable.length === 0) return { done: true, value: undefined };
    const objects = all.slice(given, given + sortedPage);
    given += objects.length;
    const value = toEntries({ objects, undecodable });
    undecodable = [];
    return { done: false, value };
  });
}

/** An empty object that represents a folder (A18, R15). */
function isFolderMarker(object: ListedObject): boolean {
  return object.size === 0 && object.key.endsWith('/');
}
