import type { Log, LogTag } from '../../base/log';
import { RetryablePages } from '../pages';
import type { Precondition, Remote } from '../remote';
import { isRemoteError } from '../remoteError';

/**
 * The same remote, with one debug line per call: what was asked, what came of it and how long it took. Lines hold paths,
 * sizes and kinds of errors; never content, credentials or signed addresses.
 */
export function withLogging(inner: Remote, log: Log): Remote {
  async function logged<T>(
    tag: LogTag,
    what: string,
    call: () => Promise<T>,
    outcome?: (answer: T) => string,
  ): Promise<T> {
    const start = performance.now();
    const line = (text: string) =>
      log.write('debug', tag, `${what}: ${text} (${Math.round(performance.now() - start)} ms)`);
    try {
      const answer = await call();
      line(outcome?.(answer) ?? 'done');
      return answer;
    } catch (error) {
      line(isRemoteError(error) ? [error.kind, error.code].filter(Boolean).join(' ') : 'stopped');
      throw error;
    }
  }

  function loggedPages<T>(what: string, pages: AsyncIterable<readonly T[]>): AsyncIterable<readonly T[]> {
    const outcome = (page: IteratorResult<readonly T[]>) =>
      page.done ? 'end' : `${page.value.length} entries`;
    const next = (iterator: AsyncIterator<readonly T[]>) =>
      logged('list', what, () => iterator.next(), outcome);
    if (pages instanceof RetryablePages) return new RetryablePages(() => next(pages));
    return {
      [Symbol.asyncIterator]() {
        const iterator = pages[Symbol.asyncIterator]();
        return {
          next: () => next(iterator),
          return: async () => (await iterator.return?.()) ?? { done: true, value: undefined },
        };
      },
    };
  }

  const {
    readToBuffer,
    computeMd5,
    serverSideCopy,
    serverSideCopyFrom,
    serverSideMove,
    serverSideMoveFolder,
    trashFolder,
    makeDurable,
    removeFolderMark,
    setModifiedTime,
  } = inner;
  const { removeFiles, listRecursive, pollChanges, features, close } = inner;
  return {
    get capabilities() {
      return inner.capabilities;
    },
    list: (folder, options, signal) => loggedPages(`list ${folder}/`, inner.list(folder, options, signal)),
    ...(listRecursive && {
      listRecursive: (folder, options, signal) =>
        loggedPages(`list ${folder}/**`, listRecursive.call(inner, folder, options, signal)),
    }),
    stat: (path, signal) =>
      logged(
        'http',
        `stat ${path}`,
        () => inner.stat(path, signal),
        (entry) => entry.kind,
      ),
    read: (path, options, signal) =>
      logged(
        'http',
        `read ${path}${options.range ? ` from ${options.range.start} to ${options.range.end ?? 'the end'}` : ''}`,
        () => inner.read(path, options, signal),
        ({ entry }) => `${entry.size} bytes`,
      ),
    ...(readToBuffer && {
      readToBuffer: (file, signal) =>
        logged(
          'http',
          `read ${file.path}`,
          () => readToBuffer.call(inner, file, signal),
          ({ entry }) => `${entry.size} bytes`,
        ),
    }),
    ...(computeMd5 && {
      computeMd5: (file, signal) =>
        logged('http', `hash ${file.path}`, () => computeMd5.call(inner, file, signal)),
    }),
    write: (path, body, facts, precondition, signal) =>
      logged('http', `write ${path}, ${body.size} bytes, ${words(precondition)}`, () =>
        inner.write(path, body, facts, precondition, signal),
      ),
    removeFile: (path, precondition, signal) =>
      logged('http', `remove ${path}, ${words(precondition)}`, () =>
        inner.removeFile(path, precondition, signal),
      ),
    makeFolder: (path, signal) => logged('http', `make ${path}/`, () => inner.makeFolder(path, signal)),
    removeFolder: (path, signal) => logged('http', `remove ${path}/`, () => inner.removeFolder(path, signal)),
    ...(removeFolderMark && {
      removeFolderMark: (folder, signal) =>
        logged('http', `remove the mark of ${folder}/`, () => removeFolderMark.call(inner, folder, signal)),
    }),
    ...(removeFiles && {
      removeFiles: (paths, signal) =>
        logged(
          'http',
          `remove ${paths.length} files`,
          () => removeFiles.call(inner, paths, signal),
          (failures) => `${failures.size} failures`,
        ),
    }),
    ...(serverSideCopy && {
      serverSideCopy: (source, to, precondition, signal) =>
        logged('http', `copy ${source.path} to ${to}, ${words(precondition)}`, () =>
          serverSideCopy.call(inner, source, to, precondition, signal),
        ),
    }),
    ...(serverSideCopyFrom && {
      serverSideCopyFrom: (source, to, precondition, signal) =>
        logged('http', `copy ${source.path} of another remote to ${to}, ${words(precondition)}`, () =>
          serverSideCopyFrom.call(inner, source, to, precondition, signal),
        ),
    }),
    ...(serverSideMove && {
      serverSideMove: (source, to, precondition, signal) =>
        logged('http', `move ${source.path} to ${to}, ${words(precondition)}`, () =>
          serverSideMove.call(inner, source, to, precondition, signal),
        ),
    }),
    ...(serverSideMoveFolder && {
      serverSideMoveFolder: (folder, to, signal) =>
        logged('http', `move ${folder}/ to ${to}/`, () =>
          serverSideMoveFolder.call(inner, folder, to, signal),
        ),
    }),
    ...(trashFolder && {
      trashFolder: (folder, signal) =>
        logged('http', `trash ${folder}/`, () => trashFolder.call(inner, folder, signal)),
    }),
    ...(makeDurable && {
      makeDurable: (file, signal) =>
        logged('http', `force ${file.path} to the disk`, () => makeDurable.call(inner, file, signal)),
    }),
    ...(setModifiedTime && {
      setModifiedTime: (file, time, signal) =>
        logged('http', `set the time of ${file.path}`, () => setModifiedTime.call(inner, file, time, signal)),
    }),
    ...(pollChanges && {
      pollChanges: (checkpoint, signal) =>
        logged(
          'list',
          'changes',
          () => pollChanges.call(inner, checkpoint, signal),
          ({ paths }) => (paths === 'everything' ? 'everything' : `${paths.length} paths`),
        ),
    }),
    ...(features && { features }),
    ...(close && { close: () => close.call(inner) }),
  };
}

function words(precondition: Precondition): string {
  switch (precondition.kind) {
    case 'none':
      return 'whatever is there';
    case 'ifAbsent':
      return 'if absent';
    case 'ifMatch':
      return `if still ${precondition.entry.version ?? `${precondition.entry.size} bytes`}`;
  }
}
