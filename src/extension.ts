import * as vscode from 'vscode';
import { Accounts } from './editor/accounts/accounts';
import { createEditorHost } from './editor/editorHost';
import { registerRemoteFileSystem } from './editor/files/registerFiles';
import { Snapshots } from './editor/files/snapshots';
import { deleteCommands } from './editor/items/deleteCommands';
import { RemotesDragAndDrop } from './editor/items/dragAndDrop';
import { moveCommands } from './editor/items/moveCommands';
import { newItemCommands } from './editor/items/newItemCommands';
import { transferCommands } from './editor/items/transferCommands';
import { treeCommands } from './editor/items/treeCommands';
import { RemoteChangeEvents } from './editor/platform/remoteChangeEvents';
import { SecretStore } from './editor/platform/secretStore';
import { currentSettings, onSettingsChanged, readRemoteSettings } from './editor/platform/settings';
import { remoteCommands } from './editor/setup/remoteCommands';
import { signInCommands } from './editor/setup/signInCommands';
import { registerSyncs } from './editor/sync/registerSyncs';
import type { CommandContext } from './editor/tree/commandContext';
import { PollRemoteChanges } from './editor/tree/pollRemoteChanges';
import { PropertiesDocuments } from './editor/tree/propertiesDocument';
import { RemotesTree } from './editor/tree/remotesTree';
import { showRemotesTree } from './editor/tree/remotesView';
import { refusingLostRows } from './editor/tree/selection';
import { createOutputLog, logTo } from './editor/window/outputLog';
import { registerCommand } from './editor/window/window';
import { createEditorApp } from './engine/editorApp';

let close: (() => Promise<void>) | undefined;

/** Composes the app and the parts of the editor. Does no I/O, so that activation is fast; each part starts on first use. */
export function activate(context: vscode.ExtensionContext): void {
  const output = createOutputLog();
  const secrets = new SecretStore(context.secrets);
  const signIns = new Accounts(context.secrets, logTo(output));
  const app = createEditorApp(createEditorHost(context, secrets, signIns, output), __filename);
  close = () => app.close();
  const changes = new RemoteChangeEvents();
  const snapshots = new Snapshots();
  const tree = new RemotesTree(app, currentSettings);
  const properties = new PropertiesDocuments(app);
  const editorContext = { app, settings: currentSettings, changes, output };
  const view = showRemotesTree(tree, new RemotesDragAndDrop(editorContext, tree));

  const settingsChanged = (remote?: string) => {
    app.settingsChanged(remote);
    tree.remotesChanged(remote);
  };
  const commandContext: CommandContext = {
    ...editorContext,
    secrets,
    signIns,
    forgetRemote: settingsChanged,
    tree,
    properties,
    view,
  };
  const accounts = signIns.register(
    app.backends,
    readRemoteSettings,
    (remote, field) => secrets.get(remote, field),
    output,
  );
  const poll = new PollRemoteChanges(editorContext, context.globalState, (remote) =>
    tree.refreshRemote(remote),
  );
  context.subscriptions.push(
    output,
    changes,
    snapshots,
    tree,
    properties,
    view,
    changes.event((some) => tree.applyChanges(some)),
    onSettingsChanged(() => settingsChanged(), 'remotes'),
    secrets.onDidChange((remote) => settingsChanged(remote)),
    ...accounts.disposables,
    accounts.onDidChange(({ backend, accounts: changedAccounts }) => {
      for (const { settings, backend: own } of app.remotes()) {
        const account = own?.signIn && settings[own.signIn.accountField];
        const isConcerned =
          account === undefined ||
          changedAccounts.some(({ id, label }) => account === id || account === label);
        if (settings.backend === backend && isConcerned) settingsChanged(settings.name);
      }
    }),
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration('http')) app.connectionsChanged();
    }),
    // In an untrusted workspace, the credential programs of the open remotes did not run.
    vscode.workspace.onDidGrantWorkspaceTrust(() => {
      for (const { settings } of app.remotes()) settingsChanged(settings.name);
    }),
    ...refusingLostRows(
      [
        ...remoteCommands(commandContext),
        ...treeCommands(commandContext),
        ...newItemCommands(commandContext),
        ...transferCommands(commandContext),
        ...moveCommands(commandContext),
        ...deleteCommands(commandContext),
        ...signInCommands(commandContext),
        ...registerSyncs(context, editorContext, snapshots),
      ],
      commandsOfViewTitle(context),
    ).map(({ id, run }) => registerCommand(id, run)),
    poll,
    onSettingsChanged(() => poll.restart(), 'changesInterval'),
  );
  registerRemoteFileSystem(context, editorContext, snapshots);
}

/** The commands of the view's title bar, to which the editor may pass no row. */
function commandsOfViewTitle({ extension }: vscode.ExtensionContext): ReadonlySet<string> {
  const { contributes } = extension.packageJSON as {
    contributes: { menus: { 'view/title': readonly { command: string }[] } };
  };
  return new Set(contributes.menus['view/title'].map(({ command }) => command));
}

/** Cancels what runs and writes the caches. */
export async function deactivate(): Promise<void> {
  await close?.();
}
