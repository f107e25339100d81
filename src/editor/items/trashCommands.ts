import { RemoteError } from '../../remote/remoteError';
import { neverAborted } from '../platform/cancellation';
import type { CommandRow } from '../platform/services';
import type { CommandContext } from '../tree/commandContext';
import { runWithErrorMessage, selectedNodes } from '../tree/selection';
import type { TrashedNode } from '../tree/treeNode';
import { countOf } from '../window/numberFormat';
import * as window from '../window/window';

/** The commands of the trash, on remotes that keep what was deleted. */
export function trashCommands(shell: CommandContext): readonly CommandRow[] {
  return [{ id: 'cloudRemotes.restoreItem', run: (...args) => restoreMeant(shell, args) }];
}

/** Puts back what is selected in the trash. What can't be put back is named, and the rest is put back all the same. */
async function restoreMeant(shell: CommandContext, args: readonly unknown[]): Promise<void> {
  const nodes = selectedNodes(shell, args).filter((node): node is TrashedNode => node.kind === 'trashed');
  if (nodes.length === 0) {
    void window.showInformationMessage(
      'Open the Trash of a remote in the Cloud Remotes view, and choose what to restore.',
    );
    return;
  }
  const restored: TrashedNode[] = [];
  for (const node of nodes)
    await runWithErrorMessage(
      shell,
      `Can't restore ${node.item.name}`,
      node.parent.address.remote,
      async () => {
        await restore(shell, node);
        restored.push(node);
      },
    );
  const [first] = restored;
  if (!first) return;
  const what = restored.length === 1 ? first.item.name : countOf(restored.length, 'item');
  window.setStatusBarMessage(`Restored ${what}`, 5000);
}

async function restore(shell: CommandContext, { item, parent }: TrashedNode): Promise<void> {
  const { remote: name } = parent.address;
  const remote = await shell.app.openRemote(name);
  if (!remote.features?.trash) throw new RemoteError('unsupported', `${name} has no trash.`);
  await remote.features.trash.restore(item, neverAborted());
  if (item.path !== undefined) shell.changes.fire({ remote: name, path: item.path, kind: 'created' });
  else shell.tree.refresh(shell.tree.containerAt(parent.address));
}
