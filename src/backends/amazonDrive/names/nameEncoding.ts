/**
 * rclone's way of writing names that a place can't hold (API page §7.2): signs are replaced by look-alikes, and a look-alike that really
 * is meant gets the quote sign `‛` before it. Per part of a path, never over a whole path.
 *
 * A byte that is no valid UTF-8 has no sign in a JavaScript text; here it is the lone surrogate U+DC00 + byte.
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
  /** Bytes that are no UTF-8 ↔ `‛` and two hex digits. */
  readonly invalidUtf8: boolean;
}

/** What rclone shows in its output and takes as arguments. */
export const standardFlags: NameFlags = { slash: true, ctl: true, del: true, dot: true, invalidUtf8: false };

export const quote = '‛';
const fullDot = '．';
const fullSlash = '／';
const nulPicture = '␀';
const delPicture = '␡';
const pictures = 0x2400;

/** The name as it is written; NUL and the quote sign are always replaced. */
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

/** One sign as it is written. */
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

/** The name that `written` stands for. The inverse of `encodeName` for everything that this gives. */
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
  return hasBytes ? withBytesRead(name) : name;
}

/** What an unquoted look-alike stands for; undefined when `sign` is none. */
export function decodedSign(sign: string, flags: NameFlags): string | undefined {
  if (sign === nulPicture) return '\0';
  if (flags.slash && sign === fullSlash) return '/';
  if (flags.del && sign === delPicture) return '\x7f';
  const code = sign.codePointAt(0) ?? 0;
  if (flags.ctl && isControlPicture(code)) return String.fromCharCode(code - pictures);
  return undefined;
}

/** Bytes that stand beside each other may be a sign together. */
function withBytesRead(name: string): string {
  let read = '';
  let bytes: number[] = [];
  const flush = () => {
    for (let at = 0; at < bytes.length; ) {
      const length = [4, 3, 2].find((n) => isOneSign(bytes.slice(at, at + n), n)) ?? 0;
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

function isOneSign(bytes: readonly number[], length: number): boolean {
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
