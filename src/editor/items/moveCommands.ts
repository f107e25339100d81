import * as vscode from 'vscode';
import {
  formatAddress,
  looksLikeAddress,
  parseAddress,
  type RemoteAddress,
} from '../../remote/remoteAddress';
import { isRemoteError, RemoteError } from '../../remote/remoteError';
import {
  baseName,
  joinPath,
  parentPath,
  pathProblem,
  type RemotePath,
  rootPath,
  siblingPath,
  uniqueName,
} from '../../remote/remotePath';
import { acceptsFiles } from '../../usecases/configuredRemotes';
import type { CopyItem } from '../../usecases/copyItems';
import { neverAborted } from '../platform/cancellation';
import { moveTabs, unsavedBelow } from '../platform/openTabs';
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
import { showFailure } from '../window/errorMessages';
import { countOf } from '../window/numberFormat';
import type { CommandRow } from '../window/window';
import * as window from '../window/window';
import { runTransferTask, type TransferContext } from './copyTask';

/** The commands that rename, move and copy on remotes, by the service itself where it can. */
export function moveCommands(context: CommandContext): readonly CommandRow[] {
  const copied: Copied = { lines: [] };
  return [
    { id: 'cloudRemotes.renameItem', run: (...args) => rename(context, args) },
    { id: 'cloudRemotes.moveItem', run: (...args) => move(context, args) },
    { id: 'cloudRemotes.copyItem', run: (...args) => copyToClipboard(context, copied, args) },
    { id: 'cloudRemotes.pasteItem', run: (...args) => paste(context, copied, args) },
  ];
}

/** A file or folder to be copied or moved. */
export interface TransferItem {
  readonly address: RemoteAddress;
  readonly kind: 'file' | 'folder';
}

/**
 * Copies or moves things into a folder, each under its own name. `keepBoth`: what is copied into the folder it is in gets
 * another name, without a question.
 */
export async function transferInto(
  context: TransferContext,
  things: readonly TransferItem[],
  folder: RemoteAddress,
  how: 'copy' | 'move',
): Promise<void> {
  const verb = how === 'move' ? 'Move' : 'Copy';
  try {
    if (!acceptsFiles(context.app.remotes(), folder))
      throw new RemoteError('unsupported', 'Files lie in buckets. Choose a bucket, or a folder in one.');
    const to = await context.app.openRemote(folder.remote);
    const bySource = new Map<string, CopyItem[]>();
    for (const { address, kind } of things) {
      const from = await context.app.openRemote(address.remote);
      const sameFolder = address.remote === folder.remote && parentPath(address.path) === folder.path;
      if (sameFolder && how === 'move') continue;
      const name = baseName(address.path);
      const target = sameFolder ? await freePath(context, address) : joinPath(folder.path, name);
      const item = { from, source: address.path, kind, to, target };
      bySource.set(address.remote, [...(bySource.get(address.remote) ?? []), item]);
    }
    for (const [remote, items] of bySource) {
      const from = { remote, path: parentPath(items[0]?.source ?? folder.path) };
      await transfer(context, { verb, items, from, into: folder, move: how === 'move' });
    }
  } catch (error) {
    showFailure(
      error,
      { what: `Can't ${verb.toLowerCase()} to ${formatAddress(folder)}`, remote: folder.remote },
      context.output,
    );
  }
}

interface Transfer {
  readonly verb: string;
  readonly items: readonly CopyItem[];
  readonly from: RemoteAddress;
  readonly into: RemoteAddress;
  readonly move: boolean;
}

async function transfer(context: TransferContext, work: Transfer): Promise<void> {
  if (work.move && refuseUnsaved(work)) return;
  const follow = async (items: readonly CopyItem[]) => {
    for (const { source, target, kind } of items)
      await moveTabs(
        { remote: work.from.remote, path: source },
        { remote: work.into.remote, path: target },
        kind,
      );
  };
  const result = await runTransferTask(context, { ...work, onPartlyMoved: follow });
  if (result && work.move) await follow(work.items);
}

/** Says so, and answers true, when a file that would be moved is open with unsaved changes. */
function refuseUnsaved({ items, from }: Transfer): boolean {
  const unsaved = items.flatMap(({ source, kind }) =>
    unsavedBelow({ remote: from.remote, path: source }, kind),
  );
  if (unsaved.length === 0) return false;
  void window.showWarningMessage(
    `${unsaved.map((address) => baseName(address.path)).join(', ')} ${unsaved.length === 1 ? 'has' : 'have'} unsaved changes. Save or close first, then move.`,
  );
  return true;
}

async function freePath(context: TransferContext, address: RemoteAddress): Promise<RemotePath> {
  const remote = await context.app.openRemote(address.remote);
  const taken = new Set([baseName(address.path)]);
  for (;;) {
    const path = siblingPath(address.path, uniqueName(baseName(address.path), taken));
    try {
      await remote.stat(path, neverAborted());
      taken.add(baseName(path));
    } catch (error) {
      if (isRemoteError(error, 'notFound')) return path;
      throw error;
    }
  }
}

async function rename(context: CommandContext, args: readonly unknown[]): Promise<void> {
  const [meant] = selectedNodes(context, args);
  if (meant?.kind === 'remote') {
    await vscode.commands.executeCommand('cloudRemotes.renameRemote', meant);
    return;
  }
  const [node] = await resolveItems(context, args, 'Rename what?');
  if (!node) return;
  if (isBucket(node)) {
    void window.showInformationMessage(
      'A bucket keeps its name. Make a new one, copy the files there, and delete the old one.',
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
      if (text.includes('/')) return 'A name has no "/". Use Move to… for another folder.';
      const problem = text === '' ? 'is empty' : pathProblem(text);
      return problem && `This name ${problem}.`;
    },
  });
  if (name === undefined || name === before) return;
  await runWithErrorMessage(
    context,
    `Can't rename ${formatAddress(node.address)}`,
    node.address.remote,
    async () => {
      const remote = await context.app.openRemote(node.address.remote);
      const target = siblingPath(node.address.path, name);
      const parent = { remote: node.address.remote, path: parentPath(node.address.path) };
      const item = { from: remote, source: node.address.path, kind: node.kind, to: remote, target };
      await transfer(context, { verb: 'Rename', items: [item], from: parent, into: parent, move: true });
    },
  );
}

async function move(context: CommandContext, args: readonly unknown[]): Promise<void> {
  const nodes = withoutBuckets(await resolveItems(context, args, 'Move what?'));
  const [first] = nodes;
  if (!first) return;
  const what = nodes.length === 1 ? nodeName(first) : countOf(nodes.length, 'item');
  const place = await pickPlace(context, {
    title: `Move ${what} to`,
    want: 'folder',
    chooseLabel: 'Move Here',
    start: { remote: first.address.remote, path: parentPath(first.address.path) },
  });
  if (place) await transferInto(context, nodes, place.address, 'move');
}

/** Buckets can't be moved or copied as such; says so when some are among the nodes. */
function withoutBuckets(nodes: readonly ItemNode[]): readonly ItemNode[] {
  const rest = nodes.filter((node) => !isBucket(node));
  if (rest.length < nodes.length)
    void window.showInformationMessage(
      'A bucket can be neither moved nor copied as such. Choose what is in it, or sync it with another place.',
    );
  return rest;
}

/** What was copied last in this window, for where the clipboard can't be read: a browser may forbid it. */
interface Copied {
  lines: readonly string[];
}

/** Addresses as text, so that they can be pasted in another window, or in a chat. Folders end in "/". */
async function copyToClipboard(
  context: CommandContext,
  copied: Copied,
  args: readonly unknown[],
): Promise<void> {
  const meant = selectedNodes(context, args);
  warnUnusable(meant);
  const nodes = meant.filter(isItem);
  if (nodes.length === 0) return;
  const lines = nodes.map((node) => `${formatAddress(node.address)}${node.kind === 'folder' ? '/' : ''}`);
  copied.lines = lines;
  const what = nodes.length === 1 ? lines[0] : countOf(nodes.length, 'item');
  window.setStatusBarMessage(`Copied ${what}; paste into a folder of the tree`, 3000);
  await vscode.env.clipboard.writeText(lines.join('\n'));
}

async function paste(context: CommandContext, copied: Copied, args: readonly unknown[]): Promise<void> {
  const text = await vscode.env.clipboard.readText().then(undefined, () => '');
  const things = readAddresses(context, text === '' ? copied.lines : text.split(/\r?\n/));
  if (things.length === 0) {
    void window.showInformationMessage(
      'There is nothing to paste here. Copy files or folders in the tree first.',
    );
    return;
  }
  const [node] = selectedNodes(context, args);
  const container = isNode(node) ? containerOf(context, node) : undefined;
  const folder =
    container?.address ?? (await resolveFolder(context, [], 'Paste into which folder?', 'Paste Here'));
  if (folder) await transferInto(context, things, folder, 'copy');
}

/** The lines that are addresses on known remotes; empty when any line is something else. */
function readAddresses(context: CommandContext, lines: readonly string[]): TransferItem[] {
  const names = new Set(context.app.remotes().map(({ settings }) => settings.name));
  const things: TransferItem[] = [];
  for (const line of lines) {
    if (line === '') continue;
    if (!looksLikeAddress(line)) return [];
    try {
      const address = parseAddress(line);
      const folder = { remote: address.remote, path: parentPath(address.path) };
      if (!names.has(address.remote) || address.path === rootPath) return [];
      if (!acceptsFiles(context.app.remotes(), folder)) return [];
      things.push({ address, kind: line.endsWith('/') ? 'folder' : 'file' });
    } catch {
      return []; // some other text with a colon in it
    }
  }
  return things;
}
