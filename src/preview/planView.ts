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

export interface ClassSummary {
  readonly class: RowClass;
  readonly files: number;
  readonly bytes: number;
  readonly ticked: number;
  readonly tickedBytes: number;
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
const deleting = rowClasses.map(isDeleting);

/**
 * A plan as a table: rows in groups and folders, with a filter, folds and ticks. Creates rows only for the requested window, so
 * that a hundred thousand of them cost little.
 */
export class PlanView {
  readonly plan: Plan;
  private readonly index: PlanIndex;
  private readonly shown: Uint8Array;
  private readonly ticked: Uint8Array;
  private readonly folded: Uint8Array;
  private readonly sums: FolderSums;
  private readonly run: RunRows;
  private readonly keys: RowKeys;
  /** Whether the plan is a comparison: nothing can run, so nothing can be ticked. */
  private readonly isCheck: boolean;
  private filterNow: RowFilter = initialViewState.filter;
  private isFlat = false;
  private deletesEnabled = false;
  private running = false;
  private shownTotal = 0;
  private order: RowOrder = { nodes: new Int32Array(0), levels: new Uint16Array(0) };

  /** `index` is the index of `plan`, when the caller has built it already. */
  constructor(plan: Plan, memory: ViewState = initialViewState, index: PlanIndex = buildPlanIndex(plan)) {
    this.plan = plan;
    this.index = index;
    const { size, folders, classOf } = this.index;
    this.shown = new Uint8Array(size);
    this.ticked = new Uint8Array(plan.actions.length);
    this.folded = new Uint8Array(folders.length);
    this.sums = new FolderSums(this.index);
    this.run = new RunRows(this.index);
    this.keys = new RowKeys(this.index);
    this.isCheck = plan.options.verb === 'check';
    for (let i = 0; i < this.ticked.length; i++)
      this.ticked[i] = this.isCheck || deleting[classOf[i] ?? 0] ? 0 : 1;
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

  get deletesIncluded(): boolean {
    return this.deletesEnabled;
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
    if (node >= 0) this.tickOne(node, on);
    else this.tickMany(this.itemsBelow(~node), on);
  }

  /**
   * Ticks the files in the rows `from` … `to`, including those below folded folders. When all are ticked already, unticks them.
   */
  toggleRange(from: number, to: number): void {
    const items: number[] = [];
    for (let i = Math.max(0, from); i <= Math.min(to, this.rowCount - 1); i++) {
      const node = this.order.nodes[i] ?? 0;
      const some = node >= 0 ? [node] : this.folded[~node] ? this.itemsBelow(~node) : [];
      for (const item of some) if (this.canTick(item)) items.push(item);
    }
    this.tickMany(items, !items.every((item) => this.ticked[item] === 1));
  }

  /** Ticks all visible files. */
  tickShown(on: boolean): void {
    const items: number[] = [];
    for (let i = 0; i < this.ticked.length; i++) if (this.shown[i]) items.push(i);
    this.tickMany(items, on);
  }

  /** Ticks all files of one class, also hidden ones, but never a hidden delete. */
  tickClass(rowClass: RowClass, on: boolean): void {
    const wanted = rowClasses.indexOf(rowClass);
    const items: number[] = [];
    for (let i = 0; i < this.ticked.length; i++) {
      const mayHide = !deleting[wanted] || !on || this.shown[i] === 1;
      if (this.index.classOf[i] === wanted && mayHide) items.push(i);
    }
    this.tickMany(items, on);
  }

  /**
   * Enables the deletes and ticks the visible ones (never a hidden one), or disables and unticks all.
   */
  includeDeletes(on: boolean): void {
    if (this.running) return;
    const deletes = this.index.flat[sections.indexOf('delete')] ?? new Int32Array(0);
    this.deletesEnabled = true;
    this.tickMany(on ? deletes.filter((item) => this.shown[item] === 1) : deletes, on);
    this.deletesEnabled = on;
  }

  /** The common tick of all visible rows that can be ticked; undefined when there are none. */
  get tickOfShown(): Tick | undefined {
    return this.isCheck ? undefined : this.sums.tickOf(...sections.keys());
  }

  /** Ids of the ticked actions in the plan's order. Omits the removal of a folder when a file that would leave it is not ticked. */
  selectedIds(): string[] {
    const { actions } = this.plan;
    const held = new Set<string>();
    const hold = (path: string) => {
      for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1))
        held.add(path.slice(0, end));
    };
    const isTicked = (i: number) => this.ticked[i] === 1;
    actions.forEach((action, i) => {
      if (isTicked(i)) return;
      if (action.kind === 'deleteFile' || action.kind === 'removeFolder') hold(action.path);
      if (action.kind === 'moveFile') hold(action.from);
    });
    return actions
      .filter(({ kind, path }, i) => isTicked(i) && !(kind === 'removeFolder' && held.has(path)))
      .map((action) => action.id);
  }

  /** Returns totals by class, without empty classes. */
  summary(): ClassSummary[] {
    const sums = rowClasses.map((rowClass) => ({
      class: rowClass,
      files: 0,
      bytes: 0,
      ticked: 0,
      tickedBytes: 0,
    }));
    for (let i = 0; i < this.index.size; i++) {
      const sum = sums[this.index.classOf[i] ?? 0];
      if (!sum) continue;
      const bytes = this.index.bytesOf[i] ?? 0;
      sum.files++;
      sum.bytes += bytes;
      if (this.ticked[i] !== 1) continue;
      sum.ticked++;
      sum.tickedBytes += bytes;
    }
    return sums.filter((sum) => sum.files > 0);
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
    const wanted = start.toLocaleLowerCase();
    for (let step = 1; step <= this.order.nodes.length; step++) {
      const i = (after + step) % this.order.nodes.length;
      const node = this.order.nodes[i] ?? 0;
      const label = node >= 0 ? nameOf(pathOf(this.plan, node)) : (this.index.folders[~node]?.label ?? '');
      if (label.toLocaleLowerCase().startsWith(wanted)) return i;
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
    this.running = true;
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
  idsInState(...wanted: readonly RowState[]): string[] {
    return this.plan.actions
      .filter((_, i) => wanted.includes(this.run.stateOf(i)))
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
    this.sums.count(this.shown, this.ticked);
    this.layOut();
  }

  memory(): ViewState {
    const { classOf, folders } = this.index;
    const turned = this.isCheck
      ? []
      : this.plan.actions.filter((_, i) => this.ticked[i] === (deleting[classOf[i] ?? 0] ? 1 : 0));
    const collapsed = folders.flatMap((_, n) => (this.folded[n] ? [this.keys.keyOf(~n)] : []));
    return {
      filter: this.filterNow,
      flat: this.isFlat,
      collapsed,
      deletesEnabled: this.deletesEnabled,
      toggled: turned.map((action) => action.id),
    };
  }

  private recall(memory: ViewState): void {
    // A new plan has no run, so it has no states.
    this.filterNow = { ...memory.filter, states: [] };
    this.isFlat = memory.flat;
    this.deletesEnabled =
      memory.deletesEnabled && (this.index.flat[sections.indexOf('delete')]?.length ?? 0) > 0;
    for (const section of ['conflict', 'skipped'] as const) {
      const root = sections.indexOf(section);
      if (memory === initialViewState && (this.index.flat[root]?.length ?? 0) > longGroup)
        this.folded[root] = 1;
    }
    for (const key of memory.collapsed) {
      const node = this.keys.nodeOf(key);
      if (node !== undefined && node < 0) this.folded[~node] = 1;
    }
    for (const id of memory.toggled) {
      const item = this.keys.itemOf(id);
      if (item !== undefined && this.canTick(item)) this.ticked[item] = this.ticked[item] ? 0 : 1;
    }
  }

  private canTick(item: number): boolean {
    if (this.isCheck || this.running || item >= this.ticked.length) return false;
    return !deleting[this.index.classOf[item] ?? 0] || this.deletesEnabled;
  }

  private tickOne(item: number, on: boolean): void {
    if (!this.canTick(item) || this.ticked[item] === (on ? 1 : 0)) return;
    this.ticked[item] = on ? 1 : 0;
    if (this.shown[item]) this.sums.ticks(item, on ? 1 : -1);
  }

  private tickMany(items: ArrayLike<number>, on: boolean): void {
    for (let i = 0; i < items.length; i++) this.tickOne(items[i] ?? -1, on);
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
    if (node >= 0) {
      return itemRow(this.index, node, {
        key,
        level,
        parent: this.keys.keyOf(~(this.index.folderOf[node] ?? 0)),
        ...(node < this.ticked.length && !this.isCheck
          ? { tick: this.ticked[node] === 1, locked: !this.canTick(node) }
          : {}),
        state: this.run.stateOf(node),
        share: this.run.shareOf(node),
        error: this.run.errorOf(node),
      });
    }
    const folder = this.index.folders[~node];
    const facts = {
      key,
      level,
      ...(folder && folder.parent >= 0 ? { parent: this.keys.keyOf(~folder.parent) } : {}),
      section: folder?.section ?? 'change',
      expanded: this.folded[~node] === 0,
      files: this.sums.filesIn(~node),
      bytes: this.sums.bytesIn(~node),
    };
    if (~node < sections.length) {
      return {
        kind: 'section',
        ...facts,
        ...(facts.section === 'delete' ? { gate: this.deletesEnabled } : {}),
      };
    }
    const tick = this.isCheck ? undefined : this.sums.tickOf(~node);
    const run = this.run.ofFolder(~node);
    return {
      kind: 'folder',
      ...facts,
      label: folder?.label ?? '',
      path: folder?.path ?? '',
      ...(tick === undefined ? {} : { tick }),
      ...(facts.section === 'delete' && !this.deletesEnabled ? { locked: true } : {}),
      ...(run.total === 0 ? {} : { run }),
    };
  }
}
