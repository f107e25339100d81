import { forEachConcurrent, WeightedSemaphore } from '../base/semaphore';
import { matchKey } from '../remote/capabilities';
import { fileIfExists } from '../remote/endpoint';
import type { FileEntry } from '../remote/entry';
import { isSameFile } from '../remote/entry';
import type { Precondition, Remote } from '../remote/remote';
import { isRemoteError, RemoteError } from '../remote/remoteError';
import { baseName, parentPath, type RemotePath } from '../remote/remotePath';

/** Folders listed at once. */
const maxListingConcurrency = 8;

/** Where one file is to go. */
export interface FileTarget {
  readonly to: Remote;
  readonly target: RemotePath;
}

/**
 * The files that stood where others are to go when somebody was asked whether they may be replaced. Just those may be: what was saved there
 * later, or came to be, is not what was agreed to.
 */
export class SeenTargets {
  private readonly byRemote = new Map<Remote, Map<string, FileEntry>>();

  /** Notes what is there, as it is now: by a listing of each folder, or by a look where one file goes alone. */
  async record(targets: readonly FileTarget[], signal: AbortSignal): Promise<void> {
    const byRemote = new Map<Remote, Map<RemotePath, RemotePath[]>>();
    for (const { to, target } of targets) {
      const byFolder = byRemote.get(to) ?? new Map<RemotePath, RemotePath[]>();
      byRemote.set(to, byFolder);
      const folder = parentPath(target);
      const siblings = byFolder.get(folder);
      if (siblings) siblings.push(target);
      else byFolder.set(folder, [target]);
    }
    let failure: { readonly error: unknown } | undefined;
    for (const [to, byFolder] of byRemote) {
      const lookInto = async ([folder, paths]: readonly [RemotePath, readonly RemotePath[]]) => {
        try {
          const [only] = paths;
          if (only !== undefined && paths.length === 1)
            this.recordFile(to, await fileIfExists(to, only, signal));
          else await this.recordFolder(to, folder, paths, signal);
        } catch (error) {
          // Nobody saw what may only be written to, so nothing of it is replaced; what is new there still can be written.
          if (!isRemoteError(error, 'forbidden')) failure ??= { error };
        }
      };
      const failed = () => failure !== undefined;
      await forEachConcurrent(
        byFolder,
        new WeightedSemaphore(maxListingConcurrency),
        () => 1,
        lookInto,
        signal,
        failed,
      );
    }
    signal.throwIfAborted();
    if (failure) throw failure.error;
  }

  /** What must be at `target` when it is written. */
  precondition({ to, target }: FileTarget): Precondition {
    const entry = this.at(to, target);
    return entry ? { kind: 'ifMatch', entry } : { kind: 'ifAbsent' };
  }

  /** The file is ours now: trying again may replace it. */
  recordWritten(to: Remote, entry: FileEntry): void {
    this.recordFile(to, entry);
  }

  /** What a refused write failed with; in its own words where the target is not what was agreed to. */
  async explainRefusal(error: unknown, { to, target }: FileTarget, signal: AbortSignal): Promise<unknown> {
    if (!isRemoteError(error, 'changed', 'alreadyExists', 'notFound')) return error;
    const seen = this.at(to, target);
    const now = await fileIfExists(to, target, signal).catch(() => seen);
    signal.throwIfAborted();
    if (seen ? now && isSameFile(seen, now) : !now) return error;
    const message = !seen
      ? `"${target}" came to be after you chose what to replace, so it stays as it is.`
      : now
        ? `"${target}" has changed since you chose to replace it, so it stays as it is.`
        : `"${target}" is gone since you chose to replace it, so nothing was put there.`;
    return new RemoteError('changed', message, { cause: error });
  }

  private at(to: Remote, target: RemotePath): FileEntry | undefined {
    return this.byRemote.get(to)?.get(matchKey(target, to.capabilities.names));
  }

  private recordFile(to: Remote, entry: FileEntry | undefined): void {
    if (!entry) return;
    const files = this.byRemote.get(to) ?? new Map<string, FileEntry>();
    this.byRemote.set(to, files);
    files.set(matchKey(entry.path, to.capabilities.names), entry);
  }

  private async recordFolder(
    to: Remote,
    folder: RemotePath,
    paths: readonly RemotePath[],
    signal: AbortSignal,
  ): Promise<void> {
    const wanted = new Set(paths.map((path) => matchKey(path, to.capabilities.names)));
    try {
      for await (const page of to.list(folder, {}, signal))
        for (const entry of page)
          if (entry.kind === 'file' && wanted.has(matchKey(entry.path, to.capabilities.names)))
            this.recordFile(to, entry);
    } catch (error) {
      // Without the folder none of its files is there; a file in its place will be told by the writing.
      if (!isRemoteError(error, 'notFound', 'notAFolder')) throw error;
    }
  }
}

/** Something is where a file or folder is to go. Nothing was done yet. */
export class TargetTaken extends RemoteError {
  /** What was there when this was thrown, for a question whether it may be replaced. */
  readonly seen: SeenTargets;

  constructor(path: RemotePath, kind: 'file' | 'folder', seen: SeenTargets) {
    const what = kind === 'folder' ? 'A folder' : 'A file';
    super('alreadyExists', `${what} named "${baseName(path)}" is already there ("${path}").`);
    this.seen = seen;
  }
}
