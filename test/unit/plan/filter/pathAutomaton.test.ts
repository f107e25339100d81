import assert from 'node:assert/strict';
import { test } from 'node:test';
import { awsRules, RuleDecider, rcloneRules } from '../../../../src/plan/filter/filterRules';
import { gitignoreRules } from '../../../../src/plan/filter/gitignoreRules';
import { fnmatchGlob, rcloneGlob } from '../../../../src/plan/filter/glob';
import { goRegexp } from '../../../../src/plan/filter/goRegexp';
import { PathAutomaton } from '../../../../src/plan/filter/pathAutomaton';
import { type PathPattern, PatternProblem } from '../../../../src/plan/filter/pathPattern';
import type { FilterDialect } from '../../../../src/plan/model/planOptions';
import { type Random, random } from '../../../support/random';
import { ofKind } from '../../../support/remoteErrors';
import { fnmatchSource, rcloneGlobSource } from './referenceGlobs';

const asWritten = { caseSensitive: true, foldsUnicode: false };

function automaton(pattern: PathPattern): PathAutomaton {
  return new PathAutomaton([{ pattern, number: 0 }]);
}

const signs = [...'a b A ab / / . - x é É ß K \u212a 😀 \ud800 1 _'.split(' '), ' ', '\n'];

function somePath(r: Random): string {
  return Array.from({ length: r.whole(9) }, () => r.pick(signs)).join('');
}

/** Paths that are near to matching: the pattern's own text, changed a little. */
function nearPath(r: Random, glob: string): string {
  const path = glob
    .replace(/\{\{|\}\}|[{}]/g, '')
    .replace(/\*+/g, () => r.pick(['', 'a', 'b/a', 'ab', '/']))
    .replace(/\?/g, () => r.pick(['a', '/', '😀', '']))
    .replace(/\[[^\]]*\]/g, () => r.pick(['a', 'b', '/', 'é']))
    .replace(/^\//, '');
  return r.chance(0.3) ? `${somePath(r)}/${path}` : r.chance(0.2) ? path.toUpperCase() : path;
}

const globAtoms = {
  rclone: [
    ...'* * ** ? a b ab / . - {a,b} {a*,/b,} {a,{b,ab}}x [ab] [^a] [a-c/] \\* \\a é 😀 [é😀] K ß'.split(' '),
    ...'[[:alpha:]] [\\d] , {{a+}} {{[a-b]+|x}} {{a{1,2}}} ( + $ |'.split(' '),
  ],
  aws: [
    ...'* * ? a b ab / . - [ab] [!a] [a-c] [c-a] [!c-a] []] [!]a] [ ] \\ {a,b} é 😀 [é😀] K'.split(' '),
    ...'+ ( | ^ $ [*] [^a] [-a] [a-]'.split(' '),
  ],
};

for (const dialect of ['rclone', 'aws'] as const)
  test(`the ${dialect} dialect matches what its regular expression matches, whatever the pattern, the path and the case`, () => {
    const seen = { matched: 0, not: 0, folded: 0, refused: 0 };
    const sourceOf = dialect === 'rclone' ? rcloneGlobSource : fnmatchSource;
    const read = dialect === 'rclone' ? rcloneGlob : fnmatchGlob;
    for (let seed = 1; seed <= 4000; seed++) {
      const r = random(seed);
      const glob = Array.from({ length: 1 + r.whole(5) }, () => r.pick(globAtoms[dialect])).join('');
      const fold = r.chance(0.3);
      let expected: RegExp;
      try {
        expected = new RegExp(sourceOf(glob), fold ? 'iu' : 'u');
      } catch (error) {
        const sameClass = Object.getPrototypeOf(error).constructor;
        assert.throws(() => read(glob, fold), sameClass, `seed ${seed}: ${glob}`);
        seen.refused++;
        continue;
      }
      const ours = automaton(read(glob, fold));
      for (let i = 0; i < 12; i++) {
        const path = r.chance(0.5) ? somePath(r) : nearPath(r, glob);
        const matches = expected.test(path);
        assert.equal(ours.test(path), matches, `seed ${seed}: ${JSON.stringify([glob, path])}`);
        seen[matches ? 'matched' : 'not']++;
        if (matches && fold) seen.folded++;
      }
    }
    assert.ok(seen.matched > 2000 && seen.not > 2000 && seen.folded > 500, JSON.stringify(seen));
  });

test('regular expressions of rclone match what those of JavaScript do, where both mean the same', () => {
  const atoms = 'a b x / . [ab] [^a] [^/] (a|b) (?:ab|) \\. \\d \\w é 😀 ^ $ \\b \\B \\x61 (?<n>a)'.split(
    ' ',
  );
  const counts = ['', '', '', '*', '+', '?', '{2}', '{1,}', '{0,2}', '*?', '+?', '??'];
  const seen = { matched: 0, not: 0 };
  for (let seed = 1; seed <= 4000; seed++) {
    const r = random(seed);
    const piece = () => {
      const atom = r.pick(atoms);
      return /^(?:[\^$]|\\[bB])$/.test(atom) ? atom : `${atom}${r.pick(counts)}`;
    };
    const pieces = Array.from({ length: 1 + r.whole(5) }, piece);
    let text = r.chance(0.3) ? `(${pieces.join('')})${r.pick(counts)}` : pieces.join('');
    if (r.chance(0.2)) text = `${text}|${piece()}`;
    if ((text.match(/\?<n>/g) ?? []).length > 1) continue;
    const fold = r.chance(0.2) && !/[bBwK]/.test(text.replace(/[^\\]b/g, ''));
    // "." of Go takes all but "\n".
    const expected = new RegExp(`^(?:${text.replace(/(?<!\\)\./g, '[^\\n]')})$`, fold ? 'iu' : 'u');
    const ours = automaton({ anchored: true, parts: [goRegexp(text, fold)] });
    for (let i = 0; i < 12; i++) {
      const path = Array.from({ length: r.whole(6) }, () =>
        r.pick(['a', 'b', 'x', '/', '.', '1', 'é', '😀', '\n']),
      ).join('');
      const matches = expected.test(path);
      assert.equal(ours.test(path), matches, `seed ${seed}: ${text} and ${JSON.stringify(path)}`);
      seen[matches ? 'matched' : 'not']++;
    }
  }
  assert.ok(Math.min(...Object.values(seen)) > 2000, JSON.stringify(seen));
});

// What the two languages do not share, as Go's documentation of RE2 has it.
const goOnly: readonly (readonly [regexp: string, matches: readonly string[], not: readonly string[]])[] = [
  ['(?i)readme', ['README', 'ReadMe'], ['readmes']],
  ['a(?i)b', ['aB', 'ab'], ['AB']],
  ['(?i:a)b', ['Ab'], ['AB']],
  ['(?i)a(?-i)b', ['Ab'], ['aB']],
  ['(?s)a.b', ['a\nb'], ['ab']],
  ['a.b', ['a\rb', 'a/b'], ['a\nb']],
  ['(?m)a$\\n^b', ['a\nb'], ['ab']],
  ['\\Qa.b*\\E+', ['a.b*', 'a.b**'], ['axb']],
  ['\\Qa.b', ['a.b'], ['axb']],
  ['\\A\\pL+\\z', ['aé'], ['a1']],
  ['\\p{Greek}\\P{Latin}', ['αβ', 'α1'], ['αa']],
  ['[[:^alpha:]\\pN]', ['1', '-', 'é'], ['a']],
  ['[]a]+', [']a]'], ['b']],
  ['[^]a]', ['b'], [']', 'a']],
  ['[a\\-z]', ['-', 'z'], ['b']],
  ['\\x{1F600}\\101', ['😀A'], ['😀a']],
  ['(?P<year>\\d{4})-.*', ['2024-x'], ['24-x']],
  ['a{,2}', ['a{,2}'], ['aa']],
  ['x{2}y|z', ['xxy', 'z'], ['xy']],
  ['\\W\\S\\D', ['-aé'], ['aaa']],
  ['\\S', ['\v', 'é'], [' ', '\t']],
  ['', [''], ['a']],
  ['()', [''], ['a']],
  ['(a|)*b', ['b', 'aab'], ['c']],
];

for (const [regexp, matches, not] of goOnly)
  test(`the regular expression ${regexp === '' ? 'of nothing' : regexp} means what rclone takes it for`, () => {
    const ours = automaton({ anchored: true, parts: [goRegexp(regexp, false)] });
    for (const text of matches) assert.equal(ours.test(text), true, JSON.stringify(text));
    for (const text of not) assert.equal(ours.test(text), false, JSON.stringify(text));
  });

test('a regular expression that rclone rejects, or that would grow without bound, is rejected by name', () => {
  const bad = [
    ...'(a)\\1 a(?=b) (?<!a)b a** *a (a a) [a [b-a] \\ \\pX [[:foo:]] a{2,1} a{1001} \\y (?z)a'.split(' '),
    '\\x{110000}',
    '((a{100}){100}){100}',
    `${'('.repeat(1500)}a${')'.repeat(1500)}`,
  ];
  const named = ofKind('badSettings', /"\{\{.*(?:makes no sense|is too large|nests too deeply|without)/s);
  for (const regexp of bad)
    assert.throws(() => rcloneRules([{ exclude: `{{${regexp}}}` }], asWritten), named, regexp);
  assert.throws(() => rcloneGlob(`${'{a,'.repeat(1500)}b${'}'.repeat(1500)}`, false), PatternProblem);
});

/** The rules of one dialect, and paths that are hard for what tries one way after another. */
type Hard = readonly [name: string, dialect: FilterDialect, path: string, ...patterns: readonly string[]];

const letters = 'a'.repeat(1000);
const pairs = 'ab'.repeat(500);
const folders = 'a/'.repeat(500);

const hard: readonly Hard[] = [
  ...(['rclone', 'aws', 'gitignore'] as const).flatMap((dialect): Hard[] => [
    ['stars between dashes', dialect, '-'.repeat(1000), '*-*-*-*.log'],
    ['stars between letters', dialect, letters, '*a*a*a*a*b'],
    ['twenty stars', dialect, letters, `${'*a'.repeat(20)}*b`],
    ['stars and single signs', dialect, letters, '*?*?*?*?*?*?x'],
    ['classes and stars', dialect, pairs, '*[ab]*[ab]*[ab]*[ab]*c'],
    ['stars in many folders', dialect, `${folders}b`, '*/*/*/*/*/*.x'],
    ['characters far from the end', dialect, `${pairs}/`, `*a${'?'.repeat(30)}`],
    [
      'a hundred rules',
      dialect,
      '1a2b'.repeat(250),
      ...Array.from({ length: 100 }, (_, i) => `*${i}*a*b*${i}`),
    ],
    ['paths of slashes', dialect, '/'.repeat(1000), '*a*/*a*/*a*/x'],
  ]),
  ['double stars', 'rclone', letters, '**a**a**a**a**b'],
  ['double stars and slashes', 'rclone', `${folders}c`, '**/**/**/**/b'],
  ['choices of stars', 'rclone', pairs, '{*a,*b,*{c*,a*}}{*a,*b}{*a,*b}{*a,*b}x'],
  ['long rows of choices', 'rclone', pairs, `${'{a,b}'.repeat(200)}c`, `${'{a,ab,}'.repeat(200)}c`],
  ['choices in choices', 'rclone', letters, `${'{a*,'.repeat(200)}b${'}'.repeat(200)}x`],
  ['repeats of repeats', 'rclone', letters, '{{(a+)+b}}', '{{(a*)*b}}', '{{(a|a)*b}}', '{{(.*a){12}b}}'],
  ['regular expressions', 'rclone', letters, '{{.*.*.*.*=.*}}', '{{([a-z]+)+$}}1', '{{(\\w+\\s?)*}}!'],
  ['counted repeats', 'rclone', letters, '{{(a?){300}a{300}b}}'],
  ['double stars of git', 'gitignore', `${folders}c`, '**/a/**/a/**/a/**/a/**/b'],
  ['rows of stars of git', 'gitignore', letters, 'a**a**a**a**a**b', 'x/a**a**a**b'],
];

for (const [name, dialect, path, ...patterns] of hard)
  test(`${name} are decided in one pass (${dialect})`, () => {
    const excludes = patterns.map((exclude) => ({ exclude }));
    const compile = { rclone: rcloneRules, aws: awsRules, gitignore: gitignoreRules }[dialect];
    const decider = new RuleDecider(compile(excludes, asWritten).files);
    const size = patterns.join('').length + 10 * patterns.length + (name === 'counted repeats' ? 1200 : 0);
    for (const _ of ['first', 'again']) {
      const before = decider.work;
      decider.decide(path);
      // Each character is read once, for all steps that the patterns allow.
      assert.ok(decider.work - before <= 8 * path.length * size, `${decider.work - before} steps`);
    }
  });

test('with few kinds of paths, each further path costs its length', () => {
  const excludes = ['*-*-*-*.log', '*a*a*a*a*b', 'node_modules/**'].map((exclude) => ({ exclude }));
  const decider = new RuleDecider(rcloneRules(excludes, asWritten).files);
  const path = (i: number) => `${'-'.repeat(200)}${'a'.repeat(i % 50)}/x-${i}.txt`;
  for (let i = 0; i < 1000; i++) decider.decide(path(i));
  const before = decider.work;
  let length = 0;
  for (let i = 0; i < 1000; i++) {
    decider.decide(path(i));
    length += path(i).length;
  }
  assert.ok(decider.work - before <= 1.1 * length, `${decider.work - before} steps for ${length} characters`);
});

test('the cache is bounded, and dropped entries are computed again', () => {
  const decider = new RuleDecider(
    rcloneRules([{ exclude: `*a${'?'.repeat(24)}` }, { include: '**' }], asWritten).files,
  );
  const r = random(7);
  for (let i = 0; i < 3000; i++) {
    const name = Array.from({ length: 60 }, () => r.pick(['a', 'b'])).join('');
    assert.equal(decider.decide(name), name[name.length - 25] !== 'a', name);
  }
});
