import * as vscode from 'vscode';
import type { BucketContent, Remote } from '../../remote/remote';
import { formatAddress } from '../../remote/remoteAddress';
import { countItems, deleteItems, type ItemsToDelete } from '../../usecases/deleteItems';
import { isCancellation } from '../platform/cancellation';
import type { CommandContext } from '../tree/commandContext';
import { resolveItems, runWithErrorMessage, selectedNodes } from '../tree/selection';
import { type FolderNode, type ItemNode, isBucket, nodeName } from '../tree/treeNode';
import { countOf, format } from '../window/numberFormat';
import { withTreeProgress } from '../window/progress';
import { describeBucketContent, describeRecovery } from '../window/recovery';
import type { CommandRow } from '../window/window';
import * as window from '../window/window';

/** The commands that delete; each asks first, and says how much. */
export function deleteCommands(context: CommandContext): readonly CommandRow[] {
  return [
    { id: 'cloudRemotes.deleteItem', run: (...args) => deleteMeant(context, args) },
    { id: 'cloudRemotes.emptyBucket', run: (...args) => withBucket(context, args, 'Empty', true) },
    { id: 'cloudRemotes.deleteBucket', run: (...args) => withBucket(context, args, 'Delete', false) },
  ];
}

async function deleteMeant(context: CommandContext, args: readonly unknown[]): Promise<void> {
  const [meant] = selectedNodes(context, args);
  if (meant?.kind === 'remote') {
    await vscode.commands.executeCommand('cloudRemotes.removeRemote', meant);
    return;
  }
  const nodes = await resolveItems(context, args, 'Delete what?');
  const [first] = nodes;
  if (!first) return;
  if (nodes.some(isBucket)) {
    if (nodes.length === 1 && first.kind === 'folder') await withBucket(context, [first], 'Delete', false);
    else void window.showInformationMessage('Buckets are deleted one at a time.');
    return;
  }
  const byRemote = new Map<string, ItemNode[]>();
  for (const node of nodes)
    byRemote.set(node.address.remote, [...(byRemote.get(node.address.remote) ?? []), node]);
  for (const [name, some] of byRemote)
    await runWithErrorMessage(context, `Can't delete ${nameNodes(some)}`, name, () =>
      deleteNodes(context, name, some),
    );
}

async function deleteNodes(context: CommandContext, name: string, nodes: readonly ItemNode[]): Promise<void> {
  const remote = await context.app.openRemote(name);
  const counted = await count(remote, nodes);
  if (!counted) return;
  const [first] = nodes;
  const where = first && formatAddress(first.address);
  const chosen = await window.showWarningMessage(
    nodes.length === 1 ? `Delete ${where}?` : `Delete ${countOf(nodes.length, 'item')} from ${name}?`,
    { modal: true, detail: describe(remote, nodes, counted) },
    'Delete',
  );
  if (chosen === 'Delete') await run(context, name, remote, nodes, counted, false);
}

async function withBucket(
  context: CommandContext,
  args: readonly unknown[],
  verb: 'Empty' | 'Delete',
  keepTop: boolean,
): Promise<void> {
  const [meant] = selectedNodes(context, args).filter((node) => isBucket(node));
  const node = (meant ?? (await resolveItems(context, [], `${verb} which bucket?`, 'bucket'))[0]) as
    | FolderNode
    | undefined;
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
          await runWhole(context, name, remote, node, content);
        return;
      }
    }
    const counted = await count(remote, [node]);
    if (!counted) return;
    if (keepTop && counted.files === 0 && counted.folders <= 1) {
      void window.showInformationMessage(`The bucket ${bucket} is empty already.`);
      return;
    }
    if (await bucketConfirmed(node, verb, describe(remote, [node], counted)))
      await run(context, name, remote, [node], counted, keepTop);
  });
}

/** Whether the user typed the bucket's name under what would go. */
async function bucketConfirmed(
  node: FolderNode,
  verb: 'Empty' | 'Delete',
  whatGoes: string,
): Promise<boolean> {
  const bucket = nodeName(node);
  const typed = await window.showInputBox({
    title: `${verb} the bucket ${formatAddress(node.address)}`,
    prompt: `${whatGoes} Type the bucket's name to ${verb.toLowerCase()} it.`,
    placeHolder: bucket,
    validateInput: (text) =>
      text === '' || text === bucket
        ? undefined
        : `Type ${bucket} to confirm, or press Escape to leave it as it is.`,
  });
  return typed === bucket;
}

/** What is to be deleted, and whether it can be brought back. */
interface Counted extends ItemsToDelete {
  readonly recovery: string;
}

/** Everything that would go; undefined when the user got tired of the counting. A listing error is thrown. */
async function count(remote: Remote, nodes: readonly ItemNode[]): Promise<Counted | undefined> {
  try {
    return await withTreeProgress(`Counting what is in ${nameNodes(nodes)}`, async (signal, tell) => {
      const items = nodes.map(({ address: { path }, kind }) => ({ path, kind }));
      const [counted, recovery] = await Promise.all([
        countItems(remote, items, signal, (files) => tell(`${countOf(files, 'file')} so far`, 0)),
        describeRecovery(
          remote,
          items.map(({ path }) => path),
          'this',
          signal,
        ),
      ]);
      return { ...counted, recovery };
    });
  } catch (error) {
    if (isCancellation(error)) return undefined;
    throw error;
  }
}

/** A bucket with its older versions; undefined where it has none, or where the service knows none. */
async function countWhole(
  remote: Remote,
  node: FolderNode,
): Promise<BucketContent | 'cancelled' | undefined> {
  try {
    return await withTreeProgress(`Counting the versions in ${nodeName(node)}`, async (signal, tell) =>
      remote.features?.wholeBuckets?.count(node.address.path, signal, (versions) =>
        tell(`${countOf(versions, 'version')} so far`, 0),
      ),
    );
  } catch (error) {
    if (isCancellation(error)) return 'cancelled';
    throw error;
  }
}

async function runWhole(
  context: CommandContext,
  name: string,
  remote: Remote,
  node: FolderNode,
  content: BucketContent,
): Promise<void> {
  const { path } = node.address;
  try {
    await withTreeProgress(`Deleting ${nodeName(node)}`, async (signal, tell) => {
      const onProgress = (done: number) =>
        tell(`${format().count(done)} of ${countOf(content.total, 'version')}`, done / (content.total || 1));
      await remote.features?.wholeBuckets?.remove(path, content, onProgress, signal);
    });
  } finally {
    context.changes.fire({ remote: name, path, kind: 'deleted' });
  }
}

async function run(
  context: CommandContext,
  name: string,
  remote: Remote,
  nodes: readonly ItemNode[],
  counted: ItemsToDelete,
  keepTop: boolean,
): Promise<void> {
  let kind: 'changed' | 'deleted' = 'changed';
  try {
    await withTreeProgress(`Deleting ${nameNodes(nodes)}`, (signal, tell) => {
      const onProgress = (done: number) =>
        tell(`${format().count(done)} of ${countOf(counted.files, 'file')}`, done / (counted.files || 1));
      return deleteItems(
        remote,
        counted,
        { keepTop, transfers: context.settings().transfers, locks: context.app.locks, onProgress },
        signal,
      );
    });
    if (!keepTop) kind = 'deleted';
  } finally {
    // Of what could not be deleted whole, none is gone for sure.
    context.changes.fire(...nodes.map((node) => ({ remote: name, path: node.address.path, kind }) as const));
  }
}

/** "1,234 files (4.2 MB) in 12 folders. This can't be undone." */
function describe(remote: Remote, nodes: readonly ItemNode[], counted: Counted): string {
  const { files, folders, bytes, unusable, recovery } = counted;
  const within = folders > nodes.length ? ` in ${countOf(folders, 'folder')}` : '';
  const size =
    files === 0 ? 'It holds no files.' : `${countOf(files, 'file')} (${format().bytes(bytes)})${within}.`;
  const goesWhole =
    remote.trashFolder !== undefined && nodes.every((node) => node.kind === 'folder' && !isBucket(node));
  const stays =
    unusable.length === 0 || goesWhole
      ? ''
      : `${countOf(unusable.length, 'object')} with a key that is no path can't be deleted from here and will stay.`;
  return [size, stays, recovery].filter(Boolean).join(' ');
}

function nameNodes(nodes: readonly ItemNode[]): string {
  const [only] = nodes;
  return only && nodes.length === 1 ? nodeName(only) : countOf(nodes.length, 'item');
}
