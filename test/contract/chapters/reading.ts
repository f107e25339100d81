import assert from 'node:assert/strict';
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
  sentence('stat tells a file, a folder and an implied folder apart', async ({ remote, root }) => {
    await write(remote, at(root, 'one/two/f.txt'), 'hello');
    const file = await statFile(remote, at(root, 'one/two/f.txt'));
    assert.equal(file.size, 5);
    assert.equal(file.path, at(root, 'one/two/f.txt'));
    assert.equal((await remote.stat(at(root, 'one'), calm)).kind, 'folder');
    assert.equal((await remote.stat(at(root, 'one/two'), calm)).kind, 'folder');
    assert.equal((await remote.stat(root, calm)).kind, 'folder');
  });

  sentence('stat of what is not there is notFound', async ({ remote, root }) => {
    await write(remote, at(root, 'folder/f.txt'), 'x');
    await refused(remote.stat(at(root, 'nothing'), calm), 'notFound');
    await refused(remote.stat(at(root, 'folder/f'), calm), 'notFound');
    await refused(remote.stat(at(root, 'fold'), calm), 'notFound');
    await refused(remote.stat(at(root, 'no/way/there'), calm), 'notFound');
  });

  sentence('a read gives the whole content and the entry that it is of', async ({ remote, root }) => {
    for (const size of [0, 1, 65_536, largeSize]) {
      const content = pattern(size);
      const written = await write(remote, at(root, 'f'), content);
      const { stream, entry } = await remote.read(at(root, 'f'), {}, calm);
      assert.equal(entry.size, size);
      assert.equal(entry.path, at(root, 'f'));
      if (written.version !== undefined) assert.equal(entry.version, written.version);
      assert.ok((await drain(stream)).equals(content), `${size} bytes come back as they were`);
    }
  });

  sentence('a small file read at once is what a stream would give, or refused as that is', async (given) => {
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
    await write(remote, path, 'something else');
    await refused(remote.readToBuffer(seen, calm), 'changed');
    await refused(remote.readToBuffer({ ...seen, path: at(root, 'nothing') }, calm), 'changed', 'notFound');
    await refused(
      remote.readToBuffer({ ...seen, path: at(root, 'folder') }, calm),
      'isAFolder',
      'changed',
      'notFound',
    );
    const stopped = AbortSignal.abort(new Error('stopped'));
    await assert.rejects(remote.readToBuffer(seen, stopped), /stopped/);
  });

  sentence('a read of a range gives just that range', async ({ remote, root }) => {
    const content = pattern(200_000);
    const path = at(root, 'f');
    await write(remote, path, content);
    assert.ok((await read(remote, path, { start: 0, end: 1 })).equals(content.subarray(0, 1)));
    assert.ok(
      (await read(remote, path, { start: 70_001, end: 140_003 })).equals(content.subarray(70_001, 140_003)),
    );
    assert.ok((await read(remote, path, { start: 199_999 })).equals(content.subarray(199_999)));
    const { entry, stream } = await remote.read(path, { range: { start: 5, end: 10 } }, calm);
    assert.equal(entry.size, 200_000, 'the entry tells the size of the whole file');
    assert.equal((await drain(stream)).length, 5);
  });

  sentence('a read of what is not there is notFound', async ({ remote, root }) => {
    await refused(remote.read(at(root, 'nothing'), {}, calm), 'notFound');
    await refused(remote.read(at(root, 'no/way'), {}, calm), 'notFound');
  });

  sentence('a folder can not be read as a file', async ({ remote, root }) => {
    await write(remote, at(root, 'folder/f'), 'x');
    await refused(remote.read(at(root, 'folder'), {}, calm), 'isAFolder', 'notFound');
  });

  sentence('a read that expects the file as it was succeeds while it is', async ({ remote, root }) => {
    const path = at(root, 'f');
    await write(remote, path, 'as it was');
    const expected = await statFile(remote, path);
    const { stream } = await remote.read(path, { expected }, calm);
    assert.equal((await drain(stream)).toString(), 'as it was');
  });

  sentence('a read that expects another content is refused as changed', async ({ remote, root }) => {
    const path = at(root, 'f');
    await write(remote, path, 'first version');
    const expected = await statFile(remote, path);
    await write(remote, path, 'second verse!');
    await refused(remote.read(path, { expected }, calm), 'changed');
    await refused(remote.read(path, { expected, range: { start: 2, end: 4 } }, calm), 'changed');
  });

  sentence('a read that expects a file which is gone is refused', async ({ remote, root }) => {
    const path = at(root, 'f');
    await write(remote, path, 'x');
    const expected = await statFile(remote, path);
    await remote.removeFile(path, { kind: 'none' }, calm);
    await refused(remote.read(path, { expected }, calm), 'notFound', 'changed');
  });

  sentence(
    'a read that is aborted half-way fails with the reason and never just ends',
    async ({ remote, root }) => {
      const path = at(root, 'f');
      await write(remote, path, pattern(largeSize));
      const stop = new AbortController();
      const reason = new Error('stopped here');
      const { stream } = await remote.read(path, {}, stop.signal);
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
    },
  );

  sentence('a read under an aborted signal starts nothing', async ({ remote, root, requests }) => {
    const path = at(root, 'f');
    await write(remote, path, 'x');
    const before = requests?.() ?? 0;
    const reason = new Error('stopped before');
    const signal = AbortSignal.abort(reason);
    await assert.rejects(remote.read(path, {}, signal), (error) => error === reason);
    await assert.rejects(remote.stat(path, signal), (error) => error === reason);
    if (requests) assert.equal(requests() - before, 0);
    assert.equal(await readText(remote, path), 'x');
  });

  sentence('a stream that its reader drops does no harm', async ({ remote, root }) => {
    const path = at(root, 'f');
    await write(remote, path, pattern(largeSize));
    for (let i = 0; i < 5; i++) {
      const { stream } = await remote.read(path, {}, calm);
      for await (const chunk of stream) {
        assert.ok(chunk.length > 0);
        break;
      }
    }
    assert.equal((await read(remote, path, { start: 0, end: 3 })).length, 3);
  });
}
