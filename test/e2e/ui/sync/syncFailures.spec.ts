import assert from 'node:assert/strict';
import { closePreviews, currentPreview, openPreview } from '../../harness/window/previewPage';
import { withEditor } from '../../harness/withEditor';

const UP = 'Cloud Remotes: Sync Workspace to Remote';
const FILES = 60;

withEditor(
  'when a sync does not go well',
  {
    files: Object.fromEntries(
      Array.from({ length: FILES }, (_, i) => [
        `many/file-${String(i).padStart(2, '0')}.txt`,
        `content ${i}\n`,
      ]),
    ),
    prepare: ({ store }) => {
      store.createBucket('busy');
      store.put('busy', 'extraneous.txt', 'only here\n');
    },
  },
  (step) => {
    step('a failed listing shows an error and nothing to apply', async ({ window, s3 }) => {
      s3.addFault({ operation: 'ListObjectsV2', status: 403, code: 'AccessDenied', count: Infinity });
      await window.palette.run(UP, window.quick.asking(/type an address/));
      await window.quick.input().fill('demo:busy/');
      await window.quick.pick('use this folder');
      const page = await currentPreview(window);
      await page.reach('error');
      const text = await page.expectMain(/denied/i);
      assert.doesNotMatch(text, /undefined|Error:/);
      assert.equal(await page.button(/^Apply/).isVisible(), false);
      s3.clearFaults();
      await page.press('Try again', async () => (await page.phase()) !== 'error');
      await page.reach('preview');
    });

    step('Cancel stops a run, and the report shows the remaining files', async ({ window, s3 }) => {
      const page = await openPreview(window, UP, 'demo:busy');
      s3.addFault({ operation: 'PutObject', skip: 10, delayMs: Infinity, count: Infinity });
      s3.clearRequests();
      await page.press(`Apply ${FILES} changes`, async () => (await page.phase()) === 'running');
      await page.frame.locator('.row[data-state="done"]').first().waitFor();
      await page.press('Cancel', async () => (await page.phase()) === 'finished');
      s3.clearFaults();
      const arrived = s3.store.keys('busy').filter((key) => key.startsWith('many/'));
      assert.equal(arrived.length, 10);
      for (const key of arrived) assert.match(s3.store.get('busy', key)?.text ?? '', /^content \d+\n$/);
      await page.button(/^Continue/).waitFor();
      assert.equal(s3.store.get('busy', 'extraneous.txt')?.text, 'only here\n');
    });

    step('Continue does the remaining actions', async ({ window, s3 }) => {
      const page = await currentPreview(window);
      await page.press(/^Continue/, () => page.button(/^Continue/).isHidden());
      await page.reach('finished');
      assert.equal(s3.store.keys('busy').filter((key) => key.startsWith('many/')).length, FILES);
    });

    step('a failed file stops only the deletes, and the report shows it', async ({ window, s3 }) => {
      for (const key of s3.store.keys('busy').filter((each) => each.startsWith('many/')))
        s3.store.delete('busy', key);
      const page = await openPreview(window, UP, 'demo:busy');
      await page.rescanned(() => page.check('Delete what only the target has'));
      // Its chip filters the deletes, which are below the drawn rows otherwise.
      await page.press(/^1 delete/, page.checkbox('Include deletes'));
      await page.check('Include deletes');
      await page.press(/^1 delete/, async () => (await page.rowCount()) > FILES);
      s3.addFault({
        operation: 'PutObject',
        key: 'many/file-58.txt',
        status: 403,
        code: 'AccessDenied',
        count: Infinity,
      });
      await page.pressForDialog(/^Apply/);
      await window.messages.answerDialog(/Delete 1 file/, 'Delete 1 File');
      await page.reach('finished');
      s3.clearFaults();
      const arrived = s3.store.keys('busy').filter((key) => key.startsWith('many/'));
      assert.equal(arrived.length, FILES - 1);
      assert.equal(
        s3.store.get('busy', 'extraneous.txt')?.text,
        'only here\n',
        'deletes are not run after a failure',
      );
      await page.frame.locator('.row[data-state="failed"]').first().waitFor();
      await page.expectRows((rows) =>
        assert.match(rows.find((row) => row.startsWith('file-58')) ?? '', /denied/i),
      );
    });

    step('Retry asks about the deletes again and repeats the failed file', async ({ window, s3 }) => {
      const page = await currentPreview(window);
      await page.pressForDialog(/^Retry failed/);
      await window.messages.answerDialog(/Delete 1 file/, 'Delete 1 File');
      await page.button(/^Retry failed/).waitFor({ state: 'hidden' });
      await page.reach('finished');
      assert.equal(s3.store.get('busy', 'many/file-58.txt')?.text, 'content 58\n');
      assert.equal(s3.store.get('busy', 'extraneous.txt'), undefined);
    });

    step('without the server the preview shows an error', async ({ window, s3 }) => {
      await s3.stop();
      await closePreviews(window);
      await window.palette.run(UP, window.quick.option('demo:busy'));
      await window.quick.pick('demo:busy');
      const page = await currentPreview(window);
      await page.reach('error', 100_000);
      assert.doesNotMatch(await page.expectMain(/./), /undefined|ECONNREFUSED$/);
    });
  },
);
