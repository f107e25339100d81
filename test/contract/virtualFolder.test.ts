import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openVirtualFolder } from '../../src/backends/virtualFolder/virtualFolderRemote';
import type { Entry } from '../../src/remote/entry';
import { RemoteError } from '../../src/remote/remoteError';
import { rootPath } from '../../src/remote/remotePath';
import { FolderInMemory } from '../support/folderInMemory';
import { at, calm, ifAbsent, names, readText, refused, statFile, write } from '../support/remoteCalls';
import { remoteContract } from './remoteContract';

remoteContract('virtual folder', async () => ({
  remote: openVirtualFolder({ files: new FolderInMemory(), asTarget: true }),
  root: rootPath,
  dispose: async () => {},
}));

test('virtual folder: as a source it tells the times of its files, as a target it keeps none', async () => {
  const files = new FolderInMemory();
  files.files.set('f', { content: Buffer.from('x'), modifiedMs: 1_700_000_000_123 });
  const source = openVirtualFolder({ files, asTarget: false });
  assert.deepEqual((await statFile(source, at(rootPath, 'f'))).modified, {
    s: 1_700_000_000,
    ns: 123_000_000,
  });
  assert.equal(source.capabilities.timePrecisionNs, 1_000_000);
  assert.equal(openVirtualFolder({ files, asTarget: true }).capabilities.timePrecisionNs, 'none');
});

async function entriesOf(pages: AsyncIterable<readonly Entry[]>): Promise<Entry[]> {
  const all: Entry[] = [];
  for await (const page of pages) all.push(...page);
  return all;
}

test('virtual folder: a write that was cut short by the provider leaves the old content, and nothing aside', async () => {
  const files = new FolderInMemory();
  const remote = openVirtualFolder({ files, asTarget: true });
  await write(remote, at(rootPath, 'f'), 'the old content');
  files.cutAt = 3;
  await refused(write(remote, at(rootPath, 'f'), 'the new content'), 'corrupted');
  assert.equal(await readText(remote, at(rootPath, 'f')), 'the old content');
  assert.deepEqual([...files.files.keys()], ['f']);
});

test('virtual folder: a file that appears while another is written is not overwritten', async () => {
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
  const entries = await entriesOf(remote.list(rootPath, {}, calm));
  assert.deepEqual(
    entries.map((entry) => entry.kind === 'unusable' && [entry.name, entry.reason, entry.protects]).sort(),
    [
      ['link', 'symlink', 'link'],
      ['socket', 'notRegular', 'socket'],
    ],
  );
});

test('virtual folder: what is listed but can not be looked at is unknown, and its twin stays (H2, H20)', async () => {
  const files = new FolderInMemory();
  files.files.set('there', { content: Buffer.from('x'), modifiedMs: 1 });
  files.stat = async (path) => {
    throw new RemoteError('notFound', `There is no "${path}".`);
  };
  const entries = await entriesOf(openVirtualFolder({ files, asTarget: false }).list(rootPath, {}, calm));
  assert.deepEqual(entries, [
    { kind: 'unusable', folder: '', name: 'there', reason: 'unreadable', protects: 'there' },
  ]);
});

test('virtual folder: one that can only be read says so before anything is sent', async () => {
  const files = new FolderInMemory();
  files.writable = false;
  const remote = openVirtualFolder({ files, asTarget: true });
  await refused(write(remote, at(rootPath, 'f'), 'x'), 'forbidden');
  assert.deepEqual(await names(remote, rootPath), []);
});

test('virtual folder: a file that only is named like our temporary ones is a file like any other', async () => {
  const files = new FolderInMemory();
  const remote = openVirtualFolder({ files, asTarget: true });
  const name = '.cloud-remotes-0123456789ab.tmp';
  await write(remote, at(rootPath, name), 'mine');
  await write(remote, at(rootPath, 'f'), 'x');
  assert.deepEqual(await names(remote, rootPath), [name, 'f']);
  assert.equal(await readText(remote, at(rootPath, name)), 'mine');
});
