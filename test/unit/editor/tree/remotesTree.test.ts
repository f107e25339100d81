import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { App } from '../../../../src/app';
import type { Backend, RemoteSettings } from '../../../../src/backends/backend';
import { checkSettings } from '../../../../src/editor/platform/checkedSettings';
import type { RemoteChange } from '../../../../src/editor/platform/remoteChangeEvents';
import { RemotesTree } from '../../../../src/editor/tree/remotesTree';
import { isContainer, type TrashNode, type TreeNode } from '../../../../src/editor/tree/treeNode';
import type { Trash } from '../../../../src/remote/remote';
import { RemoteError } from '../../../../src/remote/remoteError';
import { parsePath } from '../../../../src/remote/remotePath';
import { createMemoryRemote, type MemoryRemote } from '../../../support/memoryRemote/memoryRemote';

const backend = { id: 's3', title: 'S3', secretFields: [], describe: () => 's3' } as unknown as Backend;

interface TreeTest {
  readonly tree: RemotesTree;
  readonly store: MemoryRemote;
  /** Rows that the tree asked to draw again. */
  readonly drawn: (string | undefined)[];
  /** Opens the rows one below the other and returns the labels of the last one's children. */
  rows(...ids: string[]): Promise<string[]>;
  node(id: string): Promise<TreeNode>;
  lists(): string[];
  /** How often the tree asked for the remotes' settings. */
  settingsAsked(): number;
  /** The settings of the remote `photos`, to be changed. */
  readonly settings: Record<string, unknown>;
}

function treeOf(paths: readonly string[], options: { pageSize?: number; root?: string } = {}): TreeTest {
  const store = createMemoryRemote({ hasDirectories: false, pageSize: options.pageSize ?? 200 });
  for (const path of paths) store.put(path, 'x');
  const settings: RemoteSettings & Record<string, unknown> = {
    name: 'photos',
    backend: 's3',
    ...(options.root && { root: options.root }),
  };
  let settingsAsked = 0;
  const app = {
    remotes: () =>
      ++settingsAsked && [
        { settings: { ...settings }, backend, problems: [] },
        {
          settings: { name: 'bad', backend: 's4' },
          backend: undefined,
          problems: ['Unknown backend "s4".'],
        },
      ],
    openRemote: async () => store,
  } as unknown as App;
  const pageSize = options.pageSize ?? 200;
  const tree = new RemotesTree(app, () => ({ ...checkSettings(() => undefined), pageSize }));
  const drawn: (string | undefined)[] = [];
  tree.onDidChangeTreeData((node) => drawn.push(node?.id));
  const node = async (id: string) => {
    const seen: string[] = [];
    let level = await tree.getChildren();
    for (;;) {
      const found = level.find((one) => one.id === id);
      if (found) return found;
      const next = level.find((one) => isContainer(one) && id.startsWith(one.id));
      seen.push(...level.map((one) => one.id));
      assert.ok(next, `no row ${id} among ${seen.join(', ')}`);
      level = await tree.getChildren(next);
    }
  };
  return {
    tree,
    store,
    settings,
    settingsAsked: () => settingsAsked,
    drawn,
    node,
    rows: async (...ids) => {
      let children = await tree.getChildren();
      for (const id of ids) children = await tree.getChildren(await node(id));
      return children.map((one) => one.id.replace(/\0/g, ' '));
    },
    lists: () => store.calls.filter(({ operation }) => operation === 'list').map(({ path }) => path),
  };
}

const settled = () => new Promise((resolve) => setTimeout(resolve, 250));

test('shows usable and unusable remotes without a request', async () => {
  const { rows, lists } = treeOf(['site/a']);
  assert.deepEqual(await rows(), ['photos:', 'bad:#1']);
  assert.deepEqual(lists(), []);
});

test('lists a folder once when it opens, with one request per page', async () => {
  const { tree, node, lists } = treeOf(['site/css/a', 'site/css/b', 'site/index.html']);
  const site = await node('photos:site/');
  await tree.getChildren(site);
  await tree.getChildren(site);
  assert.deepEqual(lists(), ['', 'site']);
});

test('a folder and a file of one name are two rows', async () => {
  const { rows } = treeOf(['site/a', 'site/a/b']);
  assert.deepEqual(await rows('photos:site/'), ['photos:site/a/', 'photos:site/a']);
});

test('ends a full page with a row that loads one more page', async () => {
  const names = Array.from({ length: 25 }, (_, i) => `site/${String(i).padStart(2, '0')}`);
  const { tree, rows, node, drawn } = treeOf(names, { pageSize: 10 });
  const first = await rows('photos:site/');
  assert.equal(first.length, 11);
  assert.equal(first[10], 'photos:site/ more');
  const site = await node('photos:site/');
  assert.ok(isContainer(site));
  await tree.loadMore(site);
  assert.deepEqual(drawn, ['photos:site/']);
  assert.equal((await tree.getChildren(site)).length, 21);
  await tree.loadMore(site);
  assert.equal((await tree.getChildren(site)).length, 25);
});

test('the service applies a filter, and clearing it shows all rows', async () => {
  const { tree, rows, node } = treeOf(['site/theme.css', 'site/this.css', 'site/other.css']);
  const site = await node('photos:site/');
  assert.ok(isContainer(site));
  tree.setFilter(site, 'th');
  assert.deepEqual(await rows('photos:site/'), ['photos:site/theme.css', 'photos:site/this.css']);
  assert.deepEqual(
    tree.filters().map(({ node: { id }, prefix }) => [id, prefix]),
    [['photos:site/', 'th']],
  );
  tree.setFilter(site, 'zz');
  assert.deepEqual(await rows('photos:site/'), ['photos:site/ empty']);
  tree.setFilter(site, undefined);
  assert.equal((await rows('photos:site/')).length, 3);
});

test('shows a failed listing as a row until a retry, and hides no sibling', async () => {
  const { tree, store, rows, node, lists } = treeOf(['site/css/a', 'site/img/b']);
  store.fail({
    when: { operation: 'list', path: parsePath('site/css'), nth: 3 },
    error: new RemoteError('forbidden', 'Access denied.'),
  });
  assert.deepEqual(await rows('photos:site/css/'), ['photos:site/css/ error']);
  const asked = lists().length;
  assert.deepEqual(await rows('photos:site/css/'), ['photos:site/css/ error']);
  assert.equal(lists().length, asked);
  assert.deepEqual(await rows('photos:site/img/'), ['photos:site/img/b']);
  const css = await node('photos:site/css/');
  assert.ok(isContainer(css));
  tree.refresh(css);
  assert.deepEqual(await rows('photos:site/css/'), ['photos:site/css/a']);
});

test('keeps the loaded rows after an error of the next page', async () => {
  const names = Array.from({ length: 25 }, (_, i) => `site/${String(i).padStart(2, '0')}`);
  const { tree, store, rows, node } = treeOf(names, { pageSize: 10 });
  await rows('photos:site/');
  store.fail({
    when: { operation: 'list', path: parsePath('site') },
    error: new RemoteError('unavailable', 'Gone.'),
  });
  const site = await node('photos:site/');
  assert.ok(isContainer(site));
  await tree.loadMore(site);
  const after = await rows('photos:site/');
  assert.equal(after.length, 11);
  assert.equal(after[10], 'photos:site/ error');
});

test('a change lists only its folder', async () => {
  const { tree, store, rows, lists, drawn } = treeOf(['site/css/a', 'site/img/b']);
  await rows('photos:site/css/');
  await rows('photos:site/img/');
  const before = lists().length;
  store.put('site/css/new', 'x');
  tree.applyChanges([
    { remote: 'photos', path: parsePath('site/css/new'), kind: 'created' },
    { remote: 'photos', path: parsePath('site/css/new'), kind: 'changed' },
  ]);
  await settled();
  assert.deepEqual(lists().slice(before), ['site/css']);
  assert.deepEqual(drawn, ['photos:site/css/']);
  assert.deepEqual(await rows('photos:site/css/'), ['photos:site/css/a', 'photos:site/css/new']);
});

test('a new file in new folders shows the topmost new folder', async () => {
  const { tree, store, rows } = treeOf(['site/css/a']);
  await rows('photos:site/css/');
  store.put('site/css/very/deep/new', 'x');
  tree.applyChanges([{ remote: 'photos', path: parsePath('site/css/very/deep/new'), kind: 'created' }]);
  await settled();
  assert.deepEqual(await rows('photos:site/css/'), ['photos:site/css/very/', 'photos:site/css/a']);
});

test('a change lists no folder that was never opened', async () => {
  const { tree, rows, lists } = treeOf(['site/css/a', 'other/b']);
  await rows('photos:');
  const before = lists().length;
  tree.applyChanges([{ remote: 'photos', path: parsePath('other/b'), kind: 'changed' }]);
  await settled();
  assert.deepEqual(lists().slice(before), ['']);
});

test('a refresh after a change keeps the number of loaded pages', async () => {
  const names = Array.from({ length: 35 }, (_, i) => `site/${String(i).padStart(2, '0')}`);
  const { tree, rows, node } = treeOf(names, { pageSize: 10 });
  await rows('photos:site/');
  const site = await node('photos:site/');
  assert.ok(isContainer(site));
  await tree.loadMore(site);
  tree.refreshFolder(site.address);
  await settled();
  assert.equal((await tree.getChildren(site)).length, 21);
});

test('a refresh during a listing shows the rows of the refresh', async () => {
  const { tree, store, node } = treeOf(['site/a']);
  const site = await node('photos:site/');
  assert.ok(isContainer(site));
  const early = tree.getChildren(site);
  store.put('site/b', 'x');
  tree.refresh(site);
  assert.deepEqual(
    (await early).map(({ id }) => id),
    ['photos:site/a', 'photos:site/b'],
  );
});

test('a deleted folder loses its filter', async () => {
  const { tree, store, rows, node } = treeOf(['site/css/a', 'site/b']);
  const css = await node('photos:site/css/');
  assert.ok(isContainer(css));
  tree.setFilter(css, 'a');
  await rows('photos:site/');
  store.drop('site/css/a');
  const site = await node('photos:site/');
  assert.ok(isContainer(site));
  tree.refresh(site);
  assert.deepEqual(await rows('photos:site/'), ['photos:site/b']);
  assert.deepEqual(tree.filters(), []);
});

test('finds a row by its address, and filters a folder with more than one page', async () => {
  const names = Array.from({ length: 25 }, (_, i) => `site/many/${String(i).padStart(2, '0')}`);
  const { tree } = treeOf(names, { pageSize: 10 });
  const at = (path: string) => ({ remote: 'photos', path: parsePath(path) });
  assert.equal((await tree.find(at('site/many/03'), 'file'))?.id, 'photos:site/many/03');
  assert.deepEqual(tree.filters(), []);
  assert.equal((await tree.find(at('site/many/19'), 'file'))?.id, 'photos:site/many/19');
  assert.deepEqual(
    tree.filters().map(({ prefix }) => prefix),
    ['19'],
  );
  assert.equal(await tree.find(at('site/none'), 'file'), undefined);
});

test('finds a row only after the pending refresh', async () => {
  const { tree, store, rows, drawn } = treeOf(['site/css/a']);
  await rows('photos:');
  store.put('new/folder/x', 'x');
  tree.applyChanges([{ remote: 'photos', path: parsePath('new/folder'), kind: 'created' }]);
  const at = { remote: 'photos', path: parsePath('new/folder') };
  assert.equal((await tree.find(at, 'folder'))?.id, 'photos:new/folder/');
  assert.deepEqual(drawn, ['photos:']);
  await settled();
  assert.deepEqual(drawn, ['photos:'], 'and not once more behind it');
});

test('every row has its parent, up to the remote', async () => {
  const { tree, node } = treeOf(['site/css/main.css']);
  const ids: string[] = [];
  for (let row: TreeNode | undefined = await node('photos:site/css/main.css'); row; row = tree.getParent(row))
    ids.push(row.id);
  assert.deepEqual(ids, ['photos:site/css/main.css', 'photos:site/css/', 'photos:site/', 'photos:']);
});

test('the tree of a remote starts at its root and shows nothing outside', async () => {
  const { tree, rows, lists } = treeOf(['site/css/main.css', 'site/index.html'], { root: 'site/css' });
  assert.deepEqual(await rows('photos:'), ['photos:site/css/main.css']);
  assert.deepEqual(lists(), ['site/css']);
  assert.equal(tree.containerAt({ remote: 'photos', path: parsePath('site') }), undefined);
  assert.equal(tree.containerAt({ remote: 'photos', path: parsePath('site/css') })?.id, 'photos:');
});

test('a changed setting or secret lists only its remote again', async () => {
  const { tree, rows, lists, settings } = treeOf(['site/css/a']);
  await rows('photos:site/');
  const before = lists().length;
  tree.remotesChanged();
  await rows('photos:site/');
  assert.equal(lists().length, before);
  tree.remotesChanged('photos');
  await rows('photos:site/');
  assert.equal(lists().length, before + 2);
  settings['region'] = 'eu-west-1';
  tree.remotesChanged();
  await rows('photos:site/');
  assert.equal(lists().length, before + 4);
});

test('saving a remote redraws only rows that differ, and none before the view is shown', async () => {
  for (const [what, before, change, expected] of [
    ['nobody has looked yet', 'nothing', 'secret', []],
    ['a secret of a remote that was never unfolded', 'remotes', 'secret', []],
    ['a secret of one that is unfolded', 'folder', 'secret', ['photos:']],
    ['a secret of a remote that has no row', 'folder', 'secret of another', []],
    ['settings that are written again as they were', 'folder', 'nothing', []],
    ['a setting', 'folder', 'setting', [undefined]],
    ['a setting, before it was unfolded', 'remotes', 'setting', [undefined]],
  ] as const) {
    const { tree, rows, drawn, settings } = treeOf(['site/a']);
    if (before !== 'nothing') await rows(...(before === 'folder' ? ['photos:site/'] : []));
    if (change === 'setting') settings['region'] = 'eu-west-1';
    const named = {
      secret: 'photos',
      'secret of another': 'elsewhere',
      nothing: undefined,
      setting: undefined,
    };
    tree.remotesChanged(named[change]);
    assert.deepEqual(drawn, expected, what);
    if (change !== 'setting') continue;
    await rows();
    tree.remotesChanged('photos');
    assert.deepEqual(drawn, expected, `${what}: its secrets, told of after it was drawn`);
  }
});

test('shows the trash as the last row and lists it page by page when it opens', async () => {
  const { rows, node, store, tree } = treeOf(['a', 'b'], { pageSize: 10 });
  const items = Array.from({ length: 25 }, (_, i) => ({
    id: `${i}`,
    kind: 'file' as const,
    name: `old ${i}`,
  }));
  const asked: number[] = [];
  const trash: Trash = {
    async *list({ pageSize = 0 }) {
      for (let at = 0; at < items.length; at += pageSize) {
        asked.push(at);
        yield items.slice(at, at + pageSize);
      }
    },
    restore: async () => {},
  };
  Object.assign(store, { features: { trash } });
  assert.deepEqual(await rows('photos:'), ['photos:a', 'photos:b', 'photos: trash']);
  assert.deepEqual(asked, [], 'nothing is asked before it is opened');
  const row = await node('photos:\0trash');
  assert.equal((await tree.getChildren(row)).length, 11);
  const more = (await tree.getChildren(row)).at(-1);
  assert.equal(more?.kind, 'more');
  assert.deepEqual(asked, [0]);
  await tree.loadMore(row as TrashNode);
  await tree.loadMore(row as TrashNode);
  assert.equal((await tree.getChildren(row)).length, 25);
  assert.deepEqual(asked, [0, 10, 20]);
});

test('a delete of this window refreshes an open trash', async () => {
  const { node, store, tree, drawn } = treeOf(['a', 'b']);
  let lists = 0;
  let answer = () => {};
  let answers = Promise.resolve();
  const trash: Trash = {
    async *list() {
      lists++;
      await answers;
      yield [{ id: `${lists}`, kind: 'file', name: 'a' }];
    },
    restore: async () => {},
  };
  Object.assign(store, { features: { trash } });
  const row = await node('photos:\0trash');
  await tree.getChildren(row);
  const ids = async () => (await tree.getChildren(row)).map((each) => each.id);
  const before = await ids();
  answers = new Promise((resolve) => {
    answer = resolve;
  });
  tree.applyChanges([{ remote: 'photos', path: parsePath('a'), kind: 'deleted' }]);
  await settled();
  assert.ok(!drawn.includes(row.id));
  assert.deepEqual(await ids(), before, 'the old rows stay until the new ones are here');
  answer();
  await settled();
  assert.ok(drawn.includes(row.id));
  assert.notDeepEqual(await ids(), before);
  assert.equal(lists, 2);
});

test('shows a failed listing of the trash as a row', async () => {
  const { node, store, tree } = treeOf(['a']);
  const trash: Trash = {
    // biome-ignore lint/correctness/useYield: it fails before the first page
    async *list() {
      throw new RemoteError('unavailable', 'The service is away.');
    },
    restore: async () => {},
  };
  Object.assign(store, { features: { trash } });
  const [row] = await tree.getChildren(await node('photos:\0trash'));
  assert.equal(row?.kind, 'error');
});

test('many changes read the settings as often as one change, and list each folder once', async () => {
  const kinds: Record<string, (i: number) => { remote?: string; path: string; kind: RemoteChange['kind'] }> =
    {
      'new files in one folder': (i: number) => ({ path: `site/css/new${i}`, kind: 'created' }),
      'new folders': (i: number) => ({ path: `site/new/${i}/deep/file`, kind: 'created' }),
      'files changed in many folders': (i: number) => ({ path: `site/css/${i % 100}/${i}`, kind: 'changed' }),
      'files deleted': (i: number) => ({ path: `site/css/${i}`, kind: 'deleted' }),
      'folders changed': (i: number) => ({ path: i % 2 ? 'site/css' : 'site', kind: 'changed' }),
      'another remote': (i: number) => ({ remote: `gone${i}`, path: `x/${i}`, kind: 'created' }),
    };
  for (const [what, change] of Object.entries(kinds)) {
    const { tree, rows, settingsAsked, lists } = treeOf(['site/index.html', 'site/css/main.css']);
    await rows('photos:', 'photos:site/', 'photos:site/css/');
    const costs = [1, 10_000].map((count) => {
      const before = settingsAsked();
      const changes = Array.from({ length: count }, (_, i) => {
        const { path, ...rest } = change(i);
        return { remote: 'photos', ...rest, path: parsePath(path) };
      });
      tree.applyChanges(changes);
      return settingsAsked() - before;
    });
    assert.equal(costs[1], costs[0], what);
    assert.ok((costs[0] ?? 9) <= 2, what);
    const listed = lists().length;
    await settled();
    const again = lists().slice(listed);
    assert.equal(new Set(again).size, again.length, what);
    assert.ok(what === 'another remote' ? again.length === 0 : again.length > 0, what);
    tree.dispose();
  }
});
