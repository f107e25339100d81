import type { App, SyncRequest } from '../../app';
import { runInTimeSlices } from '../../base/timeSlices';
import { removesFiles } from '../../plan/build/safety';
import { selectActions } from '../../plan/build/selectActions';
import type { Plan, PlanProgress } from '../../plan/model/plan';
import { formatter } from '../../preview/format';
import { planIndexSteps } from '../../preview/planIndex';
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
import { fill } from '../../preview/strings';
import { lastingBanners, planBanners, runSummary, tableFacts } from '../../preview/summaries';
import { handlePanelCommand } from './pageCommands';
import type { PanelHost, PreviewServices } from './previewPorts';
import { type EarlierRuns, failureBanner, idsToRetry, PlanRun } from './runState';
import { comparesLike, reversed, withCompare, withDeletes, withOptions, withVerb } from './syncRequests';

/** Maximum number of ticks and folded folders that survive a reload of the window. */
const mostRemembered = 2000;
const progressEveryMs = 150;
const rememberAfterMs = 300;

/** One preview from scan to report: owns the plan and its view, and handles the page's requests. Independent of the editor. */
export class PlanPreviewSession {
  private phase: Phase = 'scanning';
  private view: PlanView | undefined;
  private table = 0;
  private scanning: AbortController | undefined;
  private scan: ScanState | undefined;
  private scanMs = 0;
  private scannedAt = 0;
  private run: PlanRun | undefined;
  private running: AbortController | undefined;
  private confirming = false;
  private error: string | undefined;
  private banners: readonly Banner[] = [];
  private timer: ReturnType<typeof setTimeout> | undefined;
  private rememberTimer: ReturnType<typeof setTimeout> | undefined;
  private lastFilterAt = 0;

  constructor(
    private current: SyncRequest,
    private title: string | undefined,
    private readonly app: Pick<App, 'planSync' | 'runPlan'>,
    private readonly services: PreviewServices,
    private readonly panel: PanelHost,
    private memory: ViewState = initialViewState,
    private readonly ticksLost = false,
  ) {}

  get request(): SyncRequest {
    return this.current;
  }

  get isRunning(): boolean {
    return this.running !== undefined;
  }

  /** Computes the plan again and cancels a scan in progress. Does nothing during a run. */
  async rescan(): Promise<void> {
    if (this.running || this.confirming) return;
    this.scanning?.abort();
    const abort = new AbortController();
    this.scanning = abort;
    this.phase = 'scanning';
    this.scan = { sourceFiles: 0, targetFiles: 0, requested: 0, completed: 0, actions: 0 };
    this.error = undefined;
    this.showState();
    const began = this.panel.now();
    try {
      const plan = await this.app.planSync(this.current, abort.signal, (progress) => {
        if (this.scanning === abort) this.scanned(progress);
      });
      const index = await runInTimeSlices(planIndexSteps(plan));
      if (this.scanning !== abort) return;
      this.scanMs = this.panel.now() - began;
      this.scannedAt = this.panel.now();
      const first = this.view === undefined && this.ticksLost;
      this.memory = this.view?.memory() ?? this.memory;
      this.view = new PlanView(plan, this.memory, index);
      this.table++;
      this.run = undefined;
      this.phase = index.size === 0 && plan.problems.length === 0 ? 'same' : 'preview';
      const reset = { tone: 'warning', text: this.panel.words.ticksReset } as const;
      this.banners = [...(first && index.size > 0 ? [reset] : []), ...planBanners(plan, this.panel.words)];
    } catch (error) {
      // A scan that was given up for another one has nothing to say any more.
      if (this.scanning !== abort) return;
      this.memory = this.view?.memory() ?? this.memory;
      this.view = undefined;
      this.phase = 'error';
      this.banners = [];
      if (!abort.signal.aborted) {
        this.error = this.services.describeError(error);
        this.services.log.write('error', 'plan', this.error);
      }
    } finally {
      if (this.scanning === abort) {
        this.scanning = undefined;
        this.scan = undefined;
        this.showState();
      }
    }
  }

  /** Takes another request of a command for the same sides, unless a run is in progress. */
  async replan(request: SyncRequest): Promise<void> {
    if (this.running || this.confirming) return;
    this.current = request;
    await this.rescan();
  }

  /** The panel is closed: cancels a scan; a run continues and can be cancelled from its notification. */
  dispose(): void {
    this.scanning?.abort();
    clearTimeout(this.rememberTimer);
  }

  /** Cancels everything in progress and sends no more notices. */
  stop(): void {
    this.dispose();
    this.cancel();
    clearTimeout(this.timer);
  }

  cancel(): void {
    this.scanning?.abort();
    if (!this.running) return;
    this.run?.cancelAsked();
    this.running.abort();
    this.showState();
  }

  /** Handles a request of the page; see PageRequest. */
  async answer<T extends PageRequest>(request: T): Promise<ReplyTo<T['type']>>;
  async answer(request: PageRequest): Promise<ReplyTo<PageRequest['type']>> {
    const { view } = this;
    switch (request.type) {
      case 'ready':
        this.remember();
        return { language: this.panel.language, words: this.panel.words, state: this.state() };
      case 'rows': {
        const rows = view?.window(request.from, request.count) ?? [];
        return { table: this.table, from: request.from, rows };
      }
      case 'locate':
        return { places: this.places(request.keys) };
      case 'find':
        return { at: view?.find(request.start, request.after) ?? -1 };
      case 'filter':
        return this.reorder(request.anchors, (v) =>
          v.setFilter({ text: request.text, classes: request.classes, states: request.states }),
        );
      case 'flat':
        return this.reorder(request.anchors, (v) => v.setFlat(request.flat));
      case 'expand':
        return this.reorder(request.anchors, (v) => v.setExpanded(request.key, request.expanded));
      case 'expandAll':
        return this.reorder(request.anchors, (v) => v.setAllExpanded(request.expanded));
      case 'tick':
        return this.retick((v) => v.tick(request.key, request.on));
      case 'toggleRange':
        return this.retick((v) => {
          if (request.table === this.table) v.toggleRange(request.from, request.to);
        });
      case 'tickShown':
        return this.retick((v) => v.tickShown(request.on));
      case 'tickClass':
        return this.retick((v) => v.tickClass(request.class, request.on));
      case 'includeDeletes':
        return this.retick((v) => v.includeDeletes(request.on));
      case 'compare':
        return this.revise(withCompare(this.current, request.mode));
      case 'deletes':
        return this.revise(withDeletes(this.current, request.on));
      case 'setOptions':
        return this.setOptions(request.options);
      case 'open':
        return this.open(request.key);
      case 'swap':
        return this.swap();
      case 'copyInstead':
      case 'syncInstead':
        this.restart(withVerb(this.current, request.type === 'copyInstead' ? 'copy' : 'sync'));
        return undefined;
      case 'rescan':
        void this.rescan();
        return undefined;
      case 'apply':
        void this.apply(view?.selectedIds() ?? []);
        return undefined;
      case 'retry':
        void this.apply(view ? idsToRetry(view) : []);
        return undefined;
      case 'cancel':
        this.cancel();
        return undefined;
      default:
        return handlePanelCommand(request, this.current, view, this.panel, this.services);
    }
  }

  /** Returns the state to keep for a reload of the window. */
  saved(): SavedPanel {
    const memory = this.view?.memory() ?? this.memory;
    const ticksKept = memory.toggled.length <= mostRemembered;
    return {
      version: 1,
      request: this.current,
      ...(this.title === undefined ? {} : { title: this.title }),
      view: {
        ...memory,
        toggled: ticksKept ? memory.toggled : [],
        deletesEnabled: ticksKept && memory.deletesEnabled,
        collapsed: memory.collapsed.length <= mostRemembered ? memory.collapsed : [],
      },
      ticksKept,
    };
  }

  state(): PageState {
    const { view, current } = this;
    const run = this.run?.state(this.panel.now());
    return {
      phase: this.phase,
      verb: current.options.verb,
      source: this.panel.nameOf(current.source),
      target: this.panel.nameOf(current.target),
      compare: comparesLike(current.options),
      deletes: current.options.deletes,
      options: current.options,
      banners: this.banners,
      ...(this.scan ? { scan: this.scan } : {}),
      ...(run ? { run } : {}),
      ...(this.error === undefined ? {} : { error: this.error }),
      ...(view ? { table: this.tableOf(view) } : {}),
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

  private scanned({ listed, compared, actions }: PlanProgress): void {
    this.scan = { sourceFiles: listed.source, targetFiles: listed.target, ...compared, actions };
    this.soon();
  }

  private places(keys: readonly string[]): number[] {
    return keys.map((key) => this.view?.indexOf(key) ?? -1);
  }

  private reorder(anchors: readonly string[], change: (view: PlanView) => void) {
    if (this.view) change(this.view);
    this.table++;
    this.remember();
    return { state: this.state(), places: this.places(anchors) };
  }

  private retick(change: (view: PlanView) => void) {
    if (this.view && this.phase === 'preview') change(this.view);
    this.remember();
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

  private swap(): undefined {
    this.restart(reversed(this.current));
  }

  /** Resets the ticks and the filter by class after a change of direction or verb; keeps the rest of the view. */
  private restart(request: SyncRequest): void {
    if (this.running || this.confirming) return;
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

  private async open(key: string): Promise<undefined> {
    const item = this.view?.itemOf(key);
    if (!this.view || !item) return;
    try {
      await this.services.openDiff(this.view.plan, item);
    } catch (error) {
      this.panel.showError(this.services.describeError(error));
    }
  }

  /** Runs the actions of these ids; confirms deletes first. Never rejects. */
  private async apply(ids: readonly string[]): Promise<void> {
    const { view } = this;
    if (
      !view ||
      ids.length === 0 ||
      view.plan.options.verb === 'check' ||
      this.running ||
      this.confirming ||
      this.scanning
    )
      return;
    if (this.phase !== 'preview' && this.phase !== 'finished') return;
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
    const earlier = this.earlierRuns();
    const abort = new AbortController();
    const run = new PlanRun(view, plan.actions, earlier, this.panel.now());
    this.run = run;
    this.running = abort;
    this.phase = 'running';
    this.banners = lastingBanners(view.plan, this.panel.words);
    this.table++;
    this.panel.runBegan();
    this.showState();
    this.soon();
    const later: Banner[] = [];
    try {
      const report = await this.app.runPlan(plan, abort.signal, {
        observer: run,
        transfers: this.services.transfers(),
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
    const { changed } = run.counts;
    const rescan = { command: 'rescan', label: words.rescan } as const;
    const told = fill(words.changedBanner, format.plural(changed, words.filesOne, words.filesMany));
    const changedBanner: Banner = { tone: 'warning', text: told, action: rescan };
    this.banners = [...this.banners, ...later, ...(changed > 0 ? [changedBanner] : [])];
    const summary = runSummary(run, words, format);
    this.refilterStates();
    this.showState();
    this.panel.runEnded(run, summary);
  }

  private earlierRuns(): EarlierRuns {
    const before = this.run?.state(this.panel.now());
    return before ? { bytes: before.bytesDone, ms: before.ms } : { bytes: 0, ms: 0 };
  }

  /** Sends the state at once, with the part that the page keeps for a reload. */
  private showState(): void {
    if (this.timer) clearTimeout(this.timer);
    this.timer = undefined;
    this.panel.tell({ type: 'state', state: this.state() });
    this.remember();
  }

  /** Delayed, because a held key ticks many times a second and the saved state of a large plan takes long to write. */
  private remember(): void {
    this.rememberTimer ??= setTimeout(() => {
      this.rememberTimer = undefined;
      this.panel.tell({ type: 'remember', saved: this.saved() });
    }, rememberAfterMs);
  }

  /** Sends progress a few times a second, however often it changes. */
  private soon(): void {
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      const { run } = this;
      if (run && this.running) {
        run.sample(this.panel.now());
        this.panel.runProgressed(run.state(this.panel.now()));
        if (this.panel.now() - this.lastFilterAt > 1000) this.refilterStates();
        this.soon();
      }
      this.panel.tell({ type: 'state', state: this.state() });
    }, progressEveryMs);
  }

  /** Applies a filter by state at intervals, so that rows do not jump faster than a user can read. */
  private refilterStates(): void {
    if (!this.view || this.view.filter.states.length === 0) return;
    this.lastFilterAt = this.panel.now();
    this.view.refilter();
    this.table++;
  }
}
