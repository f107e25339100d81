import * as vscode from 'vscode';
import type { App, SyncRequest } from '../app';
import type { Plan } from '../plan/plan';
import { isRemoteError } from '../remote/remoteError';
import type { RunReport } from '../transfer/runReport';
import { isCancellation } from './cancellation';
import type { CheckedSettings } from './checkedSettings';
import { openContentDiff } from './contentDiff';
import { explainPath } from './explainPath';
import type { PreviewServices } from './planPreviewPanel';
import type { RemoteChange, RemoteChanges } from './remoteChanges';
import type { Snapshots } from './snapshots';
import { describePlace } from './syncPlaces';
import { phraseError, showFailure } from './userMessages';
import { countOf, format } from './words';

export interface PreviewParts {
  readonly app: App;
  readonly settings: () => CheckedSettings;
  readonly output: vscode.LogOutputChannel;
  readonly log: PreviewServices['log'];
  readonly snapshots: Snapshots;
}

/** What a preview asks of the editor. */
export function previewServices(parts: PreviewParts): PreviewServices {
  const { app, output, settings, snapshots } = parts;
  return {
    log: parts.log,
    showLog: () => output.show(),
    transfers: () => settings().transfers,
    describeError: (error) =>
      isRemoteError(error) ? error.message : phraseError(error, 'That did not work').text,
    confirmDeletes: (plan) => confirmDeletes(app, plan),
    explainPath: (request) => explainPath(app, request),
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
 * The app for previews: what a run changed on remotes is told to the tree and the file system, whatever became of the run.
 * `planned` is told each request that a preview makes a plan for, also after its options were changed there.
 */
export function tellingRuns(
  app: App,
  changes: RemoteChanges,
  planned: (request: SyncRequest) => void,
): Pick<App, 'planSync' | 'runPlan'> {
  return {
    planSync: (request, signal, onProgress) => {
      planned(request);
      return app.planSync(request, signal, onProgress);
    },
    runPlan: async (plan, signal, options) => {
      const report = await app.runPlan(plan, signal, options).catch((error: unknown) => {
        // How far it came isn't known, so all of the target counts as changed.
        if (plan.target.kind === 'remote')
          changes.fire({ remote: plan.target.remote, path: plan.target.path, kind: 'changed' });
        throw error;
      });
      changes.fire(...changesOf(plan, report));
      return report;
    },
  };
}

/** What a run changed on a remote. */
function changesOf(plan: Plan, report: RunReport): RemoteChange[] {
  const { target } = plan;
  if (target.kind !== 'remote') return [];
  const done = new Set(report.results.filter(({ outcome }) => outcome === 'done').map(({ id }) => id));
  return plan.actions
    .filter(({ id }) => done.has(id))
    .map((action): RemoteChange => {
      const relative = target.path === '' ? action.path : `${target.path}/${action.path}`;
      const path = action.before?.path ?? (relative as typeof action.path);
      const kind = action.kind === 'deleteFile' ? 'deleted' : action.before ? 'changed' : 'created';
      return { remote: target.remote, path, kind };
    });
}

/** Asks before the deletes of a run; they are the only thing in it that can't be had again from the other side. */
async function confirmDeletes(app: App, plan: Plan): Promise<boolean> {
  const { delete: deletes } = plan.totals;
  const files = countOf(deletes.files, 'file');
  const warnings = plan.safety.filter(({ effect }) => effect === 'confirm').map(({ message }) => message);
  const button = deletes.files === 1 ? 'Delete 1 File' : `Delete ${files}`;
  const them = deletes.files === 1 ? 'it' : 'they';
  const detail = [...warnings, await recovery(app, plan, them)].join('\n');
  const text = `Delete ${files} (${format().bytes(deletes.bytes)}) from ${describePlace(plan.target)}?`;
  return (await vscode.window.showWarningMessage(text, { modal: true, detail }, button)) === button;
}

async function recovery(app: App, plan: Plan, them: 'it' | 'they'): Promise<string> {
  if (plan.target.kind !== 'remote')
    return `There ${them} can't be brought back: nothing is moved to the trash.`;
  try {
    const { remote } = await app.openPlace(plan.target);
    if (remote.extras?.trash)
      return them === 'it'
        ? 'It goes to the trash of the remote and can be restored from there.'
        : 'They go to the trash of the remote and can be restored from there.';
    if (remote.capabilities.recoverableDeletes)
      return `The bucket keeps versions, so ${them} can be brought back.`;
  } catch (error) {
    if (isCancellation(error)) throw error;
    // The run itself will tell what is wrong with the remote.
  }
  return `Unless the bucket keeps versions, ${them} can't be brought back.`;
}
