import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os, { devNull } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { readAwsProfiles } from '../../../src/backends/s3/credentials/awsProfiles';
import { isProblem } from '../../../src/commandLine/lineProblem';
import { readCommandLine } from '../../../src/commandLine/readCommandLine';
import { isRemoteError } from '../../../src/remote/remoteError';
import { decodeText, readTextFile, readTextFileSync, textOf } from '../../../src/remote/textFile';

const folder = mkdtempSync(path.join(os.tmpdir(), 'cloud-remotes-text-'));
after(() => rmSync(folder, { recursive: true, force: true }));

let files = 0;
function written(bytes: Uint8Array): string {
  const file = path.join(folder, `file-${++files}.txt`);
  writeFileSync(file, bytes);
  return file;
}

const bytes = (...parts: readonly (string | readonly number[])[]) =>
  Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : Buffer.from(part))));
const utf16le = (text: string) => Buffer.from(`\uFEFF${text}`, 'utf16le');
const utf16be = (text: string) => Buffer.from(utf16le(text)).swap16();

const text = '# Größe 📷\r\n*.jpg\r\n';

const readable: readonly (readonly [name: string, bytes: Uint8Array, text: string])[] = [
  ['UTF-8', bytes(text), text],
  ['UTF-8 with a mark, as Notepad and PowerShell 5 write it', bytes('\uFEFF', text), text],
  ['UTF-16 LE, as ">" of PowerShell 5 writes it', utf16le(text), text],
  ['UTF-16 BE', utf16be(text), text],
  ['nothing', bytes(), ''],
  ['a mark and nothing', bytes('\uFEFF'), ''],
  ['a mark of UTF-16 and nothing', bytes([0xff, 0xfe]), ''],
  ['files with marks put together', bytes('\uFEFFa\n', '\uFEFFb\n'), 'a\nb\n'],
  ['U+FEFF within a line', bytes('a\uFEFFb'), 'a\uFEFFb'],
  ['what only looks like a mark', bytes('þÿ\n'), 'þÿ\n'],
];

for (const [name, content, expected] of readable)
  test(`${name} is decoded`, async () => {
    assert.equal(textOf(content, 'x'), expected);
    assert.equal(await readTextFile(written(content)), expected);
    assert.equal(readTextFileSync(written(content)), expected);
  });

const unreadable: readonly (readonly [name: string, bytes: Uint8Array, problem: RegExp])[] = [
  ['UTF-16 LE without a mark', utf16le(text).subarray(2), /UTF-16 without a byte order mark/],
  ['UTF-16 BE without a mark', utf16be(text).subarray(2), /UTF-16 without a byte order mark/],
  ['UTF-32 LE', bytes([0xff, 0xfe, 0, 0, 0x2a, 0, 0, 0]), /no text/],
  ['UTF-32 BE', bytes([0, 0, 0xfe, 0xff, 0, 0, 0, 0x2a]), /not UTF-8|NUL/],
  ['Windows-1252', bytes('*.jpg\nGr', [0xf6, 0xdf], 'e\n'), /not UTF-8/],
  ['a cut character', bytes('*.jpg\n', [0xe2, 0x82]), /not UTF-8/],
  ['a surrogate written in UTF-8', bytes([0xed, 0xa0, 0x80]), /not UTF-8/],
  ['an overlong slash', bytes('..', [0xc0, 0xaf], 'x\n'), /not UTF-8/],
  ['a picture', bytes([0x89], 'PNG', [0x0d, 0x0a, 0x1a, 0x0a, 0]), /not UTF-8|NUL/],
  ['text with a NUL', bytes('*.jpg\n\0\n'), /NUL bytes/],
  ['UTF-16 with half a character', bytes(utf16le(text).toJSON().data, [0x2a]), /not UTF-16 throughout/],
  ['UTF-16 with a lone surrogate', utf16le('a\uD83D'), /not UTF-16 throughout/],
  [
    'UTF-16 that a line of ASCII was appended to',
    bytes(utf16le(text).toJSON().data, '*.log2\r\n'),
    /not UTF-16 throughout/,
  ],
  [
    'UTF-8 that a line of UTF-16 was appended to',
    bytes('*.jpg\r\n', utf16le('*.log\r\n').toJSON().data),
    /UTF-8|NUL/,
  ],
];

for (const [name, content, problem] of unreadable)
  test(`${name} is refused with the file's name and a remedy`, async () => {
    const file = written(content);
    const isRefusal = (error: unknown) => {
      assert.ok(isRemoteError(error, 'corrupted'), String(error));
      assert.ok(error.message.startsWith(`${file} can't be read as text: it `), error.message);
      assert.match(error.message, problem);
      assert.match(error.message, /Save it as UTF-8\.$/);
      return true;
    };
    assert.ok('problem' in decodeText(content));
    await assert.rejects(readTextFile(file), isRefusal);
    assert.throws(() => readTextFileSync(file), isRefusal);
    await assert.rejects(
      readAwsProfiles({ AWS_CONFIG_FILE: file, AWS_SHARED_CREDENTIALS_FILE: devNull }),
      isRefusal,
    );
  });

test('pipes and files that are too large are not read', {
  skip: process.platform === 'win32',
}, async () => {
  const pipe = path.join(folder, 'pipe');
  execFileSync('mkfifo', [pipe]);
  await assert.rejects(readTextFile(pipe), /pipe can't be read: it is not a regular file/);
  assert.throws(() => readTextFileSync(pipe), /pipe can't be read: it is not a regular file/);
  await assert.rejects(readTextFile(folder), /EISDIR/);
  assert.throws(() => readTextFileSync(folder), /EISDIR/);
  await assert.rejects(readTextFile(written(bytes('12345')), 4), /too large/);
  assert.equal(await readTextFile(written(bytes('1234')), 4), '1234');
  assert.equal(await readTextFile(path.join(folder, 'none')), undefined);
  assert.equal(readTextFileSync(path.join(folder, 'none')), undefined);
  assert.equal(await readTextFile(devNull), '', 'the way to say that there is no such file');
});

test('the files of the AWS tools and of rclone are read in each of these encodings', async () => {
  const config = '[default]\nregion = eu-west-1\n[profile two]\nregion = us-east-2\n';
  for (const encoded of [bytes(config), bytes('\uFEFF', config), utf16le(config), utf16be(config)]) {
    const file = written(encoded);
    const { profiles } = await readAwsProfiles({
      AWS_CONFIG_FILE: file,
      AWS_SHARED_CREDENTIALS_FILE: devNull,
    });
    assert.deepEqual([...profiles.keys()], ['default', 'two']);
    assert.equal(profiles.get('default')?.get('region'), 'eu-west-1');
    assert.equal(await readTextFile(file), config);
  }
});

const flags = [
  ['--exclude-from', '*.jpg\r\n*.png\r\n', [{ exclude: '*.jpg' }, { exclude: '*.png' }]],
  ['--include-from', '*.jpg\r\n', [{ include: '*.jpg' }]],
  ['--filter-from', '- *.jpg\r\n+ *\r\n', [{ exclude: '*.jpg' }, { include: '*' }]],
  ['--files-from', '/a b.txt\r\n', undefined],
  ['--files-from-raw', '/a b.txt\r\n', undefined],
] as const;

for (const [flag, lines, rules] of flags) {
  const remotes = [{ name: 'r', kind: 's3', endpoint: 'http://localhost:9' }];
  const context = { remotes, folder: '/', readFile: (file: string) => readTextFileSync(file) };
  const read = (content: Uint8Array) => {
    const command = readCommandLine(`rclone sync ${folder} r:b ${flag} ${written(content)}`, context);
    if (isProblem(command)) throw new Error(command.problem);
    return command;
  };

  test(`${flag} has the same rules in every encoding`, () => {
    const plain = read(bytes(lines)).options;
    assert.equal(plain.deletes, 'after');
    if (rules) assert.deepEqual(plain.filters, rules);
    else assert.match(JSON.stringify(plain), /"\/?a b\.txt"/);
    for (const encoded of [bytes('\uFEFF', lines), utf16le(lines), utf16be(lines)])
      assert.deepEqual(read(encoded).options, plain);
  });

  test(`${flag} with a file that is not text is refused, and nothing is deleted`, () => {
    for (const content of [utf16le(lines).subarray(2), bytes(lines, [0xff]), bytes(lines, '\0')]) {
      const { options, flags: verdicts } = read(content);
      const verdict = verdicts.find((one) => one.flag === flag);
      assert.equal(verdict?.verdict, 'refused');
      assert.match(verdict?.because ?? '', /^The file \/.*can't be read as text: it .* Save it as UTF-8\.$/);
      assert.equal(options.deletes, 'none');
    }
  });
}
