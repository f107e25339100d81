import type { SyncRequest } from '../../app';
import { runInTimeSlices } from '../../base/timeSlices';
import { formatter } from '../../preview/format';
import { planIndexSteps } from '../../preview/planIndex';
import { initialViewState, PlanView } from '../../preview/planView';
import type { Banner, Phase } from '../../preview/previewProtocol';
import { fill } from '../../preview/strings';
import type { RecordedRun } from '../../transfer/journal/recordedRun';
import type { PanelHost, PreviewApp } from './previewPorts';
import { PlanRun } from './runState';

/** The unfinished run between the places of a preview, if there is one. */
export class UnfinishedRun {
  recorded: RecordedRun | undefined;

  constructor(
    private readonly app: Pick<PreviewApp, 'unfinishedRuns' | 'discardRun'>,
    private readonly panel: Pick<PanelHost, 'words' | 'language'>,
  ) {}

  /** Looks for the run. Never rejects. */
  async find(request: SyncRequest): Promise<void> {
    const isCheck = request.options.verb === 'check';
    const [newest] = isCheck ? [] : await this.app.unfinishedRuns(request).catch(() => []);
    this.recorded = newest;
  }

  async discard(): Promise<void> {
    const { recorded } = this;
    this.recorded = undefined;
    if (recorded) await this.app.discardRun(recorded.run);
  }

  /** What a preview that has not run yet says about it. */
  banners(phase: Phase): readonly Banner[] {
    const { recorded } = this;
    if (!recorded || (phase !== 'preview' && phase !== 'same')) return [];
    const { words, language } = this.panel;
    const format = formatter(language, words);
    const { startedAt, plan } = recorded;
    return [
      {
        tone: 'info',
        text: fill(
          words.unfinishedRun,
          format.exactTime(startedAt),
          format.count(doneIn(recorded)),
          format.count(plan.actions.length),
        ),
        action: { command: 'continueEarlier', label: words.continueEarlier },
        other: { command: 'discardEarlier', label: words.discardEarlier },
      },
    ];
  }
}

/** The plan of an unfinished run as a table with the outcomes so far. `now` is in milliseconds since the epoch. */
export async function recallRun(
  { run, plan, results }: RecordedRun,
  now: number,
): Promise<{ readonly view: PlanView; readonly run: PlanRun }> {
  const index = await runInTimeSlices(planIndexSteps(plan));
  const view = new PlanView(plan, initialViewState, index);
  const recalled = new PlanRun(view, plan.actions, { bytes: 0, ms: 0, run }, now);
  recalled.recall(results, now);
  return { view, run: recalled };
}

/** Number of actions that are done. */
export function doneIn({ results }: RecordedRun): number {
  return [...results.values()].filter(({ outcome }) => outcome === 'done').length;
}

/** The request that the plan of a run was made for. */
export function requestOf({ plan: { source, target, options } }: RecordedRun): SyncRequest {
  return { source, target, options };
}
