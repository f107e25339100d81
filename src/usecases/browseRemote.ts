import type { Entry } from '../remote/entry';
import type { Remote, TrashedItem } from '../remote/remote';
import { RemoteError } from '../remote/remoteError';
import { baseName, comparePaths, type RemotePath } from '../remote/remotePath';

interface PagerOptions<Item> {
  /** Opens the listing; called again after a failure. */
  readonly open: (signal: AbortSignal) => Promise<AsyncIterable<readonly Item[]>>;
  readonly pageSize: number;
  /** Orders one page for display; `isWhole` when it is the only page. Default: the order of the listing. */
  readonly sort?: (page: readonly Item[], isWhole: boolean) => readonly Item[];
}

/** A listing for a view that loads page by page on demand. A load adds at most one page of rows. */
export class Pager<Item> {
  private readonly shown: Item[] = [];
  private readonly abort = new AbortController();
  private waiting: Item[] = [];
  private iterator: AsyncIterator<readonly Item[]> | undefined;
  private ended = false;
  private failed = false;
  private pages = 0;
  private running: Promise<void> | undefined;

  constructor(private readonly options: PagerOptions<Item>) {}

  /** Everything loaded so far, page after page. */
  get items(): readonly Item[] {
    return this.shown;
  }

  /** False when every item is shown; true when there is more or only the next page can tell. */
  get mayHaveMore(): boolean {
    return !this.ended || this.waiting.length > 0;
  }

  /** How many pages with at least one item are shown. */
  get pagesShown(): number {
    return this.pages;
  }

  /**
   * Loads the next page; concurrent calls load one page. Rejects with the listing's RemoteError: the shown items stay, and the
   * next call starts the listing again. Rejects with the reason given to `cancel`.
   */
  async more(): Promise<void> {
    this.running ??= this.loadPage().finally(() => {
      this.running = undefined;
    });
    await this.running;
  }

  /** Ends the running request; the pager can't be used afterwards. */
  cancel(reason: unknown): void {
    this.abort.abort(reason);
  }

  private async loadPage(): Promise<void> {
    if (this.failed) this.restart();
    const { pageSize, sort } = this.options;
    try {
      while (this.waiting.length === 0 && !this.ended) await this.fetch();
      // A page that isn't full is nearly always the last one, and fetching again then proves it without a request.
      // A folder's own marker is not listed, so a full page may be one short.
      if (this.waiting.length < pageSize - 1 && !this.ended) await this.fetch();
    } catch (error) {
      this.failed = true;
      throw error;
    }
    const page = this.waiting.splice(0, pageSize);
    this.shown.push(...(sort?.(page, this.pages === 0 && !this.mayHaveMore) ?? page));
    if (page.length > 0) this.pages++;
  }

  private restart(): void {
    this.failed = false;
    this.iterator = undefined;
    this.ended = false;
    this.shown.length = 0;
    this.waiting = [];
    this.pages = 0;
  }

  private async fetch(): Promise<void> {
    const { signal } = this.abort;
    this.iterator ??= (await this.options.open(signal))[Symbol.asyncIterator]();
    const next = await this.iterator.next();
    signal.throwIfAborted();
    if (next.done) this.ended = true;
    else this.waiting.push(...next.value);
  }
}

/** The entries of one folder, for browsing. Each page shows its folders first. */
export function folderPager(
  openRemote: () => Promise<Remote>,
  folder: RemotePath,
  options: { readonly pageSize: number; readonly namePrefix?: string },
): Pager<Entry> {
  const open = async (signal: AbortSignal) => (await openRemote()).list(folder, options, signal);
  return new Pager({ open, pageSize: options.pageSize, sort: sortPage });
}

/** The trash of a remote, in the order of the service. */
export function trashPager(openRemote: () => Promise<Remote>, pageSize: number): Pager<TrashedItem> {
  const open = async (signal: AbortSignal) => {
    const { trash } = (await openRemote()).features ?? {};
    if (!trash) throw new RemoteError('unsupported', 'This remote has no trash.');
    return trash.list({ pageSize }, signal);
  };
  return new Pager({ open, pageSize });
}

const byName = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' });

/**
 * Folders first. A whole folder is sorted by natural name order (img2 before img10); a page of several keeps the store's order, so
 * that the next page continues it. Pure.
 */
export function sortPage(page: readonly Entry[], isWhole: boolean): Entry[] {
  return [...page].sort((a, b) => {
    if ((a.kind === 'folder') !== (b.kind === 'folder')) return a.kind === 'folder' ? -1 : 1;
    const [x, y] = [entryName(a), entryName(b)];
    return (isWhole && byName.compare(x, y)) || comparePaths(x, y);
  });
}

/** The name that a view shows for an entry. */
export function entryName(entry: Entry): string {
  return entry.kind === 'unusable' ? entry.name : baseName(entry.path);
}
