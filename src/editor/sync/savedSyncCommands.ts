import * as vscode from 'vscode';
import { RemoteError } from '../../remote/remoteError';
import { formatPlace } from '../platform/places';
import { remoteScheme } from '../platform/remoteUri';
import {
  checkSyncs,
  isRelative,
  optionsOf,
  resolveSyncSide,
  type SavedSync,
  writeSyncSide,
  writtenOptions,
} from '../platform/savedSyncs';
import { settingsSection } from '../platform/settings';
import * as window from '../window/window';
import { openPreview, planOptionsFor, type SyncContext, withoutUnsupportedOptions } from './openPreview';

/** Runs the saved sync of this name, or asks for one. */
export async function runSavedSync(context: SyncContext, name: unknown): Promise<void> {
  const syncs = writtenSyncs();
  if (syncs.length === 0) {
    const text = 'No sync is saved yet. Preview a sync, then run "Save Sync…".';
    if (await window.showInformationMessage(text, 'Open Settings')) await openSyncsSettings();
    return;
  }
  const sync = syncs.find((saved) => saved.name === name) ?? (await pickSync(syncs));
  if (!sync) return;
  if (sync.problem !== undefined) {
    const text = `The saved sync "${sync.name}" can't be run. ${sync.problem}`;
    if (await window.showErrorMessage(text, 'Open Settings')) await openSyncsSettings();
    return;
  }
  const relative = [sync.from, sync.to].some(isRelative);
  const folder = relative ? (sync.folder ?? (await localWorkspaceFolder(sync.name))) : undefined;
  if (relative && folder === undefined) return;
  const options = optionsOf(sync, planOptionsFor(context.settings(), 'sync'));
  const [source, target] = [resolveSyncSide(sync.from, folder), resolveSyncSide(sync.to, folder)];
  // Unsupported defaults from the settings are dropped; an unsupported option of this sync itself is an error.
  const fits =
    sync.options['ignoreFiles'] === undefined ? withoutUnsupportedOptions(options, source, target) : options;
  await openPreview(context, { source, target, options: fits });
}

/** Saves the sync of the preview used last under a name. */
export async function saveSync(context: SyncContext): Promise<void> {
  const last = context.lastPlanned();
  if (!last) {
    void window.showInformationMessage(
      'Preview a copy or sync first. This command saves the latest preview.',
    );
    return;
  }
  const settings = vscode.workspace.getConfiguration(settingsSection);
  const names = writtenSyncs().map((sync) => sync.name);
  const name = await window.showInputBox({
    title: 'Save Sync',
    prompt: `${formatPlace(last.source, 'short')} → ${formatPlace(last.target, 'short')}`,
    placeHolder: 'A name to run it by',
    validateInput: (text) => {
      if (text.trim() === '') return 'Enter a name.';
      return names.includes(text.trim()) ? `A sync is named "${text.trim()}" already.` : undefined;
    },
  });
  if (name === undefined) return;
  const folder = firstLocalFolder();
  const sync = {
    name: name.trim(),
    from: writeSyncSide(last.source, folder),
    to: writeSyncSide(last.target, folder),
    options: writtenOptions(last.options, planOptionsFor(context.settings(), 'sync')),
  };
  const written = settings.inspect<unknown[]>('syncs');
  // The workspace settings of a workspace on a remote would go into its bucket.
  const [before, where] =
    folder === undefined
      ? [written?.globalValue, vscode.ConfigurationTarget.Global]
      : [written?.workspaceValue, vscode.ConfigurationTarget.Workspace];
  await settings.update('syncs', [...(before ?? []), sync], where);
  window.setStatusBarMessage(`Saved the sync "${sync.name}"`, 4000);
}

interface WrittenSync extends SavedSync {
  /** The workspace folder whose settings hold the sync: a disk path, or the Uri of a virtual folder. */
  readonly folder?: string;
}

/** The saved syncs of all settings; the more specific of two with the same name wins. */
function writtenSyncs(): WrittenSync[] {
  const found = new Map<string, WrittenSync>();
  const settings = vscode.workspace.getConfiguration(settingsSection).inspect<unknown>('syncs');
  for (const written of [settings?.globalValue, settings?.workspaceValue])
    for (const sync of checkSyncs(written)) found.set(sync.name, sync);
  const folders = vscode.workspace.workspaceFolders ?? [];
  if (folders.length > 1)
    for (const { uri } of folders) {
      const own = vscode.workspace.getConfiguration(settingsSection, uri).inspect<unknown>('syncs');
      for (const sync of checkSyncs(own?.workspaceFolderValue))
        found.set(sync.name, canHoldSyncs(uri) ? { ...sync, folder: folderText(uri) } : sync);
    }
  return [...found.values()];
}

async function pickSync(syncs: readonly WrittenSync[]): Promise<WrittenSync | undefined> {
  const rows = syncs.map((sync) => ({
    icon: sync.problem === undefined ? 'sync' : 'warning',
    label: sync.name,
    description: `${sync.from} → ${sync.to}`,
    ...(sync.problem !== undefined && { detail: sync.problem }),
    sync,
  }));
  return (await window.showQuickPick(rows, { title: 'Run which sync?', matchOnDescription: true }))?.sync;
}

/** The folder that relative folders of a saved sync start from; undefined when the user cancels. Throws RemoteError `badSettings`. */
async function localWorkspaceFolder(name: string): Promise<string | undefined> {
  const local = (vscode.workspace.workspaceFolders ?? []).filter(({ uri }) => canHoldSyncs(uri));
  const [first] = local;
  if (first && local.length === 1) return folderText(first.uri);
  if (!first)
    throw new RemoteError(
      'badSettings',
      `The sync "${name}" is relative to a workspace folder, but none is open.`,
    );
  const rows = local.map((folder) => ({ label: folder.name, description: folderText(folder.uri) }));
  const title = `Run "${name}" for which folder?`;
  return (await window.showQuickPick(rows, { title }))?.description;
}

function firstLocalFolder(): string | undefined {
  const folder = vscode.workspace.workspaceFolders?.find(({ uri }) => canHoldSyncs(uri));
  return folder && folderText(folder.uri);
}

/** A workspace folder on a remote cannot be the base of a relative path. */
function canHoldSyncs(uri: vscode.Uri): boolean {
  return uri.scheme !== remoteScheme;
}

function folderText(uri: vscode.Uri): string {
  return uri.scheme === 'file' ? uri.fsPath : uri.toString();
}

async function openSyncsSettings(): Promise<void> {
  await vscode.commands.executeCommand('workbench.action.openSettings', `${settingsSection}.syncs`);
}
