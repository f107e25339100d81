import { withoutSecrets } from '../../base/maskedText';
import { LineError } from '../lineProblem';
import { isSafeToShow } from '../shownValues';
import { type ShellKind, withoutPrompt } from './shellKinds';
import { shellReplacement } from './shellReplacements';

interface SplitLine {
  readonly words: readonly string[];
  /** The shell that the line shows, or the given one. */
  readonly shell: ShellKind;
}

/** No shell accepts longer lines. */
const maxLineLength = 100_000;

/** A continued line: the mark, blanks copied after it, and the `> ` that a terminal shows on the next line. */
const lineContinuation = {
  posix: /^[\\`][ \t]*\r?\n(?:[ \t]*> )?/,
  windows: /^[\^\\`][ \t]*\r?\n(?:[ \t]*> )?/,
};

/** `{}` in a problem stands for the operator. */
const operators: readonly (readonly [RegExp, problem: string])[] = [
  [/^(?:&&|\|\||;)/, '"{}" joins several commands. Paste one of them.'],
  [/^&/, '"&" is not quoted: it starts a command in the background. Remove it, or quote it.'],
  [/^\|/, '"|" sends the output to another command, which is not supported. Remove that part.'],
  [/^[<>]/, '"{}" redirects to or from a file, which is not supported. Remove that part.'],
  [/^[()]/, '"{}" is not quoted. Quote the text around it.'],
];

interface SplitOptions {
  /** For lines that don't show their shell. */
  readonly shell?: ShellKind;
  /** Replaces `~` at the start of a path. */
  readonly home?: string;
}

/**
 * Splits a command line into the words that a shell would pass to the program. Understands quotes, escapes, lines continued by `\`
 * (POSIX), `^` (command prompt) or a backtick (PowerShell), a prompt before the line, a comment after it, and `~/` when `home` is given.
 *
 * Nothing is run or expanded: text that a shell would replace (variables, unquoted globs, command substitutions) or treat specially
 * (pipes, redirections, several commands) throws LineError. Pure.
 */
export function splitCommandLine(text: string, { shell = 'posix', home }: SplitOptions = {}): SplitLine {
  if (text.length > maxLineLength) throw new LineError('The text is too long for a command line.');
  const found = withoutPrompt(text, shell);
  return new Splitter(found.line, found.shell, home).split();
}

/**
 * Joins the parts of a continued line. An input box drops line ends, and a continuation mark would then look like an escaped blank. Pure.
 */
export function onOneLine(text: string): string {
  return text
    .replace(/(^|\s)[\\^`][ \t]*\r?\n(?:[ \t]*> )?/g, '$1')
    .replace(/(^|\s)[\\^`](?=\s)/g, '$1')
    .trim();
}

/** Quotes `word` for a POSIX shell; also two percent signs, which look like a variable of Windows to `splitCommandLine`. Pure. */
export function quoteWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) && !/%.*%/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

class Splitter {
  private readonly words: string[] = [];
  /** The current word; undefined between words. Quotes start an empty one. */
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

  split(): SplitLine {
    while (this.at < this.line.length) this.step();
    this.endWord();
    return { words: this.words, shell: this.shell };
  }

  /** Reads the next character, quoted text, escape or continuation. */
  private step(): void {
    const { line, windows, shell } = this;
    const joint = lineContinuation[windows ? 'windows' : 'posix'].exec(line.slice(this.at, this.at + 200));
    if (joint) {
      this.at += joint[0].length;
      return;
    }
    const char = String.fromCodePoint(line.codePointAt(this.at) ?? 0);
    if (char === '\n' || char === '\r') this.lineEnd();
    else if (/\s/.test(char)) this.blank(char);
    else if (char === '#' && this.word === undefined && shell !== 'windows' && shell !== 'cmd')
      this.comment();
    else if (char === "'" && (!windows || this.word === undefined || shell === 'powershell'))
      this.singleQuoted();
    else if (char === '"') this.doubleQuoted();
    else if (char === escapes[shell]) this.escaped(char);
    else this.plain(char);
  }

  private plain(char: string): void {
    this.rejectSpecial();
    const isHome =
      char === '~' && this.word === undefined && !this.windows && /^~(?:[/\s]|$)/.test(this.ahead(2));
    if (isHome && this.home === undefined)
      throw new LineError('"~" stands for the home folder. Write its full path instead.');
    this.add(isHome ? (this.home ?? '') : char, char.length);
  }

  private lineEnd(): void {
    this.endWord();
    const rest = this.line.slice(this.at).trim();
    if (rest !== '' && !rest.startsWith('#'))
      throw new LineError('There are several lines. Paste one command; a continued line ends with "\\".');
    this.at = this.line.length;
  }

  private blank(char: string): void {
    if (this.shell === 'posix' && char !== ' ' && char !== '\t')
      throw new LineError(
        'The line contains a typographic space, which a shell takes for part of a word. Write a plain space.',
      );
    this.endWord();
    this.at += char.length;
  }

  private comment(): void {
    const next = this.line.indexOf('\n', this.at);
    this.at = next < 0 ? this.line.length : next;
  }

  /** Enough text to recognize what comes next. */
  private ahead(length = 300): string {
    return this.line.slice(this.at, this.at + length);
  }

  private escaped(mark: string): void {
    this.at += 1;
    const next = this.line.codePointAt(this.at);
    if (next === undefined)
      throw new LineError(`The line ends with "${mark}", so something is missing after it.`);
    const character = String.fromCodePoint(next);
    this.add(mark === '`' ? (powershellEscapes[character] ?? character) : character, character.length);
  }

  /** Throws at an operator, and at text that the shell would replace. */
  private rejectSpecial(): void {
    const rest = this.ahead();
    if (this.words.length === 0 && this.word === undefined && /^&\s/.test(rest))
      throw new LineError('"&" calls a program in PowerShell. Paste the line starting at "aws" or "rclone".');
    for (const [pattern, problem] of operators) {
      const [found] = pattern.exec(rest) ?? [];
      if (found !== undefined) throw new LineError(problem.replace('{}', found));
    }
    this.rejectReplacement(rest, false);
    if (this.windows) return;
    this.rejectGlob(rest);
    const [braces] = /^\{[^{}\s]*(?:,|\.\.)[^{}\s]*\}/.exec(rest) ?? [];
    if (braces === undefined) return;
    const shown = this.mayShow(this.word ?? '') ? braces : '"{…}"';
    throw new LineError(
      `${shown} is not quoted: the shell would make several words of it. Put it in quotes.`,
    );
  }

  private rejectGlob(rest: string): void {
    if (!/^[*?]/.test(rest) && !/^\[[^\]\s]*\]/.test(rest)) return;
    const character = `"${rest[0]}"`;
    const word = `${this.word ?? ''}${/^\S*/.exec(rest)?.[0] ?? ''}`;
    const because = 'is not quoted: the shell would insert file names there.';
    throw new LineError(
      this.mayShow(word)
        ? `${character} in ${word} ${because} Put it in quotes: '${word.replaceAll("'", '')}'.`
        : `${character} ${because} Put the word in quotes.`,
    );
  }

  private rejectReplacement(rest: string, inDoubleQuotes: boolean): void {
    const startsWord = this.word === undefined;
    const problem = shellReplacement(rest, { shell: this.shell, inDoubleQuotes, startsWord });
    if (problem === undefined) return;
    // Text that looks like a variable may be part of a password.
    throw new LineError(
      this.mayShow(this.word ?? '')
        ? problem
        : `The shell would replace something in ${holderOf(this.words.at(-1), this.word)}. Put it in single quotes, or write the value.`,
    );
  }

  private singleQuoted(): void {
    if (this.shell === 'cmd')
      throw new LineError('The Windows command prompt has no single quotes. Use double quotes.');
    let text = '';
    let from = this.at + 1;
    let close = this.line.indexOf("'", from);
    // PowerShell reads two single quotes as one.
    while (this.shell === 'powershell' && close >= 0 && this.line[close + 1] === "'") {
      text += this.line.slice(from, close + 1);
      from = close + 2;
      close = this.line.indexOf("'", from);
    }
    if (close < 0) throw this.notClosed('single');
    this.add(text + this.line.slice(from, close), close + 1 - this.at);
  }

  private doubleQuoted(): void {
    const { line, at: start } = this;
    let text = '';
    for (let i = start + 1; i < line.length; ) {
      const rest = line.slice(i, i + 300);
      const [length, meaning] = this.quotedEscape(rest) ?? [];
      if (length !== undefined && meaning !== undefined) {
        text += meaning;
        i += length;
        continue;
      }
      const char = line[i] ?? '';
      if (char === '"') {
        this.add(text, i + 1 - start);
        return;
      }
      if (/^[$%!`]/.test(char)) this.rejectReplacement(rest, true);
      text += char;
      i++;
    }
    throw this.notClosed('double');
  }

  /** The length and the meaning of an escape inside double quotes; undefined when `rest` starts with none. */
  private quotedEscape(rest: string): readonly [length: number, meaning: string] | undefined {
    const { shell } = this;
    if (rest.startsWith('""') && this.windows && shell !== 'windows') return [2, '"'];
    const [joint] =
      (shell === 'posix' ? /^\\\r?\n/ : shell === 'powershell' ? /^`\r?\n/ : /^(?!)/).exec(rest) ?? [];
    if (joint !== undefined) return [joint.length, ''];
    const next = rest[1] ?? '';
    if (shell === 'powershell' && rest.startsWith('`') && next !== '')
      return [2, powershellEscapes[next] ?? next];
    return escapedInQuotes[shell].test(rest) ? [2, next] : undefined;
  }

  private notClosed(kind: 'single' | 'double'): LineError {
    const text = this.line.slice(this.at);
    return new LineError(
      this.mayShow(`${this.word ?? ''}${text}`)
        ? `A ${kind} quote is not closed: ${shortened(text)}`
        : `A ${kind} quote is not closed: it starts in ${holderOf(this.words.at(-1), this.word)}.`,
    );
  }

  private mayShow(word: string): boolean {
    return mayBeShown(this.words.at(-1), word);
  }

  private add(text: string, length: number): void {
    this.word = (this.word ?? '') + text;
    this.at += length;
  }

  private endWord(): void {
    if (this.word !== undefined) this.words.push(this.word);
    this.word = undefined;
  }
}

/** The escape character outside quotes. */
const escapes: Readonly<Record<ShellKind, string>> = {
  posix: '\\',
  powershell: '`',
  cmd: '^',
  windows: '^',
};

/** Windows programs read `\"` as a quotation mark, even where the command prompt does not. */
const escapedInQuotes: Readonly<Record<ShellKind, RegExp>> = {
  posix: /^\\[$`"\\]/,
  powershell: /^(?!)/,
  cmd: /^\\"/,
  windows: /^\\"/,
};

const powershellEscapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', 0: '\0' };

/** Whether a message may quote part of a word: not if it may be the secret value of a flag or a variable. */
function mayBeShown(before: string | undefined, word: string): boolean {
  const [, own] = /^--?([A-Za-z][\w-]*)=/.exec(word) ?? [];
  if (own !== undefined) return isSafeToShow(own);
  if (/^\w+=/.test(word)) return false;
  const [, flag] = /^--?([A-Za-z][\w-]*)$/.exec(before ?? '') ?? [];
  return (flag === undefined || isSafeToShow(flag)) && withoutSecrets(word) === word;
}

/** Names the flag or variable whose value must not be shown. */
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
