import type { Row } from '../../src/preview/planRow';
import type { RowsReply } from '../../src/preview/previewProtocol';

/** Number of rows before and after the view that are fetched with it. */
const around = 120;
/** Rows further away from the view than this are evicted. */
const keep = 600;

/** Caches the rows around the view. Fetches one window at a time, always the latest. */
export class RowCache {
  private rows = new Map<number, Row>();
  private table = -1;
  private wanted: { from: number; to: number } | undefined;
  private isAsking = false;
  private askAgain = false;

  /** Calls `came` whenever rows arrive; it draws, which requests the next rows. */
  constructor(
    private readonly fetch: (from: number, count: number) => Promise<RowsReply>,
    private readonly came: () => void,
    private readonly failed: (error: unknown) => void,
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
  want(from: number, to: number): void {
    this.wanted = { from, to };
    let missing = false;
    for (let i = from; i < to && !missing; i++) missing = !this.rows.has(i);
    if (missing) this.ask();
  }

  /** Fetches the rows in view again after a change. */
  refresh(): void {
    this.askAgain = true;
    this.ask();
  }

  private ask(): void {
    if (this.isAsking || !this.wanted) return;
    const from = Math.max(0, this.wanted.from - around);
    const count = this.wanted.to + around - from;
    const again = this.askAgain;
    this.isAsking = true;
    this.askAgain = false;
    this.fetch(from, count)
      .then((reply) => {
        this.isAsking = false;
        this.take(reply, again);
      })
      .catch((error: unknown) => {
        this.isAsking = false;
        this.failed(error);
      });
  }

  private take(reply: RowsReply, again: boolean): void {
    if (reply.table !== this.table) {
      // The panel has a newer table, whose state is on the way or has requested other rows.
      if (this.askAgain) this.ask();
      return;
    }
    // After a change all other cached rows are stale.
    if (again) this.rows = new Map();
    for (const [i, row] of reply.rows.entries()) this.rows.set(reply.from + i, row);
    this.forgetFar();
    this.came();
    if (this.askAgain) this.ask();
  }

  private forgetFar(): void {
    if (this.rows.size < 3 * keep || !this.wanted) return;
    for (const index of this.rows.keys()) {
      if (index < this.wanted.from - keep || index > this.wanted.to + keep) this.rows.delete(index);
    }
  }
}
