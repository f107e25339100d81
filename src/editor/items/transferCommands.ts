import path from 'node:path';
import * as vscode from 'vscode';
import { formatAddress, type RemoteAddress } from '../../remote/remoteAddress';
import { baseName, joinPath, parsePath } from '../../remote/remotePath';
import type { CopyItem, ItemsResult } from '../../usecases/copyItems';
import type { CommandContext } from '../tree/commandContext';
import { resolveFolder, resolveItems, runWithErrorMessage } from '../tree/selection';
import { type ItemNode, isBucket, nodeName } from '../tree/treeNode';
import type { EditorContext } from '../window/editorContext';
import { showFailure } from '../window/errorMessages';
import { countOf, format, nameOrCount } from '../window/numberFormat';
import * as window from '../window/window';
import { runTransferTask } from './copyTask';

/** The commands that upload and download. */
export function transferCommands(context: CommandContext): readonly window.CommandRow[] {
  return [
    { id: 'cloudRemotes.uploadFiles', run: (...args) => upload(context, args, 'files') },
    { id: 'cloudRemotes.uploadFolder', run: (...args) => upload(context, args, 'folder') },
    { id: 'cloudRemotes.downloadTo', run: (...args) => download(context, args) },
  ];
}

async function upload(
  context: CommandContext,
  args: readonly unknown[],
  what: 'files' | 'folder',
): Promise<void> {
  const folder = await resolveFolder(context, args, `Upload ${what} to which folder?`, 'Upload Here');
  if (!folder) return;
  const chosen = await window.showOpenDialog({
    title: `Upload to ${formatAddress(folder)}`,
    openLabel: 'Upload',
    canSelectMany: true,
    canSelectFiles: what === 'files',
    canSelectFolders: what === 'folder',
  });
  const paths = (chosen ?? []).map((uri) => uri.fsPath);
  if (chosen && areLocal(chosen)) await uploadPaths(context, folder, paths);
}

/** Returns whether all files are on the machine that the extension runs on, and warns otherwise. */
function areLocal(uris: readonly vscode.Uri[]): boolean {
  const other = uris.find((uri) => uri.scheme !== 'file');
  if (other)
    void window.showWarningMessage(
      `${other.path} is not on the machine that Cloud Remotes runs on. Choose a folder of that machine.`,
    );
  return other === undefined;
}

/** Uploads files and folders of this machine into a folder of a remote, each under its own name. */
export async function uploadPaths(
  context: EditorContext,
  folder: RemoteAddress,
  paths: readonly string[],
): Promise<void> {
  try {
    const to = await context.app.openRemote(folder.remote);
    const items: CopyItem[] = [];
    for (const local of paths) {
      // The parent folder opens as a remote, so that links and unusual names are handled as in a sync.
      const { remote: from } = await context.app.openPlace({ kind: 'folder', path: path.dirname(local) });
      const name = parsePath(path.basename(local));
      items.push({ from, source: name, to, target: joinPath(folder.path, name) });
    }
    const result = await runTransferTask(context, { verb: 'Upload', items, into: folder });
    if (result) window.setStatusBarMessage(`Uploaded ${describe(result)}`, 5000);
  } catch (error) {
    const what = `Can't upload to ${formatAddress(folder)}`;
    showFailure(error, { what, remote: folder.remote }, context.output);
  }
}

/** "3 files, 1.2 MB" */
function describe({ files, bytes }: ItemsResult): string {
  return `${countOf(files, 'file')}, ${format().bytes(bytes)}`;
}

async function download(context: CommandContext, args: readonly unknown[]): Promise<void> {
  const nodes = await resolveItems(context, args, 'Download which file or folder?');
  const [first] = nodes;
  if (!first) return;
  const target = nodes.length === 1 && first.kind === 'file' ? await askFile(first) : await askFolder(nodes);
  if (!target) return;
  const { address: from } = first;
  await runWithErrorMessage(context, `Can't download ${formatAddress(from)}`, from.remote, async () => {
    const { remote: to } = await context.app.openPlace({ kind: 'folder', path: target.folder });
    const items: CopyItem[] = [];
    for (const { address, kind } of nodes) {
      const name = parsePath(target.name ?? baseName(address.path));
      const opened = await context.app.openRemote(address.remote);
      items.push({ from: opened, source: address.path, kind, to, target: name });
    }
    const overwrite = target.name !== undefined; // the save dialog has asked
    const result = await runTransferTask(context, { verb: 'Download', items, overwrite, from });
    const shown = path.join(target.folder, target.name ?? '');
    if (result) window.setStatusBarMessage(`Downloaded ${describe(result)}, to ${shown}`, 8000);
  });
}

interface LocalTarget {
  readonly folder: string;
  /** The name of a single file; without it each item keeps its name. */
  readonly name?: string;
}

async function askFile(node: ItemNode): Promise<LocalTarget | undefined> {
  const folder = localFolder();
  const name = nodeName(node);
  const chosen = await window.showSaveDialog({
    title: `Download ${name}`,
    saveLabel: 'Download',
    ...(folder && { defaultUri: vscode.Uri.joinPath(folder, name) }),
  });
  if (!chosen || !areLocal([chosen])) return undefined;
  return { folder: path.dirname(chosen.fsPath), name: path.basename(chosen.fsPath) };
}

async function askFolder(nodes: readonly ItemNode[]): Promise<LocalTarget | undefined> {
  const label = nameOrCount(nodes.map(nodeName));
  const kind = nodes[0] && isBucket(nodes[0]) ? 'bucket ' : '';
  const folder = localFolder();
  const chosen = await window.showOpenDialog({
    title: `Download ${kind}${label} into`,
    openLabel: 'Download Here',
    canSelectFolders: true,
    canSelectFiles: false,
    ...(folder && { defaultUri: folder }),
  });
  const [target] = chosen ?? [];
  return target && areLocal([target]) ? { folder: target.fsPath } : undefined;
}

/** The first workspace folder on this machine. */
function localFolder(): vscode.Uri | undefined {
  return vscode.workspace.workspaceFolders?.find(({ uri }) => uri.scheme === 'file')?.uri;
}
