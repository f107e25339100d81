import assert from 'node:assert/strict';
import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { beforeEach, test } from 'node:test';
import { changeConfigFile } from '../../../src/rcloneConfig/configFile';
import { leftOutLines, leftOutSentence } from '../../../src/rcloneConfig/exportRemotes';
import { isRemoteError } from '../../../src/remote/remoteError';
import { readTextFile } from '../../../src/remote/textFile';

let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'cloud-remotes-conf-'));
  file = path.join(folder, 'rclone.conf');
});

test('only the owner can read a new file', { skip: process.platform === 'win32' }, async () => {
  await changeConfigFile(file, (text) => `${text}[a]\n`);
  assert.equal(readFileSync(file, 'utf8'), '[a]\n');
  assert.equal(statSync(file).mode & 0o777, 0o600);
});

test('a file that others could read becomes private, since it may contain secrets now', {
  skip: process.platform === 'win32',
}, async () => {
  writeFileSync(file, '[a]\n');
  chmodSync(file, 0o644);
  await changeConfigFile(file, (text) => `${text}[b]\n`);
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.equal(readFileSync(file, 'utf8'), '[a]\n[b]\n');
  assert.deepEqual(readdirSync(folder), ['rclone.conf'], 'nothing is left beside it');
});

test('a link stays a link, and its target is changed', {
  skip: process.platform === 'win32',
}, async () => {
  writeFileSync(path.join(folder, 'real'), 'x');
  symlinkSync('real', file);
  await changeConfigFile(file, (text) => `${text}y`);
  assert.equal(readFileSync(path.join(folder, 'real'), 'utf8'), 'xy');
  assert.deepEqual(readdirSync(folder).sort(), ['rclone.conf', 'real']);
});

test('a change by another program in the meantime is not overwritten', async () => {
  writeFileSync(file, 'before');
  await assert.rejects(
    changeConfigFile(file, () => {
      writeFileSync(file, 'of rclone');
      return 'ours';
    }),
    (error) => isRemoteError(error, 'changed'),
  );
  assert.equal(readFileSync(file, 'utf8'), 'of rclone');
  assert.deepEqual(readdirSync(folder), ['rclone.conf']);
});

test('a failure changes nothing, and the error names the file', async () => {
  writeFileSync(file, 'before');
  await assert.rejects(
    changeConfigFile(file, () => {
      throw new Error('no');
    }),
    /no/,
  );
  assert.equal(readFileSync(file, 'utf8'), 'before');
  await assert.rejects(
    changeConfigFile(path.join(folder, 'gone', 'x.conf'), () => ''),
    /gone.*ENOENT/,
  );
});

test('omitted settings are reported by name and remote', () => {
  const one = { name: 'photos', leftOut: [{ name: 'acl', because: 'it is odd' }] };
  assert.equal(leftOutSentence([{ name: 'x', leftOut: [] }]), '');
  assert.equal(leftOutSentence([one]), '1 setting was left out: acl (photos).');
  const many = { name: 'm', leftOut: Array.from({ length: 9 }, (_, i) => ({ name: `o${i}`, because: 'b' })) };
  assert.match(
    leftOutSentence([one, many]),
    /^10 settings were left out: acl \(photos\), o0 \(m\).* and 2 more\.$/,
  );
  assert.deepEqual(leftOutLines([one]), ['photos: "acl" was left out: it is odd.']);
});

test('a byte order mark stays in place and is not part of the first line', async () => {
  writeFileSync(file, '\uFEFF[a]\n');
  await changeConfigFile(file, (text) => {
    assert.equal(text, '[a]\n');
    return `${text}[b]\n`;
  });
  assert.equal(readFileSync(file, 'utf8'), '\uFEFF[a]\n[b]\n');
});

test('a file that rclone can’t read as text is not changed', async () => {
  const utf16 = Buffer.from('\uFEFF[a]\ntype = s3\n', 'utf16le');
  const latin = Buffer.from('[größe]\n', 'latin1');
  for (const [content, problem] of [
    [utf16, /UTF-16, which rclone can't read\. Save it as UTF-8/],
    [utf16.subarray(2), /NUL bytes.*Save it as UTF-8/],
    [latin, /not UTF-8\. Save it as UTF-8/],
  ] as const) {
    writeFileSync(file, content);
    await assert.rejects(
      changeConfigFile(file, () => 'ours'),
      problem,
    );
    assert.ok(readFileSync(file).equals(content));
  }
  writeFileSync(file, utf16);
  assert.equal(await readTextFile(file), '[a]\ntype = s3\n', 'it can be imported');
});
