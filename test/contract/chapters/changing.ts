import assert from 'node:assert/strict';
import { nsBetween } from '../../../src/remote/modifiedTime';
import {
  at,
  calm,
  ifAbsent,
  ifMatch,
  names,
  noPrecondition,
  readText,
  refused,
  statFile,
  write,
} from '../../support/remoteCalls';
import type { ContractContext } from '../remoteContract';

export function registerChangingTests({ sentence }: ContractContext): void {
  sentence('a removed file is gone, and its siblings stay', async ({ remote, root }) => {
    await write(remote, at(root, 'a/f'), 'x');
    await write(remote, at(root, 'a/g'), 'y');
    await remote.removeFile(at(root, 'a/f'), noPrecondition, calm);
    assert.deepEqual(await names(remote, at(root, 'a')), ['g']);
    await refused(remote.stat(at(root, 'a/f'), calm), 'notFound');
  });

  sentence('removing a missing file is notFound', async ({ remote, root }) => {
    await refused(remote.removeFile(at(root, 'nothing'), noPrecondition, calm), 'notFound');
  });

  sentence("a folder can't be removed as a file", async ({ remote, root }) => {
    await write(remote, at(root, 'folder/f'), 'x');
    await refused(remote.removeFile(at(root, 'folder'), noPrecondition, calm), 'isAFolder', 'notFound');
    assert.equal(await readText(remote, at(root, 'folder/f')), 'x');
  });

  sentence('a changed file is not removed', async ({ remote, file, root }) => {
    await write(remote, file, 'version 1');
    const seen = await statFile(remote, file);
    await write(remote, file, 'version 2');
    await refused(remote.removeFile(file, ifMatch(seen), calm), 'changed');
    assert.equal(await readText(remote, file), 'version 2');
    await remote.removeFile(file, ifMatch(await statFile(remote, file)), calm);
    await refused(remote.removeFile(file, ifMatch(seen), calm), 'notFound', 'changed');
    assert.deepEqual(await names(remote, root), []);
  });

  sentence('removeFiles removes these files and no others', async ({ remote, root }) => {
    if (!remote.removeFiles) return;
    const all = ['a', 'b c+%', 'd/é', 'd/keep', 'keep', '&amp;'];
    for (const name of all) await write(remote, at(root, name), name);
    const gone = all.filter((name) => !name.endsWith('keep')).map((name) => at(root, name));
    const failures = await remote.removeFiles(gone, calm);
    assert.equal(failures.size, 0);
    assert.deepEqual(await names(remote, root), ['d/', 'keep']);
    assert.deepEqual(await names(remote, at(root, 'd')), ['keep']);
  });

  sentence('removing no files, or missing files, is no failure', async ({ remote, root }) => {
    if (!remote.removeFiles) return;
    assert.equal((await remote.removeFiles([], calm)).size, 0);
    assert.equal((await remote.removeFiles([at(root, 'gone')], calm)).size, 0);
  });

  sentence('a new folder is listed, is empty, and can be made again', async ({ remote, root }) => {
    await remote.makeFolder(at(root, 'one/two'), calm);
    await remote.makeFolder(at(root, 'one/two'), calm);
    assert.deepEqual(await names(remote, at(root, 'one')), ['two/']);
    assert.deepEqual(await names(remote, at(root, 'one/two')), []);
    assert.equal((await remote.stat(at(root, 'one/two'), calm)).kind, 'folder');
  });

  sentence("a folder can't replace a file", async ({ remote, file }) => {
    await write(remote, file, 'x');
    await refused(remote.makeFolder(file, calm), 'alreadyExists');
    assert.equal(await readText(remote, file), 'x');
  });

  sentence('an empty folder is removed, a full one is notEmpty, a missing one notFound', async (opened) => {
    const { remote, root } = opened;
    await remote.makeFolder(at(root, 'empty'), calm);
    await remote.removeFolder(at(root, 'empty'), calm);
    await refused(remote.stat(at(root, 'empty'), calm), 'notFound');
    await write(remote, at(root, 'full/f'), 'x');
    await refused(remote.removeFolder(at(root, 'full'), calm), 'notEmpty');
    assert.equal(await readText(remote, at(root, 'full/f')), 'x');
    await refused(remote.removeFolder(at(root, 'absent'), calm), 'notFound');
  });

  sentence('a server-side copy has the same content and modified time', async ({ remote, root }) => {
    if (!remote.serverSideCopy) return;
    const from = at(root, 'from é+ %');
    await write(remote, from, 'content', { modified: { s: 1_600_000_000, ns: 5_000_000 } });
    const source = await statFile(remote, from);
    const copy = await remote.serverSideCopy(source, at(root, 'x/to 😀+'), ifAbsent, calm);
    assert.equal(copy.path, at(root, 'x/to 😀+'));
    assert.equal(await readText(remote, copy.path), 'content');
    assert.equal(await readText(remote, from), 'content');
    assert.deepEqual((await statFile(remote, copy.path)).modified, source.modified);
  });

  sentence('a server-side copy checks its preconditions', async ({ remote, root }) => {
    if (!remote.serverSideCopy) return;
    const from = at(root, 'from');
    const to = at(root, 'to');
    await write(remote, from, 'version 1');
    const seen = await statFile(remote, from);
    const there = await write(remote, to, 'there');
    await refused(remote.serverSideCopy(seen, to, ifAbsent, calm), 'alreadyExists');
    await write(remote, from, 'version 2');
    await refused(remote.serverSideCopy(seen, to, noPrecondition, calm), 'changed');
    await write(remote, to, 'someone else');
    const now = await statFile(remote, from);
    await refused(remote.serverSideCopy(now, to, ifMatch(there), calm), 'changed');
    assert.equal(await readText(remote, to), 'someone else');
    await remote.serverSideCopy(now, to, ifMatch(await statFile(remote, to)), calm);
    assert.equal(await readText(remote, to), 'version 2');
    await remote.removeFile(from, noPrecondition, calm);
    await refused(remote.serverSideCopy(now, at(root, 'other'), ifAbsent, calm), 'notFound', 'changed');
  });

  sentence('a server-side move leaves one file, with its content and time', async ({ remote, root }) => {
    if (!remote.serverSideMove) return;
    const from = at(root, 'from');
    await write(remote, from, 'content', { modified: { s: 1_600_000_000, ns: 5_000_000 } });
    const source = await statFile(remote, from);
    await remote.serverSideMove(source, at(root, 'sub/to'), ifAbsent, calm);
    await refused(remote.stat(from, calm), 'notFound');
    assert.equal(await readText(remote, at(root, 'sub/to')), 'content');
    assert.deepEqual((await statFile(remote, at(root, 'sub/to'))).modified, source.modified);
  });

  sentence('a server-side move checks its preconditions', async ({ remote, root }) => {
    if (!remote.serverSideMove) return;
    const from = at(root, 'from');
    const to = at(root, 'to');
    await write(remote, from, 'version 1');
    const seen = await statFile(remote, from);
    await write(remote, to, 'there');
    await refused(remote.serverSideMove(seen, to, ifAbsent, calm), 'alreadyExists');
    await write(remote, from, 'version 2');
    await refused(remote.serverSideMove(seen, at(root, 'free'), ifAbsent, calm), 'changed');
    assert.deepEqual(await names(remote, root), ['from', 'to']);
    assert.equal(await readText(remote, to), 'there');
    assert.equal(await readText(remote, from), 'version 2');
  });

  sentence('a modified time is set without other changes', async ({ remote, root }) => {
    if (!remote.setModifiedTime || remote.capabilities.timePrecisionNs === 'none') return;
    const path = at(root, 'f é+');
    await write(remote, path, 'content', { modified: { s: 1_600_000_000, ns: 0 } });
    const time = { s: 1_650_000_000, ns: 123_456_000 };
    const answer = await remote.setModifiedTime(await statFile(remote, path), time, calm);
    assert.equal(answer.size, 7);
    const found = (await statFile(remote, path)).modified;
    assert.ok(found && Math.abs(nsBetween(found, time)) < remote.capabilities.timePrecisionNs);
    assert.equal(await readText(remote, path), 'content');
  });

  sentence('the modified time of a changed file is not set', async ({ remote, file }) => {
    if (!remote.setModifiedTime || remote.capabilities.timePrecisionNs === 'none') return;
    await write(remote, file, 'version 1');
    const seen = await statFile(remote, file);
    await write(remote, file, 'version 2');
    const setting = remote.setModifiedTime(seen, { s: 1, ns: 0 }, calm);
    await refused(setting, 'changed');
    assert.notEqual((await statFile(remote, file)).modified?.s, 1);
  });

  sentence('no change starts with an aborted signal', async ({ remote, root, requests }) => {
    const path = at(root, 'f');
    await write(remote, path, 'x');
    const file = await statFile(remote, path);
    const before = requests?.() ?? 0;
    const reason = new Error('stopped before');
    const signal = AbortSignal.abort(reason);
    const time = { s: 1, ns: 0 };
    const attempts = [
      remote.removeFile(path, noPrecondition, signal),
      remote.removeFiles?.([path], signal),
      remote.makeFolder(at(root, 'new'), signal),
      remote.removeFolder(at(root, 'new'), signal),
      remote.serverSideCopy?.(file, at(root, 'copy'), noPrecondition, signal),
      remote.serverSideMove?.(file, at(root, 'moved'), noPrecondition, signal),
      remote.setModifiedTime?.(file, time, signal),
    ];
    const refusals = attempts.map((attempt) =>
      assert.rejects(
        async () => attempt ?? Promise.reject(reason),
        (error) => error === reason,
      ),
    );
    await Promise.all(refusals);
    if (requests) assert.equal(requests() - before, 0);
    assert.deepEqual(await names(remote, root), ['f']);
  });
}
