import { existsSync, lstatSync, opendirSync, realpathSync, statSync } from 'node:fs';
import { lstat, mkdir, realpath } from 'node:fs/promises';
import path from 'node:path';
import { type NameRules, nameProblem } from '../../remote/capabilities';
import { RemoteError } from '../../remote/remoteError';
import { baseName, parentPath, type RemotePath, rootPath } from '../../remote/remotePath';
import { DurableFolders } from './durableFolders';
import { FolderHandles } from './folderHandles';
import { codeOf, rootError } from './localErrors';
import { PathHandle } from './pathHandle';
import { removeLeftovers } from './temporaryNames';

/**
 * The only place that converts RemotePaths to paths of this machine. Every change happens in an open folder that is verified to lie
 * inside the root, so a link that is put among its parents meanwhile can't lead out (sync-semantics H19).
 */
export class LocalPaths {
  readonly root: string;
  /** See `LocalOptions`. */
  readonly ownThread: boolean;
  private readonly leftoverAgeMs: number;
  private cachedRealRoot: string | undefined;
  private cachedRules: NameRules | undefined;
  private cachedStorageId: string | undefined;
  /** Folders that were searched for files that a crash left. */
  private readonly cleaned = new Set<string>();
  private readonly durableFolders = new DurableFolders();
  private readonly handles = new FolderHandles();
  /** The real path above the topmost folder that was created for the root. */
  private aboveCreatedRoot: string | undefined;

  /** `root` is absolute. Writes remove temporary files that are untouched for `leftoverAgeMs` from their folder. */
  constructor(root: string, leftoverAgeMs: number, ownThread: boolean) {
    this.root = path.resolve(root);
    this.ownThread = ownThread;
    this.leftoverAgeMs = leftoverAgeMs;
  }

  /** The name rules of this folder, detected at the first use without writing. */
  get rules(): NameRules {
    this.cachedRules ??= rulesOf(this.root);
    return this.cachedRules;
  }

  /** See Capabilities; resolved at the first use. */
  get storageId(): string {
    this.cachedStorageId ??= ['disk:', ...realPathOf(this.root).split(path.sep).filter(Boolean)].join('/');
    return this.cachedStorageId;
  }

  /** The root without links, as it was at the first use: a root that becomes a link later is not followed. */
  private get realRoot(): string {
    this.cachedRealRoot ??= realPathOf(this.root);
    return this.cachedRealRoot;
  }

  /** The absolute path of `remotePath`. Throws `badName` for a name that this system does not allow. */
  absolute(remotePath: RemotePath): string {
    if (remotePath === '') return this.root;
    const problem = nameProblem(remotePath, this.rules);
    if (problem) throw new RemoteError('badName', `"${remotePath}" ${problem}.`);
    return this.joined(remotePath);
  }

  private joined(remotePath: RemotePath): string {
    if (remotePath === '') return this.root;
    const below = path.sep === '/' ? remotePath : remotePath.split('/').join(path.sep);
    return this.root.endsWith(path.sep) ? this.root + below : this.root + path.sep + below;
  }

  /**
   * Runs `use` with the open folder of `remotePath`, verified to lie inside the root, and the name in it. Throws errors of `node:fs`,
   * `forbidden` when a link leads out, and `unsupported` for the root.
   */
  async withFolderOf<T>(
    remotePath: RemotePath,
    signal: AbortSignal,
    use: (folder: PathHandle, name: string) => Promise<T>,
  ): Promise<T> {
    if (remotePath === '') throw new RemoteError('unsupported', `"${this.root}" itself can't be changed.`);
    this.absolute(remotePath);
    signal.throwIfAborted();
    const parent = parentPath(remotePath);
    const open = () => this.openInside(this.joined(parent), true, remotePath);
    return this.usingFolder(parent, open, (folder) => use(folder, baseName(remotePath)));
  }

  /** As `withFolderOf`, but creates missing folders. Throws `badName` before it creates any, `alreadyExists` for a file among them. */
  async withCreatedFolderOf<T>(
    remotePath: RemotePath,
    signal: AbortSignal,
    use: (folder: PathHandle, name: string) => Promise<T>,
  ): Promise<T> {
    this.absolute(remotePath);
    signal.throwIfAborted();
    const parent = parentPath(remotePath);
    const cleanAndUse = async (folder: PathHandle) => {
      await this.clean(folder);
      return use(folder, baseName(remotePath));
    };
    return this.usingFolder(parent, () => this.openOrCreate(parent), cleanAndUse);
  }

  private usingFolder<T>(
    folder: RemotePath,
    open: () => Promise<PathHandle>,
    use: (folder: PathHandle) => Promise<T>,
  ): Promise<T> {
    const absolute = this.joined(folder);
    return this.handles.using(absolute, this.realRoot + absolute.slice(this.root.length), open, use);
  }

  /** Creates `folder` and its parents, each inside the root. */
  async makeFolder(folder: RemotePath, signal: AbortSignal): Promise<void> {
    this.absolute(folder);
    signal.throwIfAborted();
    (await this.openOrCreate(folder)).close();
  }

  /** Runs `use` with an open handle of the file at `absolute`, verified to lie inside the root. `remotePath` names it in errors. */
  async withFile<T>(
    absolute: string,
    remotePath: RemotePath,
    use: (file: PathHandle) => Promise<T>,
  ): Promise<T> {
    return using(await this.openInside(absolute, false, remotePath), use);
  }

  /** Runs `use` with the open folder of the target of the link at `absolute`, and the target's name. */
  async withLinkTarget<T>(
    absolute: string,
    remotePath: RemotePath,
    use: (folder: PathHandle, name: string) => Promise<T>,
  ): Promise<T> {
    const real = await realpath(absolute);
    this.assertInside(real, remotePath);
    const folder = await this.openInside(path.dirname(real), true, remotePath);
    return using(folder, () => use(folder, path.basename(real)));
  }

  /** Throws `forbidden` or `changed` unless the handle's folder is still in its place. */
  async assertInPlace(folder: PathHandle, remotePath: RemotePath): Promise<void> {
    if (await folder.isInPlace()) return;
    throw this.displaced(await folder.currentPath(), remotePath);
  }

  /** As `assertInPlace`, for a handle that can't be swapped. */
  assertInPlaceNow(folder: PathHandle, remotePath: RemotePath): void {
    if (!folder.isInPlaceNow()) throw this.displaced(folder.realPath, remotePath);
  }

  private displaced(currentPath: string, remotePath: RemotePath): RemoteError {
    this.assertInside(currentPath, remotePath);
    const happened = `The folder of "${remotePath}" was moved or replaced meanwhile`;
    return new RemoteError('changed', `${happened}, so nothing was changed there.`);
  }

  /** Forces the names in an open folder, and the new folders above it, to the disk. */
  async forceToDisk({ realPath }: PathHandle): Promise<void> {
    await this.durableFolders.force(realPath, this.aboveCreatedRoot ?? this.realRoot);
  }

  /**
   * Throws `changed` when the open file `remotePath` was reached through a link below the root. `realPath` is the file's path without
   * links, if the system provides it.
   */
  async assertNoLink(remotePath: RemotePath, realPath: string | undefined): Promise<void> {
    if (realPath !== undefined) this.assertStraight(remotePath, realPath);
    else
      for (let at = remotePath; at !== ''; at = parentPath(at))
        if ((await lstat(this.absolute(at))).isSymbolicLink()) throw behindLink(remotePath);
  }

  /** As `assertNoLink`, by synchronous calls. */
  assertNoLinkNow(remotePath: RemotePath, realPath: string | undefined): void {
    if (realPath !== undefined) this.assertStraight(remotePath, realPath);
    else
      for (let at = remotePath; at !== ''; at = parentPath(at))
        if (lstatSync(this.absolute(at)).isSymbolicLink()) throw behindLink(remotePath);
  }

  private assertStraight(remotePath: RemotePath, realPath: string): void {
    const straight = this.realRoot + this.joined(remotePath).slice(this.root.length);
    if (realPath !== straight) throw behindLink(remotePath);
  }

  /** Opens the folder; creates it if it is missing. */
  private async openOrCreate(folder: RemotePath): Promise<PathHandle> {
    const absolute = this.joined(folder);
    try {
      return await this.openInside(absolute, true, folder);
    } catch (error) {
      // A file among the parents, or a broken link, fails below.
      if (codeOf(error) !== 'ENOENT' && codeOf(error) !== 'ENOTDIR')
        throw folder === '' ? rootError(error, absolute, "can't be created") : error;
    }
    if (folder === '') return this.createRoot();
    return using(await this.openOrCreate(parentPath(folder)), async (parent) => {
      const child = parent.join(baseName(folder));
      await this.durableFolders.creating([parent.realPath], () => createOne(child, folder));
      return this.openInside(child, true, folder);
    });
  }

  private async createRoot(): Promise<PathHandle> {
    try {
      const real = realPathOf(this.root);
      this.assertInside(real, rootPath);
      const above = foldersAboveMissing(real);
      const topmost = above.at(-1);
      // Set before the folder exists, because a concurrent write into it must sync the folders above too.
      if (topmost !== undefined && topmost.length < (this.aboveCreatedRoot ?? real).length)
        this.aboveCreatedRoot = topmost;
      await this.durableFolders.creating(above, () => mkdir(this.root, { recursive: true }));
      return await this.openInside(this.root, true, rootPath);
    } catch (error) {
      throw rootError(error, this.root, "can't be created");
    }
  }

  private async openInside(absolute: string, isFolder: boolean, remotePath: RemotePath): Promise<PathHandle> {
    // Resolved before anything is opened, so that a root that is replaced meanwhile is not trusted.
    const { realRoot } = this;
    const handle = await PathHandle.open(absolute, isFolder);
    try {
      this.assertInside(handle.realPath, remotePath, realRoot);
      return handle;
    } catch (error) {
      handle.close();
      throw error;
    }
  }

  private assertInside(real: string, remotePath: RemotePath, realRoot = this.realRoot): void {
    if (real === realRoot || real.startsWith(realRoot + path.sep)) return;
    const inside = path.relative(realRoot, real);
    if (inside !== '..' && !inside.startsWith(`..${path.sep}`) && !path.isAbsolute(inside)) return;
    const leads =
      remotePath === ''
        ? `The folder "${this.root}" now leads elsewhere, to ${real}`
        : `"${remotePath}" leads out of the folder, to ${real}`;
    throw new RemoteError('forbidden', `${leads}, so nothing is written there.`);
  }

  private async clean(folder: PathHandle): Promise<void> {
    if (this.cleaned.has(folder.realPath)) return;
    this.cleaned.add(folder.realPath);
    await removeLeftovers(folder.path, this.leftoverAgeMs);
  }
}

async function using<T>(handle: PathHandle, use: (handle: PathHandle) => Promise<T>): Promise<T> {
  try {
    return await use(handle);
  } finally {
    handle.close();
  }
}

function behindLink(path: RemotePath): RemoteError {
  return new RemoteError('changed', `"${path}" is behind a link now, and links are not followed.`);
}

async function createOne(absolute: string, folder: RemotePath): Promise<void> {
  try {
    await mkdir(absolute);
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
    const there = statSync(absolute, { throwIfNoEntry: false });
    if (!there) throw new RemoteError('forbidden', `"${folder}" is a broken link.`);
    if (!there.isDirectory())
      throw new RemoteError('alreadyExists', `"${folder}" is a file, so no folder can be created there.`);
  }
}

/** The parents of a missing folder, up to the first that exists. */
function foldersAboveMissing(absolute: string): string[] {
  const above = path.dirname(absolute);
  if (above === absolute) return [];
  return existsSync(above) ? [above] : [above, ...foldersAboveMissing(above)];
}

/** `absolute` with links resolved, as far as it exists. */
function realPathOf(absolute: string): string {
  try {
    return realpathSync.native(absolute);
  } catch {
    // A missing or unreadable part is kept as it is.
    const above = path.dirname(absolute);
    return above === absolute ? absolute : path.join(realPathOf(above), path.basename(absolute));
  }
}

function rulesOf(root: string): NameRules {
  const caseSensitive = detectsCase(root) ?? (process.platform !== 'win32' && process.platform !== 'darwin');
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
 * Whether names that differ in case are different names, tested with existing names; undefined when none can show it. A missing folder
 * will be on the disk of its nearest existing parent.
 */
function detectsCase(root: string): boolean | undefined {
  for (let folder = root; ; folder = path.dirname(folder)) {
    for (const name of someNames(folder)) {
      const isSensitive = detectsCaseOf(path.join(folder, name));
      if (isSensitive !== undefined) return isSensitive;
    }
    const isThere = existsSync(folder);
    if (isThere || folder === path.dirname(folder)) return isThere ? detectsCaseOf(folder) : undefined;
  }
}

function someNames(root: string): string[] {
  try {
    const folder = opendirSync(root);
    try {
      const entries = Array.from({ length: 50 }, () => folder.readSync());
      return entries.flatMap((entry) => (entry ? [entry.name] : []));
    } finally {
      folder.closeSync();
    }
  } catch {
    // Missing or unreadable: the folder's own name may show it, and a listing will report the error.
    return [];
  }
}

function detectsCaseOf(file: string): boolean | undefined {
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
