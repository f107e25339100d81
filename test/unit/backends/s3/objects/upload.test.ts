import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ByteSource } from '../../../../../src/remote/remote';
import { isRemoteError } from '../../../../../src/remote/remoteError';
import {
  at,
  body,
  calm,
  ifAbsent,
  ifMatch,
  noPrecondition,
  pattern,
  refused,
  statFile,
  write,
} from '../../../../support/remoteCalls';
import { served } from '../s3Fixture';

// Writes and removals that fail, and changes by other clients at the same time.

const demo = 'demo' as Parameters<typeof at>[0];
const inParts = { settings: { chunkSize: '5Mi', uploadCutoff: 0 } };

/** A body that calls `onFirstOpen` when it is first read. */
function interrupted(content: Buffer, onFirstOpen: () => void): ByteSource {
  const inner = body(content);
  let isOpened = false;
  return {
    ...inner,
    open: (...args) => {
      if (!isOpened) onFirstOpen();
      isOpened = true;
      return inner.open(...args);
    },
  };
}

test('an upload in parts does not replace an object that appeared or changed while the parts were sent', () =>
  served(inParts, async ({ remote, server }) => {
    for (const size of [6, 11]) {
      const content = pattern(size * 1024 * 1024);
      const theirs = () => void server.store.put('demo', 'f', 'theirs');
      await refused(
        remote.write(at(demo, 'f'), interrupted(content, theirs), {}, ifAbsent, calm),
        'alreadyExists',
      );
      assert.equal(server.store.get('demo', 'f')?.text, 'theirs');
      const seen = await statFile(remote, at(demo, 'f'));
      const changes = () => void server.store.put('demo', 'f', 'theirs again');
      const precondition = ifMatch(seen);
      await refused(
        remote.write(at(demo, 'f'), interrupted(content, changes), {}, precondition, calm),
        'changed',
      );
      assert.equal(server.store.get('demo', 'f')?.text, 'theirs again');
      assert.equal(server.uploads.size, 0, 'no parts are left');
      server.store.delete('demo', 'f');
    }
  }));

test('parts that the service assembles incorrectly are detected by the ETag of the object', async (t) => {
  for (const [etag, isBad] of [
    [`"${'0'.repeat(32)}-2"`, true],
    [`"${'0'.repeat(32)}-3"`, true],
    ['"made up by another store"', false],
  ] as const)
    await served(inParts, async ({ remote }) => {
      const { requests } = remote;
      const { run, head } = requests;
      t.mock.method(requests, 'run', async (...args: Parameters<typeof run>) => {
        const answer = (await run.apply(requests, args)) as { readonly ETag?: string };
        return /-\d+"?$/.test(answer?.ETag ?? '') ? { ...answer, ETag: etag } : answer;
      });
      t.mock.method(requests, 'head', async (...args: Parameters<typeof head>) => ({
        ...(await head.apply(requests, args)),
        etag: etag.replaceAll('"', ''),
      }));
      const writing = write(remote, at(demo, 'f'), pattern(6 * 1024 * 1024));
      // The completion is retried, when the upload is gone.
      if (isBad) await refused(writing, 'corrupted', 'unavailable');
      else await writing;
    });
});

test('a batch delete reports exactly the objects that the service did not delete', (t) =>
  served({}, async ({ remote }) => {
    const paths = ['a', 'b', 'c', 'd'].map((name) => at(demo, name));
    for (const path of paths) await write(remote, path, 'x');
    const { requests } = remote;
    const { run } = requests;
    let errors: readonly object[] = [];
    t.mock.method(requests, 'run', async (...args: Parameters<typeof run>) => {
      const answer = await run.apply(requests, args);
      return { ...(answer as object), Errors: errors };
    });
    errors = [
      { Key: 'b', Code: 'AccessDenied', Message: 'No.' },
      { Key: 'c', Code: 'NoSuchKey' },
      { Key: 'd', Code: 'InternalError' },
    ];
    const failures = await remote.removeFiles(paths, calm);
    assert.deepEqual([...failures.keys()], [at(demo, 'b'), at(demo, 'd')]);
    assert.ok(isRemoteError(failures.get(at(demo, 'b')), 'forbidden'));
    assert.ok(isRemoteError(failures.get(at(demo, 'd')), 'unavailable'));
    errors = [{ Key: 'somebody elses', Code: 'AccessDenied' }];
    await refused(remote.removeFiles(paths, calm), 'corrupted');
  }));

test('an unconditional overwrite needs no HEAD', () =>
  served({}, async ({ remote, asked }) => {
    await write(remote, at(demo, 'f'), 'one', {}, noPrecondition);
    await write(remote, at(demo, 'f'), 'two', {}, noPrecondition);
    assert.deepEqual(asked(), ['PutObject', 'PutObject']);
  }));
