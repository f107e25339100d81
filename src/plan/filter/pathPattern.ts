/** The code points allowed at one position. Sets with the same key have the same members. */
export interface CharSet {
  readonly key: string;
  has(codePoint: number): boolean;
}

/** A condition on a position between two characters, as in Go's regular expressions: `\b` knows only ASCII words. */
export type Assertion = 'textStart' | 'textEnd' | 'lineStart' | 'lineEnd' | 'wordEdge' | 'noWordEdge';

/** A regular expression as data, without constructs that need more than one pass. */
export type TextPattern =
  | { readonly one: CharSet }
  | { readonly all: readonly TextPattern[] }
  | { readonly any: readonly TextPattern[] }
  | { readonly repeated: TextPattern; readonly min: number; readonly max: number }
  | { readonly at: Assertion };

/** A pattern of full relative paths. */
export interface PathPattern {
  /** Whether `parts` start at the root; else they may also start after any `/`. */
  readonly anchored: boolean;
  /** In sequence, up to the end of the path. */
  readonly parts: readonly TextPattern[];
}

/** Why a pattern is invalid, as the end of a sentence. Caught in filterRules.ts, which adds the pattern. */
export class PatternProblem extends Error {}

const slash = 0x2f;

export const anyChar: TextPattern = { one: { key: 'any', has: () => true } };
export const noSlash: TextPattern = { one: { key: 'no/', has: (codePoint) => codePoint !== slash } };
/** Any text, with or without slashes. */
export const anything: TextPattern = repeated(anyChar, 0);
/** Any text within one part of a path. */
export const anythingInPart: TextPattern = repeated(noSlash, 0);

export function repeated(pattern: TextPattern, min: number, max = Number.POSITIVE_INFINITY): TextPattern {
  return { repeated: pattern, min, max };
}

/** The character itself; with `fold` also its other cases. */
export function literal(char: string, fold: boolean): TextPattern {
  const expected = char.codePointAt(0) ?? 0;
  const key = `${fold ? 'i' : ''}=${char}`;
  if (!fold) return { one: { key, has: (codePoint) => codePoint === expected } };
  let expression: RegExp | undefined;
  const has = (codePoint: number) => {
    if (codePoint === expected) return true;
    // Only the Kelvin sign and the long s fold to an ASCII letter from outside of ASCII.
    if (codePoint < 0x80 && expected < 0x80) return lower(codePoint) === lower(expected);
    expression ??= new RegExp(`^[${classMember(char)}]$`, 'iu');
    return expression.test(String.fromCodePoint(codePoint));
  };
  return { one: { key, has } };
}

function lower(codePoint: number): number {
  return codePoint >= 0x41 && codePoint <= 0x5a ? codePoint + 0x20 : codePoint;
}

/** One character of a class in JavaScript's syntax, with brackets. Throws SyntaxError for an invalid class. */
export function charClass(source: string, fold: boolean): TextPattern {
  const expression = new RegExp(`^${source}$`, fold ? 'iu' : 'u');
  const has = (codePoint: number) => expression.test(String.fromCodePoint(codePoint));
  return { one: { key: `${fold ? 'i' : ''}[${source}`, has } };
}

/** The set without `/`. */
export function withoutSlash(pattern: TextPattern): TextPattern {
  if (!('one' in pattern)) return pattern;
  const { key, has } = pattern.one;
  return { one: { key: `${key}/`, has: (codePoint) => codePoint !== slash && has(codePoint) } };
}

/** The character escaped as a member of a JavaScript class. */
export function classMember(char: string): string {
  return /[\\\][^-]/.test(char) ? `\\${char}` : char;
}
