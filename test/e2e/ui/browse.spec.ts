import assert from 'node:assert/strict';
import { eventually } from '../harness/eventually';
import { withEditor } from '../harness/withEditor';

const MANY = 20_000;
/** A picture of one pixel. */
const dot =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

withEditor(
  'browsing',
  {
    prepare: ({ store }) => {
      store.createBucket('photos');
      store.put('photos', 'readme.txt', 'Hello from the bucket\n');
      store.put('photos', 'slow.txt', 'slow');
      store.put('photos', 'dot.png', Buffer.from(dot, 'base64'), { contentType: 'image/png' });
      store.put('photos', '2026/Tromsø/日本 1.txt', 'unicode');
      store.put('photos', '2026/Tromsø/sub/deep.txt', 'deep');
      store.createBucket('logs');
      store.fillMany('logs', MANY, (i) => `many/key-${String(i).padStart(6, '0')}.log`);
      store.createBucket('nothing');
    },
  },
  (step) => {
    step('showing the view asks the server nothing', async ({ window, s3 }) => {
      await window.showRemotes();
      await window.treeLabel('demo').waitFor();
      assert.deepEqual(s3.requests, []);
    });

    step('unfolds remote, bucket, folder and shows what is in them', async ({ window }) => {
      await window.expand('demo', 'photos', '2026', 'Tromsø');
      await window.treeLabel('日本 1.txt').waitFor();
      await window.treeLabel('sub').waitFor();
      await window.treeLabel('readme.txt').waitFor();
    });

    step('asks once per folder and reads no object and no head while browsing', async ({ s3 }) => {
      const asked = s3.requests.map(({ operation, query }) => `${operation} ${query['prefix'] ?? ''}`.trim());
      assert.deepEqual(asked, [
        'ListBuckets',
        'ListObjectsV2',
        'ListObjectsV2 2026/',
        'ListObjectsV2 2026/Tromsø/',
      ]);
    });

    step('unfolding a prefix of 20,000 keys sends exactly one request', async ({ window, s3 }) => {
      await window.collapse(window.treeRow(/^photos, bucket/));
      await window.expand('logs');
      await window.treeLabel('many').waitFor();
      s3.clearRequests();
      await window.expand('many');
      await window.treeLabel('key-000000.log').waitFor();
      await window.collapse(window.treeLabel('many'));
      // What is asked for next is answered after anything that was sent ahead of need.
      await window.expand('nothing');
      await window.treeLabel('Empty').waitFor();
      assert.deepEqual(
        s3.requests.map(({ operation, bucket, query }) => [operation, bucket, query['prefix']]),
        [
          ['ListObjectsV2', 'logs', 'many/'],
          ['ListObjectsV2', 'nothing', ''],
        ],
      );
      await window.collapse(window.treeLabel('nothing'));
      await window.expand('many');
    });

    step('"Load more…" brings the next page with one more request', async ({ window, s3 }) => {
      await window.treeLabel('key-000000.log').click();
      await window.page.keyboard.press('End');
      const more = window.treeRow(/^Load more, \d+ shown/);
      await more.waitFor();
      const shown = Number(/(\d+) shown/.exec((await more.getAttribute('aria-label')) ?? '')?.[1]);
      s3.clearRequests();
      await more.click();
      await window.treeLabel(`key-${String(shown).padStart(6, '0')}.log`).waitFor();
      assert.deepEqual(
        s3.requests
          .filter(({ operation }) => operation !== 'HeadObject' && operation !== 'GetObject')
          .map(({ operation }) => operation),
        ['ListObjectsV2'],
      );
      await window.page.keyboard.press('End');
      await window.treeRow(new RegExp(`^Load more, ${2 * shown} shown`)).waitFor();
    });

    step('a filter on a folder shows only what starts so', async ({ window }) => {
      await window.page.keyboard.press('Home');
      const row = window.treeRow(/^many, folder/);
      await row.scrollIntoViewIfNeeded();
      await window.rowAction(row, /Filter/, window.quickInput());
      await window.quickType('key-01999');
      await window.treeLabel('key-019990.log').waitFor();
      await eventually(async () =>
        assert.equal((await window.treeNames()).filter((name) => name.startsWith('key-0')).length, 10),
      );
      await window.treeRow(/^many, folder.*key-01999/).waitFor();
    });

    step('an empty bucket says so', async ({ window }) => {
      await window.expand('nothing');
      await window.treeLabel('Empty').waitFor();
    });

    step('a click opens the object', async ({ window }) => {
      await window.expand('photos');
      await window.clickUntil(window.treeLabel('readme.txt'), window.tab('readme.txt'));
      await window.editorShows(/Hello from the bucket/);
    });

    step('"Go to Address" finds a file in folders that are not unfolded', async ({ window }) => {
      await window.runCommand('Cloud Remotes: Go to Address');
      await window.quickType('demo:photos/2026/Tromsø/sub/deep.txt');
      await window.tab('deep.txt').waitFor();
      await window.editorShows(/deep/);
      await window.treeLabel('deep.txt').waitFor();
    });

    step(
      '"Go to Address" is done when the row is shown, however long the file takes to load',
      async ({ window, s3 }) => {
        const slow = s3.addFault({ operation: 'GetObject', key: 'slow.txt', delayMs: Infinity });
        await window.runCommand('Cloud Remotes: Go to Address');
        await window.quickType('demo:photos/slow.txt');
        await window.treeRow(/^slow\.txt, file/).waitFor();
        await eventually(async () => assert.equal(slow.hits, 1));
        await window.page
          .locator('.sidebar .monaco-progress-container.active')
          .waitFor({ state: 'detached', timeout: 10_000 });
        s3.clearFaults();
        await window.discardAll();
      },
    );

    step('a picture is shown as one', async ({ window }) => {
      await window.clickUntil(window.treeLabel('dot.png'), window.tab('dot.png'));
      const frame = await window.webview('img');
      await frame.waitForFunction(
        () => (document.querySelector('img') as HTMLImageElement | null)?.naturalWidth === 1,
      );
    });
  },
);
