import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { rcloneConfigPaths } from '../../../src/rcloneConfig/configFile';
import {
  mergeSections,
  parseRcloneFile,
  type RcloneSections,
  valueProblem,
} from '../../../src/rcloneConfig/rcloneFile';
import { isRemoteError } from '../../../src/remote/remoteError';
import { skipWithout } from '../../interop/realTools';

const noRclone = skipWithout('rclone');

function asObject(sections: RcloneSections): Record<string, Record<string, string>> {
  return Object.fromEntries([...sections].map(([name, options]) => [name, Object.fromEntries(options)]));
}

/** The options that the real rclone reads from the text. */
function dumped(text: string): Record<string, Record<string, string>> {
  const file = path.join(mkdtempSync(path.join(os.tmpdir(), 'cloud-remotes-conf-')), 'rclone.conf');
  writeFileSync(file, text);
  return JSON.parse(execFileSync('rclone', ['--config', file, 'config', 'dump'], { encoding: 'utf8' }));
}

const odd = [
  '# top comment',
  '',
  '[a b]',
  '; semi',
  'type=s3',
  'region : eu',
  '  indented = 5   ',
  'key = `back`',
  'q = "in quotes"',
  'three = """ x " y """',
  'comment = a # no comment ; nor this',
  'multi = one \\',
  '"q=k" = v',
  'equals = a=b:c',
  'empty =',
  '',
  '[ spaced ]',
  '[dup]',
  'type = s3',
  'a=1',
  '[dup]',
  'b=2',
  'type = local',
  '[DEFAULT]',
  'where = us',
  '[refers]',
  'x = %(where)s-%(where)s %(own)s',
  'own = mine',
  '',
].join('\n');

test('quotes, comments, duplicates and references are parsed like by rclone', () => {
  assert.deepEqual(asObject(parseRcloneFile(odd)), {
    'a b': {
      type: 's3',
      region: 'eu',
      indented: '5',
      key: 'back',
      q: '"in quotes"',
      three: ' x " y ',
      comment: 'a # no comment ; nor this',
      multi: 'one \\',
      'q=k': 'v',
      equals: 'a=b:c',
      empty: '',
    },
    spaced: {},
    dup: { type: 'local', a: '1', b: '2' },
    DEFAULT: { where: 'us' },
    refers: { x: 'us-us mine', own: 'mine' },
  });
});

test('the real rclone parses the same options', { skip: noRclone }, () => {
  for (const text of [odd, `\uFEFF${odd}`, odd.replaceAll('\n', '\r\n'), 'first = x\n[a]\nb = %(first)s'])
    assert.deepEqual(asObject(parseRcloneFile(text)), dumped(text));
});

/** Lines that each refer to the next one in the way given; the last one is a word. */
function doubling(lines: number, how: (next: string) => string): string {
  const values = Array.from({ length: lines }, (_, i) => `v${i} = ${how(`%(v${i + 1})s`)}`);
  return `[a]\n${values.join('\n')}\nv${lines} = hunter2\n`;
}

const bombs: readonly (readonly [name: string, text: string, says: RegExp])[] = [
  ['forty values that each name the next one twice', doubling(40, (next) => `${next}${next}`), /\[a\].*grow/],
  ['values that name the next one ten times', doubling(12, (next) => next.repeat(10)), /\[a\].*grow/],
  [
    'the same by way of the default section',
    doubling(40, (next) => `${next} ${next}`).replace('[a]\n', ''),
    /\[DEFAULT\].*grow/,
  ],
  [
    'the same, taken over by many sections',
    `${doubling(16, (next) => `${next}${next}`)}${Array.from({ length: 200 }, (_, i) => `[a.${i}]\nx = 1\n`).join('')}`,
    /grow/,
  ],
  ['a value that names itself', '[a]\nx = %(x)s\n', /"x" of \[a\] .*circle/],
  ['a value that grows by itself', '[a]\nx = y%(x)sz\n', /"x" of \[a\] .*circle/],
  ['two that name each other', '[a]\nx = %(y)s\ny = %(x)s\n', /circle/],
  [
    'a large value named many times',
    `[a]\nx = ${'%(y)s'.repeat(1000)}\ny = ${'hunter2'.repeat(1000)}\n`,
    /grow/,
  ],
  ['a chain that is too long', doubling(300, (next) => next), /more than 200/],
  [
    'sections that take over from each other without end',
    `[a]\n${Array.from({ length: 1000 }, (_, i) => `x${i} = 1\n`).join('')}${Array.from({ length: 200 }, (_, i) => `[a${'.a'.repeat(i + 1)}]\n`).join('')}`,
    /more than 100000 options/,
  ],
];

for (const [name, text, says] of bombs)
  test(`${name}: rejected quickly, with the place and without the text`, () => {
    assert.throws(
      () => parseRcloneFile(text),
      (error) =>
        isRemoteError(error, 'corrupted') &&
        says.test(error.message) &&
        !/hunter2/.test(error.message) &&
        error.message.length < 300,
    );
  });

test('texts that only look like references stay, in one pass', () => {
  for (const value of [
    '%('.repeat(200_000),
    `${'%('.repeat(100_000)})x`,
    '%()s'.repeat(100_000),
    '%(a)%(b)%(c',
    ')s%(',
  ])
    assert.equal(parseRcloneFile(`[a]\nx = ${value}\n`).get('a')?.get('x'), value);
  const chain = parseRcloneFile(doubling(150, (next) => next));
  assert.equal(chain.get('a')?.get('v0'), 'hunter2', 'a long chain is no loop');
});

test('a section inherits from the section that its name starts with', () => {
  const sections = parseRcloneFile('[a]\ntype = s3\nregion = eu\n[a.b]\nregion = us\n[x.y]\nregion = no');
  assert.deepEqual(asObject(sections)['a.b'], { region: 'us', type: 's3' });
  assert.deepEqual(asObject(sections)['x.y'], { region: 'no' });
});

test('the JSON of "rclone config dump" is parsed too', () => {
  const dump = '{\n "a": {"type": "s3", "env_auth": "true"},\n "b": {"type": "alias", "n": 5}\n}';
  assert.deepEqual(asObject(parseRcloneFile(dump)), {
    a: { type: 's3', env_auth: 'true' },
    b: { type: 'alias', n: '5' },
  });
  assert.throws(() => parseRcloneFile('{"a": "text"}'), /not an object of options/);
});

test('an encrypted file is rejected with a remedy', () => {
  const text = '# Encrypted rclone configuration File\n\nRCLONE_ENCRYPT_V0:\nAbCd\n';
  assert.throws(
    () => parseRcloneFile(text),
    (error) => isRemoteError(error, 'unsupported') && /rclone config show/.test(error.message),
  );
  assert.throws(() => mergeSections(text, []), /encrypted/);
});

test('a malformed line is rejected with its number and without its text', () => {
  for (const bad of ['nonsense hunter2', '= hunter2', 'key = `hunter2', '[a] ; hunter2', '[]'])
    assert.throws(
      () => parseRcloneFile(`[a]\ntype = s3\n${bad}\n`),
      (error) =>
        isRemoteError(error, 'corrupted') && /line 3/.test(error.message) && !/hunter2/.test(error.message),
    );
});

test('a new section is appended, and the rest stays byte for byte', () => {
  const added = mergeSections(odd, [{ name: 'new', options: [['type', 's3']] }]);
  assert.equal(added, `${odd}\n[new]\ntype = s3\n`);
  assert.equal(mergeSections('', [{ name: 'n', options: [['type', 's3']] }]), '[n]\ntype = s3\n');
  assert.equal(mergeSections('[a]\r\nb = c', [{ name: 'n', options: [] }]), '[a]\r\nb = c\r\n\r\n[n]\r\n');
});

test('a section is replaced in place; comments and other sections stay', () => {
  const text = '# one\n[a]\n; about b\nb = 1\nc = 2\n\n# two\n[z]\n  odd= 1 \n[a]\nd = 3\n';
  assert.equal(
    mergeSections(text, [{ name: 'a', options: [['type', 's3']] }]),
    '# one\n[a]\ntype = s3\n; about b\n\n# two\n[z]\n  odd= 1 \n',
  );
});

test('every written value is read back unchanged, by us and by the real rclone', () => {
  const values = [
    'plain',
    ' lead',
    'trail ',
    '`whole`',
    'a`b"c',
    '"""',
    '"""x"""',
    '"',
    '``',
    '# x',
    '; y',
    'a=b',
    '[x]',
    '\\',
    'ü😀',
    '',
  ];
  const options = values.map((value, i) => [`v${i}`, value] as const);
  const text = mergeSections('', [{ name: 's', options }]);
  assert.deepEqual(asObject(parseRcloneFile(text))['s'], Object.fromEntries(options));
  if (!noRclone) assert.deepEqual(dumped(text)['s'], Object.fromEntries(options));
});

test('a value that rclone.conf can’t contain is reported and never written', () => {
  for (const value of ['two\nlines', 'two\rlines', 'a %(b)s c']) {
    assert.ok(valueProblem(value));
    assert.throws(() => mergeSections('', [{ name: 's', options: [['v', value]] }]), /can't be written/);
  }
  assert.equal(valueProblem('100%(x)'), undefined);
});

test('rclone.conf is searched for in the folders of rclone', () => {
  assert.deepEqual(rcloneConfigPaths({}, '/home/ann', 'linux'), [
    '/home/ann/.config/rclone/rclone.conf',
    '/home/ann/.rclone.conf',
  ]);
  assert.equal(rcloneConfigPaths({ RCLONE_CONFIG: '/x/r.conf' }, '/home/ann', 'darwin')[0], '/x/r.conf');
  assert.deepEqual(rcloneConfigPaths({ APPDATA: 'C:\\Data' }, 'C:\\Ann', 'win32'), [
    'C:\\Data\\rclone\\rclone.conf',
    'C:\\Ann\\.config\\rclone\\rclone.conf',
    'C:\\Ann\\.rclone.conf',
  ]);
});
