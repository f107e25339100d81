import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import type { FileEntry } from '../entry';
import { isSameFile } from '../entry';
import { nsBetween } from '../modifiedTime';
import { RetryablePages } from '../pages';
import type { ByteRange, ByteSource, Remote } from '../remote';
import { isRemoteError, RemoteError } from '../remoteError';
import { removingCopied } from '../removeCopied';
import { resumableRead } from './resumableRead';
import { mayHaveSucceeded, NonRetryableError, type RetryPolicy, withRetries } from './retry';

export { type RetryPolicy, withRetries } from './retry';

/**
 * The same remote, trying again what passes: the only place where retries happen. Reads that break off go on where they broke,
 * for the same version; pages of a listing are asked for again when the listing can (see RetryablePages); writes send their body anew.
 */
export function withRetry(inner: Remote, policy: RetryPolicy): Remote {
  const again = <T>(
    what: string,
    operation: (failed: RemoteError | undefined) => Promise<T>,
    signal: AbortSignal,
  ) => withRetries(what, operation, policy, signal);

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

    list: (folder, options, signal) =>
      retriedPages(() => inner.list(folder, options, signal), `list ${folder}`, policy, signal),

    ...(listRecursive && {
      listRecursive: (folder, options, signal) =>
        retriedPages(
          () => listRecursive.call(inner, folder, options, signal),
          `list ${folder}/**`,
          policy,
          signal,
        ),
    }),

    stat: (path, signal) => again(`stat ${path}`, () => inner.stat(path, signal), signal),

    read: (path, options, signal) => resumableRead(inner, path, options, policy, signal),

    ...(readToBuffer && {
      readToBuffer: (file, signal) =>
        again(`read ${file.path}`, () => readToBuffer.call(inner, file, signal), signal),
    }),

    ...(computeMd5 && {
      computeMd5: (file, signal) =>
        again(`hash ${file.path}`, () => computeMd5.call(inner, file, signal), signal),
    }),

    write(path, body, facts, precondition, signal) {
      const source = new SourceErrorTracker(body);
      return again(
        `write ${path}`,
        (failed) =>
          recoverLostResponse(
            () => source.sending(() => inner.write(path, source, facts, precondition, signal)),
            failed,
            async () => {
              const now = await inner.stat(path, signal);
              if (now.kind !== 'file' || now.size !== body.size || now.md5 === undefined) return undefined;
              return now.md5 === (await bodyMd5(body, signal)) ? now : undefined;
            },
            policy,
            signal,
          ),
        signal,
      );
    },

    removeFile: (path, precondition, signal) =>
      again(
        `remove ${path}`,
        (failed) => treatMissingAsRemoved(() => inner.removeFile(path, precondition, signal), failed),
        signal,
      ),

    makeFolder: (path, signal) => again(`make ${path}/`, () => inner.makeFolder(path, signal), signal),

    removeFolder: (path, signal) =>
      again(
        `remove ${path}/`,
        (failed) => treatMissingAsRemoved(() => inner.removeFolder(path, signal), failed),
        signal,
      ),

    ...(removeFiles && {
      removeFiles: (paths, signal) =>
        again(`remove ${paths.length} files`, () => removeFiles.call(inner, paths, signal), signal),
    }),

    ...(serverSideCopy && {
      serverSideCopy: (source, to, precondition, signal) =>
        again(
          `copy ${source.path} to ${to}`,
          (failed) =>
            recoverLostResponse(
              () => serverSideCopy.call(inner, source, to, precondition, signal),
              failed,
              () => sameContent(inner, source, to, signal),
              policy,
              signal,
            ),
          signal,
        ),
    }),

    ...(serverSideCopyFrom && {
      serverSideCopyFrom: (source, to, precondition, signal) =>
        again(
          `copy ${source.path} of another remote to ${to}`,
          (failed) =>
            recoverLostResponse(
              () => serverSideCopyFrom.call(inner, source, to, precondition, signal),
              failed,
              () => sameContent(inner, source, to, signal),
              policy,
              signal,
            ),
          signal,
        ),
    }),

    ...(serverSideMove && {
      serverSideMove: (source, to, precondition, signal) =>
        again(
          `move ${source.path} to ${to}`,
          async (failed) => {
            // The copy is made and need not be made again.
            if (failed?.copied) return finishMove(inner, source, to, signal);
            return recoverLostResponse(
              () => serverSideMove.call(inner, source, to, precondition, signal),
              failed,
              async () =>
                (await isGone(inner, source.path, signal))
                  ? sameContent(inner, source, to, signal)
                  : undefined,
              policy,
              signal,
            );
          },
          signal,
        ),
    }),

    ...(serverSideMoveFolder && {
      serverSideMoveFolder: (folder, to, signal) =>
        again(
          `move ${folder}/ to ${to}/`,
          async (failed) => {
            await recoverLostResponse(
              async () => {
                await serverSideMoveFolder.call(inner, folder, to, signal);
                return true;
              },
              failed,
              async () => {
                if (!(await isGone(inner, folder, signal))) return undefined;
                return (await isGone(inner, to, signal)) ? undefined : true;
              },
              policy,
              signal,
            );
          },
          signal,
        ),
    }),

    ...(trashFolder && {
      trashFolder: (folder, signal) =>
        again(
          `trash ${folder}/`,
          (failed) => treatMissingAsRemoved(() => trashFolder.call(inner, folder, signal), failed),
          signal,
        ),
    }),

    ...(makeDurable && {
      makeDurable: (file, signal) =>
        again(`force ${file.path} to the disk`, () => makeDurable.call(inner, file, signal), signal),
    }),

    ...(removeFolderMark && {
      removeFolderMark: (folder, signal) =>
        again(`remove the mark of ${folder}/`, () => removeFolderMark.call(inner, folder, signal), signal),
    }),

    ...(setModifiedTime && {
      setModifiedTime: (file, time, signal) =>
        again(
          `set the time of ${file.path}`,
          (failed) =>
            recoverLostResponse(
              () => setModifiedTime.call(inner, file, time, signal),
              failed,
              async () => {
                const now = await sameContent(inner, file, file.path, signal);
                const precision = inner.capabilities.timePrecisionNs;
                if (!now?.modified || precision === 'none') return undefined;
                return Math.abs(nsBetween(now.modified, time)) < precision ? now : undefined;
              },
              policy,
              signal,
            ),
          signal,
        ),
    }),

    ...(pollChanges && {
      pollChanges: (checkpoint, signal) =>
        again('changes', () => pollChanges.call(inner, checkpoint, signal), signal),
    }),

    ...(features && { features }),
    ...(policy.waits && { waits: policy.waits }),
    ...(close && { close: () => close.call(inner) }),
  };
}

/** When to look again for what should be there and isn't shown, in milliseconds: lists and names may lag behind what was done. */
const looksAgainMs = [500, 1500, 4000];

/**
 * After a try whose answer was lost, a refusal may only mean that the try had worked. `find` then looks whether what is
 * there is what was meant; nothing found, the refusal stands. It also stands when the look fails: that is about the look.
 */
async function recoverLostResponse<T>(
  operation: () => Promise<T>,
  failed: RemoteError | undefined,
  find: () => Promise<T | undefined>,
  policy: RetryPolicy,
  signal: AbortSignal,
): Promise<T> {
  try {
    return await operation();
  } catch (error) {
    if (!mayHaveSucceeded(failed) || !isRemoteError(error, 'changed', 'alreadyExists', 'notFound'))
      throw error;
    for (const ms of [...looksAgainMs, undefined])
      try {
        const found = await withRetries('look whether it was done', find, policy, signal);
        if (found === undefined) throw error;
        return found;
      } catch (failure) {
        if (failure === error || !isRemoteError(failure)) throw failure;
        if (failure.kind !== 'notFound' || ms === undefined) throw error;
        await policy.clock.wait(ms, signal);
      }
    throw error;
  }
}

async function treatMissingAsRemoved(
  operation: () => Promise<void>,
  failed: RemoteError | undefined,
): Promise<void> {
  try {
    await operation();
  } catch (error) {
    if (!mayHaveSucceeded(failed) || !isRemoteError(error, 'notFound')) throw error;
  }
}

/** Only the source is left to be removed; it may be gone, if the answer to its removal was lost. */
async function finishMove(
  remote: Remote,
  source: FileEntry,
  to: FileEntry['path'],
  signal: AbortSignal,
): Promise<FileEntry> {
  if (!(await isGone(remote, source.path, signal)))
    await removingCopied(source.path, () =>
      remote.removeFile(source.path, { kind: 'ifMatch', entry: source }, signal),
    );
  const copy = await remote.stat(to, signal);
  if (copy.kind === 'file') return copy;
  throw new RemoteError('changed', `"${to}" is no longer what was put there.`);
}

async function isGone(remote: Remote, path: FileEntry['path'], signal: AbortSignal): Promise<boolean> {
  try {
    await remote.stat(path, signal);
    return false;
  } catch (error) {
    if (isRemoteError(error, 'notFound')) return true;
    throw error;
  }
}

/** The file at `to` when its content surely is that of `source`. */
async function sameContent(
  remote: Remote,
  source: FileEntry,
  to: FileEntry['path'],
  signal: AbortSignal,
): Promise<FileEntry | undefined> {
  const now = await remote.stat(to, signal);
  if (now.kind !== 'file' || now.size !== source.size) return undefined;
  if (now.md5 !== undefined && now.md5 === source.md5) return now;
  return now.version !== undefined && isSameFile(source, now) ? now : undefined;
}

async function bodyMd5(body: ByteSource, signal: AbortSignal): Promise<string> {
  if (body.md5 !== undefined) return body.md5;
  const hash = createHash('md5');
  if (body.bytes) return hash.update(await body.bytes(signal)).digest('hex');
  for await (const chunk of await body.open(undefined, signal)) hash.update(chunk);
  return hash.digest('hex');
}

/**
 * Pages whose failed request is sent again. A listing that can't repeat a page is started anew, but only while it has
 * yielded nothing; later, its failure stands: going on would lose entries.
 */
function retriedPages<T>(
  open: () => AsyncIterable<T>,
  what: string,
  policy: RetryPolicy,
  signal: AbortSignal,
): AsyncIterable<T> {
  const first = open();
  if (first instanceof RetryablePages)
    return new RetryablePages<T>(() => withRetries(what, () => first.next(), policy, signal));
  return restartedPages(first, open, what, policy, signal);
}

async function* restartedPages<T>(
  first: AsyncIterable<T>,
  open: () => AsyncIterable<T>,
  what: string,
  policy: RetryPolicy,
  signal: AbortSignal,
): AsyncGenerator<T> {
  let pages = first[Symbol.asyncIterator]();
  try {
    let page = await withRetries(
      what,
      (failed) => {
        if (failed) pages = open()[Symbol.asyncIterator]();
        return pages.next();
      },
      policy,
      signal,
    );
    while (!page.done) {
      yield page.value;
      page = await pages.next();
    }
  } finally {
    await pages.return?.();
  }
}

/** Knows whether a failed write failed because of its source: that has had its own retries, so it is final here. */
class SourceErrorTracker implements ByteSource {
  readonly size: number;
  readonly md5?: string;
  readonly rereadIsExpensive?: boolean;
  readonly bytes?: (signal: AbortSignal) => Promise<Uint8Array>;
  private readonly inner: ByteSource;
  private sourceErrors: unknown[] = [];

  constructor(inner: ByteSource) {
    this.inner = inner;
    this.size = inner.size;
    if (inner.md5 !== undefined) this.md5 = inner.md5;
    if (inner.rereadIsExpensive !== undefined) this.rereadIsExpensive = inner.rereadIsExpensive;
    const { bytes } = inner;
    if (bytes) this.bytes = (signal) => this.watched(() => bytes.call(inner, signal));
  }

  async open(range: ByteRange | undefined, signal: AbortSignal): Promise<Readable> {
    const stream = await this.watched(() => this.inner.open(range, signal));
    stream.once('error', (error) => this.sourceErrors.push(error));
    return stream;
  }

  private async watched<T>(call: () => Promise<T>): Promise<T> {
    try {
      return await call();
    } catch (error) {
      this.sourceErrors.push(error);
      throw error;
    }
  }

  async sending<T>(write: () => Promise<T>): Promise<T> {
    this.sourceErrors = [];
    try {
      return await write();
    } catch (error) {
      // A connection that breaks destroys the source's stream with its own, raw error: that one is no error of the source.
      for (let cause = error; cause instanceof Error; cause = cause.cause)
        if (isRemoteError(cause) && this.sourceErrors.includes(cause)) throw new NonRetryableError(error);
      throw error;
    }
  }
}
