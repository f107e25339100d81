import type { Row } from '../../src/preview/planRow';
import type { RowsReply } from '../../src/preview/previewProtocol';

/** Rows before and after the view that are fetched with it. */
const margin = 120;
/** Rows further away from the view than this are evicted. */
const maxDistance = 600;

/** Caches the rows around the view. Fetches one window at a time, always the latest. */
export class RowCache {
  private rows = new Map<number, Row>();
  private table = -1;
  private inView: { from: number; to: number } | undefined;
  private isFetching = false;
  /** Whether cached rows are stale, so that the rows in view must be fetched again. */
  private isStale = false;

  /** Calls `onRows` whenever rows arrive; it draws, which requests the next rows. */
  constructor(
    private readonly request: (from: number, count: number) => Promise<RowsReply>,
    private readonly onRows: () => void,
    private readonly onError: (error: unknown) => void,
  ) {}

  at(index: number): Row | undefined {
    return this.rows.get(index);
  }

  /** Rows of an older table stay visible until those of `table` arrive. */
  setTable(table: number): void {
    if (this.table === table) return;
    this.table = table;
    this.refresh();
  }

  /** Sets the rows in view: `from` … `to − 1`. */
  show(from: number, to: number): void {
    this.inView = { from, to };
    let missing = false;
    for (let i = from; i < to && !missing; i++) missing = !this.rows.has(i);
    if (missing) this.fetch();
  }

  /** Fetches the rows in view again after a change. */
  refresh(): void {
    this.isStale = true;
    this.fetch();
  }

  private fetch(): void {
    if (this.isFetching || !this.inView) return;
    const from = Math.max(0, this.inView.from - margin);
    const count = this.inView.to + margin - from;
    const wasStale = this.isStale;
    this.isFetching = true;
    this.isStale = false;
    this.request(from, count)
      .then((reply) => {
        this.isFetching = false;
        this.take(reply, wasStale);
      })
      .catch((error: unknown) => {
        this.isFetching = false;
        this.onError(error);
      });
  }

  private take(reply: RowsReply, wasStale: boolean): void {
    if (reply.table !== this.table) {
      // The panel has a newer table, whose state is on the way or has requested other rows.
      if (this.isStale) this.fetch();
      return;
    }
    // The other cached rows are stale too.
    if (wasStale) this.rows = new Map();
    for (const [i, row] of reply.rows.entries()) this.rows.set(reply.from + i, row);
    this.evictDistant();
    this.onRows();
    if (this.isStale) this.fetch();
  }

  private evictDistant(): void {
    if (this.rows.size < 3 * maxDistance || !this.inView) return;
    for (const index of this.rows.keys()) {
      if (index < this.inView.from - maxDistance || index > this.inView.to + maxDistance)
        this.rows.delete(index);
    }
  }
}
