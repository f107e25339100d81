import type { Entry } from '../../../remote/entry';
import { pagesByCursor } from '../../../remote/pages';
import type { ListOptions } from '../../../remote/remote';
import type { RemotePath } from '../../../remote/remotePath';
import type { S3Api } from '../http/s3Api';
import { isDirectoryBucket } from '../model/bucketNames';
import type { ListPage } from '../model/objectInfo';
import { isUnsupportedReason, pathOfKey, prefixOf, unusableKey } from '../model/objectKey';
import { entryOfListed, type ListingFacts, undecodableEntries } from './listedEntries';
import { checkProgress, nextCursor, type PageCursor } from './pageChecks';

const maxPage = 1000;

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
  return pagesByCursor<readonly Entry[], PageCursor>(async (cursor) => {
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
