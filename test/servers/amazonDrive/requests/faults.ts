import { randomUUID } from 'node:crypto';
import { agrees, Faults, type HttpFault } from '../../http/faults';
import type { Reply } from '../../http/reply';
import { driveJson } from './driveError';
import type { DriveOperation } from './driveRequest';

/** What a fault can look at in a request. */
export interface DriveTarget {
  readonly operation: DriveOperation;
  readonly method: string;
  /** Path and query as they came. */
  readonly url: string;
  /** The account that the request's token belongs to. */
  readonly account: string | undefined;
  /** The name of the node in the path, of the node to be made, or of the child that is moved. */
  readonly node: string | undefined;
  /** The JSON body, where the operation has one. */
  readonly json: unknown;
}

/** A fault of the Amazon Drive server. A `status` is sent after the whole body of the request was read. */
export interface DriveFault extends HttpFault<DriveTarget> {
  method?: string;
  /** Matched against path and query as they came. */
  url?: RegExp;
  node?: string | RegExp;
  account?: string;

  /** The text beside the status, such as `GATEWAY_TIMEOUT`. */
  statusText?: string;
  /** An object goes out as JSON. Without a body the status's usual body is sent (6.2). */
  body?: string | object;
  /** Answer `status` after so many bytes of the request's body; 0 answers at once. */
  answerAfterRequestBytes?: number;
  /** Perform the operation first, then answer with `status`. */
  afterDoing?: boolean;
  /** For uploads: take the content, answer `status` (default 504), and make the file so many milliseconds later (5.6). */
  appearsAfterMs?: number;
  /** Show a wrong md5 in all nodes of the answer. */
  wrongMd5?: boolean;
  /** Show no md5 in any node of the answer. */
  lacksMd5?: boolean;
  /** For uploads: store the content with one bit flipped; the answer shows the md5 of the damaged content. */
  damageStored?: boolean;
  /** For uploads: store so many bytes: the first bytes of the content, or the content with zeros after it. */
  storesBytes?: number;
  /** For lists that continue from a page token: refuse the token as expired. */
  expirePageToken?: boolean;
  /** Answer 403 as the service sporadically did for good requests; a retry helps (6.2). */
  sporadic403?: boolean;
}

/** The faults of one Amazon Drive server. */
export function driveFaults(): Faults<DriveTarget, DriveFault> {
  return new Faults(
    ({ method, url, account, node }, target) =>
      agrees(method, target.method) &&
      agrees(url, target.url) &&
      agrees(account, target.account) &&
      agrees(node, target.node),
  );
}
const STATUS_TEXTS: Readonly<Record<number, string>> = { 408: 'REQUEST_TIMEOUT', 504: 'GATEWAY_TIMEOUT' };

/** The text that the service sent with its sporadic 403 (6.2). */
export const SPORADIC_403 =
  "Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' parameter. Authorization header requires 'SignedHeaders' parameter. Authorization=Bearer";

/** The answer of a fault in place of the operation's; the default body is the service's usual one for the status. */
export function faultReply(fault: DriveFault): Reply {
  const status = fault.sporadic403 ? 403 : (fault.status ?? 500);
  const { retryAfter } = fault;
  const body = fault.body ?? usualBody(status, fault.sporadic403 === true);
  return {
    status,
    statusText: fault.statusText ?? STATUS_TEXTS[status],
    headers: {
      ...(body === '' ? {} : { 'Content-Type': 'application/json' }),
      ...(retryAfter === undefined ? {} : { 'Retry-After': String(retryAfter) }),
      ...fault.headers,
    },
    body: typeof body === 'string' ? body : driveJson(body),
  };
}

function usualBody(status: number, sporadic: boolean): string | object {
  if (sporadic) return { message: SPORADIC_403 };
  if (status === 401) return { message: 'Token has expired' };
  if (status === 429) return { logref: randomUUID(), message: 'Rate exceeded', code: '' };
  if (status === 500) return { message: 'Internal failure' };
  // The gateway times out with an empty body (6.1).
  if (status === 408 || status === 504) return '';
  return { message: `Error ${status}` };
}
