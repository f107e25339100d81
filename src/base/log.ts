export type LogTag = 'list' | 'plan' | 'copy' | 'http' | 'signIn' | 'settings' | 'edit';
export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error';

/** The log. Lines never hold secrets, signed addresses or file content. */
export interface Log {
  write(level: LogLevel, tag: LogTag, text: string): void;
  /** Whether lines of this level are kept; without it all are. Lines of every request are not even made where nobody keeps them. */
  keeps?(level: LogLevel): boolean;
}

export const silentLog: Log = { write: () => {}, keeps: () => false };
