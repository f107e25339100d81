import type { App, SyncRequest } from '../../../../src/app';
import { PlanPreviewSession } from '../../../../src/editor/preview/previewSession';
import { type Action, type Plan, placeText } from '../../../../src/plan/model/plan';
import { defaultPlanOptions } from '../../../../src/plan/model/planOptions';
import type { HostNotice } from '../../../../src/preview/previewProtocol';
import type { PageRequest } from '../../../../src/preview/readPageRequest';
import { englishStrings } from '../../../../src/preview/strings';
import type { RecordedRun } from '../../../../src/transfer/journal/recordedRun';
import type { ActionOutcome, RunReport } from '../../../../src/transfer/runReport';
import { noon, planOf, remove, upload } from '../../preview/plans';

type Planner = App['planSync'];
type Runner = App['runPlan'];

export const request: SyncRequest = {
  source: { kind: 'folder', path: '/home/anna/site/dist' },
  target: { kind: 'remote', remote: 'photos', path: 'site-assets' as never },
  options: { ...defaultPlanOptions, deletes: 'after' },
};

export const threeActions = () =>
  planOf({ actions: [upload('a', 10), upload('img/b', 20), remove('old', 5)] });

export function report(plan: Plan, outcome: (action: Action) => ActionOutcome): RunReport {
  const totals = { done: 0, copied: 0, failed: 0, changed: 0, cancelled: 0, notStarted: 0 };
  const denied = { error: { kind: 'forbidden', message: 'Access denied.' } } as const;
  const results = plan.actions.map((action) => {
    const { id, kind, path } = action;
    const ended = outcome(action);
    totals[ended]++;
    return { id, kind, path, outcome: ended, ...(ended === 'failed' && denied) };
  });
  const bytes = plan.actions.reduce(
    (sum, a) => sum + (outcome(a) === 'done' && a.kind === 'copyFile' ? a.source.size : 0),
    0,
  );
  return { version: 1, startedAt: noon, endedAt: noon, results, totals, bytes };
}

interface Parts {
  readonly plan?: Planner;
  readonly run?: Runner;
  readonly confirm?: () => Promise<boolean>;
  readonly request?: SyncRequest;
  readonly title?: string;
  readonly unfinished?: readonly RecordedRun[];
}

/** A session in a panel that records its calls in `log`. */
export function opened(parts: Parts = {}) {
  const asked: SyncRequest[] = [];
  const ran: Plan[] = [];
  const log: string[] = [];
  const notices: HostNotice[] = [];
  const planned: Planner = parts.plan ?? (async () => threeActions());
  const runs: Runner = parts.run ?? (async (plan) => report(plan, () => 'done'));
  const session = new PlanPreviewSession(
    parts.request ?? request,
    parts.title,
    {
      planSync: (...all) => {
        asked.push(all[0]);
        return planned(...all);
      },
      runPlan: (...all) => {
        ran.push(all[0]);
        return runs(...all);
      },
      unfinishedRuns: async () => parts.unfinished ?? [],
      discardRun: async (run) => void log.push(`discard ${run}`),
    },
    {
      log: { write: (_level, _tag, text) => log.push(text) },
      showLog: () => log.push('showLog'),
      openDiff: async (_plan, action) => void log.push(`open ${action.path}`),
      describeError: (error) => `Sentence: ${(error as Error).message}`,
      confirmDeletes: parts.confirm ?? (async () => true),
      transfers: () => 4,
      explainPath: async (_request, path = '') => void log.push(`explain ${path}`),
      copyAsCommand: async () => void log.push('copyAsCommand'),
    },
    {
      words: englishStrings,
      language: 'en',
      nameOf: (place) => ({ short: placeText(place), full: placeText(place) }),
      tell: (notice) => notices.push(notice),
      renamed: () => log.push('renamed'),
      close: () => log.push('close'),
      savePlan: async () => void log.push('savePlan'),
      saveList: async () => void log.push('saveList'),
      showError: (sentence) => log.push(sentence),
      runBegan: () => log.push('began'),
      runProgressed: () => {},
      runEnded: (_run, summary) => log.push(`ended: ${summary}`),
      now: () => noon,
    },
  );
  return { session, asked, ran, log, notices };
}

/** Work that the session began without waiting for it ends. */
export const settled = () => new Promise((resolve) => setTimeout(resolve, 5));

/** A session after its first scan. */
export async function scanned(parts: Parts = {}) {
  const all = opened(parts);
  await all.session.rescan();
  return all;
}

/** A session after its first scan, these requests and a run. */
export async function applied(parts: Parts = {}, ...before: readonly PageRequest[]) {
  const all = await scanned(parts);
  for (const asked of [...before, { type: 'apply' } as const]) await all.session.answer(asked);
  await settled();
  return all;
}

/** Runs that never end. */
export const endless: Runner = () => new Promise(() => {});
