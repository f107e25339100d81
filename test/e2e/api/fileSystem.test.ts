import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { test } from '../harness/inHostTests';
import { remoteUri, replaceAll, serverRequests, testBucket } from './testServer';

const bucket = 'fs-tests';
const { create, put, text: stored, keys, head, uri: uriOf } = testBucket(bucket);
const { fs } = vscode.workspace;

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
  assert.equal(String(Buffer.from(await fs.readFile(uriOf('read/hello.txt')))), 'Hello, Tromsø\n');
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

test('file system: another client sees what was written', async () => {
  await fs.writeFile(uriOf('write/日本語 & more.txt'), Buffer.from('こんにちは\n'));
  assert.equal(await stored('write/日本語 & more.txt'), 'こんにちは\n');
});

test('file system: an absent file is FileNotFound', async () => {
  await failsWith('FileNotFound', fs.stat(uriOf('no/such.txt')));
  await failsWith('FileNotFound', fs.readFile(uriOf('no/such.txt')));
  await failsWith('FileNotFound', fs.readFile(remoteUri('no-such-bucket/x.txt')));
});

test('file system: a folder can not be read as a file, nor a file as a folder', async () => {
  await put('kinds/folder/file.txt', 'x');
  for (const folder of ['', bucket, `${bucket}/kinds`, `${bucket}/kinds/folder`, `${bucket}/kinds/folder/`])
    await failsWith('FileIsADirectory', fs.readFile(remoteUri(folder)));
  await fs.createDirectory(uriOf('kinds/empty'));
  await failsWith('FileIsADirectory', fs.readFile(uriOf('kinds/empty')));
  await failsWith('FileNotADirectory', fs.readDirectory(uriOf('kinds/folder/file.txt')));
});

test('file system: an unknown remote and an invalid name are rejected with a sentence', async () => {
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
  await replaceAll(document, '<p>new</p>');
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
  await replaceAll(document, 'one two');
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

test('file system: renames and copies on the server, without a transfer through the editor', async () => {
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
