import assert from 'node:assert/strict';
import type { Locator } from 'playwright-core';
import type { S3TestServer } from '../../../servers/s3/s3Server';
import type { EditorWindow } from '../../harness/window/editorWindow';
import { actUntil, eventually } from '../../harness/window/eventually';
import { withEditor } from '../../harness/withEditor';

async function stored(s3: S3TestServer, bucket: string, key: string): Promise<string> {
  return eventually(() => {
    const object = s3.store.get(bucket, key);
    assert.ok(object, `There is no ${key} in ${bucket}: ${s3.store.keys(bucket).join(', ')}`);
    return object.text;
  });
}

/** Drags with the mouse until the effect is seen: the editor needs some moves on the way. */
async function drag(
  window: EditorWindow,
  from: Locator,
  onto: Locator,
  effect: () => boolean | Promise<boolean>,
): Promise<void> {
  const { mouse } = window.page;
  await actUntil(
    `dragging ${from} onto ${onto}`,
    async () => {
      const [start, end] = [await from.boundingBox(), await onto.boundingBox()];
      if (!start || !end) throw new Error('There is nothing to drag or nowhere to drop');
      await mouse.move(start.x + 60, start.y + start.height / 2);
      await mouse.down();
      await mouse.move(start.x + 70, start.y + start.height / 2 + 4, { steps: 4 });
      await mouse.move(end.x + 60, end.y + end.height / 2, { steps: 12 });
      // A row that accepts the drop is highlighted, except for a drag from another view.
      const taken = window.page.locator('.sidebar .monaco-list-row.drop-target').first();
      await taken.waitFor({ timeout: 500 }).catch(() => {});
      await mouse.up();
    },
    async () => effect(),
  );
}

/** Drops files as a file manager does: the event has their content. */
async function dropFiles(
  window: EditorWindow,
  onto: Locator,
  files: Readonly<Record<string, string>>,
): Promise<void> {
  const data = await window.page.evaluateHandle((given) => {
    const transfer = new DataTransfer();
    for (const [name, text] of Object.entries(given))
      transfer.items.add(new File([text], name, { type: 'text/plain' }));
    return transfer;
  }, files);
  for (const type of ['dragenter', 'dragover', 'drop'])
    await onto.dispatchEvent(type, { dataTransfer: data });
}

withEditor(
  'dragging and dropping',
  {
    files: { 'here.txt': 'from the workspace\n', 'folder/deep.txt': 'deep\n' },
    prepare: ({ store }) => {
      store.createBucket('box');
      store.put('box', 'from/a.txt', 'a\n');
      store.put('box', 'from/b.txt', 'b\n');
      store.put('box', 'to/keep.txt', 'keep\n');
      store.createBucket('other');
    },
  },
  (step) => {
    step('a file dragged onto a folder is moved after a confirmation', async ({ window, s3 }) => {
      await window.showRemotes();
      await window.tree.expand('demo', 'box', 'from');
      await window.tree.label('a.txt').waitFor();
      await drag(window, window.tree.label('a.txt'), window.tree.label('to'), () =>
        window.messages.box().isVisible(),
      );
      await window.messages.answerDialog(/Move demo:box\/from\/a\.txt to demo:box\/to\?/, 'Move');
      assert.equal(await stored(s3, 'box', 'to/a.txt'), 'a\n');
      await window.tree.label('a.txt').waitFor({ state: 'detached' });
      assert.equal(s3.store.get('box', 'from/a.txt'), undefined);
    });

    step('a drop can be a copy, into another bucket too, and can be cancelled', async (session) => {
      const { window, s3 } = session;
      await drag(window, window.tree.label('to'), window.tree.label('other'), () =>
        window.messages.box().isVisible(),
      );
      await window.messages.answerDialog(/Move demo:box\/to to demo:other\?/, 'Cancel');
      assert.deepEqual(s3.store.keys('other'), []);
      await drag(window, window.tree.label('to'), window.tree.label('other'), () =>
        window.messages.box().isVisible(),
      );
      await window.messages.answerDialog(/Move demo:box\/to to demo:other\?/, 'Copy');
      assert.equal(await stored(s3, 'other', 'to/keep.txt'), 'keep\n');
      assert.ok(s3.store.get('box', 'to/keep.txt'));
    });

    step('an existing file is not replaced without a confirmation', async ({ window, s3 }) => {
      s3.store.put('box', 'from/keep.txt', 'another\n');
      await window.menu.take(window.tree.label('from'), 'Refresh', window.tree.label('keep.txt'));
      await drag(window, window.tree.label('keep.txt'), window.tree.label('to'), () =>
        window.messages.box().isVisible(),
      );
      await window.messages.answerDialog(/Move demo:box\/from\/keep\.txt/, 'Move');
      await window.messages.answerDialog(/"keep\.txt" is already there/, 'Cancel');
      assert.equal(s3.store.get('box', 'to/keep.txt')?.text, 'keep\n');
      assert.equal(s3.store.get('box', 'from/keep.txt')?.text, 'another\n');
    });

    step('files from the desktop dropped onto a folder are uploaded', async ({ window, s3 }) => {
      await dropFiles(window, window.tree.label('other'), { 'photo.txt': 'pixels\n', 'two.txt': 'two\n' });
      assert.equal(await stored(s3, 'other', 'photo.txt'), 'pixels\n');
      assert.equal(await stored(s3, 'other', 'two.txt'), 'two\n');
    });

    step('files dropped onto an existing file ask before they replace it', async (session) => {
      const { window, s3 } = session;
      await dropFiles(window, window.tree.label('other'), { 'photo.txt': 'new pixels\n' });
      await window.messages.answerDialog(/"photo\.txt" already exists/, 'Replace');
      await eventually(() => assert.equal(s3.store.get('other', 'photo.txt')?.text, 'new pixels\n'));
    });

    step('files and folders of the Explorer dropped onto a folder are uploaded', async ({ window, s3 }) => {
      // Both views side by side.
      await window.palette.run('Cloud Remotes: Focus on Cloud Remotes View', window.tree.label('demo'));
      await window.palette.run('View: Move View', window.quick.option(/^Explorer/));
      await window.quick.pick(/^Explorer/);
      await window.tree.label('here.txt').waitFor();
      await window.screenshot('drag-explorer');
      const has = (key: string) => s3.store.get('box', key) !== undefined;
      await drag(window, window.tree.label('here.txt'), window.tree.label('from'), () =>
        has('from/here.txt'),
      );
      assert.equal(await stored(s3, 'box', 'from/here.txt'), 'from the workspace\n');
      await drag(window, window.tree.label('folder'), window.tree.label('from'), () =>
        has('from/folder/deep.txt'),
      );
      assert.equal(await stored(s3, 'box', 'from/folder/deep.txt'), 'deep\n');
    });
  },
);
