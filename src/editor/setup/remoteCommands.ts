import * as vscode from 'vscode';
import type { ConnectionFinding } from '../../backends/backend';
import type { RemoteAddress } from '../../remote/remoteAddress';
import { rootPath } from '../../remote/remotePath';
import { type ConfiguredRemote, treeRoot } from '../../usecases/configuredRemotes';
import { moveTabs, unsavedBelow } from '../platform/openTabs';
import { checkSyncs } from '../platform/savedSyncs';
import { settingsSection } from '../platform/settings';
import type { CommandContext } from '../tree/commandContext';
import { isNode, remoteNameOf } from '../tree/selection';
import { showFailure } from '../window/errorMessages';
import * as window from '../window/window';
import { showConnectionTest } from './connectionTest';
import { exportRcloneConfig } from './exportRemotes';
import { importRcloneConfig } from './importRemotes';
import { addRemote, editRemote } from './remoteWizard';
import { changeRemote, forgetRemote, freeRemoteName, newNameProblem, saveRemotes } from './savedRemotes';
import { addSuggestedRemotes } from './suggestedRemotes';

/** The commands that add, edit, test and remove remotes. */
export function remoteCommands(context: CommandContext): readonly window.CommandRow[] {
  const onRemote = (id: string, verb: string, run: RemoteCommand): window.CommandRow => ({
    id: `cloudRemotes.${id}`,
    run: (arg) => runOnRemote(context, arg, `${verb} which remote?`, run),
  });
  return [
    { id: 'cloudRemotes.addRemote', run: () => add(context) },
    {
      id: 'cloudRemotes.importRcloneConfig',
      run: (arg) => importRcloneConfig(context, typeof arg === 'string' ? arg : undefined),
    },
    { id: 'cloudRemotes.exportRcloneConfig', run: () => exportRcloneConfig(context) },
    { id: 'cloudRemotes.importAwsProfiles', run: () => addSuggestedRemotes(context) },
    onRemote('editRemote', 'Edit', edit),
    onRemote('duplicateRemote', 'Duplicate', duplicate),
    onRemote('renameRemote', 'Rename', rename),
    onRemote('removeRemote', 'Remove', remove),
    onRemote('testConnection', 'Test', test),
    { id: 'cloudRemotes.openRemotesSettings', run: (arg) => openRemotesSettings(remoteNameOf(arg)) },
    {
      id: 'cloudRemotes.openSettings',
      run: () =>
        vscode.commands.executeCommand('workbench.action.openSettings', '@ext:cloud-remotes.cloud-remotes'),
    },
    { id: 'cloudRemotes.showLog', run: () => context.output.show() },
  ];
}

type RemoteCommand = (context: CommandContext, remote: ConfiguredRemote) => Promise<unknown>;

/** Runs a command on the remote of a row or a name, or on one that the user picks. */
async function runOnRemote(
  context: CommandContext,
  arg: unknown,
  question: string,
  run: RemoteCommand,
): Promise<void> {
  const name = remoteNameOf(arg);
  const named =
    isNode(arg) && arg.kind === 'remote'
      ? arg.configured
      : context.app.remotes().find(({ settings }) => settings.name === name);
  const remote = named ?? (await pickRemote(context, question));
  if (!remote) return;
  try {
    await run(context, remote);
  } catch (error) {
    showFailure(error, { what: `The remote "${remote.settings.name}" was not changed` }, context.output);
  }
}

async function pickRemote(context: CommandContext, question: string): Promise<ConfiguredRemote | undefined> {
  const remotes = context.app.remotes();
  if (remotes.length === 0) {
    const chosen = await window.showInformationMessage('There is no remote yet.', 'Add Remote');
    if (chosen) await add(context);
    return undefined;
  }
  const items = remotes.map((remote) => ({
    label: remote.settings.name,
    description: remote.backend?.describe(remote.settings) ?? remote.problems[0] ?? '',
    remote,
  }));
  return (await window.showQuickPick(items, { placeHolder: question, matchOnDescription: true }))?.remote;
}

async function add(context: CommandContext): Promise<void> {
  try {
    const name = await addRemote(context);
    if (name !== undefined) await revealRemote(context, name);
  } catch (error) {
    showFailure(error, { what: 'The remote was not added' }, context.output);
  }
}

/** Reveals and expands a remote's row. */
async function revealRemote(context: CommandContext, name: string): Promise<void> {
  const configured = context.app.remotes().find((remote) => remote.settings.name === name);
  if (!configured || configured.problems.length > 0) return;
  const node = context.tree.containerAt(treeRoot(configured));
  if (node) await context.view.reveal(node, { select: true, focus: true, expand: true });
}

async function edit(
  context: CommandContext,
  { settings, backend }: ConfiguredRemote,
  failure?: ConnectionFinding,
): Promise<void> {
  // The wizard has no steps for an unknown backend, and can't store an invalid name.
  if (!backend || newNameProblem(settings.name, settings.name) !== undefined)
    return openRemotesSettings(settings.name);
  const name = await editRemote(context, backend, settings, renamingProblem(settings.name), failure);
  if (name !== undefined && name !== settings.name) await followName(settings.name, name);
}

/** Why a remote can't be renamed now, as a sentence, or undefined. */
function renamingProblem(name: string): string | undefined {
  return unsavedOf(name).length === 0
    ? undefined
    : `Files of ${name} are open with unsaved changes, and a new name changes their address. Save or close them first.`;
}

async function duplicate(context: CommandContext, { settings, backend }: ConfiguredRemote): Promise<void> {
  if (!backend) return openRemotesSettings(settings.name);
  const name = await askName(
    `Duplicate ${settings.name}`,
    freeRemoteName(`${settings.name}-copy`),
    newNameProblem,
  );
  if (name === undefined) return;
  const secrets = await context.secrets.getAll(settings.name, backend.secretFields);
  await saveRemotes(context, [{ backend, settings: { ...settings, name }, secrets }]);
  await revealRemote(context, name);
}

async function rename(context: CommandContext, { settings, backend }: ConfiguredRemote): Promise<void> {
  const own = settings.name;
  if (!backend) return openRemotesSettings(own);
  const problem = renamingProblem(own);
  const name = await askName(
    `Rename ${own}`,
    own,
    (text) => newNameProblem(text, own) ?? (text.trim() === own ? undefined : problem),
  );
  if (name === undefined || name === own) return;
  await changeRemote(context, backend, { ...settings, name }, own);
  await followName(own, name);
}

async function askName(
  title: string,
  initial: string,
  problem: (text: string) => string | undefined,
): Promise<string | undefined> {
  const name = await window.showInputBox({
    title,
    prompt: 'The name of the remote, as in name:bucket/path.',
    value: initial,
    valueSelection: [0, initial.length],
    validateInput: problem,
  });
  return name?.trim();
}

/** Moves the open tabs of a renamed remote, and tells the user which saved syncs still have its old name. */
async function followName(before: string, name: string): Promise<void> {
  await moveTabs({ remote: before, path: rootPath }, { remote: name, path: rootPath });
  const syncs = vscode.workspace.getConfiguration(settingsSection).get<unknown>('syncs');
  const affected = checkSyncs(syncs).filter(({ from, to }) =>
    [from, to].some((side) => side.startsWith(`${before}:`)),
  );
  if (affected.length === 0) return;
  const names = affected.map((sync) => `"${sync.name}"`).join(', ');
  const chosen = await window.showInformationMessage(
    `${affected.length === 1 ? 'A saved sync still uses' : 'Saved syncs still use'} the old name ${before} of the remote ${name}: ${names}. Change it in the settings.`,
    'Open Settings',
  );
  if (chosen)
    await vscode.commands.executeCommand('workbench.action.openSettings', `${settingsSection}.syncs`);
}

async function remove(context: CommandContext, { settings, backend }: ConfiguredRemote): Promise<void> {
  const dirty = unsavedOf(settings.name).length;
  const files = dirty === 1 ? 'One open file has' : `${dirty} open files have`;
  const chosen = await window.showWarningMessage(
    `Remove the remote "${settings.name}"?`,
    {
      modal: true,
      detail: `This removes its settings and its secrets on this machine. Nothing is deleted on the storage.${dirty === 0 ? '' : ` ${files} unsaved changes that can't be saved afterwards.`}`,
    },
    'Remove',
  );
  if (chosen === 'Remove') await forgetRemote(context, settings, backend);
}

/** The open files of a remote with unsaved changes. */
function unsavedOf(remote: string): readonly RemoteAddress[] {
  return unsavedBelow({ remote, path: rootPath });
}

async function test(context: CommandContext, remote: ConfiguredRemote): Promise<void> {
  const { backend, problems } = remote;
  let { settings } = remote;
  if (!backend || problems.length > 0) {
    showFailure(new Error(problems.join(' ')), { what: `${settings.name} can't be tested` }, context.output);
    return;
  }
  for (;;) {
    const choice = await showConnectionTest(context.app, { settings, secrets: {}, within: 'command' });
    if (choice?.chosen === 'edit') return edit(context, { ...remote, settings }, choice.failure);
    if (choice?.chosen !== 'fix') return;
    settings = { ...settings, ...choice.settings };
    await changeRemote(context, backend, settings, settings.name);
  }
}

/** Opens settings.json at `cloudRemotes.remotes`, or at the remote of this name. */
async function openRemotesSettings(name: string | undefined): Promise<void> {
  // In a remote window, machine settings have their own file.
  const command =
    vscode.env.remoteName === undefined
      ? 'workbench.action.openSettingsJson'
      : 'workbench.action.openRemoteSettingsFile';
  if (name === undefined) {
    await vscode.commands.executeCommand(command, { revealSetting: { key: `${settingsSection}.remotes` } });
    return;
  }
  await vscode.commands.executeCommand(command);
  const editor = vscode.window.activeTextEditor;
  const escaped = JSON.stringify(name).replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const match = editor && new RegExp(`"name"\\s*:\\s*${escaped}`).exec(editor.document.getText());
  if (!editor || !match) return;
  const range = new vscode.Range(
    editor.document.positionAt(match.index),
    editor.document.positionAt(match.index + match[0].length),
  );
  editor.selection = new vscode.Selection(range.start, range.end);
  editor.revealRange(range, vscode.TextEditorRevealType.InCenter);
}
