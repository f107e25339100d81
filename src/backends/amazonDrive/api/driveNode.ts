import { isRecord } from '../../../base/encoding';
import type { FileEntry } from '../../../remote/entry';
import { type Instant, instantFromMs } from '../../../remote/modifiedTime';
import type { RemotePath } from '../../../remote/remotePath';

/** A file or folder in a response (docs/amazon-drive-api.md §3). Fields that the response lacks are absent. */
export interface DriveNode {
  readonly id: string;
  /** Absent only on the root. */
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
  /** Increased by each overwrite. */
  readonly contentVersion?: number;
  readonly tempLink?: string;
  /** The node as in the response. */
  readonly raw: Readonly<Record<string, unknown>>;
}

/** The node in a JSON value; undefined when the value is not a node. */
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

/** The nodes in a JSON array; empty for any other value. */
export function nodesOf(values: unknown): readonly DriveNode[] {
  return Array.isArray(values) ? values.map(nodeOf).filter((node) => node !== undefined) : [];
}

export function isAvailable(node: DriveNode): boolean {
  return node.status === 'AVAILABLE';
}

export function timeOf(date: string | undefined): Instant | undefined {
  const ms = date === undefined ? Number.NaN : Date.parse(date);
  return Number.isFinite(ms) ? instantFromMs(ms) : undefined;
}

/**
 * The entry of a file; undefined while its content is missing (status PENDING). Clients can't set a modified time, and every change of the
 * node changes `modifiedDate`, so it becomes `serverModified`.
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

/** Identifies the content of a file, also after a move: the id of the node with the version of its content. */
export function contentVersion(node: DriveNode): string {
  return `${node.id}/${node.contentVersion ?? node.md5 ?? node.raw['version'] ?? ''}`;
}

/** The id in a `contentVersion`. */
export function nodeIdOfVersion(version: string | undefined): string | undefined {
  const slash = version?.lastIndexOf('/') ?? -1;
  return slash > 0 ? version?.slice(0, slash) : undefined;
}
