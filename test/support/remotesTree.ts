import assert from 'node:assert/strict';
import type { App } from '../../src/app';
import type { Backend, RemoteSettings } from '../../src/backends/backend';
import { checkSettings } from '../../src/editor/platform/checkedSettings';
import type { RemoteChange } from '../../src/editor/platform/remoteChangeEvents';
import { RemotesTree } from '../../src/editor/tree/remotesTree';
import { type ContainerNode, isContainer, type TreeNode } from '../../src/editor/tree/treeNode';
import type { TrashedItem } from '../../src/remote/remote';
import { parsePath } from '../../src/remote/remotePath';
import { createMemoryRemote } from './memoryRemote/memoryRemote';

const backend = { id: 's3', title: 'S3', secretFields: [], describe: () => 's3' } as unknown as Backend;

export const at = (path: string) => ({ remote: 'photos', path: parsePath(path) });

export const change = (path: string, kind: RemoteChange['kind']): RemoteChange => ({ ...at(path), kind });

/** The tree of the remote `photos` with files at `paths`, and of an unusable remote. */
export function treeOf(paths: readonly string[], options: { pageSize?: number; root?: string } = {}) {
  const store = createMemoryRemote({ hasDirectories: false, pageSize: options.pageSize ?? 200 });
  for (const path of paths) store.put(path, 'x');
  const settings: RemoteSettings & Record<string, unknown> = {
    name: 'photos',
    backend: 's3',
    ...(options.root && { root: options.root }),
  };
  let settingsReads = 0;
  const app = {
    remotes: () =>
      ++settingsReads && [
        { settings: { ...settings }, backend, problems: [] },
        { settings: { name: 'bad', backend: 's4' }, problems: ['Unknown backend "s4".'] },
      ],
    openRemote: async () => store,
  } as unknown as App;
  const pageSize = options.pageSize ?? 200;
  const tree = new RemotesTree(app, () => ({ ...checkSettings(() => undefined), pageSize }));
  const drawn: (string | undefined)[] = [];
  tree.onDidChangeTreeData((node) => drawn.push(node?.id));
  const node = async (id: string): Promise<TreeNode> => {
    const seen: string[] = [];
    let level = await tree.getChildren();
    for (;;) {
      const found = level.find((row) => row.id === id);
      if (found) return found;
      const next = level.find((row) => isContainer(row) && id.startsWith(row.id));
      seen.push(...level.map((row) => row.id));
      assert.ok(next, `no row ${id} among ${seen.join(', ')}`);
      level = await tree.getChildren(next);
    }
  };
  return {
    tree,
    store,
    /** The settings of `photos`; a test may change them. */
    settings,
    settingsReads: () => settingsReads,
    /** The ids of the rows that the tree has redrawn. */
    drawn,
    node,
    folder: async (id: string) => (await node(id)) as ContainerNode,
    /** Opens the rows in turn and returns the ids of the children of the last one. */
    rows: async (...ids: string[]) => {
      let children = await tree.getChildren();
      for (const id of ids) children = await tree.getChildren(await node(id));
      return children.map((row) => row.id.replace(/\0/g, ' '));
    },
    /** Gives the remote a trash. */
    addTrash: (list: (pageSize: number) => AsyncIterable<TrashedItem[]>) =>
      Object.assign(store, { features: { trash: { list: ({ pageSize = 0 }) => list(pageSize) } } }),
    lists: () => store.calls.filter(({ operation }) => operation === 'list').map(({ path }) => path),
  };
}

/** Waits until a scheduled refresh is done. */
export const refreshed = () => new Promise((resolve) => setTimeout(resolve, 250));

/** `count` paths "site/00", "site/01", … */
export const numbered = (count: number, folder = 'site') =>
  Array.from({ length: count }, (_, i) => `${folder}/${String(i).padStart(2, '0')}`);
