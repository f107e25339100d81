import type { PathHandle } from './pathHandle';

/** Maximum unused folders that stay open, and for how many milliseconds. */
const maxIdleHandles = 32;
const idleMs = 500;

interface SharedHandle {
  readonly held: PathHandle;
  users: number;
}

/**
 * Keeps folders open between writes of files into them, because opening costs more than all checks. A handle is shared only while the
 * folder's path leads to it without links, which is checked at each use.
 */
export class FolderHandles {
  /** By path, in the order of the last use. */
  private readonly kept = new Map<string, SharedHandle>();
  private closing: NodeJS.Timeout | undefined;

  /** Runs `use` with the shared handle of the folder at `absolute`, or a new one from `take`. `straight` is the path without links. */
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

  /** Current users keep the handle; the last one closes it. */
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
