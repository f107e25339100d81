import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { test } from '../harness/inHostTests';
import {
  addFault,
  clearFaults,
  replaceAll,
  save,
  serverRequests,
  testBucket,
  type,
  until,
} from './testServer';

const bucket = 'conflict-tests';
const { create, put, bytes, text: stored, keys, remove, uri: uriOf } = testBucket(bucket);
const { fs } = vscode.workspace;

async function show(key: string, encoding?: string): Promise<vscode.TextDocument> {
  const uri = uriOf(key);
  const document = await vscode.workspace.openTextDocument(uri, encoding ? { encoding } : undefined);
  await vscode.window.showTextDocument(document, { preview: false });
  return document;
}

/** Runs a command on the document, which must be in front. */
async function runOn(document: vscode.TextDocument, command: string): Promise<void> {
  await vscode.window.showTextDocument(document, { preview: false });
  await vscode.commands.executeCommand(command);
}

const undo = (document: vscode.TextDocument) => runOn(document, 'undo');
const close = (document: vscode.TextDocument) =>
  runOn(document, 'workbench.action.revertAndCloseActiveEditor');

/**
 * Waits until the extension has checked an unmodified document, 100 ms after its last event and after a request to encode the text.
 * The timers and requests of the extension host keep their order, so these come after the extension's even on a slow machine.
 */
async function isChecked(document: vscode.TextDocument): Promise<void> {
  await until('the document is unmodified', () => !document.isDirty);
  await new Promise((resolve) => setTimeout(resolve, 150));
  await vscode.workspace.encode(document.getText(), { encoding: document.encoding });
}

/** A document with a rejected save: somebody else wrote `theirs` meanwhile, or deleted the file. */
async function inConflict(key: string, theirs: string | undefined): Promise<vscode.TextDocument> {
  await put(key, 'first\n');
  const document = await show(key);
  await type(document, 'mine ');
  if (theirs === undefined) await remove(key);
  else await put(key, theirs);
  assert.equal(await save(document), false);
  assert.ok(document.isDirty);
  return document;
}

test('conflicts: creates the bucket of these tests, and polls no open file', async () => {
  await create();
  // A poll would reload a document before the test types into it.
  const settings = vscode.workspace.getConfiguration('cloudRemotes');
  await settings.update('watchInterval', 0, vscode.ConfigurationTarget.Global);
});

for (const theirs of ['', 'T', 'THEIR\n', 'theirs is much longer than what was opened\n', undefined]) {
  const size = theirs === undefined ? 'a version that was deleted' : `a version of ${theirs.length} bytes`;
  test(`conflicts: Overwrite stores the text over ${size}`, async () => {
    const key = `overwrite/${theirs?.length ?? 'gone'}.txt`;
    const document = await inConflict(key, theirs);
    await vscode.commands.executeCommand('cloudRemotes.overwriteRemote', document.uri);
    assert.equal(await stored(key), 'mine first\n');
    assert.equal(document.isDirty, false);
    // The overwritten version is the new base.
    await type(document, 'more ');
    assert.equal(await save(document), true);
    assert.equal(await stored(key), 'more mine first\n');
    await close(document);
  });
}

test('conflicts: Overwrite replaces the version of the conflict, not a later version', async () => {
  const document = await inConflict('later.txt', 'theirs, longer than before\n');
  await put('later.txt', 'theirs again, with another size\n');
  await vscode.commands.executeCommand('cloudRemotes.overwriteRemote', document.uri);
  assert.equal(await stored('later.txt'), 'theirs again, with another size\n');
  assert.ok(document.isDirty);
  await vscode.commands.executeCommand('cloudRemotes.overwriteRemote', document.uri);
  assert.equal(await stored('later.txt'), 'mine first\n');
  await close(document);
});

/** Runs Save as Copy, which waits at the server until `meanwhile` is done. */
async function saveAsCopy(document: vscode.TextDocument, meanwhile: () => Promise<unknown>): Promise<void> {
  const before = (await serverRequests()).length;
  const isCopying = async () => {
    const since = (await serverRequests()).slice(before);
    return since.some(({ operation, key }) => operation === 'HeadObject' || key?.includes(' copy'));
  };
  await addFault({ operation: 'PutObject', bucket, delayMs: 1500 });
  const saved = Promise.resolve(vscode.commands.executeCommand('cloudRemotes.saveAsCopy', document.uri));
  try {
    await Promise.race([until('the copy is being written', isCopying), saved]);
    await meanwhile();
  } finally {
    await saved;
    await clearFaults();
  }
}

test('conflicts: Save as Copy keeps both, and the document shows theirs', async () => {
  const document = await inConflict('copies/plain.txt', 'THEIRS\n');
  await saveAsCopy(document, async () => {});
  assert.equal(await stored('copies/plain copy.txt'), 'mine first\n');
  assert.equal(document.getText(), 'THEIRS\n');
  assert.equal(document.isDirty, false);
});

test('conflicts: text typed during Save as Copy stays in the document, unsaved', async () => {
  const document = await inConflict('copies/typed.txt', 'THEIRS\n');
  await saveAsCopy(document, () => type(document, 'more '));
  assert.equal(await stored('copies/typed copy.txt'), 'mine first\n');
  assert.equal(document.getText(), 'more mine first\n');
  assert.ok(document.isDirty);
  // The conflict remains, with the same actions.
  assert.equal(await save(document), false);
  assert.equal(await stored('copies/typed.txt'), 'THEIRS\n');
  await vscode.commands.executeCommand('cloudRemotes.saveAsCopy', document.uri);
  assert.equal(await stored('copies/typed copy 2.txt'), 'more mine first\n');
  assert.equal(document.getText(), 'THEIRS\n');
});

test('conflicts: an edit by an extension, or an undo, during Save as Copy stays too', async () => {
  const edited = await inConflict('copies/edited.txt', 'THEIRS\n');
  await saveAsCopy(edited, () => replaceAll(edited, 'formatted\n'));
  assert.equal(edited.getText(), 'formatted\n');
  assert.ok(edited.isDirty);
  await close(edited);
  const undone = await inConflict('copies/undone.txt', 'THEIRS\n');
  await type(undone, 'x');
  await saveAsCopy(undone, () => undo(undone));
  assert.equal(undone.getText(), 'mine first\n');
  assert.ok(undone.isDirty);
  await close(undone);
});

test('conflicts: Save as Copy never reverts another document that came to the front', async () => {
  await put('copies/other.txt', 'other\n');
  const document = await inConflict('copies/front.txt', 'THEIRS\n');
  const other = await show('copies/other.txt');
  await saveAsCopy(document, () => type(other, 'precious '));
  assert.equal(other.getText(), 'precious other\n');
  assert.ok(other.isDirty);
  assert.equal(await stored('copies/front copy.txt'), 'mine first\n');
  await close(other);
});

test('conflicts: Save as Copy of a deleted file keeps the text in the document', async () => {
  const document = await inConflict('copies/gone.txt', undefined);
  await saveAsCopy(document, async () => {});
  assert.equal(await stored('copies/gone copy.txt'), 'mine first\n');
  assert.equal(document.getText(), 'mine first\n');
  await close(document);
});

const utf16 = (text: string) => Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(text, 'utf16le')]);

/** Changes by somebody else after which the editor shows the same text, or nearly the same. */
const foreign: readonly {
  readonly what: string;
  readonly first: string | Buffer;
  readonly theirs: string | Buffer;
  readonly encoding?: string;
}[] = [
  { what: 'Windows line ends', first: 'a\nb\n', theirs: 'a\r\nb\r\n' },
  { what: 'Unix line ends', first: 'a\r\nb\r\n', theirs: 'a\nb\n' },
  { what: 'a byte order mark', first: 'a\nb\n', theirs: '\ufeffa\nb\n' },
  { what: 'no byte order mark', first: '\ufeffa\n', theirs: 'a\n' },
  { what: 'a mark and other line ends', first: 'a\nb\n', theirs: '\ufeffa\r\nb\r\n' },
  { what: 'mixed line ends', first: 'a\nb\nc\n', theirs: 'a\nb\r\nc\n' },
  { what: 'other mixed line ends', first: 'a\nb\r\nc\n', theirs: 'a\r\nb\nc\n' },
  { what: 'a final line end', first: 'a', theirs: 'a\n' },
  { what: 'another encoding', first: 'ä\n', theirs: utf16('ä\n') },
  { what: 'composed letters', first: 'e\u0301\n', theirs: '\u00e9\n' },
  {
    what: 'other line ends in Latin-1',
    first: Buffer.from([0xe4, 0x0a]),
    theirs: Buffer.from([0xe4, 0x0d, 0x0a]),
    encoding: 'iso88591',
  },
];

for (const { what, first, theirs, encoding } of foreign)
  test(`conflicts: after typing and undoing, a save does not overwrite a version with ${what}`, async () => {
    const key = `undo/${what}.txt`;
    await put(key, first);
    const document = await show(key, encoding);
    const text = document.getText();
    await type(document, 'x');
    await put(key, theirs);
    // As a search or a comparison does.
    await fs.readFile(document.uri);
    await undo(document);
    assert.equal(document.getText(), text);
    await isChecked(document);
    await type(document, 'y');
    assert.equal(await save(document), false);
    assert.deepEqual(await bytes(key), Buffer.from(theirs));
    await close(document);
  });

for (const { what, first, theirs, encoding } of foreign)
  test(`conflicts: a document that was reloaded with ${what} can be saved`, async () => {
    const key = `reload/${what}.txt`;
    await put(key, first);
    const document = await show(key, encoding);
    await type(document, 'x');
    await put(key, theirs);
    await vscode.commands.executeCommand('workbench.action.files.revert');
    await isChecked(document);
    await type(document, 'y');
    // Where the editor shows both versions alike, a needless conflict is possible, but never a silent overwrite.
    const saved = await save(document);
    const alike = ['mixed line ends', 'other mixed line ends'].includes(what);
    assert.ok(saved || alike, what);
    if (!saved) assert.deepEqual(await bytes(key), Buffer.from(theirs));
    await close(document);
  });

test('conflicts: undo past a save, save and redo cause no conflict', async () => {
  await put('undo/own.txt', 'one\n');
  const document = await show('undo/own.txt');
  await type(document, 'x');
  assert.equal(await save(document), true);
  for (const [command, text] of [
    ['undo', 'one\n'],
    ['redo', 'xone\n'],
    ['undo', 'one\n'],
  ] as const) {
    await vscode.commands.executeCommand(command);
    assert.equal(document.getText(), text);
    assert.equal(await save(document), true, command);
    assert.equal(await stored('undo/own.txt'), text);
  }
  await close(document);
});

// As an import updater does on a rename: it edits and renames the file in one edit, in either order.
for (const { what, open, order } of [
  { what: 'is not open', open: false, order: 'edit, rename' },
  { what: 'is not open, renamed first', open: false, order: 'rename, edit' },
  { what: 'is open', open: true, order: 'edit, rename' },
])
  test(`conflicts: one edit that changes and renames a file that ${what} can be saved`, async () => {
    const [from, to] = [`renames/${what}.txt`, `renames/${what} now.txt`];
    await put(from, 'one\n');
    if (open) await show(from);
    const [a, b] = [uriOf(from), uriOf(to)];
    const edit = new vscode.WorkspaceEdit();
    if (order === 'rename, edit') {
      edit.renameFile(a, b);
      edit.insert(b, new vscode.Position(0, 0), 'import ');
    } else {
      edit.insert(a, new vscode.Position(0, 0), 'import ');
      edit.renameFile(a, b);
    }
    assert.ok(await vscode.workspace.applyEdit(edit));
    const document = await show(to);
    assert.equal(document.getText(), 'import one\n');
    assert.equal(await save(document), true);
    assert.equal(await stored(to), 'import one\n');
    assert.deepEqual(await keys(from), []);
    await type(document, 'more ');
    assert.equal(await save(document), true);
    await close(document);
  });

test('conflicts: all files of an edit that also renames their folder can be saved', async () => {
  const names = ['a.txt', 'b.txt', 'deep/c.txt'];
  for (const name of names) await put(`module/${name}`, `${name}\n`);
  const edit = new vscode.WorkspaceEdit();
  for (const name of names) edit.insert(uriOf(`module/${name}`), new vscode.Position(0, 0), 'import ');
  edit.renameFile(uriOf('module'), uriOf('moved'));
  assert.ok(await vscode.workspace.applyEdit(edit));
  for (const name of names) {
    const document = await show(`moved/${name}`);
    assert.equal(await save(document), true, name);
    assert.equal(await stored(`moved/${name}`), `import ${name}\n`);
    await close(document);
  }
});

test('conflicts: an outdated text overwrites nothing after a rename of its file', async () => {
  await put('behind/a.txt', 'one\n');
  const document = await show('behind/a.txt');
  await type(document, 'mine ');
  await put('behind/a.txt', 'THEIRS\n');
  const edit = new vscode.WorkspaceEdit();
  edit.renameFile(document.uri, uriOf('behind/b.txt'));
  assert.ok(await vscode.workspace.applyEdit(edit));
  const moved = await show('behind/b.txt');
  assert.equal(moved.getText(), 'mine one\n');
  assert.equal(await save(moved), false);
  assert.equal(await stored('behind/b.txt'), 'THEIRS\n');
  await close(moved);
});

test('conflicts: a save recreates a file that this window deleted, as on a disk', async () => {
  const folder = uriOf('deleted/folder');
  const ways: Readonly<Record<string, (uri: vscode.Uri) => PromiseLike<unknown>>> = {
    file: (uri) => fs.delete(uri),
    folder: () => fs.delete(folder, { recursive: true }),
    edit: async (uri) => {
      const edit = new vscode.WorkspaceEdit();
      edit.deleteFile(uri);
      assert.ok(await vscode.workspace.applyEdit(edit));
    },
  };
  for (const [what, remove] of Object.entries(ways)) {
    const key = `deleted/folder/${what}.txt`;
    await put(key, 'one\n');
    const document = await show(key);
    await type(document, 'mine ');
    await remove(document.uri);
    if (!document.isClosed && document.isDirty) {
      assert.equal(await save(document), true, what);
      assert.equal(await stored(key), 'mine one\n', what);
    }
    if (!document.isClosed) await close(document);
  }
});

test('conflicts: a file that replaced one deleted in this window is not overwritten', async () => {
  await put('deleted/again.txt', 'one\n');
  const document = await show('deleted/again.txt');
  await type(document, 'mine ');
  await fs.delete(document.uri);
  await put('deleted/again.txt', 'THEIRS\n');
  assert.equal(await save(document), false);
  assert.equal(await stored('deleted/again.txt'), 'THEIRS\n');
  await close(document);
});

test('conflicts: a file that somebody else deleted is not silently recreated', async () => {
  await put('deleted/foreign.txt', 'one\n');
  const document = await show('deleted/foreign.txt');
  await type(document, 'mine ');
  await remove('deleted/foreign.txt');
  assert.equal(await save(document), false);
  assert.deepEqual(await keys('deleted/foreign.txt'), []);
  await close(document);
});
