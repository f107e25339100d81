import * as vscode from 'vscode';
import type { Log, LogLevel } from '../../base/log';
import { printable } from '../../base/printable';

/** The part of the log channel that the extension uses. */
export type OutputLog = Pick<
  vscode.LogOutputChannel,
  'trace' | 'debug' | 'info' | 'warn' | 'error' | 'show' | 'dispose' | 'logLevel'
>;

/** The output channel of the extension; the user sets its level. */
export function createOutputLog(): OutputLog {
  const channel = vscode.window.createOutputChannel('Cloud Remotes', { log: true });
  return {
    trace: (text) => channel.trace(logEntry(text)),
    debug: (text) => channel.debug(logEntry(text)),
    info: (text) => channel.info(logEntry(text)),
    warn: (text) => channel.warn(logEntry(text)),
    error: (error) =>
      channel.error(logEntry(error instanceof Error ? (error.stack ?? String(error)) : error)),
    get logLevel() {
      return channel.logLevel;
    },
    show: () => channel.show(),
    dispose: () => channel.dispose(),
  };
}

const levels: Readonly<Record<LogLevel, vscode.LogLevel>> = {
  trace: vscode.LogLevel.Trace,
  debug: vscode.LogLevel.Debug,
  info: vscode.LogLevel.Info,
  warn: vscode.LogLevel.Warning,
  error: vscode.LogLevel.Error,
};

/** A log that writes to the output channel. */
export function logTo(output: OutputLog): Log {
  return {
    write: (level, tag, text) => output[level](`[${tag}] ${text}`),
    keeps: (level) => output.logLevel !== vscode.LogLevel.Off && output.logLevel <= levels[level],
  };
}

/**
 * One entry of the log. Only the editor starts entries, with the time: further lines are indented and invisible characters written out,
 * so that no name or server text can fake an entry. Pure.
 */
export function logEntry(text: string): string {
  return text
    .split(/\r\n|\r|\n/)
    .map(printable)
    .join('\n    ');
}
