import assert from 'node:assert/strict';
import { nameProblem } from '../../../src/remote/capabilities';
import {
  at,
  calm,
  deepNames,
  names,
  noPrecondition,
  readText,
  refused,
  write,
} from '../../support/remoteCalls';
import type { ContractContext } from '../remoteContract';

const oddNames = [
  'with space',
  ' leading space',
  'trailing space ',
  'plus+sign',
  'percent%41%',
  '100% + more&less=?',
  '#hash;semi,comma',
  'quote\'s "double"',
  'back\\slash',
  'star*question?',
  '<angle>|pipe:colon',
  'tab\tand\nnewline',
  'bell\u0007',
  '\u007fdelete',
  '...',
  '.hidden',
  'trailing.',
  '~',
  '$HOME',
  '-dash',
  'con',
  'é (NFC)',
  'e\u0301 (NFD)',
  'Ångström ﬁ',
  '日本語',
  'עברית',
  '😀 astral 𝒳',
  '～ fullwidth',
  '\ufeffbom',
  '\u202edirection',
  'ß and SS',
];

export function registerNameTests({ sentence }: ContractContext): void {
  sentence('H18: odd names are stored, listed, read and removed unchanged', async ({ remote, root }) => {
    const rules = remote.capabilities.names;
    const storable = oddNames.filter((name) => nameProblem(at(root, name), rules) === undefined);
    assert.ok(storable.length > 10);
    for (const name of storable) await write(remote, at(root, name), `in ${name}`);
    assert.deepEqual(await names(remote, root), [...storable].sort());
    if (remote.listRecursive) assert.deepEqual((await deepNames(remote, root)).sort(), [...storable].sort());
    for (const name of storable) {
      assert.equal(await readText(remote, at(root, name)), `in ${name}`);
      const entry = await remote.stat(at(root, name), calm);
      assert.ok(entry.kind === 'file' && entry.path === at(root, name));
      await remote.removeFile(at(root, name), noPrecondition, calm);
    }
    assert.deepEqual(await names(remote, root), []);
  });

  sentence('odd names work for folders', async ({ remote, root }) => {
    const rules = remote.capabilities.names;
    const storable = oddNames.filter((name) => nameProblem(at(root, `${name}/f`), rules) === undefined);
    for (const name of storable) await write(remote, at(root, `${name}/f`), name);
    assert.deepEqual(await names(remote, root), storable.map((name) => `${name}/`).sort());
    for (const name of storable) {
      assert.deepEqual(await names(remote, at(root, name)), ['f']);
      assert.equal((await remote.stat(at(root, name), calm)).kind, 'folder');
    }
  });

  sentence("names that the remote can't hold are badName", async ({ remote, root }) => {
    const rules = remote.capabilities.names;
    for (const name of oddNames.filter((name) => nameProblem(at(root, name), rules) !== undefined))
      await refused(write(remote, at(root, name), 'x'), 'badName');
    if (rules.maxPartBytes !== undefined)
      await refused(write(remote, at(root, 'é'.repeat(rules.maxPartBytes / 2 + 1)), 'x'), 'badName');
    if (rules.maxPathBytes !== undefined) {
      const long = 'long/'.repeat(Math.ceil(rules.maxPathBytes / 5));
      await refused(write(remote, at(root, `${long}x`), 'x'), 'badName');
    }
    assert.deepEqual(await names(remote, root), []);
  });

  sentence('the longest names work', async ({ remote, root }) => {
    const { maxPartBytes = 255, maxPathBytes = 1000 } = remote.capabilities.names;
    const part = 'ü'
      .repeat(Math.floor(Math.min(maxPartBytes, 255) / 2))
      .padEnd(maxPartBytes > 255 ? 200 : 0, 'x');
    await write(remote, at(root, part), 'long part');
    assert.equal(await readText(remote, at(root, part)), 'long part');
    const limit = Math.min(maxPathBytes, 1024);
    let path = at(root, 'd');
    while (Buffer.byteLength(path) + 101 <= limit) path = at(path, 'p'.repeat(100));
    const rest = limit - Buffer.byteLength(path) - 1;
    if (rest > 0) path = at(path, 'q'.repeat(rest));
    assert.ok(Buffer.byteLength(path) <= limit);
    await write(remote, path, 'long path');
    assert.equal(await readText(remote, path), 'long path');
    if (remote.listRecursive) assert.equal((await deepNames(remote, root)).length, 2);
  });

  sentence('names that differ in case are one file or two, as declared', async ({ remote, root }) => {
    await write(remote, at(root, 'Read'), 'upper');
    await write(remote, at(root, 'read'), 'lower');
    const expected = remote.capabilities.names.caseSensitive ? ['Read', 'read'] : ['Read'];
    assert.deepEqual(await names(remote, root), expected);
    const upper = remote.capabilities.names.caseSensitive ? 'upper' : 'lower';
    assert.equal(await readText(remote, at(root, 'Read')), upper);
  });

  sentence('H14: names that differ in Unicode form are one file or two, as declared', async (opened) => {
    const { remote, root } = opened;
    await write(remote, at(root, '\u00e9'), 'composed');
    await write(remote, at(root, 'e\u0301'), 'decomposed');
    const folds = remote.capabilities.names.foldsUnicode;
    assert.equal((await names(remote, root)).length, folds ? 1 : 2);
    assert.equal(await readText(remote, at(root, '\u00e9')), folds ? 'decomposed' : 'composed');
  });
}
