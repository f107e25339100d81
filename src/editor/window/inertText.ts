import { printable } from '../../base/printable';

/** Signs of a text of one line; the editor itself cuts a longer notification, at its end, where the reason stands. */
const maxLineLength = 1000;
/** Signs of a text of several lines: the details of a dialog. */
const maxTextLength = 8000;

/**
 * A text for one line of the window, whatever names and answers of servers are in it. Line ends and tabs become spaces, signs that
 * are not seen are written out (see `printable`), endless words and texts lose their middle, and nothing in it is a link: the
 * editor makes one of `[label](command:…)` and `[label](https://…)` in notifications, prompts and problems of an input, and one click
 * on it runs a command. The space that then stands between `](` keeps the name readable. Pure.
 */
export function inertLine(text: string): string {
  return withoutLinks(shorten(shortenWords(plainLine(text)), maxLineLength));
}

/** A text as one line of which every sign is seen, for places where the editor makes neither links nor icons: the rows of a tree. Pure. */
export function plainLine(text: string): string {
  return shorten(printable(text.replace(/[\r\n\t]+/g, ' ')), maxTextLength);
}

/** As `inertLine`, and `$(name)` is no icon in it: for rows of a quick pick, the status bar, and the texts of an input. Pure. */
export function inertLabel(text: string): string {
  return inertLine(text).replaceAll('$(', '$ (');
}

/** As `inertLine`, but with the line ends of its author: for the details of a dialog. Pure. */
export function inertText(text: string): string {
  const lines = text.split(/\r\n|\r|\n/).map((line) => shortenWords(printable(line.replaceAll('\t', ' '))));
  return withoutLinks(shorten(lines.join('\n'), maxTextLength));
}

/** A text as Markdown that shows just it: every sign that could mean something is escaped, addresses included, which would become links. Pure. */
export function inertMarkdown(text: string): string {
  return inertLine(text)
    .replace(/[!-/:-@[-`{-~]/g, '\\$&')
    .replace(/^ +| +$| {2,}/g, (spaces) => '&nbsp;'.repeat(spaces.length));
}

/** Text whose endless words (a key may have 1,024 bytes) are cut in their middle: the editor cuts long messages at their end, where the reason stands. Pure. */
export function shortenWords(text: string): string {
  return text.replace(/\S{100,}/gu, (word) => cutMiddle(word, 60, 25));
}

function shorten(text: string, most: number): string {
  return text.length <= most ? text : cutMiddle(text, Math.floor(most * 0.7), Math.floor(most * 0.3) - 1);
}

/** Cuts between whole signs: half of a surrogate pair would be shown as damage. */
function cutMiddle(text: string, first: number, last: number): string {
  const signs = Array.from(text.length > 4 * (first + last) ? text.slice(0, 2 * first) : text);
  const ends = Array.from(text.slice(-2 * last - 1));
  return `${signs.slice(0, first).join('')}…${ends.slice(-last).join('')}`;
}

/** In the editor's grammar a link has `](`; without it nothing is a link, however brackets are nested. */
function withoutLinks(text: string): string {
  return text.replaceAll('](', '] (');
}
