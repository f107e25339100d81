// Replaces the editor and the panel: a real session over example plans, in the page itself.
import type { SyncRequest } from '../../../src/app';
import { PlanPreviewSession } from '../../../src/editor/preview/previewSession';
import type { Action, Plan, PlanProgress } from '../../../src/plan/model/plan';
import { defaultPlanOptions } from '../../../src/plan/model/planOptions';
import { HostChannel } from '../../../src/preview/messageChannel';
import type { HostNotice } from '../../../src/preview/previewProtocol';
import { englishStrings } from '../../../src/preview/strings';
import type { ActionOutcome, ActionResult, RunObserver, RunReport } from '../../../src/transfer/runReport';
import { planNamed } from './scenes';

const query = new URLSearchParams(location.search);
const scene = query.get('scene') ?? 'small';
const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

const request: SyncRequest = {
  source: { kind: 'folder', path: '/home/anna/site/dist' },
  target: { kind: 'remote', remote: 'photos', path: 'site-assets' as never },
  options: {
    ...defaultPlanOptions,
    verb: scene === 'check' || scene === 'move' ? scene : 'sync',
    deletes: scene === 'mixed' || scene === 'finished' ? 'after' : 'none',
    ...(scene === 'renames' && {
      deletes: 'before',
      trackRenames: 'hash',
      backupFolder: 'photos-backup/{date}',
      maxDelete: { files: 10, percent: 20 },
      filterDialect: 'gitignore',
      filters: [{ exclude: 'build/' }, { include: 'build/keep.txt' }],
      ignoreFiles: ['.gitignore'],
      update: true,
    }),
  },
};

async function planSync(
  asked: SyncRequest,
  signal: AbortSignal,
  onProgress?: (p: PlanProgress) => void,
): Promise<Plan> {
  if (scene === 'error') throw new Error();
  for (let i = 0; scene === 'scanning' || i < 3; i++) {
    signal.throwIfAborted();
    onProgress?.({
      listed: { source: 4131 * (i + 1), target: 3870 * (i + 1) },
      compared: { requested: 0, completed: 0 },
      actions: 12,
    });
    await wait(40);
    if (i > 3) await wait(1000);
  }
  return { ...planNamed(scene), source: asked.source, target: asked.target, options: asked.options };
}

async function runPlan(
  plan: Plan,
  signal: AbortSignal,
  options?: { observer?: RunObserver },
): Promise<RunReport> {
  const startedAt = Date.now();
  const results: ActionResult[] = [];
  const slow = Number(query.get('slow') ?? 1);
  const queue = plan.actions.map((action, i) => ({ action, i }));
  const failures: Partial<Record<ActionOutcome, ActionResult['error']>> = {
    failed: { kind: 'forbidden', message: 'Access denied (403). The key needs s3:PutObject on this bucket.' },
    changed: { kind: 'changed', message: 'The object was replaced 12 s ago.' },
  };
  const outcomeOf = (i: number) => (i % 7 === 3 ? 'failed' : i % 11 === 5 ? 'changed' : 'done');
  const work = async () => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      const { action, i } = next;
      const base = { id: action.id, kind: action.kind, path: action.path };
      if (signal.aborted) {
        results[i] = { ...base, outcome: 'notStarted' };
        continue;
      }
      options?.observer?.started(action);
      const size = action.kind === 'copyFile' ? action.source.size : 0;
      for (let step = 1; step <= 10 && !signal.aborted; step++) {
        await wait(slow * 40);
        options?.observer?.progressed(action, (size * step) / 10);
      }
      const outcome = signal.aborted ? 'cancelled' : outcomeOf(i);
      const error = failures[outcome];
      const result: ActionResult = { ...base, outcome, ...(error && { error }) };
      results[i] = result;
      options?.observer?.ended(action, result);
    }
  };
  await Promise.all([work(), work(), work()]);
  const totals = { done: 0, copied: 0, failed: 0, changed: 0, cancelled: 0, notStarted: 0 };
  for (const { outcome } of results) totals[outcome]++;
  const moved = (action: Action, i: number) =>
    results[i]?.outcome === 'done' && action.kind === 'copyFile' ? action.source.size : 0;
  return {
    version: 1,
    startedAt,
    endedAt: Date.now(),
    results,
    totals,
    bytes: plan.actions.reduce((sum, action, i) => sum + moved(action, i), 0),
    ...(totals.failed > 0 && plan.actions.some((a) => a.kind === 'deleteFile')
      ? { deletesWithheld: 'Some files could not be copied, so nothing was deleted.' }
      : {}),
  };
}

const log: string[] = [];
const session: PlanPreviewSession = new PlanPreviewSession(
  request,
  undefined,
  { planSync, runPlan, unfinishedRuns: async () => [], discardRun: async () => {} },
  {
    log: { write: (level, tag, text) => log.push(`${level} [${tag}] ${text}`) },
    showLog: () => log.push('showLog'),
    openDiff: async (_plan, action) => void log.push(`open ${action.path}`),
    describeError: () =>
      'Can’t list photos:site-assets — access denied (403). The key needs s3:ListBucket on this bucket.',
    confirmDeletes: async () => true,
    transfers: () => 4,
    explainPath: async (_request, path = '') => void log.push(`explain ${path}`),
    copyAsCommand: async () => void log.push('copyAsCommand'),
  },
  {
    words: englishStrings,
    language: 'en',
    nameOf: (place) =>
      place.kind === 'remote'
        ? { short: `${place.remote}:${place.path}/`, full: `${place.remote}:${place.path}` }
        : { short: 'site/dist', full: '/home/me/site/dist' },
    tell: (notice: HostNotice) => channel.tell(notice),
    renamed: () => {},
    close: () => void log.push('close'),
    savePlan: async () => void log.push('savePlan'),
    saveList: async () => void log.push('saveList'),
    showError: (sentence) => void log.push(sentence),
    runBegan: () => {},
    runProgressed: () => {},
    runEnded: (_run, summary) => void log.push(summary),
    now: () => Date.now(),
  },
);
const channel: HostChannel = new HostChannel(
  (message) =>
    setTimeout(() => window.dispatchEvent(new MessageEvent('message', { data: structuredClone(message) }))),
  (message) => session.answer(message),
  (error) => log.push(String(error)),
);

Object.assign(window, {
  hostLog: log,
  acquireVsCodeApi: () => ({
    postMessage: (message: unknown) => setTimeout(() => void channel.receive(structuredClone(message))),
    getState: () => JSON.parse(sessionStorage.getItem('state') ?? 'null') ?? undefined,
    setState: (state: unknown) => sessionStorage.setItem('state', JSON.stringify(state)),
  }),
});
void session.rescan();
