import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DriveNames, maxNameLength } from '../../../../src/backends/amazonDrive/names/driveNames';
import {
  decodeName,
  encodeName,
  type NameFlags,
  standardFlags,
} from '../../../../src/backends/amazonDrive/names/nameEncoding';
import { isRemoteError } from '../../../../src/remote/remoteError';
import { pathProblem } from '../../../../src/remote/remotePath';

const driveFlags: NameFlags = { slash: true, ctl: false, del: false, dot: true, invalidUtf8: true };
const names = new DriveNames(driveFlags);

/** Names given to rclone → names that it sends (docs/amazon-drive-api.md §7). */
const sent: readonly (readonly [inner: string, api: string])[] = [
  ['␀', '␀'],
  ['／', '／'],
  ['‛／', '‛／'],
  ['．', '．'],
  ['．．', '．．'],
  ['‛．', '‛．'],
  ['‛␀', '‛␀'],
  ['...', '...'],
  [' x ', ' x '],
  ['bad\udcffutf8\udcba', 'bad‛FFutf8‛BA'],
  ['‛‛', '‛‛'],
  ['x‛y', 'x‛‛y'],
  ['‛BA', '‛‛BA'],
  ['a‛‛BA', 'a‛‛BA'],
  ['␁', '\u0001'],
  ['␡', '\u007f'],
  ['‛␁', '␁'],
  ['‛␡', '␡'],
  ['x.', 'x.'],
  ['␊', '\n'],
];

/** Names of the API → names that rclone shows. */
const shown: readonly (readonly [api: string, inner: string])[] = [
  ['␀', '␀'],
  ['/', '／'],
  ['a/b', 'a／b'],
  ['／', '／'],
  ['‛／', '‛／'],
  ['．', '．'],
  ['.', '．'],
  ['..', '．．'],
  ['．．', '．．'],
  ['‛．', '‛．'],
  ['‛．‛．', '‛．‛．'],
  ['‛‛', '‛‛'],
  ['‛', '‛‛'],
  ['x‛y', 'x‛‛y'],
  ['‛ZZ', '‛‛ZZ'],
  ['‛BA', '\udcba'],
  ['bad‛FF', 'bad\udcff'],
  ['\u0001', '␁'],
  ['␁', '‛␁'],
  ['‛␁', '‛‛‛␁'],
  ['\u007f', '␡'],
  ['␡', '‛␡'],
];

test('names: names given to rclone are sent like by rclone', () => {
  for (const [inner, api] of sent)
    assert.equal(encodeName(decodeName(inner, standardFlags), driveFlags), api, JSON.stringify(inner));
});

test('names: names of the service are shown like by rclone', () => {
  for (const [api, inner] of shown) {
    assert.equal(encodeName(decodeName(api, driveFlags), standardFlags), inner, JSON.stringify(api));
    assert.equal(names.rcloneName(api), inner);
  }
});

/** Names of characters with a special encoding. */
const someName = fc.string({
  unit: fc.constantFrom(...'‛‛．．／␀␁␡.BA1é😀\u0001\u007f \ufffd'),
  minLength: 1,
  maxLength: 7,
});

/** rclone's disk: Slash and Dot, and NUL always. */
const disk: NameFlags = { slash: true, ctl: false, del: false, dot: true, invalidUtf8: false };

/** Whether rclone can read a file from a disk: the decoded and encoded name must be the same. */
const isReadByRclone = (file: string) => encodeName(decodeName(file, disk), disk) === file;

test('names: a file of a disk has the same name at the service, and back on the disk, as with rclone', () => {
  const examples =
    '␀ ／ ‛／ ． ．． ‛． ‛．‛． ‛␀ ... ‛‛ a‛‛BA ␁ ␡ ‛‛␁ ‛‛／ ‛‛． x. -a ж+é 😀 \u0001 \u007f a\nb \ufffd';
  for (const file of [' x ', ...examples.split(' '), ...fc.sample(someName, 5_000)]) {
    if (pathProblem(file) !== undefined || !isReadByRclone(file)) continue;
    const api = encodeName(decodeName(file, disk), driveFlags);
    assert.equal(names.apiName(file), api, JSON.stringify(file));
    assert.equal(encodeName(decodeName(api, driveFlags), disk), file);
    assert.deepEqual(names.pathName(api), { name: file });
  }
});

test('names: a quote character that quotes nothing is sent unchanged, since rclone can’t read such a file', () => {
  for (const file of ['‛', 'x‛y', '‛ZZ', 'Pa‛anga', '‛␁', '‛‛‛']) {
    assert.ok(!isReadByRclone(file));
    assert.equal(names.apiName(file), file);
    assert.deepEqual(names.pathName(file), { name: file });
  }
  for (const file of ['‛BA', 'x‛41', '‛‛‛ff'])
    assert.throws(
      () => names.apiName(file),
      (error) => isRemoteError(error, 'badName') && /Rename it/.test(error.message),
    );
});

test('names: names that can’t be a part of a path are reported with the reason', () => {
  for (const [api, shownAs] of [
    ['/', '／'],
    ['a/b', 'a／b'],
    ['.', '．'],
    ['..', '．．'],
    ['\0', '␀'],
    ['‛41', 'A'],
    ['‛C3‛A9', 'é'],
  ] as const)
    assert.deepEqual(names.pathName(api), { problem: 'oddName', shown: shownAs }, JSON.stringify(api));
  for (const api of ['‛BA', 'bad‛FF', 'lone\ud800'])
    assert.equal((names.pathName(api) as { problem: string }).problem, 'invalidText', api);
});

test('names: with Ctl and Del, control characters are look-alikes at the service', () => {
  const others = new DriveNames({ ...driveFlags, ctl: true, del: true });
  for (const [part, api] of [
    ['\u0001', '␁'],
    ['␁', '‛␁'],
    ['\u007f', '␡'],
    ['‛‛', '‛‛'],
    ['／', '／'],
  ] as const) {
    assert.equal(others.apiName(part), api);
    assert.deepEqual(others.pathName(api), { name: part });
  }
  assert.throws(
    () => others.apiName('‛\u0001'),
    (error) => isRemoteError(error, 'badName'),
  );
});

test('names: every part of a path survives the round trip, and only names that the service can store are sent', () => {
  for (const flags of [driveFlags, { ...driveFlags, ctl: true, del: true }]) {
    const kept = new DriveNames(flags);
    const sentAs = new Map<string, string>();
    let refusals = 0;
    for (const part of fc.sample(someName, 10_000)) {
      if (pathProblem(part) !== undefined) continue;
      let api: string;
      try {
        api = kept.apiName(part);
      } catch (error) {
        assert.ok(isRemoteError(error, 'badName') && part.includes('‛') && !isReadByRclone(part), part);
        refusals++;
        continue;
      }
      assert.deepEqual(kept.pathName(api), { name: part }, JSON.stringify({ part, api }));
      assert.doesNotMatch(api, /[/\0]|^\.\.?$/);
      assert.equal(sentAs.get(api) ?? part, part, 'different parts stay different');
      if (isReadByRclone(part))
        assert.equal(encodeName(decodeName(api, flags), flags), api, 'rclone finds the file by its name');
      sentAs.set(api, part);
    }
    assert.ok(sentAs.size > 3_000 && refusals > 10);
  }
});

test('names: a usable name of the service survives decoding and encoding, and its path is valid', () => {
  const law = (api: string) => {
    const found = names.pathName(api);
    if (!('name' in found)) return;
    assert.equal(names.apiName(found.name), api);
    assert.equal(pathProblem(found.name), undefined);
  };
  fc.assert(fc.property(someName, law), { numRuns: 10_000 });
});

test('names: decoding reverses encoding under any flags', () => {
  const flags = fc.record({
    slash: fc.boolean(),
    ctl: fc.boolean(),
    del: fc.boolean(),
    dot: fc.boolean(),
    invalidUtf8: fc.boolean(),
  });
  const name = fc.oneof({ weight: 20, arbitrary: someName }, fc.constantFrom('.', '..', 'a\udcffb', '\0'));
  const law = (text: string, under: NameFlags) =>
    assert.equal(decodeName(encodeName(text, under), under), text);
  fc.assert(fc.property(name, flags, law), { numRuns: 10_000 });
});

test('names: an invalid, empty or too long name is rejected in a sentence', () => {
  assert.equal(names.apiName('x'.repeat(maxNameLength)).length, maxNameLength);
  for (const [part, words] of [
    ['x'.repeat(maxNameLength + 1), /longer than 280/],
    ['lone\ud800', /not valid text/],
    ['', /without a name/],
  ] as const)
    assert.throws(
      () => names.apiName(part),
      (error) => isRemoteError(error, 'badName') && words.test(error.message),
    );
});
