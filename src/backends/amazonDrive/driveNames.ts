import { RemoteError } from '../../remote/remoteError';
import type { RemotePath } from '../../remote/remotePath';
import { decodeName, encodeName, type NameFlags, quote, standardFlags } from './nameEncoding';

/** The service refuses longer names (API page §7.1); UTF-16 units. */
export const longestName = 280;

/** A name of the service as a part of a path, or why it can be none. */
export type PathName =
  | { readonly name: string }
  | {
      /** invalidText: it stands for bytes that are no text. oddName: asked for by the path it gives, another name would be looked for. */
      readonly problem: 'invalidText' | 'oddName';
      /** As near as it can be shown. */
      readonly shown: string;
    };

/**
 * Names of the service ↔ parts of paths, as rclone keeps files of a disk there (API page §7.2).
 *
 * rclone writes a name by its encoding, and on the way back to a disk replaces only what a disk can't hold: `/`, NUL, `.` and `..`. So do
 * we, with one difference: the quote sign `‛` is doubled in a path only where it would otherwise be read as one. rclone doubles each, so
 * that it sends the files `‛` and `‛‛` of a disk to one and the same name; here each name has its own, both ways:
 * `pathName(apiName(x)) = x`, and different parts stay different.
 */
export class DriveNames {
  constructor(private readonly flags: NameFlags) {}

  /** The service's name for a part of a path. Throws `badName` for what it can't hold; the error names `path`. */
  apiName(part: string, path: RemotePath | string = part): string {
    if (part === '') throw new RemoteError('badName', `"${path}" has a part without a name.`);
    if (/\p{Surrogate}/u.test(part))
      throw new RemoteError('badName', `"${path}" has a part that is no valid text. Rename it.`);
    const name = encodeName(plainName(part), this.flags);
    if (name.length > longestName)
      throw new RemoteError(
        'badName',
        `"${path}" has a part longer than ${longestName} characters, which Amazon Drive can't hold. Shorten it.`,
      );
    return name;
  }

  pathName(apiName: string): PathName {
    const plain = decodeName(apiName, this.flags);
    const name = partOf(plain);
    // A lone surrogate is a byte that the name stands for, or was no text in the first place.
    if (/\p{Surrogate}/u.test(plain))
      return { problem: 'invalidText', shown: plain.replace(/\p{Surrogate}/gu, '\ufffd') };
    return encodeName(plain, this.flags) === apiName ? { name } : { problem: 'oddName', shown: name };
  }

  /** As rclone prints it. */
  rcloneName(apiName: string): string {
    return encodeName(decodeName(apiName, this.flags), standardFlags);
  }
}

/** A part of a path with look-alikes for what no part can hold → the name that is meant. */
function plainName(part: string): string {
  const oneDot = /^(‛*)．$/.exec(part);
  if (oneDot) return oneDot[1] ? `${oneDot[1].slice(1)}．` : '.';
  const twoDots = /^(‛*)．\1．$/.exec(part);
  if (twoDots) return twoDots[1] ? `${twoDots[1].slice(1)}．`.repeat(2) : '..';
  return part.replace(/(‛*)([／␀])/g, (_, quotes: string, sign: string) => {
    const kept = quote.repeat(quotes.length >> 1);
    if (quotes.length % 2 === 1) return kept + sign;
    return kept + (sign === '／' ? '/' : '\0');
  });
}

/** The inverse of `plainName`. */
function partOf(plain: string): string {
  if (plain === '.') return '．';
  if (plain === '..') return '．．';
  if (/^‛*．$/.test(plain)) return quote + plain;
  const twoDots = /^(‛*)．\1．$/.exec(plain);
  if (twoDots) return `${quote}${twoDots[1] ?? ''}．`.repeat(2);
  return plain.replace(/(‛*)([／␀/\0])/g, (_, quotes: string, sign: string) => {
    const doubled = quote.repeat(2 * quotes.length);
    if (sign === '／' || sign === '␀') return doubled + quote + sign;
    return doubled + (sign === '/' ? '／' : '␀');
  });
}
