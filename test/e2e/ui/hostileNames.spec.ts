import assert from 'node:assert/strict';
import type { Locator } from 'playwright-core';
import type { EditorWindow } from '../harness/editorWindow';
import { withEditor } from '../harness/withEditor';

const link = '[Show which](command:workbench.action.toggleSidebarVisibility)';
/** As it is shown: with nothing that the editor could take for a link. */
const inert = '[Show which] (command:workbench.action.toggleSidebarVisibility)';
const web = '[docs](https://evil.example/)';
const titled = '[mail](command:workbench.action.toggleSidebarVisibility "Read")';
const icon = '$(error) not an icon';
const turned = 'invoice\u202egpj.exe';

/** What is shown there has the text, and no link in it that could be clicked. */
async function holdsNoLink(place: Locator, text: string | RegExp): Promise<void> {
  await place.filter({ hasText: text }).first().waitFor();
  const shown = place.filter({ hasText: text }).first();
  assert.equal(await shown.locator('a[href], .monaco-link').count(), 0, await shown.innerHTML());
}

async function openFolder(window: EditorWindow): Promise<void> {
  await window.showRemotes();
  await window.expand('demo', 'trip', link);
}

withEditor(
  'names that would be links',
  {
    prepare: ({ store }) => {
      store.createBucket('trip');
      store.put('trip', `${link}/denied.txt`, 'secret');
      store.put('trip', `${link}/plain.txt`, 'plain');
      store.put('trip', titled, 'titled');
      store.put('trip', `${icon}/x.txt`, 'icon');
      store.put('trip', turned, 'turned');
      store.put('trip', 'two\u2028lines\u009b.txt', 'lines');
    },
  },
  (step) => {
    step('rows show them as text, and what turns or hides a name is written out', async ({ window }) => {
      await openFolder(window);
      await window.treeLabel(icon).waitFor();
      await window.treeLabel('invoice\\u202egpj.exe').waitFor();
      await window.treeLabel('two\\u2028lines\\x9b.txt').waitFor();
      assert.equal(await window.page.locator('.sidebar .codicon-error').count(), 0);
      // The tooltip of a row is Markdown.
      await window.treeLabel(titled).hover();
      await holdsNoLink(window.page.locator('.monaco-hover:visible'), 'mail');
    });

    step('what a service says about a file that it refuses', async ({ window, s3 }) => {
      s3.addFault({
        operation: 'GetObject',
        key: `${link}/denied.txt`,
        status: 403,
        code: 'AccessDenied',
        message: `No. ${link}`,
        count: Infinity,
      });
      await window.treeLabel('denied.txt').click();
      await window.page.getByRole('button', { name: 'Try Again' }).click();
      await holdsNoLink(window.page.locator('.monaco-dialog-box'), inert);
      await window.answerDialog(/denied/, 'OK');
      await window.discardAll();
    });

    step('why a save failed', async ({ window, s3 }) => {
      s3.addFault({ operation: 'PutObject', status: 403, code: 'AccessDenied', message: link, count: 1 });
      await window.treeLabel('plain.txt').click();
      await window.typeAtEnd('!');
      await window.save(false);
      await holdsNoLink(await window.notification(/Failed to save/), inert);
      await window.closeNotifications();
      await window.discardAll();
    });

    step(
      'the question before something is deleted, and the notification of a failure',
      async ({ window, s3 }) => {
        s3.addFault({
          operation: ['DeleteObject', 'DeleteObjects'],
          status: 403,
          code: 'AccessDenied',
          message: `${link} ${web}`,
          count: Infinity,
        });
        await window.treeLabel('plain.txt').click();
        await window.discardAll();
        await window.treeLabel('plain.txt').click();
        await window.page.keyboard.press('Delete');
        await holdsNoLink(window.page.locator('.monaco-dialog-box'), inert);
        await window.answerDialog(/Delete/, 'Delete');
        const toast = await window.notification(/AccessDenied|denied/i);
        await holdsNoLink(toast, '[Show which] (');
        await window.closeNotifications();
        s3.clearFaults();
      },
    );

    step('the title of an input, and the problem of what is typed', async ({ window }) => {
      await window.discardAll();
      await window.treeLabel('plain.txt').click();
      await window.page.keyboard.press('F2');
      await holdsNoLink(window.page.locator('.quick-input-widget'), inert);
      await window.page.keyboard.press('Escape');
      await window.runCommand('Cloud Remotes: Go to Address');
      await window.quickInput().fill(`${link}:x`);
      await holdsNoLink(window.page.locator('.quick-input-widget'), '[Show which] (');
      await window.quickInput().fill(`demo:trip//${link}`);
      await holdsNoLink(window.page.locator('.quick-input-widget'), inert);
      await window.page.keyboard.press('Escape');
    });

    step('rows of a quick pick, and the progress of what is slow', async ({ window, s3 }) => {
      const slow = s3.addFault({ operation: 'CopyObject', delayMs: 8000 });
      await window.contextMenu(window.treeLabel(titled), /^Move to/);
      await holdsNoLink(window.page.locator('.quick-input-widget .quick-input-title'), '[mail] (command');
      const row = window.quickOptions().filter({ hasText: 'not an icon' });
      await row.waitFor();
      assert.equal(await row.locator('.codicon-error').count(), 0);
      await window.quickPick(/Show which/);
      await holdsNoLink(window.page.locator('.quick-input-widget .quick-input-title'), inert);
      await window.quickPick(/Move Here/);
      const toast = await window.notification(/mail/);
      await holdsNoLink(toast, '[mail] (');
      await toast.waitFor({ state: 'detached' });
      assert.equal(slow.hits, 1);
      assert.ok(s3.store.keys('trip').includes(`${link}/${titled}`));
    });

    step('the side bar is still there: no command was run', async ({ window }) => {
      assert.equal(await window.page.locator('.sidebar').isVisible(), true);
    });
  },
);
