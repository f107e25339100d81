import type { DriveOperation } from './driveRequest';

/** What a fault can look at in a request. */
export interface FaultTarget {
  readonly operation: DriveOperation;
  readonly method: string;
  /** Path and query as they came. */
  readonly url: string;
  /** The account that the request's token belongs to. */
  readonly account: string | undefined;
  /** The name of the node that is meant: of the one in the path, the one to be made, or the child that is moved. */
  readonly node: string | undefined;
  /** The JSON body, where the operation has one. */
  readonly json: unknown;
}

/** Something to go wrong: which requests it meets, how often, and what happens. All given matchers must agree. */
export interface DriveFault {
  operation?: DriveOperation | readonly DriveOperation[];
  method?: string;
  /** Matched against path and query as they came. */
  url?: RegExp;
  /** The name of the node that is meant. */
  node?: string | RegExp;
  account?: string;
  when?: (target: FaultTarget) => boolean;
  /** So many matching requests pass before the fault begins. Default 0. */
  skip?: number;
  /** So many requests are hit; default 1, with a probability Infinity. */
  count?: number;
  /** How likely a matching request is hit, from 0 to 1; the same seed gives the same luck. */
  probability?: number;
  seed?: number;

  /** Wait so many milliseconds before anything else; Infinity never answers. */
  delayMs?: number;
  /** Answer with this status instead of doing the operation, after the request's whole body was read. */
  status?: number;
  /** The text beside the status, such as `GATEWAY_TIMEOUT`. */
  statusText?: string;
  /** An object goes out as JSON. Without one the status's usual body is sent (6.2). */
  body?: string | object;
  headers?: Readonly<Record<string, string>>;
  /** Seconds, or a date, for a Retry-After header. */
  retryAfter?: number | string;
  /** Answer `status` after so many bytes of the request's body; 0 answers at once. */
  answerAfterRequestBytes?: number;
  /** Do the operation first, then answer with `status`. */
  afterDoing?: boolean;
  /** For uploads: take the content, answer `status` (default 504), and make the file so many milliseconds later (5.6). */
  appearsAfterMs?: number;
  /** Break the connection after so many bytes of the request's body; the operation isn't done. */
  cutRequestAfterBytes?: number;
  /** Break the connection after so many bytes of the answer's body; 0 sends the head only. The operation is done. */
  cutResponseAfterBytes?: number;
  /** Do the operation, then break the connection without any answer. */
  loseResponse?: boolean;
  /** Read the request's body no faster than so many bytes a second. */
  requestBytesPerSecond?: number;
  /** Send the answer's body no faster than so many bytes a second. */
  responseBytesPerSecond?: number;
  /** Tell an md5 that isn't the content's in all nodes of the answer. */
  wrongMd5?: boolean;
  /** Tell no md5 in any node of the answer. */
  lacksMd5?: boolean;
  /** For uploads: store the content with one bit flipped; the md5 that is told is the damaged content's. */
  damageStored?: boolean;
  /** For uploads: store so many bytes, the first ones of the content, or the content with zeros after it. */
  storesBytes?: number;
  /** Flip one bit of the answer's body, at its middle or in its only piece. */
  damageResponse?: boolean;
  /** For lists that go on from a page token: refuse the token as expired. */
  expirePageToken?: boolean;
  /** Answer 403 as the service sporadically did for good requests; retrying helps (6.2). */
  sporadic403?: boolean;
}

/** A fault that was added, and how often it has struck. */
export interface ActiveDriveFault extends DriveFault {
  hits: number;
  passed: number;
}

/** The faults of one server, asked in the order in which they were added; the first that matches strikes. */
export class DriveFaults {
  private active: { fault: ActiveDriveFault; random: () => number }[] = [];

  /** @returns the fault, whose `hits` can be read later */
  add(fault: DriveFault): ActiveDriveFault {
    const added: ActiveDriveFault = { ...fault, hits: 0, passed: 0 };
    this.active.push({ fault: added, random: seededRandom(fault.seed ?? 1) });
    return added;
  }

  clear(): void {
    this.active = [];
  }

  /** The fault that strikes this request, if any; counts it. */
  take(target: FaultTarget): ActiveDriveFault | undefined {
    for (const { fault, random } of this.active) {
      const most = fault.count ?? (fault.probability === undefined ? 1 : Number.POSITIVE_INFINITY);
      if (fault.hits >= most || !meets(fault, target)) continue;
      if (
        fault.passed < (fault.skip ?? 0) ||
        (fault.probability !== undefined && random() >= fault.probability)
      ) {
        fault.passed++;
        continue;
      }
      fault.hits++;
      return fault;
    }
    return undefined;
  }
}

function meets(fault: DriveFault, target: FaultTarget): boolean {
  const { operation, method, url, node, account } = fault;
  if (typeof operation === 'string' && operation !== target.operation) return false;
  if (Array.isArray(operation) && !operation.includes(target.operation)) return false;
  if (method !== undefined && method !== target.method) return false;
  if (url !== undefined && !url.test(target.url)) return false;
  if (account !== undefined && account !== target.account) return false;
  if (typeof node === 'string' && node !== target.node) return false;
  if (node instanceof RegExp && !node.test(target.node ?? '')) return false;
  return fault.when?.(target) ?? true;
}

/** Numbers from 0 to 1 that look like chance and are the same for the same seed (mulberry32). */
function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
