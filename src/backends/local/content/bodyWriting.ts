import { createHash } from 'node:crypto';
import { mapConcurrent } from '../../../base/semaphore';
import { transferBuffers } from '../../../remote/bufferPool';
import type { ByteSource, FileFacts } from '../../../remote/remote';
import { isRemoteError, RemoteError } from '../../../remote/remoteError';
import type { RemotePath } from '../../../remote/remotePath';
import type { OpenFile } from '../openFile';
import type { RecordedRanges } from '../partial/partialFile';
import type { FoundDigests } from './hashThread';

/** Bytes of a range: large enough that its request costs nothing, small enough that a slow range holds no file up. */
const rangeBytes = 8 * 1024 * 1024;

/** Writes the body into `file`, which is empty, or has those of the `ranges` that an earlier attempt wrote. Throws `corrupted` when its length or MD5 is not as announced. */
export async function writeBody(
  file: OpenFile,
  path: RemotePath,
  body: ByteSource,
  facts: FileFacts,
  ranges: RecordedRanges | undefined,
  signal: AbortSignal,
): Promise<void> {
  if (body.rangesAtOnce !== undefined && body.readInto && body.size >= 2 * rangeBytes) {
    try {
      return await writeRanges(file, path, body, facts, ranges, signal);
    } catch (error) {
      if (signal.aborted) ranges?.cancelled();
      // The service sends only whole files.
      if (!isRemoteError(error, 'unsupported')) throw error;
      await file.resize(0);
    }
  }
  if (ranges) await file.resize(0);
  await writeStream(file, path, body, facts, signal);
}

async function writeStream(
  file: OpenFile,
  path: RemotePath,
  body: ByteSource,
  facts: FileFacts,
  signal: AbortSignal,
): Promise<void> {
  const hash = body.md5 === undefined ? undefined : createHash('md5');
  let length = 0;
  for await (const chunk of body.bytes ? [await body.bytes(signal)] : await body.open(undefined, signal)) {
    signal.throwIfAborted();
    length += chunk.byteLength;
    if (length > body.size) throw notWritten(path, `received more than the expected ${body.size} bytes`);
    await file.write(chunk);
    hash?.update(chunk);
    facts.onProgress?.(length);
  }
  if (length < body.size) throw wrongLength(path, length, body.size);
  if (hash && hash.digest('hex') !== body.md5) throw wrongMd5(path);
}

/**
 * Reads several ranges at once and writes each to its place. Another thread hashes the file up to the first gap meanwhile, from what was written.
 * Throws `unsupported` when the source has no ranges.
 */
async function writeRanges(
  file: OpenFile,
  path: RemotePath,
  body: ByteSource,
  facts: FileFacts,
  ranges: RecordedRanges | undefined,
  signal: AbortSignal,
): Promise<void> {
  const { size, md5, rangesAtOnce = 1 } = body;
  // What is in flight is lost at the next crash.
  const atOnce = Math.max(1, Math.floor(rangesAtOnce / 2 ** (ranges?.crashes ?? 0)));
  const count = Math.ceil(size / rangeBytes);
  const spanOf = (index: number) => [index * rangeBytes, Math.min(size, (index + 1) * rangeBytes)] as const;
  const hash = md5 === undefined ? undefined : file.hash({ withMd5: true, withCrc32: false });
  const hashing: Promise<void>[] = [];
  const isWritten: boolean[] = [];
  let gap = 0;
  let received = 0;
  const writeRange = async (index: number, into: Buffer, stop: AbortSignal) => {
    const [start] = spanOf(index);
    let filled = 0;
    const onFilled = (bytes: number) => {
      received += bytes - filled;
      filled = bytes;
      facts.onProgress?.(received);
    };
    if (await ranges?.holds(file, start, into)) onFilled(into.length);
    else {
      await body.readInto?.(start, into, onFilled, stop);
      await file.writeAt(into, start);
      ranges?.add(start, into);
    }
    isWritten[index] = true;
    for (; isWritten[gap]; gap++) {
      const adding = hash?.add(...spanOf(gap)) ?? Promise.resolve();
      adding.catch(() => {});
      hashing.push(adding);
    }
  };
  let found: FoundDigests | undefined;
  try {
    await file.resize(size);
    await mapConcurrent(count, atOnce, signal, (index, stop) => {
      const [start, end] = spanOf(index);
      return transferBuffers.lend(end - start, stop, (into) => writeRange(index, into, stop));
    });
    await Promise.all(hashing);
  } finally {
    // Before the file is closed, nobody may still read it.
    found = await hash?.end();
  }
  if (md5 !== undefined && found?.md5 !== md5) throw wrongMd5(path);
}

export function wrongLength(path: RemotePath, received: number, expected: number): RemoteError {
  return notWritten(path, `received ${received} bytes instead of ${expected}`);
}

function notWritten(path: RemotePath, reason: string): RemoteError {
  return new RemoteError('corrupted', `"${path}" was not written: ${reason}.`);
}

export function wrongMd5(path: RemotePath): RemoteError {
  return notWritten(path, 'the received content does not have the expected MD5');
}
