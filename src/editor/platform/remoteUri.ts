import { Uri } from 'vscode';
import type { RemoteAddress } from '../../remote/remoteAddress';
import { parsePath } from '../../remote/remotePath';

/** The scheme of the file system: `cloudremotes://<remote>/<bucket>/<key>`. */
export const remoteScheme = 'cloudremotes';

/** The id of the tree in package.json. */
export const remotesViewId = 'cloudRemotes.remotes';

/** The parts of a `vscode.Uri` that hold an address, unencoded. */
export interface UriParts {
  readonly scheme: string;
  readonly authority: string;
  readonly path: string;
}

/**
 * The Uri of an address. It is stable, holds no secret, and survives `toString` and `parse`. The editor compares authorities without
 * case, so the Uri has the remote's name in lower case; names of remotes are unique without regard to case.
 */
export function toUri(address: RemoteAddress): Uri {
  return Uri.from(toUriParts(address));
}

/**
 * The address of a Uri. `names` are the configured remotes; an unknown name is kept, and opening it reports the error. Repeated
 * slashes, `.` and `..` resolve as on a disk, never above the top of the remote. Throws RemoteError `badName`.
 */
export function fromUri(uri: UriParts, names: readonly string[]): RemoteAddress {
  if (uri.scheme !== remoteScheme) throw new Error(`${uri.scheme}: is not the scheme of a remote`);
  const folded = foldName(uri.authority);
  const remote = names.find((name) => foldName(name) === folded) ?? uri.authority;
  const parts: string[] = [];
  for (const part of fromUriPath(uri.path).split('/'))
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  return { remote, path: parsePath(parts.join('/')) };
}

/** The parts of `toUri`, for tests without the editor. Pure. */
export function toUriParts(address: RemoteAddress): UriParts {
  return { scheme: remoteScheme, authority: foldName(address.remote), path: toUriPath(`/${address.path}`) };
}

/**
 * A path or name as a Uri spells it. The editor shows Uris in its own notifications ("Unable to write file '…'") and turns
 * `[label](command:…)` into a link there, so an invisible word joiner separates the brackets. A key that already has word joiners gets
 * one more, which keeps the spelling reversible. Pure.
 */
export function toUriPath(path: string): string {
  return path.replace(/\](\u2060*)\((?=[a-z][a-z\d+.-]*:)/gi, ']\u2060$1(');
}

function fromUriPath(path: string): string {
  return path.replace(/\]\u2060(\u2060*)\((?=[a-z][a-z\d+.-]*:)/gi, ']$1(');
}

/** Whether `uri` is `folder` or below it. */
export function isAtOrBelow(uri: UriParts, folder: UriParts): boolean {
  if (uri.scheme !== folder.scheme || uri.authority !== folder.authority) return false;
  return uri.path === folder.path || uri.path.startsWith(`${folder.path.replace(/\/$/, '')}/`);
}

/** Two names mean the same remote when their folded names are equal. */
export function foldName(name: string): string {
  return name.toLowerCase();
}
