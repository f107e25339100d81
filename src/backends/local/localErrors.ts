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
  notFound: 'it is not there',
  notAFolder: 'a part of the path is a file',
  isAFolder: 'it is a folder',
  alreadyExists: 'it already exists',
  notEmpty: 'it is not empty',
  forbidden: 'the system does not permit it',
  quotaExceeded: 'the disk is full',
  badName: 'the system does not accept the name',
  unavailable: 'the disk did not answer',
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

/** The same for a remote's root, which is named by its absolute path, with a remedy. */
export function rootError(error: unknown, root: string, deed: string): unknown {
  const code = systemCode(error);
  if (code === undefined) return error;
  const known = kinds[code] ?? 'other';
  const details = { cause: error, code };
  switch (known) {
    case 'notFound':
      return new RemoteError(
        known,
        `The folder "${root}" is not there (${code}). Create it, or choose another one.`,
        details,
      );
    case 'notAFolder':
    case 'alreadyExists':
      return new RemoteError(
        'notAFolder',
        `"${root}" can't be used as a folder: it, or a part of its path, is a file (${code}). Choose a folder.`,
        details,
      );
    default: {
      const reason = reasons[known] ?? inWords(error as Error);
      const wayOut = known === 'forbidden' ? ' Change its permissions, or choose another one.' : '';
      return new RemoteError(known, `The folder "${root}" ${deed}: ${reason} (${code}).${wayOut}`, details);
    }
  }
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

/**
 * Runs `call` on `path` below `root` and converts its errors to RemoteErrors. Throws the signal's reason when aborted; an aborted
 * signal starts nothing.
 */
export async function locally<T>(
  root: string,
  path: string,
  deed: string,
  signal: AbortSignal,
  call: () => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  try {
    return await call();
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    throw path === '' ? rootError(error, root, deed) : localError(error, path, deed);
  }
}
