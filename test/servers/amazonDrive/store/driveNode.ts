import { createHash } from 'node:crypto';
import type { StoredBytes } from './storedBytes';

export type NodeKind = 'FILE' | 'FOLDER';
/** `PENDING` is a file whose content has not arrived; only the changes feed shows `PURGED`. */
export type NodeStatus = 'AVAILABLE' | 'TRASH' | 'PURGED' | 'PENDING';

/** The content of a file. */
export interface NodeContent {
  readonly stored: StoredBytes;
  /** Bytes. */
  readonly size: number;
  /** 32 lower-case hex digits. */
  readonly md5: string;
  /** Starts at 1 and grows with each overwrite. */
  readonly version: number;
  readonly contentType: string;
}

/** One file or folder as the service keeps it. Only `DriveNodes` changes it. */
export interface DriveNode {
  readonly id: string;
  readonly kind: NodeKind;
  /** Undefined only for the root. */
  name: string | undefined;
  /** Ids: none for the root, several for a node in several folders. */
  parents: readonly string[];
  status: NodeStatus;
  /** Starts at 1 and grows with each change of any kind. */
  version: number;
  /** Milliseconds since 1970. */
  createdDate: number;
  /** Milliseconds since 1970. */
  modifiedDate: number;
  createdBy: string;
  labels: readonly string[];
  description: string;
  /** Owner → key → value. */
  properties: Record<string, Record<string, string>>;
  content: NodeContent | undefined;
  /** Milliseconds since 1970, while in the trash. */
  trashedAt: number | undefined;
  /** The trashed folder that took the node along; undefined for a node that was trashed itself. */
  trashedWith: string | undefined;
}

/** How a node is shown to one client. */
export interface NodeView {
  /** Only this owner's properties are shown. */
  readonly owner: string;
  readonly tempLink?: string | undefined;
  readonly withAssets?: boolean;
  /** Shows a wrong md5. */
  readonly wrongMd5?: boolean;
  readonly lacksMd5?: boolean;
}

/** The node as JSON. */
export function nodeJson(node: DriveNode, view: NodeView): Record<string, unknown> {
  const own = node.properties[view.owner];
  return {
    ...(node.name === undefined ? { isRoot: true } : {}),
    eTagResponse: eTagOf(node),
    id: node.id,
    ...(node.name === undefined ? {} : { name: node.name }),
    kind: node.kind,
    version: node.version,
    labels: node.labels,
    ...(own === undefined || Object.keys(own).length === 0 ? {} : { properties: { [view.owner]: own } }),
    createdDate: isoTime(node.createdDate),
    createdBy: node.createdBy,
    ...(node.description === '' ? {} : { description: node.description }),
    restricted: false,
    modifiedDate: isoTime(node.modifiedDate),
    isShared: false,
    parents: node.parents,
    status: node.status,
    ...(node.status === 'TRASH'
      ? {
          exclusivelyTrashed: node.trashedWith === undefined,
          recursivelyTrashed: node.trashedWith !== undefined,
        }
      : {}),
    ...(node.content === undefined ? {} : { contentProperties: contentJson(node, node.content, view) }),
    ...(view.tempLink === undefined ? {} : { tempLink: view.tempLink }),
    ...(view.withAssets && node.kind === 'FILE' ? { assets: [] } : {}),
  };
}

function contentJson(node: DriveNode, content: NodeContent, view: NodeView): Record<string, unknown> {
  const extension = extensionOf(node.name ?? '');
  return {
    version: content.version,
    contentType: content.contentType,
    ...(extension === '' ? {} : { extension }),
    size: content.size,
    ...(view.lacksMd5
      ? {}
      : { md5: view.wrongMd5 ? createHash('md5').update(content.md5).digest('hex') : content.md5 }),
  };
}

/** The text after the last period, in lower case; empty without a period. */
export function extensionOf(name: string): string {
  const dot = name.lastIndexOf('.');
  return dot < 0 ? '' : name.slice(dot + 1).toLowerCase();
}

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  txt: 'text/plain',
  md: 'text/plain',
  html: 'text/html',
  css: 'text/css',
  csv: 'text/csv',
  js: 'application/javascript',
  json: 'application/json',
  xml: 'application/xml',
  pdf: 'application/pdf',
  zip: 'application/zip',
  doc: 'application/msword',
  docx: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  png: 'image/png',
  gif: 'image/gif',
  mp3: 'audio/mpeg',
  mp4: 'video/mp4',
  mov: 'video/quicktime',
};

/** The content type that the service derives from a name's extension. */
export function contentTypeOf(name: string): string {
  return CONTENT_TYPES[extensionOf(name)] ?? 'application/octet-stream';
}

/** UTC with milliseconds and `Z`, as in all dates of the service. */
export function isoTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}

/** Eleven characters that change with the version. */
export function eTagOf(node: DriveNode): string {
  return createHash('sha1').update(`${node.id} ${node.version}`).digest('base64url').slice(0, 11);
}
