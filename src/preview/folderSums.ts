import { type PlanIndex, sections } from './planIndex';
import type { Tick } from './planRow';

/** Sums for each folder over the files below it that the filter shows. */
export class FolderSums {
  private readonly files: Int32Array;
  private readonly bytes: Float64Array;
  private readonly tickable: Int32Array;
  private readonly ticked: Int32Array;

  constructor(private readonly index: PlanIndex) {
    const { length } = index.folders;
    this.files = new Int32Array(length);
    this.bytes = new Float64Array(length);
    this.tickable = new Int32Array(length);
    this.ticked = new Int32Array(length);
  }

  filesIn(folder: number): number {
    return this.files[folder] ?? 0;
  }

  bytesIn(folder: number): number {
    return this.bytes[folder] ?? 0;
  }

  /** Undefined when nothing below it can be ticked. */
  tickOf(...folders: readonly number[]): Tick | undefined {
    let tickable = 0;
    let ticked = 0;
    for (const folder of folders) {
      tickable += this.tickable[folder] ?? 0;
      ticked += this.ticked[folder] ?? 0;
    }
    if (tickable === 0) return undefined;
    return ticked === 0 ? 'off' : ticked === tickable ? 'on' : 'some';
  }

  /** Recomputes all sums. A folder's number is higher than its parent's, so one backward pass is enough. */
  count(shown: Uint8Array, ticked: Uint8Array): void {
    const { size, folders, folderOf, bytesOf } = this.index;
    for (const sums of [this.files, this.bytes, this.tickable, this.ticked]) sums.fill(0);
    for (let i = 0; i < size; i++) {
      if (!shown[i]) continue;
      const f = folderOf[i] ?? 0;
      // Only files count.
      if (this.index.plan.actions[i]?.kind !== 'removeFolder') this.files[f] = (this.files[f] ?? 0) + 1;
      this.bytes[f] = (this.bytes[f] ?? 0) + (bytesOf[i] ?? 0);
      if (i >= ticked.length) continue;
      this.tickable[f] = (this.tickable[f] ?? 0) + 1;
      this.ticked[f] = (this.ticked[f] ?? 0) + (ticked[i] ?? 0);
    }
    for (let f = folders.length - 1; f >= sections.length; f--) {
      const parent = folders[f]?.parent ?? 0;
      for (const sums of [this.files, this.bytes, this.tickable, this.ticked]) {
        sums[parent] = (sums[parent] ?? 0) + (sums[f] ?? 0);
      }
    }
  }

  /** Updates the sums after one visible file was ticked or unticked. */
  ticks(item: number, by: 1 | -1): void {
    for (let f = this.index.folderOf[item] ?? -1; f >= 0; f = this.index.folders[f]?.parent ?? -1) {
      this.ticked[f] = (this.ticked[f] ?? 0) + by;
    }
  }
}

/** The visible rows in order (an item's number, or `~folder`) and the depth of each. */
export interface RowOrder {
  readonly nodes: Int32Array;
  readonly levels: Uint16Array;
}

/** Lays out the `shown` rows as a tree or a flat list, without the rows below a folded folder. */
export function orderRows(
  index: PlanIndex,
  flat: boolean,
  shown: Uint8Array,
  sums: FolderSums,
  folded: Uint8Array,
): RowOrder {
  const { sequence, endOf, levelOf } = index;
  const nodes = new Int32Array(sequence.length);
  const levels = new Uint16Array(sequence.length);
  let n = 0;
  const put = (node: number, level: number) => {
    nodes[n] = node;
    levels[n++] = level;
  };
  if (flat) {
    index.flat.forEach((items, section) => {
      if (sums.filesIn(section) === 0) return;
      const level = section === 0 ? 1 : 2;
      if (level === 2) put(~section, 1);
      if (folded[section]) return;
      for (const item of items) if (shown[item]) put(item, level);
    });
  } else {
    for (let place = 0; place < sequence.length; ) {
      const node = sequence[place] ?? 0;
      const isShown = node >= 0 ? shown[node] === 1 : sums.filesIn(~node) > 0;
      if (isShown) put(node, levelOf[place] ?? 1);
      place = node >= 0 || (isShown && !folded[~node]) ? place + 1 : (endOf[place] ?? place + 1);
    }
  }
  return { nodes: nodes.slice(0, n), levels: levels.slice(0, n) };
}
