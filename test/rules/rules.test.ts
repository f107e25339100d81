import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { provenRules, rulesNamedIn } from './provenRules';
import { rules } from './rules';
import { ruleTable } from './ruleTable';

const root = process.env['CLOUD_REMOTES_ROOT'] ?? process.cwd();
const page = path.join(root, 'docs/sync-rules.md');
const proven = provenRules(root);

test('titles name rules in brackets or at their beginning, one by one or as a range', () => {
  const named: Record<string, string[]> = {
    'a tolerance is strict [R5]': [],
    'a tolerance is strict (R5)': ['R5'],
    'deletes during go in the order of paths (A26, R20)': ['A26', 'R20'],
    'a filter (R16–R18)': ['R16', 'R17', 'R18'],
    'a filter (A14-A16, H4)': ['A14', 'A15', 'A16', 'H4'],
    'by checksum (§2.2 step 7, R8)': ['R8'],
    'refused (table 1.5, A25, H17)': ['A25', 'H17'],
    'A33, H35: places that overlap': ['A33', 'H35'],
    'R21: the first (H2) of two': ['H2', 'R21'],
    'a sheet (A4 or so) and H1 in between': [],
  };
  for (const [title, expected] of Object.entries(named))
    assert.deepEqual(rulesNamedIn(title), expected, title);
});

test('each rule has its own number, without gaps, and at most 20 words', () => {
  for (const [letter, count] of [
    ['A', 34],
    ['R', 27],
    ['B', 4],
    ['H', 35],
  ] as const)
    assert.deepEqual(
      rules.filter(({ id }) => id.startsWith(letter)).map(({ id }) => id),
      Array.from({ length: count }, (_, i) => `${letter}${i + 1}`),
    );
  for (const { id, says } of rules) assert.ok(says.split(/\s+/).length <= 20, `${id}: ${says}`);
});

test('every rule that applies here is named by a test', () => {
  const unproven = rules.filter(({ id, notHere }) => notHere === undefined && !proven.has(id));
  assert.deepEqual(
    unproven.map(({ id, says }) => `${id} ${says}`),
    [],
  );
});

test('no test names a rule that does not exist', () => {
  const known = new Set(rules.map(({ id }) => id));
  const unknown = [...proven].filter(([id]) => !known.has(id));
  assert.deepEqual(unknown, []);
});

test('docs/sync-rules.md is up to date', () => {
  const now = ruleTable(proven);
  if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(page, now);
  const isCurrent = readFileSync(page, 'utf8') === now;
  assert.ok(
    isCurrent,
    'Tests name other rules than the page says. Run "npm run rules" and look at the change.',
  );
});
