/** The closed list of error kinds. Backends classify errors; callers decide and word messages by kind. */
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
  /** Milliseconds that the service asks to wait before the next attempt. */
  readonly retryAfterMs?: number | undefined;
  /** The service's code and status, for logs and messages: `AccessDenied (403)`. */
  readonly code?: string | undefined;
  /** A terminal command that solves the problem; the message names it, and the UI offers to copy it. */
  readonly command?: string | undefined;
  /** Signing in again with the backend's account service (`signIn`) solves the problem. */
  readonly signIn?: boolean;
  /** In a move, the copy is made and verified; only the removal of the source failed. */
  readonly copied?: true;
}

/**
 * The only error class that a Remote throws. `message` is a whole sentence that names the path and holds no secret.
 * Cancellation throws the AbortSignal's reason instead.
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

/** Whether `error` is a RemoteError of one of `kinds`; without kinds, of any kind. */
export function isRemoteError(error: unknown, ...kinds: RemoteErrorKind[]): error is RemoteError {
  return error instanceof RemoteError && (kinds.length === 0 || kinds.includes(error.kind));
}
