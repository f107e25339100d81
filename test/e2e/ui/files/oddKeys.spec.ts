import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import type { Locator } from 'playwright-core';
import type { EditorWindow } from '../../harness/window/editorWindow';
import { actUntil, CLICK_MS } from '../../harness/window/eventually';
import { openPreview } from '../../harness/window/previewPage';
import { withEditor } from '../../harness/withEditor';

/** Keys that S3 accepts and that are no paths, with their rows by folder and the texts of the rows. */
const noPaths: readonly (readonly [key: string, label: string, reason: RegExp])[] = [
  ['a//b.txt', 'a//', /has an empty part \("\/\/"\)/],
  ['../x.txt', '../', /has a "\." or "\.\." part/],
  ['/abs.txt', '/', /has an empty part/],
  ['filled/', 'filled/', /ends in "\/" like a folder, but has content/],
];
/** Unusual keys that are paths. */
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
    step('each has its reason, and a click opens nothing', async ({ window }) => {
      await unfold(window);
      for (const [, label, reason] of noPaths) {
        const row = rowOf(window, label);
        await row.waitFor();
        assert.match((await row.getAttribute('aria-label')) ?? '', reason);
        await window.tree.select(row);
      }
      await window.screenshot('odd-keys');
      // An editor that those clicks opened would appear before that of a later click.
      await window.click(window.tree.label('plain.txt'), window.editors.tab('plain.txt'));
      assert.equal(await window.page.locator('.tabs-container .tab').count(), 1);
      await window.editors.closeAll();
    });

    step('their menus have no item that would change them', async ({ window }) => {
      for (const [, label] of noPaths) {
        const row = rowOf(window, label);
        // The menu opens when the row gets the focus.
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

    step('the keys for delete, rename and copy explain that they do not apply', async ({ window, s3 }) => {
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

    step('a name with a control character and a name of 1,024 bytes are ordinary files', async (session) => {
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
    });

    step('a name that is too long for S3 is rejected', async ({ window, s3 }) => {
      await window.menu.take(window.tree.row(/^nnn.*, file/), 'Rename…', window.quick.input());
      await window.quick.answer('n'.repeat(1020));
      await window.messages.notification(/1,?024/);
      await window.messages.clear();
      assert.ok(s3.store.get('odd', longest));
    });

    step('deleting their folder reports what remains', async ({ window, s3 }) => {
      await window.menu.take(window.tree.label('odd'), 'Empty Bucket…', window.quick.input());
      await window.quick.expect(/4 objects with an unsupported key can't be deleted here and will remain/);
      await window.quick.dismiss();
      assert.equal(s3.store.keys('odd').length, all.length);
    });

    step('a sync to this machine skips them and writes nothing outside', async (session) => {
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
