import * as vscode from 'vscode';
import type { RemoteSettings } from '../../backends/backend';
import { type CheckedSettings, checkSettings } from './checkedSettings';

/** The section of all settings of the extension. */
export const settingsSection = 'cloudRemotes';

export function currentSettings(): CheckedSettings {
  const settings = vscode.workspace.getConfiguration(settingsSection);
  return checkSettings((name) => settings.get(name));
}

/** The items of `cloudRemotes.remotes`, unchecked; empty when the setting is no list. */
export function readRemoteSettings(): readonly RemoteSettings[] {
  const written = vscode.workspace.getConfiguration(settingsSection).get<unknown>('remotes');
  return Array.isArray(written) ? written : [];
}

/** Replaces `cloudRemotes.remotes` in the user's settings. `change` must keep items that it doesn't understand. */
export async function updateRemoteSettings(
  change: (written: readonly RemoteSettings[]) => readonly RemoteSettings[],
): Promise<void> {
  const settings = vscode.workspace.getConfiguration(settingsSection);
  const before = settings.inspect<readonly RemoteSettings[]>('remotes')?.globalValue;
  await settings.update(
    'remotes',
    change(Array.isArray(before) ? before : []),
    vscode.ConfigurationTarget.Global,
  );
}

/** Calls `listener` when one of the settings `names` changes; without names, when any setting of the extension changes. */
export function onSettingsChanged(listener: () => void, ...names: string[]): vscode.Disposable {
  const sections = names.length === 0 ? [settingsSection] : names.map((name) => `${settingsSection}.${name}`);
  return vscode.workspace.onDidChangeConfiguration((event) => {
    if (sections.some((section) => event.affectsConfiguration(section))) listener();
  });
}
