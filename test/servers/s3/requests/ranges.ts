import { S3Error } from './s3Error';

/** A span of bytes, `end` not included. */
export interface Span {
  start: number;
  end: number;
}

/**
 * The span that a Range header asks for, of a body of `size` bytes. Undefined when there is no header, or one that
 * S3 ignores (several ranges, other units, bad syntax). Throws S3Error InvalidRange when it lies outside.
 */
export function rangeOf(header: string | undefined, size: number): Span | undefined {
  const match = header === undefined ? null : /^bytes=(\d*)-(\d*)$/.exec(header.trim());
  if (!match) return undefined;
  const [, first = '', last = ''] = match;
  if (first === '' && last === '') return undefined;
  if (first === '') {
    const length = Math.min(Number(last), size);
    if (length === 0) throw outside(header, size);
    return { start: size - length, end: size };
  }
  const start = Number(first);
  if (last !== '' && Number(last) < start) return undefined;
  if (start >= size) throw outside(header, size);
  return { start, end: last === '' ? size : Math.min(Number(last) + 1, size) };
}

/** The bytes of a span, without copying. */
export function slice(chunks: readonly Buffer[], start: number, end: number): Buffer[] {
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

function outside(header: string | undefined, size: number): S3Error {
  return new S3Error(
    'InvalidRange',
    'The requested range is not satisfiable',
    { RangeRequested: header ?? '', ActualObjectSize: String(size) },
    { 'Content-Range': `bytes */${size}` },
  );
}
