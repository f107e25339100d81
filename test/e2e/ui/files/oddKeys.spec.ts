import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import type { Locator } from 'playwright-core';
import type { EditorWindow } from '../../harness/window/editorWindow';
import { actUntil, CLICK_MS } from '../../harness/window/eventually';
import { openPreview } from '../../harness/window/previewPage';
import { withEditor } from '../../harness/withEditor';

/** Keys that S3 takes and that are no paths; the rows that stand for them, one folder at a time, and what those say. */
const noPaths: readonly (readonly [key: string, label: string, reason: RegExp])[] = [
  ['a//b.txt', 'a//', /has an empty part \("\/\/"\)/],
  ['../x.txt', '../', /has a "\." or "\.\." part/],
  ['/abs.txt', '/', /has an empty part/],
  ['filled/', 'filled/', /ends in "\/" like a folder, but has content/],
];
/** Keys that are paths, if strange ones. */
const control = 'bell\u0007.txt';
const longest = `long/${'n'.repeat(1019)}`;
const all = [...noPaths.map(([key]) => key), control, longest, 'plain.txt'];

async function unfold(window: EditorWindow): Promise<void> {
  await window.showRemotes();
  await window.tree.expand('demo', 'odd', 'a');
  await window.tree.expand('filled');
}

function rowOf(window: EditorWindow, label: string): Locator {
  return window.page
    .locator('.sidebar')
    .locator(`[role="treeitem"][aria-label^="${label}, can't be opened"]`)
    .first();
}

withEditor(
  'keys that are no paths',
  {
    prepare: ({ store }) => {
      store.createBucket('odd');
      for (const key of all) store.put('odd', key, `in ${key.slice(0, 20)}`);
      store.createBucket('safe');
      store.put('safe', 'x.txt', 'outside\n');
    },
  },
  (step) => {
    step('each is shown with its reason, and a click on it opens nothing', async ({ window }) => {
      await unfold(window);
      for (const [, label, reason] of noPaths) {
        const row = rowOf(window, label);
        await row.waitFor();
        assert.match((await row.getAttribute('aria-label')) ?? '', reason);
        await window.tree.select(row);
      }
      await window.screenshot('odd-keys');
      // Whatever those clicks opened would be there before a file that is clicked after them.
      await window.click(window.tree.label('plain.txt'), window.editors.tab('plain.txt'));
      assert.equal(await window.page.locator('.tabs-container .tab').count(), 1);
      await window.editors.closeAll();
    });

    step('their menus offer nothing that would touch them', async ({ window }) => {
      for (const [, label] of noPaths) {
        const row = rowOf(window, label);
        // A menu opens in the same moment as the row gets the focus.
        await actUntil(
          `a right click on ${label}`,
          () => row.click({ button: 'right', timeout: CLICK_MS }),
          async () => /\bfocused\b/.test((await row.getAttribute('class', { timeout: 1000 })) ?? ''),
        );
        assert.equal(
          await window.page.locator('.context-view .monaco-menu [role=menuitem]').count(),
          0,
          label,
        );
      }
      assert.ok((await window.menu.names(window.tree.label('plain.txt'))).length > 0);
    });

    step('the keys of delete, rename and copy say that it is left alone', async ({ window, s3 }) => {
      for (const key of ['Delete', 'F2', 'ControlOrMeta+c']) {
        await window.tree.select(rowOf(window, 'a//'));
        await window.tree.press(
          key,
          window.messages.toast(/"a\/\/" has an empty part.*never opens, copies or deletes it/),
        );
        await window.messages.clear();
      }
      assert.equal(s3.store.keys('odd').length, all.length);
    });

    step(
      'a name with a control character, and one of 1,024 bytes, are files like others',
      async (session) => {
        const { window, s3 } = session;
        await window.editors.keepOpen(window.tree.row(/^bell.*\.txt, file/), /bell/);
        await window.editors.shows(/in bell/);
        await window.tree.expand('long');
        await window.editors.keepOpen(window.tree.row(/^nnn.*, file/), /nnn/);
        await window.editors.shows(/in long/);
        await window.editors.typeAtEnd(' and more');
        await window.editors.save();
        assert.match(s3.store.get('odd', longest)?.text ?? '', /and more$/);
        await window.editors.closeAll();
      },
    );

    step('renaming to a longer name than S3 takes is refused', async ({ window, s3 }) => {
      await window.menu.take(window.tree.row(/^nnn.*, file/), 'Rename…', window.quick.input());
      await window.quick.answer('n'.repeat(1020));
      await window.messages.notification(/1,?024/);
      await window.messages.clear();
      assert.ok(s3.store.get('odd', longest));
    });

    step('deleting the folder around them names what stays', async ({ window, s3 }) => {
      await window.menu.take(window.tree.label('odd'), 'Empty Bucket…', window.quick.input());
      await window.quick.expect(/4 objects with an unsupported key can't be deleted here and will remain/);
      await window.quick.dismiss();
      assert.equal(s3.store.keys('odd').length, all.length);
    });

    step('a sync to this machine lists them as skipped and writes nothing outside', async (session) => {
      const { window, workspace } = session;
      const page = await openPreview(
        window,
        'Cloud Remotes: Sync Remote to Workspace',
        'odd',
        'Sync from This Folder',
      );
      await page.expectRows((rows) => {
        for (const name of ['b.txt', 'x.txt', 'abs.txt'])
          assert.match(rows.join('\n'), new RegExp(`${name.replace('.', '\\.')}, skipped`));
      });
      await window.screenshot('odd-keys-preview');
      await page.row('plain.txt').waitFor();
      await page.apply();
      assert.deepEqual(readdirSync(path.dirname(workspace)), [path.basename(workspace)]);
      assert.ok(readdirSync(workspace).includes('plain.txt'));
      assert.ok(!readdirSync(workspace).includes('x.txt'));
    });
  },
);
