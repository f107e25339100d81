import { randomUUID } from 'node:crypto';
import type { Reply } from '../../http/reply';
import { driveJson } from './driveError';
import type { DriveFault } from './faults';

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
