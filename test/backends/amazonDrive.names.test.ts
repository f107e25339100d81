import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DriveNames, longestName } from '../../src/backends/amazonDrive/driveNames';
import {
  decodeName,
  encodeName,
  type NameFlags,
  standardFlags,
} from '../../src/backends/amazonDrive/nameEncoding';
import { isRemoteError } from '../../src/remote/remoteError';
import { pathProblem } from '../../src/remote/remotePath';

const driveFlags: NameFlags = { slash: true, ctl: false, del: false, dot: true, invalidUtf8: true };
const names = new DriveNames(driveFlags);

/** API page §7.2: what rclone is given → what it sends. */
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

/** What the API has → what rclone shows. */
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

test('names: what rclone is given is sent as rclone sends it', () => {
  for (const [inner, api] of sent)
    assert.equal(encodeName(decodeName(inner, standardFlags), driveFlags), api, JSON.stringify(inner));
});

test('names: what the service has is shown as rclone shows it', () => {
  for (const [api, inner] of shown) {
    assert.equal(encodeName(decodeName(api, driveFlags), standardFlags), inner, JSON.stringify(api));
    assert.equal(names.rcloneName(api), inner);
  }
});

/** Files on a disk → what rclone's copy of them is named (its disk has the flags Slash and Dot, NUL always). */
const onDisk: NameFlags = { slash: true, ctl: false, del: false, dot: true, invalidUtf8: false };

test('names: a file of a disk is sent under the name that rclone sends it under', () => {
  const files = [
    '␀',
    '／',
    '‛／',
    '．',
    '．．',
    '‛．',
    '‛．‛．',
    '‛␀',
    '...',
    ' x ',
    'x‛y',
    '‛BA',
    '‛',
    '␁',
    '␡',
    '‛␁',
  ];
  for (const file of [
    ...files,
    '\u0001',
    '\u007f',
    'a\nb',
    'x.',
    '-a',
    'ж+é',
    '😀',
    '‛‛／',
    '‛‛．',
    '\ufffd',
  ])
    assert.equal(names.apiName(file), encodeName(decodeName(file, onDisk), driveFlags), JSON.stringify(file));
});

test('names: the one difference to rclone keeps apart what rclone sends to one name', () => {
  assert.equal(
    encodeName(decodeName('‛', onDisk), driveFlags),
    encodeName(decodeName('‛‛', onDisk), driveFlags),
  );
  assert.equal(names.apiName('‛'), '‛‛');
  assert.equal(names.apiName('‛‛'), '‛‛‛‛');
});

test('names: what can be no part of a path, or would not be found by it, is told apart', () => {
  for (const [api, shownAs] of [
    ['/', '／'],
    ['a/b', 'a／b'],
    ['.', '．'],
    ['..', '．．'],
    ['\0', '␀'],
    ['‛', '‛'],
    ['x‛y', 'x‛y'],
    ['‛41', 'A'],
  ] as const)
    assert.deepEqual(names.pathName(api), { problem: 'oddName', shown: shownAs }, JSON.stringify(api));
  for (const api of ['‛BA', 'bad‛FF', 'lone\ud800'])
    assert.equal((names.pathName(api) as { problem: string }).problem, 'invalidText', api);
  assert.deepEqual(names.pathName('‛C3‛A9'), { problem: 'oddName', shown: 'é' });
});

/** Names full of signs that mean something here. */
function* randomNames(count: number): Generator<string> {
  const signs = [
    '‛',
    '‛',
    '．',
    '．',
    '／',
    '␀',
    '␁',
    '␡',
    '.',
    'B',
    'A',
    '1',
    'é',
    '😀',
    '\u0001',
    '\u007f',
    ' ',
    '\ufffd',
  ];
  let state = 12_345;
  const random = (below: number) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return (state >> 8) % below;
  };
  for (let i = 0; i < count; i++)
    yield Array.from({ length: 1 + random(7) }, () => signs[random(signs.length)]).join('');
}

test('names: every part of a path comes back as it was, and only names that the service can hold are sent', () => {
  const sentAs = new Map<string, string>();
  for (const part of randomNames(60_000)) {
    if (pathProblem(part) !== undefined) continue;
    const api = names.apiName(part);
    assert.deepEqual(names.pathName(api), { name: part }, JSON.stringify({ part, api }));
    assert.doesNotMatch(api, /[/\0]|^\.\.?$/);
    assert.equal(
      encodeName(decodeName(api, driveFlags), driveFlags),
      api,
      'rclone finds it by its name again',
    );
    assert.equal(sentAs.get(api) ?? part, part, 'different parts stay different');
    sentAs.set(api, part);
  }
  assert.ok(sentAs.size > 20_000);
});

test('names: any name of the service that is usable is asked for by itself', () => {
  for (const api of randomNames(60_000)) {
    const found = names.pathName(api);
    if ('name' in found) {
      assert.equal(names.apiName(found.name), api, JSON.stringify({ api, found }));
      assert.equal(pathProblem(found.name), undefined);
    }
  }
});

test('names: the laws of the encoding hold with any flags', () => {
  const all: NameFlags = { slash: true, ctl: true, del: true, dot: true, invalidUtf8: true };
  for (const flags of [standardFlags, driveFlags, all])
    for (const name of [...randomNames(20_000), '.', '..', 'a\udcffb', '\0'])
      assert.equal(decodeName(encodeName(name, flags), flags), name, JSON.stringify(name));
});

test('names: too long a name, or none, is refused in a sentence', () => {
  assert.equal(names.apiName('x'.repeat(longestName)).length, longestName);
  for (const [part, words] of [
    ['x'.repeat(longestName + 1), /longer than 280/],
    ['lone\ud800', /no valid text/],
    ['', /without a name/],
  ] as const)
    assert.throws(
      () => names.apiName(part),
      (error) => isRemoteError(error, 'badName') && words.test(error.message),
    );
});
