import { RemoteError } from '../../../remote/remoteError';
import { comparePaths } from '../../../remote/remotePath';
import type { ListedObject, ListPage } from '../model/objectInfo';

/** The position of a paged listing. */
export interface PageCursor {
  readonly token: string;
  readonly seenTokens: ReadonlySet<string>;
  readonly firstKey: string | undefined;
  /** Consecutive pages, up to this one, without anything new. */
  readonly idlePages: number;
}

/** Above this number of consecutive pages without anything new the listing fails. */
const maxIdlePages = 10;

/** Returns the last key. Throws `corrupted` unless all keys rise strictly from `lastKey` on. */
export function checkOrder(
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
export function checkProgress(page: ListPage, cursor: PageCursor | undefined, bucket: string): void {
  const first = page.objects[0]?.key;
  if (first !== undefined && first === cursor?.firstKey)
    throw new RemoteError('corrupted', `The service returned the same page of the bucket "${bucket}" twice.`);
}

/** The position of the next page; undefined after the last. Throws `corrupted` when the service lists in a circle or without progress. */
export function nextCursor(
  page: ListPage,
  cursor: PageCursor | undefined,
  bucket: string,
  newPrefixes: number,
): PageCursor | undefined {
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
