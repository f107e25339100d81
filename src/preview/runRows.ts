import type { PlanIndex } from './planIndex';
import { type FolderRun, type RowState, rowStates } from './planRow';

/** The outcome of a run for each row, with sums for each folder that are updated at every change. */
export class RunRows {
  readonly states: Uint8Array;
  private readonly shares = new Map<number, number>();
  private readonly errors = new Map<number, string>();
  /** For each folder: number of rows below it in each state. */
  private readonly below: readonly Int32Array[];
  private readonly totals = new Int32Array(rowStates.length);

  constructor(private readonly index: PlanIndex) {
    this.states = new Uint8Array(index.plan.actions.length);
    this.below = rowStates.map(() => new Int32Array(index.folders.length));
  }

  stateOf(item: number): RowState {
    return rowStates[this.states[item] ?? 0] ?? 'none';
  }

  shareOf(item: number): number | undefined {
    return this.shares.get(item);
  }

  errorOf(item: number): string | undefined {
    return this.errors.get(item);
  }

  ofFolder(folder: number): FolderRun {
    const count = (state: RowState) => this.below[rowStates.indexOf(state)]?.[folder] ?? 0;
    const [copied, failed, changed] = [count('copied'), count('failed'), count('changed')];
    const [cancelled, notStarted] = [count('cancelled'), count('notStarted')];
    const ended = count('done') + copied + failed + changed;
    const total = ended + cancelled + notStarted + count('queued') + count('moving');
    return { total, ended, failed, copied, changed, cancelled, notStarted };
  }

  counts(): Readonly<Record<RowState, number>> {
    const entries = rowStates.map((state, i) => [state, this.totals[i]]);
    return Object.fromEntries(entries) as Record<RowState, number>;
  }

  /** Queues these items, marks others that never ran as left out, and keeps the outcomes of an earlier run. */
  begin(items: Iterable<number>): void {
    const leftOut = rowStates.indexOf('leftOut');
    for (let i = 0; i < this.states.length; i++) if (this.states[i] === 0) this.states[i] = leftOut;
    for (const item of items) {
      this.states[item] = rowStates.indexOf('queued');
      this.errors.delete(item);
    }
    this.shares.clear();
    for (const counts of [this.totals, ...this.below]) counts.fill(0);
    for (let i = 0; i < this.states.length; i++) this.count(i, this.states[i] ?? 0, 1);
  }

  /** `share` is the transferred part, 0…1; `error` is a sentence. */
  set(item: number, state: RowState, share?: number, error?: string): void {
    if (state === 'moving' && share !== undefined) this.shares.set(item, share);
    else this.shares.delete(item);
    if (error === undefined) this.errors.delete(item);
    else this.errors.set(item, error);
    const before = this.states[item] ?? 0;
    const after = rowStates.indexOf(state);
    if (before === after) return;
    this.states[item] = after;
    this.count(item, before, -1);
    this.count(item, after, 1);
  }

  private count(item: number, state: number, by: number): void {
    this.totals[state] = (this.totals[state] ?? 0) + by;
    const counts = this.below[state];
    if (!counts) return;
    for (let f = this.index.folderOf[item] ?? -1; f >= 0; f = this.index.folders[f]?.parent ?? -1)
      counts[f] = (counts[f] ?? 0) + by;
  }
}
