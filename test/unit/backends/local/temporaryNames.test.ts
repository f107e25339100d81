import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { openLocalRemote } from '../../../../src/backends/local/localRemote';
import {
  hasTemporaryForm,
  isTemporary,
  releaseTemporary,
  temporaryName,
} from '../../../../src/backends/local/temporaryNames';
import { comparePaths, parsePath, rootPath } from '../../../../src/remote/remotePath';
import { deepNames, names, readText, write } from '../../../support/remoteCalls';
import { given } from './localFixture';

test('H22: temporary files of a crash are never listed', async (t) => {
  const { remote, folder, at } = given(t);
  fs.writeFileSync(at('f'), 'x');
  fs.writeFileSync(temporaryName(at('f')), 'half');
  fs.writeFileSync(temporaryName(at('ü'.repeat(127))), 'half of a long name');
  assert.equal(fs.readdirSync(folder).length, 3);
  assert.deepEqual(await names(remote, rootPath), ['f']);
  assert.deepEqual(await deepNames(remote, rootPath), ['f']);
});

test('a temporary file is recognised by its name and its age together', () => {
  const stats = (birthtimeMs: number, isFile = true) => ({
    birthtimeMs: BigInt(Math.round(birthtimeMs)),
    isFile: () => isFile,
  });
  const name = path.basename(temporaryName('/x/a b\nc.txt'));
  const now = Date.now();
  assert.ok(hasTemporaryForm(name));
  assert.ok(isTemporary(name, stats(0)), 'this process is writing it');
  releaseTemporary(name);
  assert.ok(isTemporary(name, stats(now)), 'a process that has ended made it');
  for (const birth of [now - 60_000, now + 60_000, 0])
    assert.equal(isTemporary(name, stats(birth)), false, 'born at another time');
  assert.equal(isTemporary(name, stats(now, false)), false, 'a folder');
  const made = now.toString(16).padStart(12, '0');
  assert.ok(isTemporary(`.a.cloud-remotes-${made}12345678.part`, stats(now)));
  for (const other of [
    'a.part',
    '.a.part',
    `.a.cloud-remotes-${made}12345678.part2`,
    `a.cloud-remotes-${made}12345678.part`,
    `.a.cloud-remotes-${made}1234567.part`,
    '.a.cloud-remotes-12345678.part',
  ])
    assert.equal(isTemporary(other, stats(now)), false, other);
});

test('a write removes old temporary files of a crash from its folder, and nothing else', async (t) => {
  const { folder, at } = given(t);
  fs.mkdirSync(at('d'));
  fs.mkdirSync(at('other'));
  // As a process that has ended leaves it.
  const leftover = path.basename(temporaryName('f.txt'));
  releaseTemporary(leftover);
  const stamp = (Date.now() - 3_600_000).toString(16).padStart(12, '0');
  const others = [
    '.f.txt.part',
    'f.cloud-remotes-0123abcd.part',
    '.f.txt.cloud-remotes-0123abcd.part',
    leftover.replace(/[0-9a-f]{20}/, `${stamp}0123abcd`),
    `${leftover}.txt`,
  ];
  for (const name of [...others, leftover]) fs.writeFileSync(at('d', name), 'half');
  fs.writeFileSync(at('other', leftover), 'half');
  fs.mkdirSync(at('d', leftover.replace('.f', '.x')));
  // Another process is about to rename it: it has the modified time of the source, years ago.
  fs.utimesSync(at('d', leftover), 1, 1);

  await write(openLocalRemote({ root: folder }), parsePath('d/f.txt'), 'x');
  assert.ok(fs.existsSync(at('d', leftover)), 'younger than an hour');

  await write(openLocalRemote({ root: folder, leftoverAgeMs: 0 }), parsePath('d/g.txt'), 'x');
  assert.ok(!fs.existsSync(at('d', leftover)));
  assert.deepEqual(
    fs.readdirSync(at('d')).sort(),
    [...others, leftover.replace('.f', '.x'), 'f.txt', 'g.txt'].sort(),
  );
  assert.ok(fs.existsSync(at('other', leftover)), 'nothing is written there');
});

test('a file with the name of a temporary one is an ordinary file', async (t) => {
  const { folder, at } = given(t);
  const stamp = (ms: number) => ms.toString(16).padStart(12, '0');
  const names = [
    '.a.cloud-remotes-0123abcd.part',
    `.b.cloud-remotes-${stamp(Date.now() - 86_400_000)}0123abcd.part`,
    `.c.cloud-remotes-${stamp(Date.now() + 86_400_000)}0123abcd.part`,
    `..cloud-remotes-${stamp(0)}00000000.part`,
    `.sub.cloud-remotes-${'f'.repeat(20)}.part`,
    '.cloud-remotes-0123456789ab.tmp',
  ];
  const cleaning = () => openLocalRemote({ root: folder, leftoverAgeMs: 0 });
  for (const name of names) await write(cleaning(), parsePath(`d/${name}`), name);
  await write(cleaning(), parsePath('d/last'), 'x');
  assert.deepEqual(fs.readdirSync(at('d')).sort(), [...names, 'last'].sort());
  assert.deepEqual(
    await deepNames(cleaning(), rootPath),
    [...names, 'last'].map((name) => `d/${name}`).sort(comparePaths),
  );
  for (const name of names) assert.equal(await readText(cleaning(), parsePath(`d/${name}`)), name);
});

test('names that are made for one file at one moment differ, are beside it, and fit into a name', () => {
  for (const name of ['f', 'é'.repeat(120), 'x'.repeat(255), '.part', 'a.b.c']) {
    const file = path.join('/folder', name);
    const made = Array.from({ length: 500 }, () => temporaryName(file));
    made.forEach(releaseTemporary);
    assert.equal(new Set(made).size, made.length, name);
    for (const one of made) {
      assert.equal(path.dirname(one), '/folder');
      assert.ok(Buffer.byteLength(path.basename(one)) <= 255, one);
      assert.ok(hasTemporaryForm(path.basename(one)), one);
    }
  }
});
