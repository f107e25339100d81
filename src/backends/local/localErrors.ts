import { RemoteError, type RemoteErrorKind } from '../../remote/remoteError';

const kinds: Readonly<Record<string, RemoteErrorKind>> = {
  ENOENT: 'notFound',
  ENOTDIR: 'notAFolder',
  EISDIR: 'isAFolder',
  EEXIST: 'alreadyExists',
  ENOTEMPTY: 'notEmpty',
  EACCES: 'forbidden',
  EPERM: 'forbidden',
  EROFS: 'forbidden',
  ENOSPC: 'quotaExceeded',
  EDQUOT: 'quotaExceeded',
  EFBIG: 'unsupported',
  ENAMETOOLONG: 'badName',
  EILSEQ: 'badName',
  EBUSY: 'unavailable',
  EAGAIN: 'unavailable',
  EMFILE: 'unavailable',
  ENFILE: 'unavailable',
  EIO: 'unavailable',
  ESTALE: 'unavailable',
  ETIMEDOUT: 'unavailable',
  ENETDOWN: 'unavailable',
  EHOSTDOWN: 'unavailable',
  ENOTCONN: 'unavailable',
};

const reasons: Partial<Readonly<Record<RemoteErrorKind, string>>> = {
  notFound: 'it does not exist',
  notAFolder: 'a part of the path is a file',
  isAFolder: 'it is a folder',
  alreadyExists: 'it already exists',
  notEmpty: 'it is not empty',
  forbidden: 'the system does not permit it',
  quotaExceeded: 'the disk is full',
  badName: 'the system does not accept the name',
  unavailable: 'the disk did not respond',
};

/** The system's code of an error of `node:fs`, or undefined. */
export function codeOf(error: unknown): string | undefined {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  return typeof code === 'string' ? code : undefined;
}

/** Converts an error of `node:fs` to a RemoteError; `deed` is the failed operation ("can't be read"). Other errors pass unchanged. */
export function localError(error: unknown, path: string, deed: string): unknown {
  const code = systemCode(error);
  if (code === undefined) return error;
  const kind = kinds[code] ?? 'other';
  const reason = reasons[kind] ?? inWords(error as Error);
  return new RemoteError(kind, `"${path}" ${deed}: ${reason} (${code}).`, { cause: error, code });
}

/** As `localError`, for a remote's root: names its absolute path, and a remedy. */
export function rootError(error: unknown, root: string, deed: string): unknown {
  const code = systemCode(error);
  if (code === undefined) return error;
  const kind = kinds[code] ?? 'other';
  const fail = (as: RemoteErrorKind, message: string) => new RemoteError(as, message, { cause: error, code });
  if (kind === 'notFound')
    return fail(kind, `The folder "${root}" does not exist (${code}). Create it or choose another one.`);
  if (kind === 'notAFolder' || kind === 'alreadyExists')
    return fail('notAFolder', `"${root}" or a part of its path is a file (${code}). Choose a folder.`);
  const reason = reasons[kind] ?? inWords(error as Error);
  const remedy = kind === 'forbidden' ? ' Change its permissions or choose another one.' : '';
  return fail(kind, `The folder "${root}" ${deed}: ${reason} (${code}).${remedy}`);
}

/** The error for `path` of a remote, or for its root folder `root` when `path` is empty. */
export function errorAt(error: unknown, root: string, path: string, deed: string): unknown {
  return path === '' ? rootError(error, root, deed) : localError(error, path, deed);
}

/** The system's message without the call and the path, which may be the path of a handle. */
function inWords({ message }: Error): string {
  return /^[A-Z0-9]+: ([^,]+),/.exec(message)?.[1] ?? message;
}

/** The code of a system error: `ENOENT`, or `UNKNOWN` when Node has no name for it. */
function systemCode(error: unknown): string | undefined {
  const code = codeOf(error);
  if (error instanceof RemoteError || code === undefined) return undefined;
  return /^(E[A-Z0-9]+|UNKNOWN)$/.test(code) ? code : undefined;
}
