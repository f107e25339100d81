import type { PathHandle } from './pathHandle';

/** Folders that are kept open at most, beside those in use, and for how many milliseconds at most when nobody uses them. */
const maxIdleHandles = 32;
const idleMs = 500;

interface SharedHandle {
  readonly held: PathHandle;
  users: number;
}

/**
 * Folders in which files are written one after the other stay open from one to the next: opening each time costs more than all that has to
 * be proven. A folder is shared only while its path leads straight to it, without a link, which is looked at each time.
 */
export class FolderHandles {
  /** By path. Those that were used last are last. */
  private readonly kept = new Map<string, SharedHandle>();
  private closing: NodeJS.Timeout | undefined;

  /** Runs `use` while the folder at `absolute` is held, as an earlier one took it or else as `take` does. `straight` is where it is without links. */
  async using<T>(
    absolute: string,
    straight: string,
    take: () => Promise<PathHandle>,
    use: (folder: PathHandle) => Promise<T>,
  ): Promise<T> {
    const kept = (await this.shared(absolute)) ?? this.keep(absolute, straight, await take());
    try {
      return await use(kept.held);
    } finally {
      kept.users--;
      this.leave(absolute, kept);
    }
  }

  private async shared(absolute: string): Promise<SharedHandle | undefined> {
    const kept = this.kept.get(absolute);
    if (!kept) return undefined;
    kept.users++;
    if (await kept.held.isInPlace()) return kept;
    kept.users--;
    this.drop(absolute, kept);
    return undefined;
  }

  private keep(absolute: string, straight: string, held: PathHandle): SharedHandle {
    const kept = { held, users: 1 };
    const before = this.kept.get(absolute);
    if (held.mayBeSwapped || held.realPath !== straight) return kept;
    if (before) this.drop(absolute, before);
    this.kept.set(absolute, kept);
    return kept;
  }

  private leave(absolute: string, kept: SharedHandle): void {
    if (kept.users > 0) return;
    if (this.kept.get(absolute) !== kept) {
      kept.held.close();
      return;
    }
    this.kept.delete(absolute);
    this.kept.set(absolute, kept);
    const [oldest] = this.kept;
    if (oldest && this.kept.size > maxIdleHandles) this.drop(...oldest);
    this.closing ??= setTimeout(() => this.closeIdle(), idleMs).unref();
  }

  /** Its users go on with it; the last one lets it go. */
  private drop(absolute: string, kept: SharedHandle): void {
    if (this.kept.get(absolute) !== kept) return;
    this.kept.delete(absolute);
    if (kept.users === 0) kept.held.close();
  }

  private closeIdle(): void {
    this.closing = undefined;
    for (const [absolute, kept] of this.kept) if (kept.users === 0) this.drop(absolute, kept);
  }
}
