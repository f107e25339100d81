import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { S3TestServer } from '../../servers/s3/s3Server';
import type { EditorWindow } from '../harness/editorWindow';
import { actUntil, CLICK_MS, eventually, pause } from '../harness/eventually';
import { withEditor } from '../harness/withEditor';

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

/** Waits until the server has been left alone for half a second: a list that is renewed after a change may still be under way. */
async function silence(s3: S3TestServer): Promise<void> {
  for (let before = -1; before !== s3.requests.length; ) {
    before = s3.requests.length;
    await pause(500);
  }
}

/** The prefixes listed in a bucket since the log was cleared. Files that are open are looked at besides, whatever the tree does. */
function listings(s3: S3TestServer, bucket: string): (string | undefined)[] {
  return s3.requests
    .filter((request) => request.bucket === bucket && request.operation === 'ListObjectsV2')
    .map(({ query }) => query['prefix']);
}

/** Answers the file dialog, which in a window of a server is a line to type the path into; a folder ends in a slash. */
async function chooseFile(window: EditorWindow, file: string): Promise<void> {
  await window.expectQuick(/^(Upload|Download) /);
  const widget = window.page.locator('.quick-input-widget');
  // The dialog looks up each path that it is given, its own first one too, and puts what it finds into the line.
  await actUntil(
    `choosing ${file}`,
    async () => {
      await window.quickInput().fill(file);
      await pause(300);
      if ((await window.quickInput().inputValue()) === file)
        await window.quickButton(/^(Upload|Download|OK)/).click({ timeout: CLICK_MS });
    },
    () => widget.isHidden(),
    { timeout: 40_000 },
  );
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
    step('browsing asks for one page of a folder at a time, and for no file by itself', async (session) => {
      const { window, s3 } = session;
      await window.context.grantPermissions(['clipboard-read', 'clipboard-write']);
      await window.showRemotes();
      s3.clearRequests();
      await window.expand('demo', 'work', 'docs');
      await window.treeLabel('one.txt').waitFor();
      assert.deepEqual(asked(s3), ['ListBuckets', 'ListObjectsV2', 'ListObjectsV2 docs/']);
    });

    step('New Bucket makes a bucket and shows it; a name that no store takes is refused', async (session) => {
      const { window, s3 } = session;
      await window.contextMenu(window.treeLabel('demo'), 'New Bucket…');
      await window.quickInput().fill('Fresh_Bucket');
      await window.expectQuick(/Upper-case letters are not allowed/);
      await window.quickType('fresh-bucket');
      await window.expectQuick(/Step 2 of 2/);
      await window.quickType('');
      await window.treeLabel('fresh-bucket').waitFor();
      assert.ok(s3.store.findBucket('fresh-bucket'));
    });

    step(
      'New Folder and New File make what is typed, with the folders on the way',
      async ({ window, s3 }) => {
        await window.contextMenu(window.treeLabel('fresh-bucket'), 'New Folder…');
        await window.quickType('img/2026');
        await keysBecome(s3, 'fresh-bucket', ['img/2026/']);
        await window.treeLabel('2026').waitFor();
        await window.contextMenu(window.treeLabel('fresh-bucket'), 'New File…');
        await window.quickInput().fill('a//b');
        await window.expectQuick(/has an empty part/);
        await window.quickType('notes.md');
        await window.tab('notes.md').waitFor();
        await keysBecome(s3, 'fresh-bucket', ['img/2026/', 'notes.md']);
        await window.contextMenu(window.treeLabel('fresh-bucket'), 'New File…');
        await window.quickType('notes.md');
        await window.notification(/notes\.md.*already|already.*notes\.md/);
        await window.closeNotifications();
      },
    );

    step('Upload Files and Upload Folder bring what is chosen', async ({ window, s3, workspace }) => {
      await window.contextMenu(window.treeLabel('fresh-bucket'), 'Upload Files…');
      await chooseFile(window, path.join(workspace, 'local.txt'));
      await eventually(() => assert.ok(s3.store.get('fresh-bucket', 'local.txt') !== undefined));
      assert.equal(s3.store.get('fresh-bucket', 'local.txt')?.text, 'from this machine\n');
      await window.contextMenu(window.treeLabel('fresh-bucket'), 'Upload Folder…');
      await chooseFile(window, `${path.join(workspace, 'assets')}/`);
      await keysBecome(s3, 'fresh-bucket', [
        'assets/a.css',
        'assets/deep/b.css',
        'img/2026/',
        'local.txt',
        'notes.md',
      ]);
      await window.treeLabel('assets').waitFor();
    });

    step('Download to… brings a file under the name chosen, and a folder whole', async (session) => {
      const { window, workspace } = session;
      await window.contextMenu(window.treeLabel('a.txt'), 'Download to…');
      await chooseFile(window, path.join(workspace, 'fetched.txt'));
      await eventually(() => assert.ok(existsSync(path.join(workspace, 'fetched.txt'))));
      assert.equal(readFileSync(path.join(workspace, 'fetched.txt'), 'utf8'), 'alpha\n');
      await window.contextMenu(window.treeLabel('docs'), 'Download to…');
      await chooseFile(window, `${workspace}/`);
      await eventually(() => assert.ok(existsSync(path.join(workspace, 'docs/sub/three.txt'))));
      assert.equal(readFileSync(path.join(workspace, 'docs/sub/three.txt'), 'utf8'), 'three\n');
    });

    step('Rename changes the name of a file, and its open editor goes along', async ({ window, s3 }) => {
      await window.keepOpen(window.treeLabel('b.txt'), 'b.txt');
      await window.contextMenu(window.treeLabel('b.txt'), 'Rename…');
      await window.quickType('c.txt');
      await window.tab('c.txt').waitFor();
      await window.treeLabel('c.txt').waitFor();
      assert.equal(s3.store.get('work', 'b.txt'), undefined);
      assert.equal(s3.store.get('work', 'c.txt')?.text, 'beta\n');
    });

    step('Rename of a folder moves all that is in it', async ({ window, s3 }) => {
      await window.contextMenu(window.treeLabel('docs'), 'Rename…');
      await window.quickType('papers');
      await keysBecome(s3, 'work', [
        'a.txt',
        'c.txt',
        'papers/one.txt',
        'papers/sub/three.txt',
        'papers/two.txt',
        'twin',
        'twin/inside.txt',
      ]);
      await window.treeLabel('papers').waitFor();
    });

    step('Move to… brings a file into another folder, metadata and all', async ({ window, s3 }) => {
      await window.contextMenu(window.treeLabel('a.txt'), 'Move to…');
      await window.expectPlaceholder(/type an address/);
      await window.quickInput().fill('demo:fresh-bucket/moved/');
      await window.quickPick('demo:fresh-bucket/moved');
      await eventually(() => assert.ok(s3.store.get('fresh-bucket', 'moved/a.txt') !== undefined));
      await eventually(() => assert.ok(s3.store.get('work', 'a.txt') === undefined));
      assert.equal(s3.store.get('fresh-bucket', 'moved/a.txt')?.metadata['owner'], 'anna');
    });

    step(
      'Copy and Paste copy a folder into another bucket, by the service itself',
      async ({ window, s3 }) => {
        await window.contextMenu(window.treeLabel('papers'), /^Copy(?! (Address|Link|from|to))/);
        await window.clipboardBecomes(/^demo:work\/papers\/$/);
        s3.clearRequests();
        await window.contextMenu(window.treeLabel('names'), /^Paste/);
        await eventually(() => assert.ok(s3.store.keys('names').length === 6));
        assert.equal(s3.store.get('names', 'papers/sub/three.txt')?.text, 'three\n');
        assert.equal(s3.requests.filter(({ operation }) => operation === 'CopyObject').length, 3);
        assert.ok(!s3.requests.some(({ operation }) => operation === 'GetObject'));
      },
    );

    step('a folder beside a file of its name is told from it', async ({ window, s3 }) => {
      const folder = window.treeRow(/^twin, folder/);
      await window.contextMenu(folder, 'Rename…');
      await window.quickType('pair');
      await eventually(() => assert.ok(s3.store.get('work', 'pair/inside.txt') !== undefined));
      assert.equal(s3.store.get('work', 'twin')?.text, 'the file\n');
      await window.treeLabel('pair').waitFor();
    });

    step('deleting a file asks first, and Cancel leaves it', async ({ window, s3 }) => {
      await window.contextMenu(window.treeLabel('c.txt'), 'Delete');
      await window.answerDialog(/Delete demo:work\/c\.txt\?.*1 file \(5 B\)/s, 'Cancel');
      assert.ok(s3.store.get('work', 'c.txt'));
      await window.contextMenu(window.treeLabel('c.txt'), 'Delete');
      await window.answerDialog(/Delete demo:work\/c\.txt\?/, 'Delete');
      await window.treeLabel('c.txt').waitFor({ state: 'detached' });
      assert.equal(s3.store.get('work', 'c.txt'), undefined);
    });

    step('deleting a folder says how much is in it', async ({ window, s3 }) => {
      await window.contextMenu(window.treeLabel('papers'), 'Delete');
      const box = await window.dialog(/Delete demo:work\/papers\?/);
      assert.match(await box.innerText(), /3 files \(14 B\) in 2 folders\. This can't be undone\./);
      await window.answerDialog(/Delete demo:work\/papers\?/, 'Delete');
      await keysBecome(s3, 'work', ['pair/inside.txt', 'twin']);
    });

    step('several rows are deleted with one question', async ({ window, s3 }) => {
      await window.expand('names', 'in');
      await window.treeLabel('alpha-1.txt').click();
      await window.treeLabel('beta-1.txt').click({ modifiers: ['ControlOrMeta'] });
      await window.contextMenu(window.treeLabel('beta-1.txt'), 'Delete');
      await window.answerDialog(/Delete 2 items from demo\?.*2 files \(13 B\)/s, 'Delete');
      await eventually(() =>
        assert.ok(s3.store.keys('names').filter((key) => key.startsWith('in/')).length === 1),
      );
      assert.ok(s3.store.get('names', 'in/alpha-2.txt'));
      await window.treeLabel('beta-1.txt').waitFor({ state: 'detached' });
      await silence(s3);
    });

    step('a filter is asked of the service, and cleared again', async ({ window, s3 }) => {
      for (const name of ['alpha-1', 'beta-1']) s3.store.put('names', `in/${name}.txt`, name);
      // While several rows are selected, the editor's menus offer only what is for several.
      await window.clickUntil(window.treeLabel('alpha-2.txt'), window.tab('alpha-2.txt'));
      await silence(s3);
      s3.clearRequests();
      await window.contextMenu(window.treeLabel('in'), 'Filter by Prefix…');
      await window.quickType('beta');
      await window.treeLabel('beta-1.txt').waitFor();
      await window.treeLabel('alpha-2.txt').waitFor({ state: 'detached' });
      assert.deepEqual(listings(s3, 'names'), ['in/beta']);
      await window.contextMenu(window.treeLabel('in'), 'Clear Filter');
      await window.treeLabel('alpha-2.txt').waitFor();
    });

    step('Refresh of one folder lists that folder and nothing else', async ({ window, s3 }) => {
      await silence(s3);
      s3.store.put('names', 'in/late.txt', 'late');
      s3.clearRequests();
      await window.contextMenu(window.treeLabel('in'), 'Refresh');
      await window.treeLabel('late.txt').waitFor();
      assert.deepEqual(listings(s3, 'names'), ['in/']);
    });

    step('Copy Address, and Copy Link, which anyone can open', async ({ window }) => {
      await window.contextMenu(window.treeLabel('late.txt'), 'Copy Address');
      await window.clipboardBecomes(/^demo:names\/in\/late\.txt$/);
      await window.contextMenu(window.treeLabel('late.txt'), 'Copy Link…');
      await window.quickPick('15 minutes');
      await window.statusItem(/Copied a link to late\.txt/).waitFor();
      const link = await window.clipboardBecomes(/X-Amz-Expires=900/);
      assert.equal(await (await fetch(link)).text(), 'late');
    });

    step('Properties tell all that the service knows', async ({ window }) => {
      await window.expand('fresh-bucket', 'moved');
      await window.contextMenu(window.treeLabel('a.txt'), 'Properties');
      await window.tab('a.txt.properties').waitFor();
      for (const fact of [/# demo:fresh-bucket\/moved\/a\.txt/, /ETag/, /owner\s*= anna/, /text\/plain/])
        await window.editorShows(fact);
    });

    step('Go to Address shows a folder that was not unfolded', async ({ window }) => {
      await window.runCommand('Cloud Remotes: Go to Address');
      await window.quickType('demo:fresh-bucket/assets/deep/');
      await window.treeLabel('b.css').waitFor();
      await window.runCommand('Cloud Remotes: Go to Address');
      await window.quickInput().fill('nowhere:x/y');
      await window.expectQuick(/There is no remote named "nowhere"/);
      await window.page.keyboard.press('Escape');
    });

    step('emptying a bucket wants its name, and leaves the bucket', async ({ window, s3 }) => {
      await window.contextMenu(window.treeLabel('doomed'), 'Empty Bucket…');
      await window.expectQuick(/12 files \(1\.2 KB\)/);
      await window.quickType('domed');
      await window.expectQuick(/Type doomed to confirm/);
      assert.equal(s3.store.keys('doomed').length, 12);
      await window.quickType('doomed');
      await keysBecome(s3, 'doomed', []);
      assert.ok(s3.store.findBucket('doomed'));
    });

    step('deleting a bucket wants its name too', async ({ window, s3 }) => {
      s3.store.put('doomed', 'last', 'x');
      await window.contextMenu(window.treeLabel('doomed'), 'Delete Bucket…');
      await window.expectQuick(/1 file \(1 B\)/);
      await window.quickType('doomed');
      await window.treeLabel('doomed').waitFor({ state: 'detached' });
      assert.equal(s3.store.findBucket('doomed'), undefined);
    });
  },
);
