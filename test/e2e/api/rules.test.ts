import assert from 'node:assert/strict';
import { mkdtempSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { CreateBucketCommand } from '@aws-sdk/client-s3';
import * as vscode from 'vscode';
import { test } from '../harness/inHostTests';
import { configureRemotes, independentClient, remoteUri, until } from './testServer';

// What extensions and the editor itself may expect of a file system. Each rule runs on a remote and, as the reference, in a folder on
// this disk. Both must give the expected result; where a remote differs, the rule has its result and the reason. One table of small
// rules, so the file is long.

const { fs } = vscode.workspace;
const bucket = 'rules';
const folder = vscode.FileType.Directory;
const file = vscode.FileType.File;

type At = (path: string) => vscode.Uri;
/** Runs in an empty folder of the rule; `other` is a folder on the other file system. */
type Run = (at: At, other: At) => Promise<unknown>;

interface Rule {
  readonly name: string;
  readonly expected: unknown;
  /** Files to write first, by path; a path that ends in "/" is a folder. */
  readonly given: Readonly<Record<string, string | Uint8Array>>;
  readonly run: Run;
  /** The result on a remote that differs, with the reason. */
  readonly remote?: { readonly expected: unknown; readonly because: string };
}

const rules: Rule[] = [];
function rule(name: string, expected: unknown, given: Rule['given'], run: Run, remote?: Rule['remote']) {
  rules.push({ name, expected, given, run, ...(remote && { remote }) });
}

/** 'done', or the code of the FileSystemError. */
async function codeOf(work: Thenable<unknown>): Promise<string> {
  try {
    await work;
    return 'done';
  } catch (error) {
    assert.ok(error instanceof vscode.FileSystemError, `a FileSystemError, not ${error}`);
    return error.code;
  }
}

const put = (uri: vscode.Uri, text: string) => fs.writeFile(uri, Buffer.from(text));
const text = async (uri: vscode.Uri) => String(Buffer.from(await fs.readFile(uri)));
const names = async (uri: vscode.Uri) => (await fs.readDirectory(uri)).map(([name]) => name).sort();
const sorted = (entries: [string, vscode.FileType][]) => entries.sort(([a], [b]) => (a < b ? -1 : 1));
const raw = (uri: vscode.Uri, more: string) => uri.with({ path: uri.path + more });
const start = new vscode.Position(0, 0);

/** Waits until a later write has a later mtime on a disk. */
const tick = () => new Promise((resolve) => setTimeout(resolve, 20));

async function applied(change: (edit: vscode.WorkspaceEdit) => void): Promise<boolean> {
  const edit = new vscode.WorkspaceEdit();
  change(edit);
  return Promise.resolve(vscode.workspace.applyEdit(edit)).catch(() => false);
}

async function opened(uri: vscode.Uri): Promise<vscode.TextDocument> {
  const document = await vscode.workspace.openTextDocument(uri);
  await vscode.window.showTextDocument(document, { preview: false });
  return document;
}

/** Opens the document and inserts an "x" at its start. */
async function edited(uri: vscode.Uri): Promise<vscode.TextDocument> {
  const document = await opened(uri);
  assert.ok(await applied((edit) => edit.insert(uri, start, 'x')));
  return document;
}

// ---- stat ----

rule('a folder has its type and times', [folder, true, true, 'number'], {}, async (at) => {
  const { type, mtime, ctime, size } = await fs.stat(at(''));
  return [type, mtime > 0, ctime > 0, typeof size];
});
rule('a new folder has times too', [folder, true, true], { 'new/': '' }, async (at) => {
  const { type, mtime, ctime } = await fs.stat(at('new'));
  return [type, mtime > 0, ctime > 0];
});
rule('a file has its type, size and times', [file, 5, true, true], { 'a.txt': 'häll' }, async (at) => {
  const { type, size, mtime, ctime } = await fs.stat(at('a.txt'));
  return [type, size, Math.abs(mtime - Date.now()) < 60_000, ctime > 0];
});
rule('an empty file has the size 0', 0, { 'a.txt': '' }, async (at) => (await fs.stat(at('a.txt'))).size);
rule(
  'files are writable',
  undefined,
  { 'a.txt': 'a' },
  async (at) => (await fs.stat(at('a.txt'))).permissions,
);
rule('an absent path is FileNotFound', Array(4).fill('FileNotFound'), {}, async (at) => [
  await codeOf(fs.stat(at('no'))),
  await codeOf(fs.stat(at('no/such/file.txt'))),
  await codeOf(fs.readFile(at('no.txt'))),
  await codeOf(fs.readDirectory(at('no'))),
]);
rule(
  'nothing is below a file',
  ['FileNotADirectory', 'FileNotADirectory'],
  { 'a.txt': 'a' },
  async (at) => [await codeOf(fs.stat(at('a.txt/b'))), await codeOf(fs.readFile(at('a.txt/b')))],
  {
    expected: ['FileNotFound', 'FileNotFound'],
    because: 'a store of keys can have a key below a file, so only the absence of this one is known',
  },
);
rule('names are case-sensitive', 'FileNotFound', { 'Name.txt': 'a' }, (at) =>
  codeOf(fs.stat(at('name.txt'))),
);
rule('a rewritten file has a later time and the new size', [true, 3], { 'a.txt': 'a' }, async (at) => {
  const before = await fs.stat(at('a.txt'));
  await tick();
  await put(at('a.txt'), 'abc');
  const after = await fs.stat(at('a.txt'));
  return [after.mtime > before.mtime, after.size];
});
rule('reads change no time', [true, true], { 'a.txt': 'a' }, async (at) => {
  const [before, above] = [await fs.stat(at('a.txt')), await fs.stat(at(''))];
  await fs.readFile(at('a.txt'));
  await fs.readDirectory(at(''));
  return [(await fs.stat(at('a.txt'))).mtime === before.mtime, (await fs.stat(at(''))).mtime === above.mtime];
});
rule('a folder has a later time after a file is created in it', true, { 'in/': '' }, async (at) => {
  const before = await fs.stat(at('in'));
  await tick();
  await put(at('in/a.txt'), 'a');
  return (await fs.stat(at('in'))).mtime > before.mtime;
});

// ---- names ----

for (const more of ['//a.txt', '/./a.txt', '/sub/../a.txt', '///a.txt', '//sub/..//a.txt'])
  rule(`"${more}" leads to the file`, ['a', 1], { 'a.txt': 'a', 'sub/b.txt': 'b' }, async (at) => [
    await text(raw(at(''), more)),
    (await fs.stat(raw(at(''), more))).size,
  ]);
rule('a slash after a folder changes nothing', [folder, ['a.txt']], { 'in/a.txt': 'a' }, async (at) => [
  (await fs.stat(raw(at('in'), '/'))).type,
  await names(raw(at('in'), '/')),
]);
rule('repeated slashes write the same file', ['a', ['a.txt']], {}, async (at) => {
  await put(raw(at('in'), '//a.txt'), 'a');
  return [await text(at('in/a.txt')), await names(at('in'))];
});
const oddNames = [
  'with space.txt',
  'größe.txt',
  '日本.txt',
  'a#b.txt',
  'a%20b.txt',
  '100%.txt',
  'a?b',
  'a&b=c+d',
];
for (const name of [...oddNames, "it's", '[x](y)', '.hidden', 'a..b', '…', '~', 'x;y', '😀.txt'])
  rule(`keeps the name ${JSON.stringify(name)}`, [['f'], [name], 'f', 1, 'FileNotFound'], {}, async (at) => {
    await put(at(`in ${name}/f`), 'f');
    await put(at(`files/${name}`), 'f');
    const before = [await names(at(`in ${name}`)), await names(at('files')), await text(at(`files/${name}`))];
    await fs.rename(at(`files/${name}`), at(`moved/${name}`));
    return [...before, (await fs.stat(at(`moved/${name}`))).size, await codeOf(fs.stat(at(`files/${name}`)))];
  });

// ---- readDirectory ----

const direct = [
  ['a.txt', file],
  ['b', folder],
];
rule('a folder lists its direct children', direct, { 'a.txt': 'a', 'b/c/d.txt': 'd' }, async (at) =>
  sorted(await fs.readDirectory(at(''))),
);
rule('an empty folder lists nothing', [], { 'empty/': '' }, async (at) => fs.readDirectory(at('empty')));
rule('a file can not be listed', 'FileNotADirectory', { 'a.txt': 'a' }, (at) =>
  codeOf(fs.readDirectory(at('a.txt'))),
);
rule('lists many entries completely', 150, { 'many/': '' }, async (at) => {
  await Promise.all(Array.from({ length: 150 }, (_, i) => put(at(`many/${i}`), '')));
  return (await fs.readDirectory(at('many'))).length;
});

// ---- readFile ----

const binary = Uint8Array.from({ length: 300_000 }, (_, i) => (i * 7) % 256);
rule('reads content as it was written', true, { 'a.bin': binary }, async (at) =>
  Buffer.from(binary).equals(Buffer.from(await fs.readFile(at('a.bin')))),
);
rule('reads an empty file', 0, { 'a.txt': '' }, async (at) => (await fs.readFile(at('a.txt'))).length);
const fullAndEmpty = { 'full/a.txt': 'a', 'empty/': '' };
rule('a folder can not be read', Array(3).fill('FileIsADirectory'), fullAndEmpty, async (at) =>
  Promise.all(['', 'full', 'empty'].map((name) => codeOf(fs.readFile(at(name))))),
);

// ---- writeFile ----

rule('a write creates its parents', [['x'], ['y'], 'c'], { 'x/y/c.txt': 'c' }, async (at) => [
  await names(at('')),
  await names(at('x')),
  await text(at('x/y/c.txt')),
]);
rule('a write replaces the whole file', ['b', 0], { 'a.txt': 'a long text' }, async (at) => {
  await put(at('a.txt'), 'b');
  const replaced = await text(at('a.txt'));
  await put(at('a.txt'), '');
  return [replaced, (await fs.stat(at('a.txt'))).size];
});
rule(
  'no folder can be written',
  ['FileIsADirectory', 'FileIsADirectory', ['a.txt']],
  fullAndEmpty,
  async (at) => [
    await codeOf(put(at('full'), 'x')),
    await codeOf(put(at('empty'), 'x')),
    await names(at('full')),
  ],
);
rule('nothing can be written below a file', ['FileExists', 'a'], { 'a.txt': 'a' }, async (at) => [
  await codeOf(put(at('a.txt/b.txt'), 'b')),
  await text(at('a.txt')),
]);
rule('writes into a new folder may be concurrent', [...'01234567'], {}, async (at) => {
  await Promise.all([...'01234567'].map((name) => put(at(`new/deep/${name}`), 'x')));
  return names(at('new/deep'));
});
rule('every call sees a write at once', [1, true, 'FileNotFound', []], {}, async (at) => {
  await codeOf(fs.stat(at('a.txt')));
  await names(at(''));
  await put(at('a.txt'), 'a');
  const { size } = await fs.stat(at('a.txt'));
  const isListed = (await names(at(''))).includes('a.txt');
  await fs.delete(at('a.txt'));
  return [size, isListed, await codeOf(fs.stat(at('a.txt'))), await names(at(''))];
});

// ---- createDirectory ----

rule('creates a folder with its parents', [folder, ['y'], []], { 'x/y/': '' }, async (at) => [
  (await fs.stat(at('x/y'))).type,
  await names(at('x')),
  await names(at('x/y')),
]);
rule('an existing folder can be created again', ['done', ['a.txt']], { 'x/a.txt': 'a' }, async (at) => [
  await codeOf(fs.createDirectory(at('x'))),
  await names(at('x')),
]);
rule(
  'no folder can be created at or below a file',
  ['FileExists', 'FileNotADirectory', 'a'],
  { 'a.txt': 'a' },
  async (at) => [
    await codeOf(fs.createDirectory(at('a.txt'))),
    await codeOf(fs.createDirectory(at('a.txt/b'))),
    await text(at('a.txt')),
  ],
  {
    expected: ['FileExists', 'FileExists', 'a'],
    because: 'the editor itself finds the file when it looks for the parent',
  },
);
rule('folders can be created concurrently', ['a', 'b', 'c'], {}, async (at) => {
  await Promise.all(['x/a', 'x/b', 'x/c', 'x/a', 'x'].map((name) => fs.createDirectory(at(name))));
  return names(at('x'));
});
rule('a folder stays after its last file is deleted', [folder, []], { 'x/a.txt': 'a' }, async (at) => {
  await fs.delete(at('x/a.txt'));
  return [(await fs.stat(at('x'))).type, await names(at('x'))];
});

// ---- delete ----

const alike = { 'a.txt': 'x', 'b.txt': 'x', 'a.txt.bak': 'x' };
rule('deletes only the file', ['FileNotFound', ['a.txt.bak', 'b.txt']], alike, async (at) => {
  await fs.delete(at('a.txt'));
  return [await codeOf(fs.stat(at('a.txt'))), await names(at(''))];
});
rule(
  'an absent path can not be deleted',
  ['FileNotFound', 'done'],
  {},
  async (at) => [
    await codeOf(fs.delete(at('no.txt'))),
    await codeOf(fs.delete(at('no'), { recursive: true })),
  ],
  {
    expected: ['FileNotFound', 'FileNotFound'],
    because: 'the API requires it; the disk does not check before it deletes whole folders',
  },
);
rule('deletes an empty folder', ['done', 'FileNotFound'], { 'empty/': '' }, async (at) => [
  await codeOf(fs.delete(at('empty'))),
  await codeOf(fs.stat(at('empty'))),
]);
rule('deletes a full folder only recursively', [false, ['a.txt']], { 'full/a.txt': 'a' }, async (at) => [
  (await codeOf(fs.delete(at('full'), { recursive: false }))) === 'done',
  await names(at('full')),
]);
const nested = { 'x/a.txt': 'x', 'x/y/z/b.txt': 'x', 'x-too/c.txt': 'x', 'x/empty/': '' };
rule('deletes a folder recursively', ['FileNotFound', ['x-too']], nested, async (at) => {
  await fs.delete(at('x'), { recursive: true });
  return [await codeOf(fs.stat(at('x/y/z/b.txt'))), await names(at(''))];
});
rule('a deleted path can become the other kind', [folder, file], { a: 'a' }, async (at) => {
  await fs.delete(at('a'));
  await put(at('a/b.txt'), 'b');
  const first = (await fs.stat(at('a'))).type;
  await fs.delete(at('a'), { recursive: true });
  await put(at('a'), 'a');
  return [first, (await fs.stat(at('a'))).type];
});

// ---- rename and copy ----

for (const verb of ['rename', 'copy'] as const) {
  const left = verb === 'rename' ? 'FileNotFound' : 'done';
  const run = (from: vscode.Uri, to: vscode.Uri, overwrite?: boolean) =>
    fs[verb](from, to, overwrite === undefined ? undefined : { overwrite });
  const [one, two] = [{ 'a.txt': 'a' }, { 'a.txt': 'a', 'b.txt': 'b, a longer text' }];

  rule(`${verb}: a file, with the parents of its target`, ['a', ['y'], left], one, async (at) => {
    await run(at('a.txt'), at('x/y/b.txt'));
    return [await text(at('x/y/b.txt')), await names(at('x')), await codeOf(fs.stat(at('a.txt')))];
  });
  rule(
    `${verb}: keeps an existing file`,
    ['FileExists', 'FileExists', 'a', two['b.txt']],
    two,
    async (at) => [
      await codeOf(run(at('a.txt'), at('b.txt'))),
      await codeOf(run(at('a.txt'), at('b.txt'), false)),
      await text(at('a.txt')),
      await text(at('b.txt')),
    ],
  );
  rule(`${verb}: overwrites a file on request`, ['a', left], two, async (at) => {
    await run(at('a.txt'), at('b.txt'), true);
    return [await text(at('b.txt')), await codeOf(fs.stat(at('a.txt')))];
  });
  rule(`${verb}: an absent source`, ['FileNotFound', 'FileNotFound'], two, async (at) => [
    await codeOf(run(at('no'), at('c'))),
    await codeOf(run(at('no'), at('b.txt'), true)),
  ]);
  const tree = { 'x/a.txt': 'a', 'x/sub/deep/b.txt': 'b', 'x-too/c.txt': 'c' };
  rule(`${verb}: a folder recursively`, [['a.txt', 'sub'], 'b', left], tree, async (at) => {
    await run(at('x'), at('y'));
    return [await names(at('y')), await text(at('y/sub/deep/b.txt')), await codeOf(fs.stat(at('x')))];
  });
  rule(`${verb}: an empty folder`, [[], left], { 'x/': '' }, async (at) => {
    await run(at('x'), at('y'));
    return [await names(at('y')), await codeOf(fs.stat(at('x')))];
  });
  const withEmpty = { 'x/a.txt': 'a', 'x/empty/e/': '', 'x/lost/b.txt': 'b' };
  rule(`${verb}: nested empty folders`, [['a.txt', 'empty', 'lost'], ['e'], []], withEmpty, async (at) => {
    await fs.delete(at('x/lost/b.txt'));
    await run(at('x'), at('y'));
    return [await names(at('y')), await names(at('y/empty')), await names(at('y/lost'))];
  });
  const folders = { 'x/a.txt': 'a', 'y/b.txt': 'b' };
  rule(`${verb}: onto a folder`, ['FileExists', ['b.txt'], ['a.txt']], folders, async (at) => [
    await codeOf(run(at('x'), at('y'))),
    await names(at('y')),
    await names(at('x')),
  ]);
  rule(`${verb}: a folder not into itself`, [false, ['a.txt']], { 'x/a.txt': 'a' }, async (at) => [
    (await codeOf(run(at('x'), at('x/y')))) === 'done',
    await names(at('x')),
  ]);
  const mixed = { 'a.txt': 'a', 'x/sub/b.txt': 'b', 'e/': '' };
  rule(`${verb}: across file systems`, ['a', ['b.txt'], left, []], mixed, async (at, other) => {
    for (const name of ['a.txt', 'x', 'e']) await run(at(name), other(name));
    const copied = [await text(other('a.txt')), await names(other('x/sub'))];
    return [...copied, await codeOf(fs.stat(at('x/sub/b.txt'))), await names(other('e'))];
  });
  rule(`${verb}: across keeps an existing file`, ['FileExists', 'b', 'a'], one, async (at, other) => {
    await put(other('a.txt'), 'b');
    const code = await codeOf(run(at('a.txt'), other('a.txt')));
    const kept = await text(other('a.txt'));
    await run(at('a.txt'), other('a.txt'), true);
    return [code, kept, await text(other('a.txt'))];
  });
}
rule('rename: to another case', ['a', ['A.txt']], { 'a.txt': 'a' }, async (at) => {
  await fs.rename(at('a.txt'), at('A.txt'));
  return [await text(at('A.txt')), await names(at(''))];
});
rule('rename: there and back', ['a', ['a.txt']], { 'a.txt': 'a' }, async (at) => {
  await fs.rename(at('a.txt'), at('b.txt'));
  await fs.rename(at('b.txt'), at('a.txt'));
  return [await text(at('a.txt')), await names(at(''))];
});

// ---- WorkspaceEdit ----

rule('the scheme is writable', true, {}, async (at) => fs.isWritableFileSystem(at('').scheme));
rule('an edit creates files, with content too', [true, true, 0, 'abc'], {}, async (at) => [
  await applied((edit) => edit.createFile(at('new/a.txt'))),
  await applied((edit) => edit.createFile(at('b.txt'), { contents: Buffer.from('abc') })),
  (await fs.stat(at('new/a.txt'))).size,
  await text(at('b.txt')),
]);
const onExisting = [false, 'a', true, 'a', true, ''];
rule('an edit creates an existing file only as its options say', onExisting, { 'a.txt': 'a' }, async (at) => [
  await applied((edit) => edit.createFile(at('a.txt'))),
  await text(at('a.txt')),
  await applied((edit) => edit.createFile(at('a.txt'), { ignoreIfExists: true })),
  await text(at('a.txt')),
  await applied((edit) => edit.createFile(at('a.txt'), { overwrite: true })),
  await text(at('a.txt')),
]);
rule('an edit deletes files and folders', [true, []], { 'a.txt': 'a', 'x/y/b.txt': 'b' }, async (at) => {
  const done = await applied((edit) => {
    edit.deleteFile(at('a.txt'));
    edit.deleteFile(at('x'), { recursive: true });
  });
  return [done, await names(at(''))];
});
rule('an edit ignores an absent file on request', [false, true], {}, async (at) => [
  await applied((edit) => edit.deleteFile(at('no.txt'))),
  await applied((edit) => edit.deleteFile(at('no.txt'), { ignoreIfNotExists: true })),
]);
const toRename = { 'a.txt': 'a', 'x/sub/b.txt': 'b' };
rule(
  'an edit renames files and folders',
  [true, true, 'a', 'FileNotFound', 'b', ['sub']],
  toRename,
  async (at) => [
    await applied((edit) => edit.renameFile(at('a.txt'), at('z/c.txt'))),
    await applied((edit) => edit.renameFile(at('x'), at('y'))),
    await text(at('z/c.txt')),
    await codeOf(fs.stat(at('a.txt'))),
    await text(at('y/sub/b.txt')),
    await names(at('y')),
  ],
);
const overExisting = [false, 'b', true, 'b', true, 'a'];
rule('an edit renames over a file only on request', overExisting, { a: 'a', b: 'b' }, async (at) => [
  await applied((edit) => edit.renameFile(at('a'), at('b'))),
  await text(at('b')),
  await applied((edit) => edit.renameFile(at('a'), at('b'), { ignoreIfExists: true })),
  await text(at('b')),
  await applied((edit) => edit.renameFile(at('a'), at('b'), { overwrite: true })),
  await text(at('b')),
]);
rule('an edit creates and fills a file; a save stores it', [true, 'new', true, 'new'], {}, async (at) => {
  const done = await applied((edit) => {
    edit.createFile(at('a.txt'));
    edit.insert(at('a.txt'), start, 'new');
  });
  const document = await opened(at('a.txt'));
  return [done, document.getText(), await document.save(), await text(at('a.txt'))];
});
const imported = [true, 'import a', true, 'import a'];
rule('an edit changes and renames a file; a save stores it', imported, { 'a.txt': 'a' }, async (at) => {
  const done = await applied((edit) => {
    edit.insert(at('a.txt'), start, 'import ');
    edit.renameFile(at('a.txt'), at('b.txt'));
  });
  const document = await opened(at('b.txt'));
  return [done, document.getText(), await document.save(), await text(at('b.txt'))];
});
const three = { 1: '1', 2: '2', 3: '3' };
rule('all edited files can be saved', [true, [true, true, true], ['x1', 'x2', 'x3']], three, async (at) => {
  const all = Object.keys(three).map(at);
  const done = await applied((edit) => {
    for (const uri of all) edit.insert(uri, start, 'x');
  });
  const saved: boolean[] = [];
  for (const uri of all) saved.push(await (await opened(uri)).save());
  return [done, saved, await Promise.all(all.map(text))];
});

// ---- documents ----

const plain = { 'a.txt': 'a\n' };
rule('a save stores the document', ['a\n', false, true, false, 'xa\n'], plain, async (at) => {
  const document = await opened(at('a.txt'));
  const before = [document.getText(), document.isDirty];
  await edited(at('a.txt'));
  return [...before, await document.save(), document.isDirty, await text(at('a.txt'))];
});
rule('a folder and an absent file open no document', [false, false], { 'x/a.txt': 'a' }, async (at) => {
  const opens = (name: string) => opened(at(name)).then(Boolean, () => false);
  return [await opens('x'), await opens('no.txt')];
});
for (const [what, before, after] of [
  ['line ends of Windows', 'a\r\nb\r\n', 'xa\r\nb\r\n'],
  ['a byte order mark', '\ufeffa\n', '\ufeffxa\n'],
  ['a missing line end', 'a', 'xa'],
  ['an empty file', '', 'x'],
] as const)
  rule(`a save keeps ${what}`, [true, after], { 'a.txt': before }, async (at) => [
    await (await edited(at('a.txt'))).save(),
    await text(at('a.txt')),
  ]);
rule('a document shows what an extension writes', ['b\n', false], plain, async (at) => {
  const document = await opened(at('a.txt'));
  await put(at('a.txt'), 'b\n');
  await until('the document shows it', () => document.getText() === 'b\n');
  return [document.getText(), document.isDirty];
});
for (const [what, deleted] of [
  ['file', 'in/sub/a.txt'],
  ['folder', 'in'],
] as const)
  rule(`a save recreates a deleted ${what}`, [true, 'xa\n'], { 'in/sub/a.txt': 'a\n' }, async (at) => {
    const document = await edited(at('in/sub/a.txt'));
    await fs.delete(at(deleted), { recursive: what === 'folder' });
    return [await document.save(), await text(at('in/sub/a.txt'))];
  });
rule('save, undo and save store both texts', [true, 'xa\n', true, 'a\n'], plain, async (at) => {
  const document = await edited(at('a.txt'));
  const first = [await document.save(), await text(at('a.txt'))];
  await vscode.commands.executeCommand('undo');
  return [...first, await document.save(), await text(at('a.txt'))];
});
rule('a save fires events before and after', ['will', 'did'], plain, async (at) => {
  const document = await edited(at('a.txt'));
  const events: string[] = [];
  const isOwn = ({ uri }: vscode.TextDocument) => uri.toString() === at('a.txt').toString();
  const listeners = [
    vscode.workspace.onWillSaveTextDocument((event) => isOwn(event.document) && events.push('will')),
    vscode.workspace.onDidSaveTextDocument((saved) => isOwn(saved) && events.push('did')),
  ];
  await document.save();
  await until('the save has fired its events', () => events.includes('did'));
  for (const listener of listeners) listener.dispose();
  return events;
});

// ---- events ----

rule('edits fire events', ['created a', 'renamed a b', 'deleted b'], {}, async (at) => {
  const events: string[] = [];
  const base = (uri: vscode.Uri) => path.posix.basename(uri.path);
  const { onDidCreateFiles, onDidRenameFiles, onDidDeleteFiles } = vscode.workspace;
  const listeners = [
    onDidCreateFiles(({ files }) => events.push(...files.map((uri) => `created ${base(uri)}`))),
    onDidRenameFiles(({ files }) =>
      events.push(...files.map(({ oldUri, newUri }) => `renamed ${base(oldUri)} ${base(newUri)}`)),
    ),
    onDidDeleteFiles(({ files }) => events.push(...files.map((uri) => `deleted ${base(uri)}`))),
  ];
  await applied((edit) => edit.createFile(at('a')));
  await applied((edit) => edit.renameFile(at('a'), at('b')));
  await applied((edit) => edit.deleteFile(at('b')));
  await until('all events have fired', () => events.length >= 3);
  for (const listener of listeners) listener.dispose();
  return events;
});
for (const [event, act] of Object.entries<(at: At) => Thenable<unknown>>({
  'created a': (at) => put(at('a'), 'x'),
  'changed old': (at) => put(at('old'), 'another text'),
  'deleted old': (at) => fs.delete(at('old')),
  'created new': (at) => fs.rename(at('old'), at('new')),
  'created copied': (at) => fs.copy(at('old'), at('copied')),
  'created folder': (at) => fs.createDirectory(at('folder')),
}))
  rule(`a watcher reports "${event}"`, true, { old: 'x' }, async (at) => {
    const events = new Set<string>();
    const watcher = vscode.workspace.createFileSystemWatcher(new vscode.RelativePattern(at(''), '**'));
    const record = (kind: string) => (uri: vscode.Uri) =>
      events.add(`${kind} ${path.posix.basename(uri.path)}`);
    watcher.onDidCreate(record('created'));
    watcher.onDidChange(record('changed'));
    watcher.onDidDelete(record('deleted'));
    try {
      // The watcher of a disk starts late.
      let count = 0;
      await until('the watcher has started', async () => {
        await put(at('started'), String(count++));
        return [...events].some((seen) => seen.endsWith(' started'));
      });
      await act(at);
      await until(`"${event}" is reported`, () => events.has(event));
      return true;
    } finally {
      watcher.dispose();
    }
  });

const disk = vscode.Uri.file(mkdtempSync(path.join(os.tmpdir(), 'cloud-remotes-rules-')));

test('rules: creates the bucket of these tests', async () => {
  await configureRemotes();
  await independentClient().send(new CreateBucketCommand({ Bucket: bucket }));
});

for (const [index, { name, expected, given, run, remote }] of rules.entries())
  for (const place of ['disk', 'remote'] as const)
    test(`rules on a ${place}: ${name}`, async () => {
      const [own, other] = place === 'disk' ? [disk, remoteUri(bucket)] : [remoteUri(bucket), disk];
      const below = (root: vscode.Uri): At => {
        const top = vscode.Uri.joinPath(root, `${place} ${index}`);
        return (name) => (name === '' ? top : vscode.Uri.joinPath(top, name));
      };
      const [at, atOther] = [below(own), below(other)];
      await Promise.all([at(''), atOther('')].map((uri) => fs.createDirectory(uri)));
      for (const [name, content] of Object.entries(given))
        if (name.endsWith('/')) await fs.createDirectory(at(name.slice(0, -1)));
        else await fs.writeFile(at(name), Buffer.from(content));
      try {
        const actual = await run(at, atOther);
        assert.deepEqual(actual, place === 'remote' && remote ? remote.expected : expected);
      } finally {
        await vscode.commands.executeCommand('workbench.action.closeAllEditors');
      }
    });
