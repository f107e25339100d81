import * as vscode from 'vscode';
import { printable } from '../../base/printable';
import type { FileEntry, UnsupportedReason } from '../../remote/entry';
import { instantToMs } from '../../remote/modifiedTime';
import type { Quota } from '../../remote/remote';
import { formatAddress } from '../../remote/remoteAddress';
import { parentPath } from '../../remote/remotePath';
import { shortAddress } from '../platform/places';
import { toUri } from '../platform/remoteUri';
import { type ErrorPresentation, presentError } from '../window/errorMessages';
import { inertText, plainLine } from '../window/inertText';
import { countOf, format } from '../window/numberFormat';
import { Tooltip } from '../window/tooltip';
import {
  type EmptyNode,
  type ErrorNode,
  type FileNode,
  type FolderNode,
  isBucket,
  nodeName,
  type RemoteNode,
  type TrashedNode,
  type TreeNode,
  type UnusableNode,
} from './treeNode';

/** What a row shows besides its node. */
export interface RowOptions {
  readonly now: number;
  readonly filter: string | undefined;
  /** Bytes above which a click asks before it opens. */
  readonly largeFileBytes: number;
}

/** The tree item of a node; `fillTooltip` adds the tooltip of a file or folder. Does no I/O. */
export function treeItemOf(node: TreeNode, options: RowOptions): vscode.TreeItem {
  const item = makeItem(node, options);
  item.id = node.id;
  // Settings, listings and server texts can contain anything; a row is one line of text.
  if (typeof item.label === 'string') item.label = plainLine(item.label);
  if (typeof item.description === 'string') item.description = plainLine(item.description);
  if (typeof item.tooltip === 'string') item.tooltip = inertText(item.tooltip);
  const { accessibilityInformation: spoken } = item;
  if (spoken) item.accessibilityInformation = { ...spoken, label: plainLine(spoken.label) };
  return item;
}

function makeItem(node: TreeNode, options: RowOptions): vscode.TreeItem {
  switch (node.kind) {
    case 'remote':
      return remoteItem(node, options);
    case 'folder':
      return folderItem(node, options);
    case 'file':
      return fileItem(node, options);
    case 'unusable':
      return unusableItem(node);
    case 'trash': {
      const { remote } = node.address;
      return treeItem('Trash', `Trash of ${remote}`, {
        collapsibleState: vscode.TreeItemCollapsibleState.Collapsed,
        iconPath: new vscode.ThemeIcon('trash'),
        contextValue: 'trash',
        tooltip: `Deleted files and folders of ${remote}`,
      });
    }
    case 'trashed':
      return trashedItem(node, options);
    case 'more': {
      const description = `${format().count(node.shown)} shown`;
      return treeItem('Load more…', `Load more, ${description}`, {
        description,
        iconPath: new vscode.ThemeIcon('ellipsis'),
        contextValue: 'more',
        command: { command: 'cloudRemotes.loadMore', title: 'Load More', arguments: [node] },
      });
    }
    case 'empty':
      return emptyItem(node);
    case 'error':
      return errorItem(node);
  }
}

/** `spoken` is the label for screen readers; without it they read label and description. */
function treeItem(
  label: string,
  spoken: string | undefined,
  more: Partial<vscode.TreeItem>,
): vscode.TreeItem {
  const item = Object.assign(new vscode.TreeItem(label), more);
  if (spoken !== undefined) item.accessibilityInformation = { label: spoken };
  return item;
}

/** The parts that are not empty. */
function joined(parts: readonly (string | undefined)[], separator = ' · '): string {
  return parts.filter(Boolean).join(separator);
}

function emptyItem({ filter, parent }: EmptyNode): vscode.TreeItem {
  if (parent.kind === 'trash') return treeItem('Trash is empty', undefined, { contextValue: 'nothing' });
  const contextValue = 'empty';
  if (filter !== undefined)
    return treeItem('No matching names', undefined, {
      description: `"${filter}" — click to clear the filter`,
      command: { command: 'cloudRemotes.clearFilter', title: 'Clear Filter', arguments: [parent] },
      contextValue,
    });
  if (parent.kind === 'remote' && isListOfBuckets(parent))
    return treeItem('No buckets yet', undefined, {
      description: 'click to create one',
      command: { command: 'cloudRemotes.newBucket', title: 'New Bucket', arguments: [parent] },
      contextValue,
    });
  return treeItem('Empty', undefined, { description: 'drop files here', contextValue });
}

function remoteItem(node: RemoteNode, { filter }: RowOptions): vscode.TreeItem {
  const { settings, backend, problems } = node.configured;
  const { name } = settings;
  if (!backend || problems.length > 0)
    return treeItem(name, `${name}, can't be used: ${problems.join(' ')}`, {
      iconPath: new vscode.ThemeIcon('warning', new vscode.ThemeColor('list.warningForeground')),
      description: problems[0] ?? 'The settings of this remote are incomplete.',
      tooltip: new Tooltip().text(`${name} can't be used. ${problems.join(' ')}`).markdown,
      contextValue: 'remote unusable',
      command: { command: 'cloudRemotes.openRemotesSettings', title: 'Open Settings', arguments: [name] },
    });
  const description = joined([backend.describe(settings), node.address.path, filterText(filter)]);
  const facets = [
    'remote usable',
    isListOfBuckets(node) ? 'top' : 'rooted',
    backend.signIn && 'account',
    filterFacet(filter),
  ];
  return treeItem(name, `${name}, remote, ${description}`, {
    collapsibleState: vscode.TreeItemCollapsibleState.Collapsed,
    iconPath: new vscode.ThemeIcon('cloud'),
    description,
    contextValue: joined(facets, ' '),
  });
}

/** The tooltip of a usable remote; `quota` if the service reports one. */
export function remoteTooltip(node: RemoteNode, quota: Quota | undefined): vscode.MarkdownString {
  const { settings, backend } = node.configured;
  const root = node.address.path;
  const text = new Tooltip()
    .bold(settings.name)
    .newLine()
    .text(backend?.describe(settings) ?? '');
  if (root !== '') text.newLine().text(`Root: ${root}`);
  if (quota) {
    const used = format().bytes(quota.total - quota.available);
    text.newLine().text(`${used} of ${format().bytes(quota.total)} used`);
  }
  return text.markdown;
}

function trashedItem({ item }: TrashedNode, { now }: RowOptions): vscode.TreeItem {
  const name = printable(item.name);
  const where = item.path === undefined ? undefined : printable(parentPath(item.path));
  const description = joined([
    where === undefined ? undefined : `from ${where === '' ? 'the root' : where}`,
    item.size === undefined ? undefined : format().bytes(item.size),
    item.deleted && format().ago(instantToMs(item.deleted), now),
  ]);
  return treeItem(name, `${name}, ${item.kind} in the trash, ${description}`, {
    iconPath: item.kind === 'folder' ? vscode.ThemeIcon.Folder : vscode.ThemeIcon.File,
    description,
    contextValue: 'trashed',
  });
}

function isListOfBuckets({ address, configured }: RemoteNode): boolean {
  return address.path === '' && configured.backend?.topLevel !== 'folder';
}

function folderItem(node: FolderNode, { filter, now }: RowOptions): vscode.TreeItem {
  const name = printable(nodeName(node));
  const { modified } = node.entry;
  const isBucketRow = isBucket(node);
  const kind = isBucketRow ? 'bucket' : 'folder';
  const created = isBucketRow && modified ? format().ago(instantToMs(modified), now) : undefined;
  const description = joined([created, filterText(filter)]);
  return treeItem(name, joined([name, kind, description], ', '), {
    collapsibleState: vscode.TreeItemCollapsibleState.Collapsed,
    ...(isBucketRow
      ? { iconPath: new vscode.ThemeIcon('archive') }
      : { iconPath: vscode.ThemeIcon.Folder, resourceUri: toUri(node.address) }),
    description,
    contextValue: joined([kind, filterFacet(filter)], ' '),
  });
}

function fileItem(node: FileNode, { largeFileBytes, now }: RowOptions): vscode.TreeItem {
  const { entry } = node;
  const name = printable(nodeName(node));
  const uri = toUri(node.address);
  const time = entry.modified ?? entry.serverModified;
  const isReadonly = entry.readonly !== undefined;
  const description = joined([
    format().bytes(entry.size),
    time && format().ago(instantToMs(time), now),
    isReadonly ? entry.storageClass?.toLowerCase() : undefined,
  ]);
  return treeItem(name, `${name}, file, ${description}`, {
    resourceUri: uri,
    iconPath: vscode.ThemeIcon.File,
    description,
    contextValue: isReadonly ? 'file readonly' : 'file',
    // `vscode.open` handles single and double clicks (preview, pinned); our command confirms large files.
    command:
      entry.size > largeFileBytes || isReadonly
        ? { command: 'cloudRemotes.openFile', title: 'Open', arguments: [node] }
        : { command: 'vscode.open', title: 'Open', arguments: [uri] },
  });
}

const unusableReasons: Readonly<Record<UnsupportedReason, string>> = {
  emptyPart: 'has an empty part ("//")',
  dotPart: 'has a "." or ".." part',
  nonEmptyFolderMarker: 'ends in "/" like a folder, but has content',
  invalidText: 'is not valid text',
  oddName: "has a name that can't be part of a path",
  duplicateName: 'has the same name as another item in its folder',
  symlink: 'is a link',
  brokenLink: 'is a broken link',
  linkLoop: 'is a link to itself',
  notRegular: 'is not a regular file',
  unreadable: "can't be read",
};

/** Why the row can't be used. */
export function describeUnusable({ entry: { name, reason } }: UnusableNode): string {
  return `The key "${printable(name)}" ${unusableReasons[reason]}. Cloud Remotes never opens, copies or deletes it.`;
}

function unusableItem(node: UnusableNode): vscode.TreeItem {
  const { reason, size } = node.entry;
  const name = printable(node.entry.name);
  return treeItem(name, `${name}, can't be opened: it ${unusableReasons[reason]}`, {
    iconPath: new vscode.ThemeIcon('circle-slash'),
    description: joined([unusableReasons[reason], size === undefined ? undefined : format().bytes(size)]),
    tooltip: describeUnusable(node),
    contextValue: 'unusable',
  });
}

function errorItem(node: ErrorNode): vscode.TreeItem {
  const error = presentError(node.error, `Can't list ${shortAddress(node.parent.address)}`);
  const { command, title, text: description } = errorAction(error);
  return treeItem(`${error.short[0]?.toUpperCase()}${error.short.slice(1)}`, `${error.text} ${description}`, {
    description,
    iconPath: new vscode.ThemeIcon('error', new vscode.ThemeColor('list.errorForeground')),
    tooltip: error.text,
    contextValue: 'error',
    command: { command, title, arguments: [node] },
  });
}

/** The action of a click on an error row; a command for the terminal needs the whole message. */
function errorAction({ short, actions: [first] }: ErrorPresentation) {
  if (first === 'signIn')
    return {
      command: 'cloudRemotes.signInAgain',
      title: 'Sign In',
      text: short === 'not signed in' ? 'click to sign in' : 'click to sign in again',
    };
  if (first === 'editRemote')
    return { command: 'cloudRemotes.editRemote', title: 'Edit Remote', text: 'click to edit the remote' };
  if (first === 'copyCommand')
    return { command: 'cloudRemotes.explainError', title: 'Explain', text: 'click to see what to do' };
  return { command: 'cloudRemotes.refreshFolder', title: 'Try Again', text: 'click to try again' };
}

function filterText(filter: string | undefined): string | undefined {
  return filter === undefined ? undefined : `filter: "${filter}*"`;
}

function filterFacet(filter: string | undefined): string | undefined {
  return filter === undefined ? undefined : 'filtered';
}

/** Sets the tooltip of a folder or file from its listed entry; sends no request. */
export function fillTooltip(item: vscode.TreeItem, node: TreeNode): vscode.TreeItem {
  if (node.kind !== 'file' && node.kind !== 'folder') return item;
  const text = new Tooltip().bold(formatAddress(node.address)).paragraph();
  const facts = node.kind === 'file' ? fileFacts(node.entry) : folderFacts(node);
  for (const [name, value] of facts) if (value !== undefined) text.text(`${name}: ${value}`).newLine();
  if (node.kind === 'file' && node.entry.readonly !== undefined)
    text.paragraph().icon('lock').text(node.entry.readonly);
  item.tooltip = text.markdown;
  return item;
}

type Facts = readonly (readonly [name: string, value: string | undefined])[];

function fileFacts({ size, modified, serverModified, storageClass, version }: FileEntry): Facts {
  const bytes = countOf(size, 'byte');
  return [
    ['Size', size < 1024 ? bytes : `${format().bytes(size)} (${bytes})`],
    ['Modified', modified && format().exactTime(instantToMs(modified))],
    ['Uploaded', serverModified && format().exactTime(instantToMs(serverModified))],
    ['Storage class', storageClass],
    ['ETag', version],
  ];
}

function folderFacts(node: FolderNode): Facts {
  const { modified } = node.entry;
  const time = modified && format().exactTime(instantToMs(modified));
  return [[isBucket(node) ? 'Created' : 'Modified', time]];
}
