import assert from 'node:assert/strict';
import { mkdtempSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { CreateBucketCommand } from '@aws-sdk/client-s3';
import * as vscode from 'vscode';
import { test } from '../harness/inHostTests';
import { configureRemotes, independentClient, remoteUri, until } from './testServer';

// What extensions and the editor itself may expect of a file system, asked of a remote and, as the reference, of a folder on
// this disk. Both must give the answer that stands here; where a remote's is another one, it stands with its reason.

const { fs } = vscode.workspace;
const bucket = 'rules';
const folder = vscode.FileType.Directory;
const file = vscode.FileType.File;

/** What is asked of a place: an empty folder of the rule's own. `other` is one on the other file system. */
type Ask = (at: (path: string) => vscode.Uri, other: (path: string) => vscode.Uri) => Promise<unknown>;

interface Rule {
  readonly name: string;
  readonly answer: unknown;
  readonly ask: Ask;
  /** Where a remote answers otherwise, and why. */
  readonly remote?: { readonly answer: unknown; readonly because: string };
}

const rules: Rule[] = [];
function rule(name: string, answer: unknown, ask: Ask, remote?: Rule['remote']): void {
  rules.push({ name, answer, ask, ...(remote && { remote }) });
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

async function edited(change: (edit: vscode.WorkspaceEdit) => void): Promise<boolean> {
  const edit = new vscode.WorkspaceEdit();
  change(edit);
  return Promise.resolve(vscode.workspace.applyEdit(edit)).catch(() => false);
}

async function opened(uri: vscode.Uri): Promise<vscode.TextDocument> {
  const document = await vscode.workspace.openTextDocument(uri);
  await vscode.window.showTextDocument(document, { preview: false });
  return document;
}

async function typed(document: vscode.TextDocument, more: string): Promise<void> {
  const edit = new vscode.WorkspaceEdit();
  edit.insert(document.uri, new vscode.Position(0, 0), more);
  assert.ok(await vscode.workspace.applyEdit(edit));
}

// ---- stat ----

rule('a folder has its type and times', [folder, true, true, 'number'], async (at) => {
  const { type, mtime, ctime, size } = await fs.stat(at(''));
  return [type, mtime > 0, ctime > 0, typeof size];
});
rule('a folder made just now has times as well', [folder, true, true], async (at) => {
  await fs.createDirectory(at('new'));
  const { type, mtime, ctime } = await fs.stat(at('new'));
  return [type, mtime > 0, ctime > 0];
});
rule('a file has its type, size and times', [file, 5, true, true], async (at) => {
  await put(at('a.txt'), 'hällo'.slice(0, 4));
  const { type, size, mtime, ctime } = await fs.stat(at('a.txt'));
  return [type, size, Math.abs(mtime - Date.now()) < 60_000, ctime > 0];
});
rule('an empty file has the size 0', 0, async (at) => {
  await put(at('a.txt'), '');
  return (await fs.stat(at('a.txt'))).size;
});
rule('a file can be written to, as far as its facts tell', undefined, async (at) => {
  await put(at('a.txt'), 'a');
  return (await fs.stat(at('a.txt'))).permissions;
});
rule('what is not there is FileNotFound', Array(4).fill('FileNotFound'), async (at) => [
  await codeOf(fs.stat(at('no'))),
  await codeOf(fs.stat(at('no/such/file.txt'))),
  await codeOf(fs.readFile(at('no.txt'))),
  await codeOf(fs.readDirectory(at('no'))),
]);
rule(
  'nothing is below a file',
  ['FileNotADirectory', 'FileNotADirectory'],
  async (at) => {
    await put(at('a.txt'), 'a');
    return [await codeOf(fs.stat(at('a.txt/b'))), await codeOf(fs.readFile(at('a.txt/b')))];
  },
  {
    answer: ['FileNotFound', 'FileNotFound'],
    because:
      'in a store of keys something may well be below a file, so all that is known is that this is not there',
  },
);
rule('a name is not found in other letters', 'FileNotFound', async (at) => {
  await put(at('Name.txt'), 'a');
  return codeOf(fs.stat(at('name.txt')));
});
rule('a file that is written again has the later time, and the new size', [true, 3], async (at) => {
  await put(at('a.txt'), 'a');
  const before = await fs.stat(at('a.txt'));
  await new Promise((resolve) => setTimeout(resolve, 20));
  await put(at('a.txt'), 'abc');
  const after = await fs.stat(at('a.txt'));
  return [after.mtime > before.mtime, after.size];
});
rule('asking changes no time', [true, true], async (at) => {
  await put(at('a.txt'), 'a');
  const [before, above] = [await fs.stat(at('a.txt')), await fs.stat(at(''))];
  await fs.readFile(at('a.txt'));
  await fs.readDirectory(at(''));
  return [(await fs.stat(at('a.txt'))).mtime === before.mtime, (await fs.stat(at(''))).mtime === above.mtime];
});
rule('a folder in which something was made has a later time', true, async (at) => {
  await fs.createDirectory(at('in'));
  const before = await fs.stat(at('in'));
  await new Promise((resolve) => setTimeout(resolve, 20));
  await put(at('in/a.txt'), 'a');
  return (await fs.stat(at('in'))).mtime > before.mtime;
});

// ---- names ----

for (const more of ['//a.txt', '/./a.txt', '/sub/../a.txt', '///a.txt', '//sub/..//a.txt'])
  rule(`"${more}" leads to the file`, ['a', 1], async (at) => {
    await put(at('a.txt'), 'a');
    await put(at('sub/b.txt'), 'b');
    return [await text(raw(at(''), more)), (await fs.stat(raw(at(''), more))).size];
  });
rule('a slash at the end of a folder changes nothing', [folder, ['a.txt']], async (at) => {
  await put(at('in/a.txt'), 'a');
  return [(await fs.stat(raw(at('in'), '/'))).type, await names(raw(at('in'), '/'))];
});
rule('a file is written through slashes in a row', ['a', ['a.txt']], async (at) => {
  await put(raw(at('in'), '//a.txt'), 'a');
  return [await text(at('in/a.txt')), await names(at('in'))];
});
for (const name of [
  'with space.txt',
  'größe.txt',
  '日本.txt',
  'a#b.txt',
  'a%20b.txt',
  '100%.txt',
  'a?b',
  'a&b=c+d',
  "it's",
  '[x](y)',
  '.hidden',
  'a..b',
  '…',
  '~',
  'x;y',
  '😀.txt',
])
  rule(`a name as ${JSON.stringify(name)} is kept`, [['f'], [name], 'f', 1, 'FileNotFound'], async (at) => {
    await put(at(`in ${name}/f`), 'f');
    await put(at(`files/${name}`), 'f');
    const answer = [await names(at(`in ${name}`)), await names(at('files')), await text(at(`files/${name}`))];
    await fs.rename(at(`files/${name}`), at(`moved/${name}`));
    return [...answer, (await fs.stat(at(`moved/${name}`))).size, await codeOf(fs.stat(at(`files/${name}`)))];
  });

// ---- readDirectory ----

rule(
  'a folder lists what is right in it',
  [
    ['a.txt', file],
    ['b', folder],
  ],
  async (at) => {
    await put(at('a.txt'), 'a');
    await put(at('b/c/d.txt'), 'd');
    return sorted(await fs.readDirectory(at('')));
  },
);
rule('an empty folder lists nothing', [], async (at) => {
  await fs.createDirectory(at('empty'));
  return fs.readDirectory(at('empty'));
});
rule('a file lists nothing', 'FileNotADirectory', async (at) => {
  await put(at('a.txt'), 'a');
  return codeOf(fs.readDirectory(at('a.txt')));
});
rule('many entries are all listed', 150, async (at) => {
  await fs.createDirectory(at('many'));
  await Promise.all(Array.from({ length: 150 }, (_, i) => put(at(`many/${i}`), '')));
  return (await fs.readDirectory(at('many'))).length;
});

// ---- readFile ----

rule('content comes back as it was written', true, async (at) => {
  const content = Buffer.from(Uint8Array.from({ length: 300_000 }, (_, i) => (i * 7) % 256));
  await fs.writeFile(at('a.bin'), content);
  return content.equals(Buffer.from(await fs.readFile(at('a.bin'))));
});
rule('empty content comes back empty', 0, async (at) => {
  await put(at('a.txt'), '');
  return (await fs.readFile(at('a.txt'))).length;
});
rule('a folder is not read', Array(3).fill('FileIsADirectory'), async (at) => {
  await put(at('full/a.txt'), 'a');
  await fs.createDirectory(at('empty'));
  const folders = ['', 'full', 'empty'];
  return Promise.all(folders.map((name) => codeOf(fs.readFile(at(name)))));
});

// ---- writeFile ----

rule('a write makes the folders above', [['x'], ['y'], 'c'], async (at) => {
  await put(at('x/y/c.txt'), 'c');
  return [await names(at('')), await names(at('x')), await text(at('x/y/c.txt'))];
});
rule('a write replaces the whole file', 'b', async (at) => {
  await put(at('a.txt'), 'a long text');
  await put(at('a.txt'), 'b');
  return text(at('a.txt'));
});
rule('a file may be emptied', 0, async (at) => {
  await put(at('a.txt'), 'a');
  await put(at('a.txt'), '');
  return (await fs.stat(at('a.txt'))).size;
});
rule('a folder is not written', ['FileIsADirectory', 'FileIsADirectory', ['a.txt']], async (at) => {
  await put(at('full/a.txt'), 'a');
  await fs.createDirectory(at('empty'));
  return [await codeOf(put(at('full'), 'x')), await codeOf(put(at('empty'), 'x')), await names(at('full'))];
});
rule('nothing is written below a file', ['FileExists', 'a'], async (at) => {
  await put(at('a.txt'), 'a');
  return [await codeOf(put(at('a.txt/b.txt'), 'b')), await text(at('a.txt'))];
});
rule('files are written at once into a new folder', ['0', '1', '2', '3', '4', '5', '6', '7'], async (at) => {
  await Promise.all(Array.from({ length: 8 }, (_, i) => put(at(`new/deep/${i}`), 'x')));
  return names(at('new/deep'));
});
rule('what is written is there at once for every question', [1, 'a', true, true], async (at) => {
  await codeOf(fs.stat(at('a.txt')));
  await names(at(''));
  await put(at('a.txt'), 'a');
  const { size } = await fs.stat(at('a.txt'));
  const listed = await names(at(''));
  await fs.delete(at('a.txt'));
  const gone = (await codeOf(fs.stat(at('a.txt')))) === 'FileNotFound' && (await names(at(''))).length === 0;
  return [size, 'a', listed.includes('a.txt'), gone];
});

// ---- createDirectory ----

rule('a folder is made, with those above it', [folder, ['y'], []], async (at) => {
  await fs.createDirectory(at('x/y'));
  return [(await fs.stat(at('x/y'))).type, await names(at('x')), await names(at('x/y'))];
});
rule('a folder may be made again', ['done', ['a.txt']], async (at) => {
  await put(at('x/a.txt'), 'a');
  return [await codeOf(fs.createDirectory(at('x'))), await names(at('x'))];
});
rule(
  'no folder is made where a file is',
  ['FileExists', 'FileNotADirectory', 'a'],
  async (at) => {
    await put(at('a.txt'), 'a');
    return [
      await codeOf(fs.createDirectory(at('a.txt'))),
      await codeOf(fs.createDirectory(at('a.txt/b'))),
      await text(at('a.txt')),
    ];
  },
  {
    answer: ['FileExists', 'FileExists', 'a'],
    because: 'the file is only met when the folder above is looked for; the editor refuses it itself then',
  },
);
rule('folders are made at once', ['a', 'b', 'c'], async (at) => {
  const made = ['x/a', 'x/b', 'x/c', 'x/a', 'x'];
  await Promise.all(made.map((name) => fs.createDirectory(at(name))));
  return names(at('x'));
});
rule('a folder stays when its last file goes', [folder, []], async (at) => {
  await put(at('x/a.txt'), 'a');
  await fs.delete(at('x/a.txt'));
  return [(await fs.stat(at('x'))).type, await names(at('x'))];
});

// ---- delete ----

rule('a file is deleted, and no other', ['FileNotFound', ['a.txt.bak', 'b.txt']], async (at) => {
  for (const name of ['a.txt', 'b.txt', 'a.txt.bak']) await put(at(name), 'x');
  await fs.delete(at('a.txt'));
  return [await codeOf(fs.stat(at('a.txt'))), await names(at(''))];
});
rule(
  'what is not there is not deleted',
  ['FileNotFound', 'done'],
  async (at) => [
    await codeOf(fs.delete(at('no.txt'))),
    await codeOf(fs.delete(at('no'), { recursive: true })),
  ],
  {
    answer: ['FileNotFound', 'FileNotFound'],
    because: 'the API asks for it; the disk forgets to look when it deletes whole folders',
  },
);
rule('an empty folder is deleted', ['done', 'FileNotFound'], async (at) => {
  await fs.createDirectory(at('empty'));
  return [await codeOf(fs.delete(at('empty'))), await codeOf(fs.stat(at('empty')))];
});
rule('a folder with something in it is deleted only when that is said', [false, ['a.txt']], async (at) => {
  await put(at('full/a.txt'), 'a');
  return [(await codeOf(fs.delete(at('full'), { recursive: false }))) === 'done', await names(at('full'))];
});
rule('a folder is deleted with all in it, and nothing beside it', ['FileNotFound', ['x-too']], async (at) => {
  for (const name of ['x/a.txt', 'x/y/z/b.txt', 'x-too/c.txt']) await put(at(name), 'x');
  await fs.createDirectory(at('x/empty'));
  await fs.delete(at('x'), { recursive: true });
  return [await codeOf(fs.stat(at('x/y/z/b.txt'))), await names(at(''))];
});
rule('what was deleted can be made again, as the other kind too', [folder, file], async (at) => {
  await put(at('a'), 'a');
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

  rule(`${verb}: a file`, ['a', left], async (at) => {
    await put(at('a.txt'), 'a');
    await run(at('a.txt'), at('b.txt'));
    return [await text(at('b.txt')), await codeOf(fs.stat(at('a.txt')))];
  });
  rule(`${verb}: makes the folders above the target`, ['a', ['y']], async (at) => {
    await put(at('a.txt'), 'a');
    await run(at('a.txt'), at('x/y/b.txt'));
    return [await text(at('x/y/b.txt')), await names(at('x'))];
  });
  rule(`${verb}: keeps what is there`, ['FileExists', 'FileExists', 'a', 'b'], async (at) => {
    await put(at('a.txt'), 'a');
    await put(at('b.txt'), 'b');
    const codes = [
      await codeOf(run(at('a.txt'), at('b.txt'))),
      await codeOf(run(at('a.txt'), at('b.txt'), false)),
    ];
    return [...codes, await text(at('a.txt')), await text(at('b.txt'))];
  });
  rule(`${verb}: replaces a file when that is said`, ['a', left], async (at) => {
    await put(at('a.txt'), 'a');
    await put(at('b.txt'), 'a long text');
    await run(at('a.txt'), at('b.txt'), true);
    return [await text(at('b.txt')), await codeOf(fs.stat(at('a.txt')))];
  });
  rule(`${verb}: of what is not there`, ['FileNotFound', 'FileNotFound'], async (at) => {
    await put(at('b.txt'), 'b');
    return [await codeOf(run(at('no'), at('c'))), await codeOf(run(at('no'), at('b.txt'), true))];
  });
  rule(`${verb}: a folder with all in it`, [['a.txt', 'sub'], 'b', left], async (at) => {
    await put(at('x/a.txt'), 'a');
    await put(at('x/sub/deep/b.txt'), 'b');
    await put(at('x-too/c.txt'), 'c');
    await run(at('x'), at('y'));
    return [await names(at('y')), await text(at('y/sub/deep/b.txt')), await codeOf(fs.stat(at('x')))];
  });
  rule(`${verb}: an empty folder`, [[], left], async (at) => {
    await fs.createDirectory(at('x'));
    await run(at('x'), at('y'));
    return [await names(at('y')), await codeOf(fs.stat(at('x')))];
  });
  rule(`${verb}: empty folders in a folder`, [['a.txt', 'empty', 'lost'], ['e'], []], async (at) => {
    await put(at('x/a.txt'), 'a');
    await fs.createDirectory(at('x/empty/e'));
    await put(at('x/lost/b.txt'), 'b');
    await fs.delete(at('x/lost/b.txt'));
    await run(at('x'), at('y'));
    return [await names(at('y')), await names(at('y/empty')), await names(at('y/lost'))];
  });
  rule(`${verb}: a folder to one that is there`, ['FileExists', ['b.txt'], ['a.txt']], async (at) => {
    await put(at('x/a.txt'), 'a');
    await put(at('y/b.txt'), 'b');
    return [await codeOf(run(at('x'), at('y'))), await names(at('y')), await names(at('x'))];
  });
  rule(`${verb}: a folder does not go into itself`, [false, ['a.txt']], async (at) => {
    await put(at('x/a.txt'), 'a');
    return [(await codeOf(run(at('x'), at('x/y')))) === 'done', await names(at('x'))];
  });
  rule(`${verb}: to another file system`, ['a', ['b.txt'], left], async (at, other) => {
    await put(at('a.txt'), 'a');
    await put(at('x/sub/b.txt'), 'b');
    await run(at('a.txt'), other('a.txt'));
    await run(at('x'), other('x'));
    return [
      await text(other('a.txt')),
      await names(other('x/sub')),
      await codeOf(fs.stat(at('x/sub/b.txt'))),
    ];
  });
  rule(`${verb}: to another file system keeps what is there`, ['FileExists', 'b', 'a'], async (at, other) => {
    await put(at('a.txt'), 'a');
    await put(other('a.txt'), 'b');
    const code = await codeOf(run(at('a.txt'), other('a.txt')));
    const kept = await text(other('a.txt'));
    await run(at('a.txt'), other('a.txt'), true);
    return [code, kept, await text(other('a.txt'))];
  });
  rule(`${verb}: an empty folder to another file system`, [[]], async (at, other) => {
    await fs.createDirectory(at('x'));
    await run(at('x'), other('x'));
    return [await names(other('x'))];
  });
}
rule('rename: in other letters', ['a', ['A.txt']], async (at) => {
  await put(at('a.txt'), 'a');
  await fs.rename(at('a.txt'), at('A.txt'));
  return [await text(at('A.txt')), await names(at(''))];
});
rule('rename: there and back', ['a', ['a.txt']], async (at) => {
  await put(at('a.txt'), 'a');
  for (const [from, to] of [
    ['a.txt', 'b.txt'],
    ['b.txt', 'a.txt'],
  ] as const)
    await fs.rename(at(from), at(to));
  return [await text(at('a.txt')), await names(at(''))];
});

// ---- WorkspaceEdit ----

rule('the scheme can be written', true, async (at) =>
  vscode.workspace.fs.isWritableFileSystem(at('').scheme),
);
rule('an edit makes a file', [true, 0], async (at) => [
  await edited((edit) => edit.createFile(at('new/a.txt'))),
  (await fs.stat(at('new/a.txt'))).size,
]);
rule('an edit makes a file with content', [true, 'abc'], async (at) => [
  await edited((edit) => edit.createFile(at('a.txt'), { contents: Buffer.from('abc') })),
  await text(at('a.txt')),
]);
rule('an edit makes no file where one is', [false, 'a'], async (at) => {
  await put(at('a.txt'), 'a');
  return [await edited((edit) => edit.createFile(at('a.txt'))), await text(at('a.txt'))];
});
rule(
  'an edit leaves a file that is there alone, or replaces it, as it says',
  [true, 'a', true, ''],
  async (at) => {
    await put(at('a.txt'), 'a');
    const ignored = await edited((edit) => edit.createFile(at('a.txt'), { ignoreIfExists: true }));
    const kept = await text(at('a.txt'));
    const replaced = await edited((edit) => edit.createFile(at('a.txt'), { overwrite: true }));
    return [ignored, kept, replaced, await text(at('a.txt'))];
  },
);
rule('an edit deletes files and folders', [true, []], async (at) => {
  await put(at('a.txt'), 'a');
  await put(at('x/y/b.txt'), 'b');
  const done = await edited((edit) => {
    edit.deleteFile(at('a.txt'));
    edit.deleteFile(at('x'), { recursive: true });
  });
  return [done, await names(at(''))];
});
rule('an edit deletes nothing that is not there', [false, true], async (at) => [
  await edited((edit) => edit.deleteFile(at('no.txt'))),
  await edited((edit) => edit.deleteFile(at('no.txt'), { ignoreIfNotExists: true })),
]);
rule('an edit renames a file', [true, 'a', 'FileNotFound'], async (at) => {
  await put(at('a.txt'), 'a');
  const done = await edited((edit) => edit.renameFile(at('a.txt'), at('x/b.txt')));
  return [done, await text(at('x/b.txt')), await codeOf(fs.stat(at('a.txt')))];
});
rule(
  'an edit renames nothing over a file unless it says so',
  [false, 'b', true, 'b', true, 'a'],
  async (at) => {
    await put(at('a.txt'), 'a');
    await put(at('b.txt'), 'b');
    const [a, b] = [at('a.txt'), at('b.txt')];
    const refused = await edited((edit) => edit.renameFile(a, b));
    const kept = await text(b);
    const ignored = await edited((edit) => edit.renameFile(a, b, { ignoreIfExists: true }));
    const still = await text(b);
    const replaced = await edited((edit) => edit.renameFile(a, b, { overwrite: true }));
    return [refused, kept, ignored, still, replaced, await text(b)];
  },
);
rule('an edit renames a folder', [true, 'a', ['sub']], async (at) => {
  await put(at('x/sub/a.txt'), 'a');
  const done = await edited((edit) => edit.renameFile(at('x'), at('y')));
  return [done, await text(at('y/sub/a.txt')), await names(at('y'))];
});
rule(
  'an edit makes a file and writes into it, which a save stores',
  [true, 'new', true, 'new'],
  async (at) => {
    const done = await edited((edit) => {
      edit.createFile(at('a.txt'));
      edit.insert(at('a.txt'), new vscode.Position(0, 0), 'new');
    });
    const document = await opened(at('a.txt'));
    return [done, document.getText(), await document.save(), await text(at('a.txt'))];
  },
);
rule(
  'an edit changes and renames a file, which a save stores',
  [true, 'import a', true, 'import a'],
  async (at) => {
    await put(at('a.txt'), 'a');
    const done = await edited((edit) => {
      edit.insert(at('a.txt'), new vscode.Position(0, 0), 'import ');
      edit.renameFile(at('a.txt'), at('b.txt'));
    });
    const document = await opened(at('b.txt'));
    return [done, document.getText(), await document.save(), await text(at('b.txt'))];
  },
);
rule(
  'an edit of several files is saved, all of them',
  [true, [true, true, true], ['x1', 'x2', 'x3']],
  async (at) => {
    const all = ['1', '2', '3'];
    for (const name of all) await put(at(name), name);
    const done = await edited((edit) => {
      for (const name of all) edit.insert(at(name), new vscode.Position(0, 0), 'x');
    });
    const saved: boolean[] = [];
    for (const name of all) saved.push(await (await opened(at(name))).save());
    return [done, saved, await Promise.all(all.map((name) => text(at(name))))];
  },
);

// ---- documents ----

rule('a document shows the file, and a save stores it', ['a\n', false, true, false, 'xa\n'], async (at) => {
  await put(at('a.txt'), 'a\n');
  const document = await opened(at('a.txt'));
  const before = [document.getText(), document.isDirty];
  await typed(document, 'x');
  return [...before, await document.save(), document.isDirty, await text(at('a.txt'))];
});
rule('no document is opened of a folder, nor of nothing', [true, true], async (at) => {
  await put(at('x/a.txt'), 'a');
  const fails = (uri: vscode.Uri) =>
    Promise.resolve(vscode.workspace.openTextDocument(uri)).then(
      () => false,
      () => true,
    );
  return [await fails(at('x')), await fails(at('no.txt'))];
});
for (const [what, content] of Object.entries({
  'line ends of Windows': Buffer.from('a\r\nb\r\n'),
  'a byte order mark': Buffer.from('\ufeffa\n'),
  'no line end': Buffer.from('a'),
  'nothing in it': Buffer.from(''),
}))
  rule(`a save keeps ${what}`, [true, true], async (at) => {
    await fs.writeFile(at('a.txt'), content);
    const document = await opened(at('a.txt'));
    await typed(document, 'x');
    const saved = await document.save();
    const marked = content[0] === 0xef ? 3 : 0;
    const wanted = Buffer.concat([content.subarray(0, marked), Buffer.from('x'), content.subarray(marked)]);
    return [saved, wanted.equals(Buffer.from(await fs.readFile(at('a.txt'))))];
  });
rule('what an extension writes is what the document shows next', ['b\n', false], async (at) => {
  await put(at('a.txt'), 'a\n');
  const document = await opened(at('a.txt'));
  await put(at('a.txt'), 'b\n');
  await until('the document shows it', () => document.getText() === 'b\n');
  return [document.getText(), document.isDirty];
});
rule('a save makes a file again that was deleted here', [true, 'xa\n'], async (at) => {
  await put(at('a.txt'), 'a\n');
  const document = await opened(at('a.txt'));
  await typed(document, 'x');
  await fs.delete(at('a.txt'));
  return [await document.save(), await text(at('a.txt'))];
});
rule('a save makes a file again whose folder was deleted here', [true, 'xa\n'], async (at) => {
  await put(at('in/sub/a.txt'), 'a\n');
  const document = await opened(at('in/sub/a.txt'));
  await typed(document, 'x');
  await fs.delete(at('in'), { recursive: true });
  return [await document.save(), await text(at('in/sub/a.txt'))];
});
rule('saving, undoing and saving again stores both', [true, 'xa\n', true, 'a\n'], async (at) => {
  await put(at('a.txt'), 'a\n');
  const document = await opened(at('a.txt'));
  await typed(document, 'x');
  const first = [await document.save(), await text(at('a.txt'))];
  await vscode.commands.executeCommand('undo');
  return [...first, await document.save(), await text(at('a.txt'))];
});
rule('a save tells of itself before and after', ['will', 'did'], async (at) => {
  await put(at('a.txt'), 'a\n');
  const document = await opened(at('a.txt'));
  await typed(document, 'x');
  const told: string[] = [];
  const own = (one: vscode.TextDocument) => one.uri.toString() === at('a.txt').toString();
  const listening = [
    vscode.workspace.onWillSaveTextDocument((event) => own(event.document) && told.push('will')),
    vscode.workspace.onDidSaveTextDocument((saved) => own(saved) && told.push('did')),
  ];
  await document.save();
  await until('the save is told of', () => told.includes('did'));
  for (const one of listening) one.dispose();
  return told;
});

// ---- events ----

rule(
  'edits tell of files that are made, renamed and deleted',
  ['made a', 'renamed a b', 'deleted b'],
  async (at) => {
    const told: string[] = [];
    const base = (uri: vscode.Uri) => path.posix.basename(uri.path);
    const listening = [
      vscode.workspace.onDidCreateFiles(({ files }) => told.push(...files.map((uri) => `made ${base(uri)}`))),
      vscode.workspace.onDidRenameFiles(({ files }) =>
        told.push(...files.map(({ oldUri, newUri }) => `renamed ${base(oldUri)} ${base(newUri)}`)),
      ),
      vscode.workspace.onDidDeleteFiles(({ files }) =>
        told.push(...files.map((uri) => `deleted ${base(uri)}`)),
      ),
    ];
    await edited((edit) => edit.createFile(at('a')));
    await edited((edit) => edit.renameFile(at('a'), at('b')));
    await edited((edit) => edit.deleteFile(at('b')));
    await until('all is told of', () => told.length >= 3);
    for (const one of listening) one.dispose();
    return told;
  },
);
for (const [what, act] of Object.entries<(at: (path: string) => vscode.Uri) => Thenable<unknown>>({
  'created a': (at) => put(at('a'), 'x'),
  'changed old': (at) => put(at('old'), 'another text'),
  'deleted old': (at) => fs.delete(at('old')),
  'created new': (at) => fs.rename(at('old'), at('new')),
  'created copied': (at) => fs.copy(at('old'), at('copied')),
  'created folder': (at) => fs.createDirectory(at('folder')),
}))
  rule(`a watcher is told: ${what}`, true, async (at) => {
    await put(at('old'), 'x');
    const told = new Set<string>();
    const watcher = vscode.workspace.createFileSystemWatcher(new vscode.RelativePattern(at(''), '**'));
    const tell = (kind: string) => (uri: vscode.Uri) => told.add(`${kind} ${path.posix.basename(uri.path)}`);
    watcher.onDidCreate(tell('created'));
    watcher.onDidChange(tell('changed'));
    watcher.onDidDelete(tell('deleted'));
    try {
      // A disk's watcher takes a moment to begin.
      await put(at('begun'), '');
      let begun = 0;
      await until('the watcher has begun', async () => {
        await put(at('begun'), String(begun++));
        return [...told].some((one) => one.endsWith(' begun'));
      });
      await act(at);
      await until(`${what} is told`, () => told.has(what));
      return true;
    } finally {
      watcher.dispose();
    }
  });

const disk = vscode.Uri.file(mkdtempSync(path.join(os.tmpdir(), 'cloud-remotes-rules-')));

test('rules: the bucket of these tests is there', async () => {
  await configureRemotes();
  await independentClient().send(new CreateBucketCommand({ Bucket: bucket }));
});

for (const [index, one] of rules.entries())
  for (const place of ['disk', 'remote'] as const)
    test(`rules on a ${place}: ${one.name}`, async () => {
      const roots = { disk, remote: remoteUri(bucket) };
      const below = (root: vscode.Uri) => vscode.Uri.joinPath(root, `${place} ${index}`);
      const [root, otherRoot] = [below(roots[place]), below(roots[place === 'disk' ? 'remote' : 'disk'])];
      for (const uri of [root, otherRoot]) await fs.createDirectory(uri);
      const in_ = (uri: vscode.Uri) => (name: string) => (name === '' ? uri : vscode.Uri.joinPath(uri, name));
      try {
        const answer = await one.ask(in_(root), in_(otherRoot));
        assert.deepEqual(answer, place === 'remote' && one.remote ? one.remote.answer : one.answer);
      } finally {
        await vscode.commands.executeCommand('workbench.action.closeAllEditors');
      }
    });
