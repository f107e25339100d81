import { isRemoteError, RemoteError } from '../../../remote/remoteError';
import { comparePaths } from '../../../remote/remotePath';
import type { ListPage } from '../model/objectInfo';
import { KeyRange, type Listed } from './keyRange';
import { KeySpace } from './keySpace';

/** The place of a page: the one of `token`, in a listing of the keys after `after`; by default the first, of all keys. */
export interface PagePlace {
  readonly token: string | undefined;
  readonly after: string | undefined;
}

export type RequestPage = (place: PagePlace) => Promise<ListPage>;

const maxRequests = 24;
/** Pages that a range should have: each end of a range wastes half a page on average. */
const rangePages = 10;
/** Pages that wait for the caller: at first, and at most (a page is about 400 KB). */
const firstBuffer = 16;
const maxBuffer = 64;
/** Requests that may turn out useless: some, and a share of all. */
const freeWaste = 3;
const wasteShare = 0.14;
/** Keys of a page from which the estimates learn. */
const samples = 24;

/**
 * Everything below a prefix in the order of keys, from several requests at once: the key space is cut into ranges where the pages so far
 * suggest equal parts, and the pages of the first range are given out while later ones arrive.
 *
 * No key is given out on trust. A range follows its predecessor only if the predecessor's own pages show the same first keys there; else,
 * and after every other doubt about the service's starts in the middle, the listing goes on page by page from the last proven position.
 * So the result is that of one request after the other, and a failure in any range is a failure of the listing.
 */
export class RangedListing {
  private readonly space: KeySpace;
  /** Without gaps, in order. */
  private readonly ranges: KeyRange[];
  /** The distance of the first and last key of a page, by range; undefined before its first page. */
  private readonly spans = new Map<KeyRange, bigint>();
  private running = 0;
  private allowed = 4;
  private buffer = firstBuffer;
  private received = 0;
  private wasted = 0;
  private arrived: (() => void) | undefined;
  /** Objects that the caller has got, and the key of the last one. */
  private given = 0;
  private lastGiven: string | undefined;
  /** Of the objects that the caller has got, those that a listing which started again has shown; undefined without one. */
  private repeated: number | undefined;
  /** After an error nothing is requested before the caller asks again. */
  private isHalted = false;

  /** `splits` = whether the service can start in the middle; without it this is a plain listing of one request at a time. */
  constructor(
    private readonly bucket: string,
    prefix: string,
    private splits: boolean,
    private readonly request: RequestPage,
  ) {
    this.space = new KeySpace(prefix);
    this.ranges = [new KeyRange(undefined, undefined, bucket)];
  }

  /** The next page with anything on it; undefined after the last. After an error the call can be repeated. */
  async next(): Promise<Listed | undefined> {
    this.isHalted = false;
    for (;;) {
      const [head, following] = this.ranges;
      if (!head) return this.end();
      const page = this.withoutGiven(head.pages.shift());
      if (page) {
        this.startRequests();
        return page;
      }
      if (head.pages.length > 0) continue;
      if (head.failure) {
        const { error } = head.failure;
        head.failure = undefined;
        this.isHalted = true;
        throw error;
      }
      if (head.isComplete && (following ? following.firstPage : !this.needsProof(head))) {
        if (!following?.firstPage || head.isContinuedBy(following.firstPage)) this.leave(head);
        else if (head.claimsEnd) this.startAgain();
        else this.listOnFrom(head);
        continue;
      }
      this.growIfStarved();
      this.startRequests();
      await new Promise<void>((resolve) => {
        this.arrived = resolve;
      });
    }
  }

  private end(): undefined {
    if (this.repeated !== undefined && this.repeated !== this.given) throw this.contradiction();
  }

  private contradiction(): RemoteError {
    return new RemoteError(
      'corrupted',
      `The service's lists of the bucket "${this.bucket}" contradict each other.`,
    );
  }

  private leave(head: KeyRange): void {
    this.wasted += head.wasted;
    this.ranges.shift();
    this.spans.delete(head);
    const [next] = this.ranges;
    // Nobody waited for it. Its first failure as the head is the one that counts.
    if (next) next.failure = undefined;
  }

  /** Gives up all ranges after `range`, which goes on to the end. */
  private listOnFrom(range: KeyRange): void {
    this.splits = false;
    this.ranges.length = this.ranges.indexOf(range) + 1;
    range.extendTo(undefined);
  }

  /**
   * Lists all keys again, from the first one on. For a range that ended where the next one has keys: its own start in the middle may have
   * cut it off, so it can't go on from there.
   */
  private startAgain(): void {
    this.splits = false;
    this.ranges.splice(0, this.ranges.length, new KeyRange(undefined, undefined, this.bucket));
    this.repeated = 0;
  }

  /**
   * The part of a page that was not given out yet. Throws `corrupted` when a listing that started again differs in the part that was given
   * out: the caller can't take it back.
   */
  private withoutGiven(page: Listed | undefined): Listed | undefined {
    if (!page) return undefined;
    let { objects } = page;
    const { lastGiven } = this;
    if (this.repeated !== undefined && lastGiven !== undefined) {
      objects = objects.filter(({ key }) => comparePaths(key, lastGiven) > 0);
      this.repeated += page.objects.length - objects.length;
      if (objects.length > 0 && this.repeated !== this.given) throw this.contradiction();
    }
    this.given += objects.length;
    if (this.repeated !== undefined) this.repeated += objects.length;
    this.lastGiven = objects.at(-1)?.key ?? lastGiven;
    return objects.length + page.undecodable.length > 0 ? { ...page, objects } : undefined;
  }

  /** Called when the caller has to wait: more requests at once, and more pages ahead, would have helped. */
  private growIfStarved(): void {
    if (this.received === 0) return;
    if (this.running >= this.allowed) this.allowed = Math.min(maxRequests, this.allowed + 2);
    if (this.ahead >= this.buffer) this.buffer = Math.min(maxBuffer, this.buffer * 2);
  }

  private get ahead(): number {
    let pages = this.running;
    for (const range of this.ranges) pages += range.pages.length;
    return pages;
  }

  private startRequests(): void {
    const [head] = this.ranges;
    if (this.isHalted || head?.failure) return;
    let free = Math.min(this.allowed - this.running, this.buffer - this.ahead);
    // The first range never waits for room that the others take.
    if (head?.pages.length === 0 && this.running < this.allowed) free = Math.max(free, 1);
    for (const range of this.ranges) {
      if (free <= 0) return;
      if (range.isComplete || range.isRequested || range.failure) continue;
      free--;
      this.start(range);
    }
    const last = this.ranges.at(-1);
    if (last && free > 0 && this.needsProof(last)) this.start(this.insert(last, last.position));
    while (free-- > 0) {
      const range = this.split();
      if (!range) return;
      this.start(range);
    }
  }

  private start(range: KeyRange): void {
    range.isRequested = true;
    this.running++;
    const { cursor, after } = range;
    // A token comes with the start of its listing, because not every service puts the start into the token.
    this.request({ token: cursor?.token, after })
      .then(
        (page) => this.receive(range, page),
        (error: unknown) => this.fail(range, error),
      )
      .catch((error: unknown) => this.fail(range, error))
      .finally(() => {
        range.isRequested = false;
        this.running--;
        this.startRequests();
        this.arrived?.();
        this.arrived = undefined;
      });
  }

  private receive(range: KeyRange, page: ListPage): void {
    if (!this.ranges.includes(range)) return;
    this.received++;
    const isStart = range.firstPage === undefined && range.after !== undefined;
    // The place of an undecodable key among the others is unknown, so no range could be cut here.
    const before = this.ranges[this.ranges.indexOf(range) - 1];
    if (page.undecodable.length > 0) {
      if (isStart) {
        if (before?.claimsEnd) this.startAgain();
        else this.join(range);
        return;
      }
      this.listOnFrom(range);
    }
    try {
      range.accept(page);
    } catch (error) {
      this.fail(range, error);
      return;
    }
    this.learn(range, page);
    // A start that shows no key of its range, or an end of all keys that nothing else shows.
    if (isStart && range.isComplete && (range.pages.length === 0 || (range.claimsEnd && !before?.claimsEnd)))
      this.join(range);
  }

  /** Whether the end of all keys was said only by a listing that began in the middle. */
  private needsProof(last: KeyRange): boolean {
    return last.claimsEnd && !last.isEndProven && last.failure === undefined;
  }

  private learn(range: KeyRange, { objects }: ListPage): void {
    const step = Math.max(1, Math.floor(objects.length / samples));
    this.space.learn(objects.filter((_, i) => i % step === 0).map(({ key }) => key));
    const [first, last] = [objects[0]?.key, objects.at(-1)?.key];
    if (first === undefined || last === undefined) return;
    this.spans.set(range, this.space.numberOf(last) - this.space.numberOf(first));
  }

  private fail(range: KeyRange, error: unknown): void {
    if (!this.ranges.includes(range)) return;
    this.allowed = Math.max(1, this.allowed >> 1);
    range.failure = { error };
    if (range.firstPage !== undefined || range.after === undefined) return;
    // The service may not know how to start in the middle. Its predecessor gets there too.
    if (!isRemoteError(error, 'unavailable', 'rateLimited')) this.splits = false;
    this.join(range);
  }

  /** Removes a range that has given nothing, so that its predecessor covers it. */
  private join(range: KeyRange): void {
    const at = this.ranges.indexOf(range);
    const before = this.ranges[at - 1];
    if (!before) return;
    this.wasted++;
    this.ranges.splice(at, 1);
    this.spans.delete(range);
    if (range.failure === undefined) before.emptyAfter = range.lastKey ?? range.after;
    before.extendTo(range.end);
    if (!before.claimsEnd) return;
    // A start further on shows nothing about the keys before it.
    before.isEndProven = range.failure === undefined && range.after === before.position;
    before.failure = range.failure;
  }

  /** Cuts the range that has most pages left. Undefined where that would not pay, or might cost too many requests. */
  private split(): KeyRange | undefined {
    if (!this.splits || this.received === 0) return undefined;
    const unproven = this.ranges.filter(({ firstPage }) => firstPage === undefined).length;
    const risk = this.wasted + unproven + 0.75 * (this.ranges.length - 1);
    const allowance = Math.min(freeWaste, 1 + this.received) + wasteShare * this.received;
    if (risk + 1 > allowance) return undefined;
    let longest: KeyRange | undefined;
    let most = 2;
    for (const range of this.ranges) {
      const pages = Math.min(2 * rangePages, this.pagesLeft(range));
      if (pages <= most) continue;
      most = pages;
      longest = range;
    }
    return longest && this.cut(longest, Math.min(rangePages, most / 2));
  }

  /** An estimate of the pages that nobody has requested yet. */
  private pagesLeft(range: KeyRange): number {
    const span = this.spanOf(range);
    if (range.isComplete || span <= 0n) return 0;
    const end = range.emptyAfter ?? range.end;
    const distance = this.space.numberOf(end) - this.space.numberOf(range.position);
    return Number((distance * 16n) / span) / 16 - (range.isRequested ? 1 : 0);
  }

  /** The distance of a page's first and last key, here or in the nearest range before. */
  private spanOf(range: KeyRange): bigint {
    for (let i = this.ranges.indexOf(range); i >= 0; i--) {
      const span = this.spans.get(this.ranges[i] as KeyRange);
      if (span !== undefined) return span;
    }
    return 0n;
  }

  /** A new range from about `pages` pages behind the pages that have been requested. */
  private cut(range: KeyRange, pages: number): KeyRange | undefined {
    const { space } = this;
    const { position, end } = range;
    if (position === undefined) return undefined;
    const skipped = BigInt(Math.round((pages + (range.isRequested ? 1 : 0)) * 16));
    const number = space.numberOf(position) + (this.spanOf(range) * skipped) / 16n;
    const start = space.between(position, number, range.emptyAfter ?? end);
    if (start === undefined) return undefined;
    return this.insert(range, start);
  }

  /** A new range behind `range`, which then ends at `start`. */
  private insert(range: KeyRange, start: string | undefined): KeyRange {
    const after = new KeyRange(start, range.end, this.bucket);
    after.emptyAfter = range.emptyAfter;
    range.emptyAfter = undefined;
    range.end = start;
    this.ranges.splice(this.ranges.indexOf(range) + 1, 0, after);
    return after;
  }
}
