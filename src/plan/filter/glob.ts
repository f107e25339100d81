import { goRegexp, posixClasses } from './goRegexp';
import {
  anyChar,
  anything,
  anythingInPart,
  charClass,
  classMember,
  literal,
  noSlash,
  type PathPattern,
  PatternProblem,
  type TextPattern,
} from './pathPattern';

/** The maximum depth of nested braces. */
const maxDepth = 1000;

/**
 * rclone's glob as a pattern of full relative paths (R17): `*` and `?` stop at `/`, `**` crosses it; also `{a,b}`, `[a-c]`, `[^a]`,
 * `{{regexp}}`, and `\` escapes. A leading `/` anchors the glob at the root, else it may start after any `/`. `fold` ignores case. Throws
 * PatternProblem, or SyntaxError for an invalid character class.
 */
export function rcloneGlob(glob: string, fold: boolean): PathPattern {
  const anchored = glob.startsWith('/');
  return { anchored, parts: new RcloneGlob([...(anchored ? glob.slice(1) : glob)], fold).read() };
}

class RcloneGlob {
  private at = 0;
  private depth = 0;

  constructor(
    private readonly chars: readonly string[],
    private readonly fold: boolean,
  ) {}

  read(): readonly TextPattern[] {
    const parts: TextPattern[] = [];
    while (this.at < this.chars.length) parts.push(this.next());
    return parts;
  }

  private next(): TextPattern {
    const char = this.chars[this.at++] ?? '';
    switch (char) {
      case '\\': {
        const escaped = this.chars[this.at++];
        if (escaped === undefined) throw new PatternProblem('ends with "\\", which has nothing to escape');
        return literal(escaped, this.fold);
      }
      case '*':
        return this.stars();
      case '?':
        return noSlash;
      case '[':
        return this.characterClass();
      case ']':
        throw new PatternProblem('has "]" without "["');
      case '{':
        return this.chars[this.at] === '{' ? this.regexp() : this.choices();
      case '}':
        throw new PatternProblem('has "}" without "{"');
      default:
        return literal(char, this.fold);
    }
  }

  private choices(): TextPattern {
    if (++this.depth > maxDepth) throw new PatternProblem('nests too deeply');
    const alternatives: TextPattern[] = [];
    let parts: TextPattern[] = [];
    for (;;) {
      const char = this.chars[this.at];
      if (char === undefined) throw new PatternProblem('has "{" without "}"');
      if (char === ',' || char === '}') {
        this.at++;
        alternatives.push({ all: parts });
        parts = [];
        if (char === '}') break;
      } else parts.push(this.next());
    }
    this.depth--;
    return { any: alternatives };
  }

  private stars(): TextPattern {
    const first = this.at - 1;
    while (this.chars[this.at] === '*') this.at++;
    const count = this.at - first;
    if (count > 2) throw new PatternProblem('has more than two "*" in a row');
    return count === 2 ? anything : anythingInPart;
  }

  private characterClass(): TextPattern {
    let content = '';
    for (let open = 1; open > 0; ) {
      const char = this.chars[this.at++];
      if (char === undefined) throw new PatternProblem('has "[" without "]"');
      if (char === '[') open++;
      if (char === ']') open--;
      if (open > 0) content += char;
    }
    if (content === '' || content === '^') throw new PatternProblem('has an empty "[]"');
    return charClass(classSource(content), this.fold);
  }

  /** `{{…}}` holds a regular expression. With more than two `}` in a row, the last two end it. */
  private regexp(): TextPattern {
    this.at++;
    const { chars } = this;
    let end = this.at;
    while (end < chars.length && !(chars[end] === '}' && chars[end + 1] === '}' && chars[end + 2] !== '}'))
      end++;
    if (end >= chars.length) throw new PatternProblem('has "{{" without "}}"');
    const text = chars.slice(this.at, end).join('');
    this.at = end + 2;
    return goRegexp(text, this.fold);
  }
}

/** The content of rclone's `[…]` as a JavaScript character class. */
function classSource(content: string): string {
  const negated = content.startsWith('^');
  const inside = (negated ? content.slice(1) : content).replace(
    /\[:(\w+):\]|\\([dwsDWS])|\\?([\s\S])/gu,
    (whole, posix: string | undefined, shorthand: string | undefined, char: string | undefined) => {
      if (posix !== undefined && posixClasses[posix]) return posixClasses[posix];
      if (shorthand !== undefined) return whole;
      if (char === undefined) return whole.replace(/[\\[\]^]/g, '\\$&');
      return char === '-' && whole === '-' ? '-' : classMember(char);
    },
  );
  return `[${negated ? '^' : ''}${inside}]`;
}

/** Globs from which no folder globs can be derived: `/` or `**` within braces, nested braces, `{{regexp}}`. */
const noFolderGlobs = /\{[^{}]*(?:\*\*|\/)[^{}]*\}|\{\{|\}\}|\{[^{}]*\{/;

/**
 * The folders that may contain a file matched by `glob`, as globs that end in `/` (R18). As in rclone, folders above the first part of an
 * unanchored pattern are missing: `sub/**` gives `sub/`, not the `d/` of `d/sub/`.
 */
export function folderGlobs(glob: string): readonly string[] {
  if (noFolderGlobs.test(glob)) return ['/**'];
  let rest = glob.replace(/\/{2,}/g, '/');
  const found: string[] = [];
  for (;;) {
    const slash = rest.lastIndexOf('/');
    const stars = rest.lastIndexOf('**');
    const cut = Math.max(slash, stars);
    if (cut < 0) return found.length === 0 ? ['/**'] : found;
    rest = rest.slice(0, cut);
    const folder = `${rest}${stars > slash ? '**' : ''}/`;
    if (found.at(-1) !== folder && folder !== '/') found.push(folder);
    else if (folder === '/' && found.length === 0) return ['/'];
  }
}

/**
 * fnmatch as `aws` uses it (A15), on the full relative path: `*` and `?` also match `/`; `[seq]`, `[!seq]`; no `**`, no braces, no escape
 * except `[*]`. A `[` without `]` is a literal character.
 */
export function fnmatchGlob(pattern: string, fold: boolean): PathPattern {
  const chars = [...pattern];
  // Found once, because each "[" without an end would search to the end of the pattern.
  const lastEnd = chars.lastIndexOf(']');
  const parts: TextPattern[] = [];
  for (let at = 0; at < chars.length; at++) {
    const char = chars[at] ?? '';
    if (char === '*') {
      if (parts.at(-1) !== anything) parts.push(anything);
    } else if (char === '?') parts.push(anyChar);
    else if (char === '[') {
      const end = at < lastEnd ? closingBracket(chars, at) : -1;
      if (end < 0) parts.push(literal('[', fold));
      else {
        parts.push(fnmatchClass(chars.slice(at + 1, end), fold));
        at = end;
      }
    } else parts.push(literal(char, fold));
  }
  return { anchored: true, parts };
}

/** The index of the `]` that ends the class opened at `open`. A `]` that comes first belongs to the class. */
function closingBracket(chars: readonly string[], open: number): number {
  let from = open + 1;
  if (chars[from] === '!') from++;
  if (chars[from] === ']') from++;
  return chars.indexOf(']', from);
}

/** In fnmatch `\` is a literal character, and a reversed range matches nothing. */
function fnmatchClass(content: readonly string[], fold: boolean): TextPattern {
  const negated = content[0] === '!';
  const chars = negated ? content.slice(1) : content;
  let inside = '';
  for (let i = 0; i < chars.length; i++) {
    const low = chars[i] ?? '';
    const high = chars[i + 2];
    if (chars[i + 1] === '-' && high !== undefined) {
      if (low <= high) inside += `${classMember(low)}-${classMember(high)}`;
      i += 2;
    } else inside += classMember(low);
  }
  // As in fnmatch, an empty JavaScript class matches nothing, and a negated empty one matches anything.
  return charClass(`[${negated ? '^' : ''}${inside}]`, fold);
}
