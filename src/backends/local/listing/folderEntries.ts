import { lstatSync } from 'node:fs';
import { lstat, stat } from 'node:fs/promises';
import path from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Entry, UnsupportedEntry, UnsupportedReason } from '../../../remote/entry';
import { baseName, type RemotePath } from '../../../remote/remotePath';
import type { HashCache } from '../hashCache';
import { fileEntry } from '../localEntry';
import { codeOf, localError } from '../localErrors';
import { identityOf } from '../pathHandle';
import { directCalls } from '../syncFileCalls';
import { hasTemporaryForm, isTemporary } from '../temporaryNames';
import type { Item } from './folderNames';
import { isReadable, mayRead } from './readable';

const maxStatConcurrency = 64;
/** Milliseconds of direct calls after which other tasks of the thread get a turn. */
const maxTurnMs = 8;

/** A folder's entry with its sort key; `identity` is the device and inode of a folder behind a link. */
export interface FoundChild {
  readonly entry: Entry;
  readonly order: string;
  readonly identity?: string;
}

/** Looks at the things in folders. */
export class EntryReader {
  /** `followSymlinks`: whether links count as their targets. `known`: where the MD5s of files may be known. */
  constructor(
    private readonly followSymlinks: boolean,
    private readonly known: HashCache | undefined,
    private readonly signal: AbortSignal,
  ) {}

  /**
   * Looks at these items of a folder: by direct calls while the disk responds at once, which cost a tenth of calls in the thread pool; else
   * there, with bounded concurrency. Undefined for our temporary files. Throws RemoteErrors of the disk, but not of a single item.
   */
  async look(
    items: readonly Item[],
    absolute: string,
    folder: RemotePath,
  ): Promise<(FoundChild | undefined)[]> {
    const { signal } = this;
    // Each time, because another window may replace the file of the cache meanwhile.
    await this.known?.load();
    const children: (FoundChild | undefined)[] = new Array(items.length);
    const prefix = absolute.endsWith(path.sep) ? absolute : absolute + path.sep;
    const left: number[] = [];
    signal.throwIfAborted();
    let turnAt = performance.now();
    for (let i = 0; i < items.length; i++) {
      const item = items[i] as Item;
      const found = directCalls.isSlow
        ? 'ask'
        : directCalls.measure(() => this.childNow(item, prefix, folder));
      if (found === 'ask') left.push(i);
      else children[i] = found;
      if (i % 64 < 63 || performance.now() - turnAt < maxTurnMs) continue;
      await nextTurn();
      signal.throwIfAborted();
      turnAt = performance.now();
    }
    let next = 0;
    const work = async () => {
      while (next < left.length) {
        signal.throwIfAborted();
        const i = left[next++] as number;
        children[i] = await this.toChild(items[i] as Item, prefix, folder);
      }
    };
    await Promise.all(Array.from({ length: Math.min(maxStatConcurrency, left.length) }, work));
    return children;
  }

  /** The child by one direct call, or `ask` where that can't tell everything. `prefix` is the path of the folder with a separator. */
  private childNow({ name, kind }: Item, prefix: string, folder: RemotePath): FoundChild | undefined | 'ask' {
    if (kind !== 'file') return 'ask';
    try {
      const file = prefix + name;
      const stats = lstatSync(file, { bigint: true, throwIfNoEntry: false });
      if (!stats?.isFile() || !mayRead(stats)) return 'ask';
      if (isTemporary(name, stats)) return undefined;
      const entry = fileEntry(pathIn(folder, name), stats);
      return { entry: this.known?.withMd5(entry, file, stats.ctimeNs) ?? entry, order: name };
    } catch {
      return 'ask';
    }
  }

  private async toChild(
    { name, kind }: Item,
    prefix: string,
    folder: RemotePath,
  ): Promise<FoundChild | undefined> {
    const { followSymlinks: follow, known } = this;
    const child = pathIn(folder, name);
    const not = (reason: UnsupportedReason, size?: number): FoundChild => ({
      entry: unusable(folder, child, reason, size),
      order: name,
    });
    if (kind === 'badText') return not('invalidText');
    if (kind === 'folder' && !follow) return { entry: { kind: 'folder', path: child }, order: `${name}/` };
    const file = prefix + name;
    try {
      let stats = await lstat(file, { bigint: true });
      if (isTemporary(name, stats)) return undefined;
      if (stats.isSymbolicLink()) {
        if (!follow) return not('symlink');
        stats = await stat(file, { bigint: true });
      }
      if (stats.isDirectory())
        return { entry: { kind: 'folder', path: child }, order: `${name}/`, identity: identityOf(stats) };
      if (!stats.isFile()) return not('notRegular');
      if (!(await isReadable(file, stats))) return not('unreadable', Number(stats.size));
      const entry = fileEntry(child, stats);
      return { entry: known?.withMd5(entry, file, stats.ctimeNs) ?? entry, order: name };
    } catch (error) {
      switch (codeOf(error)) {
        case 'ELOOP':
          return not('linkLoop');
        case 'ENOENT':
          // Our temporary file was renamed meanwhile.
          if (hasTemporaryForm(name) && kind !== 'link') return undefined;
          return not(kind === 'link' ? 'brokenLink' : 'unreadable');
        case 'EACCES':
        case 'EPERM':
        case 'ENOTDIR':
          return not('unreadable');
        default:
          throw localError(error, child, "can't be accessed");
      }
    }
  }
}

/** The path of the entry `name` of a folder. */
export function pathIn(folder: RemotePath, name: string): RemotePath {
  return (folder === '' ? name : `${folder}/${name}`) as RemotePath;
}

/** The entry for `child`, the path of an entry of `folder` that is no usable file or folder. */
export function unusable(
  folder: RemotePath,
  child: RemotePath,
  reason: UnsupportedReason,
  size?: number,
): UnsupportedEntry {
  return {
    kind: 'unusable',
    folder,
    name: baseName(child),
    reason,
    protects: child,
    ...(size !== undefined && { size }),
  };
}
