/** Shorter waits than this are not worth a word, in milliseconds. */
export const minReportedWaitMs = 2000;

/** Told when requests will be sent again, in milliseconds since the epoch by the clock of the app; undefined when they go through. */
export type WaitListener = (until: number | undefined) => void;

/**
 * Whether a service asks to wait at this moment, for whoever shows work that stands still because of it. Fed by what tries requests again;
 * over at the end of the wait, or as soon as any request goes through.
 */
export class ServiceWaits {
  /** The end of each wait that goes on. */
  private readonly waits = new Set<{ readonly until: number }>();
  private readonly listeners = new Set<WaitListener>();
  private reported: number | undefined;

  /** When the next request is sent; undefined while nobody waits. */
  get until(): number | undefined {
    let first: number | undefined;
    for (const { until } of this.waits) first = Math.min(until, first ?? until);
    return first;
  }

  /** A request waits until then, because the service asked for it. Call what is returned when the wait is over. */
  begin(until: number): () => void {
    const wait = { until };
    this.waits.add(wait);
    this.notify();
    return () => {
      this.waits.delete(wait);
      this.notify();
    };
  }

  /** A request was answered as it should be. */
  requestSucceeded(): void {
    if (this.waits.size === 0) return;
    this.waits.clear();
    this.notify();
  }

  /** Tells `hear` of a wait that goes on, and of each change. Stops by calling what is returned. `hear` must not throw. */
  listen(hear: WaitListener): () => void {
    this.listeners.add(hear);
    if (this.reported !== undefined) hear(this.reported);
    return () => void this.listeners.delete(hear);
  }

  private notify(): void {
    const { until } = this;
    if (until === this.reported) return;
    this.reported = until;
    for (const hear of [...this.listeners]) hear(until);
  }
}

/** As `listen`, of several services at once: of the wait that lasts longest, since the work goes on only then. */
export function listenToAll(services: Iterable<ServiceWaits | undefined>, hear: WaitListener): () => void {
  const all = [...new Set(services)].filter((one) => one !== undefined);
  const hearOne = () => {
    const ends = all.map(({ until }) => until).filter((until) => until !== undefined);
    hear(ends.length > 0 ? Math.max(...ends) : undefined);
  };
  const stops = all.map((one) => one.listen(hearOne));
  return () => {
    for (const stop of stops) stop();
  };
}
