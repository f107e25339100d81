import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createFilter, type FilterOptions } from '../../../../src/plan/filter/filter';
import { explainFilter, explanationText } from '../../../../src/plan/filter/filterExplanation';
import { IgnoreFileRules } from '../../../../src/plan/filter/ignoreFileRules';
import { createLimits } from '../../../../src/plan/filter/limits';
import type { FilterDialect, FilterRule } from '../../../../src/plan/model/planOptions';
import { parsePath } from '../../../../src/remote/remotePath';
import { type Random, random } from '../../../support/random';

const asWritten = { caseSensitive: true, foldsUnicode: false };
const dialects = ['rclone', 'aws', 'gitignore'] as const;

function options(dialect: FilterDialect, ...rules: readonly string[]): FilterOptions {
  const filters = rules.map(
    (text): FilterRule => (text.startsWith('+') ? { include: text.slice(2) } : { exclude: text.slice(2) }),
  );
  return { filters, filterDialect: dialect, useDefaultExcludes: true };
}

function sentence(given: FilterOptions, path: string, ignoreFiles?: IgnoreFileRules): string {
  return explanationText(path, explainFilter(given, ignoreFiles, path, asWritten));
}

test('the deciding rule is shown in the syntax of its dialect (A14, R16)', () => {
  const rclone = options('rclone', '+ keep.txt', '- *.txt');
  assert.equal(sentence(rclone, 'a.txt'), '"a.txt" is left out by the rule "- *.txt" of the filters.');
  assert.equal(
    sentence(rclone, 'keep.txt'),
    '"keep.txt" takes part: the rule "+ keep.txt" of the filters includes it.',
  );
  assert.equal(sentence(rclone, 'b'), '"b" takes part: no rule matches it.');
  const aws = options('aws', '- *', '+ *.txt', '- b*');
  assert.equal(sentence(aws, 'b.txt'), '"b.txt" is left out by the rule "--exclude b*" of the filters.');
  assert.equal(
    sentence(aws, 'a.txt'),
    '"a.txt" takes part: the rule "--include *.txt" of the filters includes it.',
  );
  const git = options('gitignore', '- *.txt', '+ keep.txt');
  assert.equal(
    sentence(git, 'keep.txt'),
    '"keep.txt" takes part: the rule "!keep.txt" of the filters includes it.',
  );
});

test('of several equal rules the matching one is shown', () => {
  const rules = options('rclone', '- *.a', '- *.b', '- *.c');
  assert.equal(sentence(rules, 'x.b'), '"x.b" is left out by the rule "- *.b" of the filters.');
});

test('an excluded folder is shown as the reason (R18)', () => {
  assert.equal(
    sentence(options('rclone', '- build/'), 'web/build/deep/x'),
    '"web/build/deep/x" is left out: the rule "- build/" of the filters leaves out the folder "web/build".',
  );
  assert.equal(
    sentence(options('gitignore', '- build/', '+ keep'), 'build/keep'),
    '"build/keep" is left out: the rule "build/" of the filters leaves out the folder "build".',
  );
});

test('includes alone are shown to exclude everything else (R16)', () => {
  const rules = options('rclone', '+ *.txt');
  assert.equal(
    sentence(rules, 'a.log'),
    '"a.log" is left out: the filters only include, and none includes it.',
  );
  assert.equal(
    sentence(options('rclone', '+ sub/**'), 'd/sub/x'),
    '"d/sub/x" is left out: the filters only include, and none includes anything in the folder "d".',
  );
});

test('the usual excludes and ignore files are named', () => {
  assert.equal(
    sentence(options('rclone'), '.DS_Store'),
    '".DS_Store" is left out by the rule "- .DS_Store" of the usual excludes.',
  );
  const ignored = new IgnoreFileRules(asWritten);
  ignored.add(parsePath('sub/.gitignore'), 'node_modules/\n*.tmp\n!keep.tmp');
  assert.equal(
    sentence(options('rclone'), 'sub/a.tmp', ignored),
    '"sub/a.tmp" is left out by the rule "*.tmp" of the ignore file "sub/.gitignore".',
  );
  assert.equal(
    sentence(options('rclone'), 'sub/web/node_modules/x', ignored),
    '"sub/web/node_modules/x" is left out: the rule "node_modules/" of the ignore file "sub/.gitignore" leaves out the folder "sub/web/node_modules".',
  );
  assert.equal(
    sentence(options('rclone'), 'sub/keep.tmp', ignored),
    '"sub/keep.tmp" takes part: the rule "!keep.tmp" of the ignore file "sub/.gitignore" includes it.',
  );
});

test('a size or time outside of the limits is shown where the name is included', () => {
  const limits = createLimits({ minSize: '10K', minAge: '2d' }, Date.UTC(2026, 0, 3));
  const ask = (path: string, facts: { size?: number; modified?: { s: number; ns: number } }) =>
    explanationText(
      path,
      explainFilter(options('rclone', '- *.log'), undefined, path, asWritten, { limits, ...facts }),
    );
  assert.equal(ask('a', { size: 10239 }), '"a" is left out: it is smaller than 10K.');
  assert.equal(ask('a', { size: 10240 }), '"a" takes part: no rule matches it.');
  assert.equal(
    ask('a', { size: 10240, modified: { s: Date.UTC(2026, 0, 2) / 1000, ns: 0 } }),
    '"a" is left out: it was modified less than 2d ago.',
  );
  assert.equal(ask('a.log', { size: 1 }), '"a.log" is left out by the rule "- *.log" of the filters.');
});

test('the explanation agrees with the filter on any rules of any dialect', () => {
  const seen = { rclone: 0, aws: 0, gitignore: 0, out: 0, byFolder: 0, byIgnoreFile: 0, included: 0 };
  for (let seed = 1; seed <= 3000; seed++) {
    const r = random(seed);
    const dialect = r.pick(dialects);
    const given: FilterOptions = {
      ...options(
        dialect,
        ...Array.from({ length: r.whole(6) }, () => `${r.pick('+-'.split(''))} ${pattern(r, dialect)}`),
      ),
      useDefaultExcludes: r.chance(0.5),
    };
    const names = r.pick([asWritten, { caseSensitive: false, foldsUnicode: true }]);
    const ignored = r.chance(0.4) ? new IgnoreFileRules(names) : undefined;
    for (const folder of ['', 'a/', 'sub/'])
      if (r.chance(0.5)) {
        const lines = [pattern(r, 'gitignore'), `!${pattern(r, 'gitignore')}`, pattern(r, 'gitignore')];
        ignored?.add(parsePath(`${folder}.gitignore`), lines.join('\n'));
      }
    const filter = createFilter(given, names, ignored);
    for (let i = 0; i < 12; i++) {
      const parts = Array.from({ length: 1 + r.whole(4) }, () =>
        r.pick(['a', 'b', 'A', 'ab', 'a.txt', 'sub', '.git', 'x y', 'é', 'e\u0301']),
      );
      const path = parts.join('/');
      const { included, by } = explainFilter(given, ignored, path, names);
      const told = `seed ${seed}: ${JSON.stringify(given)} and ${path}: ${JSON.stringify(by)}`;
      assert.equal(included, filter.includes(path), told);
      if (!included) assert.ok(by, told);
      if (by?.folder !== undefined) {
        assert.ok(filter.maySkipFolder(by.folder), told);
        assert.ok(
          path.normalize('NFC').startsWith(`${by.folder}/`) || path.startsWith(`${by.folder}/`),
          told,
        );
      }
      seen[dialect]++;
      if (!included) seen.out++;
      if (by?.folder !== undefined) seen.byFolder++;
      if (by?.set === 'ignoreFile') seen.byIgnoreFile++;
      if (by && included) seen.included++;
    }
  }
  assert.ok(Math.min(...Object.values(seen)) > 1000, JSON.stringify(seen));
});

function pattern(r: Random, dialect: FilterDialect): string {
  const atoms = ['*', '?', 'a', 'b', '/', 'sub', 'ab', '[a-b]', '.txt', 'é'];
  const more = {
    rclone: ['/**', '{a,sub}', '[^a]', '{{a|b}}', '{{\\b(a){2}}}'],
    aws: ['[!a]', '/*'],
    gitignore: ['**', '/**', '[!a]'],
  };
  const text = Array.from({ length: 1 + r.whole(4) }, () => r.pick([...atoms, ...more[dialect]])).join('');
  const safe = text.replace(/\*{3,}/g, '**').replace(/^[./*]+$/, 'a');
  return dialect !== 'aws' && r.chance(0.2) ? `${safe}/` : safe;
}
