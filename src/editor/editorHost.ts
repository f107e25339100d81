import * as vscode from 'vscode';
import { systemClock } from '../base/clock';
import type { Log } from '../base/log';
import type { Host } from '../usecases/host';
import { sharedLockFolder } from '../usecases/placeLocks';
import type { Accounts } from './accounts/accounts';
import type { SecretStore } from './platform/secretStore';
import { currentSettings, readRemoteSettings } from './platform/settings';
import { openFolderFileSystem } from './platform/virtualFolders';
import type { OutputLog } from './window/outputLog';
import * as window from './window/window';

/** What the editor provides to the app. Does no I/O before something is asked of it. */
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
        validateInput: (text) => (/^\s*\d*\s*$/.test(text) ? undefined : 'The code has digits only.'),
      }),
    openFolder: openFolderFileSystem,
    forceToDisk: () => currentSettings().forceToDisk,
    mayRunPrograms: () => vscode.workspace.isTrusted,
    lockFolder: sharedLockFolder(),
    storageFolder: context.globalStorageUri.scheme === 'file' ? context.globalStorageUri.fsPath : undefined,
  };
}

/** The log of the core as lines of the output channel, whose level the user sets. */
export function logTo(output: OutputLog): Log {
  return { write: (level, tag, text) => output[level](`[${tag}] ${text}`) };
}
