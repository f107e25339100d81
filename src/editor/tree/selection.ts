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
  remoteOf,
  type TreeNode,
} from './treeNode';

/** Whether an argument of a command is a row of the tree. */
export function isNode(arg: unknown): arg is TreeNode {
  return typeof arg === 'object' && arg !== null && 'kind' in arg && 'id' in arg;
}

/** The remote that an argument of a command names, or whose row it is. */
export function remoteNameOf(arg: unknown): string | undefined {
  if (isNode(arg)) return remoteOf(arg);
  return typeof arg === 'string' ? arg : undefined;
}

/**
 * The rows that a command applies to: the arguments of a menu (the whole selection if the clicked row is in it), otherwise the
 * selection of the visible tree.
 */
export function selectedNodes(context: CommandContext, args: readonly unknown[]): readonly TreeNode[] {
  const [clicked, selected] = args;
  if (Array.isArray(selected) && selected.length > 0 && selected.every(isNode)) return selected;
  if (isNode(clicked)) return [clicked];
  return context.view.visible ? context.view.selection : [];
}

/**
 * Whether a menu passed a row that the editor no longer has: while a folder is listed again, the editor shows its old rows, but passes
 * `undefined` for them. The palette and the keyboard pass no arguments.
 */
export function hasLostRow(args: readonly unknown[]): boolean {
  const [clicked, selected] = args;
  return (
    args.length > 0 && (clicked === undefined || (Array.isArray(selected) && selected.includes(undefined)))
  );
}

/**
 * The commands, but each refuses to run for a lost row: without the row it would apply to the selection, which is often another file.
 * The commands in `anywhere` need no row.
 */
export function refusingLostRows(
  commands: readonly window.CommandRow[],
  anywhere: ReadonlySet<string>,
): readonly window.CommandRow[] {
  return commands.map(({ id, run }) => ({
    id,
    run: (...args) => {
      if (anywhere.has(id) || !hasLostRow(args)) return run(...args);
      void window.showInformationMessage('The rows were just refreshed. Choose the command again.');
    },
  }));
}

/** The selected files and folders, without those inside a selected folder; lets the user pick one when none is selected. */
export async function resolveItems(
  context: CommandContext,
  args: readonly unknown[],
  title: string,
  want: 'file' | 'bucket' | 'anything' = 'anything',
): Promise<readonly ItemNode[]> {
  const selected = selectedNodes(context, args);
  const hasUnusable = warnUnusable(selected);
  const nodes = selected
    .filter(isItem)
    .filter((node) => want === 'anything' || (want === 'bucket' ? isBucket(node) : node.kind === 'file'));
  if (nodes.length > 0 || hasUnusable) return outermost(nodes);
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

/** Warns about keys that can't be used, and returns whether there are any. */
export function warnUnusable(nodes: readonly TreeNode[]): boolean {
  const [first, ...more] = nodes.filter((node) => node.kind === 'unusable');
  if (!first) return false;
  const others = more.length === 0 ? '' : ` The same applies to ${countOf(more.length, 'other row')}.`;
  void window.showWarningMessage(`${describeUnusable(first)}${others}`);
  return true;
}

/** The selected folder, or the folder of the selected file; lets the user pick one when it can't contain files. */
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

/** The folder or remote that a row is or is in. */
export function containerOf(context: CommandContext, node: TreeNode): ContainerNode | undefined {
  if (isContainer(node)) return node;
  if (node.kind === 'trash') return undefined;
  const parent = context.tree.getParent(node);
  return isContainer(parent) ? parent : undefined;
}

/** Runs `work` and shows its error with *Try Again*. `what` as in `presentError`. */
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
