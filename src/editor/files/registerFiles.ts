import * as vscode from 'vscode';
import type { App } from '../../app';
import { formatAddress } from '../../remote/remoteAddress';
import { RemoteError } from '../../remote/remoteError';
import { neverAborted } from '../platform/cancellation';
import type { CheckedSettings } from '../platform/checkedSettings';
import type { RemoteChangeEvents } from '../platform/remoteChangeEvents';
import { remoteScheme } from '../platform/remoteUri';
import { onSettingsChanged, settingsSection } from '../platform/settings';
import type { OutputLog } from '../window/outputLog';
import { MovedDocuments } from './movedDocuments';
import { OpenDocuments } from './openDocuments';
import { PollOpenFiles } from './pollOpenFiles';
import { RemoteFileSystem } from './remoteFileSystem';
import { SaveConflicts } from './saveConflict';
import { showSaveStatus } from './saveStatus';
import type { Snapshots } from './snapshots';

export interface RemoteFileSystemNeeds {
  readonly app: App;
  readonly settings: () => CheckedSettings;
  readonly changes: RemoteChangeEvents;
  readonly output: OutputLog;
  /** Holds the read-only sides of comparisons; shared with whoever opens a diff editor. */
  readonly snapshots: Snapshots;
}

/** Entries of a folder that the Explorer is given when the setting says nothing. */
const defaultMostEntries = 10_000;

/**
 * Puts everything for editing in place to work: the file system, the watch over open files, conflicts on saving, the
 * status bar item. Asks nothing of any remote. All of it ends with the extension.
 */
export function registerRemoteFileSystem(
  context: vscode.ExtensionContext,
  needs: RemoteFileSystemNeeds,
): RemoteFileSystem {
  const { app, changes, output, snapshots } = needs;
  const documents = new OpenDocuments(context.workspaceState);
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
      return typeof limit === 'number' && limit >= 1 ? Math.floor(limit) : defaultMostEntries;
    },
  });
  const watch = new PollOpenFiles({
    intervalMs: () => needs.settings().openFilesIntervalMs,
    addressOf: (uri) => files.addressOf(uri),
    displayedVersion: (uri) => {
      const base = documents.baseOf(uri);
      return typeof base === 'object' ? base : undefined;
    },
    stat: async (address) => {
      const remote = await app.openRemote(address.remote);
      const entry = await remote.stat(address.path, neverAborted());
      if (entry.kind === 'file') return entry;
      throw new RemoteError('notFound', `There is no file ${formatAddress(address)}.`);
    },
    onChange: (address, kind) => changes.fire({ ...address, kind, byOthers: true }),
    output,
  });
  context.subscriptions.push(
    onSettingsChanged(() => files.forgetAll(), 'remotes'),
    onSettingsChanged(() => watch.restart(), 'watchInterval'),
    changes.event((all) => void watch.pollBelow(all)),
    vscode.workspace.registerFileSystemProvider(remoteScheme, files, { isCaseSensitive: true }),
    showSaveStatus(documents, conflicts, (uri) => files.addressOf(uri)),
    watch,
    files,
    conflicts,
    documents,
  );
  return files;
}
