import type { Entry } from '../../remote/entry';
import type { RemoteAddress } from '../../remote/remoteAddress';
import { isWithin, parentPath } from '../../remote/remotePath';
import { acceptsFiles } from '../../usecases/configuredRemotes';
import { showFailure } from '../window/errorMessages';
import { countOf } from '../window/numberFormat';
import * as window from '../window/window';
import type { CommandContext } from './commandContext';
import { pickPlace } from './pickPlace';
import { describeUnusable } from './treeItems';
import {
  type ContainerNode,
  type FolderNode,
  fileId,
  folderId,
  type ItemNode,
  isBucket,
  isContainer,
  isItem,
  type TreeNode,
} from './treeNode';

/** Whether an argument of a command is a row of the tree. */
export function isNode(arg: unknown): arg is TreeNode {
  return typeof arg === 'object' && arg !== null && 'kind' in arg && 'id' in arg;
}

/**
 * The rows that a command is meant for: what a menu handed over (all that is selected, when its row is among them), else the
 * tree's selection. Empty when there is neither, as from the palette with the tree out of sight.
 */
export function selectedNodes(context: CommandContext, args: readonly unknown[]): readonly TreeNode[] {
  const [one, several] = args;
  if (Array.isArray(several) && several.length > 0 && several.every(isNode)) return several;
  if (isNode(one)) return [one];
  return context.view.visible ? context.view.selection : [];
}

/** The files and folders meant, without those inside of others that are meant too; asks for one when there are none. */
export async function resolveItems(
  context: CommandContext,
  args: readonly unknown[],
  title: string,
  want: 'file' | 'bucket' | 'anything' = 'anything',
): Promise<readonly ItemNode[]> {
  const meant = selectedNodes(context, args);
  const unusable = refuseUnusable(meant);
  const nodes = meant
    .filter(isItem)
    .filter((node) => want === 'anything' || (want === 'bucket' ? isBucket(node) : node.kind === 'file'));
  if (nodes.length > 0 || unusable) return outermost(nodes);
  const place = await pickPlace(context, { title, want });
  if (!place) return [];
  const { address, kind } = place;
  if (kind === 'folder') {
    const node = context.tree.containerAt(address);
    return [
      node?.kind === 'folder'
        ? node
        : { kind, id: folderId(address), address, entry: { kind, path: address.path } },
    ];
  }
  const remote = await context.app.openRemote(address.remote);
  const entry: Entry = await remote.stat(address.path, new AbortController().signal);
  return entry.kind === 'file' ? [{ kind, id: fileId(address), address, entry }] : [];
}

/** Says why rows that are no paths are left out, and answers true, when some are among these. */
export function refuseUnusable(nodes: readonly TreeNode[]): boolean {
  const [first, ...more] = nodes.filter((node) => node.kind === 'unusable');
  if (!first) return false;
  const others = more.length === 0 ? '' : ` So it is with ${countOf(more.length, 'other row')}.`;
  void window.showWarningMessage(`${describeUnusable(first)}${others}`);
  return true;
}

/** The folder meant: that of the row (a file's is the one it lies in), else one that the user picks. */
export async function resolveFolder(
  context: CommandContext,
  args: readonly unknown[],
  title: string,
  chooseLabel: string,
): Promise<RemoteAddress | undefined> {
  const [node] = selectedNodes(context, args);
  const container = node && containerOf(context, node);
  if (container && acceptsFiles(context.app.remotes(), container.address)) return container.address;
  const place = await pickPlace(context, {
    title,
    want: 'folder',
    chooseLabel,
    ...(container && { start: container.address }),
  });
  return place?.address;
}

/** The folder or remote that a row is or lies in. */
export function containerOf(context: CommandContext, node: TreeNode): ContainerNode | undefined {
  if (isContainer(node)) return node;
  if (node.kind === 'trash') return undefined;
  const parent = context.tree.getParent(node);
  return isContainer(parent) ? parent : undefined;
}

/** Does `work`; when it fails, says so with the ways out, of which trying again is one. `what` as in presentError. */
export async function runWithErrorMessage(
  context: CommandContext,
  what: string,
  remote: string | undefined,
  work: () => Promise<unknown>,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    const retry = () => runWithErrorMessage(context, what, remote, work);
    showFailure(error, { what, retry, ...(remote !== undefined && { remote }) }, context.output);
  }
}

function outermost(nodes: readonly ItemNode[]): readonly ItemNode[] {
  const folders = nodes.filter((node): node is FolderNode => node.kind === 'folder');
  return nodes.filter(
    (node) =>
      !folders.some(
        (folder) =>
          folder !== node &&
          folder.address.remote === node.address.remote &&
          isWithin(parentPath(node.address.path), folder.address.path),
      ),
  );
}
