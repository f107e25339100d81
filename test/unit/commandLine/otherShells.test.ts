import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isProblem, orProblem } from '../../../src/commandLine/lineProblem';
import { readCommandLine } from '../../../src/commandLine/readCommandLine';
import { type ShellKind, withoutPrompt } from '../../../src/commandLine/shell/shellKinds';
import { splitCommandLine } from '../../../src/commandLine/shell/shellWords';
import { context, problemOf, read } from './lines';

const all: readonly ShellKind[] = ['posix', 'windows', 'powershell', 'cmd'];
const ofWindows: readonly ShellKind[] = ['windows', 'powershell', 'cmd'];

/** Lines with text that these shells would replace or treat specially. */
const unknown: readonly (readonly [line: string, shells: readonly ShellKind[], says: RegExp])[] = [
  ['aws s3 sync "s3://$bucket/site" d', all, /\$bucket is a (shell )?variable/],
  [
    'rclone sync d lab:b --exclude "$RECYCLE.BIN/**"',
    ['posix', 'powershell'],
    /\$RECYCLE is a (shell )?variable/,
  ],
  ['aws s3 sync s3://$bucket/site d --delete', all, /\$bucket is a (shell )?variable/],
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of the shell
  ['rclone sync d "lab:${bucket}/x"', all, /\$\{bucket\} is a (shell )?variable/],
  ['rclone sync d "lab:$env:BUCKET/x"', all, /\$env:BUCKET is a (shell )?variable/],
  ['rclone sync $env:USERPROFILE\\site lab:b', all, /\$env:USERPROFILE is a (shell )?variable/],
  ['rclone sync d "lab:$(Get-Bucket)/x"', all, /command substitution/],
  ['rclone sync %USERPROFILE%\\site lab:b', all, /%USERPROFILE% is a (shell )?variable/],
  ['rclone sync "%SITE%" lab:b', all, /%SITE% is a (shell )?variable/],
  ['rclone sync d lab:b/%DATE:~0,4%', all, /%DATE:~0,4% is a (shell )?variable/],
  ['rclone sync "!SITE!" lab:b', all, /!SITE! is a (shell )?variable/],
  ['& rclone sync d lab:b', all, /"&" calls a program/],
  ['& "C:\\tools\\rclone.exe" sync d lab:b', all, /"&" calls a program/],
  ['rclone sync d lab:b & dir', all, /"&" is not quoted/],
  ['rclone sync d lab:b; dir', all, /";" joins/],
  ['rclone sync d lab:b | more', all, /"\|" sends/],
  ['rclone sync d lab:b 2>&1', all, />" redirects/],
  ['rclone sync d lab:b --exclude “*.tmp”', all, /typographic quotation mark/],
  ['rclone sync ~/site lab:b', ofWindows, /"~" stands for the home folder/],
  ['rclone sync ~\\site lab:b', ofWindows, /"~" stands for the home folder/],
  ['rclone sync lab:b ~', ofWindows, /"~" stands for the home folder/],
  ['rclone sync ~bob/site lab:b', ['posix'], /~bob stands for the home folder of another user/],
  ['rclone sync ~+/site lab:b', ['posix'], /~\+ stands/],
  ['rclone sync @paths', ['windows', 'powershell'], /@paths passes/],
  ['rclone sync d lab:b @more', ['windows', 'powershell'], /@more passes/],
  ['rclone sync @src lab:b', all, /@src"? passes/],
  ['rclone sync @(a) lab:b', ['windows', 'powershell'], /passes/],
  ['rclone sync @"\nd\n"@ lab:b', ['powershell'], /here-string/],
  ['rclone sync d lab:b --% --exclude x', ['windows', 'powershell'], /"--%"/],
  ['rclone sync d :s3,env_auth=true:b', ['powershell'], /"," is not quoted/],
  ['rclone sync d lab:b --include {a,b}', ['powershell', 'posix'], /is not quoted/],
  ['rclone copy %1 lab:b', ['windows', 'cmd'], /%1 is a (shell )?variable/],
  ['rclone copy %~dp0site lab:b', ['windows', 'cmd'], /%~dp0 is a (shell )?variable/],
  ['rclone copy %%f lab:b', ['windows', 'cmd'], /%%f is a (shell )?variable/],
  ['rclone copy *.jpg lab:b', ofWindows, /contains a wildcard/],
  ["rclone sync d lab:b --exclude '*.tmp'", ['cmd'], /has no single quotes/],
  ['rclone sync `pwd` lab:b', ['posix', 'windows'], /"`"/],
  ['rclone sync $((1+1)) lab:b', ['posix'], /command substitution/],
  ["rclone sync a$'b' lab:b", ['posix'], /kind of quotes/],
  ['rclone sync d\u00a0lab:b', ['posix'], /typographic space/],
];
for (const [line, shells, says] of unknown)
  for (const shell of shells)
    test(`text that the shell would replace is a problem (${shell}): ${JSON.stringify(line)}`, () =>
      assert.match(problemOf(line, { shell }), says));

/** Text that these shells pass unchanged, and the words of the line. */
const literal: readonly (readonly [line: string, shells: readonly ShellKind[], words: readonly string[]])[] =
  [
    ["a '$x/%Y%/!z!/~'", ['posix', 'powershell', 'windows'], ['a', '$x/%Y%/!z!/~']],
    ['a s3://b/$', all, ['a', 's3://b/$']],
    ['a "cost: 5$ / 100%"', all, ['a', 'cost: 5$ / 100%']],
    ['a b%20c caf%C3%A9', ['posix', 'powershell'], ['a', 'b%20c', 'caf%C3%A9']],
    ['a x~y b@c', all, ['a', 'x~y', 'b@c']],
    ["a 'it''s'", ['powershell'], ['a', "it's"]],
    ["a 'it''s'", ['posix'], ['a', 'its']],
    ['a "say ""x"""', ['powershell', 'cmd'], ['a', 'say "x"']],
    ['a "C:\\x\\"', ['powershell'], ['a', 'C:\\x\\']],
    ['a `$x "b`$c"', ['powershell'], ['a', '$x', 'b$c']],
    ['a "b^c" d^&e', ['cmd'], ['a', 'b^c', 'd&e']],
    ['a b^c', ['powershell', 'posix'], ['a', 'b^c']],
    ['a "$RECYCLE.BIN/**"', ['cmd', 'windows'], ['a', '$RECYCLE.BIN/**']],
    ['a {b,c} d,e', ['windows', 'cmd'], ['a', '{b,c}', 'd,e']],
    ['a ~/b', ['posix'], ['a', '/home/me/b']],
  ];
for (const [line, shells, words] of literal)
  for (const shell of shells)
    test(`text without a special meaning stays (${shell}): ${line}`, () => {
      const split = orProblem(() => splitCommandLine(line, { shell, home: '/home/me' }));
      assert.deepEqual(isProblem(split) ? split.problem : split.words, words);
    });

const shown: readonly (readonly [string, ShellKind | undefined])[] = [
  ['PS C:\\site> rclone sync', 'powershell'],
  ['C:\\site> rclone sync', 'cmd'],
  ['me@host:~/x$ rclone sync', 'posix'],
  ['$ rclone sync', 'posix'],
  ['rclone sync `\n  a b', 'powershell'],
  ['rclone sync ^\r\n  a b', 'cmd'],
  ['rclone sync \\\n  a b', 'posix'],
  ['rclone sync $env:X b', 'powershell'],
  ['rclone sync .\\a lab:b', 'windows'],
  ['aws s3 sync "C:\\my site" s3://b', 'windows'],
  ['aws s3 sync \\\\server\\share\\x s3://b', 'windows'],
  ['rclone sync a\\ b lab:b', undefined],
  ['rclone sync a b', undefined],
];
for (const [text, shell] of shown)
  test(`the shell that a line shows: ${JSON.stringify(text)}`, () => {
    for (const otherwise of all) {
      // A path of Windows may be for any shell of Windows.
      const known = shell === 'windows' && otherwise !== 'posix' ? otherwise : (shell ?? otherwise);
      assert.equal(withoutPrompt(text, otherwise).shell, known);
    }
  });

test('a relative path with backslashes is the same folder on another system', () => {
  for (const line of [
    'rclone copy .\\a\\b lab:c',
    'rclone copy ^\n a\\b lab:c',
    'PS C:\\w> rclone copy "a\\b" lab:c',
  ])
    assert.deepEqual(read(line).source, { place: { kind: 'folder', path: '/project/a/b' } });
});

test('every text is read or is a problem', () => {
  const parts = [...'"\'`\\^$%!{[(~@#\n\r\0 ', 'a@', ',x='];
  for (const shell of all)
    for (const part of parts) {
      const path = `rclone copy ${part.repeat(3000)} lab:b`;
      for (const text of [part, `aws s3 sync ${part}`, path, part.repeat(99_000)]) {
        const command = readCommandLine(text, { ...context, shell });
        if (isProblem(command)) assert.match(command.problem, /\S/);
      }
    }
  assert.match(problemOf(`rclone copy ${'a'.repeat(200_000)} lab:b`), /too long/);
});
