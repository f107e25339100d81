import type { SyncRequest } from '../../app';
import { runInTimeSlices } from '../../base/timeSlices';
import { removesFiles } from '../../plan/build/safety';
import { selectActions } from '../../plan/build/selectActions';
import type { Plan, PlanProgress } from '../../plan/model/plan';
import { formatter } from '../../preview/format';
import { type PlanIndex, planIndexSteps } from '../../preview/planIndex';
import { initialViewState, PlanView, type ViewState } from '../../preview/planView';
import type {
  Banner,
  PageState,
  Phase,
  ReplyTo,
  RunState,
  SavedPanel,
  ScanState,
  TableState,
} from '../../preview/previewProtocol';
import type { PageRequest } from '../../preview/readPageRequest';
import { lastingBanners, planBanners, runSummary, tableFacts } from '../../preview/summaries';
import type { RecordedRun } from '../../transfer/journal/recordedRun';
import type { PageHandlers, PanelHost, PreviewApp, PreviewServices } from './previewPorts';
import { changedBanners, failureBanner, idsToRetry, PlanRun } from './runState';
import { savedPanel } from './savedPanel';
import { StateNotices } from './stateNotices';
import { comparesLike, reversed, withChanged, withDeletes, withOptions } from './syncRequests';
import { recallRun, requestOf, UnfinishedRun } from './unfinishedRun';

/** One preview from scan to report: owns the plan and its view, and handles the page's requests. Independent of the editor. */
export class PlanPreviewSession {
  private phase: Phase = 'scanning';
  private view: PlanView | undefined;
  private table = 0;
  private scanning: { readonly abort: AbortController; counts: ScanState } | undefined;
  private scanMs = 0;
  private scannedAt = 0;
  private run: PlanRun | undefined;
  private running: AbortController | undefined;
  private confirming = false;
  private error: string | undefined;
  private banners: readonly Banner[] = [];
  private readonly notices: StateNotices;
  private readonly unfinished: UnfinishedRun;
  private lastFilterAt = 0;

  constructor(
    private current: SyncRequest,
    private title: string | undefined,
    private readonly app: PreviewApp,
    private readonly services: PreviewServices,
    private readonly panel: PanelHost,
    private memory: ViewState = initialViewState,
    private readonly ticksLost = false,
  ) {
    this.notices = new StateNotices(panel, this);
    this.unfinished = new UnfinishedRun(app, panel);
  }

  get request(): SyncRequest {
    return this.current;
  }

  /** Computes the plan again and cancels a scan in progress. Does nothing during a run. */
  async rescan(): Promise<void> {
    if (this.isBusy) return;
    this.scanning?.abort.abort();
    const abort = new AbortController();
    const counts = { sourceFiles: 0, targetFiles: 0, requested: 0, completed: 0, actions: 0 };
    const scan = { abort, counts };
    this.scanning = scan;
    this.phase = 'scanning';
    this.error = undefined;
    this.notices.now();
    const began = this.panel.now();
    try {
      const plan = await this.app.planSync(this.current, abort.signal, (progress) => {
        if (this.scanning === scan) this.scanned(scan, progress);
      });
      const index = await runInTimeSlices(planIndexSteps(plan));
      await this.unfinished.find(this.current);
      if (this.scanning !== scan) return;
      this.showPlan(plan, index, began);
    } catch (error) {
      if (this.scanning !== scan) return;
      this.memory = this.view?.memory() ?? this.memory;
      this.view = undefined;
      this.phase = 'error';
      this.banners = [];
      if (!abort.signal.aborted) {
        this.error = this.services.describeError(error);
        this.services.log.write('error', 'plan', this.error);
      }
    }
    this.scanning = undefined;
    this.notices.now();
  }

  private showPlan(plan: Plan, index: PlanIndex, began: number): void {
    const { words } = this.panel;
    this.scannedAt = this.panel.now();
    this.scanMs = this.scannedAt - began;
    const isReset = this.view === undefined && this.ticksLost && index.size > 0;
    this.memory = this.view?.memory() ?? this.memory;
    this.view = new PlanView(plan, this.memory, index);
    this.table++;
    this.run = undefined;
    this.phase = index.size === 0 && plan.problems.length === 0 ? 'same' : 'preview';
    const reset: Banner = { tone: 'warning', text: words.ticksReset };
    this.banners = [...(isReset ? [reset] : []), ...planBanners(plan, words)];
  }

  /** Shows an unfinished run instead of a scan, with the actions that are left to do. Does nothing during a run. */
  async showUnfinished(recorded: RecordedRun): Promise<void> {
    if (this.isBusy) return;
    this.scanning?.abort.abort();
    this.scanning = undefined;
    this.current = requestOf(recorded);
    const { view, run } = await recallRun(recorded, this.panel.now());
    if (this.isBusy || this.scanning) return;
    this.view = view;
    this.run = run;
    this.scannedAt = recorded.startedAt;
    this.banners = lastingBanners(recorded.plan, this.panel.words);
    this.phase = 'finished';
    this.table++;
    this.notices.now();
  }

  /** Takes another request for the same sides, unless a run is in progress. */
  async replan(request: SyncRequest): Promise<void> {
    if (this.isBusy) return;
    this.current = request;
    await this.rescan();
  }

  /** The panel is closed: cancels a scan; a run continues and can be cancelled from its notification. */
  dispose(): void {
    this.scanning?.abort.abort();
    this.notices.forget();
  }

  /** Cancels everything in progress and sends no more notices. */
  stop(): void {
    this.dispose();
    this.cancel();
    this.notices.stop();
  }

  cancel(): void {
    this.scanning?.abort.abort();
    if (!this.running) return;
    this.run?.cancelAsked();
    this.running.abort();
    this.notices.now();
  }

  /** Handles a request of the page. */
  async answer<T extends PageRequest>(request: T): Promise<ReplyTo<T['type']>> {
    const handle = this.handlers[request.type as PageRequest['type']] as (request: T) => unknown;
    return (await handle(request)) as ReplyTo<T['type']>;
  }

  private readonly handlers: PageHandlers = {
    ready: () => {
      this.notices.remember();
      return { language: this.panel.language, words: this.panel.words, state: this.state() };
    },
    rows: ({ from, count }) => ({ table: this.table, from, rows: this.view?.window(from, count) ?? [] }),
    locate: ({ keys }) => ({ places: this.places(keys) }),
    find: ({ start, after }) => ({ at: this.view?.find(start, after) ?? -1 }),
    filter: ({ type: _, anchors, ...filter }) => this.reorder(anchors, (view) => view.setFilter(filter)),
    flat: ({ flat, anchors }) => this.reorder(anchors, (view) => view.setFlat(flat)),
    expand: ({ key, expanded, anchors }) => this.reorder(anchors, (view) => view.setExpanded(key, expanded)),
    expandAll: ({ expanded, anchors }) => this.reorder(anchors, (view) => view.setAllExpanded(expanded)),
    tick: ({ key, on }) => this.retick((view) => view.tick(key, on)),
    toggleRange: ({ table, from, to }) =>
      this.retick((view) => table === this.table && view.toggleRange(from, to)),
    tickShown: ({ on }) => this.retick((view) => view.tickShown(on)),
    tickClass: ({ class: rowClass, on }) => this.retick((view) => view.tickClass(rowClass, on)),
    includeDeletes: ({ on }) => this.retick((view) => view.ticks.includeDeletes(on)),
    compare: ({ mode }) => this.revise(withChanged(this.current, { compare: mode })),
    deletes: ({ on }) => this.revise(withDeletes(this.current, on)),
    setOptions: ({ options }) => this.setOptions(options),
    open: ({ key }) => this.open(key),
    swap: () => this.restart(reversed(this.current)),
    copyInstead: () => this.restart(withChanged(this.current, { verb: 'copy' })),
    syncInstead: () => this.restart(withChanged(this.current, { verb: 'sync' })),
    rescan: () => void this.rescan(),
    apply: () => void this.apply(this.view?.ticks.selectedIds() ?? []),
    retry: () => this.retry(),
    continueEarlier: () => void this.continueEarlier(),
    discardEarlier: () => this.unfinished.discard().finally(() => this.notices.now()),
    cancel: () => this.cancel(),
    close: () => this.panel.close(),
    savePlan: () => this.view && this.panel.savePlan(this.view.plan),
    saveList: () => this.view && this.panel.saveList(this.view.plan),
    showLog: () => this.services.showLog(),
    explain: ({ key }) => this.services.explainPath(this.current, this.view?.itemOf(key)?.path),
    explainPath: () => this.services.explainPath(this.current),
    copyAsCommand: () => this.services.copyAsCommand(this.current),
  };

  /** Returns the state to keep for a reload of the window. */
  saved(): SavedPanel {
    return savedPanel(this.current, this.title, this.view?.memory() ?? this.memory);
  }

  state(): PageState {
    const { view, current } = this;
    return {
      phase: this.phase,
      verb: current.options.verb,
      source: this.panel.nameOf(current.source),
      target: this.panel.nameOf(current.target),
      compare: comparesLike(current.options),
      deletes: current.options.deletes,
      options: current.options,
      banners: [...this.unfinished.banners(this.phase), ...this.banners],
      scan: this.scanning?.counts,
      run: this.run?.state(this.panel.now()),
      error: this.error,
      table: view && this.tableOf(view),
    };
  }

  private tableOf(view: PlanView): TableState {
    return {
      ...tableFacts(view),
      table: this.table,
      scanMs: this.scanMs,
      scannedAt: this.scannedAt,
      ticksFixed: this.run !== undefined || this.phase === 'scanning',
      running: this.run !== undefined,
    };
  }

  private scanned(scan: { counts: ScanState }, { listed, compared, actions }: PlanProgress): void {
    scan.counts = { sourceFiles: listed.source, targetFiles: listed.target, ...compared, actions };
    this.soon();
  }

  /** A scan may be in progress: another one replaces it. */
  private get isBusy(): boolean {
    return this.running !== undefined || this.confirming;
  }

  private places(keys: readonly string[]): number[] {
    return keys.map((key) => this.view?.indexOf(key) ?? -1);
  }

  private reorder(anchors: readonly string[], change: (view: PlanView) => void) {
    if (this.view) change(this.view);
    this.table++;
    this.notices.remember();
    return { state: this.state(), places: this.places(anchors) };
  }

  private retick(change: (view: PlanView) => unknown) {
    if (this.view && this.phase === 'preview') change(this.view);
    this.notices.remember();
    return { state: this.state() };
  }

  private revise(request: SyncRequest): { state: PageState } {
    if (request.options.verb !== this.current.options.verb) this.restart(request);
    else void this.replan(request);
    return { state: this.state() };
  }

  private setOptions(options: Readonly<Record<string, unknown>>): { state: PageState; problem?: string } {
    try {
      return this.revise(withOptions(this.current, options));
    } catch (error) {
      return { state: this.state(), problem: this.services.describeError(error) };
    }
  }

  /** Resets the ticks and the filter by class after a change of direction or verb; keeps the rest of the view. */
  private restart(request: SyncRequest): void {
    if (this.isBusy) return;
    this.current = request;
    const memory = this.view?.memory() ?? this.memory;
    this.memory = {
      ...memory,
      filter: { ...memory.filter, classes: [] },
      toggled: [],
      deletesEnabled: false,
    };
    this.view = undefined;
    this.run = undefined;
    this.banners = [];
    // The title of a command fits only its own request, so it is not restored after a reload of the window.
    this.title = undefined;
    this.panel.renamed();
    void this.rescan();
  }

  private async open(key: string): Promise<void> {
    const item = this.view?.itemOf(key);
    if (!this.view || !item) return;
    try {
      await this.services.openDiff(this.view.plan, item);
    } catch (error) {
      this.panel.showError(this.services.describeError(error));
    }
  }

  private retry(): void {
    void this.apply(this.view ? idsToRetry(this.view) : []);
  }

  private async continueEarlier(): Promise<void> {
    if (this.unfinished.recorded) await this.showUnfinished(this.unfinished.recorded);
    this.retry();
  }

  /** Runs the actions of these ids; confirms deletes first. Never rejects. */
  private async apply(ids: readonly string[]): Promise<void> {
    const { view, phase } = this;
    if (!view || ids.length === 0 || this.isBusy || this.scanning) return;
    if (view.plan.options.verb === 'check' || (phase !== 'preview' && phase !== 'finished')) return;
    this.confirming = true;
    let plan: Plan;
    try {
      plan = selectActions(view.plan, ids);
      if (removesFiles(plan) && !(await this.services.confirmDeletes(plan))) return;
    } catch (error) {
      this.panel.showError(this.services.describeError(error));
      return;
    } finally {
      this.confirming = false;
    }
    await this.runSelected(view, plan);
  }

  private async runSelected(view: PlanView, plan: Plan): Promise<void> {
    const earlier = this.run?.soFar(this.panel.now()) ?? { bytes: 0, ms: 0 };
    const abort = new AbortController();
    const run = new PlanRun(view, plan.actions, earlier, this.panel.now());
    this.run = run;
    this.running = abort;
    this.phase = 'running';
    this.banners = lastingBanners(view.plan, this.panel.words);
    this.table++;
    this.panel.runBegan();
    this.notices.now();
    this.soon();
    const later: Banner[] = [];
    try {
      const report = await this.app.runPlan(plan, abort.signal, {
        observer: run,
        transfers: this.services.transfers(),
        ...(earlier.run !== undefined && { continues: earlier.run }),
      });
      run.finish(report, this.panel.now());
      if (report.deletesWithheld !== undefined) later.push({ tone: 'warning', text: report.deletesWithheld });
    } catch (error) {
      run.breakOff(this.panel.now());
      if (!abort.signal.aborted) {
        const text = this.services.describeError(error);
        this.services.log.write('error', 'copy', text);
        later.push(failureBanner(error, text, this.panel.words));
      }
    }
    this.running = undefined;
    this.phase = 'finished';
    this.ended(run.state(this.panel.now()), later);
  }

  private ended(run: RunState, later: readonly Banner[]): void {
    const { words, language } = this.panel;
    const format = formatter(language, words);
    this.banners = [...this.banners, ...later, ...changedBanners(run, words, format)];
    const summary = runSummary(run, words, format);
    this.refilterStates();
    this.notices.now();
    this.panel.runEnded(run, summary);
  }

  /** Sends progress a few times a second until the run ends. */
  private soon(): void {
    this.notices.soon(() => {
      const { run } = this;
      if (!run || !this.running) return;
      run.sample(this.panel.now());
      this.panel.runProgressed(run.state(this.panel.now()));
      if (this.panel.now() - this.lastFilterAt > 1000) this.refilterStates();
      this.soon();
    });
  }

  /** Applies a filter by state at intervals, so that rows do not jump faster than a user can read. */
  private refilterStates(): void {
    if (!this.view || this.view.filter.states.length === 0) return;
    this.lastFilterAt = this.panel.now();
    this.view.refilter();
    this.table++;
  }
}
