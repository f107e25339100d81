import type { DriveNode } from '../store/driveNode';
import type { IndexEntry, NodeIndex } from '../store/nodeIndex';
import { FIELDS, type Filter, type FilterValue, namesField } from './filter';

/**
 * The nodes that a filter finds, in no order. Folders, names in a folder and contents are looked up in the index; other filters
 * go through all nodes.
 * @param within a folder's id, for the list of its children
 */
export function findNodes(index: NodeIndex, filter: Filter | undefined, within?: string): DriveNode[] {
  // Without the status a filter finds only available nodes.
  const anyStatus = filter !== undefined && namesField(filter, 'status');
  const ids =
    within === undefined
      ? ((filter && candidates(index, filter, anyStatus)) ?? index.entries.keys())
      : childrenOf(index, within, anyStatus);
  const found: DriveNode[] = [];
  for (const id of ids) {
    const entry = index.entries.get(id);
    if (entry === undefined || (!anyStatus && entry.status !== 'AVAILABLE')) continue;
    if (filter === undefined || matches(filter, entry)) found.push(entry.node);
  }
  return found;
}

/** Ids that include all matches; undefined when the index cannot narrow them down. */
function candidates(index: NodeIndex, filter: Filter, anyStatus: boolean): Iterable<string> | undefined {
  if (filter.kind === 'or') {
    const ids = new Set<string>();
    for (const part of filter.parts) {
      const some = candidates(index, part, anyStatus);
      if (some === undefined) return undefined;
      for (const id of some) ids.add(id);
    }
    return ids;
  }
  const parts = filter.kind === 'and' ? filter.parts : [filter];
  const parent = exactly(parts, 'parents');
  const name = exactly(parts, 'name');
  const md5 = exactly(parts, 'contentProperties.md5');
  if (parent !== undefined && name !== undefined && !anyStatus) return index.named(parent, name);
  if (exactly(parts, 'isRoot') === 'true') return index.rootId === undefined ? [] : [index.rootId];
  if (parent !== undefined) return childrenOf(index, parent, anyStatus);
  if (md5 !== undefined) return index.holding(md5);
  if (exactly(parts, 'status') === 'TRASH') return index.unavailable;
  return undefined;
}

function childrenOf(index: NodeIndex, parent: string, anyStatus: boolean): Iterable<string> {
  const available = index.childrenOf(parent, true);
  return anyStatus ? [...available, ...index.childrenOf(parent, false)] : available;
}

function exactly(parts: readonly Filter[], field: string): string | undefined {
  for (const part of parts)
    if (part.kind === 'field' && part.field === field && part.value.kind === 'is') return part.value.text;
  return undefined;
}

/** Whether the filter matches a node, as the index knows the node. */
export function matches(filter: Filter, entry: IndexEntry): boolean {
  if (filter.kind !== 'field') {
    const meets = (part: Filter): boolean => matches(part, entry);
    return filter.kind === 'and' ? filter.parts.every(meets) : filter.parts.some(meets);
  }
  const actual = FIELDS[filter.field]?.(entry);
  const values = Array.isArray(actual) ? actual : [actual];
  return values.some((one) => isValue(one, filter.value, filter.field === 'name'));
}

function isValue(actual: string | number | undefined, value: FilterValue, anyCase: boolean): boolean {
  if (actual === undefined) return false;
  const expected = (text: string) => (typeof actual === 'number' ? Number(text) : text);
  if (value.kind === 'between') return actual >= expected(value.from) && actual <= expected(value.to);
  const text = anyCase ? value.text.toLowerCase() : value.text;
  return value.kind === 'is' ? actual === expected(text) : String(actual).startsWith(text);
}
