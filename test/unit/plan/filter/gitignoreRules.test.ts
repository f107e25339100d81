import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { createFilter, type Filter } from '../../../../src/plan/filter/filter';
import { explainFilter } from '../../../../src/plan/filter/filterExplanation';
import { IgnoreFileRules } from '../../../../src/plan/filter/ignoreFileRules';
import type { FilterRule } from '../../../../src/plan/model/planOptions';
import { isRemoteError } from '../../../../src/remote/remoteError';
import { parsePath } from '../../../../src/remote/remotePath';
import { type Random, random } from '../../../support/random';

const asWritten = { caseSensitive: true, foldsUnicode: false };
const foldsAll = { caseSensitive: false, foldsUnicode: true };
const gitignore = { filters: [], filterDialect: 'gitignore', useDefaultExcludes: false } as const;

/** Lines as of a .gitignore. */
function filter(...lines: readonly string[]): Filter {
  return createFilter({ ...gitignore, filters: lines.map((exclude) => ({ exclude })) });
}

function withFiles(files: Readonly<Record<string, string>>, names = asWritten): Filter {
  return createFilter(gitignore, names, rulesOf(files, names));
}

function rulesOf(files: Readonly<Record<string, string>>, names = asWritten): IgnoreFileRules {
  const rules = new IgnoreFileRules(names);
  for (const [file, text] of Object.entries(files)) rules.add(parsePath(file), text);
  return rules;
}

function kept(one: Filter, ...paths: readonly string[]): string {
  return paths.filter((each) => one.includes(each)).join(' ');
}

test('in the gitignore dialect the last match wins, and "!" includes again', () => {
  assert.equal(
    kept(filter('*.log', '!keep.log'), 'a.log', 'keep.log', 'd/keep.log', 'x'),
    'keep.log d/keep.log x',
  );
  assert.equal(kept(filter('!keep.log', '*.log'), 'a.log', 'keep.log'), '');
});

test('an include is the line with "!", so includes alone change nothing', () => {
  const rules: FilterRule[] = [{ exclude: '*.log' }, { include: 'keep.log' }];
  const one = createFilter({ ...gitignore, filters: rules });
  assert.equal(kept(one, 'a.log', 'keep.log', 'x'), 'keep.log x');
  const includes = createFilter({ ...gitignore, filters: [{ include: '*.txt' }] });
  assert.equal(kept(includes, 'a.txt', 'b.log'), 'a.txt b.log');
});

test('files in an ignored folder cannot be included again, and the folder need not be listed', () => {
  const one = filter('build/', '!build/keep', '!keep');
  assert.equal(one.includes('build/keep'), false);
  assert.equal(one.includes('sub/build/keep'), false);
  assert.equal(one.maySkipFolder('build'), true);
  assert.equal(one.maySkipFolder('sub/build/deep'), true);
  assert.equal(one.includes('build'), true, 'a file of that name is no folder');
  const open = filter('build/*', '!build/keep');
  assert.equal(kept(open, 'build/keep', 'build/x'), 'build/keep');
  assert.equal(open.maySkipFolder('build'), false);
});

test('a slash at the start or within anchors a pattern, one at the end does not', () => {
  const one = filter('/a', 'b/c', 'd/');
  assert.equal(kept(one, 'a', 'x/a', 'b/c', 'x/b/c', 'd/x', 'x/d/y'), 'x/a x/b/c');
});

test('names that are the same to one side are ignored together (H4)', () => {
  const folding = createFilter({ ...gitignore, filters: [{ exclude: 'Re\u0301sume\u0301.txt' }] }, foldsAll);
  for (const spelling of ['R\u00e9sum\u00e9.txt', 'Re\u0301sume\u0301.txt', 'r\u00c9SUME\u0301.TXT'])
    assert.equal(folding.includes(spelling), false, spelling);
  assert.equal(filter('README').includes('readme'), true);
  const nested = withFiles({ 'E\u0301/.gitignore': '/x' }, foldsAll);
  for (const spelling of ['\u00c9/x', 'e\u0301/X']) assert.equal(nested.includes(spelling), false, spelling);
});

test('comments and blank lines have no effect, and escaped characters are literal', () => {
  const one = filter('# a', '#b', '\\#c', '\\!d');
  assert.equal(kept(one, '# a', '#b', '#c', '!d', 'd'), '# a #b d');
  const file = withFiles({ '.gitignore': '\ufeffa\r\n\r\n  \r\n#b\r\nc  \r\n' });
  assert.equal(kept(file, 'a', 'c', 'b', '#b', ' '), 'b #b  ');
});

test('a filter line that can never match is named; in an ignore file it is skipped, as in git', () => {
  for (const line of ['a\\', '/', '!', '   '])
    assert.throws(
      () => filter(line),
      (error) => isRemoteError(error, 'badSettings') && error.message.includes(JSON.stringify(line)),
      line,
    );
  assert.equal(kept(withFiles({ '.gitignore': 'a\\\n/\n!\nb' }), 'a', 'b', 'c'), 'a c');
});

test('a deeper ignore file takes precedence over a higher one, and is relative to its folder', () => {
  const one = withFiles({
    '.gitignore': '*.log\n/only',
    'sub/.gitignore': '!a.log\n/x',
    'sub/deep/.gitignore': 'a.log',
  });
  const paths = 'a.log sub/a.log sub/b.log sub/deep/a.log x sub/x sub/y/x only sub/only'.split(' ');
  assert.equal(kept(one, ...paths), 'sub/a.log x sub/y/x sub/only');
});

test('of several ignore files in a folder the one added last takes precedence', () => {
  const one = withFiles({ '.gitignore': '*.log', '.s3ignore': '!a.log\n*.md' });
  assert.equal(kept(one, 'a.log', 'b.log', 'c.md'), 'a.log');
});

test('a folder that a deeper file includes again is open, and its files are decided by their own rules', () => {
  const one = withFiles({ '.gitignore': 'b/', 'a/.gitignore': '!b/' });
  assert.equal(kept(one, 'b/x', 'a/b/x', 'a/c/b/x'), 'a/b/x a/c/b/x');
});

test('a result does not depend on earlier paths', () => {
  const one = filter('*.log', '!keep*', 'out/');
  for (let i = 0; i < 25_000; i++) {
    assert.equal(one.includes(`d${i % 7}/f${i}.log`), false);
    assert.equal(one.includes(`d${i % 7}/keep${i}.log`), true);
  }
  assert.equal(one.includes('out/keep'), false);
});

const folders = ['', 'a', 'a/b', 'a/b/a', 'ab', 'ab/a', 'sub', 'sub/a b', 'b'];
const names = ['a', 'b', 'ab', 'a.txt', 'b.log', 'x', 'a b', '#a', '!b', '[a]', 'a*', 'A'];
const isFolder = new Set(folders);
const tree = folders
  .flatMap((folder) => names.map((name) => (folder === '' ? name : `${folder}/${name}`)))
  .filter((file) => !isFolder.has(file));

function line(r: Random): string {
  const atoms = ['*', '*', '?', '**', '/', '/', 'a', 'b', 'ab', 'sub', '.txt', '.log', 'x', ' ', '[ab]'];
  const rarer = ['[!a]', '[^b]', '[a-b]', '\\*', '\\[', '[a', '[[:alpha:]]', '\\ ', '#', '!', '\\a', 'A'];
  const body = Array.from({ length: 1 + r.whole(4) }, () => r.pick(r.chance(0.25) ? rarer : atoms))
    .join('')
    // git reads three stars as two or as one, depending on what stands before them.
    .replace(/\*{3,}/g, '**');
  return `${r.chance(0.3) ? '!' : ''}${r.chance(0.15) ? '/' : ''}${body}${r.chance(0.2) ? '/' : ''}`;
}

const repository = mkdtempSync(path.join(os.tmpdir(), 'cloud-remotes-git-'));
after(() => rmSync(repository, { recursive: true, force: true }));

function git(args: readonly string[], input = ''): { status: number | null; output: string } {
  const settings = [
    '-c',
    'core.excludesFile=',
    '-c',
    'core.ignoreCase=false',
    '-c',
    'init.defaultBranch=main',
  ];
  const env = { PATH: process.env['PATH'], HOME: repository, GIT_CONFIG_NOSYSTEM: '1' };
  const result = spawnSync('git', [...settings, ...args], { cwd: repository, input, encoding: 'utf8', env });
  return { status: result.error ? null : result.status, output: result.stdout ?? '' };
}

interface GitResult {
  readonly ignored: boolean;
  readonly by: string;
}

/** The result of git for each file of the tree. */
function resultsOfGit(): ReadonlyMap<string, GitResult> {
  const { status, output } = git(
    ['check-ignore', '--no-index', '--stdin', '-z', '-v', '-n'],
    tree.map((file) => `${file}\0`).join(''),
  );
  assert.ok(status === 0 || status === 1, `git ended with ${status}`);
  const fields = output.split('\0');
  const results = new Map<string, GitResult>();
  for (let i = 0; i + 3 < fields.length; i += 4) {
    const [source = '', , pattern = '', file = ''] = fields.slice(i, i + 4);
    const ignored = pattern !== '' && !pattern.startsWith('!');
    results.set(file, { ignored, by: source === '' ? '' : `${source}: ${pattern}` });
  }
  return results;
}

const isMissing = process.platform === 'win32' || git(['--version']).status !== 0;
const skip = isMissing && 'git with names that Windows rejects';

test('git decides the same for every file, by the same rule', { skip }, () => {
  assert.equal(git(['init', '-q']).status, 0);
  for (const folder of folders) mkdirSync(path.join(repository, folder), { recursive: true });
  for (const file of tree) writeFileSync(path.join(repository, file), '');
  const seen = { ignored: 0, kept: 0, takenBack: 0, deep: 0 };
  for (let seed = 1; seed <= 350; seed++) {
    const r = random(seed);
    const files: Record<string, string> = {};
    for (const folder of folders) {
      const file = folder === '' ? '.gitignore' : `${folder}/.gitignore`;
      rmSync(path.join(repository, file), { force: true });
      if (folder !== '' && !r.chance(0.25)) continue;
      files[file] = Array.from({ length: 1 + r.whole(5) }, () => line(r)).join('\n');
      writeFileSync(path.join(repository, file), files[file]);
    }
    const rules = rulesOf(files);
    const one = createFilter(gitignore, asWritten, rules);
    for (const [file, { ignored, by }] of resultsOfGit()) {
      const shown = `seed ${seed}: ${file} by ${by} of ${JSON.stringify(files)}`;
      assert.equal(one.includes(file), !ignored, shown);
      const ours = explainFilter(gitignore, rules, file, asWritten);
      assert.equal(ours.included, !ignored, shown);
      assert.equal(ours.by ? `${ours.by.file}: ${ours.by.text.trimEnd()}` : '', by.trimEnd(), shown);
      if (ignored) seen.ignored++;
      else if (by === '') seen.kept++;
      else seen.takenBack++;
      if (by.startsWith('a/') || by.startsWith('sub/')) seen.deep++;
    }
  }
  assert.ok(Math.min(...Object.values(seen)) > 1000, JSON.stringify(seen));
});

test('lines as rules of the dialect have the effect of a .gitignore at the root', () => {
  for (let seed = 1; seed <= 300; seed++) {
    const r = random(seed);
    const some = Array.from({ length: 1 + r.whole(5) }, () => line(r));
    const lines = some.filter((each) => !/^!?(?:\/| *)$|\\$/.test(each));
    const asFile = withFiles({ '.gitignore': lines.join('\n') });
    const asRule = (each: string) => (each.startsWith('!') ? { include: each.slice(1) } : { exclude: each });
    const asRules = createFilter({ ...gitignore, filters: lines.map(asRule) });
    const shown = `seed ${seed}: ${lines.join(' | ')}`;
    for (const file of tree) assert.equal(asRules.includes(file), asFile.includes(file), `${shown}: ${file}`);
  }
});
