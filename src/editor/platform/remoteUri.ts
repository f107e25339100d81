import { Uri } from 'vscode';
import type { RemoteAddress } from '../../remote/remoteAddress';
import { parsePath } from '../../remote/remotePath';

/** The scheme of everything on a remote: `cloudremotes://<remote>/<bucket>/<key>`. */
export const remoteScheme = 'cloudremotes';

/** The parts of a Uri that an address is made of; what `vscode.Uri` has of them, unencoded. */
export interface UriParts {
  readonly scheme: string;
  readonly authority: string;
  readonly path: string;
}

/**
 * The Uri of a place on a remote. It is stable, holds no secret, and survives `toString` and `parse`.
 *
 * The editor writes authorities in lower case and compares them without case, so the name goes in in lower case and
 * is looked up on the way back; names of remotes are therefore unique without regard to case.
 */
export function toUri(address: RemoteAddress): Uri {
  return Uri.from(toUriParts(address));
}

/**
 * The address that a Uri stands for. `names` are those of the configured remotes, as they are spelled there; a name
 * that belongs to none of them comes back as the Uri has it, and opening it says that it is unknown. Slashes in a row, `.` and `..` lead to
 * where they lead on a disk, never above the remote's top. Throws RemoteError `badName` when the path can't be one of a remote.
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

/** What `toUri` is made of; apart from the editor so that it can be tested. Pure. */
export function toUriParts(address: RemoteAddress): UriParts {
  return { scheme: remoteScheme, authority: foldName(address.remote), path: toUriPath(`/${address.path}`) };
}

/**
 * A path, or a name in one, as a Uri has it. The editor puts Uris into notifications of its own ("Unable to write file '…'") and makes a
 * link of `[label](command:…)` there; so a word joiner, which is not seen, stands in front of such a bracket, one more than the key has.
 * Every key has one such form, and comes back from it. Pure.
 */
export function toUriPath(path: string): string {
  return path.replace(/\](\u2060*)\((?=[a-z][a-z\d+.-]*:)/gi, ']\u2060$1(');
}

function fromUriPath(path: string): string {
  return path.replace(/\]\u2060(\u2060*)\((?=[a-z][a-z\d+.-]*:)/gi, ']$1(');
}

/** Two names of remotes are one when this is equal. */
export function foldName(name: string): string {
  return name.toLowerCase();
}

/** The id of the tree in package.json. */
export const remotesViewId = 'cloudRemotes.remotes';
