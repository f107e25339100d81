import * as vscode from 'vscode';
import type { RemoteSettings } from '../../backends/backend';
import { type CheckedSettings, checkSettings } from './checkedSettings';

/** Where all settings of the extension stand. */
export const settingsSection = 'cloudRemotes';

/** The settings as they are now, checked: what is out of range or of another type is replaced by its default. */
export function currentSettings(): CheckedSettings {
  const settings = vscode.workspace.getConfiguration(settingsSection);
  return checkSettings((name) => settings.get(name));
}

/** `cloudRemotes.remotes` as written, unchecked but for being a list. */
export function readRemoteSettings(): readonly RemoteSettings[] {
  const written = vscode.workspace.getConfiguration(settingsSection).get<unknown>('remotes');
  return Array.isArray(written) ? written : [];
}

/**
 * Replaces `cloudRemotes.remotes` in the user's settings. `change` is handed the list as written and must leave alone
 * what it doesn't understand.
 */
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

/** Calls `listener` whenever one of `names` (all when none is named) was changed. */
export function onSettingsChanged(listener: () => void, ...names: string[]): vscode.Disposable {
  return vscode.workspace.onDidChangeConfiguration((event) => {
    const sections =
      names.length === 0 ? [settingsSection] : names.map((name) => `${settingsSection}.${name}`);
    if (sections.some((section) => event.affectsConfiguration(section))) listener();
  });
}
