import * as vscode from 'vscode';
import { remoteScheme } from '../platform/remoteUri';
import { onSettingsChanged, settingsSection } from '../platform/settings';
import type { EditorContext } from '../window/editorContext';
import { MovedDocuments } from './movedDocuments';
import { OpenDocuments } from './openDocuments';
import { PollOpenFiles } from './pollOpenFiles';
import { RemoteFileSystem } from './remoteFileSystem';
import { SaveConflicts } from './saveConflict';
import { showSaveStatus } from './saveStatus';
import type { Snapshots } from './snapshots';

/** Entries per folder for the Explorer when the setting is absent or invalid. */
const defaultExplorerLimit = 10_000;

/**
 * Registers everything for editing in place: the file system, the poll of open files, save conflicts, the status bar item. Sends no
 * request. `snapshots` holds the read-only sides of comparisons.
 */
export function registerRemoteFileSystem(
  extension: vscode.ExtensionContext,
  context: EditorContext,
  snapshots: Snapshots,
): RemoteFileSystem {
  const { app, changes, output } = context;
  const documents = new OpenDocuments(extension.workspaceState);
  const conflicts = new SaveConflicts({ app, changes, documents, snapshots, output });
  const files = new RemoteFileSystem({
    app,
    changes,
    documents,
    conflicts,
    moves: new MovedDocuments(app, documents),
    output,
    maxEntries: () => {
      const limit = vscode.workspace.getConfiguration(settingsSection).get<unknown>('explorerLimit');
      return typeof limit === 'number' && limit >= 1 ? Math.floor(limit) : defaultExplorerLimit;
    },
  });
  const poll = new PollOpenFiles(context, documents);
  extension.subscriptions.push(
    onSettingsChanged(() => files.clearCaches(), 'remotes'),
    onSettingsChanged(() => poll.restart(), 'watchInterval'),
    changes.event((all) => void poll.pollBelow(all)),
    vscode.workspace.registerFileSystemProvider(remoteScheme, files, { isCaseSensitive: true }),
    showSaveStatus(documents, conflicts, (uri) => files.addressOf(uri)),
    poll,
    files,
    conflicts,
    documents,
  );
  return files;
}
