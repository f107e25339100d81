import type { FolderSums } from './folderSums';
import type { PlanIndex } from './planIndex';

/** The rows that can be scrolled to, in order: an item's number, or `~folder`; and how deep each stands. */
export interface RowOrder {
  readonly nodes: Int32Array;
  readonly levels: Uint16Array;
}

/** Lays out a tree or a flat list of the rows that are `shown`, leaving out what is below a folded folder. */
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
