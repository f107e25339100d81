import { RemoteError } from '../../remote/remoteError';
import { neverAborted } from '../platform/cancellation';
import type { CommandContext } from '../tree/commandContext';
import { runWithErrorMessage, selectedNodes } from '../tree/selection';
import type { TrashedNode } from '../tree/treeNode';
import { countOf } from '../window/numberFormat';
import type { CommandRow } from '../window/window';
import * as window from '../window/window';

/** The commands of the trash. */
export function trashCommands(context: CommandContext): readonly CommandRow[] {
  return [{ id: 'cloudRemotes.restoreItem', run: (...args) => restoreSelected(context, args) }];
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
    await runWithErrorMessage(
      context,
      `Can't restore ${node.item.name}`,
      node.parent.address.remote,
      async () => {
        await restore(context, node);
        restored.push(node);
      },
    );
  const [first] = restored;
  if (!first) return;
  const label = restored.length === 1 ? first.item.name : countOf(restored.length, 'item');
  window.setStatusBarMessage(`Restored ${label}`, 5000);
}

async function restore(context: CommandContext, { item, parent }: TrashedNode): Promise<void> {
  const { remote: name } = parent.address;
  const remote = await context.app.openRemote(name);
  if (!remote.features?.trash) throw new RemoteError('unsupported', `${name} has no trash.`);
  await remote.features.trash.restore(item, neverAborted());
  if (item.path !== undefined) context.changes.fire({ remote: name, path: item.path, kind: 'created' });
  else context.tree.refresh(context.tree.containerAt(parent.address));
}
