import { withoutSecrets } from '../base/maskedText';
import { type ShellKind, withoutPrompt } from './shellKinds';

export type { ShellKind };

import { shellReplacement } from './shellReplacements';
import { isSafeToShow } from './shownValues';

/** A line that can't be read, as a sentence that names the place and says what to do. */
export interface LineProblem {
  readonly problem: string;
  /** What helps, where that is more than typing something else. */
  readonly next?: 'addRemote' | 'importRclone';
}

export interface SplitLine {
  readonly words: readonly string[];
  /** Whose line it is, as far as that shows. */
  readonly shell: ShellKind;
}

export function isProblem(value: object): value is LineProblem {
  return 'problem' in value;
}

/** Longer than any shell takes. */
const maxLineLength = 100_000;

/** The line goes on below: the mark, blanks that slipped in behind it, and the `> ` that a terminal shows there. */
const lineContinuation = {
  posix: /^[\\`][ \t]*\r?\n(?:[ \t]*> )?/,
  windows: /^[\^\\`][ \t]*\r?\n(?:[ \t]*> )?/,
};

const operators: readonly (readonly [RegExp, (found: string) => string])[] = [
  [/^(?:&&|\|\||;)/, (found) => `"${found}" joins several commands. Paste one of them.`],
  [
    /^&/,
    () => '"&" stands outside of quotes: it starts a command in the background. Leave it out, or quote it.',
  ],
  [/^\|/, () => '"|" sends the output to another command, which has no meaning here. Leave that part out.'],
  [
    /^[<>]/,
    (found) => `"${found}" redirects to or from a file, which has no meaning here. Leave that part out.`,
  ],
  [/^[()]/, (found) => `"${found}" stands outside of quotes. Put the text that it belongs to in quotes.`],
];

/**
 * The words of a command line, as the shell would hand them to the program. Understands quotes, escapes, lines that go on after `\` (POSIX),
 * `^` (command prompt) or a backtick (PowerShell), a prompt before the line, a comment after it, and `~/` when `home` is given. `shell` is
 * whose line it is where it doesn't show that itself.
 *
 * Nothing is run and nothing is expanded: what a shell would replace (variables, unquoted globs, commands in commands) or would give
 * another meaning (pipes, redirections, several commands) comes back as a problem that names it. Pure; never throws.
 */
export function splitCommandLine(
  text: string,
  { shell = 'posix', home }: { readonly shell?: ShellKind; readonly home?: string } = {},
): SplitLine | LineProblem {
  if (text.length > maxLineLength) return { problem: 'The text is too long for a command line.' };
  const found = withoutPrompt(text, shell);
  return new Splitter(found.line, found.shell, home).split();
}

/**
 * A line of several lines as one: a box of one line drops the line ends, and a mark that stood before one would then look like an
 * escaped blank. Pure.
 */
export function onOneLine(text: string): string {
  return text
    .replace(/(^|\s)[\\^`][ \t]*\r?\n(?:[ \t]*> )?/g, '$1')
    .replace(/(^|\s)[\\^`](?=\s)/g, '$1')
    .trim();
}

/** `word` so that a POSIX shell gives back exactly it. Pure. */
export function quoteWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

class Splitter {
  private readonly words: string[] = [];
  /** The word being read; undefined between words. An empty one was begun by quotes. */
  private word: string | undefined;
  private at = 0;
  private readonly windows: boolean;

  constructor(
    private readonly line: string,
    private readonly shell: ShellKind,
    private readonly home: string | undefined,
  ) {
    this.windows = shell !== 'posix';
  }

  split(): SplitLine | LineProblem {
    while (this.at < this.line.length) {
      const problem = this.step();
      if (problem !== undefined) return { problem };
    }
    this.end();
    return { words: this.words, shell: this.shell };
  }

  private step(): string | undefined {
    const { line, windows, shell } = this;
    const joint = lineContinuation[windows ? 'windows' : 'posix'].exec(line.slice(this.at, this.at + 200));
    if (joint) {
      this.at += joint[0].length;
      return undefined;
    }
    const char = String.fromCodePoint(line.codePointAt(this.at) ?? 0);
    if (char === '\n' || char === '\r') {
      this.end();
      const rest = line.slice(this.at).trim();
      return rest === '' || rest.startsWith('#')
        ? this.stop()
        : 'There are several lines. Paste one command; a line that goes on ends with "\\".';
    }
    if (/\s/.test(char)) {
      if (shell === 'posix' && char !== ' ' && char !== '\t')
        return 'A blank of running text stands in the line, which a shell takes for part of a word. Write a plain blank.';
      this.end();
      this.at += char.length;
      return undefined;
    }
    if (char === '#' && this.word === undefined && shell !== 'windows' && shell !== 'cmd') {
      const next = line.indexOf('\n', this.at);
      if (next < 0) return this.stop();
      this.at = next;
      return undefined;
    }
    if (char === "'" && (!windows || this.word === undefined || shell === 'powershell'))
      return this.singleQuoted();
    if (char === '"') return this.doubleQuoted();
    if (char === escapes[shell]) return this.escaped(char);
    const problem = this.refused();
    if (problem !== undefined) return problem;
    if (char === '~' && this.word === undefined && !windows && /^~(?:[/\s]|$)/.test(this.ahead(2))) {
      if (this.home === undefined) return '"~" stands for the home folder. Write its whole path instead.';
      this.add(this.home, 1);
      return undefined;
    }
    this.add(char, char.length);
    return undefined;
  }

  /** Enough of what comes to see what it is. */
  private ahead(length = 300): string {
    return this.line.slice(this.at, this.at + length);
  }

  private escaped(mark: string): string | undefined {
    this.at += 1;
    const next = this.line.codePointAt(this.at);
    if (next === undefined) return `The line ends with "${mark}", so something is missing after it.`;
    const character = String.fromCodePoint(next);
    this.add(mark === '`' ? (powershellEscapes[character] ?? character) : character, character.length);
    return undefined;
  }

  private refused(): string | undefined {
    const rest = this.ahead();
    if (this.words.length === 0 && this.word === undefined && /^&\s/.test(rest))
      return '"&" calls a program in PowerShell. Paste the line from "aws" or "rclone" on.';
    for (const [pattern, says] of operators) {
      const found = pattern.exec(rest);
      if (found) return says(found[0]);
    }
    const replaced = this.replaced(rest, false);
    if (replaced !== undefined || this.windows) return replaced;
    if (/^[*?]/.test(rest) || /^\[[^\]\s]*\]/.test(rest)) {
      const sign = `"${rest[0]}"`;
      const word = `${this.word ?? ''}${/^\S*/.exec(rest)?.[0] ?? ''}`;
      if (!mayBeShown(this.words.at(-1), word))
        return `${sign} stands outside of quotes: the shell would put the names of files there. Put the word in quotes.`;
      return `${sign} in ${word} stands outside of quotes: the shell would put the names of files there. Put it in quotes: '${word.replaceAll("'", '')}'.`;
    }
    const braces = /^\{[^{}\s]*(?:,|\.\.)[^{}\s]*\}/.exec(rest);
    if (!braces) return undefined;
    const which = mayBeShown(this.words.at(-1), this.word ?? '') ? braces[0] : '"{…}"';
    return `${which} stands outside of quotes: the shell would make several words of it. Put it in quotes.`;
  }

  private replaced(
    rest: string,
    inDoubleQuotes: boolean,
    startsWord = this.word === undefined,
  ): string | undefined {
    const says = shellReplacement(rest, { shell: this.shell, inDoubleQuotes, startsWord });
    if (says === undefined || mayBeShown(this.words.at(-1), this.word ?? '')) return says;
    // What looks like a variable may be a part of a password.
    return `The shell would replace something in ${holderOf(this.words.at(-1), this.word)}. Put it in single quotes, or write what it stands for.`;
  }

  private singleQuoted(): string | undefined {
    if (this.shell === 'cmd') return 'The Windows command prompt knows no single quotes. Use double quotes.';
    let text = '';
    for (let from = this.at + 1; ; ) {
      const close = this.line.indexOf("'", from);
      if (close < 0) return this.notClosed('single');
      text += this.line.slice(from, close);
      if (this.shell !== 'powershell' || this.line[close + 1] !== "'") {
        this.add(text, close + 1 - this.at);
        return undefined;
      }
      text += "'";
      from = close + 2;
    }
  }

  private doubleQuoted(): string | undefined {
    const start = this.at;
    const { shell, line } = this;
    let text = '';
    for (let i = start + 1; i < line.length; i++) {
      const char = line[i] ?? '';
      const next = line[i + 1] ?? '';
      if (char === '"' && next === '"' && this.windows && shell !== 'windows') {
        text += char;
        i++;
        continue;
      }
      if (char === '"') {
        this.add(text, i + 1 - start);
        return undefined;
      }
      const rest = line.slice(i, i + 300);
      if (shell === 'powershell' && char === '`' && next !== '') {
        const joint = /^`\r?\n/.exec(rest);
        if (!joint) text += powershellEscapes[next] ?? next;
        i += joint ? joint[0].length - 1 : 1;
        continue;
      }
      if (escapedInQuotes[shell].test(rest.slice(0, 2))) {
        text += next;
        i++;
        continue;
      }
      const joint = shell === 'posix' ? /^\\\r?\n/.exec(rest) : null;
      if (joint) {
        i += joint[0].length - 1;
        continue;
      }
      const problem = /^[$%!`]/.test(char) ? this.replaced(rest, true) : undefined;
      if (problem !== undefined) return problem;
      text += char;
    }
    return this.notClosed('double');
  }

  private notClosed(kind: 'single' | 'double'): string {
    const before = this.words.at(-1);
    const text = this.line.slice(this.at);
    return mayBeShown(before, `${this.word ?? ''}${text}`)
      ? `A ${kind} quote is not closed: ${shortened(text)}`
      : `A ${kind} quote is not closed: it begins in ${holderOf(before, this.word)}.`;
  }

  private add(text: string, length: number): void {
    this.word = (this.word ?? '') + text;
    this.at += length;
  }

  private end(): void {
    if (this.word !== undefined) this.words.push(this.word);
    this.word = undefined;
  }

  private stop(): undefined {
    this.at = this.line.length;
    return undefined;
  }
}

/** The sign that takes the meaning of the next one, outside of quotes. */
const escapes: Readonly<Record<ShellKind, string>> = {
  posix: '\\',
  powershell: '`',
  cmd: '^',
  windows: '^',
};

/** Programs of Windows read `\"` as a quotation mark, whatever the command prompt makes of it. */
const escapedInQuotes: Readonly<Record<ShellKind, RegExp>> = {
  posix: /^\\[$`"\\]/,
  powershell: /^(?!)/,
  cmd: /^\\"/,
  windows: /^\\"/,
};

const powershellEscapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', 0: '\0' };

/** Whether a part of a word may come up in a message: not where it may be the value of a flag or a variable that holds a secret. */
function mayBeShown(before: string | undefined, word: string): boolean {
  const [, own] = /^--?([A-Za-z][\w-]*)=/.exec(word) ?? [];
  if (own !== undefined) return isSafeToShow(own);
  if (/^\w+=/.test(word)) return false;
  const [, flag] = /^--?([A-Za-z][\w-]*)$/.exec(before ?? '') ?? [];
  return (flag === undefined || isSafeToShow(flag)) && withoutSecrets(word) === word;
}

/** What has the value that must not be shown. */
function holderOf(before: string | undefined, word: string | undefined): string {
  const name = /^([\w-]+)=/.exec(word ?? '')?.[1] ?? (before?.startsWith('-') ? before : undefined);
  return name === undefined || withoutSecrets(name) !== name
    ? 'a word with settings'
    : `the value of "${name}"`;
}

function shortened(text: string): string {
  const line = text.split('\n', 1)[0] ?? '';
  return line.length > 40 ? `${line.slice(0, 40)}…` : line;
}
