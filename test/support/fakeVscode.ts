// Stands in for the editor's module in tests under plain Node; only what pure code touches.

/** The parts of a Uri, as given. How the real one writes and reads text is tested in the real editor. */
export class Uri {
  private constructor(
    readonly scheme: string,
    readonly authority: string,
    readonly path: string,
  ) {}

  static from(parts: { scheme: string; authority?: string; path?: string }): Uri {
    return new Uri(parts.scheme, parts.authority ?? '', parts.path ?? '');
  }
}

export class EventEmitter<T> {
  private readonly listeners = new Set<(value: T) => void>();

  readonly event = (listener: (value: T) => void) => {
    this.listeners.add(listener);
    return { dispose: () => this.listeners.delete(listener) };
  };

  fire(value: T): void {
    for (const listener of this.listeners) listener(value);
  }

  dispose(): void {
    this.listeners.clear();
  }
}

export class CancellationError extends Error {
  constructor() {
    super('Canceled');
    this.name = 'Canceled';
  }
}

/** The window's focus, as a test sets it. */
const focusChanged = new EventEmitter<{ focused: boolean }>();

/** The numbers of the real one. */
export const LogLevel = { Off: 0, Trace: 1, Debug: 2, Info: 3, Warning: 4, Error: 5 };

export const env = { language: 'en' };

export const window = {
  state: { focused: true },
  onDidChangeWindowState: focusChanged.event,
  /** The texts of the messages shown so far. */
  messages: [] as string[],
  async showInformationMessage(text: string): Promise<undefined> {
    window.messages.push(text);
  },
  tabGroups: { activeTabGroup: { activeTab: undefined as object | undefined } },
  /** For tests. */
  setFocus(focused: boolean): void {
    window.state.focused = focused;
    focusChanged.fire({ focused });
  },
};
