import { isRecord } from '../../../base/encoding';
import type { FileEntry } from '../../../remote/entry';
import { type Instant, instantFromMs } from '../../../remote/modifiedTime';
import type { RemotePath } from '../../../remote/remotePath';

/** A file or folder as the service tells of it (API page §3); what it didn't tell is absent. */
export interface DriveNode {
  readonly id: string;
  /** Absent on the root only. */
  readonly name?: string;
  readonly kind: string;
  readonly parents: readonly string[];
  readonly status: string;
  readonly isRoot: boolean;
  readonly createdDate?: string;
  readonly modifiedDate?: string;
  readonly size?: number;
  /** Lower-case hex. */
  readonly md5?: string;
  /** Grows by one with each overwrite. */
  readonly contentVersion?: number;
  readonly tempLink?: string;
  /** All of it, for reading. */
  readonly raw: Readonly<Record<string, unknown>>;
}

/** Reads a node from a JSON value; undefined when it is not a node. */
export function nodeOf(value: unknown): DriveNode | undefined {
  if (!isRecord(value)) return undefined;
  const { id, name, kind, parents, status, isRoot, createdDate, modifiedDate, tempLink } = value;
  if (typeof id !== 'string' || id === '' || typeof kind !== 'string') return undefined;
  const content = isRecord(value['contentProperties']) ? value['contentProperties'] : {};
  const { size, md5, version } = content;
  return {
    id,
    kind,
    ...(typeof name === 'string' && { name }),
    parents: Array.isArray(parents) ? parents.filter((parent) => typeof parent === 'string') : [],
    status: typeof status === 'string' ? status : '',
    isRoot: isRoot === true,
    ...(typeof createdDate === 'string' && { createdDate }),
    ...(typeof modifiedDate === 'string' && { modifiedDate }),
    ...(typeof size === 'number' && Number.isSafeInteger(size) && size >= 0 && { size }),
    ...(typeof md5 === 'string' && /^[0-9a-f]{32}$/i.test(md5) && { md5: md5.toLowerCase() }),
    ...(typeof version === 'number' && { contentVersion: version }),
    ...(typeof tempLink === 'string' && { tempLink }),
    raw: value,
  };
}

export function isAvailable(node: DriveNode): boolean {
  return node.status === 'AVAILABLE';
}

/** The time that a date of the service spells. */
export function timeOf(date: string | undefined): Instant | undefined {
  const ms = date === undefined ? Number.NaN : Date.parse(date);
  return Number.isFinite(ms) ? instantFromMs(ms) : undefined;
}

/**
 * The entry of a file, undefined while its content isn't there yet (§3.2, PENDING). The service keeps no time of the owner's: `modifiedDate`
 * moves with every change of anything, so it is the service's time.
 */
export function fileEntry(path: RemotePath, node: DriveNode): FileEntry | undefined {
  if (node.size === undefined) return undefined;
  const serverModified = timeOf(node.modifiedDate);
  return {
    kind: 'file',
    path,
    size: node.size,
    ...(serverModified && { serverModified }),
    ...(node.md5 !== undefined && { md5: node.md5 }),
    version: contentVersion(node),
    exact: true,
  };
}

/** An id with the version of its content: of this very content, wherever the file is moved. */
export function contentVersion(node: DriveNode): string {
  return `${node.id}/${node.contentVersion ?? node.md5 ?? node.raw['version'] ?? ''}`;
}

/** The id in a `contentVersion`. */
export function nodeIdOfVersion(version: string | undefined): string | undefined {
  const slash = version?.lastIndexOf('/') ?? -1;
  return slash > 0 ? version?.slice(0, slash) : undefined;
}
