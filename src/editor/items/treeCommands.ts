import * as vscode from 'vscode';
import { formatAddress, parseAddress, type RemoteAddress } from '../../remote/remoteAddress';
import { RemoteError } from '../../remote/remoteError';
import { baseName } from '../../remote/remotePath';
import { checkBeforeOpen } from '../../usecases/openRemoteFile';
import { neverAborted } from '../platform/cancellation';
import { remoteNames, shortAddress } from '../platform/places';
import { toUri } from '../platform/remoteUri';
import type { CommandContext } from '../tree/commandContext';
import { revealRow } from '../tree/revealRow';
import {
  containerOf,
  isNode,
  resolveFolder,
  resolveItems,
  runWithErrorMessage,
  selectedNodes,
} from '../tree/selection';
import { isContainer, isItem, nodeName, remoteOf, trashOf } from '../tree/treeNode';
import { showFailure } from '../window/errorMessages';
import { inertLabel } from '../window/inertText';
import { format } from '../window/numberFormat';
import { withProgressBar } from '../window/progress';
import * as window from '../window/window';

/** The commands that change nothing on any remote. */
export function treeCommands(context: CommandContext): readonly window.CommandRow[] {
  return [
    { id: 'cloudRemotes.refresh', run: () => context.tree.refresh() },
    { id: 'cloudRemotes.refreshFolder', run: (...args) => refreshFolder(context, args) },
    { id: 'cloudRemotes.explainError', run: (arg) => explainError(context, arg) },
    { id: 'cloudRemotes.loadMore', run: (arg) => loadMore(context, arg) },
    { id: 'cloudRemotes.filterFolder', run: (...args) => filterFolder(context, args) },
    { id: 'cloudRemotes.clearFilter', run: (...args) => clearFilter(context, args) },
    { id: 'cloudRemotes.goToAddress', run: (arg) => goToAddress(context, arg) },
    { id: 'cloudRemotes.openFile', run: (...args) => openFiles(context, args) },
    { id: 'cloudRemotes.openAsWorkspaceFolder', run: (...args) => openAsWorkspaceFolder(context, args) },
    { id: 'cloudRemotes.copyAddress', run: (...args) => copyAddress(context, args) },
    { id: 'cloudRemotes.copyLink', run: (...args) => copyLink(context, args) },
    { id: 'cloudRemotes.showProperties', run: (...args) => showProperties(context, args) },
  ];
}

function refreshFolder(context: CommandContext, args: readonly unknown[]): void {
  const nodes = selectedNodes(context, args);
  if (nodes.length === 0) context.tree.refresh();
  for (const node of nodes) {
    const paged = trashOf(node) ?? containerOf(context, node);
    if (paged) context.tree.refresh(paged);
  }
}

/** Shows the full error of a row with all its recovery buttons. */
function explainError(context: CommandContext, arg: unknown): void {
  if (!isNode(arg) || arg.kind !== 'error') return;
  const { parent, error } = arg;
  const retry = () => context.tree.refresh(parent);
  const what = `Can't list ${shortAddress(parent.address)}`;
  showFailure(error, { what, remote: parent.address.remote, retry }, context.output);
}

async function loadMore(context: CommandContext, arg: unknown): Promise<void> {
  if (isNode(arg) && arg.kind === 'more') await withProgressBar(() => context.tree.loadMore(arg.parent));
}

async function filterFolder(context: CommandContext, args: readonly unknown[]): Promise<void> {
  const [node] = selectedNodes(context, args);
  const folder = node
    ? containerOf(context, node)
    : await resolveFolder(context, args, 'Filter which folder?', 'Filter This Folder').then(
        (address) => address && context.tree.containerAt(address),
      );
  if (!folder) return;
  const before = context.tree.filterOf(folder) ?? '';
  const typed = await window.showInputBox({
    title: `Filter ${shortAddress(folder.address)}`,
    prompt: 'Show only names that start with this text (case-sensitive). Leave empty to show all.',
    placeHolder: 'Start of the name',
    value: before,
    validateInput: (text) =>
      text.includes('/') ? 'A name can\'t contain "/". Open the folder and filter there.' : undefined,
  });
  if (typed === undefined) return;
  context.tree.setFilter(folder, typed.replace(/\*$/, '') || undefined);
  await context.view.reveal(folder, { select: true, focus: false, expand: true });
}

function clearFilter(context: CommandContext, args: readonly unknown[]): void {
  const nodes = args.some(isNode)
    ? selectedNodes(context, args).filter(isContainer)
    : context.tree.filters().map(({ node }) => node);
  for (const node of nodes) context.tree.setFilter(node, undefined);
}

async function goToAddress(context: CommandContext, arg: unknown): Promise<void> {
  const text = (typeof arg === 'string' ? arg : await askAddress(context))?.trim();
  if (text === undefined) return;
  await runWithErrorMessage(context, `Can't go to ${text}`, undefined, async () => {
    const address = parseAddress(text);
    if (!context.app.remotes().some(({ settings }) => settings.name === address.remote))
      throw new RemoteError('notFound', `There is no remote named "${address.remote}".`);
    const kind = await withProgressBar(() => reveal(context, address, text.endsWith('/')));
    if (kind === 'file') await openFile(context, address);
  });
}

async function askAddress(context: CommandContext): Promise<string | undefined> {
  const names = remoteNames(context.app);
  const [selected] = context.view.selection;
  const container = selected && containerOf(context, selected);
  const start = container ? formatAddress(container.address) : names.length === 1 ? `${names[0]}:` : '';
  return window.showInputBox({
    title: 'Go to Address',
    prompt: 'remote:bucket/path of a file, or of a folder with a trailing "/"',
    placeHolder: `${names[0] ?? 'photos'}:bucket/path`,
    value: start,
    valueSelection: [start.length, start.length],
    validateInput: (typed) => {
      if (typed.trim() === '') return undefined;
      try {
        const { remote } = parseAddress(typed.trim());
        return names.includes(remote)
          ? undefined
          : `There is no remote named "${remote}". Remotes: ${names.join(', ')}.`;
      } catch (error) {
        return error instanceof Error ? error.message : String(error);
      }
    },
  });
}

/** Reveals the folder or file in the tree; a file outside of the tree is skipped. Resolves to its kind. */
async function reveal(
  context: CommandContext,
  address: RemoteAddress,
  folderOnly: boolean,
): Promise<'file' | 'folder'> {
  let isFile = false;
  const node = await revealRow(context.view, async () => {
    const remote = await context.app.openRemote(address.remote);
    const mayBeFile = !folderOnly && address.path !== '';
    isFile = mayBeFile && (await remote.stat(address.path, neverAborted())).kind === 'file';
    return context.tree.find(address, isFile ? 'file' : 'folder');
  });
  if (!node && !isFile) throw new RemoteError('notFound', `There is no folder ${formatAddress(address)}.`);
  return isFile ? 'file' : 'folder';
}

async function openFiles(context: CommandContext, args: readonly unknown[]): Promise<void> {
  if (args[0] instanceof vscode.Uri) return openUri(args[0]);
  for (const node of await resolveItems(context, args, 'Open which file?', 'file'))
    await runWithErrorMessage(context, `Can't open ${formatAddress(node.address)}`, remoteOf(node), () =>
      openFile(context, node.address),
    );
}

/** Opens a file, and asks first if it is large: the file system itself must not prompt. */
async function openFile(context: CommandContext, address: RemoteAddress): Promise<void> {
  const name = baseName(address.path);
  const decision = await withProgressBar(async () =>
    checkBeforeOpen(
      await context.app.openRemote(address.remote),
      address.path,
      context.settings().largeFileBytes,
      neverAborted(),
    ),
  );
  const size = format().bytes(decision.entry.size);
  const download = async () => {
    const row = await context.tree.find(address, 'file');
    if (!row) throw new RemoteError('notFound', `${formatAddress(address)} is gone.`);
    await vscode.commands.executeCommand('cloudRemotes.downloadTo', row);
  };
  switch (decision.kind) {
    case 'open':
      return openUri(toUri(address));
    case 'ask': {
      const chosen = await window.showWarningMessage(
        `${name} is large: ${size}.`,
        { modal: true, detail: 'Opening it downloads the whole file into memory.' },
        'Open Anyway',
        'Download to…',
      );
      if (chosen === 'Open Anyway') openUri(toUri(address));
      if (chosen === 'Download to…') await download();
      return;
    }
    case 'tooLarge': {
      const text = `${name} is too large for the editor: ${size}.`;
      if (await window.showWarningMessage(text, 'Download to…')) await download();
      return;
    }
    case 'unreadable':
      void window.showWarningMessage(decision.reason);
  }
}

/** Doesn't wait for the editor, which reads the file, shows progress and may prompt. */
function openUri(uri: vscode.Uri): void {
  vscode.commands.executeCommand('vscode.open', uri).then(undefined, () => {}); // the editor shows the error
}

async function openAsWorkspaceFolder(context: CommandContext, args: readonly unknown[]): Promise<void> {
  const nodes = selectedNodes(context, args).filter(isContainer);
  const addresses = nodes.map((node) => node.address);
  if (addresses.length === 0) {
    const picked = await resolveFolder(context, [], 'Open which folder?', 'Open This Folder');
    if (!picked) return;
    addresses.push(picked);
  }
  const folders = vscode.workspace.workspaceFolders ?? [];
  const added = addresses
    .map((address) => ({ uri: toUri(address), name: inertLabel(baseName(address.path) || address.remote) }))
    .filter((folder) => !folders.some(({ uri }) => uri.toString() === folder.uri.toString()));
  vscode.workspace.updateWorkspaceFolders(folders.length, 0, ...added);
}

async function copyAddress(context: CommandContext, args: readonly unknown[]): Promise<void> {
  const selected = selectedNodes(context, args).filter((node) => isContainer(node) || isItem(node));
  const nodes = selected.length > 0 ? selected : await resolveItems(context, [], 'Copy which address?');
  const addresses = nodes.map(({ address }) => formatAddress(address));
  if (addresses.length === 0) return;
  await vscode.env.clipboard.writeText(addresses.join('\n'));
  const label = addresses.length === 1 ? addresses[0] : `${addresses.length} addresses`;
  window.setStatusBarMessage(`Copied ${label}`, 3000);
}

const expiries = [
  { label: '15 minutes', seconds: 15 * 60 },
  { label: '1 hour', seconds: 3600 },
  { label: '1 day', seconds: 24 * 3600 },
  { label: '7 days', description: 'the maximum of S3', seconds: 7 * 24 * 3600 },
];

async function copyLink(context: CommandContext, args: readonly unknown[]): Promise<void> {
  const nodes = await resolveItems(context, args, 'Share which file?', 'file');
  const [first] = nodes;
  if (!first) return;
  const label = nodes.length === 1 ? nodeName(first) : `${nodes.length} files`;
  await runWithErrorMessage(context, `Can't create a link to ${label}`, remoteOf(first), async () => {
    const expiry = await window.showQuickPick(expiries, {
      title: `Link to ${label}`,
      placeHolder: 'Anyone with the link can read the file. Choose how long it is valid.',
    });
    if (!expiry) return;
    const links: string[] = [];
    for (const { address } of nodes) {
      const { features } = await context.app.openRemote(address.remote);
      if (!features?.shareLink)
        throw new RemoteError('unsupported', `${address.remote} doesn't support links.`);
      links.push(await features.shareLink(address.path, expiry.seconds, neverAborted()));
    }
    await vscode.env.clipboard.writeText(links.join('\n'));
    window.setStatusBarMessage(`Copied a link to ${label}, valid for ${expiry.label}`, 5000);
  });
}

async function showProperties(context: CommandContext, args: readonly unknown[]): Promise<void> {
  const [node] = await resolveItems(context, args, 'Show properties of which file or folder?');
  if (!node) return;
  const { address } = node;
  const what = `Can't show the properties of ${formatAddress(address)}`;
  await runWithErrorMessage(context, what, address.remote, () => context.properties.show(address));
}
