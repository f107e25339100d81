import { agrees, Faults, type HttpFault } from '../../http/faults';
import type { S3Request } from './s3Request';

/**
 * How a listing is spoilt:
 * `cutXml` ends the document in the middle, with the Content-Length of the cut document;
 * `missingTail` leaves out the second half of the page and claims that the listing is complete;
 * `noToken` says that more follows but gives no token;
 * `outOfOrder` gives the page in reverse order;
 * `repeatPage` ignores the continuation token and gives the first page again;
 * `repeatPrefix` begins a page with the common prefix in which the previous page ended, as MinIO does;
 * `wrongKeyCount` miscounts the keys of the page, and `noKeyCount` does not count them, as SeaweedFS and moto do.
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

/** A fault of the S3 server. A `status` without a `code` answers InternalError; status 200 gives an error document under a success. */
export interface S3Fault extends HttpFault<S3Request> {
  bucket?: string;
  key?: string | RegExp;

  /** Answer with this S3 error code, such as `SlowDown`, under `status` or the code's usual status. */
  code?: string;
  message?: string;
  /** The Location header of that answer, for the path and query of the request. */
  redirectTo?: (url: string) => string;
  /** Answer with this body, under `status` (default 200) and `headers` only, as another server would. */
  body?: string | Buffer | ((request: S3Request) => string | Buffer);
  list?: ListFault;
}

/** The faults of one S3 server. */
export function s3Faults(): Faults<S3Request, S3Fault> {
  return new Faults(
    (fault, request) => agrees(fault.bucket, request.bucket) && agrees(fault.key, request.key),
  );
}
