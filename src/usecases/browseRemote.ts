import type { Entry, FileEntry } from '../remote/entry';
import type { Remote, TrashedItem } from '../remote/remote';
import { isRemoteError, RemoteError } from '../remote/remoteError';
import { baseName, comparePaths, joinPath, parentPath, type RemotePath } from '../remote/remotePath';

/**
 * One folder of a remote as somebody browses it: page after page, each asked for only when it is wanted, and never
 * more rows handed over at once than a page has.
 */
export class FolderPages {
  private readonly shown: Entry[] = [];
  private waiting: Entry[] = [];
  private iterator: AsyncIterator<readonly Entry[]> | undefined;
  private ended = false;
  private broken = false;
  private pages = 0;
  private readonly abort = new AbortController();
  private running: Promise<void> | undefined;

  constructor(
    private readonly open: () => Promise<Remote>,
    readonly folder: RemotePath,
    private readonly options: { readonly pageSize: number; readonly namePrefix?: string },
  ) {}

  /** What is loaded so far: page by page in the store's order, each page with its folders first. */
  get entries(): readonly Entry[] {
    return this.shown;
  }

  /** False when every entry is shown; true when there is more, or may be more: only the next page can tell. */
  get mayHaveMore(): boolean {
    return !this.ended || this.waiting.length > 0;
  }

  get pagesShown(): number {
    return this.pages;
  }

  /**
   * Loads the next page; when called while one is loading, waits for that one. Rejects with the listing's RemoteError; what
   * was shown stays, and the next call begins the listing again. Rejects with the reason given to `cancel`.
   */
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
    if (this.broken) this.startAgain();
    try {
      while (this.waiting.length === 0 && !this.ended) await this.fetch();
      // A page that isn't full was the last one, nearly always; asking on then costs no request and tells for sure.
      // A folder's own marker is not handed over, so a full page may be one short.
      if (this.waiting.length < this.options.pageSize - 1 && !this.ended) await this.fetch();
    } catch (error) {
      this.broken = true;
      throw error;
    }
    const page = this.waiting.slice(0, this.options.pageSize);
    this.waiting = this.waiting.slice(this.options.pageSize);
    this.shown.push(...sortPage(page, this.pages === 0 && !this.mayHaveMore));
    if (page.length > 0) this.pages++;
  }

  private startAgain(): void {
    this.broken = false;
    this.iterator = undefined;
    this.ended = false;
    this.shown.length = 0;
    this.waiting = [];
    this.pages = 0;
  }

  private async fetch(): Promise<void> {
    if (!this.iterator) {
      const remote = await this.open();
      const { pageSize, namePrefix } = this.options;
      this.iterator = remote
        .list(this.folder, { pageSize, ...(namePrefix && { namePrefix }) }, this.abort.signal)
        [Symbol.asyncIterator]();
    }
    const next = await this.iterator.next();
    this.abort.signal.throwIfAborted();
    if (next.done) this.ended = true;
    else this.waiting.push(...next.value);
  }
}

const byName = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' });

/**
 * Folders first. A whole folder is sorted as people sort (img2 before img10); one page of many keeps the store's order,
 * in which the next page follows. Pure.
 */
export function sortPage(page: readonly Entry[], whole: boolean): Entry[] {
  return [...page].sort((a, b) => {
    if ((a.kind === 'folder') !== (b.kind === 'folder')) return a.kind === 'folder' ? -1 : 1;
    const [x, y] = [entryName(a), entryName(b)];
    return (whole && byName.compare(x, y)) || comparePaths(x, y);
  });
}

/** The name an entry is shown under. */
export function entryName(entry: Entry): string {
  return entry.kind === 'unusable' ? entry.name : baseName(entry.path);
}

/** Every file and unusable entry below `folder`, page by page, by the deep listing where there is one. No folders. */
export async function* walkFiles(
  remote: Remote,
  folder: RemotePath,
  signal: AbortSignal,
): AsyncIterable<readonly Entry[]> {
  if (remote.listRecursive && folder !== '') {
    yield* remote.listRecursive(folder, {}, signal);
    return;
  }
  for await (const page of remote.list(folder, {}, signal)) {
    yield page.filter((entry) => entry.kind !== 'folder');
    for (const entry of page) if (entry.kind === 'folder') yield* walkFiles(remote, entry.path, signal);
  }
}

/** The first of `name`, `name copy`, `name copy 2`, … (before the extension) that is not in `taken`. Pure. */
export function freeName(name: string, taken: ReadonlySet<string>): string {
  if (!taken.has(name)) return name;
  const dot = name.lastIndexOf('.');
  const [stem, extension] = dot > 0 ? [name.slice(0, dot), name.slice(dot)] : [name, ''];
  for (let i = 1; ; i++) {
    const candidate = `${stem} copy${i === 1 ? '' : ` ${i}`}${extension}`;
    if (!taken.has(candidate)) return candidate;
  }
}

/** Where `path` would be under another name or in another folder. Throws RemoteError `badName`. */
export function siblingPath(path: RemotePath, name: string): RemotePath {
  return joinPath(parentPath(path), name);
}

/** The file at `path`, or undefined when it is absent or a folder. Other errors are thrown. */
export async function findFile(
  remote: Remote,
  path: RemotePath,
  signal: AbortSignal,
): Promise<FileEntry | undefined> {
  try {
    const entry = await remote.stat(path, signal);
    return entry.kind === 'file' ? entry : undefined;
  } catch (error) {
    if (isRemoteError(error, 'notFound')) return undefined;
    throw error;
  }
}

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
    const { trash } = (await this.open()).features ?? {};
    if (!trash) throw new RemoteError('unsupported', 'This remote has no trash.');
    return trash.list({ pageSize: this.pageSize }, this.abort.signal)[Symbol.asyncIterator]();
  }
}
