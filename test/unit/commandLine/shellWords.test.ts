import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { isProblem, orProblem } from '../../../src/commandLine/lineProblem';
import type { ShellKind } from '../../../src/commandLine/shell/shellKinds';
import { onOneLine, quoteWord, splitCommandLine } from '../../../src/commandLine/shell/shellWords';

function words(text: string, shell: ShellKind = 'posix'): readonly string[] {
  const split = orProblem(() => splitCommandLine(text, { shell, home: '/home/me' }));
  return isProblem(split) ? [`PROBLEM: ${split.problem}`] : split.words;
}

const posix: readonly [string, string, readonly string[]][] = [
  ['plain words', 'aws s3  sync\ta b', ['aws', 's3', 'sync', 'a', 'b']],
  ['single quotes keep all', `a '$x * "y" \\'`, ['a', '$x * "y" \\']],
  ['double quotes know four escapes', '"a \\"b\\" \\$c \\\\ \\d"', ['a "b" $c \\ \\d']],
  ['quotes join into one word', `a'b c'"d e"f`, ['ab cd ef']],
  ['an empty word is a word', `a '' ""`, ['a', '', '']],
  ['a backslash outside of quotes', 'a\\ b \\* \\"', ['a b', '*', '"']],
  ['a line that goes on', 'aws s3 \\\n  sync a \\\r\n b', ['aws', 's3', 'sync', 'a', 'b']],
  ['blanks behind the mark', 'a \\  \n b', ['a', 'b']],
  ['what a terminal shows on further lines', 'a \\\n> --delete', ['a', '--delete']],
  ['a line that goes on within double quotes', '"a\\\nb"', ['ab']],
  ['a backtick of PowerShell', 'a `\n b', ['a', 'b']],
  ['a dollar prompt', '$ aws s3', ['aws', 's3']],
  ['a root prompt', '# rclone sync', ['rclone', 'sync']],
  ['a prompt with user and host', 'me@host:~/site$ aws s3', ['aws', 's3']],
  ['a prompt of PowerShell', 'PS C:\\site> aws s3', ['aws', 's3']],
  ['a comment at the end', 'a b # c; d', ['a', 'b']],
  ['a number sign in a word', 'a#b', ['a#b']],
  ['the home folder', '~/site ~ a~b', ['/home/me/site', '/home/me', 'a~b']],
  ['astral characters', "'😀' 😀", ['😀', '😀']],
  ['a line end at the end', 'a b\n\n', ['a', 'b']],
  ['braces that the shell leaves alone', 'a{b}', ['a{b}']],
];
for (const [what, text, expected] of posix)
  test(`a POSIX line is split as the shell does: ${what}`, () => assert.deepEqual(words(text), expected));

const windows: readonly [string, string, readonly string[]][] = [
  [
    'backslashes are literal',
    'aws s3 sync C:\\site\\new s3://b',
    ['aws', 's3', 'sync', 'C:\\site\\new', 's3://b'],
  ],
  ['a caret goes on', 'a ^\r\n  b', ['a', 'b']],
  ['a caret escapes', 'a^&b', ['a&b']],
  ['globs are literal', 'a *.tmp', ['a', '*.tmp']],
  ['double quotes', '"C:\\my site" x', ['C:\\my site', 'x']],
  ['single quotes, as pasted from elsewhere', "a '*.tmp'", ['a', '*.tmp']],
];
for (const [what, text, expected] of windows)
  test(`a Windows line: ${what}`, () => assert.deepEqual(words(text, 'windows'), expected));

test('a caret at a line end shows a line for Windows', () => {
  assert.deepEqual(words('aws s3 sync C:\\a ^\n s3://b'), ['aws', 's3', 'sync', 'C:\\a', 's3://b']);
});

const refusals: readonly [string, RegExp][] = [
  ['aws s3 sync $SRC s3://b', /\$SRC is a (shell )?variable/],
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of the shell
  ['a "${HOME}/x"', /\$\{HOME\} is a (shell )?variable/],
  ['a $(pwd)', /"\$\(…\)" is a command/],
  ['a `pwd`', /"`" starts a command/],
  ['a --exclude *.tmp', /"\*" in \*\.tmp is not quoted.*'\*\.tmp'/],
  ['a file?.txt', /"\?"/],
  ['a [ab]c', /"\["/],
  ['a *.{jpg,png}', /"\*"/],
  ['a x{1,2}', /\{1,2\} is not quoted/],
  ['a | tee log', /"\|" sends the output/],
  ['a && b', /"&&" joins several commands/],
  ['a; b', /";" joins several commands/],
  ['a &', /"&" is not quoted/],
  ['a > log', /">" redirects/],
  ['a 2>&1', /">" redirects/],
  ['a (b)', /"\(" is not quoted/],
  ["a 'b", /single quote is not closed: 'b/],
  ['a "b', /double quote is not closed: "b/],
  ['a \\', /ends with "\\"/],
  ['a b\nc d', /several lines/],
];
for (const [text, says] of refusals)
  test(`refused by name: ${text}`, () => {
    const split = orProblem(() => splitCommandLine(text));
    assert.ok(isProblem(split), JSON.stringify(split));
    assert.match(split.problem, says);
    assert.match(split.problem, /\.$|: \S+$/);
  });

test('"~" without a known home folder is refused', () => {
  const split = orProblem(() => splitCommandLine('a ~/b'));
  assert.ok(isProblem(split));
});

test('a variable of Windows is refused by name', () => {
  assert.match(words('a %USERPROFILE%\\x', 'windows')[0] ?? '', /%USERPROFILE% is a (shell )?variable/);
});

test('quoted words are read unchanged, here and by a real shell', () => {
  const odd = [
    '',
    'a',
    'a b',
    "it's",
    '$x',
    '`x`',
    '"',
    '\\',
    '*',
    '~',
    '#',
    'a\nb',
    '-',
    '!',
    '{a,b}',
    'ä😀',
    ';&|<>()',
  ];
  assert.deepEqual(words(odd.map(quoteWord).join(' ')), odd);
  if (process.platform === 'win32') return;
  const shell = spawnSync('sh', ['-c', `printf '%s\\0' ${odd.map(quoteWord).join(' ')}`], {
    encoding: 'utf8',
  });
  assert.deepEqual(shell.stdout.split('\0').slice(0, -1), odd);
});

const joined: readonly [string, string][] = [
  ['aws s3 sync \\\n  a \\\n  b', 'aws s3 sync   a   b'],
  ['aws s3 sync \\  a \\  b', 'aws s3 sync   a   b'],
  ['aws s3 sync ^\r\n C:\\a b', 'aws s3 sync  C:\\a b'],
  ["rclone copy 'a b' c\\ d:", "rclone copy 'a b' c\\ d:"],
];
for (const [text, expected] of joined)
  test(`several lines as one: ${JSON.stringify(text)}`, () => assert.equal(onOneLine(text), expected));
