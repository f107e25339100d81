/** How a line is taken apart: as a POSIX shell does it, or as PowerShell or the Windows command prompt do (`windows`: one of these two). */
export type ShellKind = 'posix' | 'windows' | 'powershell' | 'cmd';

/** A line that can't be read, as a sentence that names the place and says what to do. */
export interface LineProblem {
  readonly problem: string;
  /** What helps, where that is more than typing something else. */
  readonly next?: 'addRemote' | 'importRclone';
}

export interface SplitLine {
  readonly words: readonly string[];
}

export function isProblem(value: object): value is LineProblem {
  return 'problem' in value;
}

/** What a terminal shows before the line: `$ `, `user@host:~/site$ `, `PS C:\site> `, `C:\site>`. */
const prompt = /^\s*(?:[\w.-]+@[\w.-]+[^$#%\n]*[$#%]\s+|PS [^>\n]*>\s*|[A-Za-z]:\\[^>\n]*>\s*|[$#%>❯➜]\s+)/u;

/** The line goes on below: the mark, blanks that slipped in behind it, and the `> ` that a terminal shows there. */
const goesOn = { posix: /^[\\`][ \t]*\r?\n(?:[ \t]*> )?/, windows: /^[\^\\`][ \t]*\r?\n(?:[ \t]*> )?/ };

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
 * The words of a command line, as the shell would hand them to the program. Understands quotes, backslashes, lines that go on after
 * `\` (POSIX), `^` (Windows) or a backtick (PowerShell), a prompt before the line, a comment after it, and `~/` when `home` is given.
 *
 * Nothing is run and nothing is expanded: what a shell would replace (variables, unquoted globs, commands in commands) or would give
 * another meaning (pipes, redirections, several commands) comes back as a problem that names it. Pure; never throws.
 */
export function splitCommandLine(
  text: string,
  { shell = 'posix', home }: { readonly shell?: ShellKind; readonly home?: string } = {},
): SplitLine | LineProblem {
  const windows = shell !== 'posix' || /\^[ \t]*\r?\n/.test(text);
  const line = text.replace(prompt, '').trim();
  return new Splitter(line, windows, home).split();
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

  constructor(
    private readonly line: string,
    private readonly windows: boolean,
    private readonly home: string | undefined,
  ) {}

  split(): SplitLine | LineProblem {
    while (this.at < this.line.length) {
      const problem = this.step();
      if (problem !== undefined) return { problem };
    }
    this.end();
    return { words: this.words };
  }

  private step(): string | undefined {
    const { line, windows } = this;
    const joint = goesOn[windows ? 'windows' : 'posix'].exec(line.slice(this.at));
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
      this.end();
      this.at += char.length;
      return undefined;
    }
    if (char === '#' && this.word === undefined && !windows) {
      const next = line.indexOf('\n', this.at);
      if (next < 0) return this.stop();
      this.at = next;
      return undefined;
    }
    if (char === "'" && (!windows || this.word === undefined)) return this.singleQuoted();
    if (char === '"') return this.doubleQuoted();
    if (char === (windows ? '^' : '\\')) {
      this.at += 1;
      const next = line.codePointAt(this.at);
      if (next === undefined) return `The line ends with "${char}", so something is missing after it.`;
      const escaped = String.fromCodePoint(next);
      this.add(escaped, escaped.length);
      return undefined;
    }
    const problem = this.refused();
    if (problem !== undefined) return problem;
    if (char === '~' && this.word === undefined && !windows && /^~(?:[/\s]|$)/.test(line.slice(this.at))) {
      if (this.home === undefined) return '"~" stands for the home folder. Write its whole path instead.';
      this.add(this.home, 1);
      return undefined;
    }
    this.add(char, char.length);
    return undefined;
  }

  private refused(): string | undefined {
    const rest = this.line.slice(this.at);
    for (const [pattern, says] of operators) {
      const found = pattern.exec(rest);
      if (found) return says(found[0]);
    }
    const replaced = this.replacedByTheShell(rest);
    if (replaced !== undefined || this.windows) return replaced;
    if (/^[*?]/.test(rest) || /^\[[^\]\s]*\]/.test(rest)) {
      const word = `${this.word ?? ''}${/^\S*/.exec(rest)?.[0] ?? ''}`;
      return `"${rest[0]}" in ${word} stands outside of quotes: the shell would put the names of files there. Put it in quotes: '${word.replaceAll("'", '')}'.`;
    }
    const braces = /^\{[^{}\s]*(?:,|\.\.)[^{}\s]*\}/.exec(rest);
    return braces
      ? `${braces[0]} stands outside of quotes: the shell would make several words of it. Put it in quotes.`
      : undefined;
  }

  /** A variable or a command in the command, which stand in double quotes as well. */
  private replacedByTheShell(rest: string): string | undefined {
    const variable = this.windows ? /^%\w+%/.exec(rest) : /^\$(?:\{[^}]*\}?|\w+|[@*#?!$-])/.exec(rest);
    if (variable) return `${variable[0]} is a variable of the shell. Write what it stands for instead.`;
    if (!this.windows && rest.startsWith('$('))
      return '"$(…)" is a command in the command. Write what it gives instead.';
    if (!this.windows && rest.startsWith('$') && /^\$['"]/.test(rest) && this.word === undefined)
      return `${rest.slice(0, 2)} begins a way of quoting that only some shells know. Use plain quotes.`;
    if (!this.windows && rest.startsWith('`'))
      return '"`" begins a command in the command. Write what it gives instead, or put it in single quotes.';
    return undefined;
  }

  private singleQuoted(): string | undefined {
    const close = this.line.indexOf("'", this.at + 1);
    if (close < 0) return `A single quote is not closed: ${shortened(this.line.slice(this.at))}`;
    this.add(this.line.slice(this.at + 1, close), close + 1 - this.at);
    return undefined;
  }

  private doubleQuoted(): string | undefined {
    const start = this.at;
    let text = '';
    for (let i = start + 1; i < this.line.length; i++) {
      const char = this.line[i] ?? '';
      if (char === '"') {
        this.add(text, i + 1 - start);
        return undefined;
      }
      const escapes = this.windows ? /^\\"/ : /^\\[$`"\\]/;
      if (escapes.test(this.line.slice(i, i + 2))) {
        text += this.line[++i] ?? '';
        continue;
      }
      const rest = this.line.slice(i);
      const joint = this.windows ? null : /^\\\r?\n/.exec(rest);
      if (joint) {
        i += joint[0].length - 1;
        continue;
      }
      const problem =
        /^[$%`]/.test(char) && !/^\$['"]/.test(rest) ? this.replacedByTheShell(rest) : undefined;
      if (problem !== undefined) return problem;
      text += char;
    }
    return `A double quote is not closed: ${shortened(this.line.slice(start))}`;
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

function shortened(text: string): string {
  const line = text.split('\n', 1)[0] ?? '';
  return line.length > 40 ? `${line.slice(0, 40)}…` : line;
}
