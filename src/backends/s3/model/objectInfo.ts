import type { Writable } from '../../../base/writable';
import { archivedStorageClasses, type FileEntry } from '../../../remote/entry';
import { type Instant, instantFromMs, parseRcloneTime } from '../../../remote/modifiedTime';
import type { RemoteError } from '../../../remote/remoteError';
import type { RemotePath } from '../../../remote/remotePath';

/** An object as one line of a listing shows it. */
export interface ListedObject {
  readonly key: string;
  readonly size: number;
  /** Without quotes. */
  readonly etag: string | undefined;
  readonly lastModifiedMs: number | undefined;
  readonly storageClass: string | undefined;
}

/** One page of a listing with decoded keys. Keys that are not valid text are in `undecodable` as the service spelled them. */
export interface ListPage {
  readonly objects: readonly ListedObject[];
  readonly prefixes: readonly string[];
  readonly undecodable: readonly string[];
  readonly truncated: boolean;
  readonly nextToken: string | undefined;
}

/** An object as a HEAD shows it: the attributes to keep in a rewrite, and the fields that identify its content. Absent = unknown. */
export interface ObjectFacts {
  readonly size: number;
  readonly etag: string | undefined;
  readonly lastModifiedMs: number | undefined;
  readonly storageClass: string | undefined;
  /** User metadata, names in lower case. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly contentType?: string | undefined;
  readonly cacheControl?: string | undefined;
  readonly contentEncoding?: string | undefined;
  readonly contentDisposition?: string | undefined;
  readonly contentLanguage?: string | undefined;
  /** As the service spells it. */
  readonly expires?: string | undefined;
  readonly websiteRedirect?: string | undefined;
  readonly serverSideEncryption?: string | undefined;
  readonly sseKmsKeyId?: string | undefined;
  readonly customerKey: boolean;
  readonly tagCount: number;
  readonly versionId?: string | undefined;
  /** `ongoing-request="false", expiry-date="…"` of an object restored from an archive. */
  readonly restore?: string | undefined;
  readonly archiveStatus?: string | undefined;
  /** The error of the HEAD, when the facts come from a listing instead. */
  readonly denied?: RemoteError;
}

/** The facts of an object from a listing, after its HEAD was denied. */
export function factsOfListed(object: ListedObject, denied: RemoteError): ObjectFacts {
  const { key: _, ...listed } = object;
  return { ...listed, metadata: {}, customerKey: false, tagCount: 0, denied };
}

/** The facts of a response, where a chunked body has no size. */
export type UnsizedFacts = Omit<ObjectFacts, 'size'> & { readonly size: number | undefined };

/** The storage class of directory buckets (`isDirectoryBucket`) only. */
export const expressClass = 'EXPRESS_ONEZONE';

/** The MD5 in lower-case hex, from `md5chksum` or an ETag that is one (R3). */
export function md5OfFacts(facts: ObjectFacts): string | undefined {
  const stored = facts.metadata['md5chksum'];
  if (stored !== undefined) {
    const bytes = Buffer.from(stored, 'base64');
    if (bytes.length === 16) return bytes.toString('hex');
  }
  return etagIsMd5(facts) ? md5OfEtag(facts.etag) : undefined;
}

/** False for an object in a directory bucket or encrypted with a KMS or customer key: its ETag may look like an MD5, but is not. */
export function etagIsMd5(
  facts: Pick<ObjectFacts, 'serverSideEncryption' | 'customerKey'> &
    Partial<Pick<ObjectFacts, 'storageClass'>>,
): boolean {
  return (
    !facts.customerKey &&
    !facts.serverSideEncryption?.startsWith('aws:kms') &&
    facts.storageClass !== expressClass
  );
}

/** The MD5 that `etag` looks like. */
export function md5OfEtag(etag: string | undefined): string | undefined {
  if (etag === undefined || etag.length !== 32) return undefined;
  if (/^[0-9a-f]+$/.test(etag)) return etag;
  return /^[0-9a-f]+$/i.test(etag) ? etag.toLowerCase() : undefined;
}

const plainEtag = /^"[^"]*"$/;

/** The ETag of a header or document without quotes and weak mark. */
export function unquotedEtag(etag: string | undefined): string | undefined {
  if (!etag) return undefined;
  if (plainEtag.test(etag)) return etag.slice(1, -1);
  return etag.replace(/^W\//i, '').replace(/^"|"$/g, '');
}

/** The modified time in an object's metadata, if it is valid (R2). */
export function storedModified({ metadata }: ObjectFacts): Instant | undefined {
  const stored = metadata['mtime'];
  return stored === undefined ? undefined : parseRcloneTime(stored);
}

/** The modified time of an object: its metadata, else LastModified (R1, R2). */
export function modifiedOfFacts(facts: ObjectFacts): Instant | undefined {
  return (
    storedModified(facts) ??
    (facts.lastModifiedMs === undefined ? undefined : instantFromMs(facts.lastModifiedMs))
  );
}

/** The entry of an object from a HEAD or GET. */
export function entryOfFacts(path: RemotePath, facts: ObjectFacts): FileEntry {
  // A listing doesn't have the metadata with the modified time.
  const modified = facts.denied ? undefined : modifiedOfFacts(facts);
  const md5 = md5OfFacts(facts);
  const readonly = archivedReason(facts);
  const entry: Writable<FileEntry> = { kind: 'file', path, size: facts.size };
  if (modified) entry.modified = modified;
  if (facts.lastModifiedMs !== undefined) entry.serverModified = instantFromMs(facts.lastModifiedMs);
  if (md5) entry.md5 = md5;
  if (facts.etag !== undefined) entry.version = facts.etag;
  if (facts.storageClass !== undefined) entry.storageClass = facts.storageClass;
  if (readonly) entry.readonly = readonly;
  if (!facts.denied) entry.exact = true;
  return entry;
}

/** Why the content can't be read now, as a sentence. */
export function archivedReason(
  facts: Pick<ObjectFacts, 'storageClass' | 'restore' | 'archiveStatus'>,
): string | undefined {
  if (facts.restore?.includes('ongoing-request="false"')) return undefined;
  if (facts.restore?.includes('ongoing-request="true"'))
    return `This object is being restored from ${facts.storageClass ?? 'its archive'}. Try again later.`;
  if (
    facts.archiveStatus ||
    (facts.storageClass !== undefined && archivedStorageClasses.has(facts.storageClass))
  )
    return `This object is archived (${facts.archiveStatus ?? facts.storageClass}). Restore it before reading: aws s3api restore-object.`;
  return undefined;
}
