import type { FolderSums } from './folderSums';
import { isDeleting, type PlanIndex, type RowClass, rowClasses, sections } from './planIndex';

export interface ClassSummary {
  readonly class: RowClass;
  readonly files: number;
  readonly bytes: number;
  readonly ticked: number;
  readonly tickedBytes: number;
}

const deleting = rowClasses.map(isDeleting);

/** The ticks of a plan's actions. By default copies are ticked and deletes are not; only enabled deletes can be ticked. */
export class PlanTicks {
  /** 1 for a ticked action, by the number of its item. */
  readonly ticked: Uint8Array;
  /** Whether the plan is a comparison: nothing can run, so nothing can be ticked. */
  readonly isCheck: boolean;
  deletesEnabled = false;
  isRunning = false;

  /** @param shown 1 for an item that the filter shows; the sums of the folders follow the ticks of these items */
  constructor(
    private readonly index: PlanIndex,
    private readonly shown: Uint8Array,
    private readonly sums: FolderSums,
  ) {
    const { plan, classOf } = index;
    this.isCheck = plan.options.verb === 'check';
    this.ticked = Uint8Array.from(plan.actions, (_, i) =>
      this.isCheck || deleting[classOf[i] ?? 0] ? 0 : 1,
    );
  }

  canTick(item: number): boolean {
    if (this.isCheck || this.isRunning || item >= this.ticked.length) return false;
    return !deleting[this.index.classOf[item] ?? 0] || this.deletesEnabled;
  }

  /** The tick of an item's row, and whether it is locked; without a tick when the item has no action that can run. */
  ofItem(item: number): { readonly tick?: boolean; readonly locked?: true | undefined } {
    if (item >= this.ticked.length || this.isCheck) return {};
    return { tick: this.ticked[item] === 1, locked: this.canTick(item) ? undefined : true };
  }

  /** Ticks or unticks these items, except those that can't be ticked. */
  set(items: ArrayLike<number>, on: boolean): void {
    for (let i = 0; i < items.length; i++) this.setOne(items[i] ?? -1, on);
  }

  setWhere(matches: (item: number) => boolean, on: boolean): void {
    for (let item = 0; item < this.ticked.length; item++) if (matches(item)) this.setOne(item, on);
  }

  /** Ticks these items, or unticks them when all of them are ticked. */
  toggle(items: readonly number[]): void {
    const tickable = items.filter((item) => this.canTick(item));
    this.set(tickable, !tickable.every((item) => this.ticked[item] === 1));
  }

  private setOne(item: number, on: boolean): void {
    if (!this.canTick(item) || this.ticked[item] === (on ? 1 : 0)) return;
    this.ticked[item] = on ? 1 : 0;
    if (this.shown[item]) this.sums.ticks(item, on ? 1 : -1);
  }

  /** Enables the deletes and ticks the visible ones (never a hidden one), or disables and unticks all. */
  includeDeletes(on: boolean): void {
    if (this.isRunning) return;
    this.deletesEnabled = true;
    this.set(on ? this.deletes.filter((item) => this.shown[item] === 1) : this.deletes, on);
    this.deletesEnabled = on;
  }

  private get deletes(): Int32Array {
    return this.index.flat[sections.indexOf('delete')] ?? new Int32Array(0);
  }

  /** Ids of the ticked actions in the plan's order. Omits the removal of a folder when a file that would leave it is not ticked. */
  selectedIds(): string[] {
    const { actions } = this.index.plan;
    const held = new Set<string>();
    const hold = (path: string) => {
      for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1))
        held.add(path.slice(0, end));
    };
    actions.forEach((action, i) => {
      if (this.ticked[i] === 1) return;
      if (action.kind === 'deleteFile' || action.kind === 'removeFolder') hold(action.path);
      if (action.kind === 'moveFile') hold(action.from);
    });
    return actions
      .filter(({ kind, path }, i) => this.ticked[i] === 1 && !(kind === 'removeFolder' && held.has(path)))
      .map((action) => action.id);
  }

  /** Returns totals by class, without empty classes. */
  summary(): ClassSummary[] {
    const { size, classOf, bytesOf } = this.index;
    const sums = rowClasses.map((name) => ({ class: name, files: 0, bytes: 0, ticked: 0, tickedBytes: 0 }));
    for (let i = 0; i < size; i++) {
      const sum = sums[classOf[i] ?? 0];
      if (!sum) continue;
      const bytes = bytesOf[i] ?? 0;
      sum.files++;
      sum.bytes += bytes;
      if (this.ticked[i] !== 1) continue;
      sum.ticked++;
      sum.tickedBytes += bytes;
    }
    return sums.filter((sum) => sum.files > 0);
  }

  /** Ids of the actions whose tick differs from the default. */
  toggledIds(): string[] {
    if (this.isCheck) return [];
    const { plan, classOf } = this.index;
    const usual = (i: number) => (deleting[classOf[i] ?? 0] ? 0 : 1);
    return plan.actions.filter((_, i) => this.ticked[i] !== usual(i)).map(({ id }) => id);
  }

  /** Restores the ticks of an earlier plan before the folders are summed up. A plan without deletes disables them. */
  recall(deletesEnabled: boolean, toggled: readonly number[]): void {
    this.deletesEnabled = deletesEnabled && this.deletes.length > 0;
    for (const item of toggled) if (this.canTick(item)) this.ticked[item] = this.ticked[item] ? 0 : 1;
  }
}
