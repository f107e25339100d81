import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import type { Entry, FileEntry } from '../../src/remote/entry';
import type { ByteRange, ByteSource, FileFacts, Precondition, Remote } from '../../src/remote/remote';
import { isRemoteError, type RemoteErrorKind } from '../../src/remote/remoteError';
import { joinPath, type RemotePath } from '../../src/remote/remotePath';

export const noPrecondition: Precondition = { kind: 'none' };
export const ifAbsent: Precondition = { kind: 'ifAbsent' };
export const ifMatch = (entry: FileEntry): Precondition => ({ kind: 'ifMatch', entry });
/** A signal that never aborts. */
export const calm = new AbortController().signal;

/** A body in memory that is sent as a stream, in chunks of 64 KiB. */
export function body(content: string | Uint8Array): ByteSource {
  const bytes = Buffer.from(content);
  return {
    size: bytes.length,
    open: async (range) =>
      Readable.from(chunks(bytes.subarray(range?.start, range?.end)), { objectMode: false }),
  };
}

/** The same in one piece. */
export function wholeBody(content: string | Uint8Array): ByteSource {
  return { ...body(content), bytes: async () => Buffer.from(content) };
}

/** A body whose stream fails after `good` bytes, however often and with whatever range it is opened. */
export function failingBody(size: number, good: number, error: Error): ByteSource {
  return {
    size,
    open: async (range) => {
      const start = range?.start ?? 0;
      const end = Math.min(range?.end ?? size, size);
      return Readable.from(
        (function* () {
          if (Math.min(end, good) > start) yield Buffer.alloc(Math.min(end, good) - start, 'x');
          if (end > good) throw error;
        })(),
        { objectMode: false },
      );
    },
  };
}

function* chunks(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536);
}

/** Pseudo-random bytes, so that parts in the wrong order are detected. */
export function pattern(length: number, seed = 1): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  let state = seed;
  for (let i = 0; i < length; i++) {
    state = (state * 1_103_515_245 + 12_345) & 0x7fffffff;
    bytes[i] = state >> 16;
  }
  return bytes;
}

export async function write(
  remote: Remote,
  path: RemotePath,
  content: string | Uint8Array,
  facts: FileFacts = {},
  precondition: Precondition = noPrecondition,
): Promise<FileEntry> {
  return remote.write(path, body(content), facts, precondition, calm);
}

export async function read(remote: Remote, path: RemotePath, range?: ByteRange): Promise<Buffer> {
  const { stream } = await remote.read(path, range ? { range } : {}, calm);
  return drain(stream);
}

export async function readText(remote: Remote, path: RemotePath): Promise<string> {
  return (await read(remote, path)).toString();
}

export async function drain(stream: Readable): Promise<Buffer> {
  const all: Buffer[] = [];
  for await (const chunk of stream) all.push(Buffer.from(chunk));
  return Buffer.concat(all);
}

export async function statFile(remote: Remote, path: RemotePath): Promise<FileEntry> {
  const entry = await remote.stat(path, calm);
  assert.equal(entry.kind, 'file');
  return entry as FileEntry;
}

export async function pagesOf(pages: AsyncIterable<readonly Entry[]>): Promise<(readonly Entry[])[]> {
  const all: (readonly Entry[])[] = [];
  for await (const page of pages) all.push(page);
  return all;
}

/** The sorted names in a folder; folders end with a slash. */
export async function names(remote: Remote, folder: RemotePath): Promise<string[]> {
  const entries = (await pagesOf(remote.list(folder, {}, calm))).flat();
  const found = entries.map((entry) => {
    if (entry.kind === 'unusable') return `${entry.name} (${entry.reason})`;
    const name = entry.path.slice(folder === '' ? 0 : folder.length + 1);
    return entry.kind === 'folder' ? `${name}/` : name;
  });
  return found.sort();
}

/** Paths of all files below `folder`, relative to it, as listed. */
export async function deepNames(remote: Remote, folder: RemotePath): Promise<string[]> {
  assert.ok(remote.listRecursive);
  const entries = (await pagesOf(remote.listRecursive(folder, {}, calm))).flat();
  return entries.map((entry) => {
    if (entry.kind === 'unusable') return `${entry.name} (${entry.reason})`;
    assert.equal(entry.kind, 'file', 'a deep listing has no folders');
    return entry.path.slice(folder === '' ? 0 : folder.length + 1);
  });
}

/** Expects a RemoteError of one of `kinds`, with a message that is a sentence. */
export async function refused(promise: Promise<unknown>, ...kinds: RemoteErrorKind[]): Promise<void> {
  await assert.rejects(promise, (error) => {
    assert.ok(isRemoteError(error), `expected a RemoteError, got ${String(error)}`);
    assert.ok(
      kinds.includes(error.kind),
      `expected ${kinds.join(' or ')}, got ${error.kind}: ${error.message}`,
    );
    assert.match(error.message, /^\S.*[.?!)"]$/s, 'a sentence');
    return true;
  });
}

export const at = joinPath;
