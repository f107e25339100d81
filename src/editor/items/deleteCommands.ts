import * as vscode from 'vscode';
import type { BucketContent, Remote } from '../../remote/remote';
import { formatAddress } from '../../remote/remoteAddress';
import { RemoteError } from '../../remote/remoteError';
import { countItems, deleteItems, type ItemsToDelete } from '../../usecases/deleteItems';
import { isCancellation, neverAborted } from '../platform/cancellation';
import type { CommandContext } from '../tree/commandContext';
import { resolveItems, runWithErrorMessage, selectedNodes } from '../tree/selection';
import {
  type FolderNode,
  type ItemNode,
  isBucket,
  nodeName,
  remoteOf,
  type TrashedNode,
} from '../tree/treeNode';
import { countOf, format, nameOrCount } from '../window/numberFormat';
import { withTreeProgress } from '../window/progress';
import { describeBucketContent, describeRecovery } from '../window/recovery';
import * as window from '../window/window';

/** The commands that delete, after a count and a confirmation, and that restore from the trash. */
export function deleteCommands(context: CommandContext): readonly window.CommandRow[] {
  return [
    { id: 'cloudRemotes.deleteItem', run: (...args) => deleteSelected(context, args) },
    { id: 'cloudRemotes.emptyBucket', run: (...args) => withBucket(context, args, 'Empty', true) },
    { id: 'cloudRemotes.deleteBucket', run: (...args) => withBucket(context, args, 'Delete', false) },
    { id: 'cloudRemotes.restoreItem', run: (...args) => restoreSelected(context, args) },
  ];
}

async function deleteSelected(context: CommandContext, args: readonly unknown[]): Promise<void> {
  const [selected] = selectedNodes(context, args);
  if (selected?.kind === 'remote') {
    await vscode.commands.executeCommand('cloudRemotes.removeRemote', selected);
    return;
  }
  const nodes = await resolveItems(context, args, 'Delete which file or folder?');
  const [first] = nodes;
  if (!first) return;
  if (nodes.some(isBucket)) {
    if (nodes.length === 1) await withBucket(context, [first], 'Delete', false);
    else void window.showInformationMessage('Select a single bucket to delete it.');
    return;
  }
  for (const name of new Set(nodes.map(remoteOf))) {
    const own = nodes.filter((node) => remoteOf(node) === name);
    await runWithErrorMessage(context, `Can't delete ${nameNodes(own)}`, name, () =>
      deleteNodes(context, name, own),
    );
  }
}

async function deleteNodes(context: CommandContext, name: string, nodes: readonly ItemNode[]): Promise<void> {
  const remote = await context.app.openRemote(name);
  const counted = await count(remote, nodes);
  if (!counted) return;
  const label = nameOrCount(nodes.map(({ address }) => formatAddress(address)));
  const chosen = await window.showWarningMessage(
    nodes.length === 1 ? `Delete ${label}?` : `Delete ${label} from ${name}?`,
    { modal: true, detail: describe(remote, nodes, counted) },
    'Delete',
  );
  if (chosen === 'Delete') await deleteCounted(context, name, remote, nodes, counted, false);
}

async function withBucket(
  context: CommandContext,
  args: readonly unknown[],
  verb: 'Empty' | 'Delete',
  keepTop: boolean,
): Promise<void> {
  const node =
    selectedNodes(context, args).find(isBucket) ??
    (await resolveItems(context, [], `${verb} which bucket?`, 'bucket')).find(isBucket);
  if (!node) return;
  const bucket = nodeName(node);
  const { remote: name } = node.address;
  await runWithErrorMessage(context, `Can't ${verb.toLowerCase()} the bucket ${bucket}`, name, async () => {
    const remote = await context.app.openRemote(name);
    if (!keepTop && remote.features?.wholeBuckets) {
      const content = await countWhole(remote, node);
      if (content === 'cancelled') return;
      if (content) {
        if (await bucketConfirmed(node, verb, describeBucketContent(content)))
          await deleteWholeBucket(context, name, remote, node, content);
        return;
      }
    }
    const counted = await count(remote, [node]);
    if (!counted) return;
    if (keepTop && counted.files === 0 && counted.folders <= 1) {
      void window.showInformationMessage(`The bucket ${bucket} is already empty.`);
      return;
    }
    if (await bucketConfirmed(node, verb, describe(remote, [node], counted)))
      await deleteCounted(context, name, remote, [node], counted, keepTop);
  });
}

/** Asks the user to type the bucket's name below the content that would be deleted. */
async function bucketConfirmed(
  node: FolderNode,
  verb: 'Empty' | 'Delete',
  content: string,
): Promise<boolean> {
  const bucket = nodeName(node);
  const typed = await window.showInputBox({
    title: `${verb} the bucket ${formatAddress(node.address)}`,
    prompt: `${content} Type the bucket's name to ${verb.toLowerCase()} it.`,
    placeHolder: bucket,
    validateInput: (text) =>
      text === '' || text === bucket ? undefined : `Type ${bucket} to confirm, or press Escape to cancel.`,
  });
  return typed === bucket;
}

/** The items to delete, and a sentence on whether they can be restored. */
interface Counted extends ItemsToDelete {
  readonly recovery: string;
}

/** Counts the items to delete; undefined when the user cancels. Throws the listing's error. */
async function count(remote: Remote, nodes: readonly ItemNode[]): Promise<Counted | undefined> {
  try {
    return await withTreeProgress(`Counting the content of ${nameNodes(nodes)}`, async (signal, report) => {
      const items = nodes.map(({ address: { path }, kind }) => ({ path, kind }));
      const paths = items.map(({ path }) => path);
      const [counted, recovery] = await Promise.all([
        countItems(remote, items, signal, (files) => report(`${countOf(files, 'file')} so far`, 0)),
        describeRecovery(remote, paths, 'this', signal),
      ]);
      return { ...counted, recovery };
    });
  } catch (error) {
    if (isCancellation(error)) return undefined;
    throw error;
  }
}

/** Counts a bucket with its older versions; undefined when the bucket or the service has none. */
async function countWhole(
  remote: Remote,
  node: FolderNode,
): Promise<BucketContent | 'cancelled' | undefined> {
  try {
    return await withTreeProgress(`Counting the versions in ${nodeName(node)}`, async (signal, report) =>
      remote.features?.wholeBuckets?.count(node.address.path, signal, (versions) =>
        report(`${countOf(versions, 'version')} so far`, 0),
      ),
    );
  } catch (error) {
    if (isCancellation(error)) return 'cancelled';
    throw error;
  }
}

async function deleteWholeBucket(
  context: CommandContext,
  name: string,
  remote: Remote,
  node: FolderNode,
  content: BucketContent,
): Promise<void> {
  const { path } = node.address;
  try {
    await withTreeProgress(`Deleting ${nodeName(node)}`, async (signal, report) => {
      const { total } = content;
      const onProgress = (done: number) =>
        report(`${format().count(done)} of ${countOf(total, 'version')}`, done / (total || 1));
      await remote.features?.wholeBuckets?.remove(path, content, onProgress, signal);
    });
  } finally {
    context.changes.fire({ remote: name, path, kind: 'deleted' });
  }
}

async function deleteCounted(
  context: CommandContext,
  name: string,
  remote: Remote,
  nodes: readonly ItemNode[],
  counted: ItemsToDelete,
  keepTop: boolean,
): Promise<void> {
  let kind: 'changed' | 'deleted' = 'changed';
  try {
    await withTreeProgress(`Deleting ${nameNodes(nodes)}`, (signal, report) => {
      const onProgress = (done: number) =>
        report(`${format().count(done)} of ${countOf(counted.files, 'file')}`, done / (counted.files || 1));
      const { transfers } = context.settings();
      return deleteItems(
        remote,
        counted,
        { keepTop, transfers, locks: context.app.locks, onProgress },
        signal,
      );
    });
    if (!keepTop) kind = 'deleted';
  } finally {
    // After an error some of the items may still exist.
    context.changes.fire(...nodes.map((node) => ({ remote: name, path: node.address.path, kind }) as const));
  }
}

/** "1,234 files (4.2 MB) in 12 folders. This can't be undone." */
function describe(remote: Remote, nodes: readonly ItemNode[], counted: Counted): string {
  const { files, folders, bytes, unusable, recovery } = counted;
  const inFolders = folders > nodes.length ? ` in ${countOf(folders, 'folder')}` : '';
  const size =
    files === 0
      ? 'It contains no files.'
      : `${countOf(files, 'file')} (${format().bytes(bytes)})${inFolders}.`;
  const trashesFolders =
    remote.trashFolder !== undefined && nodes.every((node) => node.kind === 'folder' && !isBucket(node));
  const remaining =
    unusable.length === 0 || trashesFolders
      ? ''
      : `${countOf(unusable.length, 'object')} with an unsupported key can't be deleted here and will remain.`;
  return [size, remaining, recovery].filter(Boolean).join(' ');
}

function nameNodes(nodes: readonly ItemNode[]): string {
  return nameOrCount(nodes.map(nodeName));
}

/** Restores the selected items of the trash. An error of one item doesn't stop the others. */
async function restoreSelected(context: CommandContext, args: readonly unknown[]): Promise<void> {
  const nodes = selectedNodes(context, args).filter((node): node is TrashedNode => node.kind === 'trashed');
  if (nodes.length === 0) {
    void window.showInformationMessage('Select items in the Trash of a remote in the Cloud Remotes view.');
    return;
  }
  const restored: TrashedNode[] = [];
  for (const node of nodes)
    await runWithErrorMessage(context, `Can't restore ${node.item.name}`, remoteOf(node), async () => {
      await restore(context, node);
      restored.push(node);
    });
  if (restored.length > 0)
    window.setStatusBarMessage(`Restored ${nameOrCount(restored.map(({ item }) => item.name))}`, 5000);
}

async function restore(context: CommandContext, { item, parent }: TrashedNode): Promise<void> {
  const { remote: name } = parent.address;
  const remote = await context.app.openRemote(name);
  if (!remote.features?.trash) throw new RemoteError('unsupported', `${name} has no trash.`);
  await remote.features.trash.restore(item, neverAborted());
  if (item.path !== undefined) context.changes.fire({ remote: name, path: item.path, kind: 'created' });
  else context.tree.refresh(context.tree.containerAt(parent.address));
}
