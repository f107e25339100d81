import * as vscode from 'vscode';
import { type Formatter, formatter } from '../../preview/format';
import { englishStrings } from '../../preview/strings';

let cached: Formatter | undefined;

/** Formats sizes, times and numbers in the editor's language, as the preview does. */
export function format(): Formatter {
  cached ??= formatter(vscode.env.language, englishStrings);
  return cached;
}

/** The only name, or `3 items`. */
export function nameOrCount(names: readonly string[]): string {
  return names.length === 1 ? `${names[0]}` : countOf(names.length, 'item');
}

/** `1 file`, `12,431 files`. */
export function countOf(count: number, one: string, many = `${one}s`): string {
  return `${format().count(count)} ${count === 1 ? one : many}`;
}
