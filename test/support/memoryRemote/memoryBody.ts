import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { addAbortListener, removeAbortListener } from '../../../src/base/aborts';
import type { Instant } from '../../../src/remote/modifiedTime';
import type { ByteRange, ByteSource, FileFacts } from '../../../src/remote/remote';
import type { RemoteError } from '../../../src/remote/remoteError';

const chunkSize = 64 * 1024;

/** The injected failure of a call that has begun. */
export type Strike = { readonly at: 'before' | 'after' | number; readonly error: RemoteError } | undefined;

/** The content as a stream that fails with `strike`, or with the signal's reason. */
export function streamOf(content: Buffer, strike: Strike, signal: AbortSignal): Readable {
  let sent = 0;
  const end = typeof strike?.at === 'number' ? Math.min(strike.at, content.length) : content.length;
  const stream = new Readable({
    read() {
      if (sent < end) {
        const chunk = content.subarray(sent, Math.min(sent + chunkSize, end));
        sent += chunk.length;
        this.push(chunk);
      } else if (typeof strike?.at === 'number') this.destroy(strike.error);
      else this.push(null);
    },
    destroy(error, done) {
      removeAbortListener(signal, onAbort);
      done(error);
    },
  });
  const onAbort = () => stream.destroy(signal.reason);
  addAbortListener(signal, onAbort);
  return stream;
}

/** The whole body of a write. */
export async function collect(
  body: ByteSource,
  facts: FileFacts,
  strike: Strike,
  signal: AbortSignal,
): Promise<Buffer> {
  const limit = typeof strike?.at === 'number' ? strike.at : Number.POSITIVE_INFINITY;
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of body.bytes ? [await body.bytes(signal)] : await body.open(undefined, signal)) {
    signal.throwIfAborted();
    chunks.push(Buffer.from(chunk));
    length += chunk.length;
    facts.onProgress?.(length);
    if (strike && length >= limit) throw strike.error;
  }
  return Buffer.concat(chunks, length);
}

/** Lower-case hex. */
export function md5(content: Uint8Array): string {
  return createHash('md5').update(content).digest('hex');
}

/** `time` as a store of this precision keeps it. */
export function cut(time: Instant, precisionNs: number): Instant {
  if (precisionNs >= 1e9) return { s: Math.floor(time.s / (precisionNs / 1e9)) * (precisionNs / 1e9), ns: 0 };
  return { s: time.s, ns: Math.floor(time.ns / precisionNs) * precisionNs };
}

export function slice(content: Buffer, range: ByteRange | undefined): Buffer {
  return range ? content.subarray(range.start, range.end) : content;
}
