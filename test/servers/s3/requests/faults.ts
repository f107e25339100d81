import type { S3Request } from './s3Request';

/**
 * How a listing is spoilt:
 * `cutXml` ends the document in the middle, though with the right Content-Length;
 * `missingTail` leaves out the second half of the page and claims that the listing is complete;
 * `noToken` says that more follows but gives no token;
 * `outOfOrder` gives the page in reverse order;
 * `repeatPage` ignores the continuation token, so the first page comes again;
 * `repeatPrefix` begins a page with the common prefix in which the page before it ended, as MinIO does;
 * `wrongKeyCount` counts the keys of the page wrongly, and `noKeyCount` doesn't, as SeaweedFS and moto do.
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

/** Something to go wrong: which requests it meets, how often, and what happens. All given matchers must agree. */
export interface Fault {
  /** S3's operation name or several of them, such as `PutObject`. */
  operation?: string | readonly string[];
  bucket?: string;
  key?: string | RegExp;
  when?: (request: S3Request) => boolean;
  /** So many matching requests pass before the fault begins. Default 0. */
  skip?: number;
  /** So many requests are hit; default 1. Use Infinity for all. */
  count?: number;

  /** Wait so many milliseconds before anything else; Infinity never answers. */
  delayMs?: number;
  /** Answer with this status and `code` instead of doing the operation. 200 gives an error document under a success. */
  status?: number;
  /** S3's error code; default InternalError. `SlowDown` alone implies status 503. */
  code?: string;
  message?: string;
  /** More headers of that answer. */
  headers?: Readonly<Record<string, string>>;
  /** The Location header of that answer, for the path and query that were asked. */
  redirectTo?: (url: string) => string;
  /** Seconds for a Retry-After header. */
  retryAfter?: number;
  /** Break the connection after so many bytes of the request's body have been read; the operation isn't done. */
  resetRequestAfterBytes?: number;
  /** Break the connection after so many bytes of the response's body; 0 sends the head only. The operation is done. */
  resetAfterBytes?: number;
  /** Do the operation, then break the connection without any answer. */
  loseResponse?: boolean;
  /** Flip one byte in the middle of the response's body. */
  corruptBody?: boolean;
  list?: ListFault;
  /** Answer with this body instead of doing the operation, under `status` (default 200) and `headers`, as some other server would. */
  body?: string | Buffer | ((request: S3Request) => string | Buffer);
  /** Send so many bytes of filler as the body of an answer that is otherwise as it would be; in chunks, without a length. */
  fillerBytes?: number;
  /** Send the answer without Content-Length: its body in chunks. */
  chunked?: boolean;
  /** Headers that replace those of the answer the operation gives; undefined leaves the header out. Names in lower case. */
  answerHeaders?: Readonly<Record<string, string | undefined>>;
}

/** A fault that was added, and how often it has struck. */
export interface ActiveFault extends Fault {
  hits: number;
  passed: number;
}

/** The faults of one server, asked in the order in which they were added; the first that matches strikes. */
export class Faults {
  private active: ActiveFault[] = [];

  /** @returns the fault, whose `hits` can be read later */
  add(fault: Fault): ActiveFault {
    const added: ActiveFault = { ...fault, hits: 0, passed: 0 };
    this.active.push(added);
    return added;
  }

  clear(): void {
    this.active = [];
  }

  /** The fault that strikes this request, if any; counts it. */
  take(request: S3Request): ActiveFault | undefined {
    if (this.active.length === 0) return undefined;
    for (const fault of this.active) {
      if (fault.hits >= (fault.count ?? 1) || !meets(fault, request)) continue;
      if (fault.passed < (fault.skip ?? 0)) {
        fault.passed++;
        continue;
      }
      fault.hits++;
      return fault;
    }
    return undefined;
  }
}

function meets(fault: Fault, request: S3Request): boolean {
  const { operation, bucket, key } = fault;
  if (typeof operation === 'string' && operation !== request.operation) return false;
  if (Array.isArray(operation) && !operation.includes(request.operation)) return false;
  if (bucket !== undefined && bucket !== request.bucket) return false;
  if (typeof key === 'string' && key !== request.key) return false;
  if (key instanceof RegExp && !key.test(request.key ?? '')) return false;
  return fault.when?.(request) ?? true;
}
