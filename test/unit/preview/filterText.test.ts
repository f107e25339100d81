import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FilterDialect, FilterRule } from '../../../src/plan/model/planOptions';
import { rulesFromText, rulesToText } from '../../../src/preview/filterText';

const dialects: readonly FilterDialect[] = ['rclone', 'aws', 'gitignore'];

test('Rules are written in the syntax of their dialect', () => {
  const rules: readonly FilterRule[] = [{ include: 'keep.log' }, { exclude: '*.log' }];
  assert.equal(rulesToText(rules, 'rclone'), '+ keep.log\n- *.log');
  assert.equal(rulesToText(rules, 'aws'), '--include keep.log\n--exclude *.log');
  assert.equal(rulesToText(rules, 'gitignore'), '!keep.log\n*.log');
});

test('Written rules are read in the same order', () => {
  const rules: readonly FilterRule[] = [
    { exclude: '/build/**' },
    { include: 'with space/*.md' },
    { exclude: '{a,b}[!c]?' },
    { include: '*' },
  ];
  for (const dialect of dialects)
    assert.deepEqual(rulesFromText(rulesToText(rules, dialect), dialect), { rules }, dialect);
});

test('Empty lines and comments are not rules, with any line ending', () => {
  assert.deepEqual(rulesFromText('\r\n# made by hand\r\n  - *.tmp  \r\n\r\n', 'rclone'), {
    rules: [{ exclude: '*.tmp' }],
  });
  assert.deepEqual(rulesFromText('', 'aws'), { rules: [] });
});

test('The first line that is not a rule is reported by its number', () => {
  assert.deepEqual(rulesFromText('- a\n\nb', 'rclone'), { badLine: 3 });
  assert.deepEqual(rulesFromText('-', 'rclone'), { badLine: 1 });
  assert.deepEqual(rulesFromText('-a', 'rclone'), { badLine: 1 });
  assert.deepEqual(rulesFromText('--delete', 'aws'), { badLine: 1 });
  assert.deepEqual(rulesFromText('--exclude', 'aws'), { badLine: 1 });
  assert.deepEqual(rulesFromText('!', 'gitignore'), { badLine: 1 });
});

test('Quotes around a whole pattern of aws belong to the shell, other quotes to the pattern', () => {
  assert.deepEqual(rulesFromText(`--exclude '*.log'\n--include "a b"\n--exclude it's`, 'aws'), {
    rules: [{ exclude: '*.log' }, { include: 'a b' }, { exclude: "it's" }],
  });
  assert.deepEqual(rulesFromText("- '*.log'", 'rclone'), { rules: [{ exclude: "'*.log'" }] });
});

test('In .gitignore a backslash escapes signs with a meaning', () => {
  assert.deepEqual(rulesFromText('\\#notes\n\\!important\nname\\ ', 'gitignore'), {
    rules: [{ exclude: '\\#notes' }, { exclude: '\\!important' }, { exclude: 'name\\ ' }],
  });
});

test('In .gitignore a name that starts like a comment or an include is escaped', () => {
  const rules = [{ exclude: '#x#' }, { exclude: '!important' }];
  assert.equal(rulesToText(rules, 'gitignore'), '\\#x#\n\\!important');
  assert.deepEqual(rulesFromText('\\#x#\n\\!important', 'gitignore'), {
    rules: [{ exclude: '\\#x#' }, { exclude: '\\!important' }],
  });
});
