import * as vscode from 'vscode';
import { formatAddress, type RemoteAddress } from '../remote/remoteAddress';
import type { OpenDocuments, SaveState } from './openDocuments';
import { remoteScheme } from './remoteUri';
import type { SaveConflicts } from './saveConflict';

const looks: Readonly<Record<SaveState | 'conflict', { readonly icon: string; readonly text: string }>> = {
  saved: { icon: 'cloud', text: 'saved' },
  unsaved: { icon: 'circle-filled', text: 'unsaved' },
  saving: { icon: 'sync~spin', text: 'saving' },
  failed: { icon: 'error', text: 'not saved' },
  conflict: { icon: 'warning', text: 'save conflict' },
};

/** The status bar item that says on which remote the active document lies and whether it is stored there. */
export function showSaveStatus(
  documents: OpenDocuments,
  conflicts: SaveConflicts,
  addressOf: (uri: vscode.Uri) => RemoteAddress,
): vscode.Disposable {
  const item = vscode.window.createStatusBarItem(
    'cloudRemotes.saveState',
    vscode.StatusBarAlignment.Left,
    50,
  );
  item.name = 'Cloud Remotes: File on a Remote';
  const update = () => {
    const document = vscode.window.activeTextEditor?.document;
    if (document?.uri.scheme !== remoteScheme) return item.hide();
    const address = addressOf(document.uri);
    const state = conflicts.has(document.uri) ? 'conflict' : documents.stateOf(document);
    const { icon, text } = looks[state];
    item.text = `$(${icon}) ${address.remote}: ${text}`;
    item.accessibilityInformation = { label: `File on remote ${address.remote}: ${text}`, role: 'status' };
    const tooltip = new vscode.MarkdownString().appendText(formatAddress(address));
    if (state === 'conflict')
      tooltip.appendMarkdown('\n\nSomeone else changed it. Click to compare both, and then choose.');
    item.tooltip = tooltip;
    item.backgroundColor =
      state === 'conflict' || state === 'failed'
        ? new vscode.ThemeColor('statusBarItem.warningBackground')
        : undefined;
    item.command =
      state === 'conflict'
        ? { command: 'cloudRemotes.compareWithRemote', title: 'Compare', arguments: [document.uri] }
        : { command: 'cloudRemotes.goToAddress', title: 'Show', arguments: [formatAddress(address)] };
    item.show();
  };
  const listening = [
    vscode.window.onDidChangeActiveTextEditor(update),
    documents.onDidChangeState(update),
    conflicts.onDidChange(update),
    // A step of the walkthrough is done with the first save.
    vscode.workspace.onDidSaveTextDocument(({ uri }) => {
      if (uri.scheme === remoteScheme)
        void vscode.commands.executeCommand('setContext', 'cloudRemotes.saved', true);
    }),
    item,
  ];
  update();
  return vscode.Disposable.from(...listening);
}
