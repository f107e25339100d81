import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { fromUri, toUri } from '../../../src/editor/platform/remoteUri';
import { parsePath } from '../../../src/remote/remotePath';
import { test } from '../harness/inHostTests';
import { remoteUri, replaceAll, save, serverRequests, testBucket } from './testServer';

const bucket = 'edit-tests';
const { create, put, bytes: stored, keys, head, uri: uriOf } = testBucket(bucket);
const { fs } = vscode.workspace;

async function open(key: string, options: { encoding?: string } = {}): Promise<vscode.TextDocument> {
  return vscode.workspace.openTextDocument(uriOf(key), options);
}

async function revert(document: vscode.TextDocument): Promise<void> {
  await vscode.window.showTextDocument(document);
  await vscode.commands.executeCommand('workbench.action.files.revert');
}

test("edit in place: an address survives the Uri's text and the editor's messages", async () => {
  await create();
  const names = ['Photos', 'anna@work', 'Größe 2', 'a+b.c_d', 'ИМЯ'];
  const paths = [
    '',
    'b',
    'b/css/main.css',
    'b/a#b?c%20d e',
    'b/100%',
    'b/日本/é',
    'b/new\nline',
    'b/x:y',
    'b/back\\slash',
  ];
  for (const remote of names)
    for (const path of paths) {
      const address = { remote, path: parsePath(path) };
      const uri = vscode.Uri.parse(toUri(address).toString(), true);
      assert.deepEqual(fromUri(uri, names), address);
      assert.deepEqual(fromUri(vscode.Uri.from(JSON.parse(JSON.stringify(uri))), names), address);
    }
});

test('edit in place: names reach the service unchanged', async () => {
  for (const name of ['a#b?c%20d e.txt', '100%.txt', 'x:y.txt', "it's+&=.txt", 'é (1).txt']) {
    await fs.writeFile(uriOf(`names/${name}`), Buffer.from(name));
    assert.equal(String(await stored(`names/${name}`)), name);
  }
});

test('edit in place: a read of the newer version by somebody else does not let an older text overwrite it', async () => {
  await put('readers/a.txt', 'AAAA');
  const document = await open('readers/a.txt');
  await replaceAll(document, 'MINE');
  await put('readers/a.txt', 'BBBB');
  assert.equal(String(await fs.readFile(document.uri)), 'BBBB');
  assert.equal(await save(document), false);
  assert.equal(String(await stored('readers/a.txt')), 'BBBB');
  await revert(document);
  // After the revert the text is theirs, and the base of the next save too.
  assert.equal(document.getText(), 'BBBB');
  await replaceAll(document, 'LATER');
  assert.equal(await save(document), true);
  assert.equal(String(await stored('readers/a.txt')), 'LATER');
});

test('edit in place: a text in another encoding keeps it', async () => {
  await put('encodings/a.txt', Buffer.from([0xe4, 0x0a]));
  const document = await open('encodings/a.txt', { encoding: 'iso88591' });
  assert.equal(document.getText(), 'ä\n');
  await replaceAll(document, 'öß\n');
  assert.equal(await save(document), true);
  assert.deepEqual([...(await stored('encodings/a.txt'))], [0xf6, 0xdf, 0x0a]);
});

test('edit in place: a document can be emptied, and a file by another extension', async () => {
  await put('empty/a.txt', 'text');
  const document = await open('empty/a.txt');
  await replaceAll(document, '');
  assert.equal(await save(document), true);
  assert.equal((await stored('empty/a.txt')).length, 0);
  await put('empty/b.txt', 'text');
  await fs.writeFile(uriOf('empty/b.txt'), new Uint8Array());
  assert.equal((await stored('empty/b.txt')).length, 0);
});

test('edit in place: a save stores the modified time, which later stats report', async () => {
  await put('times/a.txt', 'old');
  const document = await open('times/a.txt');
  const before = await fs.stat(document.uri);
  await replaceAll(document, 'new');
  assert.equal(await save(document), true);
  const after = await fs.stat(document.uri);
  assert.ok(after.mtime > before.mtime);
  const headers = await head('times/a.txt');
  assert.ok(Math.abs(Number(headers.Metadata?.['mtime']) * 1000 - Date.now()) < 60_000);
  await fs.readDirectory(uriOf('times'));
  assert.equal((await fs.stat(document.uri)).mtime, after.mtime);
});

test('edit in place: the parents of a new file are not stored as objects', async () => {
  await fs.writeFile(uriOf('parents/a/b/c.txt'), Buffer.from('c'));
  const names = ['1.txt', '2.txt', 'deep/3.txt'];
  await Promise.all(names.map((name) => fs.writeFile(uriOf(`parents/at-once/${name}`), Buffer.from(name))));
  const edit = new vscode.WorkspaceEdit();
  edit.createFile(uriOf('parents/by-edit/new/d.txt'), { contents: Buffer.from('d') });
  assert.ok(await vscode.workspace.applyEdit(edit));
  await fs.copy(uriOf('parents/a/b/c.txt'), uriOf('parents/copied/to/c.txt'));
  await fs.rename(uriOf('parents/a/b/c.txt'), uriOf('parents/moved/to/c.txt'));
  assert.deepEqual(await keys('parents/'), [
    ...names.map((name) => `parents/at-once/${name}`),
    'parents/by-edit/new/d.txt',
    'parents/copied/to/c.txt',
    'parents/moved/to/c.txt',
  ]);
  // In this window, as on a disk, a folder stays after its last file was moved.
  assert.deepEqual(await fs.readDirectory(uriOf('parents/a/b')), []);
});

test('edit in place: a folder that an extension creates is stored', async () => {
  const folder = uriOf('made/x/y');
  await fs.createDirectory(folder);
  assert.deepEqual(await keys('made/'), ['made/x/y/']);
  assert.deepEqual(await fs.readDirectory(folder), []);
  // Creating it again is no error and adds no object.
  await fs.createDirectory(folder);
  // With a stat of a file in it first, as extensions do.
  const settings = uriOf('made/looked/settings.txt');
  await assert.rejects(Promise.resolve(fs.stat(settings)));
  await fs.createDirectory(uriOf('made/looked'));
  assert.deepEqual(await keys('made/'), ['made/looked/', 'made/x/y/']);
  // A later file in it leaves the marker alone.
  await fs.writeFile(settings, Buffer.from('s'));
  await fs.delete(settings);
  assert.deepEqual(await keys('made/looked/'), ['made/looked/']);
});

test('edit in place: empty folders move and copy with their parent', async () => {
  await fs.createDirectory(uriOf('tree/stored/empty'));
  await fs.writeFile(uriOf('tree/full/a.txt'), Buffer.from('a'));
  // Without its last file, the folder exists in this window only.
  await fs.writeFile(uriOf('tree/emptied/deep/b.txt'), Buffer.from('b'));
  await fs.delete(uriOf('tree/emptied/deep/b.txt'));
  await fs.copy(uriOf('tree'), uriOf('tree-copy'));
  await fs.rename(uriOf('tree'), uriOf('tree-moved'));
  for (const top of ['tree-copy', 'tree-moved']) {
    const names = async (path: string) =>
      (await fs.readDirectory(uriOf(`${top}${path}`))).map(([name]) => name).sort();
    assert.deepEqual(await names(''), ['emptied', 'full', 'stored'], top);
    assert.deepEqual(await names('/stored'), ['empty'], top);
    assert.deepEqual(await names('/stored/empty'), [], top);
    assert.deepEqual(await names('/emptied'), ['deep'], top);
    assert.deepEqual(await keys(`${top}/`), [`${top}/full/a.txt`, `${top}/stored/empty/`]);
  }
  await assert.rejects(Promise.resolve(fs.stat(uriOf('tree'))));
});

test('edit in place: buckets can not be created, renamed or deleted as folders', async () => {
  const noPermissions = (error: unknown) =>
    error instanceof vscode.FileSystemError && error.code === 'NoPermissions';
  const attempts = [
    () => fs.createDirectory(remoteUri('another-bucket')),
    () => fs.writeFile(remoteUri('a-file-at-the-top'), Buffer.from('x')),
    () => fs.delete(remoteUri(bucket), { recursive: true }),
    () => fs.rename(remoteUri(bucket), remoteUri('renamed')),
  ];
  for (const attempt of attempts) await assert.rejects(Promise.resolve(attempt()), noPermissions);
  assert.ok((await keys('')).length > 0);
});

test('edit in place: the names that editors stat in every folder cost one request', async () => {
  await put('probes/index.html', 'x');
  const before = (await serverRequests()).length;
  for (const name of [
    '.vscode/settings.json',
    '.vscode/tasks.json',
    '.git',
    '.git/config',
    '.editorconfig',
  ]) {
    await assert.rejects(Promise.resolve(fs.stat(uriOf(`probes/${name}`))));
    await assert.rejects(Promise.resolve(fs.readFile(uriOf(`probes/${name}`))));
  }
  const sent = (await serverRequests()).slice(before).filter((request) => request.bucket === bucket);
  assert.deepEqual(
    sent.map(({ operation, query }) => [operation, query['prefix']]),
    [['ListObjectsV2', 'probes/.']],
  );
});

test('edit in place: a server-side copy keeps headers and metadata', async () => {
  await put('copies/a.html', '<p>', {
    ContentType: 'text/html',
    CacheControl: 'no-store',
    Metadata: { owner: 'anna' },
  });
  await fs.copy(uriOf('copies/a.html'), uriOf('copies/deep/b.html'));
  const headers = await head('copies/deep/b.html');
  assert.deepEqual(
    [headers.ContentType, headers.CacheControl, headers.Metadata?.['owner']],
    ['text/html', 'no-store', 'anna'],
  );
});
