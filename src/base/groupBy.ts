/** The items by the key of each, in their order; keys in the order of their first item. */
export function groupBy<K, T>(items: Iterable<T>, keyOf: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return groups;
}

/** The items in groups of one path depth, the deepest first: the folders of one group can be removed concurrently. */
export function deepestFirst<T>(items: Iterable<T>, pathOf: (item: T) => string): T[][] {
  const byDepth = groupBy(items, (item) => (pathOf(item) === '' ? 0 : pathOf(item).split('/').length));
  return [...byDepth].sort(([a], [b]) => b - a).map(([, group]) => group);
}
