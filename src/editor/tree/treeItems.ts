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
import type {
  ErrorNode,
  FileNode,
  FolderNode,
  RemoteNode,
  TrashedNode,
  TreeNode,
  UnusableNode,
} from './treeNode';
import { isBucket, nodeName } from './treeNode';

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
      const item = new vscode.TreeItem('Trash', vscode.TreeItemCollapsibleState.Collapsed);
      item.iconPath = new vscode.ThemeIcon('trash');
      item.contextValue = 'trash';
      item.tooltip = `Deleted files and folders of ${node.address.remote}`;
      item.accessibilityInformation = { label: `Trash of ${node.address.remote}` };
      return item;
    }
    case 'trashed':
      return trashedItem(node, options);
    case 'more': {
      const item = new vscode.TreeItem('Load more…');
      item.description = `${format().count(node.shown)} shown`;
      item.iconPath = new vscode.ThemeIcon('ellipsis');
      item.contextValue = 'more';
      item.command = { command: 'cloudRemotes.loadMore', title: 'Load More', arguments: [node] };
      item.accessibilityInformation = { label: `Load more, ${format().count(node.shown)} shown` };
      return item;
    }
    case 'empty': {
      const item = new vscode.TreeItem(node.filter === undefined ? 'Empty' : 'No matching names');
      if (node.parent.kind === 'trash') {
        item.label = 'Trash is empty';
        item.contextValue = 'nothing';
        return item;
      }
      if (node.filter !== undefined) {
        item.description = `"${node.filter}" — click to clear the filter`;
        item.command = {
          command: 'cloudRemotes.clearFilter',
          title: 'Clear Filter',
          arguments: [node.parent],
        };
      } else if (node.parent.kind === 'remote' && isListOfBuckets(node.parent)) {
        item.label = 'No buckets yet';
        item.description = 'click to create one';
        item.command = { command: 'cloudRemotes.newBucket', title: 'New Bucket', arguments: [node.parent] };
      } else item.description = 'drop files here';
      item.contextValue = 'empty';
      return item;
    }
    case 'error':
      return errorItem(node);
  }
}

function remoteItem(node: RemoteNode, options: RowOptions): vscode.TreeItem {
  const { settings, backend, problems } = node.configured;
  const item = new vscode.TreeItem(settings.name, vscode.TreeItemCollapsibleState.Collapsed);
  if (!backend || problems.length > 0) {
    const first = problems[0] ?? 'The settings of this remote are incomplete.';
    item.collapsibleState = vscode.TreeItemCollapsibleState.None;
    item.iconPath = new vscode.ThemeIcon('warning', new vscode.ThemeColor('list.warningForeground'));
    item.description = first;
    item.tooltip = new Tooltip().text(`${settings.name} can't be used. ${problems.join(' ')}`).markdown;
    item.contextValue = 'remote unusable';
    item.command = {
      command: 'cloudRemotes.openRemotesSettings',
      title: 'Open Settings',
      arguments: [settings.name],
    };
    item.accessibilityInformation = { label: `${settings.name}, can't be used: ${problems.join(' ')}` };
    return item;
  }
  const root = node.address.path;
  item.iconPath = new vscode.ThemeIcon('cloud');
  item.description = [backend.describe(settings), root, filterText(options.filter)]
    .filter(Boolean)
    .join(' · ');
  item.contextValue = `remote usable${isListOfBuckets(node) ? ' top' : ' rooted'}${backend.signIn ? ' account' : ''}${filterFacet(options.filter)}`;
  item.accessibilityInformation = { label: `${settings.name}, remote, ${item.description}` };
  return item;
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

function trashedItem({ item: trashed }: TrashedNode, options: RowOptions): vscode.TreeItem {
  const name = printable(trashed.name);
  const item = new vscode.TreeItem(name);
  item.iconPath = trashed.kind === 'folder' ? vscode.ThemeIcon.Folder : vscode.ThemeIcon.File;
  const where = trashed.path === undefined ? undefined : printable(parentPath(trashed.path));
  item.description = [
    where === undefined ? undefined : `from ${where === '' ? 'the root' : where}`,
    trashed.size === undefined ? undefined : format().bytes(trashed.size),
    trashed.deleted && format().ago(instantToMs(trashed.deleted), options.now),
  ]
    .filter(Boolean)
    .join(' · ');
  item.contextValue = 'trashed';
  item.accessibilityInformation = { label: `${name}, ${trashed.kind} in the trash, ${item.description}` };
  return item;
}

function isListOfBuckets({ address, configured }: RemoteNode): boolean {
  return address.path === '' && configured.backend?.topLevel !== 'folder';
}

function folderItem(node: FolderNode, options: RowOptions): vscode.TreeItem {
  const item = new vscode.TreeItem(printable(nodeName(node)), vscode.TreeItemCollapsibleState.Collapsed);
  const bucket = isBucket(node);
  if (bucket) item.iconPath = new vscode.ThemeIcon('archive');
  else {
    item.resourceUri = toUri(node.address);
    item.iconPath = vscode.ThemeIcon.Folder;
  }
  const made =
    bucket && node.entry.modified ? format().ago(instantToMs(node.entry.modified), options.now) : undefined;
  item.description = [made, filterText(options.filter)].filter(Boolean).join(' · ');
  item.contextValue = `${bucket ? 'bucket' : 'folder'}${filterFacet(options.filter)}`;
  item.accessibilityInformation = {
    label: [printable(nodeName(node)), bucket ? 'bucket' : 'folder', item.description]
      .filter(Boolean)
      .join(', '),
  };
  return item;
}

function fileItem(node: FileNode, options: RowOptions): vscode.TreeItem {
  const { entry } = node;
  const item = new vscode.TreeItem(printable(nodeName(node)));
  const uri = toUri(node.address);
  const when = shownTime(entry);
  item.resourceUri = uri;
  item.iconPath = vscode.ThemeIcon.File;
  item.description = [
    format().bytes(entry.size),
    when === undefined ? undefined : format().ago(when, options.now),
    entry.readonly === undefined ? undefined : entry.storageClass?.toLowerCase(),
  ]
    .filter(Boolean)
    .join(' · ');
  item.contextValue = `file${entry.readonly === undefined ? '' : ' readonly'}`;
  // `vscode.open` handles single and double clicks (preview, pinned); our command confirms large files.
  item.command =
    entry.size > options.largeFileBytes || entry.readonly !== undefined
      ? { command: 'cloudRemotes.openFile', title: 'Open', arguments: [node] }
      : { command: 'vscode.open', title: 'Open', arguments: [uri] };
  item.accessibilityInformation = { label: `${printable(nodeName(node))}, file, ${item.description}` };
  return item;
}

function shownTime(entry: FileEntry): number | undefined {
  const time = entry.modified ?? entry.serverModified;
  return time && instantToMs(time);
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
  const { name, reason, size } = node.entry;
  const item = new vscode.TreeItem(printable(name));
  item.iconPath = new vscode.ThemeIcon('circle-slash');
  item.description = [unusableReasons[reason], size === undefined ? undefined : format().bytes(size)]
    .filter(Boolean)
    .join(' · ');
  item.tooltip = describeUnusable(node);
  item.contextValue = 'unusable';
  item.accessibilityInformation = {
    label: `${printable(name)}, can't be opened: it ${unusableReasons[reason]}`,
  };
  return item;
}

function errorItem(node: ErrorNode): vscode.TreeItem {
  const error = presentError(node.error, `Can't list ${shortAddress(node.parent.address)}`);
  const action = errorAction(error);
  const item = new vscode.TreeItem(`${error.short[0]?.toUpperCase()}${error.short.slice(1)}`);
  item.description = action.text;
  item.iconPath = new vscode.ThemeIcon('error', new vscode.ThemeColor('list.errorForeground'));
  item.tooltip = error.text;
  item.contextValue = 'error';
  item.command = { command: action.command, title: action.title, arguments: [node] };
  item.accessibilityInformation = { label: `${error.text} ${item.description}` };
  return item;
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

function filterFacet(filter: string | undefined): string {
  return filter === undefined ? '' : ' filtered';
}

/** Sets the tooltip of a folder or file from its listed entry; sends no request. */
export function fillTooltip(item: vscode.TreeItem, node: TreeNode): vscode.TreeItem {
  if (node.kind !== 'file' && node.kind !== 'folder') return item;
  const facts: [string, string | undefined][] = [];
  if (node.kind === 'file') {
    const { entry } = node;
    facts.push(
      [
        'Size',
        entry.size < 1024
          ? countOf(entry.size, 'byte')
          : `${format().bytes(entry.size)} (${countOf(entry.size, 'byte')})`,
      ],
      ['Modified', entry.modified && format().exactTime(instantToMs(entry.modified))],
      ['Uploaded', entry.serverModified && format().exactTime(instantToMs(entry.serverModified))],
      ['Storage class', entry.storageClass],
      ['ETag', entry.version],
    );
  } else if (node.entry.modified) {
    facts.push([
      isBucket(node) ? 'Created' : 'Modified',
      format().exactTime(instantToMs(node.entry.modified)),
    ]);
  }
  const text = new Tooltip().bold(formatAddress(node.address)).paragraph();
  for (const [name, value] of facts) if (value !== undefined) text.text(`${name}: ${value}`).newLine();
  if (node.kind === 'file' && node.entry.readonly !== undefined)
    text.paragraph().icon('lock').text(node.entry.readonly);
  item.tooltip = text.markdown;
  return item;
}
