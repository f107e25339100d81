/** Shorter waits are not reported, in milliseconds. */
export const minReportedWaitMs = 2000;

/** Receives the end of a wait in milliseconds since the epoch (by the app's clock), or undefined when requests succeed again. */
type WaitListener = (until: number | undefined) => void;

/**
 * The waits that a service currently requests, for progress displays, and its refusals, for the number of concurrent files. The
 * retries report both; a wait is over at its end, or as soon as any request succeeds.
 */
export class ServiceWaits {
  private readonly waits = new Set<{ readonly until: number }>();
  private readonly listeners = new Set<WaitListener>();
  private readonly refusalListeners = new Set<() => void>();
  private reported: number | undefined;

  /** When the next request is sent, in milliseconds since the epoch; undefined while nothing waits. */
  get until(): number | undefined {
    return this.waits.size === 0 ? undefined : Math.min(...[...this.waits].map(({ until }) => until));
  }

  /** Records a wait until `until`. Returns a function that ends it. */
  begin(until: number): () => void {
    const wait = { until };
    this.waits.add(wait);
    this.notify();
    return () => {
      this.waits.delete(wait);
      this.notify();
    };
  }

  /** Ends all waits, because a request succeeded. */
  requestSucceeded(): void {
    if (this.waits.size === 0) return;
    this.waits.clear();
    this.notify();
  }

  /** A request failed as it does when there are too many: the service refused it for now, or did not respond. */
  requestRefused(): void {
    for (const listener of [...this.refusalListeners]) listener();
  }

  /** Calls `listener`, which must not throw, for each refused request. Returns a function that stops it. */
  listenToRefusals(listener: () => void): () => void {
    this.refusalListeners.add(listener);
    return () => void this.refusalListeners.delete(listener);
  }

  /** Calls `listener`, which must not throw, for a current wait and for each change. Returns a function that stops it. */
  listen(listener: WaitListener): () => void {
    this.listeners.add(listener);
    if (this.reported !== undefined) listener(this.reported);
    return () => void this.listeners.delete(listener);
  }

  private notify(): void {
    const { until } = this;
    if (until === this.reported) return;
    this.reported = until;
    for (const listener of [...this.listeners]) listener(until);
  }
}

/** As `listen`, for several services: reports the wait that ends last, because the work continues only then. */
export function listenToAll(services: Iterable<ServiceWaits | undefined>, report: WaitListener): () => void {
  const all = [...new Set(services)].filter((one) => one !== undefined);
  const onChange = () => {
    const ends = all.map(({ until }) => until).filter((until) => until !== undefined);
    report(ends.length > 0 ? Math.max(...ends) : undefined);
  };
  const stops = all.map((one) => one.listen(onChange));
  return () => {
    for (const stop of stops) stop();
  };
}
