import assert from 'node:assert/strict';
import { eventually } from '../../harness/window/eventually';
import { withEditor } from '../../harness/withEditor';

const MANY = 20_000;
/** An image of one pixel. */
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
    step('showing the view sends no request', async ({ window, s3 }) => {
      await window.showRemotes();
      await window.tree.label('demo').waitFor();
      assert.deepEqual(s3.requests, []);
    });

    step('expands a remote, a bucket and a folder', async ({ window }) => {
      await window.tree.expand('demo', 'photos', '2026', 'Tromsø');
      await window.tree.label('日本 1.txt').waitFor();
      await window.tree.label('sub').waitFor();
      await window.tree.label('readme.txt').waitFor();
    });

    step('browsing sends one request per folder and reads no object', async ({ s3 }) => {
      const asked = s3.requests.map(({ operation, query }) => `${operation} ${query['prefix'] ?? ''}`.trim());
      assert.deepEqual(asked, [
        'ListBuckets',
        'ListObjectsV2',
        'ListObjectsV2 2026/',
        'ListObjectsV2 2026/Tromsø/',
      ]);
    });

    step('expanding a prefix of 20,000 keys sends exactly one request', async ({ window, s3 }) => {
      await window.tree.collapse(window.tree.row(/^photos, bucket/));
      await window.tree.expand('logs');
      await window.tree.label('many').waitFor();
      s3.clearRequests();
      await window.tree.expand('many');
      await window.tree.label('key-000000.log').waitFor();
      await window.tree.collapse(window.tree.label('many'));
      // The next response comes after those of any prefetch.
      await window.tree.expand('nothing');
      await window.tree.label('Empty').waitFor();
      assert.deepEqual(
        s3.requests.map(({ operation, bucket, query }) => [operation, bucket, query['prefix']]),
        [
          ['ListObjectsV2', 'logs', 'many/'],
          ['ListObjectsV2', 'nothing', ''],
        ],
      );
      await window.tree.collapse(window.tree.label('nothing'));
      await window.tree.expand('many');
    });

    step('"Load more…" loads the next page with one request', async ({ window, s3 }) => {
      const more = window.tree.row(/^Load more, \d+ shown/);
      await window.tree.select(window.tree.label('key-000000.log'));
      await window.tree.press('End', more);
      const shown = Number(/(\d+) shown/.exec((await more.getAttribute('aria-label')) ?? '')?.[1]);
      s3.clearRequests();
      await window.click(more, window.tree.label(`key-${String(shown).padStart(6, '0')}.log`));
      assert.deepEqual(
        s3.requests
          .filter(({ operation }) => operation !== 'HeadObject' && operation !== 'GetObject')
          .map(({ operation }) => operation),
        ['ListObjectsV2'],
      );
      await window.tree.press('End', window.tree.row(new RegExp(`^Load more, ${2 * shown} shown`)));
    });

    step('a filter shows only names with its prefix', async ({ window }) => {
      const row = window.tree.row(/^many, folder/);
      await window.tree.press('Home', row);
      await window.tree.action(row, /Filter/, window.quick.input());
      await window.quick.answer('key-01999');
      await window.tree.label('key-019990.log').waitFor();
      await eventually(async () =>
        assert.equal((await window.tree.names()).filter((name) => name.startsWith('key-0')).length, 10),
      );
      await window.tree.row(/^many, folder.*key-01999/).waitFor();
    });

    step('an empty bucket has a row that says so', async ({ window }) => {
      await window.tree.expand('nothing');
      await window.tree.label('Empty').waitFor();
    });

    step('a click opens the object', async ({ window }) => {
      await window.tree.expand('photos');
      await window.click(window.tree.label('readme.txt'), window.editors.tab('readme.txt'));
      await window.editors.shows(/Hello from the bucket/);
    });

    step('"Go to Address" finds a file in collapsed folders', async ({ window }) => {
      await window.palette.run('Cloud Remotes: Go to Address', window.quick.saying(/Go to Address/));
      await window.quick.answer('demo:photos/2026/Tromsø/sub/deep.txt');
      await window.editors.tab('deep.txt').waitFor();
      await window.editors.shows(/deep/);
      await window.tree.label('deep.txt').waitFor();
    });

    step('"Go to Address" does not wait until the file has loaded', async ({ window, s3 }) => {
      const slow = s3.addFault({ operation: 'GetObject', key: 'slow.txt', delayMs: Infinity });
      await window.palette.run('Cloud Remotes: Go to Address', window.quick.saying(/Go to Address/));
      await window.quick.answer('demo:photos/slow.txt');
      await window.tree.row(/^slow\.txt, file/).waitFor();
      await eventually(async () => assert.equal(slow.hits, 1));
      await window.page.locator('.sidebar .monaco-progress-container.active').waitFor({ state: 'detached' });
      s3.clearFaults();
      await window.editors.closeAll();
    });

    step('an image opens as an image', async ({ window }) => {
      await window.click(window.tree.label('dot.png'), window.editors.tab('dot.png'));
      // The editor may replace the frame of a webview while the image loads.
      await eventually(async () => {
        const frame = await window.webviews.find('img');
        const width = await frame.locator('img').evaluate((image: HTMLImageElement) => image.naturalWidth);
        assert.equal(width, 1);
      });
    });
  },
);
