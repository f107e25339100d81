/** Which code points may stand at one place. Sets of the same key have the same members. */
export interface CharSet {
  readonly key: string;
  has(codePoint: number): boolean;
}

/** What must stand around a place between two characters, as Go's regular expressions mean it: `\b` knows ASCII words only. */
export type Assertion = 'textStart' | 'textEnd' | 'lineStart' | 'lineEnd' | 'wordEdge' | 'noWordEdge';

/** What a text may look like: a regular expression as data. It holds nothing that takes more than one pass to decide. */
export type TextPattern =
  | { readonly one: CharSet }
  | { readonly all: readonly TextPattern[] }
  | { readonly any: readonly TextPattern[] }
  | { readonly repeated: TextPattern; readonly min: number; readonly max: number }
  | { readonly at: Assertion };

/** What a relative path may look like. */
export interface PathPattern {
  /** Whether `parts` begin at the root; else they may begin behind any `/` as well. */
  readonly anchored: boolean;
  /** One after another, up to the path's end. */
  readonly parts: readonly TextPattern[];
}

/**
 * Why a pattern can't be read; the end of a sentence. Never leaves filterRules.ts, which names the pattern.
 */
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

/** The character itself; `fold` takes its other cases as well. */
export function literal(char: string, fold: boolean): TextPattern {
  const wanted = char.codePointAt(0) ?? 0;
  const key = `${fold ? 'i' : ''}=${char}`;
  if (!fold) return { one: { key, has: (codePoint) => codePoint === wanted } };
  const others = `^${/[\\^$.*+?()[\]{}|/]/.test(char) ? '\\' : ''}${char}$`;
  let expression: RegExp | undefined;
  const has = (codePoint: number) => {
    if (codePoint === wanted) return true;
    // The other cases of an ASCII letter are its own, but for two: the sign of Kelvin and the long s.
    if (codePoint < 0x80 && wanted < 0x80) return lower(codePoint) === lower(wanted);
    expression ??= new RegExp(others, 'iu');
    return expression.test(String.fromCodePoint(codePoint));
  };
  return { one: { key, has } };
}

function lower(codePoint: number): number {
  return codePoint >= 0x41 && codePoint <= 0x5a ? codePoint + 0x20 : codePoint;
}

/** One of the characters of a class as JavaScript spells it, brackets included. Throws SyntaxError when it makes no sense. */
export function charClass(source: string, fold: boolean): TextPattern {
  const expression = new RegExp(`^${source}$`, fold ? 'iu' : 'u');
  return {
    one: {
      key: `${fold ? 'i' : ''}[${source}`,
      has: (codePoint) => expression.test(String.fromCodePoint(codePoint)),
    },
  };
}

/** The set's characters but for `/`. */
export function withoutSlash(pattern: TextPattern): TextPattern {
  if (!('one' in pattern)) return pattern;
  const { key, has } = pattern.one;
  return { one: { key: `${key}/`, has: (codePoint) => codePoint !== slash && has(codePoint) } };
}

/** A member of a class as JavaScript has to spell it. */
export function classMember(char: string): string {
  return /[\\\][^-]/.test(char) ? `\\${char}` : char;
}
