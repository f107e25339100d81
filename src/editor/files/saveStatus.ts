import * as vscode from 'vscode';
import { formatAddress, type RemoteAddress } from '../../remote/remoteAddress';
import { remoteScheme } from '../platform/remoteUri';
import { Tooltip } from '../window/tooltip';
import * as window from '../window/window';
import type { OpenDocuments, SaveState } from './openDocuments';
import type { SaveConflicts } from './saveConflict';

const contents: Readonly<Record<SaveState | 'conflict', { readonly icon: string; readonly text: string }>> = {
  opened: { icon: 'cloud', text: '' },
  saved: { icon: 'cloud', text: 'saved' },
  unsaved: { icon: 'circle-filled', text: 'unsaved' },
  saving: { icon: 'sync~spin', text: 'saving' },
  failed: { icon: 'error', text: 'not saved' },
  conflict: { icon: 'warning', text: 'save conflict' },
};

/** The status bar item with the remote of the active document and the state of its save. */
export function showSaveStatus(
  documents: OpenDocuments,
  conflicts: SaveConflicts,
  addressOf: (uri: vscode.Uri) => RemoteAddress,
): vscode.Disposable {
  const item = new window.StatusItem(
    'cloudRemotes.saveState',
    vscode.StatusBarAlignment.Left,
    50,
    'Cloud Remotes: File on a Remote',
  );
  const update = () => {
    const document = vscode.window.activeTextEditor?.document;
    if (document?.uri.scheme !== remoteScheme) return item.hide();
    const address = addressOf(document.uri);
    const state = conflicts.has(document.uri) ? 'conflict' : documents.stateOf(document);
    const { icon, text } = contents[state];
    const tooltip = new Tooltip().text(formatAddress(address));
    if (state === 'conflict') tooltip.paragraph().text('Someone else changed this file. Click to compare.');
    item.show({
      icon,
      text: text === '' ? address.remote : `${address.remote}: ${text}`,
      accessibleLabel: `File on remote ${address.remote}${text === '' ? '' : `: ${text}`}`,
      tooltip,
      isWarning: state === 'conflict' || state === 'failed',
      command:
        state === 'conflict'
          ? { command: 'cloudRemotes.compareWithRemote', title: 'Compare', arguments: [document.uri] }
          : { command: 'cloudRemotes.goToAddress', title: 'Show', arguments: [formatAddress(address)] },
    });
  };
  const disposables = [
    vscode.window.onDidChangeActiveTextEditor(update),
    documents.onDidChangeState(update),
    conflicts.onDidChange(update),
    // Completes a step of the walkthrough.
    vscode.workspace.onDidSaveTextDocument(({ uri }) => {
      if (uri.scheme === remoteScheme)
        void vscode.commands.executeCommand('setContext', 'cloudRemotes.saved', true);
    }),
    item,
  ];
  update();
  return vscode.Disposable.from(...disposables);
}
