/** The closed list of what can go wrong with a remote. Backends classify; callers decide and phrase by kind. */
export type RemoteErrorKind =
  | 'notFound'
  | 'alreadyExists'
  | 'notAFolder'
  | 'isAFolder'
  | 'notEmpty'
  | 'forbidden'
  | 'unauthenticated'
  | 'rateLimited'
  | 'unavailable'
  | 'changed'
  | 'archived'
  | 'unsupported'
  | 'badName'
  | 'badSettings'
  | 'quotaExceeded'
  | 'corrupted'
  | 'other';

type ErrorKinds = ReadonlySet<RemoteErrorKind>;

/** Every later request would fail in the same way until the user acts. */
export const fatalErrorKinds: ErrorKinds = new Set(['unauthenticated', 'badSettings']);

/** Several in a row indicate an outage of the service, or a full or absent disk. */
export const outageErrorKinds: ErrorKinds = new Set(['unavailable', 'rateLimited', 'quotaExceeded']);

/** Planning ends: the same error would leave all other files without facts too. A full quota does not prevent reading. */
export const planFatalErrorKinds: ErrorKinds = new Set([...fatalErrorKinds, 'unavailable', 'rateLimited']);

/** Listing ends, instead of reporting one folder as a problem: a corrupted page may have hidden entries of any folder. */
export const listingFatalErrorKinds: ErrorKinds = new Set([...planFatalErrorKinds, 'corrupted']);

export interface RemoteErrorDetails {
  readonly cause?: unknown;
  /** Milliseconds the service asked to wait before the next try. */
  readonly retryAfterMs?: number;
  /** The service's own code and status, for the log and for a sentence's brackets: `AccessDenied (403)`. */
  readonly code?: string;
  /** A command for a terminal that mends it, as the message names it: can be offered to be copied. */
  readonly command?: string;
  /** Signing in again, with the account service that the backend declares (`signIn`), mends it. */
  readonly signIn?: true;
  /** What was to be moved is copied, and the copy verified; only the removal of the source failed. */
  readonly copied?: true;
}

/**
 * The one error class that leaves a Remote. `message` is a whole sentence that names the thing, without any
 * secret. Cancellation is not a RemoteError: it is the AbortSignal's own reason.
 */
export class RemoteError extends Error {
  readonly kind: RemoteErrorKind;
  readonly retryAfterMs: number | undefined;
  readonly code: string | undefined;
  readonly command: string | undefined;
  readonly signIn: boolean;
  readonly copied: boolean;

  constructor(kind: RemoteErrorKind, message: string, details: RemoteErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'RemoteError';
    this.kind = kind;
    this.retryAfterMs = details.retryAfterMs;
    this.code = details.code;
    this.command = details.command;
    this.signIn = details.signIn ?? false;
    this.copied = details.copied ?? false;
  }
}

/** Whether `error` is a RemoteError of one of `kinds` (of any kind when none is named). */
export function isRemoteError(error: unknown, ...kinds: RemoteErrorKind[]): error is RemoteError {
  return error instanceof RemoteError && (kinds.length === 0 || kinds.includes(error.kind));
}
