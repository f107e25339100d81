import * as vscode from 'vscode';
import { printable } from '../../base/printable';

/** What the extension does with its log. */
export type OutputLog = Pick<
  vscode.LogOutputChannel,
  'trace' | 'debug' | 'info' | 'warn' | 'error' | 'show' | 'dispose'
>;

/**
 * The log of the extension, whose level the user sets. An entry begins with its time, and no name or answer of a server can begin
 * another: lines after the first are indented, and signs that are not seen are written out.
 */
export function createOutputLog(): OutputLog {
  const channel = vscode.window.createOutputChannel('Cloud Remotes', { log: true });
  return {
    trace: (text) => channel.trace(logEntry(text)),
    debug: (text) => channel.debug(logEntry(text)),
    info: (text) => channel.info(logEntry(text)),
    warn: (text) => channel.warn(logEntry(text)),
    error: (error) =>
      channel.error(logEntry(error instanceof Error ? (error.stack ?? String(error)) : error)),
    show: () => channel.show(),
    dispose: () => channel.dispose(),
  };
}

/** Pure. */
export function logEntry(text: string): string {
  return text
    .split(/\r\n|\r|\n/)
    .map(printable)
    .join('\n    ');
}
