import { RemoteError } from '../../../remote/remoteError';
import type { RemotePath } from '../../../remote/remotePath';
import {
  decodedSign,
  decodeName,
  encodedSign,
  encodeName,
  type NameFlags,
  quote,
  standardFlags,
} from './nameEncoding';

/** In UTF-16 units. The service rejects longer names (docs/amazon-drive-api.md §7). */
export const maxNameLength = 280;

/** The encoding of rclone's disk backend. Our paths spell these characters as rclone spells them in file names. */
const diskFlags: NameFlags = { slash: true, ctl: false, del: false, dot: true, invalidUtf8: false };

/** A name of the service as a part of a path, or the reason why it can't be one. */
export type PathName =
  | { readonly name: string }
  | {
      /** invalidText: it encodes bytes that are no valid text. oddName: its path would be encoded to another name. */
      readonly problem: 'invalidText' | 'oddName';
      /** The name of the file that rclone writes to a disk, as closely as it can be shown. */
      readonly shown: string;
    };

/**
 * Names of the service ↔ parts of paths, so that files have the same names as when rclone uploads them from a disk or downloads them to one
 * (docs/amazon-drive-api.md §7). With the default encoding both spellings are equal: a character that a disk can't hold is a look-alike
 * on both sides, and a literal look-alike has the quote character `‛` before it on both sides. With `Ctl` and `Del`, control characters
 * are look-alikes at the service only.
 *
 * 1. `pathName(apiName(x)) = x`, and different parts have different names.
 * 2. `apiName` returns only names that the service can hold.
 * 3. A quote character that quotes nothing is sent unchanged, since rclone can't read such a file from a disk. Before two hex digits it
 *    would encode a byte, so the name is rejected.
 */
export class DriveNames {
  constructor(private readonly flags: NameFlags) {}

  /** The service's name for a part of a path. Throws `badName` when the service cannot store it; the error names `path`. */
  apiName(part: string, path: RemotePath | string = part): string {
    if (part === '') throw new RemoteError('badName', `"${path}" has a part without a name.`);
    if (/\p{Surrogate}/u.test(part))
      throw new RemoteError('badName', `"${path}" has a part that is not valid text. Rename it.`);
    const name = encodePart(part, this.flags);
    if (decodePart(name, this.flags) !== part)
      throw new RemoteError(
        'badName',
        `"${path}" has a "${quote}" that would encode another character at Amazon Drive. Rename it.`,
      );
    if (name.length > maxNameLength)
      throw new RemoteError(
        'badName',
        `"${path}" has a part longer than ${maxNameLength} characters, which Amazon Drive can't hold. Shorten it.`,
      );
    return name;
  }

  pathName(apiName: string): PathName {
    const name = decodePart(apiName, this.flags);
    if (name !== undefined && encodePart(name, this.flags) === apiName) return { name };
    const shown = encodeName(decodeName(apiName, this.flags), diskFlags);
    // A lone surrogate is an encoded byte, or the name was no valid text.
    return /\p{Surrogate}/u.test(shown)
      ? { problem: 'invalidText', shown: shown.replace(/\p{Surrogate}/gu, '\ufffd') }
      : { problem: 'oddName', shown };
  }

  /** The name as rclone prints it. */
  rcloneName(apiName: string): string {
    return encodeName(decodeName(apiName, this.flags), standardFlags);
  }
}

/** Whether a character is the look-alike of one that no path can hold. Both sides spell it and its quote alike. */
function isLookAlike(sign: string | undefined): boolean {
  return sign === '／' || sign === '␀';
}

function encodePart(part: string, flags: NameFlags): string {
  const signs = Array.from(part);
  let name = '';
  for (let i = 0; i < signs.length; i++) {
    const sign = signs[i] ?? '';
    const next = signs[i + 1];
    if (sign === quote && (next === quote || isLookAlike(next))) {
      name += sign + next;
      i++;
    } else name += sign === quote || isLookAlike(sign) ? sign : encodedSign(sign, flags);
  }
  return name;
}

/** The part of a path that is encoded as `name`; undefined when absent. */
function decodePart(name: string, flags: NameFlags): string | undefined {
  if (name === '' || name === '.' || name === '..' || /[/\0]|\p{Surrogate}/u.test(name)) return undefined;
  const signs = Array.from(name);
  let part = '';
  for (let i = 0; i < signs.length; i++) {
    const sign = signs[i] ?? '';
    const next = signs[i + 1];
    if (sign !== quote) {
      part += isLookAlike(sign) ? sign : (decodedSign(sign, flags) ?? sign);
    } else if (next === quote || isLookAlike(next)) {
      part += sign + next;
      i++;
    } else if (next !== undefined && decodedSign(next, flags) !== undefined) {
      part += next;
      i++;
    } else if (/^[0-9a-f]{2}$/i.test(`${next ?? ''}${signs[i + 2] ?? ''}`)) return undefined;
    else part += sign;
  }
  return part;
}
