import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { utimesText } from '../../../../src/backends/local/localEntry';
import { openLocalRemote } from '../../../../src/backends/local/localRemote';
import type { RecursiveListOptions, Remote } from '../../../../src/remote/remote';
import { RemoteError } from '../../../../src/remote/remoteError';
import { comparePaths, parsePath, rootPath } from '../../../../src/remote/remotePath';
import { inBothThreads } from '../../../support/bothThreads';
import { random } from '../../../support/random';
import {
  body,
  calm,
  deepNames,
  drain,
  failingBody,
  ifAbsent,
  ifMatch,
  names,
  noPrecondition,
  pagesOf,
  pattern,
  readText,
  refused,
  statFile,
  write,
} from '../../../support/remoteCalls';
import { ofKind } from '../../../support/remoteErrors';
import { given } from './localFixture';

const posix = process.platform === 'win32' ? { skip: 'POSIX only' } : {};
const asRoot = process.geteuid?.() === 0 ? {} : { skip: 'needs root to change the user' };

/** Runs `work` as a user without rights to the files of root. */
async function asNobody(folder: string, work: () => Promise<void>): Promise<void> {
  fs.chmodSync(path.dirname(folder), 0o755);
  process.seteuid?.(65534);
  try {
    await work();
  } finally {
    process.seteuid?.(0);
  }
}

function listAll(remote: Remote, options: RecursiveListOptions = {}) {
  return pagesOf(remote.listRecursive?.(rootPath, options, calm) ?? assert.fail());
}

/** "kind path" of each entry of a deep listing; "reason path" of unusable entries. */
async function deep(remote: Remote, options: RecursiveListOptions = { followSymlinks: true }) {
  return (await listAll(remote, options))
    .flat()
    .map((entry) =>
      entry.kind === 'unusable' ? `${entry.reason} ${entry.protects}` : `${entry.kind} ${entry.path}`,
    );
}

inBothThreads('H19: nothing is changed through a link that leads out of the folder', posix, async (t) => {
  const { remote, outside, at } = given(t);
  fs.writeFileSync(path.join(outside, 'theirs'), 'untouched');
  fs.symlinkSync(outside, at('out'));
  fs.writeFileSync(at('mine'), 'mine');
  const mine = await statFile(remote, parsePath('mine'));
  const theirs = await statFile(remote, parsePath('out/theirs'));
  for (const attempt of [
    () => write(remote, parsePath('out/new'), 'x'),
    () => write(remote, parsePath('out/theirs'), 'x'),
    () => write(remote, parsePath('out/deep/new'), 'x'),
    () => remote.makeFolder(parsePath('out/new'), calm),
    () => remote.removeFile(parsePath('out/theirs'), noPrecondition, calm),
    () => remote.serverSideCopy?.(mine, parsePath('out/copy'), noPrecondition, calm),
    () => remote.serverSideMove?.(mine, parsePath('out/moved'), noPrecondition, calm),
    () => remote.serverSideMove?.(theirs, parsePath('stolen'), noPrecondition, calm),
    () => remote.setModifiedTime?.(theirs, { s: 1, ns: 0 }, calm),
  ])
    await refused(Promise.resolve(attempt()), 'forbidden');
  assert.deepEqual(fs.readdirSync(outside), ['theirs']);
  assert.equal(fs.readFileSync(path.join(outside, 'theirs'), 'utf8'), 'untouched');
});

inBothThreads('H19: a file that is a link out of the folder is not written through', posix, async (t) => {
  const { remote, outside, at } = given(t);
  fs.writeFileSync(path.join(outside, 'theirs'), 'untouched');
  fs.symlinkSync(path.join(outside, 'theirs'), at('link'));
  fs.symlinkSync(path.join(outside, 'nothing'), at('broken'));
  await refused(write(remote, parsePath('link'), 'x'), 'forbidden');
  await refused(write(remote, parsePath('broken'), 'x'), 'forbidden', 'alreadyExists');
  assert.deepEqual(fs.readdirSync(outside), ['theirs']);
  assert.equal(fs.readFileSync(path.join(outside, 'theirs'), 'utf8'), 'untouched');
});

inBothThreads('a link that stays inside is written through and remains a link', posix, async (t) => {
  const { remote, at, put } = given(t);
  put('real/f', 'old');
  fs.symlinkSync('real/f', at('link'));
  await write(remote, parsePath('link'), 'new');
  assert.ok(fs.lstatSync(at('link')).isSymbolicLink());
  assert.equal(fs.readFileSync(at('real', 'f'), 'utf8'), 'new');
  fs.symlinkSync('real', at('also'));
  await write(remote, parsePath('also/g'), 'g');
  assert.equal(fs.readFileSync(at('real', 'g'), 'utf8'), 'g');
});

inBothThreads('a root that is itself a link works', posix, async (t) => {
  const { folder, outside } = given(t);
  fs.symlinkSync(folder, path.join(outside, 'root'));
  const remote = openLocalRemote({ root: path.join(outside, 'root') });
  await write(remote, parsePath('a/b'), 'x');
  assert.equal(fs.readFileSync(path.join(folder, 'a', 'b'), 'utf8'), 'x');
});

inBothThreads("a missing root can't be listed, and the first write creates it", async (t) => {
  const { at } = given(t);
  const remote = openLocalRemote({ root: at('not', 'yet') });
  await refused(names(remote, rootPath), 'notFound');
  await refused(deepNames(remote, rootPath), 'notFound');
  await write(remote, parsePath('f'), 'x');
  assert.deepEqual(await names(remote, rootPath), ['f']);
});

inBothThreads('a folder that another program removes and recreates receives writes again', async (t) => {
  const { remote, at } = given(t);
  await write(remote, parsePath('d/f'), '1');
  fs.rmSync(at('d'), { recursive: true });
  await write(remote, parsePath('d/f'), '2').catch(() => write(remote, parsePath('d/f'), '2'));
  assert.equal(fs.readFileSync(at('d', 'f'), 'utf8'), '2');
});

inBothThreads('an overwritten file keeps its mode, and a new file has the default mode', posix, async (t) => {
  const { remote, at } = given(t);
  fs.writeFileSync(at('script'), 'old');
  fs.chmodSync(at('script'), 0o751);
  await write(remote, parsePath('script'), 'new');
  assert.equal(fs.statSync(at('script')).mode & 0o7777, 0o751);
  await write(remote, parsePath('plain'), 'x');
  fs.writeFileSync(at('reference'), 'x');
  assert.equal(fs.statSync(at('plain')).mode, fs.statSync(at('reference')).mode);
});

inBothThreads('a failed write leaves no temporary file behind (A29)', async (t) => {
  const { remote, folder, at } = given(t);
  fs.writeFileSync(at('old'), 'old');
  const error = new RemoteError('unavailable', 'The source went away.');
  for (const good of [0, 500, 100_000])
    await refused(
      remote.write(parsePath('old'), failingBody(200_000, good, error), {}, noPrecondition, calm),
      'unavailable',
    );
  const stale = await statFile(remote, parsePath('old'));
  fs.writeFileSync(at('old'), 'changed by someone');
  await refused(remote.write(parsePath('old'), body('x'), {}, ifMatch(stale), calm), 'changed');
  await refused(remote.write(parsePath('old'), body('x'), {}, ifAbsent, calm), 'alreadyExists');
  assert.deepEqual(fs.readdirSync(folder), ['old']);
  assert.equal(fs.readFileSync(at('old'), 'utf8'), 'changed by someone');
});

inBothThreads('a file that appears during a write with ifAbsent is not replaced', async (t) => {
  const { remote, folder, at } = given(t);
  const sly = body('mine');
  const source = {
    ...sly,
    open: async (...args: Parameters<typeof sly.open>) => {
      fs.writeFileSync(at('f'), 'theirs');
      return sly.open(...args);
    },
  };
  await refused(remote.write(parsePath('f'), source, {}, ifAbsent, calm), 'alreadyExists');
  assert.equal(fs.readFileSync(at('f'), 'utf8'), 'theirs');
  assert.deepEqual(fs.readdirSync(folder), ['f']);
});

inBothThreads('H21: a read of a file that changes meanwhile fails as changed', async (t) => {
  const { remote, at } = given(t);
  const overwrite = (file: string) => {
    const handle = fs.openSync(file, 'r+');
    fs.writeSync(handle, 'y', 5);
    fs.closeSync(handle);
  };
  const spoil: readonly ((file: string) => void)[] = [
    (file) => fs.appendFileSync(file, 'more'),
    (file) => fs.truncateSync(file, 100),
    overwrite,
    (file) => {
      overwrite(file);
      fs.utimesSync(file, 1_600_000_000, 1_600_000_000);
    },
  ];
  for (const [i, change] of spoil.entries())
    for (const size of [10, 2_000_000]) {
      fs.writeFileSync(at('f'), pattern(size));
      fs.utimesSync(at('f'), 1_600_000_000, 1_600_000_000);
      const { stream } = await remote.read(parsePath('f'), {}, calm);
      change(at('f'));
      await assert.rejects(drain(stream), ofKind('changed'), `change ${i} of ${size} bytes`);
    }
});

inBothThreads('H21: a second change within one clock tick is detected', async (t) => {
  const { remote, at } = given(t);
  for (let i = 0; i < 30; i++) {
    fs.writeFileSync(at('f'), 'a'.repeat(1000));
    const { stream } = await remote.read(parsePath('f'), {}, calm);
    fs.writeFileSync(at('f'), 'b'.repeat(1000));
    await refused(drain(stream), 'changed');
  }
});

inBothThreads(
  'H2: links, loops, pipes and odd names are listed with the path that they protect',
  posix,
  async (t) => {
    const { remote, outside, at, put } = given(t);
    put('../outside/target', 'linked');
    put('../outside/tree/leaf');
    put('d/good-\ufffd');
    for (const [name, target] of [
      ['link', path.join(outside, 'target')],
      ['links', path.join(outside, 'tree')],
      ['broken', 'nowhere'],
      ['up', '..'],
      ['self', 'self'],
    ] as const)
      fs.symlinkSync(target, at('d', name));
    execFileSync('mkfifo', [at('d', 'pipe')]);
    fs.writeFileSync(Buffer.from(`${at('d')}/bad-\xff`, 'latin1'), 'x');
    assert.deepEqual((await deep(remote)).sort(), [
      'brokenLink d/broken',
      'file d/good-\ufffd',
      'file d/link',
      'file d/links/leaf',
      'invalidText d/bad-\ufffd',
      'linkLoop d/self',
      'linkLoop d/up',
      'notRegular d/pipe',
    ]);
    assert.deepEqual((await deep(remote, { followSymlinks: false })).sort(), [
      'file d/good-\ufffd',
      'invalidText d/bad-\ufffd',
      'notRegular d/pipe',
      'symlink d/broken',
      'symlink d/link',
      'symlink d/links',
      'symlink d/self',
      'symlink d/up',
    ]);
    await refused(remote.read(parsePath('d/pipe'), {}, calm), 'unsupported');
  },
);

inBothThreads('two links into each other are a loop in both kinds of listings', posix, async (t) => {
  const { remote, at, put } = given(t);
  put('a/f');
  fs.mkdirSync(at('b'));
  fs.symlinkSync('../b', at('a', 'to-b'));
  fs.symlinkSync('../a', at('b', 'to-a'));
  const deepNames = ['file a/f', 'linkLoop a/to-b/to-a', 'file b/to-a/f', 'linkLoop b/to-a/to-b'];
  assert.deepEqual(await deep(remote), deepNames);
  assert.deepEqual(await names(remote, parsePath('a')), ['f', 'to-b/']);
  assert.deepEqual(await names(remote, parsePath('a/to-b')), ['to-a (linkLoop)']);
});

inBothThreads('H2: unreadable entries are listed, and a skipped folder is not read', asRoot, async (t) => {
  const { folder, at, put, remote } = given(t);
  for (const file of ['ok', 'secret', 'closed/inside']) put(file);
  for (const name of ['secret', 'closed']) fs.chmodSync(at(name), 0o000);
  await asNobody(folder, async () => {
    for (const options of [{ followSymlinks: true }, {}])
      assert.deepEqual(await deep(remote, options), ['unreadable closed', 'file ok', 'unreadable secret']);
    const skipFolder = (skipped: string) => skipped === 'closed';
    assert.deepEqual(await deep(remote, { skipFolder }), ['file ok', 'unreadable secret']);
    await refused(names(remote, parsePath('closed')), 'forbidden');
    await refused(remote.read(parsePath('secret'), {}, calm), 'forbidden');
    await refused(write(remote, parsePath('new'), 'x'), 'forbidden');
  });
});

inBothThreads('H11: a deep listing is in the order of whole paths', async (t) => {
  const { remote, put } = given(t);
  const parts = ['a', 'a-', 'a.b', 'a b', 'B', 'é', '～', '😀', '!', '0', 'z'];
  const { whole, pick } = random(7);
  const expected = new Set<string>();
  for (let i = 0; i < 400; i++) {
    const folders = Array.from({ length: 1 + whole(4) }, () => pick(parts));
    expected.add(`${folders.join('/')}.f${whole(3)}`);
  }
  for (const file of expected) put(file);
  const sorted = [...expected].sort(comparePaths);
  assert.deepEqual(await deepNames(remote, rootPath), sorted);
  assert.deepEqual(
    await deep(remote, { followSymlinks: true }),
    sorted.map((file) => `file ${file}`),
  );
});

inBothThreads('a deep listing of many files comes in batches', async (t) => {
  const { remote, put } = given(t);
  for (let i = 0; i < 2700; i++) put(`d${i % 3}/f${i}`, '');
  const pages = await listAll(remote);
  assert.equal(pages.flat().length, 2700);
  assert.ok(pages.length >= 2 && pages.every((page) => page.length < 2000));
});

inBothThreads('utimesText keeps every microsecond, also before 1970', async (t) => {
  const { at } = given(t);
  fs.writeFileSync(at('f'), 'x');
  const seconds = fc.integer({ min: -2_000_000_000, max: 4_000_000_000 });
  fc.assert(
    fc.property(seconds, fc.nat(999_999), fc.nat(999), (s, microseconds, rest) => {
      const text = utimesText({ s, ns: microseconds * 1000 + rest });
      fs.utimesSync(at('f'), text, text);
      const expected = BigInt(s) * 1_000_000_000n + BigInt(microseconds) * 1000n;
      assert.equal(fs.statSync(at('f'), { bigint: true }).mtimeNs, expected);
    }),
    { numRuns: 300 },
  );
});

inBothThreads('case sensitivity is detected from existing names, without writing', async (t) => {
  const { remote, folder, at } = given(t);
  fs.writeFileSync(at('SomeName'), 'x');
  const before = fs.readdirSync(folder);
  const sees = !fs.existsSync(at('somename'));
  assert.equal(remote.capabilities.names.caseSensitive, sees);
  assert.deepEqual(fs.readdirSync(folder), before);
});

inBothThreads("names that the remote can't hold never reach the disk", async (t) => {
  const { remote, folder } = given(t);
  await refused(write(remote, parsePath(`${'x'.repeat(256)}`), 'x'), 'badName');
  await refused(remote.makeFolder(parsePath(`ok/${'é'.repeat(128)}`), calm), 'badName');
  assert.deepEqual(fs.readdirSync(folder), []);
});

inBothThreads('sixteen concurrent reads of a file return its content', async (t) => {
  const { remote, at } = given(t);
  fs.writeFileSync(at('f'), 'content');
  const texts = await Promise.all(Array.from({ length: 16 }, () => readText(remote, parsePath('f'))));
  assert.deepEqual(new Set(texts), new Set(['content']));
});

inBothThreads('storageId resolves links, also for a missing folder', posix, (t) => {
  const { folder, outside, at } = given(t);
  fs.symlinkSync(outside, at('link'));
  const locationOf = (root: string) => openLocalRemote({ root }).capabilities.storageId;
  assert.equal(locationOf(at('link')), locationOf(outside));
  assert.equal(locationOf(at('link', 'new', 'x')), `${locationOf(outside)}/new/x`);
  assert.equal(locationOf(folder), `disk:${fs.realpathSync(folder)}`);
  assert.equal(locationOf('/'), 'disk:');
  assert.notEqual(locationOf(folder), locationOf(outside));
});
