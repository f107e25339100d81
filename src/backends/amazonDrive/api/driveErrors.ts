import type { IncomingHttpHeaders } from 'node:http';
import { isRecord, parseRecord } from '../../../base/encoding';
import { retryAfterMs } from '../../../http/httpClient';
import { connectionError } from '../../../http/networkErrors';
import { RemoteError, type RemoteErrorDetails, type RemoteErrorKind } from '../../../remote/remoteError';

/** What an error body says (API page §6.1); any of it may be missing. */
export interface ErrorBody {
  readonly message: string | undefined;
  readonly code: string | undefined;
  /** The node that has the name already, of a 409. */
  readonly nodeId: string | undefined;
}

/** Something that a certain answer means besides its kind. */
export type RefusalReason =
  /** The page token of a listing is too old: it has to begin again (§4.1). */
  | 'pageTokenExpired'
  /** The folder that was named is gone or in the trash (§6.2). */
  | 'parentGone'
  /** A name is taken (§6.2). */
  | 'nameTaken'
  /** The range lies outside of the content. */
  | 'rangeOutside';

/** A refusal by the service: a RemoteError that still knows its status. */
export class DriveApiError extends RemoteError {
  readonly status: number;
  readonly reason: RefusalReason | undefined;
  readonly nodeId: string | undefined;

  constructor(
    kind: RemoteErrorKind,
    message: string,
    details: RemoteErrorDetails,
    status: number,
    reason?: RefusalReason,
    nodeId?: string,
  ) {
    super(kind, message, details);
    this.status = status;
    this.reason = reason;
    this.nodeId = nodeId;
  }
}

export function hasDriveReason(error: unknown, reason: RefusalReason): error is DriveApiError {
  return error instanceof DriveApiError && error.reason === reason;
}

/**
 * The error that an unsuccessful answer means. Which of them pass, and so are sent again, follows rclone (§6.3): 400, 408, 429, 500, 502,
 * 503, 504 and the sporadic 403; not 509, nor a 400 that names a permanent fault.
 *
 * @param about what the request was about, as people know it: `"docs/a.txt"`
 * @param now milliseconds since 1970, for a Retry-After that is a date
 */
export function toDriveApiError(
  status: number,
  headers: IncomingHttpHeaders,
  text: string,
  about: string,
  now: number,
): DriveApiError {
  const body = errorBody(text);
  const { kind, message, reason } = refusesToken(status, headers, body)
    ? signInAgain
    : meaningOf(status, body, text, about);
  const code = [body.code, `(${status})`].filter(Boolean).join(' ');
  const wait = retryAfterMs(headers['retry-after'], now);
  const details = {
    code,
    ...(wait !== undefined && { retryAfterMs: wait }),
    ...(kind === 'unauthenticated' && { signIn: true as const }),
  };
  return new DriveApiError(kind, message, details, status, reason, body.nodeId);
}

/** The RemoteError for a request to `service` that got no response, or not all of it. RemoteErrors stay as they are. */
export function driveConnectionError(error: unknown, service: string): RemoteError {
  return connectionError(error, {
    service,
    setting: 'endpoint',
    trust: 'Correct "endpoint", or let this computer trust the authority.',
  });
}

interface Meaning {
  readonly kind: RemoteErrorKind;
  readonly message: string;
  readonly reason?: RefusalReason;
}

const signInAgain: Meaning = {
  kind: 'unauthenticated',
  message: 'Amazon Drive no longer accepts the sign-in. Sign in again.',
};

/** Whether the token is what was refused. Gateways wrap that into other answers; the token of a listing's next page is another thing. */
function refusesToken(status: number, headers: IncomingHttpHeaders, { message, code }: ErrorBody): boolean {
  if (status === 401) return true;
  if (status !== 400 && status !== 403) return false;
  if (/\binvalid_token\b/i.test(headers['www-authenticate'] ?? '')) return true;
  // What is quoted is what was sent: a name.
  const said = `${code ?? ''} ${message ?? ''}`
    .replace(/'[^']*'|"[^"]*"/g, '')
    .replace(/\b(?:next|start|page)[ _]?token\b/gi, '');
  return /\btoken\b[^.]{0,60}?\b(?:expired|invalid|not valid|revoked)\b|\b(?:expired|invalid|revoked)[ _]?(?:\w+[ _])?token\b|\btoken_?(?:expired|invalid|revoked)\b/i.test(
    said,
  );
}

function meaningOf(status: number, body: ErrorBody, text: string, about: string): Meaning {
  const said = body.message === undefined ? '' : ` It says: ${asSentence(body.message)}`;
  switch (status) {
    case 400:
      return badRequest(body.message ?? '', about, said);
    case 403:
      // Sporadic, for requests that are right (§6.2).
      if (/Authorization header requires/.test(text))
        return { kind: 'unavailable', message: `Amazon Drive refused ${about} for no reason.` };
      return {
        kind: 'forbidden',
        message: `Amazon Drive does not allow this for ${about}. Sign in again with all scopes, or with another account.${said}`,
      };
    case 404:
      return { kind: 'notFound', message: `There is no ${about} any more.` };
    case 408:
    case 504:
      return { kind: 'unavailable', message: `Amazon Drive did not get done with ${about} in time.` };
    case 409:
      if (body.code === 'MD5_DUPLICATE')
        return { kind: 'other', message: `Amazon Drive has the content of ${about} already, elsewhere.` };
      return {
        kind: 'alreadyExists',
        message: `Something has the name of ${about} already.`,
        reason: 'nameTaken',
      };
    case 412:
      return { kind: 'changed', message: `${capital(about)} was changed by someone else in the meantime.` };
    case 413:
      return {
        kind: 'unsupported',
        message: `${capital(about)} is too large for Amazon Drive. Set "max_size" so that such files are left out.`,
      };
    case 416:
      return { kind: 'other', message: `${capital(about)} has no such range.`, reason: 'rangeOutside' };
    case 429:
      return { kind: 'rateLimited', message: `Amazon Drive asks for fewer requests, at ${about}.` };
    case 509:
      return {
        kind: 'other',
        message: `The bandwidth of the account is used up, at ${about}. Try again later.`,
      };
  }
  if (status >= 500) return { kind: 'unavailable', message: `Amazon Drive failed at ${about}.${said}` };
  if (status >= 300 && status < 400)
    return { kind: 'other', message: `Amazon Drive sends the request for ${about} elsewhere (${status}).` };
  return { kind: 'other', message: `Amazon Drive refused ${about} (${status}).${said}` };
}

function badRequest(message: string, about: string, said: string): Meaning {
  if (/next token.*expired/i.test(message))
    return { kind: 'unavailable', message: 'The listing took too long.', reason: 'pageTokenExpired' };
  if (/parentId doesn.?t exist|trashed parent/i.test(message))
    return {
      kind: 'changed',
      message: `The folder of ${about} was moved or deleted by someone else in the meantime.`,
      reason: 'parentGone',
    };
  if (/'name' failed to satisfy constraint/i.test(message))
    return { kind: 'badName', message: `Amazon Drive can't hold the name of ${about}. Shorten it.` };
  return { kind: 'unavailable', message: `Amazon Drive did not take the request for ${about}.${said}` };
}

/** What a body says; a gateway's empty one, S3's XML or a web page says nothing. */
export function errorBody(text: string): ErrorBody {
  const found = parseRecord(text) ?? {};
  const info = isRecord(found['info']) ? found['info'] : {};
  return {
    message: textOf(found['message']) ?? textOf(found['error_description']),
    code: textOf(found['code']),
    nodeId: textOf(info['nodeId']),
  };
}

/** What a service says may hold anything; never a token of ours. */
function asSentence(text: string): string {
  const clean = text
    .replace(/\bAtz[ar]\|[^\s"'&]*/g, '…')
    .replace(/\b(Bearer|Basic)\s+[^\s"']+/gi, '$1 …')
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, 300);
  return /[.?!]$/.test(clean) ? clean : `${clean}.`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
