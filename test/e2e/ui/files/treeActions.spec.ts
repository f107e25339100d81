import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { S3TestServer } from '../../../servers/s3/s3Server';
import type { EditorWindow } from '../../harness/window/editorWindow';
import { eventually, pause } from '../../harness/window/eventually';
import { withEditor } from '../../harness/withEditor';

/** Waits until the keys of a bucket are `expected`. */
async function keysBecome(s3: S3TestServer, bucket: string, expected: readonly string[]): Promise<void> {
  await eventually(() => assert.deepEqual([...s3.store.keys(bucket)].sort(), [...expected].sort()));
}

/** Each request since the log was cleared, as `operation prefix-or-key`. */
function asked(s3: S3TestServer): string[] {
  return s3.requests.map(({ operation, key, query }) =>
    [operation, key ?? query['prefix']].filter((part) => part !== undefined && part !== '').join(' '),
  );
}

/** Waits until the server has had no request for half a second: a refresh after a change may still be running. */
async function silence(s3: S3TestServer): Promise<void> {
  for (let before = -1; before !== s3.requests.length; ) {
    before = s3.requests.length;
    await pause(500);
  }
}

/** The prefixes listed in a bucket since the log was cleared. Polls of open files send other requests. */
function listings(s3: S3TestServer, bucket: string): (string | undefined)[] {
  return s3.requests
    .filter((request) => request.bucket === bucket && request.operation === 'ListObjectsV2')
    .map(({ query }) => query['prefix']);
}

/** Answers the file dialog, which is an input box in a window of a server; a folder ends in a slash. */
async function chooseFile(window: EditorWindow, file: string): Promise<void> {
  await window.quick.expect(/^(Upload|Download) /);
  // The dialog resolves each path, its own first one too, and completes the text.
  await window.quick.settled(({ value, rows }) => value !== '' && rows.length > 0);
  await window.quick.input().fill(file);
  await window.quick.settled(({ value }) => value === file);
  await window.quick.press(/^(Upload|Download|OK)/, () => window.quick.input().isHidden());
}

withEditor(
  'the actions of the tree',
  {
    settings: { 'cloudRemotes.watchInterval': 0 },
    files: { 'local.txt': 'from this machine\n', 'assets/a.css': 'a {}\n', 'assets/deep/b.css': 'b {}\n' },
    prepare: ({ store }) => {
      store.createBucket('work');
      for (const name of ['one', 'two', 'sub/three'])
        store.put('work', `docs/${name}.txt`, `${path.basename(name)}\n`);
      store.put('work', 'a.txt', 'alpha\n', { contentType: 'text/plain', metadata: { owner: 'anna' } });
      store.put('work', 'b.txt', 'beta\n');
      store.put('work', 'twin', 'the file\n');
      store.put('work', 'twin/inside.txt', 'in the folder\n');
      store.createBucket('doomed');
      for (let i = 0; i < 12; i++) store.put('doomed', `d${i % 3}/f${i}`, 'x'.repeat(100));
      store.createBucket('names');
      for (const name of ['alpha-1', 'alpha-2', 'beta-1']) store.put('names', `in/${name}.txt`, name);
    },
  },
  (step) => {
    step('browsing requests one page of a folder at a time, and no single file', async (session) => {
      const { window, s3 } = session;
      await window.context.grantPermissions(['clipboard-read', 'clipboard-write']);
      await window.showRemotes();
      s3.clearRequests();
      await window.tree.expand('demo', 'work', 'docs');
      await window.tree.label('one.txt').waitFor();
      assert.deepEqual(asked(s3), ['ListBuckets', 'ListObjectsV2', 'ListObjectsV2 docs/']);
    });

    step('New Bucket creates and reveals a bucket; an invalid name is rejected', async (session) => {
      const { window, s3 } = session;
      await window.menu.take(window.tree.label('demo'), 'New Bucket…', window.quick.input());
      await window.quick.input().fill('Fresh_Bucket');
      await window.quick.answerTo(/Uppercase letters are not allowed/, 'fresh-bucket');
      await window.quick.answerTo(/Step 2 of 2/, '');
      await window.tree.label('fresh-bucket').waitFor();
      assert.ok(s3.store.findBucket('fresh-bucket'));
    });

    step('New Folder and New File create a path with its parents', async ({ window, s3 }) => {
      await window.menu.take(window.tree.label('fresh-bucket'), 'New Folder…', window.quick.input());
      await window.quick.answer('img/2026');
      await keysBecome(s3, 'fresh-bucket', ['img/2026/']);
      // The command ends with the selection of the new row, which also takes the focus.
      await window.tree.selected('2026');
      await window.menu.take(window.tree.label('fresh-bucket'), 'New File…', window.quick.input());
      await window.quick.input().fill('a//b');
      await window.quick.answerTo(/has an empty part/, 'notes.md');
      await window.editors.expectFocus('notes.md');
      await keysBecome(s3, 'fresh-bucket', ['img/2026/', 'notes.md']);
      await window.menu.take(window.tree.label('fresh-bucket'), 'New File…', window.quick.input());
      await window.quick.answer('notes.md');
      await window.messages.notification(/notes\.md.*already|already.*notes\.md/);
      await window.messages.clear();
    });

    step('Upload Files and Upload Folder upload the selection', async ({ window, s3, workspace }) => {
      await window.menu.take(window.tree.label('fresh-bucket'), 'Upload Files…', window.quick.input());
      await chooseFile(window, path.join(workspace, 'local.txt'));
      await eventually(() => assert.ok(s3.store.get('fresh-bucket', 'local.txt') !== undefined));
      assert.equal(s3.store.get('fresh-bucket', 'local.txt')?.text, 'from this machine\n');
      await window.menu.take(window.tree.label('fresh-bucket'), 'Upload Folder…', window.quick.input());
      await chooseFile(window, `${path.join(workspace, 'assets')}/`);
      await keysBecome(s3, 'fresh-bucket', [
        'assets/a.css',
        'assets/deep/b.css',
        'img/2026/',
        'local.txt',
        'notes.md',
      ]);
      await window.tree.label('assets').waitFor();
    });

    step('Download to… saves a file under a chosen name, and a whole folder', async (session) => {
      const { window, workspace } = session;
      await window.menu.take(window.tree.label('a.txt'), 'Download to…', window.quick.input());
      await chooseFile(window, path.join(workspace, 'fetched.txt'));
      await eventually(() => assert.ok(existsSync(path.join(workspace, 'fetched.txt'))));
      assert.equal(readFileSync(path.join(workspace, 'fetched.txt'), 'utf8'), 'alpha\n');
      await window.menu.take(window.tree.label('docs'), 'Download to…', window.quick.input());
      await chooseFile(window, `${workspace}/`);
      await eventually(() => assert.ok(existsSync(path.join(workspace, 'docs/sub/three.txt'))));
      assert.equal(readFileSync(path.join(workspace, 'docs/sub/three.txt'), 'utf8'), 'three\n');
    });

    step('Rename renames a file, and its editor follows', async ({ window, s3 }) => {
      await window.editors.keepOpen(window.tree.label('b.txt'), 'b.txt');
      await window.menu.take(window.tree.label('b.txt'), 'Rename…', window.quick.input());
      await window.quick.answer('c.txt');
      await window.editors.tab('c.txt').waitFor();
      await window.tree.label('c.txt').waitFor();
      assert.equal(s3.store.get('work', 'b.txt'), undefined);
      assert.equal(s3.store.get('work', 'c.txt')?.text, 'beta\n');
    });

    step('Rename of a folder moves its content', async ({ window, s3 }) => {
      await window.menu.take(window.tree.label('docs'), 'Rename…', window.quick.input());
      await window.quick.answer('papers');
      await keysBecome(s3, 'work', [
        'a.txt',
        'c.txt',
        'papers/one.txt',
        'papers/sub/three.txt',
        'papers/two.txt',
        'twin',
        'twin/inside.txt',
      ]);
      await window.tree.label('papers').waitFor();
    });

    step('Move to… moves a file with its metadata', async ({ window, s3 }) => {
      await window.menu.take(window.tree.label('a.txt'), 'Move to…', window.quick.input());
      await window.quick.expectPlaceholder(/type an address/);
      await window.quick.input().fill('demo:fresh-bucket/moved/');
      await window.quick.pick('demo:fresh-bucket/moved');
      await eventually(() => assert.ok(s3.store.get('fresh-bucket', 'moved/a.txt') !== undefined));
      await eventually(() => assert.ok(s3.store.get('work', 'a.txt') === undefined));
      assert.equal(s3.store.get('fresh-bucket', 'moved/a.txt')?.metadata['owner'], 'anna');
    });

    step('Copy and Paste copy a folder to another bucket on the server side', async ({ window, s3 }) => {
      await window.menu.take(window.tree.label('papers'), /^Copy(?! (Address|Link|from|to))/, async () =>
        /^demo:work\/papers\/$/.test(await window.clipboard()),
      );
      s3.clearRequests();
      await window.menu.take(window.tree.label('names'), /^Paste/, () =>
        s3.requests.some(({ operation }) => operation === 'CopyObject'),
      );
      await eventually(() => assert.ok(s3.store.keys('names').length === 6));
      assert.equal(s3.store.get('names', 'papers/sub/three.txt')?.text, 'three\n');
      assert.equal(s3.requests.filter(({ operation }) => operation === 'CopyObject').length, 3);
      assert.ok(!s3.requests.some(({ operation }) => operation === 'GetObject'));
    });

    step('a folder and a file of the same name are distinct', async ({ window, s3 }) => {
      const folder = window.tree.row(/^twin, folder/);
      await window.menu.take(folder, 'Rename…', window.quick.input());
      await window.quick.answer('pair');
      await eventually(() => assert.ok(s3.store.get('work', 'pair/inside.txt') !== undefined));
      assert.equal(s3.store.get('work', 'twin')?.text, 'the file\n');
      await window.tree.label('pair').waitFor();
    });

    step('a menu of a row that is being listed again applies to no other row', async ({ window, s3 }) => {
      await window.tree.select(window.tree.label('c.txt'));
      const slow = s3.addFault({
        operation: 'ListObjectsV2',
        bucket: 'work',
        delayMs: Number.POSITIVE_INFINITY,
        count: Number.POSITIVE_INFINITY,
      });
      try {
        await window.menu.take(window.tree.label('work'), 'Refresh', () => slow.hits > 0);
        const message = window.messages.toast('The rows were just refreshed. Choose the command again.');
        await window.menu.take(window.tree.row(/^twin, file/), 'Delete', message);
        assert.equal(await window.messages.box().count(), 0);
      } finally {
        s3.clearFaults();
      }
      s3.clearRequests();
      await window.menu.take(window.tree.label('work'), 'Refresh', () => listings(s3, 'work').length > 0);
      await window.messages.clear();
    });

    step('deleting a file asks for confirmation, and Cancel keeps it', async ({ window, s3 }) => {
      await window.menu.take(window.tree.label('c.txt'), 'Delete', window.messages.box());
      await window.messages.answerDialog(/Delete demo:work\/c\.txt\?.*1 file \(5 B\)/s, 'Cancel');
      assert.ok(s3.store.get('work', 'c.txt'));
      await window.menu.take(window.tree.label('c.txt'), 'Delete', window.messages.box());
      await window.messages.answerDialog(/Delete demo:work\/c\.txt\?/, 'Delete');
      await window.tree.label('c.txt').waitFor({ state: 'detached' });
      assert.equal(s3.store.get('work', 'c.txt'), undefined);
    });

    step('deleting a folder shows the size of its content', async ({ window, s3 }) => {
      await window.menu.take(window.tree.label('papers'), 'Delete', window.messages.box());
      const box = await window.messages.dialog(/Delete demo:work\/papers\?/);
      assert.match(await box.innerText(), /3 files \(14 B\) in 2 folders\. This can't be undone\./);
      await window.messages.answerDialog(/Delete demo:work\/papers\?/, 'Delete');
      await keysBecome(s3, 'work', ['pair/inside.txt', 'twin']);
    });

    step('several rows are deleted with one confirmation', async ({ window, s3 }) => {
      await window.tree.expand('names', 'in');
      await window.tree.select(window.tree.label('alpha-1.txt'));
      await window.tree.select(window.tree.label('beta-1.txt'), { besides: true });
      await window.menu.take(window.tree.label('beta-1.txt'), 'Delete', window.messages.box());
      await window.messages.answerDialog(/Delete 2 items from demo\?.*2 files \(13 B\)/s, 'Delete');
      await eventually(() =>
        assert.ok(s3.store.keys('names').filter((key) => key.startsWith('in/')).length === 1),
      );
      assert.ok(s3.store.get('names', 'in/alpha-2.txt'));
      await window.tree.label('beta-1.txt').waitFor({ state: 'detached' });
      await silence(s3);
    });

    step('the service applies a filter, and the filter can be cleared', async ({ window, s3 }) => {
      for (const name of ['alpha-1', 'beta-1']) s3.store.put('names', `in/${name}.txt`, name);
      // With several selected rows, the editor's menus have only the items for several rows.
      await window.click(window.tree.label('alpha-2.txt'), window.editors.active('alpha-2.txt'));
      await silence(s3);
      s3.clearRequests();
      await window.menu.take(window.tree.label('in'), 'Filter by Prefix…', window.quick.input());
      await window.quick.answer('beta');
      await window.tree.label('beta-1.txt').waitFor();
      await window.tree.label('alpha-2.txt').waitFor({ state: 'detached' });
      assert.deepEqual(listings(s3, 'names'), ['in/beta']);
      await window.menu.take(window.tree.label('in'), 'Clear Filter', window.tree.label('alpha-2.txt'));
    });

    step('Refresh of a folder lists only that folder', async ({ window, s3 }) => {
      await silence(s3);
      s3.store.put('names', 'in/late.txt', 'late');
      s3.clearRequests();
      await window.menu.take(window.tree.label('in'), 'Refresh', window.tree.label('late.txt'));
      assert.deepEqual(listings(s3, 'names'), ['in/']);
    });

    step('Copy Address, and Copy Link, which anyone can open', async ({ window }) => {
      await window.menu.take(window.tree.label('late.txt'), 'Copy Address', async () =>
        /^demo:names\/in\/late\.txt$/.test(await window.clipboard()),
      );
      await window.menu.take(window.tree.label('late.txt'), 'Copy Link…', window.quick.input());
      await window.quick.pick('15 minutes');
      await window.messages.status(/Copied a link to late\.txt/).waitFor();
      const link = await window.clipboardBecomes(/X-Amz-Expires=900/);
      assert.equal(await (await fetch(link)).text(), 'late');
    });

    step('Properties show the facts of the service', async ({ window }) => {
      await window.tree.expand('fresh-bucket', 'moved');
      await window.menu.take(
        window.tree.label('a.txt'),
        'Properties',
        window.editors.tab('a.txt.properties'),
      );
      await window.editors.expectFocus('a.txt.properties');
      for (const fact of [/# demo:fresh-bucket\/moved\/a\.txt/, /ETag/, /owner\s*= anna/, /text\/plain/])
        await window.editors.shows(fact);
    });

    step('Go to Address reveals a collapsed folder', async ({ window }) => {
      await window.palette.run('Cloud Remotes: Go to Address', window.quick.saying(/Go to Address/));
      await window.quick.answer('demo:fresh-bucket/assets/deep/');
      await window.tree.label('b.css').waitFor();
      await window.palette.run('Cloud Remotes: Go to Address', window.quick.saying(/Go to Address/));
      await window.quick.input().fill('nowhere:x/y');
      await window.quick.expect(/There is no remote named "nowhere"/);
      await window.quick.dismiss();
    });

    step('emptying a bucket requires its name and keeps the bucket', async ({ window, s3 }) => {
      await window.menu.take(window.tree.label('doomed'), 'Empty Bucket…', window.quick.input());
      await window.quick.expect(/12 files \(1\.2 KB\)/);
      await window.quick.refused('domed', /Type doomed to confirm/);
      assert.equal(s3.store.keys('doomed').length, 12);
      await window.quick.answer('doomed');
      await keysBecome(s3, 'doomed', []);
      assert.ok(s3.store.findBucket('doomed'));
    });

    step('deleting a bucket requires its name', async ({ window, s3 }) => {
      s3.store.put('doomed', 'last', 'x');
      await window.menu.take(window.tree.label('doomed'), 'Delete Bucket…', window.quick.input());
      await window.quick.answerTo(/1 file \(1 B\)/, 'doomed');
      await window.tree.label('doomed').waitFor({ state: 'detached' });
      assert.equal(s3.store.findBucket('doomed'), undefined);
    });
  },
);
