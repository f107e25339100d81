import assert from 'node:assert/strict';
import type { FileEntry } from '../../../src/remote/entry';
import type { Remote } from '../../../src/remote/remote';
import type { RemotePath } from '../../../src/remote/remotePath';
import { digestsInPieces, piecesOf } from '../../support/digests';
import {
  at,
  calm,
  drain,
  pattern,
  read,
  readText,
  refused,
  statFile,
  write,
} from '../../support/remoteCalls';
import type { ContractContext } from '../remoteContract';

export function registerReadingTests({ sentence, largeSize }: ContractContext): void {
  sentence('stat distinguishes files, folders and implied folders', async ({ remote, root }) => {
    await write(remote, at(root, 'one/two/f.txt'), 'hello');
    const file = await statFile(remote, at(root, 'one/two/f.txt'));
    assert.equal(file.size, 5);
    assert.equal(file.path, at(root, 'one/two/f.txt'));
    assert.equal((await remote.stat(at(root, 'one'), calm)).kind, 'folder');
    assert.equal((await remote.stat(at(root, 'one/two'), calm)).kind, 'folder');
    assert.equal((await remote.stat(root, calm)).kind, 'folder');
  });

  sentence('stat of a missing file is notFound', async ({ remote, root }) => {
    await write(remote, at(root, 'folder/f.txt'), 'x');
    await refused(remote.stat(at(root, 'nothing'), calm), 'notFound');
    await refused(remote.stat(at(root, 'folder/f'), calm), 'notFound');
    await refused(remote.stat(at(root, 'fold'), calm), 'notFound');
    await refused(remote.stat(at(root, 'no/way/there'), calm), 'notFound');
  });

  sentence('a read returns the whole content and its entry', async ({ remote, file }) => {
    for (const size of [0, 1, 65_536, largeSize]) {
      const content = pattern(size);
      const written = await write(remote, file, content);
      const { stream, entry } = await remote.read(file, {}, calm);
      assert.equal(entry.size, size);
      assert.equal(entry.path, file);
      if (written.version !== undefined) assert.equal(entry.version, written.version);
      assert.ok((await drain(stream)).equals(content), `${size} bytes come back as they were`);
    }
  });

  sentence('a read to a buffer returns the content of a stream, or fails like it', async (given) => {
    const { remote, root } = given;
    if (!remote.readToBuffer) return;
    const path = at(root, 'folder/f');
    for (const size of [0, 1, 300_000]) {
      await write(remote, path, pattern(size));
      const seen = await statFile(remote, path);
      const { content, entry } = await remote.readToBuffer(seen, calm);
      assert.ok(content.equals(pattern(size)), `${size} bytes come back as they were`);
      assert.deepEqual(entry, (await remote.read(path, {}, calm)).entry);
    }
    const seen = await statFile(remote, path);
    await failsAsRead(remote, root, seen, (file, signal) => remote.readToBuffer?.(file, signal));
  });

  sentence(
    'a read into a buffer fills it from its place, or fails like a stream',
    async ({ remote, root }) => {
      if (!remote.readInto) return;
      const path = at(root, 'folder/f');
      const content = pattern(300_000);
      await write(remote, path, content);
      const seen = await statFile(remote, path);
      for (const [start, length] of [
        [0, 300_000],
        [7, 0],
        [299_999, 1],
        [100_000, 150_000],
      ] as const) {
        const into = Buffer.alloc(length);
        await remote.readInto(seen, start, into, () => {}, calm);
        assert.ok(into.equals(content.subarray(start, start + length)), `${length} bytes from ${start}`);
      }
      const fill = (file: FileEntry) => remote.readInto?.(file, 299_000, Buffer.alloc(5000), () => {}, calm);
      await refused(Promise.resolve(fill(seen)), 'changed');
      await failsAsRead(remote, root, seen, (file, signal) =>
        remote.readInto?.(file, 0, Buffer.alloc(9), () => {}, signal),
      );
    },
  );

  sentence('digests are those of the content and its pieces', async ({ remote, root }) => {
    if (!remote.computeDigests) return;
    const path = at(root, 'folder/f');
    for (const size of [1, 4096, 300_000]) {
      const content = pattern(size);
      await write(remote, path, content);
      const seen = await statFile(remote, path);
      for (const pieces of [4096, 70_001, 300_000].flatMap((size) => [
        piecesOf(size),
        { size, withCrc32: false },
      ]))
        assert.deepEqual(
          await remote.computeDigests(seen, pieces, calm),
          digestsInPieces(content, pieces),
          `${size} bytes in pieces of ${pieces.size}`,
        );
    }
    const seen = await statFile(remote, path);
    await failsAsRead(remote, root, seen, (file, signal) =>
      remote.computeDigests?.(file, piecesOf(4096), signal),
    );
  });

  sentence('a read of a range returns only that range', async ({ remote, file }) => {
    const content = pattern(200_000);
    await write(remote, file, content);
    for (const range of [{ start: 0, end: 1 }, { start: 70_001, end: 140_003 }, { start: 199_999 }])
      assert.ok((await read(remote, file, range)).equals(content.subarray(range.start, range.end)));
    const { entry, stream } = await remote.read(file, { range: { start: 5, end: 10 } }, calm);
    assert.equal(entry.size, 200_000, 'the entry tells the size of the whole file');
    assert.equal((await drain(stream)).length, 5);
  });

  sentence('a read of a missing file is notFound', async ({ remote, root }) => {
    await refused(remote.read(at(root, 'nothing'), {}, calm), 'notFound');
    await refused(remote.read(at(root, 'no/way'), {}, calm), 'notFound');
  });

  sentence("a folder can't be read", async ({ remote, root }) => {
    await write(remote, at(root, 'folder/f'), 'x');
    await refused(remote.read(at(root, 'folder'), {}, calm), 'isAFolder', 'notFound');
  });

  sentence('a read that expects the current version succeeds', async ({ remote, file }) => {
    await write(remote, file, 'as it was');
    const expected = await statFile(remote, file);
    const { stream } = await remote.read(file, { expected }, calm);
    assert.equal((await drain(stream)).toString(), 'as it was');
  });

  sentence('a read that expects another version fails with changed', async ({ remote, file }) => {
    await write(remote, file, 'first version');
    const expected = await statFile(remote, file);
    await write(remote, file, 'second verse!');
    await refused(remote.read(file, { expected }, calm), 'changed');
    await refused(remote.read(file, { expected, range: { start: 2, end: 4 } }, calm), 'changed');
  });

  sentence('a read that expects a removed file fails', async ({ remote, file }) => {
    await write(remote, file, 'x');
    const expected = await statFile(remote, file);
    await remote.removeFile(file, { kind: 'none' }, calm);
    await refused(remote.read(file, { expected }, calm), 'notFound', 'changed');
  });

  sentence('a read that is aborted half-way fails with the reason', async ({ remote, file }) => {
    await write(remote, file, pattern(largeSize));
    const stop = new AbortController();
    const reason = new Error('stopped here');
    const { stream } = await remote.read(file, {}, stop.signal);
    let seen = 0;
    await assert.rejects(
      async () => {
        for await (const chunk of stream) {
          seen += chunk.length;
          if (!stop.signal.aborted) stop.abort(reason);
        }
      },
      (error) => error === reason,
    );
    assert.ok(seen < largeSize, 'the rest did not come');
  });

  sentence('a read with an aborted signal sends no request', async ({ remote, file, requests }) => {
    await write(remote, file, 'x');
    const before = requests?.() ?? 0;
    const reason = new Error('stopped before');
    const signal = AbortSignal.abort(reason);
    await assert.rejects(remote.read(file, {}, signal), (error) => error === reason);
    await assert.rejects(remote.stat(file, signal), (error) => error === reason);
    if (requests) assert.equal(requests() - before, 0);
    assert.equal(await readText(remote, file), 'x');
  });

  sentence('a stream that its reader abandons does no harm', async ({ remote, file }) => {
    await write(remote, file, pattern(largeSize));
    for (let i = 0; i < 5; i++) {
      const { stream } = await remote.read(file, {}, calm);
      for await (const chunk of stream) {
        assert.ok(chunk.length > 0);
        break;
      }
    }
    assert.equal((await read(remote, file, { start: 0, end: 3 })).length, 3);
  });
}

/** Whether `call` fails for a changed, missing or aborted file, and for a folder, as reading it does. `seen` changes. */
async function failsAsRead(
  remote: Remote,
  root: RemotePath,
  seen: FileEntry,
  call: (file: FileEntry, signal: AbortSignal) => Promise<unknown> | undefined,
): Promise<void> {
  const fails = (file: FileEntry, signal = calm) => Promise.resolve(call(file, signal));
  await write(remote, seen.path, 'something else');
  await refused(fails(seen), 'changed');
  await refused(fails({ ...seen, path: at(root, 'nothing') }), 'changed', 'notFound');
  await refused(fails({ ...seen, path: at(root, 'folder') }), 'isAFolder', 'changed', 'notFound');
  const stopped = AbortSignal.abort(new Error('stopped'));
  await assert.rejects(fails(seen, stopped), /stopped/);
}
