import assert from 'node:assert/strict';
import { test } from 'node:test';
import { revealRow } from '../../../../src/editor/tree/revealRow';
import type { TreeNode } from '../../../../src/editor/tree/treeNode';
import { window } from '../../../support/fakeVscode';

const node = { kind: 'folder' } as unknown as TreeNode;

/** Reveals a row that `find` finds, and resolves to the options with which the view was called. */
async function revealed(find: () => Promise<TreeNode | undefined>): Promise<unknown[]> {
  const calls: unknown[] = [];
  await revealRow({ reveal: async (_row: TreeNode, options: unknown) => void calls.push(options) }, find);
  return calls;
}

test('a revealed row gets the focus, unless the user has turned to another editor while it was looked up', async () => {
  const { activeTabGroup } = window.tabGroups;
  for (const [before, after, focus] of [
    [undefined, undefined, true],
    ['a.txt', 'a.txt', true],
    [undefined, 'b.txt', false],
    ['a.txt', 'b.txt', false],
  ] as const) {
    const tabs = new Map([before, after].map((label) => [label, label && { label }]));
    activeTabGroup.activeTab = tabs.get(before);
    const options = await revealed(async () => {
      activeTabGroup.activeTab = tabs.get(after);
      return node;
    });
    assert.deepEqual(options, [{ select: true, focus, expand: true }], `${before}, then ${after}`);
  }
});

test('a row that is not found is not revealed', async () => {
  assert.deepEqual(await revealed(async () => undefined), []);
});
