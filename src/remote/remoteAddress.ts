import { RemoteError } from './remoteError';
import { parsePath, type RemotePath } from './remotePath';

/** A place on a configured remote, shown everywhere as `remote:bucket/path`. */
export interface RemoteAddress {
  readonly remote: string;
  readonly path: RemotePath;
}

/** rclone's rule for remote names: letters, digits, `_ - . + @` and spaces, not at the ends; neither `-` nor space first. */
const namePattern = /^[\p{L}\p{N}_.+@](?:[\p{L}\p{N}_.+@ -]*[\p{L}\p{N}_.+@-])?$/u;

const onWindows = process.platform === 'win32';

/** Why `name` can't name a remote, as a sentence, or undefined when it can. A single letter is a drive on Windows only, as in rclone. */
export function remoteNameProblem(name: string, windows = onWindows): string | undefined {
  if (name === '') return 'Enter a name.';
  if (windows && /^[a-z]$/i.test(name))
    return 'A single letter would look like a Windows drive. Use a longer name.';
  if (!namePattern.test(name))
    return 'Use letters, digits, "_", "-", ".", "+", "@" and inner spaces only; don\'t start with "-".';
  return undefined;
}

export function formatAddress(address: RemoteAddress): string {
  return `${address.remote}:${address.path}`;
}

/**
 * Whether `text` is spelled as `remote:path` and not as a local path (`./a:b`, `/a:b` and, on Windows, `C:\x` are local, as in rclone).
 */
export function looksLikeAddress(text: string, windows = onWindows): boolean {
  const colon = text.indexOf(':');
  return colon > (windows ? 1 : 0) && !/[/\\]/.test(text.slice(0, colon));
}

/**
 * Reads `remote:bucket/path`; one trailing slash is dropped. An access point ARN may stand for the bucket: its inner
 * slash is read as `:`, which AWS takes as well, so that it is one part of the path.
 * Throws RemoteError `badName`.
 */
export function parseAddress(text: string): RemoteAddress {
  const colon = text.indexOf(':');
  if (!looksLikeAddress(text))
    throw new RemoteError('badName', `"${text}" is not an address. Write it as remote:bucket/path.`);
  const remote = text.slice(0, colon);
  const problem = remoteNameProblem(remote);
  if (problem) throw new RemoteError('badName', `"${remote}" can't be the name of a remote. ${problem}`);
  const rest = text.slice(colon + 1).replace(/^(arn:[^/]*:accesspoint)\//, '$1:');
  return { remote, path: parsePath(rest.endsWith('/') ? rest.slice(0, -1) : rest) };
}
