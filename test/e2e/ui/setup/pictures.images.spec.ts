// Takes the pictures of the README and the docs. Runs only when it is named: "npm run images".
import { mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fillDrive, fillServer, MANY, makeWorkspace } from '../../../demo/demoData';
import { signInHost } from '../../harness/chromium';
import { projectRoot } from '../../harness/projectRoot';
import { driveRemote } from '../../harness/session';
import { allowAccount, signInPage } from '../../harness/window/driveSignIn';
import type { EditorWindow } from '../../harness/window/editorWindow';
import { until } from '../../harness/window/eventually';
import { openPreview } from '../../harness/window/previewPage';
import { answerWizard } from '../../harness/window/wizard';
import { withEditor } from '../../harness/withEditor';

const FOLDER = path.join(projectRoot, 'docs/images');
const UP = 'Cloud Remotes: Sync Workspace to Remote';
const SIZE = { width: 1400, height: 760 };
async function picture(window: EditorWindow, name: string): Promise<void> {
  // The pointer would leave tooltips and hovered rows behind.
  await window.page.mouse.move(SIZE.width / 2, SIZE.height - 5);
  let before: Buffer = Buffer.alloc(0);
  await until('nothing moves any more', async () => {
    const now = await window.page.screenshot();
    const same = now.equals(before);
    before = now;
    return same;
  });
  await window.screenshot(path.join(FOLDER, `${name}.png`));
}

async function theme(window: EditorWindow, name: string): Promise<void> {
  const list = window.page.getByPlaceholder(/Color Theme/);
  await window.palette.run('Preferences: Color Theme', list);
  // Typed, since the list draws only its first rows.
  await window.quick.input().fill(name);
  await window.quick.option(name).waitFor();
  await window.quick.accept();
}

withEditor(
  'pictures',
  {
    workspaceName: 'northern-lights',
    fillWorkspace: makeWorkspace,
    prepare: fillServer,
    window: SIZE,
    settings: { 'workbench.iconTheme': 'vs-seti' },
  },
  (step) => {
    step('the tree', async ({ window }) => {
      await window.showRemotes();
      await window.tree.expand('demo', 'photos', '2025', 'Reykjavík');
      await window.tree.expand('site-assets');
      await window.tree.expand('css');
      await window.click(window.tree.label('main.css'), window.editors.active('main.css'));
      await picture(window, 'tree');
    });

    step('the wizard', async ({ window, s3 }) => {
      await window.palette.run('Cloud Remotes: Add Remote', window.quick.option(/^S3/));
      await window.quick.pick(/^S3/);
      await window.quick.expect(/Step 1 of/);
      await picture(window, 'wizard');
      await answerWizard(window, {
        endpoint: s3.endpoint,
        key: s3.accessKeyId,
        secret: s3.secretAccessKey,
        root: 'site-assets',
        name: 'website',
      });
      await window.quick.option(/Save(?! Anyway)/).waitFor();
      await picture(window, 'wizard-test');
      await window.quick.dismiss();
    });

    step('the preview, dark, light and in high contrast, and the report', async ({ window }) => {
      await window.showExplorer();
      const page = await openPreview(window, UP, 'site-assets', 'Sync to This Folder');
      await page.checkbox('Delete what only the target has').click();
      await page
        .button(/deletes/)
        .first()
        .waitFor();
      await page.reach('preview');
      await picture(window, 'preview-dark');
      await theme(window, 'Light Modern');
      await picture(window, 'preview-light');
      await theme(window, 'Dark High Contrast');
      await picture(window, 'preview-contrast');
      await theme(window, 'Dark Modern');
      await page.button(/^Apply/).click();
      await page.reach('finished');
      await picture(window, 'report');
    });

    step('a preview of three rows', async ({ window, workspace }) => {
      for (const [name, text] of [
        ['index.html', '<h1>Northern Lights, again</h1>\n'],
        ['css/main.css', 'body { color: teal; }\n'],
        ['news.html', '<h1>News</h1>\n'],
      ] as const) {
        writeFileSync(path.join(workspace, name), text);
        utimesSync(path.join(workspace, name), new Date(), new Date());
      }
      await openPreview(window, UP, 'demo:site-assets');
      await picture(window, 'preview-3-rows');
    });

    step('a save conflict', async ({ window, s3 }) => {
      await window.editors.closeAll();
      await window.showRemotes();
      await window.click(window.tree.label('main.css'), window.editors.active('main.css'));
      await window.editors.typeAtEnd('\n/* mine */');
      s3.store.put('site-assets', 'css/main.css', 'body { color: navy; }\n', { contentType: 'text/css' });
      await window.editors.save(false);
      await window.messages.notification(/was changed on demo/);
      await picture(window, 'conflict');
      await window.messages.answer(
        /was changed on demo/,
        'Compare',
        window.page.locator('.monaco-diff-editor'),
      );
      await picture(window, 'conflict-compare');
      await window.messages.clear();
      await window.editors.closeAll();
    });
  },
);

withEditor(
  'pictures of Amazon Drive',
  {
    drive: true,
    prepareDrive: fillDrive,
    settingsFor: ({ drive }) => ({
      'cloudRemotes.remotes': [{ ...driveRemote(drive, 'drive', signInHost), account: 'anna@example.com' }],
    }),
    workspaceName: 'northern-lights',
    fillWorkspace: makeWorkspace,
    window: SIZE,
    settings: { 'workbench.iconTheme': 'vs-seti' },
  },
  (step) => {
    step("the wizard's note about the service", async ({ window }) => {
      await window.showRemotes();
      await window.palette.run('Cloud Remotes: Add Remote', window.quick.saying(/closed by Amazon/));
      await window.quick.pick(/Amazon Drive/);
      await window.quick.expect(/closed Amazon Drive at the end of 2023/);
      await picture(window, 'drive-wizard');
      await window.quick.dismiss();
    });

    step('signing in, and the tree with its trash', async ({ window }) => {
      await window.tree.expand('drive');
      await window.tree.row(/is not signed in/).waitFor();
      await picture(window, 'drive-signed-out');
      const page = await signInPage(window, 'anna@example.com', async () => {
        await window.click(window.tree.row(/is not signed in/), window.messages.box());
        await allowAccount(window);
      });
      await page.close();
      await window.tree.label('Welcome.txt').waitFor();
      await window.tree.expand('Pictures');
      await window.tree.expand('Tromsø');
      await window.tree.expand('Trash');
      await window.click(window.tree.label('Welcome.txt'), window.editors.active('Welcome.txt'));
      await picture(window, 'drive-tree');
    });
  },
);

withEditor(
  'pictures of many rows',
  {
    workspaceName: 'archive',
    window: SIZE,
    prepare: ({ store }) => void store.createBucket('backup'),
    fillWorkspace: (folder) => {
      for (let i = 0; i < 5 * MANY; i++) {
        const year = path.join(folder, `measurements/${2020 + (i % 5)}`);
        if (i < 5) mkdirSync(year, { recursive: true });
        writeFileSync(path.join(year, `sample-${String(i).padStart(6, '0')}.csv`), `${i},${i * i}\n`);
      }
    },
  },
  (step) => {
    step('a preview of 100,000 rows', async ({ window }) => {
      const page = await openPreview(window, UP, 'backup', 'Sync to This Folder');
      await page.frame.locator('.row').first().waitFor();
      await picture(window, 'preview-100000-rows');
    });
  },
);
