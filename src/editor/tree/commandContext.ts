import type * as vscode from 'vscode';
import type { Accounts } from '../accounts/accounts';
import type { SecretStore } from '../platform/secretStore';
import type { EditorContext } from '../window/editorContext';
import type { PropertiesDocuments } from './propertiesDocument';
import type { RemotesTree } from './remotesTree';
import type { TreeNode } from './treeNode';

/** The dependencies of the commands. */
export interface CommandContext extends EditorContext {
  readonly secrets: SecretStore;
  readonly signIns: Accounts;
  /** Closes a remote and lists it again, as after a change of its settings. */
  readonly forgetRemote: (remote: string) => void;
  readonly tree: RemotesTree;
  readonly properties: PropertiesDocuments;
  readonly view: vscode.TreeView<TreeNode>;
}
