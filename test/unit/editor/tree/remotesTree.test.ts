import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RemoteChange } from '../../../../src/editor/platform/remoteChangeEvents';
import type { TrashNode, TreeNode } from '../../../../src/editor/tree/treeNode';
import type { TrashedItem } from '../../../../src/remote/remote';
import { RemoteError } from '../../../../src/remote/remoteError';
import { parsePath } from '../../../../src/remote/remotePath';

import { at, change, numbered, refreshed, treeOf } from '../../../support/remotesTree';

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
  const { tree, rows, folder, drawn } = treeOf(numbered(25), { pageSize: 10 });
  const first = await rows('photos:site/');
  assert.equal(first.length, 11);
  assert.equal(first[10], 'photos:site/ more');
  const site = await folder('photos:site/');
  await tree.loadMore(site);
  assert.deepEqual(drawn, ['photos:site/']);
  assert.equal((await tree.getChildren(site)).length, 21);
  await tree.loadMore(site);
  assert.equal((await tree.getChildren(site)).length, 25);
});

test('the service applies a filter, and clearing it shows all rows', async () => {
  const { tree, rows, folder } = treeOf(['site/theme.css', 'site/this.css', 'site/other.css']);
  const site = await folder('photos:site/');
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
  const { tree, store, rows, folder, lists } = treeOf(['site/css/a', 'site/img/b']);
  store.fail({
    when: { operation: 'list', path: parsePath('site/css'), nth: 3 },
    error: new RemoteError('forbidden', 'Access denied.'),
  });
  assert.deepEqual(await rows('photos:site/css/'), ['photos:site/css/ error']);
  const before = lists().length;
  assert.deepEqual(await rows('photos:site/css/'), ['photos:site/css/ error']);
  assert.equal(lists().length, before);
  assert.deepEqual(await rows('photos:site/img/'), ['photos:site/img/b']);
  const css = await folder('photos:site/css/');
  tree.refresh(css);
  assert.deepEqual(await rows('photos:site/css/'), ['photos:site/css/a']);
});

test('keeps the loaded rows after an error of the next page', async () => {
  const { tree, store, rows, folder } = treeOf(numbered(25), { pageSize: 10 });
  await rows('photos:site/');
  store.fail({
    when: { operation: 'list', path: parsePath('site') },
    error: new RemoteError('unavailable', 'Gone.'),
  });
  const site = await folder('photos:site/');
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
  tree.applyChanges([change('site/css/new', 'created'), change('site/css/new', 'changed')]);
  await refreshed();
  assert.deepEqual(lists().slice(before), ['site/css']);
  assert.deepEqual(drawn, ['photos:site/css/']);
  assert.deepEqual(await rows('photos:site/css/'), ['photos:site/css/a', 'photos:site/css/new']);
});

test('a new file in new folders shows the topmost new folder', async () => {
  const { tree, store, rows } = treeOf(['site/css/a']);
  await rows('photos:site/css/');
  store.put('site/css/very/deep/new', 'x');
  tree.applyChanges([change('site/css/very/deep/new', 'created')]);
  await refreshed();
  assert.deepEqual(await rows('photos:site/css/'), ['photos:site/css/very/', 'photos:site/css/a']);
});

test('a change lists no folder that was never opened', async () => {
  const { tree, rows, lists } = treeOf(['site/css/a', 'other/b']);
  await rows('photos:');
  const before = lists().length;
  tree.applyChanges([change('other/b', 'changed')]);
  await refreshed();
  assert.deepEqual(lists().slice(before), ['']);
});

test('a refresh after a change keeps the number of loaded pages', async () => {
  const { tree, rows, folder } = treeOf(numbered(35), { pageSize: 10 });
  await rows('photos:site/');
  const site = await folder('photos:site/');
  await tree.loadMore(site);
  tree.refreshFolder(site.address);
  await refreshed();
  assert.equal((await tree.getChildren(site)).length, 21);
});

test('a refresh redraws a folder only when a row differs', async () => {
  const { tree, store, rows, folder, drawn, lists } = treeOf(numbered(25), { pageSize: 10 });
  await rows('photos:site/');
  await rows('photos:');
  const site = await folder('photos:site/');
  await tree.getChildren(site);
  const table: readonly [what: string, change: () => void, redraws: boolean][] = [
    ['nothing changes', () => {}, false],
    ['a file behind the shown page changes', () => store.put('site/24', 'longer'), false],
    ['a shown file changes', () => store.put('site/03', 'longer'), true],
    ['a file comes', () => store.put('site/00a', 'x'), true],
    ['a file goes', () => store.drop('site/00a'), true],
  ];
  for (const [what, change, redraws] of table) {
    const [before, listed] = [drawn.length, lists().length];
    change();
    tree.refreshFolder(site.address);
    await refreshed();
    assert.equal(lists().length > listed, true, what);
    assert.deepEqual(drawn.slice(before), redraws ? ['photos:site/'] : [], what);
    await tree.getChildren(site);
  }
});

test('a folder that was deleted and made again is redrawn: the editor knows only its old row', async () => {
  const { tree, rows, node, drawn } = treeOf(['site/css/a']);
  await rows('photos:site/', 'photos:site/css/');
  const before = await node('photos:site/css/');
  drawn.length = 0;
  tree.applyChanges([change('site/css', 'deleted'), change('site/css', 'created')]);
  await refreshed();
  assert.deepEqual(drawn, ['photos:site/']);
  assert.notEqual(await node('photos:site/css/'), before);
});

test('a refresh during a listing shows the rows of the refresh', async () => {
  const { tree, store, folder } = treeOf(['site/a']);
  const site = await folder('photos:site/');
  const early = tree.getChildren(site);
  store.put('site/b', 'x');
  tree.refresh(site);
  assert.deepEqual(
    (await early).map(({ id }) => id),
    ['photos:site/a', 'photos:site/b'],
  );
});

test('a deleted folder loses its filter', async () => {
  const { tree, store, rows, folder } = treeOf(['site/css/a', 'site/b']);
  const css = await folder('photos:site/css/');
  tree.setFilter(css, 'a');
  await rows('photos:site/');
  store.drop('site/css/a');
  const site = await folder('photos:site/');
  tree.refresh(site);
  assert.deepEqual(await rows('photos:site/'), ['photos:site/b']);
  assert.deepEqual(tree.filters(), []);
});

test('finds a row by its address, and filters a folder with more than one page', async () => {
  const { tree } = treeOf(numbered(25, 'site/many'), { pageSize: 10 });
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
  tree.applyChanges([change('new/folder', 'created')]);
  assert.equal((await tree.find(at('new/folder'), 'folder'))?.id, 'photos:new/folder/');
  assert.deepEqual(drawn, ['photos:']);
  await refreshed();
  assert.deepEqual(drawn, ['photos:'], 'no second redraw');
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
  assert.equal(tree.containerAt(at('site')), undefined);
  assert.equal(tree.containerAt(at('site/css'))?.id, 'photos:');
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
    ['a view that is not shown yet', 'nothing', 'secret', []],
    ['a secret of a collapsed remote', 'remotes', 'secret', []],
    ['a secret of an expanded remote', 'folder', 'secret', ['photos:']],
    ['a secret of a remote without a row', 'folder', 'secret of another', []],
    ['settings that are rewritten unchanged', 'folder', 'nothing', []],
    ['a setting', 'folder', 'setting', [undefined]],
    ['a setting of a collapsed remote', 'remotes', 'setting', [undefined]],
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
    assert.deepEqual(drawn, expected, `${what}: its secrets, after the redraw`);
  }
});

test('shows the trash as the last row and lists it page by page when it opens', async () => {
  const { rows, node, tree, addTrash } = treeOf(['a', 'b'], { pageSize: 10 });
  const items = numbered(25).map((name, i): TrashedItem => ({ id: `${i}`, kind: 'file', name }));
  const pages: number[] = [];
  addTrash(async function* (pageSize) {
    for (let at = 0; at < items.length; at += pageSize) {
      pages.push(at);
      yield items.slice(at, at + pageSize);
    }
  });
  assert.deepEqual(await rows('photos:'), ['photos:a', 'photos:b', 'photos: trash']);
  assert.deepEqual(pages, [], 'no request before it opens');
  const row = await node('photos:\0trash');
  const first = await tree.getChildren(row);
  assert.equal(first.length, 11);
  assert.equal((await tree.getChildren(row)).at(-1)?.kind, 'more');
  assert.deepEqual(pages, [0]);
  await tree.loadMore(row as TrashNode);
  await tree.loadMore(row as TrashNode);
  assert.equal((await tree.getChildren(row)).length, 25);
  assert.deepEqual(pages, [0, 10, 20]);
});

test('a delete of this window refreshes an open trash', async () => {
  const { node, tree, drawn, addTrash } = treeOf(['a', 'b']);
  let lists = 0;
  let respond = () => {};
  let responds = Promise.resolve();
  addTrash(async function* () {
    lists++;
    await responds;
    yield [{ id: `${lists}`, kind: 'file', name: 'a' }];
  });
  const row = await node('photos:\0trash');
  const ids = async () => (await tree.getChildren(row)).map(({ id }) => id);
  const before = await ids();
  responds = new Promise((resolve) => {
    respond = resolve;
  });
  tree.applyChanges([change('a', 'deleted')]);
  await refreshed();
  assert.ok(!drawn.includes(row.id));
  assert.deepEqual(await ids(), before, 'the old rows stay until the new ones are loaded');
  respond();
  await refreshed();
  assert.ok(drawn.includes(row.id));
  assert.notDeepEqual(await ids(), before);
  assert.equal(lists, 2);
});

test('shows a failed listing of the trash as a row', async () => {
  const { node, tree, addTrash } = treeOf(['a']);
  // biome-ignore lint/correctness/useYield: it fails before the first page
  addTrash(async function* () {
    throw new RemoteError('unavailable', 'The service is away.');
  });
  const [row] = await tree.getChildren(await node('photos:\0trash'));
  assert.equal(row?.kind, 'error');
});

test('many changes read the settings as often as one change, and list each folder once', async () => {
  for (const [what, changeOf] of Object.entries<(i: number) => RemoteChange>({
    'new files in one folder': (i) => change(`site/css/new${i}`, 'created'),
    'new folders': (i) => change(`site/new/${i}/deep/file`, 'created'),
    'files changed in many folders': (i) => change(`site/css/${i % 100}/${i}`, 'changed'),
    'files deleted': (i) => change(`site/css/${i}`, 'deleted'),
    'folders changed': (i) => change(i % 2 ? 'site/css' : 'site', 'changed'),
    'another remote': (i) => ({ ...change(`x/${i}`, 'created'), remote: `gone${i}` }),
  })) {
    const { tree, rows, settingsReads, lists } = treeOf(['site/index.html', 'site/css/main.css']);
    await rows('photos:', 'photos:site/', 'photos:site/css/');
    const costs = [1, 10_000].map((count) => {
      const before = settingsReads();
      tree.applyChanges(Array.from({ length: count }, (_, i) => changeOf(i)));
      return settingsReads() - before;
    });
    assert.equal(costs[1], costs[0], what);
    assert.ok((costs[0] ?? 9) <= 2, what);
    const listed = lists().length;
    await refreshed();
    const again = lists().slice(listed);
    assert.equal(new Set(again).size, again.length, what);
    assert.ok(what === 'another remote' ? again.length === 0 : again.length > 0, what);
    tree.dispose();
  }
});
