import type { IncomingHttpHeaders } from 'node:http';
import { isRecord, parseRecord } from '../../../base/encoding';
import { retryAfterMs } from '../../../http/httpClient';
import { connectionError } from '../../../http/networkErrors';
import { RemoteError, type RemoteErrorDetails, type RemoteErrorKind } from '../../../remote/remoteError';

/** The cause of an error that callers handle by themselves. */
export type DriveErrorReason =
  /** The page token of a listing expired: the listing must start over. */
  | 'pageTokenExpired'
  /** The folder in the request is gone or in the trash. */
  | 'parentGone'
  | 'nameTaken'
  /** The range lies outside of the content. */
  | 'rangeOutside';

/** An error response of the service. `nodeId`, in a 409, is the node that has the name. */
export class DriveApiError extends RemoteError {
  constructor(
    kind: RemoteErrorKind,
    message: string,
    details: RemoteErrorDetails,
    readonly status: number,
    readonly reason: DriveErrorReason | undefined,
    readonly nodeId: string | undefined,
  ) {
    super(kind, message, details);
  }
}

export function hasDriveReason(error: unknown, reason: DriveErrorReason): error is DriveApiError {
  return error instanceof DriveApiError && error.reason === reason;
}

interface ErrorRow {
  readonly kind: RemoteErrorKind;
  readonly sentence: (about: string, status: number) => string;
  readonly reason?: DriveErrorReason;
  /** Whether the message of the service follows the sentence. */
  readonly quotes?: boolean;
}

interface StatusRow extends ErrorRow {
  readonly status: number;
  /** Matches the code and the message of the body, with a space between them. */
  readonly body?: RegExp;
}

/**
 * The first row that matches counts. Transient kinds are retried, as by rclone (docs/amazon-drive-api.md §6): 400, 408, 429, 500, 502, 503,
 * 504 and the spurious 403; not 509, nor a 400 with a permanent cause.
 */
const statusRows: readonly StatusRow[] = [
  {
    status: 400,
    body: /next token.*expired/i,
    kind: 'unavailable',
    reason: 'pageTokenExpired',
    sentence: () => 'The listing took too long.',
  },
  {
    status: 400,
    body: /parentId doesn.?t exist|trashed parent/i,
    kind: 'changed',
    reason: 'parentGone',
    sentence: (about) => `The folder of ${about} was moved or deleted by someone else in the meantime.`,
  },
  {
    status: 400,
    body: /'name' failed to satisfy constraint/i,
    kind: 'badName',
    sentence: (about) => `Amazon Drive can't store the name of ${about}. Shorten it.`,
  },
  {
    status: 400,
    kind: 'unavailable',
    sentence: (about) => `Amazon Drive rejected the request for ${about}.`,
    quotes: true,
  },
  {
    status: 403,
    body: /Authorization header requires/,
    kind: 'unavailable',
    sentence: (about) => `Amazon Drive rejected the request for ${about} (temporary error).`,
  },
  {
    status: 403,
    kind: 'forbidden',
    sentence: (about) =>
      `Amazon Drive does not allow this for ${about}. Sign in again with all scopes, or with another account.`,
    quotes: true,
  },
  { status: 404, kind: 'notFound', sentence: (about) => `${capital(about)} no longer exists.` },
  { status: 408, kind: 'unavailable', sentence: tooSlow },
  {
    status: 409,
    body: /^MD5_DUPLICATE /,
    kind: 'other',
    sentence: (about) => `Amazon Drive already has the content of ${about} in another file.`,
  },
  {
    status: 409,
    kind: 'alreadyExists',
    reason: 'nameTaken',
    sentence: (about) => `The name of ${about} is already taken.`,
  },
  {
    status: 412,
    kind: 'changed',
    sentence: (about) => `${capital(about)} was changed by someone else in the meantime.`,
  },
  {
    status: 413,
    kind: 'unsupported',
    sentence: (about) =>
      `${capital(about)} is too large for Amazon Drive. Set "max_size" so that such files are left out.`,
  },
  {
    status: 416,
    kind: 'other',
    reason: 'rangeOutside',
    sentence: (about) => `${capital(about)} has no such byte range.`,
  },
  {
    status: 429,
    kind: 'rateLimited',
    sentence: (about) => `Amazon Drive rejected the request for ${about}: too many requests.`,
  },
  { status: 504, kind: 'unavailable', sentence: tooSlow },
  {
    status: 509,
    kind: 'other',
    sentence: (about) =>
      `Amazon Drive rejected the request for ${about}: the bandwidth of the account is used up. Try again later.`,
  },
];

const serverError: ErrorRow = {
  kind: 'unavailable',
  sentence: (about) => `Amazon Drive failed to handle the request for ${about}.`,
  quotes: true,
};

const unexpectedStatus: ErrorRow = {
  kind: 'other',
  sentence: (about, status) => `Amazon Drive rejected the request for ${about} (${status}).`,
  quotes: true,
};

const rejectedToken: ErrorRow = {
  kind: 'unauthenticated',
  sentence: () => 'Amazon Drive no longer accepts the sign-in. Sign in again.',
};

/**
 * The error for an unsuccessful response.
 *
 * @param about the object of the request, for people: `"docs/a.txt"`
 * @param now milliseconds since 1970, for a Retry-After that is a date
 */
export function toDriveApiError(
  status: number,
  headers: IncomingHttpHeaders,
  text: string,
  about: string,
  now: number,
): DriveApiError {
  const { message, code, nodeId } = parseErrorBody(text);
  const { kind, sentence, reason, quotes } = rejectsToken(status, headers, `${code} ${message}`)
    ? rejectedToken
    : rowOf(status, `${code} ${message || text}`);
  const wait = retryAfterMs(headers['retry-after'], now);
  const details = {
    code: [code, `(${status})`].filter(Boolean).join(' '),
    ...(wait !== undefined && { retryAfterMs: wait }),
    ...(kind === 'unauthenticated' && { signIn: true as const }),
  };
  const quoted = quotes && message !== '' ? ` The service says: ${asSentence(message)}` : '';
  return new DriveApiError(
    kind,
    sentence(about, status) + quoted,
    details,
    status,
    reason,
    nodeId || undefined,
  );
}

function rowOf(status: number, said: string): ErrorRow {
  const found = statusRows.find((row) => row.status === status && (row.body?.test(said) ?? true));
  return found ?? (status >= 500 ? serverError : unexpectedStatus);
}

/** The error for a request to `service` without a complete response. RemoteErrors stay as they are. */
export function driveConnectionError(error: unknown, service: string): RemoteError {
  return connectionError(error, {
    service,
    setting: 'endpoint',
    trust: 'Correct "endpoint", or let this computer trust the authority.',
  });
}

/** Whether the service rejects the access token. Gateways report that by other statuses; the page token of a listing is another token. */
function rejectsToken(status: number, headers: IncomingHttpHeaders, said: string): boolean {
  if (status === 401) return true;
  if (status !== 400 && status !== 403) return false;
  if (/\binvalid_token\b/i.test(headers['www-authenticate'] ?? '')) return true;
  // Quoted text comes from the request, for example the name of a file.
  const own = said.replace(/'[^']*'|"[^"]*"/g, '').replace(/\b(?:next|start|page)[ _]?token\b/gi, '');
  return /\btoken\b[^.]{0,60}?\b(?:expired|invalid|not valid|revoked)\b|\b(?:expired|invalid|revoked)[ _]?(?:\w+[ _])?token\b|\btoken_?(?:expired|invalid|revoked)\b/i.test(
    own,
  );
}

/** The fields of an error body, empty where absent: gateways send no body, XML or a web page. */
function parseErrorBody(text: string): { readonly [name in 'message' | 'code' | 'nodeId']: string } {
  const { message, error_description, code, info } = parseRecord(text) ?? {};
  const { nodeId } = isRecord(info) ? info : {};
  return {
    message: textOf(message) || textOf(error_description),
    code: textOf(code),
    nodeId: textOf(nodeId),
  };
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** Removes tokens: the service may quote the request. */
function asSentence(text: string): string {
  const clean = text
    .replace(/\bAtz[ar]\|[^\s"'&]*/g, '…')
    .replace(/\b(Bearer|Basic)\s+[^\s"']+/gi, '$1 …')
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, 300);
  return /[.?!]$/.test(clean) ? clean : `${clean}.`;
}

function tooSlow(about: string): string {
  return `Amazon Drive did not finish the request for ${about} in time.`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
