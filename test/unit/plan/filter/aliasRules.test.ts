import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createFilter } from '../../../../src/plan/filter/filter';
import type { FilterNames } from '../../../../src/plan/filter/filterRules';

const usual = { filters: [], filterDialect: 'rclone', useDefaultExcludes: true } as const;
const allNames: readonly FilterNames[] = [
  { caseSensitive: true, foldsUnicode: false },
  { caseSensitive: false, foldsUnicode: false },
  { caseSensitive: false, foldsUnicode: true },
];

/** Names that git treats as `.git` (verify_dotgit), because some disk does. */
const gits = [
  ...'.git,.GIT,.gIt,git~1,GIT~1,Git~1,.git ,.git.,.git. . .,git~1 .,sub\\.git,.git\\hooks'.split(','),
  ...'.git::$INDEX_ALLOCATION,.git:stream,.GIT ::$index_allocation,git~1::$INDEX_ALLOCATION'.split(','),
  ...'.g\u200cit,\u200d.git,.git\u200e,.\u202aG\u202ei\u206at\u206f,\ufeff.git,.gi\u200ft. '.split(','),
];

const others = [
  ...'.gitignore,.gitattributes,.gitmodules,.github,.git-backup,.gitx,git,git~2,git~10,xgit~1'.split(','),
  ...'agit,..git, .git,.g it,my.git,GIT~1x,.g\u200bit,dot.git.'.split(','),
];

test('the usual excludes exclude every alias of .git, as a file, as a folder and at any depth', () => {
  for (const names of allNames) {
    const filter = createFilter(usual, names);
    for (const git of gits) {
      const shown = JSON.stringify(git);
      for (const path of [git, `${git}/config`, `${git}/hooks/post-checkout`, `a/b/${git}`, `a/${git}/x/y`])
        assert.equal(filter.includes(path), false, `${shown} in ${path}`);
      assert.equal(filter.maySkipFolder(git), true, shown);
      assert.equal(filter.maySkipFolder(`sub/${git}`), true, shown);
    }
    for (const name of others)
      for (const path of [name, `${name}/config`, `a/${name}`, `a/${name}/b`])
        assert.equal(filter.includes(path), true, JSON.stringify(path));
  }
});

test('a folder with an alias of .vscode is excluded too, and a file is not', () => {
  const filter = createFilter(usual);
  const names = '.vscode,.VSCode,VSCODE~1,.vscode.,.vs\u200dcode,.vscode::$INDEX_ALLOCATION';
  for (const name of names.split(',')) {
    assert.equal(filter.includes(`${name}/tasks.json`), false, name);
    assert.equal(filter.includes(`a/${name}/b/c`), false, name);
    assert.equal(filter.includes(name), true, name);
  }
  for (const name of ['vscode', '.vscode-test', 'vscode~2'])
    assert.equal(filter.includes(`${name}/tasks.json`), true, name);
});

test('without the usual excludes aliases take part', () => {
  const filter = createFilter({ ...usual, useDefaultExcludes: false });
  for (const git of gits) assert.equal(filter.includes(`${git}/config`), true, git);
});

test('no rule of the user includes an alias of .git again', () => {
  for (const filterDialect of ['rclone', 'aws', 'gitignore'] as const) {
    const filter = createFilter({ ...usual, filterDialect, filters: [{ include: '**' }] });
    for (const git of gits) assert.equal(filter.includes(`${git}/config`), false, git);
  }
});
