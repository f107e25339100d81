import fs, { type BigIntStats, constants, existsSync } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { directCalls } from './syncFileCalls';

const open = promisify(fs.open);

/** O_PATH of open(2), for which Node has no constant: opens without permission to read. */
const openPathOnly = 0o10_000_000;

/**
 * Whether this system has paths through open files and folders (proc(5)). They lead to the opened object even when its path is
 * renamed or replaced.
 */
function hasHandlePaths(): boolean {
  // Checked lazily, because loading this module must not touch the disk.
  handlesLead ??= process.platform === 'linux' && existsSync('/proc/self/fd');
  return handlesLead;
}
let handlesLead: boolean | undefined;

/** The current real path of an open file or folder; ends in ` (deleted)` after its removal. Undefined where the system can't tell. */
export function pathOfDescriptor(descriptor: number): string | undefined {
  return hasHandlePaths() ? fs.readlinkSync(`/proc/self/fd/${descriptor}`) : undefined;
}

/**
 * A handle of a file or folder. On systems with paths through handles the object is open, and operations through `path` can't be
 * redirected. Elsewhere the handle only knows path and identity; then call `isInPlace` also after making a file in the folder.
 */
export class PathHandle {
  private constructor(
    /** A path to the object that is valid until `close`. */
    readonly path: string,
    /** The path without links when it was opened. */
    readonly realPath: string,
    private readonly descriptor?: number,
    private readonly identity?: string,
  ) {}

  /** Opens the folder (with `isFolder`) or other object at `absolute`, through links. Throws errors of `node:fs`. */
  static async open(absolute: string, isFolder: boolean): Promise<PathHandle> {
    if (!hasHandlePaths()) {
      const real = await realpath(absolute);
      const stats = await stat(real, { bigint: true });
      if (isFolder && !stats.isDirectory())
        throw Object.assign(new Error(`ENOTDIR: not a directory, '${absolute}'`), { code: 'ENOTDIR' });
      return new PathHandle(absolute, real, undefined, identityOf(stats));
    }
    const flags = openPathOnly | (isFolder ? constants.O_DIRECTORY : 0);
    const descriptor = await directCalls.call(
      () => fs.openSync(absolute, flags),
      () => open(absolute, flags),
    );
    const real = pathOfDescriptor(descriptor) ?? absolute;
    return new PathHandle(`/proc/self/fd/${descriptor}`, real, descriptor);
  }

  /** Whether another object may take the path's place between two calls. */
  get mayBeSwapped(): boolean {
    return this.descriptor === undefined;
  }

  /** The path of `name` in this folder. */
  join(name: string): string {
    return this.path.endsWith(path.sep) ? this.path + name : this.path + path.sep + name;
  }

  /** Whether the object is still at its path. */
  async isInPlace(): Promise<boolean> {
    if (!this.mayBeSwapped) return this.isInPlaceNow();
    const real = await realpath(this.path);
    return real === this.realPath && identityOf(await stat(real, { bigint: true })) === this.identity;
  }

  /** As `isInPlace`, for a handle that can't be swapped. */
  isInPlaceNow(): boolean {
    return this.descriptor !== undefined && pathOfDescriptor(this.descriptor) === this.realPath;
  }

  /** The current path without links. */
  async currentPath(): Promise<string> {
    if (this.descriptor === undefined) return realpath(this.path);
    return pathOfDescriptor(this.descriptor) ?? this.realPath;
  }

  close(): void {
    if (this.descriptor !== undefined) fs.closeSync(this.descriptor);
  }
}

/** Device and inode: equal for two paths of one file or folder. */
export function identityOf(stats: BigIntStats): string {
  return `${stats.dev}:${stats.ino}`;
}
