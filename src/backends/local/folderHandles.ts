import type { PathHandle } from './pathHandle';

/** Maximum unused folders that stay open, and for how many milliseconds. */
const maxIdleHandles = 32;
const idleMs = 500;

interface SharedHandle {
  readonly handle: PathHandle;
  users: number;
}

/**
 * Keeps folders open between writes of files into them, because opening costs more than all checks. A handle is shared only while the
 * folder's path leads to it without links, which is checked at each use.
 */
export class FolderHandles {
  /** By path, in the order of the last use. */
  private readonly handles = new Map<string, SharedHandle>();
  private closing: NodeJS.Timeout | undefined;

  /** Runs `use` with the shared handle of the folder at `absolute`, or a new one from `open`. `straight` is the path without links. */
  async using<T>(
    absolute: string,
    straight: string,
    open: () => Promise<PathHandle>,
    use: (folder: PathHandle) => Promise<T>,
  ): Promise<T> {
    const shared = (await this.find(absolute)) ?? this.keep(absolute, straight, await open());
    try {
      return await use(shared.handle);
    } finally {
      shared.users--;
      this.release(absolute, shared);
    }
  }

  private async find(absolute: string): Promise<SharedHandle | undefined> {
    const shared = this.handles.get(absolute);
    if (!shared) return undefined;
    shared.users++;
    if (await shared.handle.isInPlace()) return shared;
    shared.users--;
    this.drop(absolute, shared);
    return undefined;
  }

  private keep(absolute: string, straight: string, handle: PathHandle): SharedHandle {
    const shared = { handle, users: 1 };
    if (handle.mayBeSwapped || handle.realPath !== straight) return shared;
    const before = this.handles.get(absolute);
    if (before) this.drop(absolute, before);
    this.handles.set(absolute, shared);
    return shared;
  }

  private release(absolute: string, shared: SharedHandle): void {
    if (shared.users > 0) return;
    if (this.handles.get(absolute) !== shared) {
      shared.handle.close();
      return;
    }
    this.handles.delete(absolute);
    this.handles.set(absolute, shared);
    const [oldest] = this.handles;
    if (oldest && this.handles.size > maxIdleHandles) this.drop(...oldest);
    this.closing ??= setTimeout(() => this.closeIdle(), idleMs).unref();
  }

  /** Current users keep the handle; the last one closes it. */
  private drop(absolute: string, shared: SharedHandle): void {
    if (this.handles.get(absolute) !== shared) return;
    this.handles.delete(absolute);
    if (shared.users === 0) shared.handle.close();
  }

  private closeIdle(): void {
    this.closing = undefined;
    for (const [absolute, shared] of this.handles) if (shared.users === 0) this.drop(absolute, shared);
  }
}
