import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { openLocalRemote } from '../../../../src/backends/local/localRemote';
import type { Place } from '../../../../src/plan/model/plan';
import { defaultPlanOptions, type PlanOptions } from '../../../../src/plan/model/planOptions';
import type { Remote } from '../../../../src/remote/remote';
import { RemoteError, type RemoteErrorKind } from '../../../../src/remote/remoteError';
import { parsePath, rootPath } from '../../../../src/remote/remotePath';
import { explainPath } from '../../../../src/usecases/explainPath';
import { listSides } from '../../../../src/usecases/listSides';
import { planSync } from '../../../../src/usecases/planSync';
import { createMemoryRemote, type MemoryRemote } from '../../../support/memoryRemote/memoryRemote';
import { ofKind } from '../../../support/remoteErrors';

const never = new AbortController().signal;
const gitignore = { ignoreFiles: ['.gitignore'] } as const;

const made: string[] = [];
after(() => {
  for (const folder of made) rmSync(folder, { recursive: true, force: true });
});

type Disk = Remote & { folder: string; asked: string[] };

/** A disk that holds these files, with its requests. */
function disk(files: Readonly<Record<string, string | Uint8Array>>): Disk {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'cloud-remotes-ignore-'));
  made.push(folder);
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
    writeFileSync(path.join(folder, file), text);
  }
  const remote = openLocalRemote({ root: folder });
  const asked: string[] = [];
  return {
    ...remote,
    folder,
    asked,
    capabilities: remote.capabilities,
    listRecursive(at, options, signal) {
      asked.push(`list:${at}`);
      return remote.listRecursive?.(at, options, signal) ?? remote.list(at, {}, signal);
    },
    read(at, options, signal) {
      asked.push(`read:${at}`);
      return remote.read(at, options, signal);
    },
  };
}

function store(...paths: readonly string[]): MemoryRemote {
  const remote = createMemoryRemote({ hasDirectories: false });
  for (const each of paths) remote.put(each, 'x');
  return remote;
}

function at(remote: Remote, root = '') {
  return { remote, root: parsePath(root) };
}

/** The paths with `<` for only on the source, `>` only on the target, `=` on both; with `!` where excluded. */
async function listed(source: Remote, target: Remote, options: Partial<PlanOptions>): Promise<string> {
  const all = { ...defaultPlanOptions, deletes: 'after', ...options } as const;
  const { matches } = await listSides(at(source), at(target), all, undefined, never, 0);
  const words: string[] = [];
  for await (const batch of matches)
    for (const { source: from, target: to, path: name, excluded } of batch)
      words.push(`${from && to ? '=' : from ? '<' : '>'}${name}${excluded ? '!' : ''}`);
  return words.join(' ');
}

/** Planning fails with this error when `source` is synced to a store. */
const rejects = (source: Remote, kind: RemoteErrorKind, message: RegExp) =>
  assert.rejects(listed(source, store('y.log'), gitignore), ofKind(kind, message));

const tree = {
  '.gitignore': 'node_modules/\n*.log\n/only\n',
  'a.log': '',
  b: '',
  only: '',
  'node_modules/.gitignore': '!x',
  'node_modules/x': '',
  'sub/.gitignore': '!keep.log\ntmp/\n',
  'sub/keep.log': '',
  'sub/only': '',
  'sub/tmp/x': '',
  'sub/deep/keep.log': '',
  'sub/deep/other.log': '',
};

test('ignore files exclude files on both sides, and are ordinary files themselves (H4)', async () => {
  const target = store('a.log', 'c.log', 'node_modules/y', 'sub/keep.log', 'sub/tmp/y', 'sub/z.log', 'z');
  assert.equal(
    await listed(disk(tree), target, gitignore),
    '<.gitignore <b <sub/.gitignore <sub/deep/keep.log =sub/keep.log <sub/only >z',
  );
});

test('without the option ignore files have no effect', async () => {
  assert.match(await listed(disk(tree), store(), {}), /<a\.log .*<node_modules\/x /);
  assert.match(await listed(disk(tree), store(), { ignoreFiles: [] }), /<a\.log /);
});

test('neither ignored nor excluded folders are listed', async () => {
  const source = disk({ ...tree, '.git/x/y': '', 'out/.gitignore': '*' });
  await listed(source, store(), { ...gitignore, filters: [{ exclude: '/out/' }] });
  const beforeListing = source.asked.slice(0, source.asked.lastIndexOf('list:'));
  assert.deepEqual(beforeListing.sort(), [
    'list:',
    'list:sub',
    'list:sub/deep',
    'read:.gitignore',
    'read:sub/.gitignore',
  ]);
});

test('a later name takes precedence in a folder, and a deeper file over both', async () => {
  const empty = Object.fromEntries(['a', 'b', 'c', 'd', 'e', 'sub/a', 'sub/b'].map((name) => [name, '']));
  const rules = { '.gitignore': 'a\nb\nc', '.s3ignore': '!a\n!b\nd', 'sub/.gitignore': 'b' };
  const filters = [{ exclude: '.*ignore' }];
  const by = (...ignoreFiles: readonly string[]) =>
    listed(disk({ ...empty, ...rules }), store(), { filters, ignoreFiles });
  assert.equal(await by('.gitignore', '.s3ignore'), '<a <b <e <sub/a');
  assert.equal(await by('.s3ignore', '.gitignore'), '<e');
});

test('a download reads ignore files from the target, and two disks from the source', async () => {
  const target = disk({ '.gitignore': '*.log', 'old.log': '' });
  assert.equal(await listed(store('a.log', 'b'), target, gitignore), '>.gitignore <b');
  const source = disk({ '.gitignore': '*.md', 'a.md': '', 'a.log': '' });
  assert.equal(await listed(source, target, gitignore), '=.gitignore <a.log >old.log');
});

test('a missing target folder has no ignore rules', async () => {
  const missing = openLocalRemote({ root: path.join(disk({}).folder, 'missing') });
  assert.equal(await listed(store('a'), missing, gitignore), '<a');
});

test('without a disk on either side the option is rejected with a remedy', async () => {
  const remedy = /"ignoreFiles" reads \.gitignore .* neither side .* Remove the option/;
  await rejects(store('a'), 'badSettings', remedy);
});

test('an unreadable ignore file fails the plan and is named', async () => {
  const source = failing(disk(tree), 'sub/.gitignore', 'forbidden');
  const sentence = /^The ignore file "sub\/\.gitignore" can't be read: No\. .* nothing was planned\.$/;
  await rejects(source, 'forbidden', sentence);
});

/** The disk, where this file can't be read. */
function failing(source: Disk, name: string, kind: RemoteErrorKind): Remote {
  const read: Remote['read'] = async (file) => {
    if (file === name) throw new RemoteError(kind, 'No.');
    return source.read(file, {}, never);
  };
  return { ...source, capabilities: source.capabilities, read };
}

test('an ignore file that is deleted before it is read has no rules', async () => {
  const source = failing(disk({ '.gitignore': 'a', a: '' }), '.gitignore', 'notFound');
  assert.equal(await listed(source, store(), gitignore), '<.gitignore <a');
});

test('an ignore file over 1 MiB is rejected, and one of exactly 1 MiB is read', async () => {
  const mebibyte = 'a\n'.padEnd(1024 * 1024, '#');
  assert.equal(await listed(disk({ '.gitignore': mebibyte, a: '' }), store(), gitignore), '<.gitignore');
  const larger = disk({ '.gitignore': `${mebibyte}#`, a: '' });
  await rejects(larger, 'unsupported', /"\.gitignore" is larger than 1 MiB/);
});

test('ignore files are read in the encodings that Windows writes, and one that is no text fails the plan', async () => {
  const lines = '*.log\r\n/größe\r\n';
  const utf16 = () => Buffer.from(`\uFEFF${lines}`, 'utf16le');
  for (const content of [`\uFEFF${lines}`, utf16(), utf16().swap16()]) {
    const source = disk({ '.gitignore': content, 'x.log': '', größe: '', a: '' });
    assert.equal(await listed(source, store('y.log'), gitignore), '<.gitignore <a');
  }
  const noText = /"sub\/\.gitignore" (?:is not UTF-8|holds NUL).* Save it as UTF-8\. .*nothing was planned/;
  for (const content of [Buffer.from(lines, 'utf16le'), Buffer.from(lines, 'latin1'), Buffer.from('a\0b')])
    await rejects(disk({ 'sub/.gitignore': content, a: '' }), 'corrupted', noText);
});

const skip = process.platform === 'win32';
test('links are not followed, neither to a folder nor to an ignore file', { skip }, async () => {
  const elsewhere = disk({ '.gitignore': '*', x: '' });
  const source = disk({ a: '' });
  symlinkSync(elsewhere.folder, path.join(source.folder, 'linked'));
  assert.equal(await listed(source, store(), gitignore), '<a <linked/.gitignore <linked/x');
  symlinkSync(path.join(elsewhere.folder, '.gitignore'), path.join(source.folder, '.gitignore'));
  await rejects(source, 'unsupported', /"\.gitignore" is not a regular file \(symlink\)/);
});

test('ignore files are read below the root of the side, not of the remote', async () => {
  const source = disk({ '.gitignore': '*', 'in/.gitignore': 'a', 'in/a': '', 'in/sub/a': '', 'in/b': '' });
  const all = { ...defaultPlanOptions, ...gitignore };
  const { matches } = await listSides(at(source, 'in'), at(store()), all, undefined, never, 0);
  const paths: string[] = [];
  for await (const batch of matches) paths.push(...batch.map((match) => match.path));
  assert.deepEqual(paths, ['.gitignore', 'b']);
});

test('only folders above selected files are listed', async () => {
  const source = disk({ ...tree, 'other/deep/.gitignore': '*', 'sub/.gitignore': '*.log\n!keep.log' });
  const only = [{ file: parsePath('sub/deep/keep.log') }, { folder: parsePath('other/deep') }];
  assert.equal(await listed(source, store(), { ...gitignore, only }), '<sub/deep/keep.log');
  assert.deepEqual(source.asked.filter((asked) => asked.startsWith('read:')).sort(), [
    'read:.gitignore',
    'read:other/deep/.gitignore',
    'read:sub/.gitignore',
  ]);
});

test('with deleteExcluded, target files that ignore files exclude are deleted too (R19)', async () => {
  const source = disk({ '.gitignore': '*.log\nnode_modules/', b: '', 'a.log': '' });
  const target = store('a.log', 'b', 'node_modules/y', '.git/x');
  const options = { ...gitignore, deleteExcluded: true };
  assert.equal(await listed(source, target, options), '<.gitignore >a.log! =b >node_modules/y!');
});

test('a plan with ignored files on both sides never deletes them', async () => {
  const folder: Place = { kind: 'folder', path: '/w' };
  const place: Place = { kind: 'remote', remote: 'r', path: rootPath };
  const plan = await planSync(
    {
      source: { ...at(disk(tree)), place: folder },
      target: { ...at(store('a.log', 'node_modules/y', 'sub/tmp/y', 'z')), place },
      options: { ...defaultPlanOptions, ...gitignore, deletes: 'after' },
    },
    never,
  );
  assert.deepEqual(
    plan.actions.filter(({ kind }) => kind === 'deleteFile').map(({ path: deleted }) => deleted),
    ['z'],
  );
});

test('an explanation reads only the ignore files above the path', async () => {
  const source = disk({ ...tree, 'other/.gitignore': '*' });
  const explain = async (file: string, more: Partial<PlanOptions> = {}) => {
    const options = { ...defaultPlanOptions, ...gitignore, ...more };
    const clock = { now: () => Date.UTC(2100, 0), wait: async () => {} };
    const request = { source: at(source), target: at(store()), options, clock };
    return (await explainPath(request, file, never)).sentence;
  };
  assert.equal(
    await explain('sub/deep/other.log'),
    '"sub/deep/other.log" is left out by the rule "*.log" of the ignore file ".gitignore".',
  );
  assert.ok(!source.asked.some((asked) => asked.includes('other/')), source.asked.join());
  assert.equal(
    await explain('./sub/keep.log'),
    '"sub/keep.log" takes part: the rule "!keep.log" of the ignore file "sub/.gitignore" includes it.',
  );
  assert.equal(
    await explain('sub/tmp/new'),
    '"sub/tmp/new" is left out: the rule "tmp/" of the ignore file "sub/.gitignore" leaves out the folder "sub/tmp".',
  );
  const only = [{ folder: parsePath('sub') }];
  const filters = [{ exclude: 'b' }];
  assert.equal(await explain('b', { filters }), '"b" is left out by the rule "- b" of the filters.');
  assert.equal(await explain('b', { minSize: 1 }), '"b" is left out: it is smaller than 1 byte.');
  assert.equal(await explain('b', { maxAge: '1d' }), '"b" is left out: it was modified more than 1d ago.');
  assert.equal(await explain('new', { minSize: 1 }), '"new" takes part: no rule matches it.');
  assert.equal(await explain('b', { only }), '"b" is left out: it was not chosen.');
  assert.equal(await explain('sub/only', { only }), '"sub/only" takes part: no rule matches it.');
  await assert.rejects(explain('a/../b'), ofKind('badName'));
});
