import type { IncomingHttpHeaders } from 'node:http';
import type { LoggedHttpRequest } from '../../http/requestLog';
import type { DriveOperation } from './driveRequest';

/** One request to the Amazon Drive server. Holds no token, code or secret. */
export interface LoggedDriveRequest extends LoggedHttpRequest {
  operation: DriveOperation;
  /** Path and query as they came; tokens and signatures in the query are replaced by `…`. */
  url: string;
  /** Without cookies, and with only the scheme of Authorization, such as `Bearer`. */
  headers: IncomingHttpHeaders;
  /** The account of the request's token, also of an expired token. */
  account?: string;
  /** The JSON body of metadata calls. */
  json?: unknown;
  /** The name of the node in the path, of the node to be made, or of the child that is moved, where it is known. */
  node?: string;
  /** `grant_type` of a token request. */
  grantType?: string;
}

/** The headers that may be kept. */
export function harmlessHeaders(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  const { authorization, cookie: _, 'proxy-authorization': __, ...kept } = headers;
  return authorization === undefined
    ? kept
    : { ...kept, authorization: authorization.split(' ', 1)[0] ?? '' };
}

/** The address with the secrets in its query replaced. */
export function harmlessUrl(url: string): string {
  return url.replace(/([?&](?:access_token|X-Amz-Signature|code)=)[^&]*/g, '$1…');
}
