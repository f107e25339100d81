import type * as vscode from 'vscode';
import type { App } from '../../app';
import type { Accounts } from '../accounts/accounts';
import type { CheckedSettings } from '../platform/checkedSettings';
import type { RemoteChangeEvents } from '../platform/remoteChangeEvents';
import type { SecretStore } from '../platform/secretStore';
import type { OutputLog } from '../window/outputLog';
import type { PropertiesDocuments } from './propertiesDocument';
import type { RemotesTree } from './remotesTree';
import type { TreeNode } from './treeNode';

/** What the commands and views of the side bar work with. */
export interface CommandContext {
  readonly app: App;
  readonly settings: () => CheckedSettings;
  readonly secrets: SecretStore;
  readonly signIns: Accounts;
  /** Opens a remote anew and lists anew what is shown of it, as after its settings were changed. */
  readonly forgetRemote: (remote: string) => void;
  readonly output: OutputLog;
  readonly changes: RemoteChangeEvents;
  readonly tree: RemotesTree;
  readonly properties: PropertiesDocuments;
  readonly view: vscode.TreeView<TreeNode>;
}
