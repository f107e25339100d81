import assert from 'node:assert/strict';
import path from 'node:path';
import type { EditorWindow } from '../harness/editorWindow';
import { closePreviews, currentPreview, type PreviewPage } from '../harness/previewPage';
import { environmentRemote } from '../harness/session';
import { withEditor } from '../harness/withEditor';

const COMMAND = 'Cloud Remotes: Sync from Command Line';
const COPY = 'Cloud Remotes: Copy as Command';

/** What the box says below the text, once it says this. */
async function says(window: EditorWindow, text: RegExp): Promise<void> {
  await window.page.locator('.quick-input-widget .quick-input-message').filter({ hasText: text }).waitFor();
}

async function previewed(window: EditorWindow): Promise<PreviewPage> {
  const page = await currentPreview(window);
  await page.reach(['preview', 'same', 'error']);
  return page;
}

withEditor(
  'lines of aws and rclone',
  {
    files: {
      'index.html': '<h1>Hello</h1>\n',
      'css/main.css': 'body { color: green }\n',
      'draft.tmp': 'not yet\n',
    },
    drive: true,
    settingsFor: ({ s3 }) => ({
      'cloudRemotes.remotes': [environmentRemote(s3), environmentRemote(s3, 'second')],
    }),
    prepare: ({ store }) => {
      store.createBucket('site');
      store.put('site', 'old/page.html', 'extraneous\n');
    },
  },
  (step) => {
    step('what is wrong with a line is said while it is typed', async ({ window }) => {
      await window.context.grantPermissions(['clipboard-read', 'clipboard-write']);
      await window.page.evaluate(() => navigator.clipboard.writeText('nothing of interest'));
      await window.runCommand(COMMAND);
      await window.expectQuick('Sync from Command Line');
      assert.equal(await window.quickInput().inputValue(), '');
      await window.quickInput().fill('aws s3 rm s3://site');
      await says(window, /neither a copy nor a sync/);
      await window.quickInput().fill('rclone sync . nowhere:x');
      await says(window, /No remote is named "nowhere"/);
      await window.quickButton('Import Remotes from rclone.conf…').waitFor();
      await window.page.keyboard.press('Enter');
      await says(window, /No remote is named "nowhere"/);
      await window.quickInput().fill('rclone sync . demo:site --exclude *.tmp');
      await says(window, /stands outside of quotes/);
      await window.page.keyboard.press('Escape');
    });

    step(
      'each flag has its verdict, and what is not possible must be left out knowingly',
      async (session) => {
        const { window, workspace } = session;
        await window.runCommand(COMMAND);
        await window.expectQuick('Sync from Command Line');
        await window
          .quickInput()
          .fill("rclone sync . demo:site --exclude '*.tmp' --transfers 8 --suffix .bak");
        await says(
          window,
          /rclone sync: .* → demo:site\. Not possible: --suffix\. Nothing is deleted: --suffix/,
        );
        await window.quickInput().fill("rclone sync . demo:site --exclude '*.tmp' --transfers 8 --metadata");
        await says(window, /rclone sync: .* → demo:site\. Not possible: --metadata\.$/);
        await window.page.keyboard.press('Enter');
        await window.expectQuick('What Was Understood: rclone sync');
        await window.quickOption(/--metadata/).waitFor();
        await window.quickOption(/--exclude \*\.tmp/).waitFor();
        await window.quickOption(/--transfers 8/).waitFor();
        // Rows of flags are there to be read.
        await window.quickRead(/--transfers 8/);
        await window.expectQuick('What Was Understood');
        await window.quickPick(/Go On Without --metadata/);
        const page = await previewed(window);
        await page.expectSentence(`demo:site/ will be made like ${path.basename(workspace)}`);
        await page.expectRows((rows) =>
          assert.deepEqual(
            rows
              .map((row) => row.split(', ').slice(0, 2).join(', '))
              .filter((row) => !/folder|^Deletes/.test(row)),
            ['main.css, upload', 'index.html, upload', 'page.html, delete'],
          ),
        );
      },
    );

    step('the preview is copied as a line of either tool', async ({ window, workspace }) => {
      // Only a page that has the focus may write to the clipboard, and the preview is a page of its own.
      await window.showExplorer();
      await window.runCommand(COPY);
      await window.expectQuick('Copy as Command');
      await window.quickPick(/^.*rclone/);
      const line = await window.clipboardBecomes(/^rclone sync /);
      assert.equal(line, `rclone sync ${workspace} demo:site --exclude '*.tmp'`);
      await (await window.notification('The command for rclone is in the clipboard.')).waitFor();
      await window.closeNotifications();
    });

    step(
      'a line in the clipboard is taken over, and a remote that it leaves open is asked for',
      async (session) => {
        const { window, s3 } = session;
        await closePreviews(window);
        // Only a page that has the focus may write to the clipboard.
        await window.showExplorer();
        const line = `$ aws s3 cp index.html s3://site/ \\\n   --endpoint-url ${s3.endpoint}`;
        await window.page.evaluate((text) => navigator.clipboard.writeText(text), line);
        await window.runCommand(COMMAND);
        await window.expectQuick('Sync from Command Line');
        await says(window, /aws s3 cp: .* → s3:\/\/site/);
        await window.page.keyboard.press('Enter');
        await window.expectQuick('On which remote is s3://site/?');
        await window.quickPick(/second/);
        await window.quickPick(/Open the Preview/);
        const page = await previewed(window);
        await page.expectRows((rows) =>
          assert.deepEqual(
            rows.map((row) => row.split(', ').slice(0, 2).join(', ')),
            ['index.html, upload'],
          ),
        );
        await page.expectSentence(/second:site/);
      },
    );
  },
);
