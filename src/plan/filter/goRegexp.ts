import {
  type Assertion,
  anyChar,
  charClass,
  classMember,
  literal,
  PatternProblem,
  repeated,
  type TextPattern,
} from './pathPattern';

/** The maximum depth of nested groups, as in Go. */
const maxDepth = 1000;
/** The maximum repeat count, as in Go. */
const maxRepeats = 1000;

interface Flags {
  readonly fold: boolean;
  readonly lines: boolean;
  readonly dotAll: boolean;
}

/**
 * Parses a regular expression of Go, and therefore of rclone (RE2): without back references and lookaround, so it is decided in one pass.
 * `fold` ignores case. Throws PatternProblem where Go would reject it.
 */
export function goRegexp(text: string, fold: boolean): TextPattern {
  return new GoRegexp([...unquoted(text)], { fold, lines: false, dotAll: false }).read();
}

/** Escapes the literal text between `\Q` and `\E`. */
function unquoted(text: string): string {
  return text.replace(/\\Q(.*?)(?:\\E|$)|\\./gs, (whole, plain: string | undefined) =>
    plain === undefined ? whole : plain.replace(/[^\w\s]/g, (char) => (char < '\x80' ? `\\${char}` : char)),
  );
}

class GoRegexp {
  private at = 0;
  private depth = 0;

  constructor(
    private readonly chars: readonly string[],
    private flags: Flags,
  ) {}

  read(): TextPattern {
    const pattern = this.alternatives();
    if (this.at < this.chars.length) throw invalidRegexp('it has ")" without "("');
    return pattern;
  }

  private alternatives(): TextPattern {
    const before = this.flags;
    const ways: TextPattern[] = [];
    for (;;) {
      ways.push(this.sequence());
      if (this.chars[this.at] !== '|') break;
      this.at++;
    }
    this.flags = before;
    return ways.length === 1 && ways[0] ? ways[0] : { any: ways };
  }

  private sequence(): TextPattern {
    const parts: TextPattern[] = [];
    for (let char = this.chars[this.at]; char !== undefined && char !== '|' && char !== ')'; ) {
      const atom = this.atom();
      if (atom) parts.push(this.quantified(atom));
      char = this.chars[this.at];
    }
    return parts.length === 1 && parts[0] ? parts[0] : { all: parts };
  }

  private quantified(atom: TextPattern): TextPattern {
    let pattern = atom;
    for (let i = 0; ; i++) {
      const counts = this.quantifier();
      if (!counts) return pattern;
      if (i > 0) throw invalidRegexp('it repeats a repeat');
      // Greediness makes no difference to whether a path matches.
      if (this.chars[this.at] === '?') this.at++;
      pattern = repeated(pattern, counts[0], counts[1]);
    }
  }

  private quantifier(): readonly [min: number, max: number] | undefined {
    const char = this.chars[this.at];
    if (char === '*' || char === '+' || char === '?') {
      this.at++;
      return [char === '+' ? 1 : 0, char === '?' ? 1 : Number.POSITIVE_INFINITY];
    }
    if (char !== '{') return undefined;
    const rest = this.chars.slice(this.at, this.at + 12).join('');
    const [whole, min, comma, max] = /^\{(\d{1,4})(?:(,)(\d{1,4})?)?\}/.exec(rest) ?? [];
    // Anything else in braces is literal text.
    if (whole === undefined) return undefined;
    this.at += whole.length;
    const low = Number(min);
    const high = max !== undefined ? Number(max) : comma ? Number.POSITIVE_INFINITY : low;
    if (high < low || low > maxRepeats || (high > maxRepeats && high !== Number.POSITIVE_INFINITY))
      throw invalidRegexp(`"${whole}" is not a valid repeat count`);
    return [low, high];
  }

  /** Undefined for flags, which match nothing. */
  private atom(): TextPattern | undefined {
    const { fold, lines, dotAll } = this.flags;
    const char = this.chars[this.at++] ?? '';
    switch (char) {
      case '(':
        return this.group();
      case '[':
        return this.characterClass();
      case '.':
        return dotAll ? anyChar : charClass('[^\\n]', false);
      case '^':
        return { at: lines ? 'lineStart' : 'textStart' };
      case '$':
        return { at: lines ? 'lineEnd' : 'textEnd' };
      case '\\':
        return this.escape();
      case '*':
      case '+':
      case '?':
        throw invalidRegexp(`"${char}" has nothing to repeat`);
      default:
        return literal(char, fold);
    }
  }

  private group(): TextPattern | undefined {
    if (++this.depth > maxDepth) throw new PatternProblem('nests too deeply');
    const before = this.flags;
    const rest = this.chars.slice(this.at, this.at + 3).join('');
    if (rest.startsWith('?')) {
      const name = /^\(\?P?<\w+>/.exec(this.chars.slice(this.at - 1, this.at + 100).join(''))?.[0];
      if (name !== undefined) this.at += name.length - 1;
      else if (this.readFlags()) {
        this.depth--;
        return undefined;
      }
    }
    const pattern = this.alternatives();
    if (this.chars[this.at++] !== ')') throw invalidRegexp('it has "(" without ")"');
    this.flags = before;
    this.depth--;
    return pattern;
  }

  /** Reads `?flags:` or `?flags)`. Returns true for the latter, which isn't a group. */
  private readFlags(): boolean {
    const end = this.chars.findIndex((char, i) => i > this.at && (char === ':' || char === ')'));
    const text = end < 0 ? '' : this.chars.slice(this.at + 1, end).join('');
    const [, on, off] = /^([imsU]*)(?:-([imsU]+))?$/.exec(text) ?? [];
    if (end < 0 || on === undefined || (text === '' && this.chars[end] === ')'))
      throw invalidRegexp(`"(${this.chars.slice(this.at, this.at + 3).join('')}" is unknown to rclone`);
    const { fold, lines, dotAll } = this.flags;
    const set = (flag: string, was: boolean) => (on.includes(flag) || was) && !off?.includes(flag);
    this.flags = { fold: set('i', fold), lines: set('m', lines), dotAll: set('s', dotAll) };
    this.at = end + 1;
    return this.chars[end] === ')';
  }

  private escape(): TextPattern | undefined {
    const char = this.chars[this.at];
    if (char === undefined) throw invalidRegexp('it ends with "\\"');
    const assertion = escapedAssertions[char];
    if (assertion !== undefined) {
      this.at++;
      return { at: assertion };
    }
    const set = this.escapedSet();
    if (set !== undefined) return this.classOf(`[${set}]`);
    return literal(this.escapedChar(), this.flags.fold);
  }

  /** The members of a class such as `\d` or `\pL` in the syntax of a JavaScript class; undefined where no such escape is here. */
  private escapedSet(): string | undefined {
    const char = this.chars[this.at] ?? '';
    const simple = escapedSets[char];
    if (simple === undefined && char !== 'p' && char !== 'P') return undefined;
    this.at++;
    if (simple !== undefined) return simple;
    const rest = this.chars.slice(this.at, this.at + 60).join('');
    const [whole, braced, plain] = /^(?:\{\^?(\w+)\}|(\w))/.exec(rest) ?? [];
    const name = braced ?? plain;
    if (whole === undefined || name === undefined) throw invalidRegexp('a character class has no name');
    this.at += whole.length;
    const negated = (char === 'P') !== whole.startsWith('{^');
    for (const property of [name, `Script=${name}`]) {
      const source = `\\${negated ? 'P' : 'p'}{${property}}`;
      if (isClass(`[${source}]`)) return source;
    }
    throw invalidRegexp(`"${name}" is not a character class`);
  }

  /** The character that an escape denotes. */
  private escapedChar(): string {
    const rest = this.chars.slice(this.at, this.at + 12).join('');
    const [octal] = /^(?:0[0-7]{0,2}|[1-7][0-7]{1,2})/.exec(rest) ?? [];
    const [hex, short, long] = /^x(?:([0-9a-fA-F]{2})|\{([0-9a-fA-F]{1,8})\})/.exec(rest) ?? [];
    const whole = octal ?? hex;
    if (whole !== undefined) {
      this.at += whole.length;
      const code = octal === undefined ? Number.parseInt(short ?? long ?? '', 16) : Number.parseInt(octal, 8);
      if (code > 0x10ffff) throw invalidRegexp(`"\\${whole}" is not a character`);
      return String.fromCodePoint(code);
    }
    const char = this.chars[this.at++] ?? '';
    const control = controls[char];
    if (control !== undefined) return control;
    if (/^[\da-zA-Z]$/.test(char)) throw invalidRegexp(`"\\${char}" is unknown to rclone`);
    return char;
  }

  private characterClass(): TextPattern {
    const negated = this.chars[this.at] === '^';
    if (negated) this.at++;
    let members = '';
    for (let first = true; first || this.chars[this.at] !== ']'; first = false) {
      const char = this.chars[this.at];
      if (char === undefined) throw invalidRegexp('it has "[" without "]"');
      const named = /^\[:(\^?)(\w+):\]/.exec(this.chars.slice(this.at, this.at + 20).join(''));
      if (named) {
        const [whole, not, name = ''] = named;
        const listed = posixClasses[name];
        if (listed === undefined) throw invalidRegexp(`"${whole}" is not a character class`);
        this.at += whole.length;
        members += not ? inverted(listed) : listed;
        continue;
      }
      if (char === '\\') {
        this.at++;
        const set = this.escapedSet();
        if (set !== undefined) {
          members += set;
          continue;
        }
        this.at--;
      }
      members += classMember(this.member());
      const [dash, next] = this.chars.slice(this.at, this.at + 2);
      if (dash === '-' && next !== undefined && next !== ']') {
        this.at++;
        members += `-${classMember(this.member())}`;
      }
    }
    this.at++;
    return this.classOf(`[${negated ? '^' : ''}${members}]`);
  }

  private member(): string {
    const char = this.chars[this.at++];
    if (char === undefined) throw invalidRegexp('it has "[" without "]"');
    return char === '\\' ? this.escapedChar() : char;
  }

  private classOf(source: string): TextPattern {
    try {
      return charClass(source, this.flags.fold);
    } catch {
      throw invalidRegexp(`"${source}" is not a character class`);
    }
  }
}

const escapedAssertions: Readonly<Record<string, Assertion>> = {
  A: 'textStart',
  z: 'textEnd',
  b: 'wordEdge',
  B: 'noWordEdge',
};

const escapedSets: Readonly<Record<string, string>> = {
  d: '0-9',
  D: '\\D',
  w: '0-9A-Za-z_',
  W: '\\W',
  s: '\\t\\n\\f\\r ',
  S: '\\0-\\x08\\x0b\\x0e-\\x1f!-\\u{10ffff}',
};

const controls: Readonly<Record<string, string>> = { a: '\x07', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' };

/** The members of POSIX classes in the syntax of a JavaScript class; ASCII only. */
export const posixClasses: Readonly<Record<string, string>> = {
  alnum: '0-9A-Za-z',
  alpha: 'A-Za-z',
  ascii: '\\0-\\x7f',
  blank: '\\t ',
  cntrl: '\\0-\\x1f\\x7f',
  digit: '0-9',
  graph: '!-~',
  lower: 'a-z',
  print: ' -~',
  punct: '!-\\/:-@\\[-`{-~',
  space: '\\t\\n\\v\\f\\r ',
  upper: 'A-Z',
  word: '0-9A-Za-z_',
  xdigit: '0-9A-Fa-f',
};

/** All characters that are not members of an ASCII class. */
function inverted(members: string): string {
  const within = new RegExp(`[${members}]`, 'u');
  let others = '\\x80-\\u{10ffff}';
  for (let code = 0; code < 0x80; code++)
    if (!within.test(String.fromCharCode(code))) others += `\\x${code.toString(16).padStart(2, '0')}`;
  return others;
}

function isClass(source: string): boolean {
  try {
    new RegExp(source, 'u');
    return true;
  } catch {
    return false;
  }
}

function invalidRegexp(why: string): PatternProblem {
  return new PatternProblem(`makes no sense (${why})`);
}
