import type { Entry } from '../../../remote/entry';
import { instantFromMs } from '../../../remote/modifiedTime';
import type { RemotePath } from '../../../remote/remotePath';
import {
  archivedReason,
  expressClass,
  type ListedObject,
  type ListPage,
  md5OfEtag,
} from '../model/objectInfo';
import { isUnsupportedReason, pathOfKey, unusableKey } from '../model/objectKey';
import type { ModifiedTimeCache } from '../objects/modifiedTimeCache';

/** Facts about a bucket that a listing lacks. */
export interface ListingFacts {
  /** Modified times of earlier requests; undefined = none are cached. */
  readonly times: ModifiedTimeCache | undefined;
  /** ETags of this bucket are no MD5s, because its objects are encrypted with KMS. */
  readonly etagsAreNoMd5: boolean;
}

/** The entry of a listed object that is no folder marker, found while listing `folder`. */
export function entryOfListed(
  object: ListedObject,
  bucket: string,
  folder: RemotePath,
  facts: ListingFacts,
): Entry {
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
  const serverModified = lastModifiedMs === undefined ? undefined : instantFromMs(lastModifiedMs);
  const readonly = storageClass === undefined ? undefined : archivedReason({ storageClass });
  // Nearly all objects have exactly these facts. One literal costs a fifth of the spreads below.
  if (md5 && etag !== undefined && serverModified && storageClass !== undefined && !readonly)
    return known
      ? {
          kind: 'file',
          path,
          size: object.size,
          modified: known.modified,
          exact: true,
          serverModified,
          md5,
          version: etag,
          storageClass,
        }
      : { kind: 'file', path, size: object.size, serverModified, md5, version: etag, storageClass };
  return {
    kind: 'file',
    path,
    size: object.size,
    ...(known && { modified: known.modified, exact: true }),
    ...(serverModified && { serverModified }),
    ...(md5 && { md5 }),
    ...(etag === undefined ? {} : { version: etag }),
    ...(storageClass === undefined ? {} : { storageClass }),
    ...(readonly && { readonly }),
  };
}

/** The entries of keys that are no valid text. */
export function undecodableEntries(
  page: Pick<ListPage, 'undecodable'>,
  bucket: string,
  folder: RemotePath,
): Entry[] {
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
