import { RemoteError } from '../../../remote/remoteError';
import type { DriveApi, NodePage } from './driveApi';
import { hasDriveReason } from './driveErrors';

/** A listing may start over this often in a row because its page token expired; then the error is thrown. */
const maxRestarts = 3;

/**
 * The position of a listing. `page()` fetches the same page until `advance` marks it as handled, so a page that failed later can be
 * retried. When its page token has expired, the listing starts over and calls `onRestart`.
 */
export class PageCursor {
  private startToken: string | undefined;
  private restarts = 0;

  constructor(
    /** Names the listing in errors: `the folder "docs"`. */
    private readonly about: string,
    private readonly fetch: (startToken: string | undefined) => Promise<NodePage>,
    private readonly onRestart: () => void = () => {},
  ) {}

  /** Throws `corrupted` for a page that leads back to itself. */
  async page(): Promise<NodePage> {
    for (;;)
      try {
        const page = await this.fetch(this.startToken);
        if (page.next === undefined || page.next !== this.startToken) return page;
        throw new RemoteError('corrupted', `The service lists ${this.about} in a circle.`);
      } catch (error) {
        if (!hasDriveReason(error, 'pageTokenExpired') || this.startToken === undefined) throw error;
        if (++this.restarts > maxRestarts) throw error;
        this.startOver();
      }
  }

  /** Moves behind `page`; `hadNews`: the page held something new, so the listing makes progress and may start over again. */
  advance({ next }: NodePage, hadNews: boolean): void {
    this.startToken = next;
    if (hadNews) this.restarts = 0;
  }

  startOver(): void {
    this.startToken = undefined;
    this.onRestart();
  }
}

/** All pages of the nodes that `filters` select. A page may come twice, when the listing starts over. */
export async function* nodePages(
  api: DriveApi,
  filters: string,
  about: string,
  signal: AbortSignal,
): AsyncGenerator<NodePage> {
  const cursor = new PageCursor(about, (startToken) => api.list({ filters, startToken }, about, signal));
  for (;;) {
    const page = await cursor.page();
    yield page;
    if (page.next === undefined) return;
    cursor.advance(page, false);
  }
}
