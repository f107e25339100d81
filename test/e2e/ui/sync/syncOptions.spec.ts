import assert from 'node:assert/strict';
import { existsSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { eventually } from '../../harness/window/eventually';
import { currentPreview, openPreview, type PreviewPage } from '../../harness/window/previewPage';
import { withEditor } from '../../harness/withEditor';

const SYNC = 'Cloud Remotes: Sync Workspace to Remote';
const COMPARE = 'Cloud Remotes: Compare Workspace with Remote';
const MOVE = 'Cloud Remotes: Move Workspace to Remote';

const FIRST: [string, string] = ['site', 'Sync to This Folder'];
/** A recent place is offered first. */
const AGAIN: [string] = ['demo:site'];

const started = Date.parse('2024-03-01T12:00:00Z') / 1000;

async function options(page: PreviewPage): Promise<void> {
  await page.press('Options…', page.frame.locator('.optionsPanel'));
}

/** Applies the options of the panel and waits for the scan that follows. */
async function scan(page: PreviewPage): Promise<void> {
  await page.rescanned(() =>
    page.press('Scan with these options', () => page.frame.locator('.optionsPanel').isHidden()),
  );
}

/** The rows of files: name, action and reason. */
function files(rows: readonly string[]): string[] {
  return rows
    .filter((row) => !/, folder,|^Deletes|^Conflicts|^Skipped/.test(row))
    .map((row) => row.split(', ').slice(0, 3).join(', '))
    .sort();
}

/** Waits until the names of the files in the table satisfy `wanted`. */
async function untilNames(page: PreviewPage, wanted: (names: readonly string[]) => boolean): Promise<void> {
  await page.expectRows((rows) => {
    const names = files(rows).map((row) => row.split(',')[0] ?? '');
    assert.ok(wanted(names), `The table has ${names.join(', ')}`);
  });
}

withEditor(
  'the options of a sync',
  {
    files: {
      'new.txt': 'new\n',
      'same.txt': 'same\n',
      'changed.txt': 'mine\n',
      'newer.txt': 'older here\n',
      'renamed/photo.jpg': 'a photo that was only renamed\n',
      'build/out.js': 'made by a build\n',
      '.gitignore': 'build/\n',
    },
    prepare: ({ store }) => {
      store.createBucket('site');
      const old = { metadata: { mtime: String(started) } };
      store.put('site', 'same.txt', 'same\n', old);
      store.put('site', 'changed.txt', 'theirs\n', old);
      store.put('site', 'newer.txt', 'changed there\n', { metadata: { mtime: '4000000000' } });
      store.put('site', 'photo.jpg', 'a photo that was only renamed\n', old);
      store.put('site', 'extra.txt', 'only there\n', old);
    },
  },
  (step) => {
    step('a comparison reports the differences and can run nothing', async (session) => {
      const { window, s3, workspace } = session;
      utimesSync(path.join(workspace, 'same.txt'), started, started);
      utimesSync(path.join(workspace, 'renamed/photo.jpg'), started, started);
      const page = await openPreview(window, COMPARE, 'site', 'Compare with This Folder');
      await page.expectSentence(/compared with demo:site/);
      await page.expectRows((drawn) => {
        const rows = files(drawn);
        assert.ok(rows.includes('new.txt, only in source, 4 B'), rows.join('\n'));
        assert.ok(rows.includes('extra.txt, only in target, 11 B'), rows.join('\n'));
        assert.ok(rows.includes('changed.txt, differs, size differs'), rows.join('\n'));
      });
      assert.equal(await page.button(/^Apply/).count(), 0);
      assert.equal(await page.frame.locator('.row [role=checkbox]:visible').count(), 0);
      await window.screenshot('compare');
      s3.clearRequests();
      await page.rescanned(() =>
        page.press('Turn into a sync', () => page.button('Turn into a sync').isHidden()),
      );
      await page.expectSentence(/will be made like/);
      assert.equal(await page.phase(), 'preview');
      await page.button(/^Apply/).waitFor();
    });

    step('ignore files, filters and limits exclude files and are counted', async ({ window }) => {
      const page = await openPreview(window, SYNC, ...FIRST);
      await page.expectRows((rows) => assert.ok(files(rows).some((row) => row.startsWith('out.js, upload'))));
      await options(page);
      await window.screenshot('options');
      await page.frame.getByLabel('Ignore files to follow').fill('.gitignore');
      await page.frame.getByLabel('Syntax of the rules').selectOption('aws');
      await page.frame.getByLabel('Rules, one per line').fill("--exclude 'changed.*'");
      await page.frame.getByLabel('At most this size').fill('20');
      await scan(page);
      await untilNames(page, (names) => names.join() === '.gitignore,new.txt,newer.txt');
      await page.frame
        .locator('.facts')
        .filter({ hasText: /1 filter rule · \.gitignore/ })
        .waitFor();
    });

    step('the deciding rule of a path is shown while typing', async ({ window }) => {
      const page = await currentPreview(window);
      const box = window.page.locator('.quick-input-widget:visible');
      await page.press('Which rule decides…', box);
      await box.locator('input').fill('build/out.js');
      await box
        .getByText(/\.gitignore/)
        .first()
        .waitFor();
      await box.locator('input').fill('changed.txt');
      await box
        .getByText(/changed\.\*/)
        .first()
        .waitFor();
      await window.quick.dismiss();
      const table = page.frame.locator('.table');
      await table.press('n');
      await page.frame.locator('.row.active .name', { hasText: /^new\.txt$/ }).waitFor();
      await table.press('?');
      await box.getByText('"new.txt" takes part').first().waitFor();
      await eventually(async () => assert.equal(await box.locator('input').inputValue(), 'new.txt'));
      await window.quick.dismiss();
    });

    step('a bad value is reported at its field and changes nothing', async ({ window }) => {
      const page = await currentPreview(window);
      const before = files(await page.expectRows(() => {}));
      await options(page);
      await page.frame.getByLabel('Modified at least this long ago').fill('soon');
      await page.press(
        'Scan with these options',
        page.frame.locator('.optionsPanel .problem').filter({ hasText: 'minAge' }),
      );
      await page.frame.getByLabel('Modified at least this long ago').press('Escape');
      await page.frame.locator('.optionsPanel').waitFor({ state: 'hidden' });
      await page.frame.locator('vscode-button:focus', { hasText: 'Options…' }).waitFor();
      await page.expectRows((rows) => assert.deepEqual(files(rows), before));
    });

    step('newer files of the target are skipped, and existing files can be', async ({ window }) => {
      const page = await openPreview(window, SYNC, ...AGAIN);
      await untilNames(page, (names) => names.includes('newer.txt'));
      await options(page);
      await page.frame.getByLabel('Skip files that are newer on the target').check();
      await scan(page);
      await untilNames(page, (names) => !names.includes('newer.txt') && names.includes('changed.txt'));
      await options(page);
      await page.frame.getByLabel('Skip files that exist on both sides').check();
      await scan(page);
      await untilNames(page, (names) => !names.includes('changed.txt') && names.includes('new.txt'));
    });

    step('tracks renames, limits deletes and keeps a dated backup', async ({ window, s3 }) => {
      s3.store.createBucket('kept');
      const page = await openPreview(window, SYNC, ...AGAIN);
      await options(page);
      await page.frame
        .locator('.optionsPanel')
        .getByLabel('Delete what only the target has')
        .selectOption('after');
      await page.frame.getByLabel('Delete nothing if more files than').fill('0');
      await scan(page);
      await page.frame
        .locator('.banner')
        .filter({ hasText: /deleted/ })
        .first()
        .waitFor();
      await options(page);
      await page.frame.getByLabel('Delete nothing if more files than').fill('5');
      await page.frame.getByLabel('Files that were only renamed').selectOption('hash');
      await page.frame.getByLabel('Keep replaced and deleted files in').fill('kept/{date}');
      await scan(page);
      await page.frame.locator('.row[data-class="rename"]').waitFor();
      await page.expectRows((drawn) => {
        const rows = files(drawn);
        assert.ok(rows.includes('photo.jpg, rename, was photo.jpg'), rows.join('\n'));
      });
      await page.check('Include deletes');
      await page.pressForDialog(/^Apply/);
      await window.messages.answerDialog(/Delete 1 file .* from demo:site/, 'Delete 1 File');
      await page.reach('finished');
      await window.screenshot('finished');
      assert.equal(s3.store.get('site', 'photo.jpg'), undefined);
      assert.ok(s3.store.get('site', 'renamed/photo.jpg'));
      const keptNames = s3.store.keys('kept').map((key) => key.replace(/^[^/]+\//, ''));
      assert.deepEqual(keptNames.sort(), ['changed.txt', 'extra.txt', 'newer.txt']);
    });

    step('a move needs a confirmation and removes the sources', async ({ window, s3, workspace }) => {
      writeFileSync(path.join(workspace, 'moved.txt'), 'goes away\n');
      const page = await openPreview(window, MOVE, ...AGAIN);
      await page.expectSentence(/will be moved to demo:site/);
      await page.pressForDialog(/^Move/);
      await window.messages.answerDialog(/Remove .* once the target has them/, /^Move/);
      await page.reach('finished');
      assert.equal(existsSync(path.join(workspace, 'moved.txt')), false);
      assert.equal(existsSync(path.join(workspace, 'same.txt')), false);
      assert.ok(s3.store.get('site', 'moved.txt'));
    });
  },
);
