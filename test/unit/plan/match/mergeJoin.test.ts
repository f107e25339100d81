import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FileBatch } from '../../../../src/plan/list/listTree';
import { FileFolderConflicts } from '../../../../src/plan/match/fileFolderConflicts';
import type { Match } from '../../../../src/plan/match/match';
import { mergeJoin } from '../../../../src/plan/match/mergeJoin';
import type { NameFolding } from '../../../../src/plan/match/nameFolding';
import type { FileEntry } from '../../../../src/remote/entry';
import { comparePaths, parsePath } from '../../../../src/remote/remotePath';
import { type Random, random } from '../../../support/random';

const asWritten: NameFolding = { caseSensitive: true, foldsUnicode: false, onDisk: false };
const ignoringCase: NameFolding = { caseSensitive: false, foldsUnicode: false, onDisk: true };
const unicodeOnly: NameFolding = { caseSensitive: true, foldsUnicode: true, onDisk: false };
const unicodeOnDisk: NameFolding = { caseSensitive: true, foldsUnicode: true, onDisk: true };

function entry(path: string): FileEntry {
  return { kind: 'file', path: parsePath(path), size: 1 };
}

/** Sorted batches of at most `size`. */
async function* batches(names: readonly string[], size = 2): AsyncGenerator<FileBatch> {
  const sorted = [...names].sort(comparePaths);
  for (let i = 0; i < sorted.length; i += size) {
    const paths = sorted.slice(i, i + size).map((name) => parsePath(name));
    yield { paths, files: paths.map(entry) };
  }
}

async function joined(
  source: AsyncIterable<FileBatch>,
  target: AsyncIterable<FileBatch>,
  folding = asWritten,
  conflicts?: FileFolderConflicts,
): Promise<Match[]> {
  const all: Match[] = [];
  for await (const batch of mergeJoin(source, target, folding, conflicts)) all.push(...batch);
  return all;
}

/** `a=a` a pair, `a=` only on the source, `=a` only on the target, `!` after a conflict. */
function text(matches: readonly Match[]): string[] {
  return matches.map(
    ({ source, target, nameConflict }) =>
      `${nameConflict ? `${nameConflict.because}(${nameConflict.with ?? ''})!` : ''}${source?.path ?? ''}=${target?.path ?? ''}`,
  );
}

async function join(source: string[], target: string[], folding?: NameFolding): Promise<string> {
  return text(await joined(batches(source), batches(target), folding)).join(' ');
}

test('two listings are joined by name in byte order', async () => {
  assert.equal(await join(['a/b', 'a-b', '😀'], ['a-b', 'a0', '～']), 'a-b=a-b a/b= =a0 =～ 😀=');
});

test('a side without files leaves all files to the other side', async () => {
  assert.equal(await join([], ['a', 'b', 'c']), '=a =b =c');
  assert.equal(await join(['a', 'b', 'c'], []), 'a= b= c=');
  assert.equal(await join([], []), '');
});

const alphabet = ['a', 'b', 'A', 'a/b', 'a-b', 'a.b', 'é', 'e\u0301', '～', '😀', 'a/a', 'ab', 'b/A', 'z'];

function names(r: Random): string[] {
  return alphabet
    .filter(() => r.chance(0.5))
    .flatMap((name) => (r.chance(0.3) ? [name, `${name}/x`] : [name]));
}

test('the merge join gives the result of a join by map, for any pages', async () => {
  for (let seed = 1; seed <= 500; seed++) {
    const r = random(seed);
    const source = [...new Set(names(r))];
    const target = [...new Set(names(r))];
    const expected = [...new Set([...source, ...target])]
      .sort(comparePaths)
      .map((name) => `${source.includes(name) ? name : ''}=${target.includes(name) ? name : ''}`);
    const matches = await joined(batches(source, 1 + r.whole(4)), batches(target, 1 + r.whole(4)));
    assert.deepEqual(text(matches), expected, `seed ${seed}`);
  }
});

test('with folding every file is in exactly one match, and no two used names share a key', async () => {
  for (const folding of [ignoringCase, unicodeOnly, unicodeOnDisk])
    for (let seed = 1; seed <= 300; seed++) {
      const r = random(seed);
      const source = [...new Set(names(r))];
      const target = [...new Set(names(r))];
      const matches = await joined(batches(source), batches(target), folding);
      assert.deepEqual(matches.flatMap((m) => m.source?.path ?? []).sort(), [...source].sort());
      assert.deepEqual(matches.flatMap((m) => m.target?.path ?? []).sort(), [...target].sort());
      const key = (path: string) => {
        const normal = folding.foldsUnicode ? path.normalize('NFC') : path;
        return folding.caseSensitive ? normal : normal.toLowerCase();
      };
      const used = matches.filter((m) => m.source && !m.nameConflict).map((m) => key(m.path));
      const expected = new Set(source.map(key)).size;
      // Each spelling with an equal on the other side is used; otherwise one spelling per key.
      const exact = new Set(source.filter((name) => target.includes(name)));
      const extra = [...exact].length - new Set([...exact].map(key)).size;
      assert.equal(used.length, expected + extra, `seed ${seed}`);
    }
});

test('R12: names in another Unicode form are a pair, and names without folding keep their order', async () => {
  assert.equal(await join(['e\u0301', 'a', 'z'], ['é', 'a', 'z'], unicodeOnly), 'a=a z=z e\u0301=é');
  assert.equal(await join(['e\u0301', 'a'], ['é', 'a'], asWritten), 'a=a e\u0301= =é');
});

test('H15: names that differ only in case are a pair where a side ignores case', async () => {
  assert.equal(await join(['Read'], ['read'], ignoringCase), 'Read=read');
  assert.equal(await join(['Read'], ['read'], unicodeOnly), 'Read= =read');
});

test('R13: of spellings of one name, the one with an equal is used, else the first; the others are conflicts', async () => {
  assert.equal(await join(['Read', 'read'], ['read'], ignoringCase), 'read=read sameName()!Read=');
  assert.equal(await join(['Read', 'read'], ['Read'], ignoringCase), 'Read=Read sameName()!read=');
  assert.equal(await join(['Read', 'read'], [], ignoringCase), 'Read= sameName(Read)!read=');
  assert.equal(await join(['Read', 'read'], ['READ'], ignoringCase), 'Read=READ sameName(Read)!read=');
  assert.equal(await join(['Read'], ['Read', 'read'], ignoringCase), 'Read=Read sameName()!=read');
  assert.equal(await join([], ['Read', 'read'], ignoringCase), '=Read =read');
});

test('a failed listing ends the join with its error and closes the other side', async () => {
  let closed = false;
  async function* failing(): AsyncGenerator<FileBatch> {
    yield* batches(['a', 'b'], 1);
    throw new Error('cut off');
  }
  async function* open(): AsyncGenerator<FileBatch> {
    try {
      for (let i = 0; ; i++) yield* batches([`x${String(i).padStart(5, '0')}`]);
    } finally {
      closed = true;
    }
  }
  for (const [source, target] of [
    [failing(), open()],
    [open(), failing()],
  ] as const) {
    closed = false;
    await assert.rejects(joined(source, target), /cut off/);
    await new Promise((resolve) => setImmediate(resolve));
    assert.ok(closed);
  }
});

test('both listings are read side by side', async () => {
  const order: string[] = [];
  async function* slow(side: string): AsyncGenerator<FileBatch> {
    for (let i = 0; i < 4; i++) {
      order.push(`${side}${i} requested`);
      await new Promise((resolve) => setTimeout(resolve, 5));
      yield* batches([`${side}${i}`]);
    }
  }
  await joined(slow('a'), slow('b'));
  // Every name of a comes before those of b, but the second page of b is requested before the last page of a.
  assert.ok(order.indexOf('b1 requested') < order.indexOf('a3 requested'), order.join(', '));
});

/** The matches with a conflict, and the refused names, each with the name in its way. */
async function conflicts(
  source: string[],
  target: string[],
): Promise<[conflicts: string[], refused: string[]]> {
  const found = new FileFolderConflicts();
  const matches = await joined(batches(source), batches(target), asWritten, found);
  const refused = [...found.refused].map(([path, by]) => `${path}: ${by}`);
  return [text(matches.filter((m) => m.nameConflict)), refused];
}

test('H16: of a file and a folder of one name on the source, the file is refused', async () => {
  assert.deepEqual(await conflicts(['a', 'a-b', 'a/b', 'a/c', 'a0'], []), [[], ['a: a/b']]);
});

test('R14: files in a target folder are not touched for a source file of its name', async () => {
  const below = ['fileAgainstFolder(a)!=a/b', 'fileAgainstFolder(a)!=a/c'];
  assert.deepEqual(await conflicts(['a'], ['a/b', 'a/c']), [below, ['a: a/b']]);
});

test('H16: nothing is written below a target file', async () => {
  const below = ['fileAgainstFolder(a)!a/b=', 'fileAgainstFolder(a)!a/c/d='];
  assert.deepEqual(await conflicts(['a/b', 'a/c/d'], ['a']), [below, ['a: a/b']]);
  assert.deepEqual(await conflicts(['a', 'a/b'], ['a']), [['fileAgainstFolder(a)!a/b='], []]);
});

test('names with a common prefix do not conflict', async () => {
  assert.deepEqual(await conflicts(['a', 'a.b/c', 'ab/c'], ['a b/c', 'a0']), [[], []]);
});

test('one pass finds the same conflicts as a comparison of all pairs of names', async () => {
  for (let seed = 1; seed <= 500; seed++) {
    const r = random(seed);
    const source = [...new Set(names(r))];
    const [, refused] = await conflicts(source, []);
    const expected = source.filter((a) => source.some((b) => b.startsWith(`${a}/`))).sort(comparePaths);
    assert.deepEqual(refused.map((one) => one.split(': ')[0]).sort(), expected.sort(), `seed ${seed}`);
  }
});
