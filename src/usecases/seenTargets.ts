import { groupBy } from '../base/groupBy';
import { mapConcurrent } from '../base/semaphore';
import { matchKey } from '../remote/capabilities';
import { fileIfExists } from '../remote/endpoint';
import { type FileEntry, isSameFile } from '../remote/entry';
import type { Precondition, Remote } from '../remote/remote';
import { isRemoteError, RemoteError } from '../remote/remoteError';
import { baseName, parentPath, type RemotePath } from '../remote/remotePath';

/** Folders listed concurrently. */
const maxListingConcurrency = 8;

/** The place of one file. */
export interface FileTarget {
  readonly to: Remote;
  readonly target: RemotePath;
}

/**
 * The files that existed at the targets when the user was asked whether to replace them. Only these versions may be replaced: the user
 * did not agree to replace a file that was created or saved later.
 */
export class SeenTargets {
  private readonly byRemote = new Map<Remote, Map<string, FileEntry>>();

  /** Records the existing files at the targets, by one listing per folder, or a stat where a folder has one target. */
  async record(targets: readonly FileTarget[], signal: AbortSignal): Promise<void> {
    for (const [to, group] of groupBy(targets, ({ to }) => to)) {
      const folders = [...groupBy(group, ({ target }) => parentPath(target))];
      await mapConcurrent(folders.length, maxListingConcurrency, signal, async (i, stop) => {
        const [folder, siblings] = folders[i] as (typeof folders)[number];
        const [{ target }] = siblings as [FileTarget];
        const recorded =
          siblings.length === 1
            ? this.recordFile(to, target, stop)
            : this.recordFolder(to, folder, siblings, stop);
        await recorded.catch((error: unknown) => {
          // Where reading is forbidden, the user saw no files, so none are replaced; new files can still be written.
          if (!isRemoteError(error, 'forbidden')) throw error;
        });
      });
    }
  }

  /** What must be at `target` when it is written. */
  precondition({ to, target }: FileTarget): Precondition {
    const entry = this.at(to, target);
    return entry ? { kind: 'ifMatch', entry } : { kind: 'ifAbsent' };
  }

  /** Records a file that this copy wrote, so that a retry may replace it. */
  recordWritten(to: Remote, entry: FileEntry): void {
    const files = this.byRemote.get(to) ?? new Map<string, FileEntry>();
    this.byRemote.set(to, files);
    files.set(matchKey(entry.path, to.capabilities.names), entry);
  }

  /** The error of a refused write, with its own message where the target is not the file that the user saw. */
  async explainRefusal(error: unknown, { to, target }: FileTarget, signal: AbortSignal): Promise<unknown> {
    if (!isRemoteError(error, 'changed', 'alreadyExists', 'notFound')) return error;
    const seen = this.at(to, target);
    const now = await fileIfExists(to, target, signal).catch(() => seen);
    signal.throwIfAborted();
    if (seen ? now && isSameFile(seen, now) : !now) return error;
    return new RemoteError('changed', `"${target}" ${changeSince(seen, now)}.`, { cause: error });
  }

  private at(to: Remote, target: RemotePath): FileEntry | undefined {
    return this.byRemote.get(to)?.get(matchKey(target, to.capabilities.names));
  }

  private async recordFile(to: Remote, path: RemotePath, signal: AbortSignal): Promise<void> {
    const entry = await fileIfExists(to, path, signal);
    if (entry) this.recordWritten(to, entry);
  }

  private async recordFolder(
    to: Remote,
    folder: RemotePath,
    targets: readonly FileTarget[],
    signal: AbortSignal,
  ): Promise<void> {
    const key = (path: RemotePath) => matchKey(path, to.capabilities.names);
    const keys = new Set(targets.map(({ target }) => key(target)));
    try {
      for await (const page of to.list(folder, {}, signal))
        for (const entry of page)
          if (entry.kind === 'file' && keys.has(key(entry.path))) this.recordWritten(to, entry);
    } catch (error) {
      // A missing folder has no files. Where a file is in its place, the write itself fails.
      if (!isRemoteError(error, 'notFound', 'notAFolder')) throw error;
    }
  }
}

/** How a target differs from the file that the user saw there, as the end of a sentence. */
function changeSince(seen: FileEntry | undefined, now: FileEntry | undefined): string {
  if (!seen) return 'was created after you chose which files to replace, so it stays as it is';
  return now
    ? 'has changed since you chose to replace it, so it stays as it is'
    : 'was removed after you chose to replace it, so nothing was written there';
}

/** A target already exists. Nothing was done yet. */
export class TargetTaken extends RemoteError {
  /** The files that existed when this was thrown, for the question whether they may be replaced. */
  readonly seen: SeenTargets;

  constructor(path: RemotePath, kind: 'file' | 'folder', seen: SeenTargets) {
    const what = kind === 'folder' ? 'A folder' : 'A file';
    super('alreadyExists', `${what} named "${baseName(path)}" is already there ("${path}").`);
    this.seen = seen;
  }
}
