import { printable } from '../../base/printable';

/** Characters of a one-line text. The editor itself would cut the end, where the reason is. */
const maxLineLength = 1000;
/** Characters of the details of a dialog. */
const maxTextLength = 8000;

/**
 * A text for one line of the window, safe for any names and server texts in it. Line ends and tabs become spaces, invisible characters
 * are written out (see `printable`), long words and long texts lose their middle, and links are broken: the editor renders
 * `[label](command:…)` in notifications, prompts and validation messages, and a click runs the command. Pure.
 */
export function inertLine(text: string): string {
  return withoutLinks(shorten(shortenWords(plainLine(text)), maxLineLength));
}

/** A text as one line of visible characters, for places without links and icons: the rows of a tree. Pure. */
export function plainLine(text: string): string {
  return shorten(printable(text.replace(/[\r\n\t]+/g, ' ')), maxTextLength);
}

/** As `inertLine`, and `$(name)` shows no icon: for rows of a quick pick, the status bar, and the texts of an input box. Pure. */
export function inertLabel(text: string): string {
  return inertLine(text).replaceAll('$(', '$ (');
}

/** As `inertLine`, but with line ends: for the details of a dialog. Pure. */
export function inertText(text: string): string {
  const lines = text.split(/\r\n|\r|\n/).map((line) => shortenWords(printable(line.replaceAll('\t', ' '))));
  return withoutLinks(shorten(lines.join('\n'), maxTextLength));
}

/** Markdown that shows `text` literally. Escapes all punctuation, since bare addresses become links too. Pure. */
export function inertMarkdown(text: string): string {
  return inertLine(text)
    .replace(/[!-/:-@[-`{-~]/g, '\\$&')
    .replace(/^ +| +$| {2,}/g, (spaces) => '&nbsp;'.repeat(spaces.length));
}

/** Shortens words of 100 characters or more in their middle (a key can have 1,024 bytes). Pure. */
export function shortenWords(text: string): string {
  return text.replace(/\S{100,}/gu, (word) => cutMiddle(word, 60, 25));
}

function shorten(text: string, max: number): string {
  return text.length <= max ? text : cutMiddle(text, Math.floor(max * 0.7), Math.floor(max * 0.3) - 1);
}

/** Counts and cuts whole code points, so that no surrogate pair is split. */
function cutMiddle(text: string, first: number, last: number): string {
  const start = Array.from(text.length > 4 * (first + last) ? text.slice(0, 2 * first) : text);
  const end = Array.from(text.slice(-2 * last - 1));
  return `${start.slice(0, first).join('')}…${end.slice(-last).join('')}`;
}

/** Every link of the editor's syntax contains `](`. */
function withoutLinks(text: string): string {
  return text.replaceAll('](', '] (');
}
