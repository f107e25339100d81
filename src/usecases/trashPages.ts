import type { Remote, TrashedItem } from '../remote/remote';
import { RemoteError } from '../remote/remoteError';

/** The trash of a remote as somebody browses it: page after page, each asked for only when it is wanted. */
export class TrashPages {
  private shown: TrashedItem[] = [];
  private iterator: AsyncIterator<readonly TrashedItem[]> | undefined;
  private ended = false;
  private broken = false;
  private readonly abort = new AbortController();
  private running: Promise<void> | undefined;

  constructor(
    private readonly open: () => Promise<Remote>,
    private readonly pageSize: number,
  ) {}

  get items(): readonly TrashedItem[] {
    return this.shown;
  }

  get mayHaveMore(): boolean {
    return !this.ended;
  }

  /** Loads the next page that holds something. Rejects with the listing's RemoteError; then the next call begins again. */
  async more(): Promise<void> {
    this.running ??= this.loadPage().finally(() => {
      this.running = undefined;
    });
    await this.running;
  }

  /** Ends what is under way; the listing can't be used any more. */
  cancel(reason: unknown): void {
    this.abort.abort(reason);
  }

  private async loadPage(): Promise<void> {
    if (this.broken) {
      this.iterator = undefined;
      this.shown = [];
      this.broken = false;
    }
    try {
      const before = this.shown.length;
      while (!this.ended && this.shown.length === before) await this.fetch();
    } catch (error) {
      this.broken = true;
      throw error;
    }
  }

  private async fetch(): Promise<void> {
    this.iterator ??= await this.begin();
    const next = await this.iterator.next();
    this.abort.signal.throwIfAborted();
    if (next.done) {
      this.ended = true;
      return;
    }
    this.shown.push(...next.value);
    // A page that isn't full was the last one, nearly always; asking on then costs no request and tells for sure.
    if (next.value.length < this.pageSize) await this.fetch();
  }

  private async begin(): Promise<AsyncIterator<readonly TrashedItem[]>> {
    const { trash } = (await this.open()).extras ?? {};
    if (!trash) throw new RemoteError('unsupported', 'This remote has no trash.');
    return trash.list({ pageSize: this.pageSize }, this.abort.signal)[Symbol.asyncIterator]();
  }
}
