import type { Plan } from '../plan/model/plan';
import { textMatcher } from './filterText';
import { FolderSums, orderRows, type RowOrder } from './folderSums';
import {
  buildPlanIndex,
  isDeleting,
  itemAt,
  nameOf,
  type PlanIndex,
  type PlanItem,
  pathOf,
  type RowClass,
  rowClasses,
  sections,
} from './planIndex';
import { itemRow, type Row, type RowState, rowStates, type Tick } from './planRow';
import { PlanTicks } from './planTicks';
import { RowKeys } from './rowKeys';
import { RunRows } from './runRows';

export interface RowFilter {
  readonly text: string;
  /** Empty = all. */
  readonly classes: readonly RowClass[];
  /** Empty = all. */
  readonly states: readonly RowState[];
}

/** The user's changes to a view, by names that stay valid in a later plan of the same sides. JSON-safe. */
export interface ViewState {
  readonly filter: RowFilter;
  readonly flat: boolean;
  readonly collapsed: readonly string[];
  readonly deletesEnabled: boolean;
  /** Keys of actions whose tick differs from the default: unticked copies, ticked deletes. */
  readonly toggled: readonly string[];
}

export const initialViewState: ViewState = {
  filter: { text: '', classes: [], states: [] },
  flat: false,
  collapsed: [],
  deletesEnabled: false,
  toggled: [],
};

/** Groups without actions start folded when they have more rows than this. */
const longGroup = 200;

/**
 * A plan as a table: rows in groups and folders, with a filter, folds and ticks. Creates rows only for the requested window, so
 * that a hundred thousand of them cost little.
 */
export class PlanView {
  readonly plan: Plan;
  private readonly index: PlanIndex;
  private readonly shown: Uint8Array;
  private readonly folded: Uint8Array;
  private readonly sums: FolderSums;
  readonly ticks: PlanTicks;
  private readonly run: RunRows;
  private readonly keys: RowKeys;
  private filterNow: RowFilter = initialViewState.filter;
  private isFlat = false;
  private shownTotal = 0;
  private order: RowOrder = { nodes: new Int32Array(0), levels: new Uint16Array(0) };

  /** `index` is the index of `plan`, when the caller has built it already. */
  constructor(plan: Plan, memory: ViewState = initialViewState, index: PlanIndex = buildPlanIndex(plan)) {
    this.plan = plan;
    this.index = index;
    const { size, folders } = index;
    this.shown = new Uint8Array(size);
    this.folded = new Uint8Array(folders.length);
    this.sums = new FolderSums(index);
    this.run = new RunRows(index);
    this.keys = new RowKeys(index);
    this.ticks = new PlanTicks(index, this.shown, this.sums);
    this.recall(memory);
    this.refilter();
  }

  get rowCount(): number {
    return this.order.nodes.length;
  }

  get filter(): RowFilter {
    return this.filterNow;
  }

  get flat(): boolean {
    return this.isFlat;
  }

  /** Number of files that the filter shows, folded or not; `all` counts without a filter. */
  get matches(): { readonly shown: number; readonly all: number } {
    return { shown: this.shownTotal, all: this.index.size };
  }

  /** Returns the rows `from` … `from + count − 1`; fewer at the end. */
  window(from: number, count: number): Row[] {
    const rows: Row[] = [];
    const end = Math.min(this.order.nodes.length, from + count);
    for (let i = Math.max(0, from); i < end; i++) rows.push(this.row(i));
    return rows;
  }

  setFilter(filter: RowFilter): void {
    this.filterNow = filter;
    this.refilter();
  }

  setFlat(flat: boolean): void {
    this.isFlat = flat;
    this.layOut();
  }

  /** Folds or unfolds one folder or group. Ignores an unknown key. */
  setExpanded(key: string, expanded: boolean): void {
    const node = this.keys.nodeOf(key);
    if (node === undefined || node >= 0) return;
    this.folded[~node] = expanded ? 0 : 1;
    this.layOut();
  }

  /** Folds or unfolds all folders. Groups stay unfolded, so that users see each of them. */
  setAllExpanded(expanded: boolean): void {
    this.folded.fill(expanded ? 0 : 1);
    this.folded.fill(0, 0, sections.length);
    this.layOut();
  }

  /** Ticks one file, or all visible files below a folder or group. */
  tick(key: string, on: boolean): void {
    const node = this.keys.nodeOf(key);
    if (node === undefined) return;
    this.ticks.set(node >= 0 ? [node] : this.itemsBelow(~node), on);
  }

  /**
   * Ticks the files in the rows `from` … `to`, including those below folded folders. When all are ticked already, unticks them.
   */
  toggleRange(from: number, to: number): void {
    const items: number[] = [];
    for (let i = Math.max(0, from); i <= Math.min(to, this.rowCount - 1); i++) {
      const node = this.order.nodes[i] ?? 0;
      if (node >= 0) items.push(node);
      else if (this.folded[~node]) items.push(...this.itemsBelow(~node));
    }
    this.ticks.toggle(items);
  }

  /** Ticks all visible files. */
  tickShown(on: boolean): void {
    this.ticks.setWhere((item) => this.shown[item] === 1, on);
  }

  /** Ticks all files of one class, also hidden ones, but never a hidden delete. */
  tickClass(rowClass: RowClass, on: boolean): void {
    const classIndex = rowClasses.indexOf(rowClass);
    const mayBeHidden = !isDeleting(rowClass) || !on;
    this.ticks.setWhere(
      (item) => this.index.classOf[item] === classIndex && (mayBeHidden || this.shown[item] === 1),
      on,
    );
  }

  /** The common tick of all visible rows that can be ticked; undefined when there are none. */
  get tickOfShown(): Tick | undefined {
    return this.ticks.isCheck ? undefined : this.sums.tickOf(...sections.keys());
  }

  /** Returns the position of the row of `key`, or of its nearest visible parent when it is hidden; −1 when neither exists. */
  indexOf(key: string): number {
    const node = this.keys.nodeOf(key);
    if (node === undefined) return -1;
    let at = this.order.nodes.indexOf(node);
    let folder = node >= 0 ? (this.index.folderOf[node] ?? -1) : (this.index.folders[~node]?.parent ?? -1);
    while (at < 0 && folder >= 0) {
      at = this.order.nodes.indexOf(~folder);
      folder = this.index.folders[folder]?.parent ?? -1;
    }
    return at;
  }

  /** Returns the first row after `after` (wrapping around) whose name begins with `start`, ignoring case; −1 when none does. */
  find(start: string, after: number): number {
    const prefix = start.toLocaleLowerCase();
    for (let step = 1; step <= this.order.nodes.length; step++) {
      const i = (after + step) % this.order.nodes.length;
      const node = this.order.nodes[i] ?? 0;
      const label = node >= 0 ? nameOf(pathOf(this.plan, node)) : (this.index.folders[~node]?.label ?? '');
      if (label.toLocaleLowerCase().startsWith(prefix)) return i;
    }
    return -1;
  }

  /** Returns the item of a row; undefined for a folder or group. */
  itemOf(key: string): PlanItem | undefined {
    const node = this.keys.nodeOf(key);
    return node === undefined || node < 0 ? undefined : itemAt(this.plan, node);
  }

  /** Starts a run of these actions: queues them and marks the others that never ran as left out. Ticks no longer change. */
  beginRun(ids: Iterable<string>): void {
    const items = [...ids].flatMap((id) => this.keys.itemOf(id) ?? []);
    this.ticks.isRunning = true;
    this.run.begin(items);
    if (this.filterNow.states.length > 0) this.refilter();
  }

  /** `share` is the transferred part, 0…1; `error` is a sentence, for failed and changed rows. */
  setState(id: string, state: RowState, share?: number, error?: string): void {
    const item = this.keys.itemOf(id);
    if (item !== undefined) this.run.set(item, state, share, error);
  }

  /** Number of actions in each state. */
  stateCounts(): Readonly<Record<RowState, number>> {
    return this.run.counts();
  }

  /** Returns the ids of the actions in these states, in the plan's order. */
  idsInState(...states: readonly RowState[]): string[] {
    return this.plan.actions
      .filter((_, i) => states.includes(this.run.stateOf(i)))
      .map((action) => action.id);
  }

  /** Applies the filter again after rows changed their state. */
  refilter(): void {
    const { classes, states, text } = this.filterNow;
    const classWanted = rowClasses.map((c) => classes.length === 0 || classes.includes(c));
    const stateWanted = rowStates.map((s) => states.length === 0 || states.includes(s));
    const matches = textMatcher(text);
    const { size, classOf } = this.index;
    this.shownTotal = 0;
    for (let i = 0; i < size; i++) {
      const isShown =
        classWanted[classOf[i] ?? 0] &&
        stateWanted[this.run.states[i] ?? 0] &&
        (matches === undefined || matches(pathOf(this.plan, i)));
      this.shown[i] = isShown ? 1 : 0;
      if (isShown) this.shownTotal++;
    }
    this.sums.count(this.shown, this.ticks.ticked);
    this.layOut();
  }

  memory(): ViewState {
    return {
      filter: this.filterNow,
      flat: this.isFlat,
      collapsed: this.index.folders.flatMap((_, n) => (this.folded[n] ? [this.keys.keyOf(~n)] : [])),
      deletesEnabled: this.ticks.deletesEnabled,
      toggled: this.ticks.toggledIds(),
    };
  }

  private recall(memory: ViewState): void {
    // A new plan has no run, so it has no states.
    this.filterNow = { ...memory.filter, states: [] };
    this.isFlat = memory.flat;
    for (const section of ['conflict', 'skipped'] as const) {
      const root = sections.indexOf(section);
      if (memory === initialViewState && (this.index.flat[root]?.length ?? 0) > longGroup)
        this.folded[root] = 1;
    }
    for (const key of memory.collapsed) {
      const node = this.keys.nodeOf(key);
      if (node !== undefined && node < 0) this.folded[~node] = 1;
    }
    this.ticks.recall(
      memory.deletesEnabled,
      memory.toggled.flatMap((id) => this.keys.itemOf(id) ?? []),
    );
  }

  private itemsBelow(folder: number): number[] {
    const { sequence, endOf } = this.index;
    const items: number[] = [];
    const at = sequence.indexOf(~folder);
    for (let place = at; at >= 0 && place < (endOf[at] ?? 0); place++) {
      const node = sequence[place] ?? -1;
      if (node >= 0 && this.shown[node]) items.push(node);
    }
    return items;
  }

  private layOut(): void {
    this.order = orderRows(this.index, this.isFlat, this.shown, this.sums, this.folded);
  }

  private row(at: number): Row {
    const node = this.order.nodes[at] ?? 0;
    const level = this.order.levels[at] ?? 1;
    const key = this.keys.keyOf(node);
    if (node >= 0)
      return itemRow(this.index, node, {
        key,
        level,
        parent: this.keys.keyOf(~(this.index.folderOf[node] ?? 0)),
        ...this.ticks.ofItem(node),
        state: this.run.stateOf(node),
        share: this.run.shareOf(node),
        error: this.run.errorOf(node),
      });
    const folder = this.index.folders[~node];
    const { section = 'change', parent = -1, label = '', path = '' } = folder ?? {};
    const facts = {
      key,
      level,
      parent: parent < 0 ? undefined : this.keys.keyOf(~parent),
      section,
      expanded: this.folded[~node] === 0,
      files: this.sums.filesIn(~node),
      bytes: this.sums.bytesIn(~node),
    };
    const isDelete = section === 'delete';
    const { isCheck, deletesEnabled } = this.ticks;
    if (~node < sections.length)
      return { kind: 'section', ...facts, gate: isDelete ? deletesEnabled : undefined };
    const run = this.run.ofFolder(~node);
    return {
      kind: 'folder',
      ...facts,
      label,
      path,
      tick: isCheck ? undefined : this.sums.tickOf(~node),
      locked: isDelete && !deletesEnabled ? true : undefined,
      run: run.total === 0 ? undefined : run,
    };
  }
}
