import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import * as vscode from 'vscode';
import { createApp } from '../../../src/app';
import { systemClock } from '../../../src/base/clock';
import { silentLog } from '../../../src/base/log';
import { openFolderFileSystem } from '../../../src/editor/platform/virtualFolders';
import { describePlan } from '../../../src/plan/build/describePlan';
import type { Place } from '../../../src/plan/model/plan';
import { type PlanOptions, parsePlanOptions } from '../../../src/plan/model/planOptions';
import { parsePath } from '../../../src/remote/remotePath';
import { test } from '../harness/inHostTests';
import { independentClient, s3RemoteSettings } from './testServer';

/** A file system as another extension would provide one: in memory, with times in milliseconds. */
class MemoryFileSystem implements vscode.FileSystemProvider {
  private readonly changed = new vscode.EventEmitter<vscode.FileChangeEvent[]>();
  readonly onDidChangeFile = this.changed.event;
  readonly files = new Map<string, { content: Uint8Array; mtime: number }>();
  readonly folders = new Set<string>(['/']);

  watch(): vscode.Disposable {
    return new vscode.Disposable(() => {});
  }

  stat(uri: vscode.Uri): vscode.FileStat {
    if (this.folders.has(uri.path)) return { type: vscode.FileType.Directory, size: 0, ctime: 0, mtime: 0 };
    const file = this.files.get(uri.path);
    if (!file) throw vscode.FileSystemError.FileNotFound(uri);
    return { type: vscode.FileType.File, size: file.content.length, ctime: 0, mtime: file.mtime };
  }

  readDirectory(uri: vscode.Uri): [string, vscode.FileType][] {
    if (!this.folders.has(uri.path)) throw vscode.FileSystemError.FileNotFound(uri);
    const below = uri.path.replace(/\/?$/, '/');
    const inside = (all: Iterable<string>, type: vscode.FileType) =>
      [...all]
        .filter((name) => name !== '/' && name.startsWith(below) && !name.slice(below.length).includes('/'))
        .map((name): [string, vscode.FileType] => [name.slice(below.length), type]);
    return [
      ...inside(this.files.keys(), vscode.FileType.File),
      ...inside(this.folders, vscode.FileType.Directory),
    ];
  }

  readFile(uri: vscode.Uri): Uint8Array {
    const file = this.files.get(uri.path);
    if (!file) throw vscode.FileSystemError.FileNotFound(uri);
    return file.content;
  }

  writeFile(uri: vscode.Uri, content: Uint8Array): void {
    this.files.set(uri.path, { content: content.slice(), mtime: Date.now() });
  }

  createDirectory(uri: vscode.Uri): void {
    this.folders.add(uri.path);
  }

  delete(uri: vscode.Uri): void {
    this.files.delete(uri.path);
    this.folders.delete(uri.path);
  }

  rename(from: vscode.Uri, to: vscode.Uri, { overwrite }: { overwrite: boolean }): void {
    const file = this.files.get(from.path);
    if (!file) throw vscode.FileSystemError.FileNotFound(from);
    if (this.files.has(to.path) && !overwrite) throw vscode.FileSystemError.FileExists(to);
    this.files.delete(from.path);
    this.files.set(to.path, file);
  }
}

const scheme = 'cloudremotestest';
const s3 = independentClient();
const bucket = 'virtual-folders';
const signal = new AbortController().signal;
const store: Place = { kind: 'remote', remote: 'demo', path: parsePath(bucket) };
const folder: Place = { kind: 'uri', uri: `${scheme}://host/project` };

/** The extension's own engine on a file system that the editor knows only through a provider. */
function engine(): ReturnType<typeof createApp> {
  return createApp({
    log: silentLog,
    clock: systemClock,
    env: process.env,
    remoteSettings: () => [s3RemoteSettings()],
    secret: async () => undefined,
    openFolder: openFolderFileSystem,
    mayRunPrograms: () => false,
    storageFolder: undefined,
  });
}

async function sync(source: Place, target: Place, options: Partial<PlanOptions> = {}): Promise<string[]> {
  const app = engine();
  try {
    const plan = await app.planSync({ source, target, options: parsePlanOptions(options) }, signal);
    const report = await app.runPlan(plan, signal);
    assert.equal(report.totals.done, plan.actions.length, JSON.stringify(report));
    return [...describePlan(plan)].filter((line) => /^(upload|download|copy|delete|time) /.test(line));
  } finally {
    await app.close();
  }
}

const provider = new MemoryFileSystem();

test('virtual folders: a folder of another extension is synced to a bucket, and again with nothing to do', async () => {
  vscode.workspace.registerFileSystemProvider(scheme, provider, { isCaseSensitive: true });
  await s3.send(new CreateBucketCommand({ Bucket: bucket }));
  provider.folders.add('/project').add('/project/sub dir');
  provider.files.set('/project/a.txt', { content: Buffer.from('one'), mtime: 1_700_000_000_123 });
  provider.files.set('/project/sub dir/ü#?.txt', { content: Buffer.from('two'), mtime: 1_700_000_000_000 });
  assert.equal((await sync(folder, store)).length, 2);
  const answer = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: 'sub dir/ü#?.txt' }));
  assert.equal(await answer.Body?.transformToString(), 'two');
  assert.deepEqual(await sync(folder, store), []);
  const { Metadata } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: 'a.txt' }));
  assert.equal(Metadata?.['mtime'], '1700000000.123');
});

test('virtual folders: a bucket is synced to it, deletes included, and again with nothing to do', async () => {
  await s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'new/deep/b.txt', Body: 'three' }));
  provider.files.set('/project/extra.txt', { content: Buffer.from('extra'), mtime: 1 });
  const lines = await sync(store, folder, { deletes: 'after' });
  assert.equal(lines.length, 2, lines.join('\n'));
  assert.equal(Buffer.from(provider.files.get('/project/new/deep/b.txt')?.content ?? []).toString(), 'three');
  assert.equal(provider.files.has('/project/extra.txt'), false);
  assert.deepEqual(await sync(store, folder, { deletes: 'after' }), []);
  assert.ok(![...provider.files.keys()].some((name) => name.includes('.cloud-remotes-')));
});

test('virtual folders: a folder on this disk is one side as well', async () => {
  const disk = mkdtempSync(path.join(os.tmpdir(), 'cloud-remotes-virtual-'));
  try {
    writeFileSync(path.join(disk, 'c.txt'), 'four');
    const there: Place = { kind: 'folder', path: disk };
    await sync(folder, there);
    assert.equal(readFileSync(path.join(disk, 'sub dir', 'ü#?.txt'), 'utf8'), 'two');
    await sync(there, folder);
    assert.equal(Buffer.from(provider.files.get('/project/c.txt')?.content ?? []).toString(), 'four');
  } finally {
    rmSync(disk, { recursive: true, force: true });
  }
});

test('virtual folders: a scheme that nobody provides is told in words', async () => {
  await assert.rejects(
    sync({ kind: 'uri', uri: 'nobody-provides-this://x/y' }, store),
    /nobody-provides-this|"":/,
  );
});
