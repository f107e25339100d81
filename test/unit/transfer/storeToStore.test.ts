import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '../../../src/base/clock';
import { silentLog } from '../../../src/base/log';
import { defaultPlanOptions } from '../../../src/plan/model/planOptions';
import { withRetry } from '../../../src/remote/layers/withRetry';
import type { Remote } from '../../../src/remote/remote';
import { parsePath } from '../../../src/remote/remotePath';
import { copyItems } from '../../../src/usecases/copyItems';
import { planSync } from '../../../src/usecases/planSync';
import { calm, pattern } from '../../support/remoteCalls';
import { executeAll, remoteSide } from '../../support/syncSides';
import { type ServedRemote, served } from '../backends/s3/s3Fixture';

const mebi = 1024 * 1024;
const inParts = { uploadCutoff: '5Mi', chunkSize: '5Mi' };

const headers = {
  'cache-control': 'max-age=60',
  'content-disposition': 'attachment; filename="x"',
  'content-encoding': 'identity',
  'content-language': 'de',
};
const metadata = { author: 'Ada', 'with-dash': 'a b', mtime: '1700000000.5' };
const sizes = { small: 11, large: 2 * mebi, 'in parts': 9 * mebi };

interface Stores {
  readonly from: ServedRemote;
  readonly to: ServedRemote;
  readonly source: Remote;
  readonly target: Remote;
}

/** Two services; on the first an object of each size with everything that an object can have. */
async function givenStores(work: (stores: Stores) => Promise<void>): Promise<void> {
  const patient = (remote: Remote) => withRetry(remote, { clock: systemClock, log: silentLog });
  await served({ settings: inParts }, (from) =>
    served({ settings: inParts }, async (to) => {
      for (const [key, size] of Object.entries(sizes))
        from.server.store.put('demo', key, pattern(size), {
          contentType: 'text/x-special',
          headers,
          metadata,
        });
      await work({ from, to, source: patient(from.remote), target: patient(to.remote) });
    }),
  );
}

function assertCopied({ from, to }: Stores): void {
  for (const [key, size] of Object.entries(sizes)) {
    const copy = to.server.store.get('demo', key);
    assert.ok(copy, key);
    assert.equal(copy.size, size);
    assert.ok(Buffer.concat(copy.chunks).equals(pattern(size)), key);
    assert.equal(copy.headers['content-type'], 'text/x-special', key);
    for (const [name, value] of Object.entries(headers)) assert.equal(copy.headers[name], value, key);
    const { md5chksum: _, ...kept } = copy.metadata;
    assert.deepEqual(kept, metadata, key);
  }
  const gets = from.server.requests.filter(({ operation }) => operation === 'GetObject');
  const bytes = gets.reduce((sum, { bytesOut }) => sum + bytesOut, 0);
  assert.equal(
    bytes,
    Object.values(sizes).reduce((a, b) => a + b),
    'every byte is downloaded once',
  );
}

test('A12: a sync between two services keeps content type, headers and metadata, and downloads nothing twice', async () => {
  await givenStores(async (stores) => {
    const { source, target } = stores;
    const [from, to] = [remoteSide(source, 'demo', 'a'), remoteSide(target, 'demo', 'b')];
    const plan = await planSync({ source: from, target: to, options: defaultPlanOptions }, calm);
    const report = await executeAll(plan, from, to);
    assert.equal(report.results.length, 3);
    assertCopied(stores);
    const heads = stores.from.server.requests.filter(({ operation }) => operation === 'HeadObject');
    assert.equal(heads.length, 2, 'one for each file that is read in pieces');
  });
});

test('items copied between two services keep content type, headers and metadata', async () => {
  await givenStores(async (stores) => {
    const { source, target } = stores;
    const items = Object.keys(sizes).map((key) => ({
      from: source,
      source: parsePath(`demo/${key}`),
      to: target,
      target: parsePath(`demo/${key}`),
    }));
    await copyItems(items, {}, calm);
    assertCopied(stores);
  });
});
