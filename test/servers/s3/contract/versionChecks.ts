import assert from 'node:assert/strict';
import {
  DeleteBucketCommand,
  DeleteObjectCommand,
  GetBucketVersioningCommand,
  ListObjectVersionsCommand,
  PutBucketVersioningCommand,
} from '@aws-sdk/client-s3';
import { type Check, checks, refused, type World } from './check';

async function versioning(world: World, Status: 'Enabled' | 'Suspended'): Promise<void> {
  await world.run(PutBucketVersioningCommand, { VersioningConfiguration: { Status } });
}

function remove(world: World, Key: string, VersionId?: string) {
  return world.run(DeleteObjectCommand, { Key, VersionId });
}

export const versionChecks: Check[] = checks('versions', {
  'versioning is off at first and can be switched on': async (world) => {
    const status = async () => (await world.run(GetBucketVersioningCommand, {})).Status;
    assert.equal(await status(), undefined);
    await versioning(world, 'Enabled');
    assert.equal(await status(), 'Enabled');
  },
  'each PUT makes a version, and each can be read': async (world) => {
    await versioning(world, 'Enabled');
    const one = await world.put('a', '1');
    const two = await world.put('a', '2');
    assert.ok(one.VersionId && two.VersionId && one.VersionId !== two.VersionId);
    assert.equal(await world.read('a'), '2');
    assert.equal(await world.read('a', one.VersionId), '1');
  },
  'a DELETE hides the object behind a marker': async (world) => {
    await versioning(world, 'Enabled');
    const one = await world.put('a', '1');
    const gone = await remove(world, 'a');
    assert.equal(gone.DeleteMarker, true);
    await refused(world.read('a'), 404, 'NoSuchKey');
    assert.deepEqual(await world.keys(), []);
    assert.equal(await world.read('a', one.VersionId), '1');
    await remove(world, 'a', gone.VersionId);
    assert.equal(await world.read('a'), '1');
  },
  'a permanent delete of a version brings back the previous one': async (world) => {
    await versioning(world, 'Enabled');
    const one = await world.put('a', '1');
    const two = await world.put('a', '2');
    await remove(world, 'a', two.VersionId);
    assert.equal(await world.read('a'), '1');
    await remove(world, 'a', one.VersionId);
    await refused(world.read('a'), 404, 'NoSuchKey');
  },
  'an object from before versioning is the version null': async (world) => {
    await world.put('a', 'old');
    await versioning(world, 'Enabled');
    await world.put('a', 'new');
    assert.equal(await world.read('a', 'null'), 'old');
  },
  'ListObjectVersions gives newest first, with markers, in pages': async (world) => {
    await versioning(world, 'Enabled');
    const one = await world.put('a', '1');
    const two = await world.put('a', '2');
    const marker = await remove(world, 'a');
    const other = await world.put('b', '1');
    const all = await world.run(ListObjectVersionsCommand, {});
    assert.deepEqual(
      all.Versions?.map((v) => `${v.Key} ${v.VersionId} ${v.IsLatest}`),
      [`a ${two.VersionId} false`, `a ${one.VersionId} false`, `b ${other.VersionId} true`],
    );
    assert.deepEqual(
      all.DeleteMarkers?.map((v) => [v.Key, v.VersionId, v.IsLatest]),
      [['a', marker.VersionId, true]],
    );
    const seen: (string | undefined)[] = [];
    let at: { KeyMarker?: string | undefined; VersionIdMarker?: string | undefined } = {};
    for (let turn = 0; turn < 10; turn++) {
      const page = await world.run(ListObjectVersionsCommand, { ...at, MaxKeys: 1 });
      seen.push(...[...(page.Versions ?? []), ...(page.DeleteMarkers ?? [])].map((v) => v.VersionId));
      if (!page.IsTruncated) break;
      at = { KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker };
    }
    assert.deepEqual(seen, [marker.VersionId, two.VersionId, one.VersionId, other.VersionId]);
  },
  'while suspended, a PUT replaces the version null': async (world) => {
    await versioning(world, 'Enabled');
    const one = await world.put('a', '1');
    await versioning(world, 'Suspended');
    await world.put('a', '2');
    await world.put('a', '3');
    const { Versions } = await world.run(ListObjectVersionsCommand, {});
    assert.deepEqual(
      Versions?.map((v) => v.VersionId),
      ['null', one.VersionId],
    );
    assert.equal(await world.read('a'), '3');
  },
  'a bucket with only old versions is not empty': async (world) => {
    await versioning(world, 'Enabled');
    await world.put('a', '1');
    await remove(world, 'a');
    await refused(world.run(DeleteBucketCommand, {}), 409, 'BucketNotEmpty');
  },
  'an unknown version is refused': async (world) => {
    await versioning(world, 'Enabled');
    await world.put('a', '1');
    const error = await refused(world.read('a', 'unknownunknownunknownunknown0000'), 404).catch(
      (e: unknown) => e,
    );
    // S3 answers 400 InvalidArgument for a text that cannot be an id.
    if (error instanceof assert.AssertionError)
      await refused(world.read('a', 'unknownunknownunknownunknown0000'), 400);
  },
});
