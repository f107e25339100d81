import assert from 'node:assert/strict';
import type { Locator } from 'playwright-core';
import type { EditorWindow } from '../../harness/window/editorWindow';
import { actUntil } from '../../harness/window/eventually';
import { withEditor } from '../../harness/withEditor';

const link = '[Show which](command:workbench.action.toggleSidebarVisibility)';
/** The shown text: the editor finds no link in it. */
const inert = '[Show which] (command:workbench.action.toggleSidebarVisibility)';
const web = '[docs](https://evil.example/)';
const titled = '[mail](command:workbench.action.toggleSidebarVisibility "Read")';
const icon = '$(error) not an icon';
const turned = 'invoice\u202egpj.exe';

/** Checks that the element has the text and no link. */
async function holdsNoLink(place: Locator, text: string | RegExp): Promise<void> {
  await place.filter({ hasText: text }).first().waitFor();
  const shown = place.filter({ hasText: text }).first();
  assert.equal(await shown.locator('a[href], .monaco-link').count(), 0, await shown.innerHTML());
}

async function openFolder(window: EditorWindow): Promise<void> {
  await window.showRemotes();
  await window.tree.expand('demo', 'trip', link);
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
    step('rows show them as text, with invisible characters escaped', async ({ window }) => {
      await openFolder(window);
      await window.tree.label(icon).waitFor();
      await window.tree.label('invoice\\u202egpj.exe').waitFor();
      await window.tree.label('two\\u2028lines\\x9b.txt').waitFor();
      assert.equal(await window.page.locator('.sidebar .codicon-error').count(), 0);
      // The tooltip of a row is Markdown.
      const hover = window.page.locator('.monaco-hover:visible');
      await actUntil('hovering over a row', () => window.tree.label(titled).hover(), hover);
      await holdsNoLink(hover, 'mail');
    });

    step('the message of a service that rejects a read', async ({ window, s3 }) => {
      s3.addFault({
        operation: 'GetObject',
        key: `${link}/denied.txt`,
        status: 403,
        code: 'AccessDenied',
        message: `No. ${link}`,
        count: Infinity,
      });
      const again = window.page.getByRole('button', { name: 'Try Again' });
      await window.click(window.tree.label('denied.txt'), again);
      await window.click(again, window.messages.box());
      await holdsNoLink(window.messages.box(), inert);
      await window.messages.answerDialog(/denied/, 'OK');
      await window.editors.closeAll();
    });

    step('the message of a failed save', async ({ window, s3 }) => {
      s3.addFault({ operation: 'PutObject', status: 403, code: 'AccessDenied', message: link, count: 1 });
      await window.editors.keepOpen(window.tree.label('plain.txt'), 'plain.txt');
      await window.editors.typeAtEnd('!');
      await window.editors.save(false);
      await holdsNoLink(await window.messages.notification(/Failed to save/), inert);
      await window.messages.clear();
      await window.editors.closeAll();
    });

    step('the confirmation of a delete, and the notification of a failure', async ({ window, s3 }) => {
      s3.addFault({
        operation: ['DeleteObject', 'DeleteObjects'],
        status: 403,
        code: 'AccessDenied',
        message: `${link} ${web}`,
        count: Infinity,
      });
      await window.click(window.tree.label('plain.txt'), window.editors.active('plain.txt'));
      await window.tree.press('Delete', window.messages.box());
      await holdsNoLink(window.messages.box(), inert);
      await window.messages.answerDialog(/Delete/, 'Delete');
      const toast = await window.messages.notification(/AccessDenied|denied/i);
      await holdsNoLink(toast, '[Show which] (');
      await window.messages.clear();
      s3.clearFaults();
    });

    step('the title of an input box, and its validation message', async ({ window }) => {
      await window.tree.select(window.tree.label('plain.txt'));
      await window.tree.press('F2', window.quick.input());
      await holdsNoLink(window.quick.saying(''), inert);
      await window.quick.dismiss();
      await window.palette.run('Cloud Remotes: Go to Address', window.quick.saying(/Go to Address/));
      await window.quick.input().fill(`${link}:x`);
      await holdsNoLink(window.quick.saying(''), '[Show which] (');
      await window.quick.input().fill(`demo:trip//${link}`);
      await holdsNoLink(window.quick.saying(''), inert);
      await window.quick.dismiss();
    });

    step('the rows of a quick pick, and the progress of slow work', async ({ window, s3 }) => {
      let goOn = () => {};
      const until = new Promise<void>((resolve) => {
        goOn = resolve;
      });
      const slow = s3.addFault({ operation: 'CopyObject', until });
      await window.menu.take(window.tree.label(titled), /^Move to/, window.quick.input());
      await holdsNoLink(window.quick.title(), '[mail] (command');
      const row = window.quick.options().filter({ hasText: 'not an icon' });
      await row.waitFor();
      assert.equal(await row.locator('.codicon-error').count(), 0);
      await window.quick.pick(/Show which/);
      await holdsNoLink(window.quick.title(), inert);
      await window.quick.pick(/Move Here/);
      const toast = await window.messages.notification(/mail/);
      await holdsNoLink(toast, '[mail] (');
      goOn();
      await toast.waitFor({ state: 'detached' });
      assert.equal(slow.hits, 1);
      assert.ok(s3.store.keys('trip').includes(`${link}/${titled}`));
    });

    step('the side bar is still visible: no command was run', async ({ window }) => {
      assert.equal(await window.page.locator('.sidebar').isVisible(), true);
    });
  },
);
