import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import type { Locator } from 'playwright-core';
import type { EditorWindow } from '../harness/editorWindow';
import { eventually } from '../harness/eventually';
import { openPreview } from '../harness/previewPage';
import { withEditor } from '../harness/withEditor';

/** Keys that S3 takes and that are no paths; the rows that stand for them, one folder at a time, and what those say. */
const noPaths: readonly (readonly [key: string, label: string, reason: RegExp])[] = [
  ['a//b.txt', 'a//', /has an empty part \("\/\/"\)/],
  ['../x.txt', '../', /has a part "\." or "\.\."/],
  ['/abs.txt', '/', /has an empty part/],
  ['filled/', 'filled/', /ends in "\/" like a folder, but has content/],
];
/** Keys that are paths, if strange ones. */
const control = 'bell\u0007.txt';
const longest = `long/${'n'.repeat(1019)}`;
const all = [...noPaths.map(([key]) => key), control, longest, 'plain.txt'];

async function unfold(window: EditorWindow): Promise<void> {
  await window.showRemotes();
  await window.expand('demo', 'odd', 'a');
  await window.expand('filled');
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
        await row.click();
      }
      await window.screenshot('odd-keys');
      // Whatever those clicks opened would be there before a file that is clicked after them.
      await window.clickUntil(window.treeLabel('plain.txt'), window.tab('plain.txt'));
      assert.equal(await window.page.locator('.tabs-container .tab').count(), 1);
      await window.discardAll();
    });

    step('their menus offer nothing that would touch them', async ({ window }) => {
      for (const [, label] of noPaths) {
        const row = rowOf(window, label);
        await row.click({ button: 'right' });
        // A menu opens in the same moment as the row gets the focus.
        await eventually(async () => assert.match((await row.getAttribute('class')) ?? '', /\bfocused\b/));
        assert.equal(
          await window.page.locator('.context-view .monaco-menu [role=menuitem]').count(),
          0,
          label,
        );
      }
      assert.ok((await window.contextMenuItems(window.treeLabel('plain.txt'))).length > 0);
    });

    step('the keys of delete, rename and copy say that it is left alone', async ({ window, s3 }) => {
      await rowOf(window, 'a//').click();
      for (const key of ['Delete', 'F2', 'ControlOrMeta+c']) {
        await window.page.keyboard.press(key);
        await window.notification(/"a\/\/" has an empty part.*leaves it alone/);
        await window.closeNotifications();
        await rowOf(window, 'a//').click();
      }
      assert.equal(s3.store.keys('odd').length, all.length);
    });

    step(
      'a name with a control character, and one of 1,024 bytes, are files like others',
      async (session) => {
        const { window, s3 } = session;
        await window.keepOpen(window.treeRow(/^bell.*\.txt, file/), /bell/);
        await window.editorShows(/in bell/);
        await window.expand('long');
        await window.keepOpen(window.treeRow(/^nnn.*, file/), /nnn/);
        await window.editorShows(/in long/);
        await window.typeAtEnd(' and more');
        await window.save();
        assert.match(s3.store.get('odd', longest)?.text ?? '', /and more$/);
        await window.discardAll();
      },
    );

    step('renaming to a longer name than S3 takes is refused', async ({ window, s3 }) => {
      await window.contextMenu(window.treeRow(/^nnn.*, file/), 'Rename…');
      await window.quickType('n'.repeat(1020));
      await window.notification(/1,?024/);
      await window.closeNotifications();
      assert.ok(s3.store.get('odd', longest));
    });

    step('deleting the folder around them names what stays', async ({ window, s3 }) => {
      await window.contextMenu(window.treeLabel('odd'), 'Empty Bucket…');
      await window.expectQuick(
        /4 objects with a key that is no path can't be deleted from here and will stay/,
      );
      await window.page.keyboard.press('Escape');
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
