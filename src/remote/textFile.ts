import { readFileSync, type Stats, statSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { devNull } from 'node:os';
import { RemoteError } from './remoteError';

type TextEncoding = 'utf8' | 'utf8bom' | 'utf16le' | 'utf16be';

interface DecodedText {
  /** Without the byte order mark. */
  readonly text: string;
  readonly encoding: TextEncoding;
}

const byteOrderMarks: readonly (readonly [TextEncoding, readonly number[]])[] = [
  ['utf16le', [0xff, 0xfe]],
  ['utf16be', [0xfe, 0xff]],
  ['utf8bom', [0xef, 0xbb, 0xbf]],
];

/** Larger than any settings or pattern file, in bytes. */
const maxTextBytes = 16 * 1024 * 1024;

/**
 * Decodes UTF-8 with or without a byte order mark, or UTF-16 with one, as PowerShell and Notepad write it. Any other content is a
 * problem, because it would give wrong rules and names; `problem` continues a sentence that begins with the file's name. Pure.
 */
export function decodeText(bytes: Uint8Array): DecodedText | { readonly problem: string } {
  const marked = byteOrderMarks.find(([, mark]) => mark.every((byte, i) => bytes[i] === byte));
  const encoding = marked?.[0] ?? 'utf8';
  const utf16 = encoding === 'utf16le' || encoding === 'utf16be';
  const text = utf16 ? utf16Text(bytes.subarray(2), encoding === 'utf16be') : utf8Text(bytes);
  if (utf16 ? text?.includes('\0') : bytes.includes(0))
    return {
      problem: `holds NUL bytes, so it is ${utf16 ? 'no text' : 'UTF-16 without a byte order mark, or no text'}`,
    };
  // A line end that is one unit, or a swapped byte order mark: a line was appended in another encoding.
  if (text === undefined || (utf16 && /[\u0A0D\uFFFE]/.test(text)))
    return { problem: utf16 ? 'is not UTF-16 throughout, although it begins like it' : 'is not UTF-8' };
  return { text, encoding };
}

/** As decodeText, for the file called `name`. Throws RemoteError `corrupted` that names the file and the remedy. */
export function decodeFile(bytes: Uint8Array, name: string): DecodedText {
  const decoded = decodeText(bytes);
  if ('problem' in decoded) throw undecodable(name, decoded.problem);
  return decoded;
}

/** The text of decodeFile, without the byte order marks that concatenated files have inside. Throws the same errors. */
export function textOf(bytes: Uint8Array, name: string): string {
  return decodeFile(bytes, name).text.replace(/^\uFEFF+/gm, '');
}

/** The error for a problem of a file's text; `problem` continues a sentence. */
export function undecodable(name: string, problem: string): RemoteError {
  return new RemoteError('corrupted', `${name} can't be read as text: it ${problem}. Save it as UTF-8.`);
}

/**
 * The text of a file of this machine; undefined when absent. Throws RemoteError: `corrupted` as textOf and for more than
 * `maxBytes`, `unsupported` for a pipe or device, `other` when it can't be read.
 */
export async function readTextFile(file: string, maxBytes = maxTextBytes): Promise<string | undefined> {
  const bytes = await readBytes(file, maxBytes);
  return bytes && textOf(bytes, file);
}

/** The bytes that readTextFile decodes, with the same errors. */
export async function readBytes(file: string, maxBytes = maxTextBytes): Promise<Uint8Array | undefined> {
  try {
    assertReadable(file, await stat(file), maxBytes);
    return await readFile(file);
  } catch (error) {
    return absentOrThrow(file, error);
  }
}

/** Synchronous readTextFile. */
export function readTextFileSync(file: string, maxBytes = maxTextBytes): string | undefined {
  try {
    assertReadable(file, statSync(file), maxBytes);
    return textOf(readFileSync(file), file);
  } catch (error) {
    return absentOrThrow(file, error);
  }
}

function assertReadable(file: string, stats: Stats, maxBytes: number): void {
  // Devices and pipes other than the null device may never end. For a folder, reading throws the system's error.
  if (!stats.isFile() && !stats.isDirectory() && file !== devNull)
    throw new RemoteError('unsupported', `${file} can't be read: it is not a regular file.`);
  if (stats.size > maxBytes)
    throw new RemoteError('corrupted', `${file} is too large for a text file: it has ${stats.size} bytes.`);
}

/** Undefined for a missing file. Throws a RemoteError for every other error. */
function absentOrThrow(file: string, error: unknown): undefined {
  if (error instanceof RemoteError) throw error;
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT') return undefined;
  throw new RemoteError('other', `${file} can't be read: ${code ?? message}.`, { cause: error });
}

function utf8Text(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function utf16Text(bytes: Uint8Array, bigEndian: boolean): string | undefined {
  if (bytes.length % 2 !== 0) return undefined;
  const units = Buffer.from(bytes);
  const text = (bigEndian ? units.swap16() : units).toString('utf16le');
  return /\p{Surrogate}/u.test(text) ? undefined : text;
}
