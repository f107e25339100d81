import { randomNumbers } from '../../support/random';
/** The part of a request that the faults of every server can examine. */
export interface FaultTarget {
  readonly operation: string;
}

/** A failure, the requests that it affects, and how often. All given conditions must hold. */
export interface HttpFault<Target extends FaultTarget> extends FaultEffects {
  /** The service's name of the operation, or several names. */
  operation?: Target['operation'] | readonly Target['operation'][];
  when?: (target: Target) => boolean;
  /** How many matching requests pass before the fault begins. Default 0. */
  skip?: number;
  /** The number of requests that fail. Default 1, with a probability Infinity. */
  count?: number;
  /** The probability that a matching request fails, from 0 to 1. The same seed affects the same requests. */
  probability?: number;
  seed?: number;
}

/** The failures that every service can have. */
export interface FaultEffects {
  /** Delays the response; Infinity never responds. */
  delayMs?: number;
  /** Delays everything until this promise resolves. */
  until?: Promise<unknown>;
  /** Limits the speed of reading the request's body. */
  requestBytesPerSecond?: number;
  /** Ends the connection after this part of the request's body; the server does not perform the operation. */
  cutRequestAfterBytes?: number;
  /** Responds with this status instead of performing the operation. */
  status?: number;
  /** More headers of that response. */
  headers?: Readonly<Record<string, string>>;
  /** Seconds or a date, for the Retry-After header of that response. */
  retryAfter?: number | string;

  /** Performs the operation, then ends the connection without a response. */
  loseResponse?: boolean;
  /** Performs the operation, then ends the connection after this part of the response's body; 0 sends only the head. */
  cutResponseAfterBytes?: number;
  /** Limits the speed of sending the response's body. */
  responseBytesPerSecond?: number;
  /** Flips one bit of the response's body: in the middle, or in the first piece of a body of unknown length. */
  damageResponse?: boolean;
  /** Sends filler as the body, chunked and without a length. Keeps status and headers. */
  fillerBytes?: number;
  /** Sends the body chunked, without Content-Length. */
  chunked?: boolean;
  /** Replaces headers of the response; undefined removes a header. Names in lower case. */
  answerHeaders?: Readonly<Record<string, string | undefined>>;
}

/** An active fault, with the numbers of requests that it affected (`hits`) and passed. */
export type Active<Fault> = Fault & { hits: number; passed: number };

/** The faults of one server in the order of addition; the first one that matches a request applies. */
export class Faults<Target extends FaultTarget, Fault extends HttpFault<Target>> {
  private active: { fault: Active<Fault>; random: () => number }[] = [];

  /** @param matches whether the service's own conditions of a fault hold for a request */
  constructor(private readonly matches: (fault: Fault, target: Target) => boolean) {}

  /** @returns the fault, whose `hits` a test can read later */
  add(fault: Fault): Active<Fault> {
    const added = { ...fault, hits: 0, passed: 0 };
    this.active.push({ fault: added, random: randomNumbers(fault.seed ?? 1) });
    return added;
  }

  clear(): void {
    this.active = [];
  }

  /** The fault that applies to this request, if any; counts the hit. */
  take(target: Target): Active<Fault> | undefined {
    for (const { fault, random } of this.active) {
      const most = fault.count ?? (fault.probability === undefined ? 1 : Number.POSITIVE_INFINITY);
      if (fault.hits >= most || !this.concerns(fault, target)) continue;
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

  private concerns(fault: Fault, target: Target): boolean {
    const { operation = target.operation } = fault;
    const named =
      typeof operation === 'string' ? operation === target.operation : operation.includes(target.operation);
    return named && this.matches(fault, target) && (fault.when?.(target) ?? true);
  }
}

/** Whether a value meets the condition of a fault, if it has one. */
export function agrees(wanted: string | RegExp | undefined, value: string | undefined): boolean {
  return wanted instanceof RegExp ? wanted.test(value ?? '') : wanted === undefined || wanted === value;
}
