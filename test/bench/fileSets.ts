// The files of a row: the same function makes them on this machine and in the server's memory.
import { closeSync, mkdirSync, openSync, utimesSync, writeFileSync, writeSync } from 'node:fs';
import path from 'node:path';

/** A set of files, as JSON: `count` files of `size` bytes, one of which may be `biggest` bytes. */
export interface FileSet {
  readonly count: number;
  /** Bytes of each file. With `spread`, the median of a log-normal distribution. */
  readonly size: number;
  /** The standard deviation of the sizes' natural logarithm. Default 0: all sizes are equal. */
  readonly spread?: number;
  /** The first file has this many bytes, and no other file has more. */
  readonly biggest?: number;
}

export interface SetFile {
  /** Relative, with `/`. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** Seconds since 1970. */
  readonly modified: number;
}

const perFolder = 100;
/** Files above this many bytes are made of equal pieces, whose last may be cut. */
export const pieceSize = 8 << 20;

/** File `i` of a set. Pure: equal arguments give equal files. */
export function fileOf(set: FileSet, i: number): SetFile {
  const name = String(i).padStart(7, '0');
  const folder = String(Math.floor(i / perFolder)).padStart(5, '0');
  return { path: `d${folder}/f${name}.bin`, size: sizeOf(set, i), modified: 1_700_000_000 + i };
}

/** Bytes of all files of a set. */
export function bytesOf(set: FileSet): number {
  let bytes = 0;
  for (let i = 0; i < set.count; i++) bytes += sizeOf(set, i);
  return bytes;
}

/** The content of file `i` in pieces, which may share memory. All pieces but the last have `pieceSize` bytes. */
export function contentOf(set: FileSet, i: number): Buffer[] {
  const size = sizeOf(set, i);
  if (size <= pieceSize) {
    const small = Buffer.alloc(size, i % 251);
    small.write(`${i} `.slice(0, size), 'latin1');
    return [small];
  }
  bigPiece ??= Buffer.alloc(pieceSize, 'some varied bytes');
  const pieces: Buffer[] = new Array(Math.floor(size / pieceSize)).fill(bigPiece);
  const rest = size % pieceSize;
  if (rest > 0) pieces.push(bigPiece.subarray(0, rest));
  return pieces;
}

/** Makes the files of a set in a new folder, with their times. Returns the folder. */
export function writeFiles(folder: string, set: FileSet): string {
  let made = '';
  for (let i = 0; i < set.count; i++) {
    const { path: relative, modified } = fileOf(set, i);
    const file = path.join(folder, relative);
    const below = path.dirname(file);
    if (below !== made) mkdirSync(below, { recursive: true });
    made = below;
    const [only, ...more] = contentOf(set, i);
    if (more.length === 0) writeFileSync(file, only ?? '');
    else {
      const open = openSync(file, 'w');
      for (const piece of [only as Buffer, ...more]) writeSync(open, piece);
      closeSync(open);
    }
    utimesSync(file, modified, modified);
  }
  return folder;
}

let bigPiece: Buffer | undefined;

function sizeOf({ size, spread = 0, biggest }: FileSet, i: number): number {
  if (i === 0 && biggest !== undefined) return biggest;
  if (spread === 0) return size;
  const drawn = Math.round(size * Math.exp(spread * normal(i)));
  return Math.min(drawn, biggest ?? drawn);
}

/** A normally distributed number that depends only on `i` (Box and Muller). */
function normal(i: number): number {
  return Math.sqrt(-2 * Math.log(fraction(2 * i + 1))) * Math.cos(2 * Math.PI * fraction(2 * i + 2));
}

/** A number above 0 and at most 1 that depends only on `i` (the mixer of SplitMix32). */
function fraction(i: number): number {
  let z = Math.imul(i, 0x9e3779b9);
  z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
  z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
  return ((z ^ (z >>> 15)) >>> 0) / 2 ** 32 + 2 ** -33;
}
