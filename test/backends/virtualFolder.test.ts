import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openVirtualFolder } from '../../src/backends/virtualFolder/virtualFolderRemote';
import type { Entry } from '../../src/remote/entry';
import type { FolderFileSystem, VirtualStat } from '../../src/remote/folderFileSystem';
import { RemoteError } from '../../src/remote/remoteError';
import { parentPath, type RemotePath, rootPath } from '../../src/remote/remotePath';
import { at, beAbsent, calm, names, readText, refused, statFile, write } from './contract/words';
import { remoteContract } from './remoteContract';

/** A provider's folder in memory, with what goes wrong in real ones. */
class FolderInMemory implements FolderFileSystem {
  readonly shown = 'mem://test/folder';
  writable = true;
  readonly files = new Map<string, { content: Uint8Array; modifiedMs: number }>();
  readonly folders = new Set<string>(['']);
  readonly odd = new Map<string, 'link' | 'other'>();
  beforeRename: (() => void) | undefined;
  cutAt = Number.POSITIVE_INFINITY;
  private now = 1_700_000_000_000;

  async stat(path: RemotePath): Promise<VirtualStat> {
    if (this.folders.has(path)) return { type: 'folder', size: 0, modifiedMs: 0 };
    const file = this.files.get(path);
    if (!file) throw this.missing(path);
    return { type: 'file', size: file.content.length, modifiedMs: file.modifiedMs };
  }

  async list(folder: RemotePath) {
    if (!this.folders.has(folder)) {
      if (this.files.has(folder)) throw new RemoteError('notAFolder', `"${folder}" is a file.`);
      throw this.missing(folder);
    }
    const below = folder === '' ? '' : `${folder}/`;
    const found: [string, 'file' | 'folder' | 'link' | 'other'][] = [];
    const add = (path: string, type: 'file' | 'folder' | 'link' | 'other') => {
      const name = path.slice(below.length);
      if (path !== folder && path.startsWith(below) && name !== '' && !name.includes('/'))
        found.push([name, type]);
    };
    for (const path of this.folders) add(path, 'folder');
    for (const path of this.files.keys()) add(path, 'file');
    for (const [path, type] of this.odd) add(path, type);
    return found.reverse();
  }

  async read(path: RemotePath) {
    const file = this.files.get(path);
    if (!file) throw this.missing(path);
    return file.content;
  }

  async write(path: RemotePath, content: Uint8Array) {
    if (!this.folders.has(parentPath(path))) throw this.missing(path);
    this.files.set(path, { content: content.slice(0, this.cutAt), modifiedMs: this.now++ });
  }

  async remove(path: RemotePath) {
    if (!this.files.delete(path) && !this.folders.delete(path)) throw this.missing(path);
  }

  async rename(from: RemotePath, to: RemotePath, overwrite: boolean) {
    this.beforeRename?.();
    const file = this.files.get(from);
    if (!file) throw this.missing(from);
    if (this.folders.has(to)) throw new RemoteError('isAFolder', `"${to}" is a folder.`);
    if (this.files.has(to) && !overwrite) throw new RemoteError('alreadyExists', `"${to}" already exists.`);
    this.files.delete(from);
    this.files.set(to, file);
  }

  async makeFolder(path: RemotePath) {
    this.folders.add(path);
  }

  private missing(path: string): RemoteError {
    return new RemoteError('notFound', `There is no "${path}".`);
  }
}

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
  await refused(write(remote, at(rootPath, 'f'), 'the new content'), 'damaged');
  assert.equal(await readText(remote, at(rootPath, 'f')), 'the old content');
  assert.deepEqual([...files.files.keys()], ['f']);
});

test('virtual folder: a file that appears while another is written is not overwritten', async () => {
  const files = new FolderInMemory();
  const remote = openVirtualFolder({ files, asTarget: true });
  files.beforeRename = () => files.files.set('f', { content: Buffer.from('theirs'), modifiedMs: 5 });
  await refused(write(remote, at(rootPath, 'f'), 'ours', {}, beAbsent), 'alreadyExists');
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

test('virtual folder: one that can only be read says so before anything is sent', async () => {
  const files = new FolderInMemory();
  files.writable = false;
  const remote = openVirtualFolder({ files, asTarget: true });
  await refused(write(remote, at(rootPath, 'f'), 'x'), 'forbidden');
  assert.deepEqual(await names(remote, rootPath), []);
});
