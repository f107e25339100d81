import * as vscode from 'vscode';
import { fileIfExists } from '../../remote/endpoint';
import type { Precondition } from '../../remote/remote';
import { formatAddress, type RemoteAddress } from '../../remote/remoteAddress';
import { isRemoteError, RemoteError } from '../../remote/remoteError';
import {
  baseName,
  joinPath,
  parentPath,
  parsePath,
  type RemotePath,
  siblingPath,
  uniqueName,
} from '../../remote/remotePath';
import { acceptsFiles } from '../../usecases/configuredRemotes';
import { bytesSource } from '../../usecases/saveRemoteFile';
import { neverAborted } from '../platform/cancellation';
import { addressOfUri } from '../platform/places';
import { remoteScheme, remotesViewId, toUri } from '../platform/remoteUri';
import type { RemotesTree } from '../tree/remotesTree';
import { isBucket, isContainer, isItem, type TreeNode, trashOf } from '../tree/treeNode';
import type { EditorContext } from '../window/editorContext';
import { showFailure } from '../window/errorMessages';
import { nameOrCount } from '../window/numberFormat';
import * as window from '../window/window';
import { askReplace } from './copyTask';
import { type TransferItem, transferInto } from './moveCommands';
import { uploadPaths } from './transferCommands';

const uriList = 'text/uri-list';
const ownRows = `application/vnd.code.tree.${remotesViewId.toLowerCase()}`;

/** Drag and drop within the tree (move or copy), into the tree (upload), and out of the tree into editors. */
export class RemotesDragAndDrop implements vscode.TreeDragAndDropController<TreeNode> {
  readonly dragMimeTypes = [uriList];
  readonly dropMimeTypes = [ownRows, uriList, 'files'];

  constructor(
    private readonly context: EditorContext,
    private readonly tree: RemotesTree,
  ) {}

  handleDrag(nodes: readonly TreeNode[], data: vscode.DataTransfer): void {
    const items = nodes.filter(isItem);
    if (items.length === 0) return;
    const movable = items
      .filter((node) => !isBucket(node))
      .map((node): TransferItem => ({ address: node.address, kind: node.kind }));
    data.set(ownRows, new vscode.DataTransferItem(movable));
    const uris = items.map(({ address }) => toUri(address).toString());
    data.set(uriList, new vscode.DataTransferItem(uris.join('\r\n')));
  }

  async handleDrop(onto: TreeNode | undefined, data: vscode.DataTransfer): Promise<void> {
    try {
      const folder = this.folderOf(onto);
      const rows = data.get(ownRows);
      if (rows) return await this.dropRows(folder, rows.value as readonly TransferItem[]);
      const uris = parseUriList((await data.get(uriList)?.asString()) ?? '');
      if (uris.length > 0) return await this.dropUris(folder, uris);
      await this.dropFiles(folder, data);
    } catch (error) {
      showFailure(error, { what: "Can't drop here" }, this.context.output);
    }
  }

  /** The target of a drop: the folder of the row, or the folder that contains its file. */
  private folderOf(onto: TreeNode | undefined): RemoteAddress {
    if (onto && trashOf(onto)) throw new RemoteError('unsupported', "Can't drop into the trash. Use Delete.");
    const container = onto === undefined || isContainer(onto) ? onto : this.tree.getParent(onto);
    const address = isContainer(container) ? container.address : undefined;
    if (!address || !acceptsFiles(this.context.app.remotes(), address))
      throw new RemoteError(
        'unsupported',
        'Files must be in a bucket. Drop onto a bucket or a folder in one.',
      );
    return address;
  }

  private async dropRows(folder: RemoteAddress, rows: readonly TransferItem[]): Promise<void> {
    const items = rows.filter(
      ({ address: { remote, path } }) =>
        remote !== folder.remote || (parentPath(path) !== folder.path && path !== folder.path),
    );
    if (items.length === 0) return;
    const label = nameOrCount(items.map(({ address }) => formatAddress(address)));
    const isSameRemote = items.every(({ address }) => address.remote === folder.remote);
    const chosen = await window.showInformationMessage(
      `${isSameRemote ? 'Move' : 'Copy'} ${label} to ${formatAddress(folder)}?`,
      { modal: true },
      ...(isSameRemote ? ['Move', 'Copy'] : ['Copy', 'Move']),
    );
    if (chosen) await transferInto(this.context, items, folder, chosen === 'Move' ? 'move' : 'copy');
  }

  private async dropUris(folder: RemoteAddress, uris: readonly vscode.Uri[]): Promise<void> {
    const local = uris.filter((uri) => uri.scheme === 'file');
    const remote = uris.filter((uri) => uri.scheme === remoteScheme);
    const other = uris.find((uri) => uri.scheme !== 'file' && uri.scheme !== remoteScheme);
    const paths = local.map((uri) => uri.fsPath);
    if (paths.length > 0) await uploadPaths(this.context, folder, paths);
    if (remote.length > 0) {
      const addresses = remote.map((uri) => addressOfUri(uri, this.context.app));
      const items = await Promise.all(addresses.map((address) => this.itemAt(address)));
      await transferInto(this.context, items, folder, 'copy');
    }
    if (other)
      throw new RemoteError('unsupported', `Can't upload ${other.scheme}: files. Save them locally first.`);
  }

  private async itemAt(address: RemoteAddress): Promise<TransferItem> {
    const remote = await this.context.app.openRemote(address.remote);
    const { kind } = await remote.stat(address.path, neverAborted());
    return { address, kind: kind === 'folder' ? 'folder' : 'file' };
  }

  /** Files from outside of the editor. In a browser they have content but no path. */
  private async dropFiles(folder: RemoteAddress, data: vscode.DataTransfer): Promise<void> {
    const files = [...data].flatMap(([, item]) => item.asFile() ?? []);
    const onDisk = files.flatMap((file) => (file.uri?.scheme === 'file' ? [file.uri.fsPath] : []));
    if (onDisk.length > 0) return uploadPaths(this.context, folder, onDisk);
    for (const file of files) await this.dropContent(folder, file);
  }

  private async dropContent(folder: RemoteAddress, file: vscode.DataTransferFile): Promise<void> {
    const remote = await this.context.app.openRemote(folder.remote);
    const body = bytesSource(await file.data());
    const put = async (path: RemotePath, precondition: Precondition) => {
      await remote.write(path, body, {}, precondition, neverAborted());
      this.context.changes.fire({ remote: folder.remote, path, kind: 'created' });
    };
    const path = joinPath(folder.path, parsePath(file.name));
    const taken = new Set<string>();
    for (let target = path; ; target = siblingPath(path, uniqueName(file.name, taken)))
      try {
        return await put(target, { kind: 'ifAbsent' });
      } catch (error) {
        if (!isRemoteError(error, 'alreadyExists', 'changed')) throw error;
        // Replace applies only to the version at the time of the question.
        const seen = await fileIfExists(remote, path, neverAborted());
        const question = `A file named "${file.name}" already exists ("${path}").`;
        const decision = taken.size > 0 ? 'keepBoth' : await askReplace(question, remote, [path]);
        if (decision === undefined) return;
        if (decision === 'replace')
          return put(path, seen ? { kind: 'ifMatch', entry: seen } : { kind: 'ifAbsent' });
        taken.add(baseName(target));
      }
  }
}

function parseUriList(text: string): vscode.Uri[] {
  return text
    .split(/\r?\n/)
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => vscode.Uri.parse(line, true));
}
