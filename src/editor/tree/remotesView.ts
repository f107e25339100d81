import * as vscode from 'vscode';
import { shortAddress } from '../platform/places';
import { remotesViewId } from '../platform/remoteUri';
import { setViewMessage } from '../window/window';
import type { RemotesTree } from './remotesTree';
import type { TreeNode } from './treeNode';

/** Shows the tree in the side bar; the message above the rows names the filtered folders. */
export function showRemotesTree(
  tree: RemotesTree,
  dragAndDropController: vscode.TreeDragAndDropController<TreeNode>,
): vscode.TreeView<TreeNode> {
  const view = vscode.window.createTreeView(remotesViewId, {
    treeDataProvider: tree,
    showCollapseAll: true,
    canSelectMany: true,
    dragAndDropController,
  });
  tree.onDidChangeFilters(() => {
    const filters = tree.filters();
    const [only] = filters;
    setViewMessage(
      view,
      only === undefined
        ? ''
        : filters.length === 1
          ? `${shortAddress(only.node.address)} is filtered: names that start with "${only.prefix}".`
          : `${filters.length} folders are filtered.`,
    );
    void vscode.commands.executeCommand('setContext', 'cloudRemotes.filtered', only !== undefined);
  });
  return view;
}
