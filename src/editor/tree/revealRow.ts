import * as vscode from 'vscode';
import type { TreeNode } from './treeNode';

/**
 * Selects and expands the row that `find` resolves to. The row gets the focus unless the user has turned to another editor in the meantime:
 * the requests of `find` may take seconds, and keys typed into that editor must not go to the tree.
 */
export async function revealRow(
  view: Pick<vscode.TreeView<TreeNode>, 'reveal'>,
  find: () => Promise<TreeNode | undefined>,
): Promise<TreeNode | undefined> {
  const activeTab = () => vscode.window.tabGroups.activeTabGroup.activeTab;
  const before = activeTab();
  const node = await find();
  if (node) await view.reveal(node, { select: true, focus: activeTab() === before, expand: true });
  return node;
}
