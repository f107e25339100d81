import assert from 'node:assert/strict';
import type { EditorWindow } from '../../harness/window/editorWindow';
import { eventually } from '../../harness/window/eventually';
import { withEditor } from '../../harness/withEditor';

async function open(window: EditorWindow, name: string): Promise<void> {
  await window.editors.keepOpen(window.tree.label(name), name);
}

withEditor(
  'editing in place',
  {
    // Without polls, only the save can find the conflicts.
    settings: { 'cloudRemotes.watchInterval': 0 },
    prepare: ({ store }) => {
      store.createBucket('site');
      store.put('site', 'main.css', 'body { color: red; }\n', {
        contentType: 'text/css; charset=utf-8',
        headers: { 'cache-control': 'max-age=300' },
        metadata: { owner: 'anna' },
        tags: { team: 'web' },
      });
      store.put('site', 'conflict.txt', 'first\n');
      store.put('site', 'copy.txt', 'first\n');
      store.put('site', 'over.txt', 'first\n');
      store.put('site', 'broken.txt', 'precious\n');
    },
  },
  (step) => {
    step('a save keeps the type, headers, metadata and tags of the object', async ({ window, s3 }) => {
      await window.showRemotes();
      await window.tree.expand('demo', 'site');
      await open(window, 'main.css');
      await window.editors.shows(/color: red/);
      // Nothing was saved yet.
      const status = window.messages.status(/^\s*demo(: |\s*$)/);
      await eventually(async () => assert.equal((await status.innerText()).trim(), 'demo'));
      await window.editors.typeAtEnd('/* edited */');
      await eventually(async () => assert.equal((await status.innerText()).trim(), 'demo: unsaved'));
      await window.editors.save();
      await eventually(async () => assert.equal((await status.innerText()).trim(), 'demo: saved'));
      const object = s3.store.get('site', 'main.css');
      assert.equal(object?.text, 'body { color: red; }\n/* edited */');
      assert.equal(object?.contentType, 'text/css; charset=utf-8');
      assert.equal(object?.headers['cache-control'], 'max-age=300');
      assert.equal(object?.metadata['owner'], 'anna');
      assert.deepEqual(object?.tags, { team: 'web' });
    });

    step('a save never overwrites a foreign change, and Compare shows both', async ({ window, s3 }) => {
      await open(window, 'conflict.txt');
      await window.editors.typeAtEnd('mine');
      // Of the same size as the opened version, which the editor's own check misses.
      s3.store.put('site', 'conflict.txt', 'THEIR\n');
      await window.editors.save(false);
      const sides = window.page.locator('.monaco-diff-editor');
      await window.messages.answer(/conflict\.txt was changed on demo/, 'Compare', sides);
      await sides.locator('.original .view-lines').filter({ hasText: 'THEIR' }).waitFor();
      await sides.locator('.modified .view-lines').filter({ hasText: 'mine' }).waitFor();
      assert.equal(s3.store.get('site', 'conflict.txt')?.text, 'THEIR\n');
      await window.messages.clear();
      await window.editors.closeAll();
    });

    step('Overwrite replaces only the version of the conflict', async ({ window, s3 }) => {
      await open(window, 'over.txt');
      await window.editors.typeAtEnd('mine');
      s3.store.put('site', 'over.txt', 'THEIR\n');
      await window.editors.save(false);
      await window.messages.answer(/over\.txt was changed on demo/, 'Overwrite', () =>
        window.editors.dirty('over.txt').isHidden(),
      );
      assert.equal(s3.store.get('site', 'over.txt')?.text, 'first\nmine');
      await window.messages.clear();
    });

    step('Save as Copy keeps both', async ({ window, s3 }) => {
      await open(window, 'copy.txt');
      await window.editors.typeAtEnd('mine');
      s3.store.put('site', 'copy.txt', 'THEIR\n');
      await window.editors.save(false);
      const copied = window.editors.tab(/copy[^.]+\.txt/);
      await window.messages.answer(/copy\.txt was changed on demo/, 'Save as Copy', copied);
      assert.equal(s3.store.get('site', 'copy.txt')?.text, 'THEIR\n');
      const copy = s3.store.keys('site').find((key) => /^copy.+\.txt$/.test(key) && key !== 'copy.txt');
      assert.ok(copy);
      assert.equal(s3.store.get('site', copy)?.text, 'first\nmine');
      await window.messages.clear();
    });

    step('a failed read shows an error, never an empty file', async ({ window, s3 }) => {
      s3.addFault({
        operation: 'GetObject',
        key: 'broken.txt',
        status: 403,
        code: 'AccessDenied',
        count: Infinity,
      });
      await window.click(
        window.tree.label('broken.txt'),
        window.page
          .locator('.editor-group-container')
          .getByText(/could not be opened|access denied|can't be read/i),
      );
      assert.equal(await window.page.locator('.tab.active.dirty').count(), 0);
      s3.clearFaults();
      assert.equal(s3.store.get('site', 'broken.txt')?.text, 'precious\n');
    });

    step('a failed save keeps the text and shows an error; a later save works', async ({ window, s3 }) => {
      await open(window, 'main.css');
      await window.editors.typeAtEnd('/* more */');
      s3.addFault({ operation: 'PutObject', status: 503, code: 'ServiceUnavailable', count: Infinity });
      await window.editors.save(false);
      await window.messages.notification(/Failed to save/, 60_000);
      await window.page.locator('.tab.active.dirty').waitFor();
      s3.clearFaults();
      await window.messages.clear();
      await window.editors.save();
      assert.match(s3.store.get('site', 'main.css')?.text ?? '', /more/);
    });
  },
);
