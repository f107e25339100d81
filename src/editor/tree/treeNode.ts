import type { FileEntry, FolderEntry, UnsupportedEntry } from '../../remote/entry';
import type { TrashedItem } from '../../remote/remote';
import type { RemoteAddress } from '../../remote/remoteAddress';
import { baseName } from '../../remote/remotePath';
import type { ConfiguredRemote } from '../../usecases/configuredRemotes';

/** Everything that can be a row of the tree. */
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

/** Rows that have rows below them. */
export type ContainerNode = RemoteNode | FolderNode;

/** Rows whose own rows come page by page. */
export type PagedNode = ContainerNode | TrashNode;

/** Rows that stand for something on a remote. */
export type ItemNode = FolderNode | FileNode;

export interface RemoteNode {
  readonly kind: 'remote';
  readonly id: string;
  readonly configured: ConfiguredRemote;
  /** Where its tree starts. */
  readonly address: RemoteAddress;
}

export interface FolderNode {
  readonly kind: 'folder';
  readonly id: string;
  readonly address: RemoteAddress;
  readonly entry: FolderEntry;
}

export interface FileNode {
  readonly kind: 'file';
  readonly id: string;
  readonly address: RemoteAddress;
  readonly entry: FileEntry;
}

/** A key that is there but can't be opened, with the reason. */
export interface UnusableNode {
  readonly kind: 'unusable';
  readonly id: string;
  readonly remote: string;
  readonly entry: UnsupportedEntry;
}

/** What was deleted on a remote that keeps it. */
export interface TrashNode {
  readonly kind: 'trash';
  readonly id: string;
  /** The remote's top. */
  readonly address: RemoteAddress;
}

/** A file or folder in the trash. */
export interface TrashedNode {
  readonly kind: 'trashed';
  readonly id: string;
  readonly parent: TrashNode;
  readonly item: TrashedItem;
}

/** "Load more…" */
export interface MoreNode {
  readonly kind: 'more';
  readonly id: string;
  readonly parent: PagedNode;
  readonly shown: number;
}

/** Says that there is nothing, or nothing that the filter lets through. */
export interface EmptyNode {
  readonly kind: 'empty';
  readonly id: string;
  readonly parent: PagedNode;
  readonly filter: string | undefined;
}

/** Says why the rest of a folder isn't there. */
export interface ErrorNode {
  readonly kind: 'error';
  readonly id: string;
  readonly parent: PagedNode;
  readonly error: unknown;
}

export function isContainer(node: TreeNode | undefined): node is ContainerNode {
  return node?.kind === 'remote' || node?.kind === 'folder';
}

export function isItem(node: TreeNode | undefined): node is ItemNode {
  return node?.kind === 'folder' || node?.kind === 'file';
}

/** Whether the row is a bucket: it has neither a parent to be moved in nor a plain name to change. */
export function isBucket(node: TreeNode): boolean {
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

/** Ids stay the same as long as the thing does. A folder and a file of one name are two rows. */
export function folderId(address: RemoteAddress): string {
  return `${address.remote}:${address.path}/`;
}

/** The trash that a row is or stands in. */
export function trashOf(node: TreeNode): TrashNode | undefined {
  if (node.kind === 'trash') return node;
  return 'parent' in node && node.parent.kind === 'trash' ? node.parent : undefined;
}

/** The row of a remote's trash. The character can stand in no path. */
export function trashId(remote: string): string {
  return `${remote}:\0trash`;
}

export function fileId(address: RemoteAddress): string {
  return `${address.remote}:${address.path}`;
}
