import type * as vscode from 'vscode';
import type { App } from '../app';
import type { CheckedSettings } from './checkedSettings';
import type { OutputLog } from './outputLog';
import type { PropertiesDocuments } from './propertiesDocument';
import type { RemoteChanges } from './remoteChanges';
import type { RemotesTree } from './remotesTree';
import type { RemoteSecrets } from './secrets';
import type { SignIns } from './signIns';
import type { TreeNode } from './treeNode';

/** What the commands and views of the side bar work with. */
export interface Shell {
  readonly app: App;
  readonly settings: () => CheckedSettings;
  readonly secrets: RemoteSecrets;
  readonly signIns: SignIns;
  /** Opens a remote anew and lists anew what is shown of it, as after its settings were changed. */
  readonly forgetRemote: (remote: string) => void;
  readonly output: OutputLog;
  readonly changes: RemoteChanges;
  readonly tree: RemotesTree;
  readonly properties: PropertiesDocuments;
  readonly view: vscode.TreeView<TreeNode>;
}

/** One command: its id in package.json and what it does. Arguments are what menus, rows or other extensions hand over. */
export interface CommandRow {
  readonly id: string;
  run(...args: readonly unknown[]): unknown;
}
