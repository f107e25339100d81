/** A span of bytes, `end` not included. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/**
 * The span that a Range header asks for, of a body of `size` bytes. Undefined without a header and for a header that servers
 * ignore (several ranges, other units, bad syntax); `outside` when the body has no byte of the range.
 */
export function spanOf(header: string | undefined, size: number): Span | 'outside' | undefined {
  const match = header === undefined ? null : /^bytes=(\d*)-(\d*)$/.exec(header.trim());
  if (!match) return undefined;
  const [, first = '', last = ''] = match;
  if (first === '' && last === '') return undefined;
  if (first === '') {
    const length = Math.min(Number(last), size);
    return length === 0 ? 'outside' : { start: size - length, end: size };
  }
  const start = Number(first);
  if (last !== '' && Number(last) < start) return undefined;
  if (start >= size) return 'outside';
  return { start, end: last === '' ? size : Math.min(Number(last) + 1, size) };
}
