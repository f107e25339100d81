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

type ErrorRow = readonly [
  status: number,
  kind: RemoteErrorKind,
  /** `{about}` and `{About}` stand for the object of the request, `{said}` for the message of the service. */
  sentence: string,
  details?: {
    /** Matches the code and the message of the body, with a space between them. */
    readonly body?: RegExp;
    readonly reason?: DriveErrorReason;
  },
];

const rejected = 'Amazon Drive rejected the request for {about}';
const tooSlow = 'Amazon Drive did not finish the request for {about} in time.';
const gone = 'The folder of {about} was moved or deleted by someone else in the meantime.';

/**
 * The first row that matches counts. Transient kinds are retried, as by rclone (docs/amazon-drive-api.md §6): 400, 408, 429, 500, 502, 503,
 * 504 and the spurious 403; not 509, nor a 400 with a permanent cause.
 */
const errorRows: readonly ErrorRow[] = [
  [
    400,
    'unavailable',
    'The listing took too long.',
    { body: /next token.*expired/i, reason: 'pageTokenExpired' },
  ],
  [400, 'changed', gone, { body: /parentId doesn.?t exist|trashed parent/i, reason: 'parentGone' }],
  [
    400,
    'badName',
    "Amazon Drive can't store the name of {about}. Shorten it.",
    { body: /'name' failed to satisfy constraint/i },
  ],
  [400, 'unavailable', `${rejected}.{said}`],
  [403, 'unavailable', `${rejected} (temporary error).`, { body: /Authorization header requires/ }],
  [
    403,
    'forbidden',
    'Amazon Drive does not allow this for {about}. Sign in again with all scopes, or with another account.{said}',
  ],
  [404, 'notFound', '{About} no longer exists.'],
  [408, 'unavailable', tooSlow],
  [409, 'other', 'Another file already has the content of {about}.', { body: /^MD5_DUPLICATE / }],
  [409, 'alreadyExists', 'The name of {about} is already taken.', { reason: 'nameTaken' }],
  [412, 'changed', '{About} was changed by someone else in the meantime.'],
  [
    413,
    'unsupported',
    '{About} is too large for Amazon Drive. Set "max_size" so that such files are left out.',
  ],
  [416, 'other', '{About} has no such byte range.', { reason: 'rangeOutside' }],
  [429, 'rateLimited', `${rejected}: too many requests.`],
  [504, 'unavailable', tooSlow],
  [509, 'other', `${rejected}: the bandwidth of the account is used up. Try again later.`],
];

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
  const [, kind, sentence, { reason } = {}] = rejectsToken(status, headers, `${code} ${message}`)
    ? ([401, 'unauthenticated', 'Amazon Drive no longer accepts the sign-in. Sign in again.'] as const)
    : rowOf(status, `${code} ${message || text}`);
  const wait = retryAfterMs(headers['retry-after'], now);
  const details = {
    code: [code, `(${status})`].filter(Boolean).join(' '),
    ...(wait !== undefined && { retryAfterMs: wait }),
    ...(kind === 'unauthenticated' && { signIn: true as const }),
  };
  const texts: Readonly<Record<string, string>> = {
    about,
    About: about.charAt(0).toUpperCase() + about.slice(1),
    said: message === '' ? '' : ` The service says: ${asSentence(message)}`,
  };
  const whole = sentence.replace(/\{(\w+)\}/g, (_placeholder, name) => texts[name] ?? '');
  return new DriveApiError(kind, whole, details, status, reason, nodeId || undefined);
}

function rowOf(status: number, body: string): ErrorRow {
  const found = errorRows.find(([of, , , details]) => of === status && (details?.body?.test(body) ?? true));
  if (found) return found;
  return status >= 500
    ? [status, 'unavailable', 'Amazon Drive failed to handle the request for {about}.{said}']
    : [status, 'other', `${rejected} (${status}).{said}`];
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
