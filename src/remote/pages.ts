/**
 * Pages that can be requested again: after `next()` rejects, the next call requests the same page. After a throw, a generator
 * only reports "done", which would make a listing look complete, so layers/withRetry.ts retries only pages of this class.
 */
export class RetryablePages<T> implements AsyncIterable<T>, AsyncIterator<T> {
  private ended = false;

  /** `fetch` requests the next page and advances only on success. */
  constructor(private readonly fetch: () => Promise<IteratorResult<T>>) {}

  [Symbol.asyncIterator](): AsyncIterator<T> {
    return this;
  }

  async next(): Promise<IteratorResult<T>> {
    if (this.ended) return { done: true, value: undefined };
    const result = await this.fetch();
    this.ended ||= result.done === true;
    return result;
  }

  async return(): Promise<IteratorResult<T>> {
    this.ended = true;
    return { done: true, value: undefined };
  }
}

/** A page, with the cursor of the next one (absent on the last page). */
interface CursorPage<T, Cursor> {
  readonly value: T;
  readonly next?: Cursor | undefined;
}

/** Pages of a service that returns a cursor with each page; `fetch` receives no cursor for the first page. */
export function pagesByCursor<T, Cursor>(
  fetch: (cursor: Cursor | undefined) => Promise<CursorPage<T, Cursor>>,
): RetryablePages<T> {
  let cursor: Cursor | undefined;
  let last = false;
  return new RetryablePages<T>(async () => {
    if (last) return { done: true, value: undefined };
    const page = await fetch(cursor);
    cursor = page.next;
    last = page.next === undefined;
    return { done: false, value: page.value };
  });
}
