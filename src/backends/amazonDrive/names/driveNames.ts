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

/** The service refuses longer names (API page §7.1); UTF-16 units. */
export const maxNameLength = 280;

/** What rclone's disk can't hold: the look-alikes of these stand in our paths as they stand in its files. */
const diskFlags: NameFlags = { slash: true, ctl: false, del: false, dot: true, invalidUtf8: false };

/** A name of the service as a part of a path, or why it can be none. */
export type PathName =
  | { readonly name: string }
  | {
      /** invalidText: it stands for bytes that are no text. oddName: asked for by the path it gives, another name would be looked for. */
      readonly problem: 'invalidText' | 'oddName';
      /** The name that rclone gives the file on a disk, as near as it can be shown. */
      readonly shown: string;
    };

/**
 * Names of the service ↔ parts of paths, so that files have the names which rclone sends from a disk and gives them there (API page §7.2).
 * With the usual encoding both are then spelled alike: what a disk can't hold is a look-alike here and there, and a look-alike that is
 * meant has the quote sign `‛` before it here and there. With `Ctl` and `Del`, control signs are look-alikes at the service only.
 *
 * A quote sign that quotes nothing is sent as it is. rclone can't read such a file of a disk at all; it lists the name that we send, with
 * the sign doubled, and can download it. In the one place where it would stand for a byte there, before two hex digits, it is refused.
 *
 * `pathName(apiName(x)) = x`, different parts stay different, and no name comes out that the service can't hold.
 */
export class DriveNames {
  constructor(private readonly flags: NameFlags) {}

  /** The service's name for a part of a path. Throws `badName` for what it can't hold; the error names `path`. */
  apiName(part: string, path: RemotePath | string = part): string {
    if (part === '') throw new RemoteError('badName', `"${path}" has a part without a name.`);
    if (/\p{Surrogate}/u.test(part))
      throw new RemoteError('badName', `"${path}" has a part that is no valid text. Rename it.`);
    const name = sent(part, this.flags);
    if (received(name, this.flags) !== part)
      throw new RemoteError(
        'badName',
        `"${path}" has a "${quote}" where it would stand for something else at Amazon Drive. Rename it.`,
      );
    if (name.length > maxNameLength)
      throw new RemoteError(
        'badName',
        `"${path}" has a part longer than ${maxNameLength} characters, which Amazon Drive can't hold. Shorten it.`,
      );
    return name;
  }

  pathName(apiName: string): PathName {
    const name = received(apiName, this.flags);
    if (name !== undefined && sent(name, this.flags) === apiName) return { name };
    const shown = encodeName(decodeName(apiName, this.flags), diskFlags);
    // A lone surrogate is a byte that the name stands for, or was no text in the first place.
    return /\p{Surrogate}/u.test(shown)
      ? { problem: 'invalidText', shown: shown.replace(/\p{Surrogate}/gu, '\ufffd') }
      : { problem: 'oddName', shown };
  }

  /** As rclone prints it. */
  rcloneName(apiName: string): string {
    return encodeName(decodeName(apiName, this.flags), standardFlags);
  }
}

/** Whether a sign stands for something that no part of a path can hold: it is written alike on both sides, as are its quotes. */
function isStandIn(sign: string | undefined): boolean {
  return sign === '／' || sign === '␀';
}

function sent(part: string, flags: NameFlags): string {
  const signs = Array.from(part);
  let name = '';
  for (let i = 0; i < signs.length; i++) {
    const sign = signs[i] ?? '';
    const next = signs[i + 1];
    if (sign === quote && (next === quote || isStandIn(next))) {
      name += sign + next;
      i++;
    } else name += sign === quote || isStandIn(sign) ? sign : encodedSign(sign, flags);
  }
  return name;
}

/** The part of a path that is sent as `name`; undefined when there is none. */
function received(name: string, flags: NameFlags): string | undefined {
  if (name === '' || name === '.' || name === '..' || /[/\0]|\p{Surrogate}/u.test(name)) return undefined;
  const signs = Array.from(name);
  let part = '';
  for (let i = 0; i < signs.length; i++) {
    const sign = signs[i] ?? '';
    const next = signs[i + 1];
    if (sign !== quote) {
      part += isStandIn(sign) ? sign : (decodedSign(sign, flags) ?? sign);
    } else if (next === quote || isStandIn(next)) {
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
