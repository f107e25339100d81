import { existsSync, lstatSync, opendirSync, realpathSync, statSync } from 'node:fs';
import { mkdir, realpath } from 'node:fs/promises';
import path from 'node:path';
import { type NameRules, nameProblem } from '../../remote/capabilities';
import { RemoteError } from '../../remote/remoteError';
import { parentPath, type RemotePath } from '../../remote/remotePath';
import { codeOf, rootError } from './localErrors';
import { removeLeftovers } from './temporaryNames';

/** Milliseconds for which a folder that was found to lie inside the root is not looked at again. */
const trustMs = 1000;

/**
 * The one border between RemotePaths and paths of this machine. Whatever is written passes `folderFor`, which proves that no link
 * among the parents leads out of the root (sync-semantics H19).
 */
export class LocalPaths {
  readonly root: string;
  private readonly proven = new Map<string, number>();
  private readonly beingProven = new Map<string, Promise<void>>();
  private realRoot: string | undefined;
  /** Folders in which what crashes left behind was looked for. */
  private readonly cleaned = new Set<string>();
  private readonly leftoverAgeMs: number;
  private knownRules: NameRules | undefined;
  private knownLocation: string | undefined;

  /** `root` is absolute. Temporary files untouched for `leftoverAgeMs` are removed from folders that are written into. */
  constructor(root: string, leftoverAgeMs: number) {
    this.root = path.resolve(root);
    this.leftoverAgeMs = leftoverAgeMs;
  }

  /** What names this folder can hold. Found out at the first use, from what is there; nothing is written. */
  get rules(): NameRules {
    this.knownRules ??= rulesOf(this.root);
    return this.knownRules;
  }

  /** See Capabilities; found out at the first use. */
  get location(): string {
    this.knownLocation ??= ['disk:', ...realPathOf(this.root).split(path.sep).filter(Boolean)].join('/');
    return this.knownLocation;
  }

  /** The absolute path of `remotePath`. Throws `badName` for what this system can't name. */
  absolute(remotePath: RemotePath): string {
    if (remotePath === '') return this.root;
    const problem = nameProblem(remotePath, this.rules);
    if (problem) throw new RemoteError('badName', `"${remotePath}" ${problem}.`);
    const below = path.sep === '/' ? remotePath : remotePath.split('/').join(path.sep);
    return this.root.endsWith(path.sep) ? this.root + below : this.root + path.sep + below;
  }

  /**
   * Makes the folder that `remotePath` is to be written into, proven to lie inside the root. Throws `badName` before
   * anything is made, `forbidden` when a link leads out, `alreadyExists` when a file is in the way.
   */
  async folderFor(remotePath: RemotePath, signal: AbortSignal): Promise<void> {
    this.absolute(remotePath);
    await this.makeFolder(parentPath(remotePath), signal);
  }

  /** Makes `folder` and its parents, each proven to lie inside the root. */
  async makeFolder(folder: RemotePath, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    await this.makeProven(folder);
  }

  private async makeProven(folder: RemotePath): Promise<void> {
    const absolute = this.absolute(folder);
    const provenAt = this.proven.get(absolute);
    if (provenAt !== undefined && performance.now() - provenAt < trustMs) return;
    // Files that are written at once often share their folder.
    let proof = this.beingProven.get(absolute);
    if (!proof) {
      proof = this.prove(folder, absolute).finally(() => this.beingProven.delete(absolute));
      this.beingProven.set(absolute, proof);
    }
    await proof;
  }

  private async prove(folder: RemotePath, absolute: string): Promise<void> {
    if (folder === '') {
      try {
        await mkdir(absolute, { recursive: true });
        this.realRoot = await realpath(absolute);
      } catch (error) {
        throw rootError(error, absolute, "can't be made");
      }
    } else {
      await this.makeProven(parentPath(folder));
      await makeOne(absolute, folder);
      await this.proveInside(absolute, folder);
    }
    if (!this.cleaned.has(absolute)) {
      this.cleaned.add(absolute);
      await removeLeftovers(absolute, this.leftoverAgeMs);
    }
    if (this.proven.size > 10_000) this.proven.clear();
    this.proven.set(absolute, performance.now());
  }

  /** Forgets what was found out about folders: something turned out to have moved. */
  forget(): void {
    this.proven.clear();
  }

  /** Where `absolute`, a link or not, really is. Throws `forbidden` unless that is inside the root. */
  async proveInside(absolute: string, remotePath: RemotePath): Promise<string> {
    this.realRoot ??= await realpath(this.root);
    const real = await realpath(absolute);
    const inside = path.relative(this.realRoot, real);
    if (inside === '..' || inside.startsWith(`..${path.sep}`) || path.isAbsolute(inside))
      throw new RemoteError(
        'forbidden',
        `"${remotePath}" leads out of the folder, to ${real}, so nothing is written there.`,
      );
    return real;
  }
}

async function makeOne(absolute: string, folder: RemotePath): Promise<void> {
  try {
    await mkdir(absolute);
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
    const there = statSync(absolute, { throwIfNoEntry: false });
    if (!there) throw new RemoteError('forbidden', `"${folder}" is a link that leads nowhere.`);
    if (!there.isDirectory())
      throw new RemoteError('alreadyExists', `"${folder}" is a file, so there can be no folder.`);
  }
}

/** `absolute` with links resolved, as far as it is there yet. */
function realPathOf(absolute: string): string {
  try {
    return realpathSync.native(absolute);
  } catch {
    // What is missing (or closed to us) is no link that we could follow.
    const above = path.dirname(absolute);
    return above === absolute ? absolute : path.join(realPathOf(above), path.basename(absolute));
  }
}

function rulesOf(root: string): NameRules {
  const caseSensitive = seesCase(root) ?? (process.platform !== 'win32' && process.platform !== 'darwin');
  if (process.platform === 'win32') return { caseSensitive, foldsUnicode: false, forbids: 'windows' };
  if (process.platform === 'darwin') return { caseSensitive, foldsUnicode: true, forbids: 'posix' };
  return {
    caseSensitive,
    foldsUnicode: false,
    forbids: 'posix',
    maxPartBytes: 255,
    maxPathBytes: 4095 - Buffer.byteLength(root) - 1,
  };
}

/**
 * Whether another case of a name that is there is another name; undefined when nothing there can tell. A folder that isn't there yet will
 * lie on the disk of the nearest one that is.
 */
function seesCase(root: string): boolean | undefined {
  for (let folder = root; ; folder = path.dirname(folder)) {
    for (const name of someNames(folder)) {
      const verdict = seesCaseOf(path.join(folder, name));
      if (verdict !== undefined) return verdict;
    }
    const isThere = existsSync(folder);
    if (isThere || folder === path.dirname(folder)) return isThere ? seesCaseOf(folder) : undefined;
  }
}

function someNames(root: string): string[] {
  const names: string[] = [];
  try {
    const folder = opendirSync(root);
    try {
      for (let i = 0; i < 50; i++) {
        const entry = folder.readSync();
        if (!entry) break;
        names.push(entry.name);
      }
    } finally {
      folder.closeSync();
    }
  } catch {
    // Absent or unreadable: the folder's own name may still tell, and whoever lists it will hear the error.
  }
  return names;
}

function seesCaseOf(file: string): boolean | undefined {
  const name = path.basename(file);
  const lower = name.toLowerCase();
  const other = path.join(path.dirname(file), lower === name ? name.toUpperCase() : lower);
  if (other === file) return undefined;
  try {
    const here = lstatSync(file, { bigint: true });
    const there = lstatSync(other, { bigint: true, throwIfNoEntry: false });
    return !there || there.ino !== here.ino || there.dev !== here.dev;
  } catch {
    return undefined;
  }
}
