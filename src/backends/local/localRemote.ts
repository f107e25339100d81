import { rmdir, stat } from 'node:fs/promises';
import type { Remote } from '../../remote/remote';
import { RemoteError } from '../../remote/remoteError';
import { parentPath, type RemotePath, rootPath } from '../../remote/remotePath';
import { type HashCache, LocalHashing } from './hashCache';
import { unusable } from './listing/folderEntries';
import { listFolder, listRecursive } from './listing/localListing';
import { fileEntry } from './localEntry';
import { codeOf, errorAt } from './localErrors';
import { LocalPaths } from './localPaths';
import { digestLocal, readIntoLocal, readLocal, readWholeLocal } from './localReading';
import { copyLocal, makeDurable, moveLocal, removeLocal, setTimeLocal, writeLocal } from './localWriting';
import { removePartial } from './partial/partialFile';

interface LocalOptions {
  /** Absolute path of the root folder. The first write creates it. */
  readonly root: string;
  /** Whether files behind links may be read; listings have an option of their own. Default true. */
  readonly followSymlinks?: boolean;
  /** Whether every write is durable (see FileFacts), not only requested ones. Default false. */
  readonly syncToDisk?: boolean;
  /** Milliseconds after which an untouched temporary file counts as left by a crash. Default one hour. */
  readonly leftoverAgeMs?: number;
  /** Whether this thread may wait for the disk, because nobody else uses it: then small files are read and written by synchronous calls. Default false. */
  readonly ownThread?: boolean;
  /** Cache of MD5s. Without it `computeMd5` is absent. */
  readonly hashes?: HashCache;
}

const maxPageSize = 1000;

/** A folder of this machine as a remote. Does no I/O. */
export function openLocalRemote({
  root,
  followSymlinks = true,
  syncToDisk = false,
  leftoverAgeMs = 3_600_000,
  ownThread = false,
  hashes,
}: LocalOptions): Remote {
  const paths = new LocalPaths(root, leftoverAgeMs, ownThread);
  const hashing = hashes && new LocalHashing(paths, hashes, followSymlinks);

  /** Runs `call` and converts its errors; `deed` is the failed operation. An aborted signal starts nothing, and its reason is thrown. */
  async function run<T>(
    path: RemotePath,
    deed: string,
    signal: AbortSignal,
    call: () => Promise<T>,
  ): Promise<T> {
    signal.throwIfAborted();
    try {
      return await call();
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      throw errorAt(error, paths.root, path, deed);
    }
  }

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
        // A write that must survive a power cut has to know the folders that other clients made.
        manyClients: !syncToDisk,
        recoverableDeletes: false,
        storageId: paths.storageId,
      } as const;
    },

    list: (folder, { namePrefix = '', pageSize = maxPageSize }, signal) =>
      listFolder(paths.absolute(folder), folder, namePrefix, Math.max(1, pageSize), signal),

    listRecursive: (folder, options, signal) =>
      listRecursive(paths.absolute(folder), folder, options, maxPageSize, hashes, signal),

    stat: (path, signal) =>
      run(path, "can't be accessed", signal, async () => {
        const found = stat(paths.absolute(path), { bigint: true });
        const stats = await (path === '' ? found : absentAsNotFound(path, found));
        if (stats.isDirectory()) return { kind: 'folder', path };
        return stats.isFile() ? fileEntry(path, stats) : unusable(parentPath(path), path, 'notRegular');
      }),

    read: (path, options, signal) =>
      run(path, "can't be read", signal, () =>
        absentAsNotFound(path, readLocal(paths, path, options, followSymlinks, signal)),
      ),

    readToBuffer: (file, signal) =>
      run(file.path, "can't be read", signal, () =>
        absentAsNotFound(file.path, readWholeLocal(paths, file, followSymlinks, signal)),
      ),

    readInto: (file, start, into, onFilled, signal) =>
      run(file.path, "can't be read", signal, () => {
        const filling = readIntoLocal(paths, file, start, into, onFilled, followSymlinks, signal);
        return absentAsNotFound(file.path, filling);
      }),

    computeDigests: (file, pieces, signal) =>
      run(file.path, "can't be read", signal, () =>
        absentAsNotFound(file.path, digestLocal(paths, file, pieces, followSymlinks, signal)),
      ),

    ...(hashing && {
      computeMd5: (file, signal) =>
        run(file.path, "can't be read", signal, () =>
          absentAsNotFound(file.path, hashing.computeMd5(file, signal)),
        ),
      computeMd5s: (files, signal) =>
        run(rootPath, "can't be read", signal, () => hashing.computeMd5s(files, signal)),
    }),

    write: (path, body, facts, precondition, signal) =>
      run(path, "can't be written", signal, () =>
        writeLocal(paths, path, body, facts, precondition, syncToDisk, signal),
      ),

    discardWrite: (path, recorded, signal) =>
      run(path, "can't be removed", signal, () =>
        paths
          .withFolderOf(path, signal, (folder, name) => removePartial(folder.path, name, recorded))
          .catch((error: unknown) => {
            if (codeOf(error) !== 'ENOENT') throw error;
          }),
      ),

    removeFile: (path, precondition, signal) =>
      run(path, "can't be deleted", signal, () => removeLocal(paths, path, precondition, signal)),

    makeFolder: (path, signal) => run(path, "can't be created", signal, () => paths.makeFolder(path, signal)),

    removeFolder: (path, signal) =>
      run(path, "can't be deleted", signal, () =>
        paths.withFolderOf(path, signal, (folder, name) => rmdir(folder.join(name))),
      ),

    serverSideCopy: (source, to, precondition, signal) =>
      run(source.path, "can't be copied", signal, () =>
        copyLocal(paths, source, to, precondition, syncToDisk, signal),
      ),

    serverSideMove: (source, to, precondition, signal) =>
      run(source.path, "can't be moved", signal, () => moveLocal(paths, source, to, precondition, signal)),

    makeDurable: (file, signal) =>
      run(file.path, "can't be flushed to the disk", signal, () => makeDurable(paths, file, signal)),

    setModifiedTime: (file, time, signal) =>
      run(file.path, "can't be given another modified time", signal, () => setTimeLocal(paths, file, time)),
  };
}

/** For reads, a file in the place of a parent folder means that the path does not exist. */
async function absentAsNotFound<T>(path: RemotePath, call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    if (codeOf(error) !== 'ENOTDIR') throw error;
    throw new RemoteError('notFound', `"${path}" does not exist.`, { cause: error, code: 'ENOTDIR' });
  }
}
