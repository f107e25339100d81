import { digest, md5OfPieces } from '../../base/digest';
import { statIfExists } from '../endpoint';
import { type FileEntry, isSameFile } from '../entry';
import { nsBetween } from '../modifiedTime';
import type { ByteSource, Remote } from '../remote';
import { isRemoteError, RemoteError } from '../remoteError';
import type { RemotePath } from '../remotePath';
import { removingCopied } from '../removeCopied';
import type { CallArguments, CallName } from './operations';
import { mayHaveSucceeded, type RetryPolicy, withRetries } from './retry';

/** How a repeated call is recognised as done by an earlier attempt whose response was lost. */
interface Recovery<Name extends CallName> {
  /** What the earlier attempt would have returned (true for nothing), or undefined when it had no effect. */
  find?(inner: Remote, ...args: CallArguments<Name>): Promise<FileEntry | true | undefined>;
  /** Completes a move whose error says that the copy is made. */
  finish?(inner: Remote, ...args: CallArguments<Name>): Promise<FileEntry>;
  /** `notFound` means that the earlier attempt removed it. */
  readonly missingIsDone?: true;
}

/** Calls without a row have no effect to recognise, or have the same effect when they are repeated. */
const recoveries: { readonly [Name in CallName]?: Recovery<Name> } = {
  write: {
    find: async (inner, path, body, _facts, _precondition, signal) => {
      const now = await inner.stat(path, signal);
      if (now.kind !== 'file' || now.size !== body.size || now.md5 === undefined) return undefined;
      return now.md5 === (await bodyMd5(body, signal)) ? now : undefined;
    },
  },
  removeFile: { missingIsDone: true },
  removeFolder: { missingIsDone: true },
  trashFolder: { missingIsDone: true },
  serverSideCopy: { find: findCopy },
  serverSideCopyFrom: { find: findCopy },
  serverSideMove: {
    find: async (inner, source, to, precondition, signal) =>
      (await isGone(inner, source.path, signal))
        ? findCopy(inner, source, to, precondition, signal)
        : undefined,
    finish: finishMove,
  },
  serverSideMoveFolder: {
    find: async (inner, folder, to, signal) =>
      (await isGone(inner, folder, signal)) && !(await isGone(inner, to, signal)) ? true : undefined,
  },
  setModifiedTime: {
    find: async (inner, file, time, signal) => {
      const now = await sameContent(inner, file, file.path, signal);
      const precision = inner.capabilities.timePrecisionNs;
      if (!now?.modified || precision === 'none') return undefined;
      return Math.abs(nsBetween(now.modified, time)) < precision ? now : undefined;
    },
  },
};

/** Delays in milliseconds before each check for a result: listings and names may lag behind a change. */
const checkDelaysMs = [0, 500, 1500, 4000];

/**
 * Makes `call`, which is `name` with `args` on `inner`. `failed` is the error of the previous attempt: if only its response was lost, the
 * service may refuse this attempt because the previous one succeeded, and then its result is returned. Otherwise throws the error of
 * `call`, also when the check itself fails.
 */
export async function recoverLostResponse<T, Name extends CallName>(
  inner: Remote,
  name: Name,
  args: CallArguments<Name>,
  call: () => Promise<T>,
  failed: RemoteError,
  policy: RetryPolicy,
  signal: AbortSignal,
): Promise<T> {
  const { find, finish, missingIsDone }: Recovery<Name> = recoveries[name] ?? {};
  if (failed.copied && finish) return (await finish(inner, ...args)) as T;
  try {
    return await call();
  } catch (error) {
    if (!mayHaveSucceeded(failed)) throw error;
    if (missingIsDone && isRemoteError(error, 'notFound')) return undefined as T;
    if (!find || !isRemoteError(error, 'changed', 'alreadyExists', 'notFound')) throw error;
    return (await findResult(() => find(inner, ...args), error, policy, signal)) as T;
  }
}

async function findResult<T>(
  find: () => Promise<T | undefined>,
  refusal: RemoteError,
  policy: RetryPolicy,
  signal: AbortSignal,
): Promise<T> {
  for (const delay of checkDelaysMs) {
    if (delay > 0) await policy.clock.wait(delay, signal);
    let found: T | undefined;
    try {
      found = await withRetries('check whether it was done', find, policy, signal);
    } catch (error) {
      if (!isRemoteError(error)) throw error;
      if (error.kind !== 'notFound') throw refusal;
      continue;
    }
    if (found === undefined) throw refusal;
    return found;
  }
  throw refusal;
}

/** Removes the source of a copied file. The source may be gone already, if the response to its removal was lost. */
async function finishMove(
  remote: Remote,
  ...[source, to, , signal]: CallArguments<'serverSideMove'>
): Promise<FileEntry> {
  if (!(await isGone(remote, source.path, signal)))
    await removingCopied(source.path, () =>
      remote.removeFile(source.path, { kind: 'ifMatch', entry: source }, signal),
    );
  const copy = await remote.stat(to, signal);
  if (copy.kind === 'file') return copy;
  throw new RemoteError('changed', `"${to}" is no longer the file that was moved there.`);
}

function findCopy(
  remote: Remote,
  ...[source, to, , signal]: CallArguments<'serverSideCopy'>
): Promise<FileEntry | undefined> {
  return sameContent(remote, source, to, signal);
}

async function isGone(remote: Remote, path: RemotePath, signal: AbortSignal): Promise<boolean> {
  return (await statIfExists(remote, path, signal)) === undefined;
}

/** The file at `path`, if its content provably equals that of `file`. Throws `notFound`. */
async function sameContent(
  remote: Remote,
  file: FileEntry,
  path: RemotePath,
  signal: AbortSignal,
): Promise<FileEntry | undefined> {
  const now = await remote.stat(path, signal);
  if (now.kind !== 'file' || now.size !== file.size) return undefined;
  if (now.md5 !== undefined && now.md5 === file.md5) return now;
  return now.version !== undefined && isSameFile(file, now) ? now : undefined;
}

async function bodyMd5(body: ByteSource, signal: AbortSignal): Promise<string> {
  if (body.md5 !== undefined) return body.md5;
  return body.bytes
    ? digest('md5', await body.bytes(signal))
    : md5OfPieces(await body.open(undefined, signal));
}
