import { posixClasses } from './goRegexp';
import {
  anyChar,
  anything,
  anythingInPart,
  charClass,
  classMember,
  literal,
  noSlash,
  type PathPattern,
  repeated,
  type TextPattern,
  withoutSlash,
} from './pathPattern';

/** A pattern that git gives up on. */
class NeverMatches extends Error {}

/** Everything but what no path is. */
const never: PathPattern = { anchored: true, parts: [{ any: [] }] };

/**
 * A line of a .gitignore, without its `!`, as a pattern of relative paths in which a folder ends in `/` (git's dir.c and wildmatch.c). It is
 * about the path itself only, not about what lies below. `fold` takes all cases of a letter. What git could never match matches nothing.
 * Pure.
 */
export function wildmatch(line: string, fold: boolean): PathPattern {
  const written = trimBlanks(line);
  const folderOnly = written.endsWith('/');
  const pattern = folderOnly ? written.slice(0, -1) : written;
  const anchored = pattern.includes('/');
  const chars = [...(pattern.startsWith('/') ? pattern.slice(1) : pattern)];
  if (chars.length === 0) return never;
  try {
    const parts = new Wildmatch(chars, anchored, fold).read();
    const end: TextPattern = literal('/', false);
    return { anchored, parts: [...parts, folderOnly ? end : repeated(end, 0, 1)] };
  } catch (error) {
    if (error instanceof NeverMatches) return never;
    throw error;
  }
}

/** Blanks at the end don't count, but for one that is escaped. */
function trimBlanks(line: string): string {
  const text = line.replace(/ +$/, '');
  if (text.length === line.length) return text;
  const [escapes] = /\\*$/.exec(text) ?? [''];
  return escapes.length % 2 === 1 ? `${text} ` : text;
}

class Wildmatch {
  private at = 0;
  private readonly chars: readonly string[];
  private readonly ofPath: boolean;
  private readonly fold: boolean;

  constructor(chars: readonly string[], ofPath: boolean, fold: boolean) {
    this.chars = chars;
    this.ofPath = ofPath;
    this.fold = fold;
  }

  read(): readonly TextPattern[] {
    const parts: TextPattern[] = [];
    // git compares what stands before the first special sign by itself, and looks at the rest as if it were a whole pattern.
    const firstSpecial = this.chars.findIndex((char) => /[*?[\\]/.test(char));
    while (this.at < this.chars.length) {
      const char = this.chars[this.at++] ?? '';
      if (char === '*') parts.push(...this.stars(firstSpecial));
      else if (char === '?') parts.push(noSlash);
      else if (char === '[') parts.push(this.characterClass());
      else if (char !== '\\') parts.push(literal(char, this.fold));
      else parts.push(literal(this.escaped(), this.fold));
    }
    return parts;
  }

  private escaped(): string {
    const char = this.chars[this.at++];
    if (char === undefined) throw new NeverMatches();
    return char;
  }

  /** Two or more stars cross slashes where slashes or the ends stand around them; else they are one. */
  private stars(firstSpecial: number): readonly TextPattern[] {
    const { chars } = this;
    const from = this.at - 1;
    while (chars[this.at] === '*') this.at++;
    const before = chars[from - 1];
    const next = chars[this.at];
    const startsPart = from === firstSpecial || before === '/';
    const endsPart = next === undefined || next === '/' || (next === '\\' && chars[this.at + 1] === '/');
    const crosses = this.ofPath && this.at - from >= 2 && startsPart && endsPart;
    // A name at the end is not empty: the slash behind a folder is no part of it.
    const some = next === undefined && (before === undefined || before === '/');
    if (!crosses) return some ? [noSlash, anythingInPart] : [anythingInPart];
    if (next === undefined) return some ? [anyChar, anything] : [anything];
    if (next !== '/') return [anything];
    this.at++;
    return [repeated({ all: [anything, literal('/', false)] }, 0, 1)];
  }

  private characterClass(): TextPattern {
    const { chars } = this;
    let first = chars[this.at];
    const negated = first === '!' || first === '^';
    if (negated) first = chars[++this.at];
    let members = '';
    // What a "-" may start a range from.
    let low = '';
    do {
      const char = chars[this.at];
      if (char === undefined) throw new NeverMatches();
      const next = chars[this.at + 1];
      this.at++;
      if (char === '\\') {
        low = this.escaped();
        members += classMember(low);
      } else if (char === '-' && low !== '' && next !== undefined && next !== ']') {
        this.at++;
        const high = next === '\\' ? this.escaped() : next;
        if (low <= high) members += `${classMember(low)}-${classMember(high)}`;
        low = '';
      } else if (char === '[' && next === ':') {
        const end = chars.indexOf(']', this.at + 1);
        if (end < 0) throw new NeverMatches();
        if (end - 1 > this.at && chars[end - 1] === ':') {
          const named = gitClasses[chars.slice(this.at + 1, end - 1).join('')];
          if (named === undefined) throw new NeverMatches();
          members += named;
          low = '';
          this.at = end + 1;
        } else {
          low = '[';
          members += '\\[';
        }
      } else {
        low = char;
        members += classMember(char);
      }
    } while (chars[this.at] !== ']');
    this.at++;
    return withoutSlash(charClass(`[${negated ? '^' : ''}${members}]`, this.fold));
  }
}

/** git's own: blanks are fewer, words are none. */
const gitClasses: Readonly<Record<string, string | undefined>> = {
  ...posixClasses,
  space: '\\t\\n\\r ',
  ascii: undefined,
  word: undefined,
};
