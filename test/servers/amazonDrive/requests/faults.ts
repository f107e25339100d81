import { randomUUID } from 'node:crypto';
import { agrees, Faults, type HttpFault } from '../../http/faults';
import type { Reply } from '../../http/reply';
import { driveJson } from './driveError';
import type { DriveOperation } from './driveRequest';

/** The part of a request that a fault can match. */
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

  /** The reason phrase, such as `GATEWAY_TIMEOUT`. */
  statusText?: string;
  /** An object is sent as JSON. Default: the usual body of the status. */
  body?: string | object;
  /** Respond with `status` after so many bytes of the request's body; 0 responds immediately. */
  answerAfterRequestBytes?: number;
  /** Perform the operation first, then respond with `status`. */
  afterDoing?: boolean;
  /** For uploads: accept the content, respond with `status` (default 504), and create the file so many milliseconds later. */
  appearsAfterMs?: number;
  /** Show a wrong md5 in all nodes of the response. */
  wrongMd5?: boolean;
  /** Show no md5 in the nodes of the response. */
  lacksMd5?: boolean;
  /** For uploads: store the content with one bit flipped. The response shows the md5 of the corrupted content. */
  damageStored?: boolean;
  /** For uploads: store so many bytes: the first bytes of the content, or the content with zeros after it. */
  storesBytes?: number;
  /** For lists that continue from a page token: reject the token as expired. */
  expirePageToken?: boolean;
  /** Respond with the spurious 403 of the service; a retry helps. */
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

/** The message of the spurious 403. */
export const SPORADIC_403 =
  "Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' parameter. Authorization header requires 'SignedHeaders' parameter. Authorization=Bearer";

/** The response of a fault instead of the operation's. */
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
  // The gateway sends an empty body on a timeout.
  if (status === 408 || status === 504) return '';
  return { message: `Error ${status}` };
}
