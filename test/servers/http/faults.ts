/** What the faults of every server can look at in a request. */
export interface FaultTarget {
  readonly operation: string;
}

/** What goes wrong, with which requests and how often. All given conditions must hold. */
export interface HttpFault<Target extends FaultTarget> extends FaultEffects {
  /** The service's name of the operation, or several names. */
  operation?: Target['operation'] | readonly Target['operation'][];
  when?: (target: Target) => boolean;
  /** How many matching requests pass before the fault begins. Default 0. */
  skip?: number;
  /** How many requests the fault strikes. Default 1, with a probability Infinity. */
  count?: number;
  /** How likely a matching request is struck, from 0 to 1. The same seed strikes the same requests. */
  probability?: number;
  seed?: number;
}

/** What goes wrong, whatever the service. */
export interface FaultEffects {
  /** Wait so many milliseconds first; Infinity never answers. */
  delayMs?: number;
  /** Wait for this before anything else. */
  until?: Promise<unknown>;
  /** Read the request's body no faster than so many bytes a second. */
  requestBytesPerSecond?: number;
  /** Break the connection after so many bytes of the request's body; the server does not perform the operation. */
  cutRequestAfterBytes?: number;
  /** Answer with this status instead of performing the operation. */
  status?: number;
  /** More headers of that answer. */
  headers?: Readonly<Record<string, string>>;
  /** Seconds or a date, for the Retry-After header of that answer. */
  retryAfter?: number | string;

  /** Perform the operation, then break the connection without an answer. */
  loseResponse?: boolean;
  /** Perform the operation, then break the connection after so many bytes of the response's body; 0 sends only the head. */
  cutResponseAfterBytes?: number;
  /** Send the response's body no faster than so many bytes a second. */
  responseBytesPerSecond?: number;
  /** Flip one bit of the response's body: at its middle, or in the first piece of a body of unknown length. */
  damageResponse?: boolean;
  /** Send so many bytes of filler as the body, in chunks and without a length. Status and headers stay. */
  fillerBytes?: number;
  /** Send the body in chunks, without Content-Length. */
  chunked?: boolean;
  /** Replaces headers of the response; undefined removes a header. Names in lower case. */
  answerHeaders?: Readonly<Record<string, string | undefined>>;
}

/** A fault in force, with the number of requests that it struck (`hits`) and let pass. */
export type Active<Fault> = Fault & { hits: number; passed: number };

/** The faults of one server, in the order of their adding; the first that matches a request strikes. */
export class Faults<Target extends FaultTarget, Fault extends HttpFault<Target>> {
  private active: { fault: Active<Fault>; random: () => number }[] = [];

  /** @param matches whether the service's own conditions of a fault hold for a request */
  constructor(private readonly matches: (fault: Fault, target: Target) => boolean) {}

  /** @returns the fault, whose `hits` a test can read later */
  add(fault: Fault): Active<Fault> {
    const added = { ...fault, hits: 0, passed: 0 };
    this.active.push({ fault: added, random: seededRandom(fault.seed ?? 1) });
    return added;
  }

  clear(): void {
    this.active = [];
  }

  /** The fault that strikes this request, if any; counts the hit. */
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

/** Whether a value is what a fault asks for; every value is, when the fault does not ask. */
export function agrees(wanted: string | RegExp | undefined, value: string | undefined): boolean {
  return wanted instanceof RegExp ? wanted.test(value ?? '') : wanted === undefined || wanted === value;
}

/** Random numbers from 0 to 1 that repeat for the same seed (mulberry32). */
function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
