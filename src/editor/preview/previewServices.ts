import * as vscode from 'vscode';
import type { App, SyncRequest } from '../../app';
import type { Action, Place, Plan } from '../../plan/model/plan';
import { isRemoteError } from '../../remote/remoteError';
import { joinPath, type RemotePath } from '../../remote/remotePath';
import type { RunReport } from '../../transfer/runReport';
import type { Snapshots } from '../files/snapshots';
import { isCancellation } from '../platform/cancellation';
import type { CheckedSettings } from '../platform/checkedSettings';
import { formatPlace } from '../platform/places';
import type { RemoteChange, RemoteChangeEvents } from '../platform/remoteChangeEvents';
import { presentError, showFailure } from '../window/errorMessages';
import { countOf, format } from '../window/numberFormat';
import type { OutputLog } from '../window/outputLog';
import { describeRecovery } from '../window/recovery';
import * as window from '../window/window';
import { openContentDiff } from './contentDiff';
import { explainPath } from './explainFilter';
import type { PreviewApp, PreviewServices } from './previewPorts';

export interface PreviewParts {
  readonly app: App;
  readonly settings: () => CheckedSettings;
  readonly output: OutputLog;
  readonly log: PreviewServices['log'];
  readonly snapshots: Snapshots;
}

/** The part of the editor that a preview needs. */
export function previewServices(parts: PreviewParts): PreviewServices {
  const { app, output, settings, snapshots } = parts;
  return {
    log: parts.log,
    showLog: () => output.show(),
    transfers: () => settings().transfers,
    describeError: (error) =>
      isRemoteError(error) ? error.message : presentError(error, 'The preview failed').text,
    confirmDeletes: (plan) => confirmDeletes(app, plan),
    explainPath: (request, path) => explainPath(app, request, path),
    copyAsCommand: async (request) =>
      void (await vscode.commands.executeCommand('cloudRemotes.copyAsCommand', request)),
    openDiff: async (plan, item) => {
      try {
        const largeFileBytes = () => settings().largeFileBytes;
        await openContentDiff({ app, snapshots, largeFileBytes }, plan, item);
      } catch (error) {
        showFailure(error, { what: `Can't show ${item.path}` }, output);
      }
    },
  };
}

/**
 * Wraps the app for previews: after every run, notifies the tree and the file system of the changes. Calls `planned` with each
 * request that a preview plans, also after its options changed.
 */
export function withChangeNotifications(
  app: App,
  changes: RemoteChangeEvents,
  planned: (request: SyncRequest) => void,
): PreviewApp {
  return {
    unfinishedRuns: (places) => app.unfinishedRuns(places),
    discardRun: (run) => app.discardRun(run),
    planSync: (request, signal, onProgress) => {
      planned(request);
      return app.planSync(request, signal, onProgress);
    },
    runPlan: async (plan, signal, options) => {
      const report = await app.runPlan(plan, signal, options).catch((error: unknown) => {
        // The run may have changed anything, so the whole target counts as changed.
        if (plan.target.kind === 'remote')
          changes.fire({ remote: plan.target.remote, path: plan.target.path, kind: 'changed' });
        throw error;
      });
      changes.fire(...changesOf(plan, report));
      return report;
    },
  };
}

/** The paths that a run changed on remotes: on the target, in the backup, and on the source of a move. */
function changesOf(plan: Plan, report: RunReport): RemoteChange[] {
  const outcomes = new Map(report.results.map(({ id, outcome }) => [id, outcome]));
  const { source, target, backup } = plan;
  const changes: RemoteChange[] = [];
  const changed = (place: Place, path: RemotePath, kind: RemoteChange['kind']) => {
    if (place.kind === 'remote') changes.push({ remote: place.remote, path, kind });
  };
  const onTarget = (action: Action) =>
    target.kind === 'remote' ? joinPath(target.path, action.path) : action.path;
  for (const action of plan.actions) {
    const outcome = outcomes.get(action.id);
    if (outcome !== 'done' && outcome !== 'copied') continue;
    const removed = (place: Place, path: RemotePath) => {
      // A file that was only copied is still at its source.
      if (outcome === 'done') changed(place, path, 'deleted');
    };
    switch (action.kind) {
      case 'deleteFile':
        removed(target, action.before.path);
        break;
      case 'moveFile':
        removed(target, action.before.path);
        changed(target, onTarget(action), 'created');
        break;
      case 'removeFolder':
        removed(target, onTarget(action));
        break;
      case 'removeSource':
        removed(source, action.source.path);
        break;
      default:
        if (action.before) changed(target, action.before.path, 'changed');
        else changed(target, onTarget(action), 'created');
        if (action.removesSource) removed(source, action.source.path);
    }
  }
  if (backup?.kind === 'remote' && changes.length > 0) changed(backup, backup.path, 'changed');
  return changes;
}

/** Confirms a run that removes files: the other side has what a run copies, but not what it removes. */
async function confirmDeletes(app: App, plan: Plan): Promise<boolean> {
  const { files, bytes } = plan.totals.delete;
  const moved = plan.actions.filter(
    (action) => action.kind === 'removeSource' || ('removesSource' in action && action.removesSource),
  ).length;
  const questions: string[] = [];
  const details = plan.safety.filter(({ effect }) => effect === 'confirm').map(({ message }) => message);
  if (files > 0) {
    const many = `${countOf(files, 'file')} (${format().bytes(bytes)})`;
    questions.push(`Delete ${many} from ${formatPlace(plan.target)}?`);
    const { deletes } = plan.options;
    if (deletes === 'before') details.push('They are deleted before anything is copied.');
    if (deletes === 'during') details.push('They are deleted between the copies.');
    details.push(await recovery(app, plan, files === 1 ? 'it' : 'they'));
  }
  if (moved > 0) {
    const many = countOf(moved, 'file');
    questions.push(`Remove ${many} from ${formatPlace(plan.source)} once the target has them?`);
    details.push('Each is removed only after its copy was verified.');
  }
  const button = files > 0 ? `Delete ${countOf(files, 'File')}` : `Move ${countOf(moved, 'File')}`;
  const options = { modal: true, detail: details.join('\n') };
  return (await window.showWarningMessage(questions.join(' '), options, button)) === button;
}

/** Milliseconds that a question waits for the facts of a bucket. */
const longestAnswerMs = 10_000;

async function recovery(app: App, plan: Plan, them: 'it' | 'they'): Promise<string> {
  if (plan.backup)
    return `Before that, ${them === 'it' ? 'it is' : 'they are'} kept in ${formatPlace(plan.backup)}.`;
  if (plan.target.kind !== 'remote') return `There ${them} can't be restored: nothing is moved to the trash.`;
  try {
    const { remote, root } = await app.openPlace(plan.target);
    return await describeRecovery(remote, [root], them, AbortSignal.timeout(longestAnswerMs));
  } catch (error) {
    if (isCancellation(error)) throw error;
    // The run itself reports errors of the remote.
  }
  return `Unless the bucket keeps versions, ${them} can't be restored.`;
}
