import type * as vscode from 'vscode';
import type { SyncRequest } from '../../app';
import type { Snapshots } from '../files/snapshots';
import { PlanPreviewPanels } from '../preview/previewPanel';
import { previewServices, withChangeNotifications } from '../preview/previewServices';
import type { EditorContext } from '../window/editorContext';
import { logTo } from '../window/outputLog';
import type { CommandRow } from '../window/window';
import { commandLineCommands } from './commandLineCommands';
import type { SyncContext } from './openPreview';
import { RecentPlaces } from './pickSyncPlaces';
import { syncCommands } from './syncCommands';

/** Registers the previews and the commands that open them. Makes no request. */
export function registerSyncs(
  extension: vscode.ExtensionContext,
  { app, changes, output, settings }: EditorContext,
  snapshots: Snapshots,
): readonly CommandRow[] {
  const services = previewServices({ app, settings, output, log: logTo(output), snapshots });
  let last: SyncRequest | undefined;
  const planning = withChangeNotifications(app, changes, (request) => {
    last = request;
  });
  const panels = new PlanPreviewPanels(planning, services, extension.extensionUri);
  extension.subscriptions.push(panels, panels.register());
  const context: SyncContext = {
    app,
    settings,
    output,
    recent: new RecentPlaces(extension.workspaceState),
    lastPlanned: () => last,
    preview: (request, title) => panels.open(request, title),
    showUnfinished: (run) => panels.openUnfinished(run),
  };
  return [...syncCommands(context), ...commandLineCommands(context)];
}
