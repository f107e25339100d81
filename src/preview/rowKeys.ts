import { actionOf, type PlanIndex, skippedOf } from './planIndex';

/**
 * Names of rows that the page may keep: those of actions, folders and groups mean the same in a later plan of the same
 * sides. A node is an item's number, or `~folder`.
 */
export class RowKeys {
  private items: Map<string, number> | undefined;
  private folders: Map<string, number> | undefined;

  constructor(private readonly index: PlanIndex) {}

  keyOf(node: number): string {
    if (node < 0) {
      const folder = this.index.folders[~node];
      return `F|${folder?.section}|${folder?.path}`;
    }
    const action = actionOf(this.index.plan, node);
    if (action) return `A|${action.id}`;
    return `I|${node}|${skippedOf(this.index.plan, node)?.side ?? ''}`;
  }

  /** Undefined for a key that this plan does not have. */
  nodeOf(key: string): number | undefined {
    if (key.startsWith('A|')) return this.itemOf(key.slice(2));
    if (key.startsWith('I|')) {
      const item = Number(key.split('|')[1]);
      const known =
        Number.isInteger(item) && item >= this.index.plan.actions.length && item < this.index.size;
      return known ? item : undefined;
    }
    this.folders ??= new Map(this.index.folders.map((_, n) => [this.keyOf(~n), n]));
    const folder = this.folders.get(key);
    return folder === undefined ? undefined : ~folder;
  }

  /** The item of an action's id. */
  itemOf(id: string): number | undefined {
    this.items ??= new Map(this.index.plan.actions.map((action, i) => [action.id, i]));
    return this.items.get(id);
  }
}
