/**
 * Pages whose failed request can be sent again: when `next()` rejects, calling it once more asks for the same page.
 * A generator can't do that (after a throw it only ever says "done", which would make a list look complete), so
 * layers/retrying.ts retries a page only when the listing is one of these.
 */
export class RetryablePages<T> implements AsyncIterable<T>, AsyncIterator<T> {
  private readonly fetch: () => Promise<IteratorResult<T>>;
  private ended = false;

  /** `fetch` asks for the page that comes next, and moves on only when it succeeds. */
  constructor(fetch: () => Promise<IteratorResult<T>>) {
    this.fetch = fetch;
  }

  [Symbol.asyncIterator](): AsyncIterator<T> {
    return this;
  }

  async next(): Promise<IteratorResult<T>> {
    if (this.ended) return { done: true, value: undefined };
    const result = await this.fetch();
    if (result.done) this.ended = true;
    return result;
  }

  async return(): Promise<IteratorResult<T>> {
    this.ended = true;
    return { done: true, value: undefined };
  }
}

/** One answer of a paged service: what it listed, and the cursor of the page after it (absent on the last). */
export interface CursorPage<T, Cursor> {
  readonly value: T;
  readonly next?: Cursor | undefined;
}

/** Pages of a service that hands out a cursor with each; `fetch` is called with none for the first. */
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
