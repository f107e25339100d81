export type LogTag = 'list' | 'plan' | 'copy' | 'http' | 'signIn' | 'settings' | 'edit';
export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error';

/** The log. Lines never hold secrets, signed addresses or file content. */
export interface Log {
  write(level: LogLevel, tag: LogTag, text: string): void;
}

export const silentLog: Log = { write: () => {} };
