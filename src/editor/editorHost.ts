import * as vscode from 'vscode';
import { systemClock } from '../base/clock';
import type { Host } from '../usecases/host';
import { sharedLockFolder } from '../usecases/placeLocks';
import type { Accounts } from './accounts/accounts';
import { directConnections } from './platform/directConnections';
import type { SecretStore } from './platform/secretStore';
import { currentSettings, readRemoteSettings } from './platform/settings';
import { openFolderFileSystem } from './platform/virtualFolders';
import { logTo, type OutputLog } from './window/outputLog';
import * as window from './window/window';

/** The editor's implementation of `Host`. Does no I/O before a function is called. */
export function createEditorHost(
  context: vscode.ExtensionContext,
  secrets: SecretStore,
  signIns: Accounts,
  output: OutputLog,
): Host {
  return {
    log: logTo(output),
    clock: systemClock,
    env: process.env,
    remoteSettings: readRemoteSettings,
    secret: (remote, field) => secrets.get(remote, field),
    tokens: (requirement, settings, clientSecret) => signIns.tokens(requirement, settings, clientSecret),
    askCode: async (prompt) =>
      window.showInputBox({
        title: 'Cloud Remotes: One-Time Code',
        prompt,
        validateInput: (text) => (/^\s*\d*\s*$/.test(text) ? undefined : 'Enter digits only.'),
      }),
    openFolder: openFolderFileSystem,
    forceToDisk: () => currentSettings().forceToDisk,
    transferThreads: () => currentSettings().transferThreads,
    directConnections: directConnections(context),
    mayRunPrograms: () => vscode.workspace.isTrusted,
    lockFolder: sharedLockFolder(),
    storageFolder: context.globalStorageUri.scheme === 'file' ? context.globalStorageUri.fsPath : undefined,
  };
}
