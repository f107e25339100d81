import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openVirtualFolder } from '../../src/backends/virtualFolder/virtualFolderRemote';
import { RemoteError } from '../../src/remote/remoteError';
import { rootPath } from '../../src/remote/remotePath';
import { FolderInMemory } from '../support/folderInMemory';
import {
  at,
  calm,
  ifAbsent,
  names,
  pagesOf,
  readText,
  refused,
  statFile,
  write,
} from '../support/remoteCalls';
import { remoteContract } from './remoteContract';

remoteContract('virtual folder', async () => ({
  remote: openVirtualFolder({ files: new FolderInMemory(), asTarget: true }),
  root: rootPath,
  dispose: async () => {},
}));

test('virtual folder: a source has modified times, a target has none', async () => {
  const files = new FolderInMemory();
  files.files.set('f', { content: Buffer.from('x'), modifiedMs: 1_700_000_000_123 });
  const source = openVirtualFolder({ files, asTarget: false });
  const { modified } = await statFile(source, at(rootPath, 'f'));
  assert.deepEqual(modified, { s: 1_700_000_000, ns: 123_000_000 });
  assert.equal(source.capabilities.timePrecisionNs, 1_000_000);
  assert.equal(openVirtualFolder({ files, asTarget: true }).capabilities.timePrecisionNs, 'none');
});

test('virtual folder: a write that the provider truncates leaves the old content and no temporary file', async () => {
  const files = new FolderInMemory();
  const remote = openVirtualFolder({ files, asTarget: true });
  await write(remote, at(rootPath, 'f'), 'the old content');
  files.cutAt = 3;
  await refused(write(remote, at(rootPath, 'f'), 'the new content'), 'corrupted');
  assert.equal(await readText(remote, at(rootPath, 'f')), 'the old content');
  assert.deepEqual([...files.files.keys()], ['f']);
});

test('virtual folder: a file that appears during a write is not overwritten', async () => {
  const files = new FolderInMemory();
  const remote = openVirtualFolder({ files, asTarget: true });
  files.beforeRename = () => files.files.set('f', { content: Buffer.from('theirs'), modifiedMs: 5 });
  await refused(write(remote, at(rootPath, 'f'), 'ours', {}, ifAbsent), 'alreadyExists');
  assert.equal(Buffer.from(files.files.get('f')?.content ?? []).toString(), 'theirs');
  assert.deepEqual([...files.files.keys()], ['f']);
});

test('virtual folder: links and devices are reported and protected, never followed (R15, H2)', async () => {
  const files = new FolderInMemory();
  files.odd.set('link', 'link').set('socket', 'other');
  const remote = openVirtualFolder({ files, asTarget: false });
  const entries = (await pagesOf(remote.list(rootPath, {}, calm))).flat();
  assert.deepEqual(
    entries.map((entry) => entry.kind === 'unusable' && [entry.name, entry.reason, entry.protects]).sort(),
    [
      ['link', 'symlink', 'link'],
      ['socket', 'notRegular', 'socket'],
    ],
  );
});

test('virtual folder: a listed file without a stat is unreadable and protected (H2, H20)', async () => {
  const files = new FolderInMemory();
  files.files.set('there', { content: Buffer.from('x'), modifiedMs: 1 });
  files.stat = async (path) => {
    throw new RemoteError('notFound', `There is no "${path}".`);
  };
  const remote = openVirtualFolder({ files, asTarget: false });
  const entries = (await pagesOf(remote.list(rootPath, {}, calm))).flat();
  assert.deepEqual(entries, [
    { kind: 'unusable', folder: '', name: 'there', reason: 'unreadable', protects: 'there' },
  ]);
});

test('virtual folder: a read-only folder refuses a write at once', async () => {
  const files = new FolderInMemory();
  files.writable = false;
  const remote = openVirtualFolder({ files, asTarget: true });
  await refused(write(remote, at(rootPath, 'f'), 'x'), 'forbidden');
  assert.deepEqual(await names(remote, rootPath), []);
});

test('virtual folder: a file with the name of a temporary one is an ordinary file', async () => {
  const files = new FolderInMemory();
  const remote = openVirtualFolder({ files, asTarget: true });
  const name = '.cloud-remotes-0123456789ab.tmp';
  await write(remote, at(rootPath, name), 'mine');
  await write(remote, at(rootPath, 'f'), 'x');
  assert.deepEqual(await names(remote, rootPath), [name, 'f']);
  assert.equal(await readText(remote, at(rootPath, name)), 'mine');
});
