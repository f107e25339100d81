import type { RemotePath } from './remotePath';

/**
 * A folder of the editor's file system API (a virtual workspace). Paths are relative to the folder. Every call throws RemoteErrors:
 * `notFound`, `alreadyExists`, `isAFolder`, `notAFolder`, `forbidden`, `unavailable`, `other`.
 */
export interface FolderFileSystem {
  /** The folder's name in messages. */
  readonly shown: string;
  /** Whether writing is possible at all. */
  readonly writable: boolean;
  stat(path: RemotePath): Promise<VirtualStat>;
  /** Names and types of a folder's entries, in any order. */
  list(folder: RemotePath): Promise<readonly (readonly [name: string, type: VirtualType])[]>;
  read(path: RemotePath): Promise<Uint8Array>;
  /** Creates or overwrites a file. Its parent must exist. */
  write(path: RemotePath, content: Uint8Array): Promise<void>;
  /** Permanently removes a file or an empty folder. */
  remove(path: RemotePath): Promise<void>;
  rename(from: RemotePath, to: RemotePath, overwrite: boolean): Promise<void>;
  /** Makes the folder and its parents. */
  makeFolder(path: RemotePath): Promise<void>;
}

export type VirtualType = 'file' | 'folder' | 'link' | 'other';

export interface VirtualStat {
  readonly type: VirtualType;
  /** Bytes. */
  readonly size: number;
  /** Milliseconds since the epoch; 0 when unknown. */
  readonly modifiedMs: number;
}
