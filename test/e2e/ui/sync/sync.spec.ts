import assert from 'node:assert/strict';
import { existsSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { S3TestServer } from '../../../servers/s3/s3Server';
import { IndependentClient } from '../../harness/independentClient';
import { eventually } from '../../harness/window/eventually';
import { openPreview } from '../../harness/window/previewPage';
import { withEditor } from '../../harness/withEditor';

const UP = 'Cloud Remotes: Sync Workspace to Remote';
const DOWN = 'Cloud Remotes: Sync Remote to Workspace';
const TO_SITE: [string, string] = ['site', 'Sync to This Folder'];
/** The second sync in one direction offers the recent place first. */
const AGAIN: [string] = ['demo:site'];

function writes(s3: S3TestServer): string[] {
  return s3.requests
    .map(({ operation }) => operation)
    .filter((operation) => !/^(List|Get|Head)/.test(operation));
}

withEditor(
  'syncing the workspace with a bucket',
  {
    files: {
      'index.html': '<h1>Hello</h1>\n',
      'css/main.css': 'body { color: green }\n',
      'css/draft.css': 'not yet\n',
      'img/Tromsø.txt': 'unicode\n',
      '.git/config': 'never to be uploaded\n',
    },
    prepare: ({ store }) => {
      store.createBucket('site');
      store.put('site', 'css/main.css', 'older\n');
      store.put('site', 'old/page.html', 'extraneous\n');
    },
  },
  (step) => {
    step('the preview names the changed side, lists each change and writes nothing', async (session) => {
      const { window, s3, workspace } = session;
      const page = await openPreview(window, UP, ...TO_SITE);
      const folder = path.basename(workspace);
      await page.expectSentence(`demo:site/ will be made like ${folder}`);
      await page.expectRows((rows) =>
        assert.deepEqual(
          rows.map((row) => row.split(', ').slice(0, 3).join(', ')),
          [
            'css, folder, 2 files',
            'draft.css, upload, new',
            'main.css, upload, size differs',
            'img, folder, 1 file',
            'Tromsø.txt, upload, new',
            'index.html, upload, new',
          ],
        ),
      );
      assert.deepEqual(writes(s3), []);
    });

    step('unticked files are skipped; other clients see the rest', async ({ window, s3, workspace }) => {
      const page = await openPreview(window, UP, ...AGAIN);
      await page.tick('draft.css');
      await page.button('Apply 3 changes').waitFor();
      await page.apply();
      await page.expectStatus(/3 changes done/);
      const client = new IndependentClient(s3);
      assert.deepEqual(await client.contents('site'), {
        'css/main.css': 'body { color: green }\n',
        'img/Tromsø.txt': 'unicode\n',
        'index.html': '<h1>Hello</h1>\n',
        'old/page.html': 'extraneous\n',
      });
      const stored = Number(await client.storedTime('site', 'index.html'));
      assert.ok(Math.abs(stored - statSync(path.join(workspace, 'index.html')).mtimeMs / 1000) < 0.001);
    });

    step('afterwards only the skipped files remain', async ({ window }) => {
      const page = await openPreview(window, UP, ...AGAIN);
      await page.expectRows((rows) => {
        const files = rows.filter((row) => !/folder/.test(row));
        assert.equal(files.length, 1);
        assert.match(files[0] ?? '', /^draft\.css, upload, new/);
      });
      await page.apply();
    });

    step('identical sides have nothing to apply', async ({ window, s3 }) => {
      s3.clearRequests();
      const page = await openPreview(window, UP, ...AGAIN);
      assert.equal(await page.phase(), 'same');
      assert.deepEqual(writes(s3), []);
    });

    step('deletes are off, then listed, and run only after they are included', async ({ window, s3 }) => {
      const page = await openPreview(window, UP, ...AGAIN);
      const has = () => s3.store.get('site', 'old/page.html') !== undefined;
      await page.button(/Close/).first().waitFor();
      await page.rescanned(() => page.check('Delete what only the target has'));
      await page.frame.locator('.row[data-section="delete"]').first().waitFor();
      await eventually(async () => assert.ok(await page.button(/^Nothing ticked/).isDisabled()));
      assert.equal(has(), true);
      await page.check('Include deletes');
      await page.pressForDialog('Apply 1 change');
      await window.messages.answerDialog(/Delete 1 file .* from demo:site/, 'Cancel');
      await page.button('Apply 1 change').waitFor();
      assert.equal(await page.phase(), 'preview');
      assert.equal(has(), true);
      await page.pressForDialog('Apply 1 change');
      await window.messages.answerDialog(/Delete 1 file .* from demo:site/, 'Delete 1 File');
      await page.reach('finished');
      assert.equal(has(), false);
      assert.ok(s3.store.get('site', 'index.html'));
    });

    step('a sync back downloads a foreign change with its time', async ({ window, s3, workspace }) => {
      s3.store.put('site', 'index.html', '<h1>Changed elsewhere</h1>\n', {
        metadata: { mtime: '1700000000.5' },
      });
      s3.store.put('site', 'fresh/new.txt', 'from afar\n', { metadata: { mtime: '1600000000' } });
      const page = await openPreview(window, DOWN, 'site', 'Sync from This Folder');
      await page.expectSentence(`${path.basename(workspace)} will be made like demo:site/`);
      await page.expectRows((rows) =>
        assert.deepEqual(
          rows.filter((row) => !/, folder,/.test(row)).map((row) => row.split(', ').slice(0, 2).join(', ')),
          ['new.txt, download', 'index.html, download'],
        ),
      );
      await page.apply();
      assert.equal(readFileSync(path.join(workspace, 'index.html'), 'utf8'), '<h1>Changed elsewhere</h1>\n');
      assert.equal(statSync(path.join(workspace, 'index.html')).mtimeMs, 1_700_000_000_500);
      assert.equal(readFileSync(path.join(workspace, 'fresh/new.txt'), 'utf8'), 'from afar\n');
      assert.ok(existsSync(path.join(workspace, '.git/config')), 'what is excluded is left alone');
    });

    step('a file that changed after the preview is not overwritten', async ({ window, s3, workspace }) => {
      const file = path.join(workspace, 'css/main.css');
      writeFileSync(file, 'body { color: blue }\n');
      utimesSync(file, new Date(), new Date());
      const page = await openPreview(window, UP, ...AGAIN);
      s3.store.put('site', 'css/main.css', 'changed meanwhile\n');
      await page.apply();
      assert.equal(s3.store.get('site', 'css/main.css')?.text, 'changed meanwhile\n');
      await page.frame.locator('.row[data-state="changed"]').waitFor();
    });
  },
);
