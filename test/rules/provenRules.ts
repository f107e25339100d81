import { readFileSync } from 'node:fs';
import path from 'node:path';
import { globSync } from '../tools/glob.mjs';

/** Which test files name each rule in a title, by the rule's id; files relative to `test`, sorted. */
export type ProvenRules = ReadonlyMap<string, readonly string[]>;

/**
 * Reads the titles of all tests below `root`/test. A rule is named in brackets, `(R5)`, `(A7, H30)`, `(R16–R18)`, or at the beginning
 * of the title, `A33, H35: …`; a scenario is named by the first line of its given.txt.
 */
export function provenRules(root: string): ProvenRules {
  const found = new Map<string, Set<string>>();
  const tests = path.join(root, 'test');
  for (const file of globSync(tests, /\.(test|spec)\.ts$|[/\\]given\.txt$/)) {
    const name = path.relative(tests, file).split(path.sep).join('/');
    if (name.startsWith('rules/')) continue;
    const text = readFileSync(file, 'utf8');
    const titles = name.endsWith('given.txt')
      ? [text.split('\n', 1)[0]?.replace(/^#\s*/, '') ?? '']
      : stringsIn(text);
    for (const title of titles)
      for (const id of rulesNamedIn(title)) {
        const files = found.get(id) ?? new Set();
        found.set(id, files.add(name.replace(/\/given\.txt$/, '')));
      }
  }
  return new Map([...found].map(([id, files]) => [id, [...files].sort()]));
}

const one = '[ARBH]\\d{1,2}';
const list = `${one}(?:\\s*[–-]\\s*${one})?`;
const place = '(?:§[\\d.]+(?: steps? [\\d–-]+)?|table [\\d.]+)';
/** Ids and ranges, maybe beside a section: `R20, A26`, `§2.2 step 7, R8`. */
const ids = `(?:${place}|${list})(?:(?:, | and )(?:${place}|${list}))*`;
const inBrackets = new RegExp(`\\((${ids})\\)`, 'g');
const atStart = new RegExp(`^(${ids}):\\s`);

/** The ids that a title names; of a range all. */
export function rulesNamedIn(title: string): string[] {
  const named: string[] = [];
  const texts = [...title.matchAll(inBrackets)].map(([, text]) => text ?? '');
  const [, start] = atStart.exec(title) ?? [];
  if (start !== undefined) texts.push(start);
  for (const text of texts)
    for (const [, letter = '', from = '', to = from] of text.matchAll(
      /([ARBH])(\d{1,2})(?:\s*[–-]\s*[ARBH](\d{1,2}))?/g,
    ))
      for (let number = Number(from); number <= Number(to); number++) named.push(`${letter}${number}`);
  return named;
}

/** The string literals of a source file, comments left out; a template as it is written. */
function stringsIn(source: string): string[] {
  const strings: string[] = [];
  for (const line of source.split('\n')) {
    if (/^\s*(\/\/|\/?\*)/.test(line)) continue;
    for (const [text] of line.matchAll(/'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|`(?:\\.|[^`\\])*`/g))
      strings.push(text.slice(1, -1));
  }
  return strings;
}
