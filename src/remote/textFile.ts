import { readFileSync, type Stats, statSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { devNull } from 'node:os';
import { RemoteError } from './remoteError';

export type TextEncoding = 'utf8' | 'utf8bom' | 'utf16le' | 'utf16be';

export interface DecodedText {
  /** Without the byte order mark. */
  readonly text: string;
  readonly encoding: TextEncoding;
}

/** Larger than any settings or pattern file, in bytes. */
export const maxTextBytes = 16 * 1024 * 1024;

/**
 * Decodes UTF-8 with or without a byte order mark, or UTF-16 with one, as PowerShell and Notepad write it. Any other content is a
 * problem, because it would be read as wrong rules and names; `problem` continues a sentence that begins with the file's name. Pure.
 */
export function decodeText(bytes: Uint8Array): DecodedText | { readonly problem: string } {
  const [first, second, third] = bytes;
  const encoding: TextEncoding =
    first === 0xff && second === 0xfe
      ? 'utf16le'
      : first === 0xfe && second === 0xff
        ? 'utf16be'
        : first === 0xef && second === 0xbb && third === 0xbf
          ? 'utf8bom'
          : 'utf8';
  const utf16 = encoding === 'utf16le' || encoding === 'utf16be';
  const text = utf16 ? utf16Text(bytes.subarray(2), encoding === 'utf16be') : utf8Text(bytes);
  if (utf16 ? text?.includes('\0') : bytes.includes(0))
    return {
      problem: `holds NUL bytes, so it is ${utf16 ? 'no text' : 'UTF-16 without a byte order mark, or no text'}`,
    };
  // These characters show a line that was appended in another encoding: a line end read as one unit, and a swapped byte order mark.
  if (text === undefined || (utf16 && /[\u0A0D\uFFFE]/.test(text)))
    return { problem: utf16 ? 'is not UTF-16 all through, though it begins as such' : 'is not UTF-8' };
  return { text, encoding };
}

/**
 * As decodeText, for the file called `name`; removes the byte order marks that concatenated files have inside. Throws RemoteError
 * `corrupted` that names the file and the remedy.
 */
export function textOf(bytes: Uint8Array, name: string): string {
  const decoded = decodeText(bytes);
  if ('problem' in decoded) throw undecodable(name, decoded.problem);
  return decoded.text.replace(/^\uFEFF+/gm, '');
}

/** The error for a problem that decodeText found. */
export function undecodable(name: string, problem: string): RemoteError {
  return new RemoteError('corrupted', `${name} can't be read as text: it ${problem}. Save it as UTF-8.`);
}

/**
 * The text of a file of this machine; undefined when absent. Throws RemoteError: `corrupted` as textOf and for more than
 * `most` bytes, `other` when it can't be read.
 */
export async function readTextFile(file: string, most = maxTextBytes): Promise<string | undefined> {
  const bytes = await readBytes(file, most);
  return bytes && textOf(bytes, file);
}

/** The bytes that readTextFile decodes, with the same errors. */
export async function readBytes(file: string, most = maxTextBytes): Promise<Uint8Array | undefined> {
  try {
    checkKind(file, await stat(file), most);
    return await readFile(file);
  } catch (error) {
    return whyUnread(file, error);
  }
}

/** Synchronous readTextFile. */
export function readTextFileSync(file: string, most = maxTextBytes): string | undefined {
  let bytes: Uint8Array | undefined;
  try {
    checkKind(file, statSync(file), most);
    bytes = readFileSync(file);
  } catch (error) {
    bytes = whyUnread(file, error);
  }
  return bytes && textOf(bytes, file);
}

function checkKind(file: string, stats: Stats, most: number): void {
  // Devices and pipes other than the null device may never end. For a folder, reading gives the system's error.
  if (!stats.isFile() && !stats.isDirectory() && file !== devNull)
    throw new RemoteError('unsupported', `${file} can't be read: it is no plain file.`);
  if (stats.size > most)
    throw new RemoteError(
      'corrupted',
      `${file} is too large to be read as text: it has ${stats.size} bytes.`,
    );
}

function whyUnread(file: string, error: unknown): undefined {
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
