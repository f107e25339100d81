import type { RemotePath } from './remotePath';

/**
 * A folder that somebody else's code provides (the editor's file system of a virtual workspace), in the few calls that it has. Paths
 * are relative to the folder. Everything throws RemoteErrors: `notFound`, `alreadyExists`, `isAFolder`, `notAFolder`, `forbidden`,
 * `unavailable`, `other`.
 */
export interface FolderFileSystem {
  /** How messages name the folder. */
  readonly shown: string;
  /** Whether writing is possible at all. */
  readonly writable: boolean;
  stat(path: RemotePath): Promise<VirtualStat>;
  /** Names and types of what is in a folder, in any order. */
  list(folder: RemotePath): Promise<readonly (readonly [name: string, type: VirtualType])[]>;
  read(path: RemotePath): Promise<Uint8Array>;
  /** Creates or overwrites. Its parent exists. */
  write(path: RemotePath, content: Uint8Array): Promise<void>;
  /** A file, or an empty folder; for good. */
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
  /** Milliseconds since the epoch; 0 where the provider doesn't know. */
  readonly modifiedMs: number;
}
