import { PatternProblem } from '../../../../src/plan/filter/pathPattern';

/**
 * The dialects of rclone and `aws` as regular expressions of JavaScript: simple, without a bound on time. Tests compare the one-pass
 * matcher with them.
 */

const anything = '[^]*';

/** rclone's glob as the source of a regular expression over whole relative paths (R17). Throws PatternProblem. */
export function rcloneGlobSource(glob: string): string {
  const anchored = glob.startsWith('/');
  const body = new RcloneGlob([...(anchored ? glob.slice(1) : glob)]).translate();
  return ended(`${anchored ? '^' : '(?:^|/)'}${body}`);
}

/** A pattern that ends with anything needs no end. */
function ended(source: string): string {
  return source.endsWith(anything) ? source.slice(0, -anything.length) : `${source}$`;
}

class RcloneGlob {
  private at = 0;
  private depth = 0;

  constructor(private readonly chars: readonly string[]) {}

  translate(): string {
    let source = '';
    while (this.at < this.chars.length) source += this.next();
    if (this.depth > 0) throw new PatternProblem('has "{" without "}"');
    return source;
  }

  private next(): string {
    const char = this.chars[this.at++] ?? '';
    switch (char) {
      case '\\': {
        const escaped = this.chars[this.at++];
        if (escaped === undefined) throw new PatternProblem('ends with "\\", which has nothing to escape');
        return literal(escaped);
      }
      case '*':
        return this.stars();
      case '?':
        return '[^/]';
      case '[':
        return this.characterClass();
      case ']':
        throw new PatternProblem('has "]" without "["');
      case '{':
        if (this.chars[this.at] === '{') return this.regexp();
        this.depth++;
        return '(?:';
      case '}':
        if (this.depth === 0) throw new PatternProblem('has "}" without "{"');
        this.depth--;
        return ')';
      case ',':
        return this.depth > 0 ? '|' : ',';
      default:
        return literal(char);
    }
  }

  private stars(): string {
    const first = this.at - 1;
    while (this.chars[this.at] === '*') this.at++;
    const count = this.at - first;
    if (count > 2) throw new PatternProblem('has more than two "*" in a row');
    return count === 2 ? anything : '[^/]*';
  }

  private characterClass(): string {
    let content = '';
    for (let open = 1; open > 0; ) {
      const char = this.chars[this.at++];
      if (char === undefined) throw new PatternProblem('has "[" without "]"');
      if (char === '[') open++;
      if (char === ']') open--;
      if (open > 0) content += char;
    }
    if (content === '' || content === '^') throw new PatternProblem('has an empty "[]"');
    return classSource(content);
  }

  /** `{{…}}` holds a regular expression. With more than two `}` in a row, the last two end it. */
  private regexp(): string {
    this.at++;
    const rest = this.chars.slice(this.at).join('');
    const end = rest.search(/\}\}(?!\})/);
    if (end < 0) throw new PatternProblem('has "{{" without "}}"');
    const text = rest.slice(0, end);
    this.at += [...text].length + 2;
    return `(?:${text})`;
  }
}

const posixClasses: Readonly<Record<string, string>> = {
  alnum: '0-9A-Za-z',
  alpha: 'A-Za-z',
  digit: '0-9',
  lower: 'a-z',
  upper: 'A-Z',
  space: '\\s',
  punct: '!-\\/:-@\\[-`{-~',
  word: '0-9A-Za-z_',
  xdigit: '0-9A-Fa-f',
};

/** The content of rclone's `[…]` as a JavaScript class. */
function classSource(content: string): string {
  const negated = content.startsWith('^');
  const inside = (negated ? content.slice(1) : content).replace(
    /\[:(\w+):\]|\\([dwsDWS])|\\?([\s\S])/gu,
    (whole, posix: string | undefined, shorthand: string | undefined, char: string | undefined) => {
      if (posix !== undefined && posixClasses[posix]) return posixClasses[posix];
      if (shorthand !== undefined) return whole;
      if (char === undefined) return whole.replace(/[\\[\]^]/g, '\\$&');
      return char === '-' && whole === '-' ? '-' : classLiteral(char);
    },
  );
  return `[${negated ? '^' : ''}${inside}]`;
}

function classLiteral(char: string): string {
  return /[\\\][^-]/.test(char) ? `\\${char}` : char;
}

function literal(char: string): string {
  return /[\\^$.*+?()[\]{}|/]/.test(char) ? `\\${char}` : char;
}

/** fnmatch as `aws` uses it (A15), as the source of a regular expression over whole relative paths. */
export function fnmatchSource(pattern: string): string {
  const chars = [...pattern];
  let source = '';
  for (let at = 0; at < chars.length; at++) {
    const char = chars[at] ?? '';
    if (char === '*') {
      if (!source.endsWith(anything)) source += anything;
    } else if (char === '?') source += '[^]';
    else if (char === '[') {
      const end = closingBracket(chars, at);
      if (end < 0) source += '\\[';
      else {
        source += fnmatchClass(chars.slice(at + 1, end).join(''));
        at = end;
      }
    } else source += literal(char);
  }
  return ended(`^${source}`);
}

/** The `]` that ends the class opened at `open`; one that comes first belongs to the class. */
function closingBracket(chars: readonly string[], open: number): number {
  let from = open + 1;
  if (chars[from] === '!') from++;
  if (chars[from] === ']') from++;
  return chars.indexOf(']', from);
}

/** In fnmatch `\` has no meaning, and a range that runs backwards matches nothing. */
function fnmatchClass(content: string): string {
  const negated = content.startsWith('!');
  const chars = [...(negated ? content.slice(1) : content)];
  let inside = '';
  for (let i = 0; i < chars.length; i++) {
    const low = chars[i] ?? '';
    const high = chars[i + 2];
    if (chars[i + 1] === '-' && high !== undefined) {
      if (low <= high) inside += `${classLiteral(low)}-${classLiteral(high)}`;
      i += 2;
    } else inside += classLiteral(low);
  }
  // As in fnmatch, an empty JavaScript class matches nothing, and a negated empty one matches anything.
  return `[${negated ? '^' : ''}${inside}]`;
}
