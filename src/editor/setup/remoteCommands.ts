import * as vscode from 'vscode';
import type { ConnectionFinding } from '../../backends/backend';
import type { RemoteAddress } from '../../remote/remoteAddress';
import { rootPath } from '../../remote/remotePath';
import type { ConfiguredRemote } from '../../usecases/configuredRemotes';
import { treeRoot } from '../../usecases/configuredRemotes';
import { moveTabs, unsavedBelow } from '../platform/openTabs';
import { checkSyncs } from '../platform/savedSyncs';
import { settingsSection } from '../platform/settings';
import type { CommandContext } from '../tree/commandContext';
import { isNode } from '../tree/selection';
import { remoteOf } from '../tree/treeNode';
import { showFailure } from '../window/errorMessages';
import type { CommandRow } from '../window/window';
import * as window from '../window/window';
import { showConnectionTest } from './connectionTest';
import { exportRcloneConfig } from './exportRemotes';
import { importRcloneConfig } from './importRemotes';
import { addRemote, editRemote } from './remoteWizard';
import { forgetRemote, freeRemoteName, newNameProblem, saveRemote } from './savedRemotes';
import { addSuggestedRemotes } from './suggestedRemotes';

/** The commands that add, edit, test and remove remotes. */
export function remoteCommands(shell: CommandContext): readonly CommandRow[] {
  return [
    { id: 'cloudRemotes.addRemote', run: () => add(shell) },
    {
      id: 'cloudRemotes.importRcloneConfig',
      run: (arg) => importRcloneConfig(shell, typeof arg === 'string' ? arg : undefined),
    },
    { id: 'cloudRemotes.exportRcloneConfig', run: () => exportRcloneConfig(shell) },
    { id: 'cloudRemotes.importAwsProfiles', run: () => addSuggestedRemotes(shell) },
    { id: 'cloudRemotes.editRemote', run: (arg) => withRemote(shell, arg, 'Edit which remote?', edit) },
    {
      id: 'cloudRemotes.duplicateRemote',
      run: (arg) => withRemote(shell, arg, 'Duplicate which remote?', duplicate),
    },
    { id: 'cloudRemotes.renameRemote', run: (arg) => withRemote(shell, arg, 'Rename which remote?', rename) },
    { id: 'cloudRemotes.removeRemote', run: (arg) => withRemote(shell, arg, 'Remove which remote?', remove) },
    { id: 'cloudRemotes.testConnection', run: (arg) => withRemote(shell, arg, 'Test which remote?', test) },
    { id: 'cloudRemotes.openRemotesSettings', run: (arg) => openRemotesSettings(arg) },
    {
      id: 'cloudRemotes.openSettings',
      run: () =>
        vscode.commands.executeCommand('workbench.action.openSettings', '@ext:cloud-remotes.cloud-remotes'),
    },
    { id: 'cloudRemotes.showLog', run: () => shell.output.show() },
  ];
}

type RemoteWork = (shell: CommandContext, remote: ConfiguredRemote) => Promise<unknown>;

/** Runs `work` on the remote of a row or a name, or on one that the user picks. */
async function withRemote(
  shell: CommandContext,
  arg: unknown,
  question: string,
  work: RemoteWork,
): Promise<void> {
  const remote = remoteMeant(shell, arg) ?? (await pickRemote(shell, question));
  if (!remote) return;
  try {
    await work(shell, remote);
  } catch (error) {
    showFailure(error, { what: `The remote "${remote.settings.name}" was not changed` }, shell.output);
  }
}

function remoteMeant(shell: CommandContext, arg: unknown): ConfiguredRemote | undefined {
  if (isNode(arg) && arg.kind === 'remote') return arg.configured;
  const name = typeof arg === 'string' ? arg : isNode(arg) ? remoteOf(arg) : undefined;
  return shell.app.remotes().find((remote) => remote.settings.name === name);
}

async function pickRemote(shell: CommandContext, question: string): Promise<ConfiguredRemote | undefined> {
  const remotes = shell.app.remotes();
  if (remotes.length === 0) {
    const chosen = await window.showInformationMessage('There is no remote yet.', 'Add Remote');
    if (chosen) await add(shell);
    return undefined;
  }
  const items = remotes.map((remote) => ({
    label: remote.settings.name,
    description: remote.backend?.describe(remote.settings) ?? remote.problems[0] ?? '',
    remote,
  }));
  return (await window.showQuickPick(items, { placeHolder: question, matchOnDescription: true }))?.remote;
}

async function add(shell: CommandContext): Promise<void> {
  try {
    const name = await addRemote(shell);
    if (name !== undefined) await revealRemote(shell, name);
  } catch (error) {
    showFailure(error, { what: 'The remote was not added' }, shell.output);
  }
}

/** Reveals and expands a remote's row. */
async function revealRemote(shell: CommandContext, name: string): Promise<void> {
  const configured = shell.app.remotes().find((remote) => remote.settings.name === name);
  if (!configured || configured.problems.length > 0) return;
  const node = shell.tree.containerAt(treeRoot(configured));
  if (node) await shell.view.reveal(node, { select: true, focus: true, expand: true });
}

async function edit(
  shell: CommandContext,
  { settings, backend }: ConfiguredRemote,
  failure?: ConnectionFinding,
): Promise<void> {
  // An unknown backend has no steps, so the user must edit the settings.
  if (!backend || newNameProblem(settings.name, settings.name) !== undefined)
    return openRemotesSettings(settings.name);
  const name = await editRemote(shell, backend, settings, renamingProblem(settings.name), failure);
  if (name !== undefined && name !== settings.name) await followName(settings.name, name);
}

/** Returns why a remote can't be renamed now, as a sentence, or undefined. */
function renamingProblem(name: string): string | undefined {
  return unsavedOf(name).length === 0
    ? undefined
    : `Files of ${name} are open with unsaved changes, and their address changes with the name. Save or close them first.`;
}

async function duplicate(shell: CommandContext, { settings, backend }: ConfiguredRemote): Promise<void> {
  if (!backend) return openRemotesSettings(settings.name);
  const name = await askName('Duplicate', settings.name, freeRemoteName(`${settings.name}-copy`));
  if (name === undefined) return;
  const secrets = await shell.secrets.getAll(settings.name, backend.secretFields);
  await saveRemote(shell, backend, { ...settings, name }, secrets);
  await revealRemote(shell, name);
}

async function rename(shell: CommandContext, { settings, backend }: ConfiguredRemote): Promise<void> {
  if (!backend) return openRemotesSettings(settings.name);
  const name = await askName('Rename', settings.name, settings.name, renamingProblem(settings.name));
  if (name === undefined || name === settings.name) return;
  const secrets = await shell.secrets.getAll(settings.name, backend.secretFields);
  await saveRemote(shell, backend, { ...settings, name }, secrets, settings.name);
  await followName(settings.name, name);
}

/** Renames a remote in everything that refers to it, or names the rest to the user. */
async function followName(before: string, name: string): Promise<void> {
  await moveTabs({ remote: before, path: rootPath }, { remote: name, path: rootPath });
  const syncs = vscode.workspace.getConfiguration(settingsSection).get<unknown>('syncs');
  const bearing = checkSyncs(syncs).filter(({ from, to }) =>
    [from, to].some((side) => side.startsWith(`${before}:`)),
  );
  if (bearing.length === 0) return;
  const names = bearing.map((sync) => `"${sync.name}"`).join(', ');
  const chosen = await window.showInformationMessage(
    `${bearing.length === 1 ? 'A saved sync names' : 'Saved syncs name'} the remote ${before}, now ${name}: ${names}. Change the name there as well.`,
    'Open Settings',
  );
  if (chosen)
    await vscode.commands.executeCommand('workbench.action.openSettings', `${settingsSection}.syncs`);
}

async function remove(shell: CommandContext, { settings, backend }: ConfiguredRemote): Promise<void> {
  const dirty = unsavedOf(settings.name).length;
  const chosen = await window.showWarningMessage(
    `Remove the remote "${settings.name}"?`,
    {
      modal: true,
      detail: [
        'Its settings and its stored secrets on this machine are removed. Nothing is deleted on the storage itself.',
        dirty > 0
          ? `${dirty === 1 ? 'One open file has' : `${dirty} open files have`} unsaved changes that could then not be saved.`
          : '',
      ]
        .filter(Boolean)
        .join(' '),
    },
    'Remove',
  );
  if (chosen === 'Remove') await forgetRemote(shell, settings, backend);
}

/** Returns the open files of a remote with unsaved changes. */
function unsavedOf(remote: string): readonly RemoteAddress[] {
  return unsavedBelow({ remote, path: rootPath });
}

async function test(shell: CommandContext, remote: ConfiguredRemote): Promise<void> {
  const { settings, backend, problems } = remote;
  if (!backend || problems.length > 0) {
    showFailure(new Error(problems.join(' ')), { what: `${settings.name} can't be tested` }, shell.output);
    return;
  }
  let tried = settings;
  for (;;) {
    const choice = await showConnectionTest(shell.app, {
      title: `${settings.name}: connection test`,
      settings: tried,
      secrets: {},
      within: 'command',
    });
    if (choice?.chosen === 'edit') return edit(shell, { ...remote, settings: tried }, choice.failure);
    if (choice?.chosen !== 'fix') return;
    tried = { ...tried, ...choice.settings };
    await saveRemote(
      shell,
      backend,
      tried,
      await shell.secrets.getAll(settings.name, backend.secretFields),
      settings.name,
    );
  }
}

async function askName(
  verb: string,
  own: string,
  initial: string,
  problem?: string,
): Promise<string | undefined> {
  const name = await window.showInputBox({
    title: `${verb} ${own}`,
    prompt: 'The name of the remote, as in name:bucket/path.',
    value: initial,
    valueSelection: [0, initial.length],
    validateInput: (text) =>
      newNameProblem(text, verb === 'Rename' ? own : undefined) ??
      (text.trim() === own ? undefined : problem),
  });
  return name?.trim();
}

/** Opens settings.json at `cloudRemotes.remotes`, or at the remote of this name. */
async function openRemotesSettings(arg: unknown): Promise<void> {
  const name = typeof arg === 'string' ? arg : isNode(arg) ? remoteOf(arg) : undefined;
  // In a remote window, machine settings have their own file.
  const command =
    vscode.env.remoteName === undefined
      ? 'workbench.action.openSettingsJson'
      : 'workbench.action.openRemoteSettingsFile';
  const written =
    name === undefined ? undefined : new RegExp(`"name"\\s*:\\s*${escapeRegExp(JSON.stringify(name))}`);
  if (!written) {
    await vscode.commands.executeCommand(command, { revealSetting: { key: `${settingsSection}.remotes` } });
    return;
  }
  await vscode.commands.executeCommand(command);
  const editor = vscode.window.activeTextEditor;
  const match = editor && written.exec(editor.document.getText());
  if (!editor || !match) return;
  const range = new vscode.Range(
    editor.document.positionAt(match.index),
    editor.document.positionAt(match.index + match[0].length),
  );
  editor.selection = new vscode.Selection(range.start, range.end);
  editor.revealRange(range, vscode.TextEditorRevealType.InCenter);
}

function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
