import type { FolderFileSystem, VirtualStat } from '../../src/remote/folderFileSystem';
import { RemoteError } from '../../src/remote/remoteError';
import { parentPath, type RemotePath } from '../../src/remote/remotePath';

/** A provider's folder in memory, with what goes wrong in real ones. */
export class FolderInMemory implements FolderFileSystem {
  writable = true;
  readonly files = new Map<string, { content: Uint8Array; modifiedMs: number }>();
  readonly folders = new Set<string>(['']);
  readonly odd = new Map<string, 'link' | 'other'>();
  beforeRename: (() => void) | undefined;
  cutAt = Number.POSITIVE_INFINITY;
  private now = 1_700_000_000_000;

  constructor(readonly shown = 'mem://test/folder') {}

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
