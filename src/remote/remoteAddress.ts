import { RemoteError } from './remoteError';
import { parsePath, type RemotePath } from './remotePath';

/** A path on a configured remote, displayed as `remote:bucket/path`. */
export interface RemoteAddress {
  readonly remote: string;
  readonly path: RemotePath;
}

/** rclone's rule for remote names: letters, digits, `_ - . + @` and inner spaces; no `-` at the start. */
const namePattern = /^[\p{L}\p{N}_.+@](?:[\p{L}\p{N}_.+@ -]*[\p{L}\p{N}_.+@-])?$/u;

const onWindows = process.platform === 'win32';

/** Why `name` is no valid remote name, as a sentence, or undefined. A single letter is a drive on Windows only, as in rclone. */
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
 * Whether `text` has the form `remote:path` rather than that of a local path; `./a:b`, `/a:b` and on Windows `C:\x` are local, as in rclone.
 */
export function looksLikeAddress(text: string, windows = onWindows): boolean {
  const colon = text.indexOf(':');
  return colon > (windows ? 1 : 0) && !/[/\\]/.test(text.slice(0, colon));
}

/**
 * Parses `remote:bucket/path`; one trailing slash is dropped. The bucket may be an access point ARN: its inner slash is read as
 * `:`, which AWS accepts too, so that the ARN is one part of the path. Throws RemoteError `badName`.
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
