import { comparePaths } from '../../../remote/remotePath';
import type { ListPage } from '../model/objectInfo';
import { checkOrder, checkProgress, nextCursor, type PageCursor } from './pageChecks';

/** What a page adds to a listing without folders. */
export type Listed = Pick<ListPage, 'objects' | 'undecodable'>;

/**
 * The keys after one key up to another, listed page by page. The service knows no end of a listing, so the last page may reach beyond the
 * range; these objects are kept as the proof that the next range begins right there.
 */
export class KeyRange {
  /** Pages that wait for the caller. */
  readonly pages: Listed[] = [];
  /** The first page as it arrived; undefined before. */
  firstPage: ListPage | undefined;
  /** The key that arrived last. */
  lastKey: string | undefined;
  cursor: PageCursor | undefined;
  /** Whether all keys up to `end` have arrived. */
  isComplete = false;
  isRequested = false;
  /** Why the last request failed, until it is repeated. */
  failure: { readonly error: unknown } | undefined;
  /** Whether another listing, from the last key on, has nothing either. */
  isEndProven = false;
  /** No key lies between this one and `end`; for estimates. */
  emptyAfter: string | undefined;
  /** The objects of the last page that lie beyond `end`. */
  private beyond: ListPage['objects'] = [];
  private pageSize = 1;

  /** `after` undefined = from the first key on; `end` undefined = to the last. */
  constructor(
    readonly after: string | undefined,
    public end: string | undefined,
    private readonly bucket: string,
  ) {}

  /** The key behind which the next page begins. */
  get position(): string | undefined {
    return this.lastKey ?? this.after;
  }

  /** Objects that a page brought although they belong to the next range, as a share of a page. */
  get wasted(): number {
    return this.beyond.length / this.pageSize;
  }

  /** Takes the next page. Throws `corrupted`, and then nothing has changed, for a page that can't be right. */
  accept(page: ListPage): void {
    checkProgress(page, this.cursor, this.bucket);
    const lastKey = checkOrder(page.objects, this.position, this.bucket);
    const next = nextCursor(page, this.cursor, this.bucket, 0);
    this.firstPage ??= page;
    this.pageSize = Math.max(1, page.objects.length);
    this.lastKey = lastKey;
    this.cursor = next;
    this.isComplete = next === undefined;
    this.add(page);
  }

  /** Moves the end of the range further away; undefined = to the last key. */
  extendTo(end: string | undefined): void {
    this.end = end;
    const { beyond } = this;
    this.beyond = [];
    this.isComplete = this.firstPage !== undefined && this.cursor === undefined;
    this.add({ objects: beyond, undecodable: [] });
  }

  /** Whether the service said, in a listing that began in the middle, that no key follows. */
  get claimsEnd(): boolean {
    return this.isComplete && this.cursor === undefined && this.after !== undefined;
  }

  /** Whether `next`, the first page after `end` in a listing of its own, agrees with what the pages of this complete range show there. */
  isContinuedBy(next: ListPage): boolean {
    const { beyond } = this;
    const shared = Math.min(beyond.length, next.objects.length);
    for (let i = 0; i < shared; i++) if (beyond[i]?.key !== next.objects[i]?.key) return false;
    const isEndHere = this.cursor === undefined;
    if (isEndHere && (next.objects.length > beyond.length || next.truncated)) return false;
    // Both say how much follows.
    const more = isEndHere ? 0 : 1;
    if (!next.truncated && beyond.length + more > next.objects.length) return false;
    return shared > 0 || isEndHere;
  }

  private add({ objects, undecodable }: Listed): void {
    const { end } = this;
    const last = objects.at(-1);
    let kept = objects;
    if (end !== undefined && last !== undefined && comparePaths(last.key, end) > 0) {
      const cut = objects.findIndex(({ key }) => comparePaths(key, end) > 0);
      this.beyond = objects.slice(cut);
      kept = objects.slice(0, cut);
      this.isComplete = true;
    }
    if (kept.length + undecodable.length > 0) this.pages.push({ objects: kept, undecodable });
  }
}
