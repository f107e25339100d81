import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createFilter, type Filter } from '../../../../src/plan/filter/filter';
import { defaultPlanOptions, type FilterDialect } from '../../../../src/plan/model/planOptions';
import { random } from '../../../support/random';
import { ofKind } from '../../../support/remoteErrors';
import { filterRule, pattern } from './filterPatterns';

function filter(dialect: FilterDialect, ...rules: readonly string[]): Filter {
  return createFilter({ filters: rules.map(filterRule), filterDialect: dialect, useDefaultExcludes: false });
}

const all = 'a.txt b.log d/a.txt d/b.log d/sub/x d/sub/y/z.txt sub/x sub/y/z.txt sub/a e';

/** The paths that take part. */
function kept(dialect: 'rclone' | 'aws', ...rules: readonly string[]): string {
  const one = filter(dialect, ...rules);
  const paths = all.split(' ');
  return paths.filter((path) => one.includes(path)).join(' ');
}

// The real tools agree with each row of both tables, except A16, which is our own reading (H3).
const rcloneCases: readonly (readonly [string, readonly string[], string])[] = [
  ['R16: without a match a file is included', ['- nothing'], all],
  ['R16: the first match wins', ['+ a.txt', '- *.txt', '- sub/**'], 'a.txt b.log d/a.txt d/b.log e'],
  ['R16: a later rule has no effect', ['- *.txt', '+ a.txt'], 'b.log d/b.log d/sub/x sub/x sub/a e'],
  ['R16: includes alone exclude everything else', ['+ *.txt'], 'a.txt d/a.txt d/sub/y/z.txt sub/y/z.txt'],
  ['R17: a star stops at a slash', ['- /d/*'], 'a.txt b.log d/sub/x d/sub/y/z.txt sub/x sub/y/z.txt sub/a e'],
  ['R17: two stars cross slashes', ['- /d/**'], 'a.txt b.log sub/x sub/y/z.txt sub/a e'],
  [
    'R17: a question mark is one character but no slash',
    ['- sub?x', '- ?'],
    'a.txt b.log d/a.txt d/b.log d/sub/y/z.txt sub/y/z.txt',
  ],
  ['R17: braces list alternatives', ['- *.{txt,log}'], 'd/sub/x sub/x sub/a e'],
  ['R17: brackets list characters', ['- [ab].*'], 'd/sub/x d/sub/y/z.txt sub/x sub/y/z.txt sub/a e'],
  ['R17: a caret negates them', ['- [^ab].txt'], 'a.txt b.log d/a.txt d/b.log d/sub/x sub/x sub/a e'],
  [
    'R17: double braces hold a regular expression',
    ['- {{[a-b]\\..+}}'],
    'd/sub/x d/sub/y/z.txt sub/x sub/y/z.txt sub/a e',
  ],
  [
    'R17: a leading slash anchors at the root',
    ['- /a.txt', '- /sub/x'],
    'b.log d/a.txt d/b.log d/sub/x d/sub/y/z.txt sub/y/z.txt sub/a e',
  ],
  [
    'R17: otherwise the end of the path matches',
    ['- sub/x'],
    'a.txt b.log d/a.txt d/b.log d/sub/y/z.txt sub/y/z.txt sub/a e',
  ],
  ['R17: a trailing slash excludes a folder with all below', ['- sub/'], 'a.txt b.log d/a.txt d/b.log e'],
  ['R18: an include matches only in the folders that it names', ['+ sub/**'], 'sub/x sub/y/z.txt sub/a'],
  ['R18: including a folder keeps no file', ['+ d/'], ''],
  ['R18: a file needs every folder above it', ['- /d/', '+ **'], 'a.txt b.log sub/x sub/y/z.txt sub/a e'],
];

for (const [sentence, rules, expected] of rcloneCases)
  test(sentence, () => assert.equal(kept('rclone', ...rules), expected));

test('H3: in the rclone dialect "./" anchors at the root as "/" does', () => {
  assert.equal(kept('rclone', '- ./a.txt'), kept('rclone', '- /a.txt'));
});

test('R17: a backslash escapes the next character', () => {
  const brackets = filter('rclone', '- \\[a\\]', '- b\\*');
  const kept = ['[a]', 'a', 'b*', 'bc'].filter((path) => brackets.includes(path));
  assert.deepEqual(kept, ['a', 'bc']);
});

test('special characters of regular expressions are literal in both dialects', () => {
  for (const name of ['a+b', '(x)', '$', '^', 'a|b', 'x.y'])
    for (const dialect of ['rclone', 'aws'] as const) {
      assert.equal(filter(dialect, `- ${name}`).includes(name), false, `${dialect} ${name}`);
      assert.equal(filter(dialect, `- ${name}`).includes(`${name}${name}x`), true, `${dialect} ${name}`);
    }
});

test('a pattern treats characters beyond the first plane and line ends like any other', () => {
  assert.equal(filter('rclone', '- ?.txt').includes('😀.txt'), false);
  assert.equal(filter('rclone', '- [😀].txt').includes('😀.txt'), false);
  assert.equal(filter('aws', '- ?.txt').includes('😀.txt'), false);
  for (const dialect of ['rclone', 'aws'] as const)
    assert.equal(filter(dialect, '- d/**').includes('d/a\nb'), false);
});

const awsCases: readonly (readonly [string, readonly string[], string])[] = [
  ['A14: without a match a file is included', ['- nothing'], all],
  ['A14: the last match wins', ['- *', '+ *.txt'], 'a.txt d/a.txt d/sub/y/z.txt sub/y/z.txt'],
  ['A14: so an exclude of everything at the end excludes everything', ['+ *.txt', '- *'], ''],
  ['A14: includes alone change nothing', ['+ *.txt'], all],
  [
    'A15: a star crosses slashes',
    ['- *.log'],
    'a.txt d/a.txt d/sub/x d/sub/y/z.txt sub/x sub/y/z.txt sub/a e',
  ],
  [
    'A15: a question mark matches a slash too',
    ['- sub?x'],
    'a.txt b.log d/a.txt d/b.log d/sub/x d/sub/y/z.txt sub/y/z.txt sub/a e',
  ],
  ['A15: a folder needs its star', ['- d', '- sub/'], all],
  [
    'A15: a pattern matches the whole path',
    ['- a.txt', '- x'],
    'b.log d/a.txt d/b.log d/sub/x d/sub/y/z.txt sub/x sub/y/z.txt sub/a e',
  ],
  ['A15: brackets list characters, "!" negates', ['- [!ab]*'], 'a.txt b.log'],
  ['A16: a leading slash or "./" is the root', ['- /d/*', '- ./sub/*'], 'a.txt b.log e'],
];

for (const [sentence, rules, expected] of awsCases)
  test(sentence, () => assert.equal(kept('aws', ...rules), expected));

test('A15: braces, backslashes and "[" without "]" are literal in the aws dialect', () => {
  assert.equal(filter('aws', '- {a,b}').includes('a'), true);
  assert.equal(filter('aws', '- {a,b}').includes('{a,b}'), false);
  assert.equal(filter('aws', '- a\\*').includes('a\\b'), false);
  assert.equal(filter('aws', '- [a').includes('[a'), false);
  assert.equal(filter('aws', '- [*]').includes('*'), false);
  assert.equal(filter('aws', '- [*]').includes('a'), true);
  assert.equal(filter('aws', '- []]').includes(']'), false);
});

test('an invalid pattern is named', () => {
  const bad: readonly (readonly ['rclone' | 'aws', string, RegExp])[] = [
    ['rclone', '{a', /"\{a" has "\{" without "\}"/],
    ['rclone', 'a}', /"a\}" has "\}" without "\{"/],
    ['rclone', '[a', /"\[a" has "\[" without "\]"/],
    ['rclone', 'a]', /"a\]" has "\]" without "\["/],
    ['rclone', 'a***', /"a\*\*\*" has more than two/],
    ['rclone', '{{a(}}', /"\{\{a\(\}\}" makes no sense/],
    ['rclone', '{{a', /"\{\{a" has "\{\{" without "\}\}"/],
    ['rclone', '[z-a]', /"\[z-a\]" makes no sense/],
    ['rclone', 'a\\', /nothing to escape/],
    ['aws', '/', /"\/" names nothing/],
  ];
  for (const [dialect, pattern, message] of bad)
    assert.throws(() => filter(dialect, `- ${pattern}`), ofKind('badSettings', message), pattern);
});

test('the usual excludes come first and do not change the meaning of the rules', () => {
  const filters = [{ include: '*.txt' }, { include: '/.git/**' }];
  const usual = createFilter({ ...defaultPlanOptions, filters });
  assert.equal(usual.includes('a.txt'), true);
  for (const path of ['b.log', '.git/config', 'sub/.git/config', '.vscode/settings.json'])
    assert.equal(usual.includes(path), false, path);
  assert.equal(usual.maySkipFolder('.git'), true);
  assert.equal(usual.maySkipFolder('sub/.git/objects'), true);
});

test('H4: names that are the same to one side are excluded together', () => {
  const filters = [{ exclude: 'R\u00e9sum\u00e9/**' }];
  const names = { caseSensitive: false, foldsUnicode: true };
  const folding = createFilter({ ...defaultPlanOptions, filters }, names);
  for (const spelling of ['R\u00e9sum\u00e9/x', 'Re\u0301sume\u0301/x', 'r\u00c9SUME\u0301/x'])
    assert.equal(folding.includes(spelling), false, spelling);
  assert.equal(filter('rclone', '- README').includes('readme'), true);
});

test('a folder that may be skipped holds no included file', () => {
  const seen = { skipped: 0, included: 0 };
  for (let seed = 1; seed <= 3000; seed++) {
    const r = random(seed);
    const dialect = r.pick(['rclone', 'aws', 'gitignore'] as const);
    const rules = Array.from(
      { length: 1 + r.whole(3) },
      () => `${r.pick(['+', '-'])} ${pattern(r, dialect)}`,
    );
    const one = filter(dialect, ...rules);
    // A second filter, because earlier calls must not change a result.
    const other = filter(dialect, ...rules);
    const part = () => r.pick(['a', 'b', 'ab', 'a.txt', 'sub', 'x y', 'é']);
    for (let i = 0; i < 20; i++) {
      const parts = Array.from({ length: 1 + r.whole(4) }, part);
      const path = parts.join('/');
      const included = one.includes(path);
      if (included) seen.included++;
      for (let n = 1; n < parts.length; n++) {
        const folder = parts.slice(0, n).join('/');
        if (!other.maySkipFolder(folder)) continue;
        seen.skipped++;
        assert.equal(included, false, `seed ${seed}: ${rules.join(', ')} skips ${folder} but keeps ${path}`);
      }
    }
  }
  assert.ok(seen.skipped > 1000 && seen.included > 1000, JSON.stringify(seen));
});
