import assert from 'node:assert/strict';
import path from 'node:path';
import { environmentRemote } from '../../harness/session';
import type { EditorWindow } from '../../harness/window/editorWindow';
import { closePreviews, currentPreview, type PreviewPage } from '../../harness/window/previewPage';
import { withEditor } from '../../harness/withEditor';

const COMMAND = 'Cloud Remotes: Sync from Command Line';
const COPY = 'Cloud Remotes: Copy as Command';

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
    step('a problem of a line is shown while typing', async ({ window }) => {
      await window.context.grantPermissions(['clipboard-read', 'clipboard-write']);
      await window.page.evaluate(() => navigator.clipboard.writeText('nothing of interest'));
      await window.palette.run(COMMAND, window.quick.saying('Sync from Command Line'));
      assert.equal(await window.quick.input().inputValue(), '');
      await window.quick.input().fill('aws s3 rm s3://site');
      await window.quick.expectMessage(/is not a copy or a sync/);
      await window.quick.input().fill('rclone sync . nowhere:x');
      await window.quick.expectMessage(/No remote is named "nowhere"/);
      await window.quick.button('Import Remotes from rclone.conf…').waitFor();
      await window.quick.input().press('Enter');
      await window.quick.expectMessage(/No remote is named "nowhere"/);
      await window.quick.input().fill('rclone sync . demo:site --exclude *.tmp');
      await window.quick.expectMessage(/is not quoted/);
      await window.quick.dismiss();
    });

    step('each flag has its verdict, and unsupported flags need a confirmation', async (session) => {
      const { window, workspace } = session;
      await window.palette.run(COMMAND, window.quick.saying('Sync from Command Line'));
      await window.quick
        .input()
        .fill("rclone sync . demo:site --exclude '*.tmp' --transfers 8 --suffix .bak");
      await window.quick.expectMessage(
        /rclone sync: .* → demo:site\. Not supported: --suffix\. Nothing is deleted: --suffix/,
      );
      await window.quick.input().fill("rclone sync . demo:site --exclude '*.tmp' --transfers 8 --metadata");
      await window.quick.expectMessage(/rclone sync: .* → demo:site\. Not supported: --metadata\.$/);
      await window.quick.accept();
      await window.quick.expect('Check Command: rclone sync');
      await window.quick.option(/--metadata/).waitFor();
      await window.quick.option(/--exclude \*\.tmp/).waitFor();
      await window.quick.option(/--transfers 8/).waitFor();
      // Rows of flags have no action.
      await window.quick.read(/--transfers 8/);
      await window.quick.expect('Check Command');
      await window.quick.pick(/Continue Without --metadata/);
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
    });

    step('the preview can be copied as a command', async ({ window, workspace }) => {
      // Only a page that has the focus may write to the clipboard, and the preview is a page of its own.
      await window.showExplorer();
      await window.palette.run(COPY, window.quick.saying('Copy as Command'));
      await window.quick.pick(/^.*rclone/);
      const line = await window.clipboardBecomes(/^rclone sync /);
      assert.equal(line, `rclone sync ${workspace} demo:site --exclude '*.tmp'`);
      await (await window.messages.notification('Copied the command for rclone.')).waitFor();
      await window.messages.clear();
    });

    step('a line in the clipboard is proposed, and its unknown remote is asked for', async (session) => {
      const { window, s3 } = session;
      await closePreviews(window);
      // Only a page that has the focus may write to the clipboard.
      await window.showExplorer();
      const line = `$ aws s3 cp index.html s3://site/ \\\n   --endpoint-url ${s3.endpoint}`;
      await window.page.evaluate((text) => navigator.clipboard.writeText(text), line);
      await window.palette.run(COMMAND, window.quick.saying('Sync from Command Line'));
      await window.quick.expectMessage(/aws s3 cp: .* → s3:\/\/site/);
      await window.quick.accept();
      await window.quick.expect('On which remote is s3://site/?');
      await window.quick.pick(/second/);
      await window.quick.pick(/Open Preview/);
      const page = await previewed(window);
      await page.expectRows((rows) =>
        assert.deepEqual(
          rows.map((row) => row.split(', ').slice(0, 2).join(', ')),
          ['index.html, upload'],
        ),
      );
      await page.expectSentence(/second:site/);
    });
  },
);
