import type { Clock } from '../base/clock';

/** Small files at once when nothing is known of the service. */
const firstLimit = 16;

/** An epoch has at least this many milliseconds, and this many files for each that may run at once: fewer tell nothing. */
const epochMs = 100;
const epochRounds = 2;

/** How much more may run in the next epoch: first twice as much, and from the first setback on a quarter more. */
const firstGrowth = 2;
const laterGrowth = 1.25;

/** The part of a growth that must appear as more throughput. */
const minGain = 0.2;

/** Epochs without growth after one that gained nothing. */
const restEpochs = 20;

/** The part of the last `recentEvents` files and refusals that must be refusals: a few happen at random. */
const overloaded = 0.12;
const recentEvents = 32;

/** Milliseconds for which the number at which the service refused is not tried again. */
const refusedForMs = 30_000;

/** Work of a file, besides its bytes: a request costs as much as these bytes. */
const requestBytes = 256 * 1024;

/**
 * How many small files may run at once: the number grows while throughput grows with it, goes back one step when it does not, and is halved when
 * the service refuses requests.
 */
export class AdaptiveLimit {
  private limit: number;
  private growth = firstGrowth;
  /** The limit and throughput of the epoch before the last growth. */
  private before: { readonly limit: number; readonly rate: number } | undefined;
  private rest = 0;
  private ceiling: { readonly limit: number; readonly until: number } | undefined;
  /** Files above the limit that began before the last halving. Their refusals tell nothing new. */
  private surplus = 0;
  /** The part of recent events that were refusals, by an exponential average. */
  private refusals = 0;
  private begun: number;
  private files = 0;
  private work = 0;

  /** `start` is the limit that an earlier run found. */
  constructor(
    private readonly clock: Pick<Clock, 'now'>,
    private readonly max: number,
    start = firstLimit,
  ) {
    this.limit = Math.max(1, Math.min(start, max));
    this.begun = clock.now();
  }

  get current(): number {
    return this.limit;
  }

  /** A file of `bytes` has ended, whatever its outcome. */
  ended(bytes: number): void {
    if (this.surplus > 0) this.surplus--;
    this.refusals -= this.refusals / recentEvents;
    this.files++;
    this.work += requestBytes + bytes;
    const elapsed = this.clock.now() - this.begun;
    if (elapsed >= epochMs && this.files >= epochRounds * this.limit) this.endEpoch(this.work / elapsed);
  }

  /** The service has refused a request, or left it without a response. */
  refused(): void {
    if (this.surplus > 0) return;
    this.refusals += (1 - this.refusals) / recentEvents;
    if (this.refusals < overloaded) return;
    const { limit } = this;
    this.ceiling = { limit: Math.max(1, limit - 1), until: this.clock.now() + refusedForMs };
    this.growth = laterGrowth;
    this.before = undefined;
    this.refusals = 0;
    this.moveTo(limit / 2);
    this.surplus = limit - this.limit;
  }

  private endEpoch(rate: number): void {
    const { before } = this;
    const needed = before && before.rate * (1 + minGain * (this.limit / before.limit - 1));
    if (before && needed !== undefined && rate < needed) {
      this.growth = laterGrowth;
      this.rest = restEpochs;
      this.before = undefined;
      this.moveTo(before.limit);
    } else if (this.rest > 0) {
      this.rest--;
      this.moveTo(this.limit);
    } else {
      this.before = { limit: this.limit, rate };
      this.moveTo(Math.max(this.limit + 1, this.limit * this.growth));
      if (this.limit === before?.limit) this.before = undefined;
    }
  }

  /** Begins an epoch. */
  private moveTo(limit: number): void {
    const now = this.clock.now();
    if (this.ceiling && this.ceiling.until < now) this.ceiling = undefined;
    this.limit = Math.max(1, Math.min(Math.floor(limit), this.max, this.ceiling?.limit ?? this.max));
    this.begun = now;
    this.files = this.work = 0;
  }
}
