import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { rules } from './rules/rules';
import { globSync } from './tools/glob.mjs';

const root = process.env['CLOUD_REMOTES_ROOT'] ?? process.cwd();
const read = (file: string) => readFileSync(path.join(root, file), 'utf8');
const below = (folder: string, pattern: RegExp) =>
  globSync(path.join(root, folder), pattern).map((file) =>
    path.relative(root, file).split(path.sep).join('/'),
  );

const sources = ['src', 'media'].flatMap((folder) => below(folder, /\.ts$/));
const tests = below('test', /\.ts$/).filter(
  (file) => file !== 'test/words.test.ts' && !file.includes('node_modules'),
);
const pages = ['README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'package.nls.json', ...below('docs', /\.md$/)];

/** Words of another century, and names that no one in this field uses. */
const archaisms =
  /\b(?:lest|whence|anew|save that|save for|all the same|to be had|is none|whoso|thereof|hitherto|heretofore)\b/i;
const formerNames =
  /\b(?:KeptLines|RepeatablePages|isPassing|orAlreadyDone|resumedRead|beAbsent|beUnchanged|cheapReads|realFolders|copiesWith|copyWithin|moveWithin|listDeep|costlyToReread|UnusableEntry|signInNeeded|Leftovers|KeySet|FolderClashes|NameClash|nameTwins|doubtAbout|isOddKey|limitMatches|staysMoved|compareInTurn|isLikeAws|hopeless|wornBy|whyNotExtra|keepCopy|mayBeOneFile|whyNotDelete|stillExtra|KeptCredentials|StoredTimes|OpenUploads|ServiceRefusal|ObjectPlace|FolderIds|BadOverwrites|DriveRefusal|patiently|KnownHashes|StoreSpot|waysFor|SessionTokens|CopyingShell|tellingRuns|PanelAround|doAside|nodesMeant|itemsMeant|folderMeant|runCopyWork|phraseError|FocusedInterval|holdsFiles|pickSeveral|ViewMemory|freshMemory|englishWords)\b/;

function linesWith(files: readonly string[], pattern: RegExp): string[] {
  return files.flatMap((file) =>
    read(file)
      .split('\n')
      .flatMap((line, index) =>
        pattern.test(line) ? [`${file}:${index + 1}: ${line.trim().slice(0, 120)}`] : [],
      ),
  );
}

test('no text uses an archaism', () => {
  assert.deepEqual(linesWith([...sources, ...tests, ...pages], archaisms), []);
});

test('no source or test uses a former name', () => {
  assert.deepEqual(linesWith([...sources, ...tests], formerNames), []);
});

test('every file that a page links or names exists', () => {
  const files = ['src', 'media', 'docs']
    .flatMap((folder) => below(folder, /./))
    .concat(below('test', /\.(ts|mjs|md)$/));
  const exists = (name: string) => files.some((file) => `/${file}`.endsWith(`/${name}`));
  const missing = [...pages, ...below('test', /README\.md$/)].flatMap((page) => {
    const links = [...read(page).matchAll(/\]\(([\w./-]+)(?:#[^)]*)?\)/g)]
      .map(([, link = '']) => path.join(path.dirname(page), link))
      .filter((file) => !existsSync(path.join(root, file)));
    const named = [...read(page).matchAll(/`(?:\.\.\/)*([\w./-]+\.(?:ts|mjs|md))`/g)]
      .map(([, name = '']) => name)
      .filter((name) => !exists(name) && !existsSync(path.join(root, name)));
    return [...links, ...named].map((file) => `${page} names ${file}`);
  });
  assert.deepEqual(missing, []);
});

test('every page, section and rule that a comment cites exists', () => {
  const numbers = new Set(rules.map(({ id }) => id));
  const sections = (page: string) =>
    new Set([...read(page).matchAll(/^#+ (\d+(?:\.\d+)*)\.? /gm)].map(([, section]) => section));
  const api = sections('docs/amazon-drive-api.md');
  const semantics = sections('docs/sync-semantics.md');
  const missing: string[] = [];
  for (const file of sources) {
    const text = read(file);
    for (const [cited] of text.matchAll(/\bdocs\/[\w/-]+\.md\b/g))
      if (!existsSync(path.join(root, cited))) missing.push(`${file} cites ${cited}`);
    for (const [, section = ''] of text.matchAll(/\bamazon-drive-api\.md §(\d+)/g))
      if (!api.has(section)) missing.push(`${file} cites amazon-drive-api.md §${section}`);
    for (const [, section = ''] of text.matchAll(/\bsync-semantics §(\d+(?:\.\d+)?)/g))
      if (!semantics.has(section)) missing.push(`${file} cites sync-semantics §${section}`);
    for (const [, rule = ''] of text.matchAll(/\bsync-semantics ([ARH]\d+)\b/g))
      if (!numbers.has(rule)) missing.push(`${file} cites rule ${rule}`);
    for (const [cited] of text.matchAll(/\bsync-semantics(?! §\d)(?! [ARHB]\d)\b.{0,20}/g))
      if (!cited.startsWith('sync-semantics.md')) missing.push(`${file} cites ${cited}`);
  }
  assert.deepEqual(missing, []);
});
