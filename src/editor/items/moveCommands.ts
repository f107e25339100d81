import * as vscode from 'vscode';
import {
  formatAddress,
  looksLikeAddress,
  parseAddress,
  type RemoteAddress,
} from '../../remote/remoteAddress';
import { RemoteError } from '../../remote/remoteError';
import { baseName, joinPath, parentPath, pathProblem, rootPath, siblingPath } from '../../remote/remotePath';
import { acceptsFiles } from '../../usecases/configuredRemotes';
import type { CopyItem } from '../../usecases/copyItems';
import { moveTabs, unsavedBelow } from '../platform/openTabs';
import { remoteNames } from '../platform/places';
import type { CommandContext } from '../tree/commandContext';
import { pickPlace } from '../tree/pickPlace';
import {
  containerOf,
  isNode,
  resolveFolder,
  resolveItems,
  runWithErrorMessage,
  selectedNodes,
  warnUnusable,
} from '../tree/selection';
import { type ItemNode, isBucket, isItem, nodeName } from '../tree/treeNode';
import type { EditorContext } from '../window/editorContext';
import { showFailure } from '../window/errorMessages';
import { nameOrCount } from '../window/numberFormat';
import * as window from '../window/window';
import { runTransferTask, type TransferTask, uniquePath } from './copyTask';

/** The commands that rename, move and copy on remotes, on the server side where possible. */
export function moveCommands(context: CommandContext): readonly window.CommandRow[] {
  const copied: CopiedAddresses = { lines: [] };
  return [
    { id: 'cloudRemotes.renameItem', run: (...args) => rename(context, args) },
    { id: 'cloudRemotes.moveItem', run: (...args) => move(context, args) },
    { id: 'cloudRemotes.copyItem', run: (...args) => copyToClipboard(context, copied, args) },
    { id: 'cloudRemotes.pasteItem', run: (...args) => paste(context, copied, args) },
  ];
}

/** A file or folder to copy or move. */
export interface TransferItem {
  readonly address: RemoteAddress;
  readonly kind: 'file' | 'folder';
}

/** Copies or moves items into a folder, each under its own name. A copy into the same folder gets a unique name. */
export async function transferInto(
  context: EditorContext,
  items: readonly TransferItem[],
  folder: RemoteAddress,
  how: 'copy' | 'move',
): Promise<void> {
  const verb = how === 'move' ? 'Move' : 'Copy';
  try {
    if (!acceptsFiles(context.app.remotes(), folder))
      throw new RemoteError('unsupported', 'Files must be in a bucket. Choose a bucket or a folder in one.');
    const to = await context.app.openRemote(folder.remote);
    const bySource = new Map<string, CopyItem[]>();
    for (const { address, kind } of items) {
      const from = await context.app.openRemote(address.remote);
      const sameFolder = address.remote === folder.remote && parentPath(address.path) === folder.path;
      if (sameFolder && how === 'move') continue;
      const target = sameFolder
        ? await uniquePath(from, address.path, true)
        : joinPath(folder.path, baseName(address.path));
      const item = { from, source: address.path, kind, to, target };
      bySource.set(address.remote, [...(bySource.get(address.remote) ?? []), item]);
    }
    for (const [remote, copies] of bySource) {
      const from = { remote, path: parentPath(copies[0]?.source ?? folder.path) };
      await transfer(context, { verb, items: copies, from, into: folder, move: how === 'move' });
    }
  } catch (error) {
    const what = `Can't ${verb.toLowerCase()} to ${formatAddress(folder)}`;
    showFailure(error, { what, remote: folder.remote }, context.output);
  }
}

/** A transfer from one remote to another, or within one. */
type Transfer = TransferTask & Required<Pick<TransferTask, 'from' | 'into' | 'move'>>;

async function transfer(context: EditorContext, task: Transfer): Promise<void> {
  if (task.move && warnUnsaved(task)) return;
  const { from, into } = task;
  const moveOpenTabs = async (items: readonly CopyItem[]) => {
    for (const { source, target, kind } of items)
      await moveTabs({ remote: from.remote, path: source }, { remote: into.remote, path: target }, kind);
  };
  const result = await runTransferTask(context, { ...task, onPartlyMoved: moveOpenTabs });
  if (result && task.move) await moveOpenTabs(task.items);
}

/** Warns about open files with unsaved changes among the items, and returns whether there are any. */
function warnUnsaved({ items, from }: Transfer): boolean {
  const unsaved = items
    .flatMap(({ source, kind }) => unsavedBelow({ remote: from.remote, path: source }, kind))
    .map(({ path }) => baseName(path));
  if (unsaved.length > 0)
    void window.showWarningMessage(
      `${unsaved.join(', ')} ${unsaved.length === 1 ? 'has' : 'have'} unsaved changes. Save or close before moving.`,
    );
  return unsaved.length > 0;
}

async function rename(context: CommandContext, args: readonly unknown[]): Promise<void> {
  const [selected] = selectedNodes(context, args);
  if (selected?.kind === 'remote') {
    await vscode.commands.executeCommand('cloudRemotes.renameRemote', selected);
    return;
  }
  const [node] = await resolveItems(context, args, 'Rename which file or folder?');
  if (!node) return;
  if (isBucket(node)) {
    void window.showInformationMessage(
      "Buckets can't be renamed. Create a new bucket, copy the files, and delete the old one.",
    );
    return;
  }
  const before = nodeName(node);
  const dot = node.kind === 'file' ? before.lastIndexOf('.') : -1;
  const name = await window.showInputBox({
    title: `Rename ${formatAddress(node.address)}`,
    value: before,
    valueSelection: [0, dot > 0 ? dot : before.length],
    validateInput: (text) => {
      if (text.includes('/')) return 'A name can\'t contain "/". Use Move to… to move to another folder.';
      const problem = text === '' ? 'is empty' : pathProblem(text);
      return problem && `This name ${problem}.`;
    },
  });
  if (name === undefined || name === before) return;
  const { remote, path } = node.address;
  await runWithErrorMessage(context, `Can't rename ${formatAddress(node.address)}`, remote, async () => {
    const opened = await context.app.openRemote(remote);
    const item = { from: opened, source: path, kind: node.kind, to: opened, target: siblingPath(path, name) };
    const parent = { remote, path: parentPath(path) };
    await transfer(context, { verb: 'Rename', items: [item], from: parent, into: parent, move: true });
  });
}

async function move(context: CommandContext, args: readonly unknown[]): Promise<void> {
  const nodes = withoutBuckets(await resolveItems(context, args, 'Move which file or folder?'));
  const [first] = nodes;
  if (!first) return;
  const place = await pickPlace(context, {
    title: `Move ${nameOrCount(nodes.map(nodeName))} to`,
    want: 'folder',
    chooseLabel: 'Move Here',
    start: { remote: first.address.remote, path: parentPath(first.address.path) },
  });
  if (place) await transferInto(context, nodes, place.address, 'move');
}

/** Warns about buckets among the nodes and leaves them out. */
function withoutBuckets(nodes: readonly ItemNode[]): readonly ItemNode[] {
  const rest = nodes.filter((node) => !isBucket(node));
  if (rest.length < nodes.length)
    void window.showInformationMessage(
      "Buckets can't be moved or copied. Select their files and folders, or sync the bucket.",
    );
  return rest;
}

/** The addresses copied last in this window: a browser may deny access to the clipboard. */
interface CopiedAddresses {
  lines: readonly string[];
}

/** Copies addresses as text, for another window or a chat. Folders end in "/". */
async function copyToClipboard(
  context: CommandContext,
  copied: CopiedAddresses,
  args: readonly unknown[],
): Promise<void> {
  const selected = selectedNodes(context, args);
  warnUnusable(selected);
  const nodes = selected.filter(isItem);
  if (nodes.length === 0) return;
  const lines = nodes.map((node) => `${formatAddress(node.address)}${node.kind === 'folder' ? '/' : ''}`);
  copied.lines = lines;
  window.setStatusBarMessage(`Copied ${nameOrCount(lines)}. Paste into a folder of the tree.`, 3000);
  await vscode.env.clipboard.writeText(lines.join('\n'));
}

async function paste(
  context: CommandContext,
  copied: CopiedAddresses,
  args: readonly unknown[],
): Promise<void> {
  const text = await vscode.env.clipboard.readText().then(undefined, () => '');
  const items = readAddresses(context, text === '' ? copied.lines : text.split(/\r?\n/));
  if (items.length === 0) {
    void window.showInformationMessage('Nothing to paste. Copy files or folders in the tree first.');
    return;
  }
  const [node] = selectedNodes(context, args);
  const container = isNode(node) ? containerOf(context, node) : undefined;
  const folder =
    container?.address ?? (await resolveFolder(context, [], 'Paste into which folder?', 'Paste Here'));
  if (folder) await transferInto(context, items, folder, 'copy');
}

/** The items of the addresses in `lines`; empty when any line is no address on a configured remote. */
function readAddresses(context: CommandContext, lines: readonly string[]): TransferItem[] {
  const names = remoteNames(context.app);
  const items: TransferItem[] = [];
  for (const line of lines) {
    if (line === '') continue;
    if (!looksLikeAddress(line)) return [];
    try {
      const address = parseAddress(line);
      const folder = { remote: address.remote, path: parentPath(address.path) };
      if (!names.includes(address.remote) || address.path === rootPath) return [];
      if (!acceptsFiles(context.app.remotes(), folder)) return [];
      items.push({ address, kind: line.endsWith('/') ? 'folder' : 'file' });
    } catch {
      return []; // another text with a colon
    }
  }
  return items;
}
