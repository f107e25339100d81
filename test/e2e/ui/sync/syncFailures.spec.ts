import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { S3TestServer } from '../../../servers/s3/s3Server';
import { globSync } from '../../../tools/glob.mjs';
import type { EditorSession } from '../../harness/session';
import { until } from '../../harness/window/eventually';
import {
  closePreviews,
  currentPreview,
  openPreview,
  type PreviewPage,
} from '../../harness/window/previewPage';
import { withEditor } from '../../harness/withEditor';

const UP = 'Cloud Remotes: Sync Workspace to Remote';
const UNFINISHED = 'Cloud Remotes: Continue Unfinished Run';
const FILES = 60;
/** How many files of an interrupted run arrive. */
const SENT = 10;

function uploaded({ store }: S3TestServer): string[] {
  return store.keys('busy').filter((key) => key.startsWith('many/'));
}

function emptied(s3: S3TestServer): void {
  for (const key of uploaded(s3)) s3.store.delete('busy', key);
}

function puts({ requests }: S3TestServer): (string | undefined)[] {
  return requests.flatMap(({ operation, key }) => (operation === 'PutObject' ? [key] : []));
}

/** The journals of runs that are in progress or can be continued. */
function openJournals({ editor }: EditorSession): string[] {
  return globSync(path.join(editor.dataFolder, 'data'), /[\\/]run-[^\\/]*\.open\.jsonl$/);
}

/** Applies the plan. The service takes `SENT` files and leaves all other uploads without a response. */
async function applyPart(session: EditorSession, page: PreviewPage): Promise<void> {
  const { s3 } = session;
  s3.addFault({ operation: 'PutObject', skip: SENT, delayMs: Infinity, count: Infinity });
  await page.press(`Apply ${FILES} changes`, async () => (await page.phase()) === 'running');
  await until(`${SENT} files are recorded as done`, () => {
    const lines = openJournals(session).flatMap((file) => readFileSync(file, 'utf8').split('\n'));
    return lines.filter((line) => line.startsWith('{"event":"done"')).length === SENT;
  });
}

/** The banner about the run that `applyPart` began. */
function banner({ frame }: PreviewPage) {
  return frame.locator('.banner', { hasText: `was not finished: ${SENT} of ${FILES} done.` });
}

/** Reloads the window and opens the preview again. */
async function reloaded({ window, s3 }: EditorSession): Promise<PreviewPage> {
  s3.clearRequests();
  await window.reload();
  const page = await openPreview(window, UP, 'demo:busy');
  await banner(page).waitFor();
  assert.deepEqual(puts(s3), [], 'nothing runs before the user continues');
  s3.clearFaults();
  return page;
}

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
      const arrived = uploaded(s3);
      assert.equal(arrived.length, 10);
      for (const key of arrived) assert.match(s3.store.get('busy', key)?.text ?? '', /^content \d+\n$/);
      await page.button(/^Continue/).waitFor();
      assert.equal(s3.store.get('busy', 'extraneous.txt')?.text, 'only here\n');
    });

    step('Continue does the remaining actions', async ({ window, s3 }) => {
      const page = await currentPreview(window);
      await page.press(/^Continue/, () => page.button(/^Continue/).isHidden());
      await page.reach('finished');
      assert.equal(uploaded(s3).length, FILES);
    });

    step('a failed file stops only the deletes, and the report shows it', async ({ window, s3 }) => {
      emptied(s3);
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
      assert.equal(uploaded(s3).length, FILES - 1);
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

    step('a run that a crash ended is offered again after a reload', async (session) => {
      const { window, s3, editor } = session;
      emptied(s3);
      await applyPart(session, await openPreview(window, UP, 'demo:busy'));
      const hosts = editor.extensionHosts();
      for (const pid of hosts) process.kill(pid, 'SIGKILL');
      await until('the extension host is gone', () =>
        editor.extensionHosts().every((pid) => !hosts.includes(pid)),
      );
      const page = await reloaded(session);
      assert.equal(await banner(page).getByRole('button').count(), 2);
    });

    step('Continue ends it without a request for the files that are done', async ({ window, s3 }) => {
      const page = await currentPreview(window);
      const done = uploaded(s3);
      assert.equal(done.length, SENT);
      s3.clearRequests();
      await page.press('Continue', () => banner(page).isHidden());
      await page.expectStatus(new RegExp(`^${FILES} changes done`));
      assert.deepEqual(
        s3.requests.filter(({ key = '' }) => done.includes(key)),
        [],
      );
      assert.deepEqual([...done, ...puts(s3)].sort(), uploaded(s3), 'each file is sent once');
      assert.equal(uploaded(s3).length, FILES);
    });

    step('a run that a reload ended is listed with what is left of it', async (session) => {
      const { window, s3 } = session;
      emptied(s3);
      await applyPart(session, await openPreview(window, UP, 'demo:busy'));
      const page = await reloaded(session);
      await window.palette.run(UNFINISHED, window.quick.asking(/run to continue or discard/));
      await window.quick.pick(new RegExp(`demo:busy.*${SENT} of ${FILES} done`));
      await window.quick.pick(/^Continue/);
      await page.button(`Continue (${FILES - SENT})`).waitFor();
      assert.deepEqual(puts(s3), []);
    });

    step('Discard forgets it and leaves the rest to the plan', async (session) => {
      const { window, s3 } = session;
      const page = await currentPreview(window);
      await page.rescanned(() => page.press(/^Scan again$/, async () => (await page.phase()) !== 'finished'));
      await page.press('Discard', () => banner(page).isHidden());
      await page.button(`Apply ${FILES - SENT} changes`).waitFor();
      assert.deepEqual(openJournals(session), []);
      await window.palette.run(UNFINISHED, window.messages.toast('No run is unfinished.'));
      await window.messages.clear();
      await page.scanAgain();
      assert.equal(await banner(page).count(), 0);
      assert.deepEqual(puts(s3), []);
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
