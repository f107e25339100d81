import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createFilter, type FilterOptions } from '../../../../src/plan/filter/filter';
import {
  explainFilter,
  explanationText,
  type LimitedFacts,
} from '../../../../src/plan/filter/filterExplanation';
import { IgnoreFileRules } from '../../../../src/plan/filter/ignoreFileRules';
import { createLimits } from '../../../../src/plan/filter/limits';
import type { FilterDialect } from '../../../../src/plan/model/planOptions';
import { parsePath } from '../../../../src/remote/remotePath';
import { random } from '../../../support/random';
import { filterRule, pattern } from './filterPatterns';

const asWritten = { caseSensitive: true, foldsUnicode: false };
const dialects = ['rclone', 'aws', 'gitignore'] as const;

function options(dialect: FilterDialect, ...rules: readonly string[]): FilterOptions {
  return { filters: rules.map(filterRule), filterDialect: dialect, useDefaultExcludes: true };
}

/** The sentence about `path`, without its quoted path and its dot. */
function explain(
  given: FilterOptions,
  path: string,
  ignored?: IgnoreFileRules,
  facts?: LimitedFacts,
): string {
  const text = explanationText(path, explainFilter(given, ignored, path, asWritten, facts));
  assert.ok(text.startsWith(`"${path}" `) && text.endsWith('.'), text);
  return text.slice(path.length + 3, -1);
}

test('the deciding rule is shown in the syntax of its dialect (A14, R16)', () => {
  const rclone = options('rclone', '+ keep.txt', '- *.txt');
  assert.equal(explain(rclone, 'a.txt'), 'is left out by the rule "- *.txt" of the filters');
  assert.equal(explain(rclone, 'keep.txt'), 'takes part: the rule "+ keep.txt" of the filters includes it');
  assert.equal(explain(rclone, 'b'), 'takes part: no rule matches it');
  const aws = options('aws', '- *', '+ *.txt', '- b*');
  assert.equal(explain(aws, 'b.txt'), 'is left out by the rule "--exclude b*" of the filters');
  assert.equal(explain(aws, 'a.txt'), 'takes part: the rule "--include *.txt" of the filters includes it');
  const git = options('gitignore', '- *.txt', '+ keep.txt');
  assert.equal(explain(git, 'keep.txt'), 'takes part: the rule "!keep.txt" of the filters includes it');
});

test('of several equal rules the matching one is shown', () => {
  const rules = options('rclone', '- *.a', '- *.b', '- *.c');
  assert.equal(explain(rules, 'x.b'), 'is left out by the rule "- *.b" of the filters');
});

test('an excluded folder is shown as the reason (R18)', () => {
  const [rclone, git] = [options('rclone', '- build/'), options('gitignore', '- build/', '+ keep')];
  const reason = (rule: string, folder: string) =>
    `is left out: the rule "${rule}" of the filters leaves out the folder "${folder}"`;
  assert.equal(explain(rclone, 'web/build/deep/x'), reason('- build/', 'web/build'));
  assert.equal(explain(git, 'build/keep'), reason('build/', 'build'));
});

test('includes alone are shown to exclude everything else (R16)', () => {
  const reason = 'is left out: the filters only include, and none includes';
  assert.equal(explain(options('rclone', '+ *.txt'), 'a.log'), `${reason} it`);
  assert.equal(explain(options('rclone', '+ sub/**'), 'd/sub/x'), `${reason} anything in the folder "d"`);
});

test('the usual excludes and ignore files are named', () => {
  const given = options('rclone');
  assert.equal(explain(given, '.DS_Store'), 'is left out by the rule "- .DS_Store" of the usual excludes');
  const ignored = new IgnoreFileRules(asWritten);
  ignored.add(parsePath('sub/.gitignore'), 'node_modules/\n*.tmp\n!keep.tmp');
  const file = 'of the ignore file "sub/.gitignore"';
  assert.equal(explain(given, 'sub/a.tmp', ignored), `is left out by the rule "*.tmp" ${file}`);
  assert.equal(
    explain(given, 'sub/web/node_modules/x', ignored),
    `is left out: the rule "node_modules/" ${file} leaves out the folder "sub/web/node_modules"`,
  );
  assert.equal(
    explain(given, 'sub/keep.tmp', ignored),
    `takes part: the rule "!keep.tmp" ${file} includes it`,
  );
});

test('a size or time outside of the limits is shown where the name is included', () => {
  const limits = createLimits({ minSize: '10K', minAge: '2d' }, Date.UTC(2026, 0, 3));
  const ask = (path: string, facts: Omit<LimitedFacts, 'limits'>) =>
    explain(options('rclone', '- *.log'), path, undefined, { limits, ...facts });
  assert.equal(ask('a', { size: 10239 }), 'is left out: it is smaller than 10K');
  assert.equal(ask('a', { size: 10240 }), 'takes part: no rule matches it');
  const modified = { s: Date.UTC(2026, 0, 2) / 1000, ns: 0 };
  assert.equal(ask('a', { size: 10240, modified }), 'is left out: it was modified less than 2d ago');
  assert.equal(ask('a.log', { size: 1 }), 'is left out by the rule "- *.log" of the filters');
});

test('the explanation agrees with the filter on any rules of any dialect', () => {
  const seen = { rclone: 0, aws: 0, gitignore: 0, out: 0, byFolder: 0, byIgnoreFile: 0, included: 0 };
  for (let seed = 1; seed <= 3000; seed++) {
    const r = random(seed);
    const dialect = r.pick(dialects);
    const rules = Array.from({ length: r.whole(6) }, () => `${r.pick(['+', '-'])} ${pattern(r, dialect)}`);
    const given = { ...options(dialect, ...rules), useDefaultExcludes: r.chance(0.5) };
    const names = r.pick([asWritten, { caseSensitive: false, foldsUnicode: true }]);
    const ignored = r.chance(0.4) ? new IgnoreFileRules(names) : undefined;
    for (const folder of ['', 'a/', 'sub/'])
      if (r.chance(0.5)) {
        const lines = [pattern(r, 'gitignore'), `!${pattern(r, 'gitignore')}`, pattern(r, 'gitignore')];
        ignored?.add(parsePath(`${folder}.gitignore`), lines.join('\n'));
      }
    const filter = createFilter(given, names, ignored);
    const part = () => r.pick(['a', 'b', 'A', 'ab', 'a.txt', 'sub', '.git', 'x y', 'é', 'e\u0301']);
    for (let i = 0; i < 12; i++) {
      const path = Array.from({ length: 1 + r.whole(4) }, part).join('/');
      const { included, by } = explainFilter(given, ignored, path, names);
      const shown = `seed ${seed}: ${JSON.stringify(given)} and ${path}: ${JSON.stringify(by)}`;
      assert.equal(included, filter.includes(path), shown);
      if (!included) assert.ok(by, shown);
      if (by?.folder !== undefined) {
        assert.ok(filter.maySkipFolder(by.folder), shown);
        assert.ok(
          [path, path.normalize('NFC')].some((one) => one.startsWith(`${by.folder}/`)),
          shown,
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
