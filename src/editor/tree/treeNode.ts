import type { FileEntry, FolderEntry, UnsupportedEntry } from '../../remote/entry';
import type { TrashedItem } from '../../remote/remote';
import type { RemoteAddress } from '../../remote/remoteAddress';
import { baseName } from '../../remote/remotePath';
import type { ConfiguredRemote } from '../../usecases/configuredRemotes';

/** A row of the tree. */
export type TreeNode =
  | RemoteNode
  | FolderNode
  | FileNode
  | UnusableNode
  | TrashNode
  | TrashedNode
  | MoreNode
  | EmptyNode
  | ErrorNode;

/** Rows that contain files and folders. */
export type ContainerNode = RemoteNode | FolderNode;

/** Rows that are listed page by page. */
export type PagedNode = ContainerNode | TrashNode;

/** A file or folder on a remote. */
export type ItemNode = FolderNode | FileNode;

interface Node<Kind extends string> {
  readonly kind: Kind;
  /** Stable. A folder and a file of one name are two rows. */
  readonly id: string;
}

export interface RemoteNode extends Node<'remote'> {
  readonly configured: ConfiguredRemote;
  /** The root of its tree. */
  readonly address: RemoteAddress;
}

export interface FolderNode extends Node<'folder'> {
  readonly address: RemoteAddress;
  readonly entry: FolderEntry;
}

export type BucketNode = FolderNode & { readonly entry: { readonly role: 'bucket' } };

export interface FileNode extends Node<'file'> {
  readonly address: RemoteAddress;
  readonly entry: FileEntry;
}

/** A key that can't be opened, with the reason. */
export interface UnusableNode extends Node<'unusable'> {
  readonly remote: string;
  readonly entry: UnsupportedEntry;
}

/** The trash of a remote. */
export interface TrashNode extends Node<'trash'> {
  /** The root of the remote. */
  readonly address: RemoteAddress;
}

/** A file or folder in the trash. */
export interface TrashedNode extends Node<'trashed'> {
  readonly parent: TrashNode;
  readonly item: TrashedItem;
}

/** "Load more…" */
export interface MoreNode extends Node<'more'> {
  readonly parent: PagedNode;
  readonly shown: number;
}

/** Says that a folder is empty, or that no name matches the filter. */
export interface EmptyNode extends Node<'empty'> {
  readonly parent: PagedNode;
  readonly filter: string | undefined;
}

/** The error of a listing. */
export interface ErrorNode extends Node<'error'> {
  readonly parent: PagedNode;
  readonly error: unknown;
}

export function isContainer(node: TreeNode | undefined): node is ContainerNode {
  return node?.kind === 'remote' || node?.kind === 'folder';
}

export function isItem(node: TreeNode | undefined): node is ItemNode {
  return node?.kind === 'folder' || node?.kind === 'file';
}

/** A bucket can be neither moved nor renamed. */
export function isBucket(node: TreeNode): node is BucketNode {
  return node.kind === 'folder' && node.entry.role === 'bucket';
}

/** The remote that a row belongs to. */
export function remoteOf(node: TreeNode): string {
  if (node.kind === 'unusable') return node.remote;
  return 'address' in node ? node.address.remote : node.parent.address.remote;
}

export function nodeName(node: ItemNode): string {
  return baseName(node.address.path);
}

export function folderId(address: RemoteAddress): string {
  return `${address.remote}:${address.path}/`;
}

/** The trash that a row is or is in. */
export function trashOf(node: TreeNode): TrashNode | undefined {
  if (node.kind === 'trash') return node;
  return 'parent' in node && node.parent.kind === 'trash' ? node.parent : undefined;
}

/** The id of a remote's trash. Paths can't contain NUL. */
export function trashId(remote: string): string {
  return `${remote}:\0trash`;
}

export function fileId(address: RemoteAddress): string {
  return `${address.remote}:${address.path}`;
}

/** The remote of a row's id: names of remotes have no colon. */
export function remoteOfId(id: string): string {
  return id.slice(0, id.indexOf(':'));
}

/** Whether the id belongs to one of the folders with these ids, or to a row below one. */
export function isInAnyOf(id: string, folders: ReadonlySet<string>): boolean {
  for (let at = id.indexOf('/'); at >= 0; at = id.indexOf('/', at + 1))
    if (folders.has(id.slice(0, at + 1))) return true;
  return false;
}
