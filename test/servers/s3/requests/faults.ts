import { agrees, Faults, type HttpFault } from '../../http/faults';
import type { S3Request } from './s3Request';

/**
 * The fault of a listing:
 * `cutXml` cuts the document in the middle, with a matching Content-Length;
 * `missingTail` omits the second half of the page and marks the listing as complete;
 * `noToken` marks the listing as incomplete, without a token;
 * `outOfOrder` reverses the page;
 * `repeatPage` ignores the continuation token and returns the first page again;
 * `repeatPrefix` starts a page with the last common prefix of the previous page, as MinIO does;
 * `wrongKeyCount` and `noKeyCount` return a wrong KeyCount or none, as SeaweedFS and moto do.
 */
export type ListFault =
  | 'cutXml'
  | 'missingTail'
  | 'noToken'
  | 'outOfOrder'
  | 'repeatPage'
  | 'repeatPrefix'
  | 'wrongKeyCount'
  | 'noKeyCount';

/** A fault of the S3 server. A `status` without a `code` is InternalError; status 200 sends an error document with a success. */
export interface S3Fault extends HttpFault<S3Request> {
  bucket?: string;
  key?: string | RegExp;

  /** Responds with this S3 error code, such as `SlowDown`, and with `status` or the code's usual status. */
  code?: string;
  message?: string;
  /** The Location header of that response, for the path and query of the request. */
  redirectTo?: (url: string) => string;
  /** Responds with this body, `status` (default 200) and `headers` only, as another server would. */
  body?: string | Buffer | ((request: S3Request) => string | Buffer);
  list?: ListFault;
}

/** The faults of one S3 server. */
export function s3Faults(): Faults<S3Request, S3Fault> {
  return new Faults(
    (fault, request) => agrees(fault.bucket, request.bucket) && agrees(fault.key, request.key),
  );
}
