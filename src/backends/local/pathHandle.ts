import fs, { type BigIntStats, constants, existsSync } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { directCalls } from './syncFileCalls';

const open = promisify(fs.open);

/** Opens only to hold on (O_PATH of open(2)), which needs no permission to read. Node has no name for the flag. */
const openPathOnly = 0o10_000_000;

/**
 * Whether this system has paths that go through an open file or folder (proc(5)): they lead to that very thing, whatever becomes of
 * the names on the way to it.
 */
function hasHandlePaths(): boolean {
  // Asked when first needed: what loads this file may never touch the disk.
  handlesLead ??= process.platform === 'linux' && existsSync('/proc/self/fd');
  return handlesLead;
}
let handlesLead: boolean | undefined;

/** Where an open file or folder is by now, without links; ends in ` (deleted)` where it is nowhere. Undefined where the system can't tell. */
export function pathOfDescriptor(descriptor: number): string | undefined {
  return hasHandlePaths() ? fs.readlinkSync(`/proc/self/fd/${descriptor}`) : undefined;
}

/**
 * A file or folder that stays the same one while it is held. Where the system has paths through handles, it is open, and nothing that is done
 * by `way` can be led elsewhere. Where it hasn't, it is known by its place and identity, and only `isInPlace` tells whether
 * the path still leads there: so that is to be asked after a file was made as well.
 */
export class PathHandle {
  /** A path that leads to it for as long as it is held. */
  readonly path: string;
  /** Its path without links. */
  readonly realPath: string;
  private readonly descriptor: number | undefined;
  private readonly identity: string | undefined;

  private constructor(way: string, real: string, descriptor?: number, identity?: string) {
    this.path = way;
    this.realPath = real;
    this.descriptor = descriptor;
    this.identity = identity;
  }

  /** Takes hold of the folder (with `isFolder`) or whatever else `absolute` leads to, through links. Errors are those of `node:fs`. */
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
    return new PathHandle(
      `/proc/self/fd/${descriptor}`,
      pathOfDescriptor(descriptor) ?? absolute,
      descriptor,
    );
  }

  /** Whether the path may lead elsewhere from one call to the next. */
  get mayBeSwapped(): boolean {
    return this.descriptor === undefined;
  }

  /** The path of `name` in this folder. */
  join(name: string): string {
    return this.path.endsWith(path.sep) ? this.path + name : this.path + path.sep + name;
  }

  /** Whether it is where it was, and its path leads there. */
  async isInPlace(): Promise<boolean> {
    if (this.descriptor !== undefined) return pathOfDescriptor(this.descriptor) === this.realPath;
    const real = await realpath(this.path);
    return real === this.realPath && identityOf(await stat(real, { bigint: true })) === this.identity;
  }

  /** Where its path leads now, without links. */
  async currentPath(): Promise<string> {
    return this.descriptor === undefined
      ? realpath(this.path)
      : (pathOfDescriptor(this.descriptor) ?? this.realPath);
  }

  close(): void {
    if (this.descriptor !== undefined) fs.closeSync(this.descriptor);
  }
}

function identityOf(stats: BigIntStats): string {
  return `${stats.dev}:${stats.ino}`;
}
