import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { test } from '../harness/inHostTests';
import { remoteUri, serverRequests, testBucket } from './testServer';

const bucket = 'fs-tests';
const { create, put, text: stored, keys, head, uri: uriOf } = testBucket(bucket);
const { fs } = vscode.workspace;

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function text(content: Uint8Array): string {
  return new TextDecoder().decode(content);
}

async function failsWith(code: string, work: Thenable<unknown>): Promise<void> {
  await assert.rejects(Promise.resolve(work), (error: unknown) => {
    assert.ok(error instanceof vscode.FileSystemError, `a FileSystemError, not ${error}`);
    assert.equal(error.code, code);
    return true;
  });
}

test('file system: reads what another client wrote', async () => {
  await create();
  await put('read/hello.txt', 'Hello, Tromsø\n');
  assert.equal(text(await fs.readFile(uriOf('read/hello.txt'))), 'Hello, Tromsø\n');
  const stat = await fs.stat(uriOf('read/hello.txt'));
  assert.equal(stat.type, vscode.FileType.File);
  assert.equal(stat.size, 15);
  assert.ok(Math.abs(stat.mtime - Date.now()) < 60_000, 'the modified time is in milliseconds');
});

test('file system: lists buckets, folders and files', async () => {
  await put('list/b.txt', 'b');
  await put('list/sub/c.txt', 'c');
  const top = await fs.readDirectory(vscode.Uri.parse('cloudremotes://demo/'));
  assert.ok(top.some(([name, type]) => name === bucket && type === vscode.FileType.Directory));
  const folder = await fs.readDirectory(uriOf('list'));
  assert.deepEqual(folder.sort(), [
    ['b.txt', vscode.FileType.File],
    ['sub', vscode.FileType.Directory],
  ]);
});

test('file system: what another client sees after a write is what was written', async () => {
  await fs.writeFile(uriOf('write/日本語 & more.txt'), bytes('こんにちは\n'));
  assert.equal(await stored('write/日本語 & more.txt'), 'こんにちは\n');
});

test('file system: an absent file is FileNotFound, and nothing else is', async () => {
  await failsWith('FileNotFound', fs.stat(uriOf('no/such.txt')));
  await failsWith('FileNotFound', fs.readFile(uriOf('no/such.txt')));
  await failsWith('FileNotFound', fs.readFile(remoteUri('no-such-bucket/x.txt')));
});

test('file system: a folder is not read as a file, nor a file as a folder', async () => {
  await put('kinds/folder/file.txt', 'x');
  for (const folder of ['', bucket, `${bucket}/kinds`, `${bucket}/kinds/folder`, `${bucket}/kinds/folder/`])
    await failsWith('FileIsADirectory', fs.readFile(remoteUri(folder)));
  await fs.createDirectory(uriOf('kinds/empty'));
  await failsWith('FileIsADirectory', fs.readFile(uriOf('kinds/empty')));
  await failsWith('FileNotADirectory', fs.readDirectory(uriOf('kinds/folder/file.txt')));
});

test('file system: an unknown remote and an impossible name are refused in words', async () => {
  const unknown = vscode.Uri.parse('cloudremotes://nobody/bucket/key.txt');
  await assert.rejects(Promise.resolve(fs.readFile(unknown)), /nobody/);
  await assert.rejects(Promise.resolve(fs.readFile(uriOf('a\0b.txt'))), (error: unknown) => {
    assert.ok(error instanceof Error && !/undefined/.test(error.message));
    return true;
  });
});

test('file system: editing keeps content type, headers and metadata', async () => {
  await put('meta/page.html', '<p>old</p>', {
    ContentType: 'text/html; charset=utf-8',
    CacheControl: 'max-age=60',
    Metadata: { owner: 'anna' },
  });
  const document = await vscode.workspace.openTextDocument(uriOf('meta/page.html'));
  const edit = new vscode.WorkspaceEdit();
  edit.replace(document.uri, new vscode.Range(0, 3, 0, 6), 'new');
  assert.ok(await vscode.workspace.applyEdit(edit));
  assert.ok(await document.save());
  assert.equal(await stored('meta/page.html'), '<p>new</p>');
  const headers = await head('meta/page.html');
  assert.equal(headers.ContentType, 'text/html; charset=utf-8');
  assert.equal(headers.CacheControl, 'max-age=60');
  assert.equal(headers.Metadata?.['owner'], 'anna');
});

test('file system: a save sends the ETag that the text was based on', async () => {
  await put('guard/a.txt', 'one');
  const { ETag } = await head('guard/a.txt');
  const document = await vscode.workspace.openTextDocument(uriOf('guard/a.txt'));
  const edit = new vscode.WorkspaceEdit();
  edit.insert(document.uri, new vscode.Position(0, 3), ' two');
  await vscode.workspace.applyEdit(edit);
  assert.ok(await document.save());
  const puts = (await serverRequests()).filter(
    ({ operation, key, headers }) =>
      operation === 'PutObject' && key === 'guard/a.txt' && headers['if-match'] !== undefined,
  );
  assert.deepEqual(
    puts.map(({ headers, status }) => [headers['if-match'], status]),
    [[ETag, 200]],
  );
});

test('file system: a save never overwrites a change of the same size made meanwhile by someone else', async () => {
  await put('conflict/a.txt', 'AAAA');
  const document = await vscode.workspace.openTextDocument(uriOf('conflict/a.txt'));
  const edit = new vscode.WorkspaceEdit();
  edit.replace(document.uri, new vscode.Range(0, 0, 0, 4), 'MINE');
  await vscode.workspace.applyEdit(edit);
  await put('conflict/a.txt', 'BBBB');
  const saved = await Promise.resolve(document.save()).catch(() => false);
  assert.equal(saved, false);
  assert.equal(await stored('conflict/a.txt'), 'BBBB');
  await vscode.window.showTextDocument(document);
  await vscode.commands.executeCommand('workbench.action.files.revert');
});

test('file system: renames and copies on the server, recursively, without moving bytes through the editor', async () => {
  for (const name of ['a.txt', 'sub/b.txt', 'sub/deep/c.txt']) await put(`move/from/${name}`, name);
  const before = (await serverRequests()).length;
  await fs.rename(uriOf('move/from'), uriOf('move/to'));
  assert.deepEqual(await keys('move/'), ['move/to/a.txt', 'move/to/sub/b.txt', 'move/to/sub/deep/c.txt']);
  await fs.copy(uriOf('move/to/a.txt'), uriOf('move/copy.txt'));
  assert.equal(await stored('move/copy.txt'), 'a.txt');
  const moved = (await serverRequests()).slice(before).filter(({ operation }) => operation === 'PutObject');
  assert.deepEqual(
    moved.map(({ key }) => key).filter((key) => !key?.endsWith('/')),
    [],
  );
});

test('file system: rename refuses an existing target unless told to overwrite', async () => {
  await put('clash/a.txt', 'a');
  await put('clash/b.txt', 'b');
  await failsWith('FileExists', fs.rename(uriOf('clash/a.txt'), uriOf('clash/b.txt')));
  assert.equal(await stored('clash/b.txt'), 'b');
  await fs.rename(uriOf('clash/a.txt'), uriOf('clash/b.txt'), {
    overwrite: true,
  });
  assert.equal(await stored('clash/b.txt'), 'a');
  assert.deepEqual(await keys('clash/'), ['clash/b.txt']);
});

test('file system: deletes a folder with all below it, and nothing beside it', async () => {
  await put('del/folder/a.txt', 'a');
  await put('del/folder/sub/b.txt', 'b');
  await put('del/folder-too/c.txt', 'c');
  await fs.delete(uriOf('del/folder'), { recursive: true });
  assert.deepEqual(await keys('del/'), ['del/folder-too/c.txt']);
});

test('file system: binary content survives reading and writing', async () => {
  const content = new Uint8Array(70_000).map((_, i) => (i * 7) % 256);
  await fs.writeFile(uriOf('binary.bin'), content);
  const read = await fs.readFile(uriOf('binary.bin'));
  assert.ok(Buffer.from(read).equals(Buffer.from(content)));
});
