import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  describeBucketContent,
  describeRecovery,
  describeReplaceRecovery,
} from '../../../../src/editor/window/recovery';
import type { Remote, RemoteFeatures, VersionKeeping } from '../../../../src/remote/remote';
import { parsePath } from '../../../../src/remote/remotePath';
import { createMemoryRemote } from '../../../support/memoryRemote/memoryRemote';

const calm = new AbortController().signal;

const { capabilities } = createMemoryRemote();
const bare = { capabilities } as Remote;

/** A remote whose buckets keep versions as `keeping` says. `requests` receives the requested buckets. */
function remoteWith(keeping: Readonly<Record<string, VersionKeeping>>, requests: string[] = []): Remote {
  const features: RemoteFeatures = {
    versionKeeping: async (bucket) => {
      requests.push(bucket);
      return keeping[bucket] ?? 'unknown';
    },
  };
  return { ...bare, features };
}

const suspended = "Versioning of the bucket is suspended: files written since then can't be restored.";

describe('the recovery sentence of a confirmation', () => {
  const paths = [parsePath('b/x.txt'), parsePath('b/folder/y')];
  for (const [keeping, ofThis, ofThem] of [
    [
      'kept',
      'The bucket keeps versions, so this can be undone there.',
      'The bucket keeps versions, so they can be restored.',
    ],
    ['suspended', suspended, suspended],
    [
      'notKept',
      "This can't be undone. The bucket keeps no versions.",
      "They can't be restored. The bucket keeps no versions.",
    ],
    [
      'unknown',
      "Unless the bucket keeps versions, this can't be undone.",
      "Unless the bucket keeps versions, they can't be restored.",
    ],
  ] as const)
    it(`follows from the bucket: ${keeping}`, async () => {
      const requests: string[] = [];
      const remote = remoteWith({ b: keeping }, requests);
      assert.equal(await describeRecovery(remote, paths, 'this', calm), ofThis);
      assert.equal(await describeRecovery(remote, paths, 'they', calm), ofThem);
      assert.deepEqual(requests, ['b', 'b'], 'one request per bucket and question');
    });

  it('reports buckets that differ', async () => {
    const remote = remoteWith({ a: 'kept', b: 'notKept' });
    const [both, one] = [['a/x', 'b/x'].map(parsePath), ['a/x', 'a/y'].map(parsePath)];
    assert.match(
      await describeRecovery(remote, both, 'this', calm),
      /^Not all of these buckets keep versions/,
    );
    assert.match(await describeRecovery(remote, one, 'this', calm), /^The bucket keeps/);
  });

  it('is short without versions and trash', async () => {
    assert.equal(await describeRecovery(bare, paths, 'this', calm), "This can't be undone.");
    assert.equal(await describeRecovery(bare, paths, 'it', calm), "It can't be restored.");
    assert.equal(await describeReplaceRecovery(bare, paths, calm), "Replaced files can't be restored.");
  });

  it("doesn't apply the recovery of deleted files to replaced files", async () => {
    const trash = { list: () => assert.fail() } as unknown as NonNullable<RemoteFeatures['trash']>;
    const withTrash: Remote = { ...bare, features: { trash } };
    assert.match(await describeRecovery(withTrash, paths, 'this', calm), /^It goes to the trash/);
    assert.equal(await describeReplaceRecovery(withTrash, paths, calm), '');
    const versioned = await describeReplaceRecovery(remoteWith({ b: 'kept' }), paths, calm);
    assert.equal(versioned, 'The bucket keeps versions, so replaced files can be restored.');
  });
});

describe('the content of a bucket in a confirmation', () => {
  const versions = { olderVersions: 0, olderBytes: 0, deleteMarkers: 0, unfinishedUploads: 0 };
  const none = { files: 0, bytes: 0, ...versions, total: 0, unusable: 0 };
  for (const [content, says] of [
    [
      { files: 12, bytes: 4000, olderVersions: 1, olderBytes: 10, deleteMarkers: 2, unfinishedUploads: 1 },
      /^12 files \(\S+ .*B\), 1 older version \(10 B\), 2 delete markers and 1 unfinished upload will be permanently deleted\.$/,
    ],
    [{ deleteMarkers: 1 }, /^1 delete marker will be permanently deleted/],
    [{ files: 1, unfinishedUploads: 3 }, /^1 file \(0 B\) and 3 unfinished uploads will /],
    [{}, /^The bucket is empty\. This can't be undone\./],
  ] as const)
    it(`is counted in words: ${JSON.stringify(content)}`, () => {
      assert.match(describeBucketContent({ ...none, ...content }), says);
    });
});
