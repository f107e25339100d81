/**
 * rclone's encoding of names that a backend can't hold (docs/amazon-drive-api.md §7): characters are replaced by look-alikes, and a
 * literal look-alike gets the quote character `‛` before it. It applies to a part of a path, never to a whole path.
 *
 * A byte that is not valid UTF-8 is the lone surrogate U+DC00 + byte here, since a JavaScript string can't hold it.
 */
export interface NameFlags {
  /** `/` ↔ `／`. */
  readonly slash: boolean;
  /** U+0001–U+001F ↔ `␁`–`␟`. */
  readonly ctl: boolean;
  /** U+007F ↔ `␡`. */
  readonly del: boolean;
  /** The whole names `.` and `..` ↔ `．` and `．．`. */
  readonly dot: boolean;
  /** Bytes that are not valid UTF-8 ↔ `‛` and two hex digits. */
  readonly invalidUtf8: boolean;
}

/** The encoding of rclone's output and arguments. */
export const standardFlags: NameFlags = { slash: true, ctl: true, del: true, dot: true, invalidUtf8: false };

export const quote = '‛';
const fullDot = '．';
const fullSlash = '／';
const nulPicture = '␀';
const delPicture = '␡';
const pictures = 0x2400;

/** Encodes a name. NUL and the quote character are always replaced. */
export function encodeName(name: string, flags: NameFlags): string {
  if (flags.dot) {
    if (name === '.') return fullDot;
    if (name === '..') return fullDot + fullDot;
    if (name === fullDot) return quote + fullDot;
    if (name === fullDot + fullDot) return quote + fullDot + quote + fullDot;
  }
  let written = '';
  for (const sign of name) written += encodedSign(sign, flags);
  return written;
}

/** Encodes one character. */
export function encodedSign(sign: string, flags: NameFlags): string {
  const code = sign.codePointAt(0) ?? 0;
  if (code === 0) return nulPicture;
  if (sign === quote || sign === nulPicture) return quote + sign;
  if (flags.slash) {
    if (sign === '/') return fullSlash;
    if (sign === fullSlash) return quote + sign;
  }
  if (flags.ctl) {
    if (code < 0x20) return String.fromCharCode(pictures + code);
    if (isControlPicture(code)) return quote + sign;
  }
  if (flags.del) {
    if (code === 0x7f) return delPicture;
    if (sign === delPicture) return quote + sign;
  }
  if (flags.invalidUtf8 && isRawByte(code))
    return quote + (code - 0xdc00).toString(16).toUpperCase().padStart(2, '0');
  return sign;
}

/** Decodes a name: `decodeName(encodeName(x)) = x`. */
export function decodeName(written: string, flags: NameFlags): string {
  if (flags.dot) {
    if (written === fullDot) return '.';
    if (written === fullDot + fullDot) return '..';
    if (written === quote + fullDot) return fullDot;
    if (written === quote + fullDot + quote + fullDot) return fullDot + fullDot;
  }
  const signs = Array.from(written);
  let name = '';
  let hasBytes = false;
  for (let i = 0; i < signs.length; i++) {
    const sign = signs[i] ?? '';
    if (sign !== quote) {
      name += decodedSign(sign, flags) ?? sign;
      continue;
    }
    const next = signs[i + 1];
    if (next === quote || (next !== undefined && decodedSign(next, flags) !== undefined)) {
      name += next;
      i++;
      continue;
    }
    const hex = `${next ?? ''}${signs[i + 2] ?? ''}`;
    if (flags.invalidUtf8 && /^[0-9a-f]{2}$/i.test(hex)) {
      const byte = Number.parseInt(hex, 16);
      name += String.fromCharCode(byte < 0x80 ? byte : 0xdc00 + byte);
      hasBytes ||= byte >= 0x80;
      i += 2;
    } else name += sign;
  }
  return hasBytes ? joinBytes(name) : name;
}

/** The character that an unquoted look-alike encodes; undefined when `sign` is no look-alike. */
export function decodedSign(sign: string, flags: NameFlags): string | undefined {
  if (sign === nulPicture) return '\0';
  if (flags.slash && sign === fullSlash) return '/';
  if (flags.del && sign === delPicture) return '\x7f';
  const code = sign.codePointAt(0) ?? 0;
  if (flags.ctl && isControlPicture(code)) return String.fromCharCode(code - pictures);
  return undefined;
}

/** Joins adjacent bytes that form a valid UTF-8 character. */
function joinBytes(name: string): string {
  let read = '';
  let bytes: number[] = [];
  const flush = () => {
    for (let at = 0; at < bytes.length; ) {
      const length = [4, 3, 2].find((n) => isOneCharacter(bytes.slice(at, at + n), n)) ?? 0;
      read +=
        length === 0
          ? String.fromCharCode(0xdc00 + (bytes[at] ?? 0))
          : Buffer.from(bytes.slice(at, at + length)).toString('utf8');
      at += Math.max(1, length);
    }
    bytes = [];
  };
  for (const sign of name) {
    const code = sign.codePointAt(0) ?? 0;
    if (isRawByte(code)) bytes.push(code - 0xdc00);
    else {
      flush();
      read += sign;
    }
  }
  flush();
  return read;
}

function isOneCharacter(bytes: readonly number[], length: number): boolean {
  if (bytes.length !== length) return false;
  const text = Buffer.from(bytes).toString('utf8');
  return !text.includes('\ufffd') && Array.from(text).length === 1;
}

function isControlPicture(code: number): boolean {
  return code > pictures && code <= pictures + 0x1f;
}

function isRawByte(code: number): boolean {
  return code >= 0xdc80 && code <= 0xdcff;
}
