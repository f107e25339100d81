import { actionOf, conflictOf, type PlanIndex, skippedOf } from './planIndex';

/**
 * Keys of rows that stay valid in a later plan of the same sides. A node is an item's number, or `~folder`.
 */
export class RowKeys {
  private items: Map<string, number> | undefined;
  private keysOfOthers: Map<string, number> | undefined;
  private folders: Map<string, number> | undefined;

  constructor(private readonly index: PlanIndex) {}

  keyOf(node: number): string {
    if (node < 0) {
      const folder = this.index.folders[~node];
      return `F|${folder?.section}|${folder?.path}`;
    }
    const action = actionOf(this.index.plan, node);
    if (action) return `A|${action.id}`;
    const conflict = conflictOf(this.index.plan, node);
    if (conflict) return `C|${conflict.source ? 's' : ''}${conflict.target ? 't' : ''}|${conflict.path}`;
    const skipped = skippedOf(this.index.plan, node);
    return `S|${skipped?.side}|${skipped?.path}`;
  }

  /** Returns undefined for a key that this plan does not have. */
  nodeOf(key: string): number | undefined {
    if (key.startsWith('A|')) return this.itemOf(key.slice(2));
    if (key.startsWith('C|') || key.startsWith('S|')) return this.others.get(key);
    this.folders ??= new Map(this.index.folders.map((_, n) => [this.keyOf(~n), ~n]));
    return this.folders.get(key);
  }

  /** Conflicts and skipped files, which have no id; of two with the same name, the first. */
  private get others(): Map<string, number> {
    if (this.keysOfOthers) return this.keysOfOthers;
    this.keysOfOthers = new Map();
    for (let item = this.index.size - 1; item >= this.index.plan.actions.length; item--)
      this.keysOfOthers.set(this.keyOf(item), item);
    return this.keysOfOthers;
  }

  /** Returns the item of an action's id. */
  itemOf(id: string): number | undefined {
    this.items ??= new Map(this.index.plan.actions.map((action, i) => [action.id, i]));
    return this.items.get(id);
  }
}
