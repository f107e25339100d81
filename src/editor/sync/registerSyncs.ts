import type * as vscode from 'vscode';
import type { SyncRequest } from '../../app';
import type { Snapshots } from '../files/snapshots';
import { PlanPreviewPanels } from '../preview/previewPanel';
import { previewServices, withChangeNotifications } from '../preview/previewServices';
import type { CommandContext } from '../tree/commandContext';
import type { CommandRow } from '../window/window';
import { commandLineCommands } from './commandLineCommands';
import { RememberedPlaces } from './pickSyncPlaces';
import { syncCommands } from './syncCommands';

/** Registers the previews and the commands that open them. Makes no request. */
export function registerSyncs(
  context: vscode.ExtensionContext,
  shell: Pick<CommandContext, 'app' | 'settings' | 'output' | 'changes'>,
  snapshots: Snapshots,
): readonly CommandRow[] {
  const { app, changes, output, settings } = shell;
  const log = {
    write: (level: 'trace' | 'debug' | 'info' | 'warn' | 'error', tag: string, text: string) =>
      output[level](`[${tag}] ${text}`),
  };
  const services = previewServices({ app, settings, output, log, snapshots });
  let last: SyncRequest | undefined;
  const planning = withChangeNotifications(app, changes, (request) => {
    last = request;
  });
  const panels = new PlanPreviewPanels(planning, services, context.extensionUri);
  context.subscriptions.push(panels, panels.register());
  const parts = {
    app,
    settings,
    output,
    remembered: new RememberedPlaces(context.workspaceState),
    lastPlanned: () => last,
    preview: (request: SyncRequest, title: string) => panels.open(request, title),
  };
  return [...syncCommands(parts), ...commandLineCommands(parts)];
}
