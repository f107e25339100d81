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

/** A pattern that never matches in git. */
class NeverMatches extends Error {}

const never: PathPattern = { anchored: true, parts: [{ any: [] }] };

/**
 * A line of a .gitignore, without its `!`, as a pattern of relative paths in which a folder ends in `/` (git's dir.c and wildmatch.c). It
 * matches the path itself, not the paths below it. `fold` ignores case.
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

/** Removes trailing blanks, except an escaped one. */
function trimBlanks(line: string): string {
  const text = line.replace(/ +$/, '');
  if (text.length === line.length) return text;
  const [escapes] = /\\*$/.exec(text) ?? [''];
  return escapes.length % 2 === 1 ? `${text} ` : text;
}

class Wildmatch {
  private at = 0;

  constructor(
    private readonly chars: readonly string[],
    private readonly ofPath: boolean,
    private readonly fold: boolean,
  ) {}

  read(): readonly TextPattern[] {
    const parts: TextPattern[] = [];
    // git compares the text before the first special character literally, and the rest as a separate pattern.
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

  /** Two or more stars cross slashes where they fill a whole part of the path; otherwise they count as one star. */
  private stars(firstSpecial: number): readonly TextPattern[] {
    const { chars } = this;
    const from = this.at - 1;
    while (chars[this.at] === '*') this.at++;
    const before = chars[from - 1];
    const next = chars[this.at];
    const startsPart = from === firstSpecial || before === '/';
    const endsPart = next === undefined || next === '/' || (next === '\\' && chars[this.at + 1] === '/');
    const crosses = this.ofPath && this.at - from >= 2 && startsPart && endsPart;
    // The last name is not empty: the slash after a folder is not part of it.
    const needsOne = next === undefined && (before === undefined || before === '/');
    if (!crosses) return needsOne ? [noSlash, anythingInPart] : [anythingInPart];
    if (next === undefined) return needsOne ? [anyChar, anything] : [anything];
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
    // The character before a "-" starts a range.
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

/** git's `space` has fewer characters, and git has no `ascii` and no `word`. */
const gitClasses: Readonly<Record<string, string | undefined>> = {
  ...posixClasses,
  space: '\\t\\n\\r ',
  ascii: undefined,
  word: undefined,
};
