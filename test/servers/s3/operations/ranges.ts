import { type Span, spanOf } from '../../http/byteRange';
import { S3Error } from '../requests/s3Error';

/**
 * The span that a Range header asks for, of an object of `size` bytes. Undefined without a header and for a header that S3
 * ignores. Throws S3Error InvalidRange when the object has no byte of the range.
 */
export function rangeOf(header: string | undefined, size: number): Span | undefined {
  const span = spanOf(header, size);
  if (span !== 'outside') return span;
  throw new S3Error(
    'InvalidRange',
    'The requested range is not satisfiable',
    { RangeRequested: header ?? '', ActualObjectSize: String(size) },
    { 'Content-Range': `bytes */${size}` },
  );
}

/** The bytes of a span, without copying. */
export function slice(chunks: readonly Buffer[], { start, end }: Span): Buffer[] {
  const result: Buffer[] = [];
  let at = 0;
  for (const chunk of chunks) {
    const from = Math.max(start - at, 0);
    const to = Math.min(end - at, chunk.length);
    if (from < to) result.push(chunk.subarray(from, to));
    at += chunk.length;
    if (at >= end) break;
  }
  return result;
}
