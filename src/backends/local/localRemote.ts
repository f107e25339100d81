import { createHash } from 'node:crypto';
import { rmdir, stat } from 'node:fs/promises';
import { instantToMs } from '../../remote/modifiedTime';
import type { Remote } from '../../remote/remote';
import { RemoteError } from '../../remote/remoteError';
import { baseName, type RemotePath } from '../../remote/remotePath';
import type { HashCache } from './hashCache';
import { fileEntry } from './localEntry';
import { codeOf, locally } from './localErrors';
import { listFolder, listRecursive } from './localListing';
import { LocalPaths } from './localPaths';
import { readLocal, readWholeLocal } from './localReading';
import { copyLocal, makeDurable, moveLocal, removeLocal, setTimeLocal, writeLocal } from './localWriting';

export interface LocalOptions {
  /** Absolute path of the root folder. The first write makes it. */
  readonly root: string;
  /** Whether files behind links may be read; listings have an option of their own. Default true. */
  readonly followSymlinks?: boolean;
  /** Whether every write is durable (see FileFacts), not only requested ones. Default false. */
  readonly syncToDisk?: boolean;
  /** Milliseconds after which an untouched temporary file counts as left by a crash. Default one hour. */
  readonly leftoverAgeMs?: number;
  /** Cache of MD5s; without it there is no `computeMd5`. */
  readonly hashes?: HashCache;
}

const pageSize = 1000;

/** A folder of this machine as a remote. Does no I/O. */
export function openLocalRemote({
  root,
  followSymlinks = true,
  syncToDisk = false,
  leftoverAgeMs = 3_600_000,
  hashes,
}: LocalOptions): Remote {
  const paths = new LocalPaths(root, leftoverAgeMs);

  return {
    get capabilities() {
      return {
        timePrecisionNs: 1000,
        listsModified: true,
        hash: 'none',
        names: paths.rules,
        preconditions: 'checkThenAct',
        hasDirectories: true,
        isLocalDisk: true,
        recoverableDeletes: false,
        storageId: paths.storageId,
      } as const;
    },

    list: (folder, options, signal) =>
      listFolder(
        paths.absolute(folder),
        folder,
        options.namePrefix ?? '',
        Math.max(1, options.pageSize ?? pageSize),
        signal,
      ),

    listRecursive: (folder, options, signal) =>
      listRecursive(paths.absolute(folder), folder, options, pageSize, signal),

    stat: (remotePath, signal) =>
      locally(paths.root, remotePath, "can't be looked at", signal, async () => {
        const looking = stat(paths.absolute(remotePath), { bigint: true });
        const stats = await (remotePath === '' ? looking : absentAsNotFound(remotePath, looking));
        if (stats.isDirectory()) return { kind: 'folder', path: remotePath };
        if (stats.isFile()) return fileEntry(remotePath, stats);
        const folder = remotePath.slice(0, Math.max(0, remotePath.lastIndexOf('/'))) as RemotePath;
        return {
          kind: 'unusable',
          folder,
          name: baseName(remotePath),
          reason: 'notRegular',
          protects: remotePath,
        };
      }),

    read: (remotePath, options, signal) =>
      locally(paths.root, remotePath, "can't be read", signal, () =>
        absentAsNotFound(remotePath, readLocal(paths, remotePath, options, followSymlinks, signal)),
      ),

    readToBuffer: (file, signal) =>
      locally(paths.root, file.path, "can't be read", signal, () =>
        absentAsNotFound(file.path, readWholeLocal(paths, file, followSymlinks, signal)),
      ),

    ...(hashes && {
      computeMd5: (file, signal) =>
        locally(paths.root, file.path, "can't be read", signal, async () => {
          signal.throwIfAborted();
          const absolute = paths.absolute(file.path);
          // Read before the content, so that a change meanwhile leaves a cache entry that never matches.
          const { ctimeNs } = await absentAsNotFound(file.path, stat(absolute, { bigint: true }));
          const modifiedMs = Math.max(
            file.modified ? instantToMs(file.modified) : Number.POSITIVE_INFINITY,
            Number(ctimeNs / 1_000_000n),
          );
          const hashed = { path: absolute, mark: `${file.version ?? ''}-${ctimeNs}`, modifiedMs };
          const known = file.version === undefined ? undefined : await hashes.find(hashed);
          if (known !== undefined) return known;
          const readFromMs = Date.now();
          const hash = createHash('md5');
          const { stream } = await readLocal(paths, file.path, { expected: file }, followSymlinks, signal);
          for await (const chunk of stream) hash.update(chunk);
          signal.throwIfAborted();
          const md5 = hash.digest('hex');
          hashes.store(hashed, md5, readFromMs);
          return md5;
        }),
    }),

    write: (remotePath, body, facts, precondition, signal) =>
      locally(paths.root, remotePath, "can't be written", signal, () =>
        writeLocal(paths, remotePath, body, facts, precondition, syncToDisk, signal),
      ),

    removeFile: (remotePath, precondition, signal) =>
      locally(paths.root, remotePath, "can't be deleted", signal, () =>
        removeLocal(paths, remotePath, precondition, signal),
      ),

    makeFolder: (remotePath, signal) =>
      locally(paths.root, remotePath, "can't be made", signal, () => paths.makeFolder(remotePath, signal)),

    removeFolder: (remotePath, signal) =>
      locally(paths.root, remotePath, "can't be deleted", signal, () =>
        paths.withFolderOf(remotePath, signal, (folder, name) => rmdir(folder.join(name))),
      ),

    serverSideCopy: (source, to, precondition, signal) =>
      locally(paths.root, source.path, "can't be copied", signal, () =>
        copyLocal(paths, source, to, precondition, syncToDisk, signal),
      ),

    serverSideMove: (source, to, precondition, signal) =>
      locally(paths.root, source.path, "can't be moved", signal, () =>
        moveLocal(paths, source, to, precondition, signal),
      ),

    makeDurable: (file, signal) =>
      locally(paths.root, file.path, "can't be forced to the disk", signal, () =>
        makeDurable(paths, file, signal),
      ),

    setModifiedTime: (file, time, signal) =>
      locally(paths.root, file.path, "can't be given another time", signal, () =>
        setTimeLocal(paths, file, time),
      ),
  };
}

/** For reads, a file in the place of a parent folder means that the path does not exist. */
async function absentAsNotFound<T>(remotePath: RemotePath, call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    if (codeOf(error) !== 'ENOTDIR') throw error;
    throw new RemoteError('notFound', `There is no "${remotePath}".`, { cause: error, code: 'ENOTDIR' });
  }
}
