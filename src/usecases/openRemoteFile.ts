import { fileIfExists } from '../remote/endpoint';
import { archivedStorageClasses, type FileEntry } from '../remote/entry';
import type { ReadResult, Remote } from '../remote/remote';
import { isRemoteError, RemoteError } from '../remote/remoteError';
import { baseName, type RemotePath } from '../remote/remotePath';

/** How a file can be opened in an editor. */
export type OpenDecision =
  | { readonly kind: 'open'; readonly entry: FileEntry }
  /** Larger than the limit above which the user is asked. */
  | { readonly kind: 'ask'; readonly entry: FileEntry }
  /** Larger than `maxEditorBytes`: the file can only be downloaded. */
  | { readonly kind: 'tooLarge'; readonly entry: FileEntry }
  /** Can't be read now; `reason` is a sentence with the remedy. */
  | { readonly kind: 'unreadable'; readonly entry: FileEntry; readonly reason: string };

/** The largest file, in bytes, that is opened in an editor, which keeps several copies of the content in memory. */
export const maxEditorBytes = 256 * 1024 * 1024;

/** Checks a file by a fresh stat. `largeBytes` is the size above which the user is asked. Throws RemoteError, `isAFolder` for a folder. */
export async function checkBeforeOpen(
  remote: Remote,
  path: RemotePath,
  largeBytes: number,
  signal: AbortSignal,
): Promise<OpenDecision> {
  const entry = await remote.stat(path, signal);
  if (entry.kind !== 'file') throw new RemoteError('isAFolder', `"${path}" is a folder.`);
  // An archived file that is restored for a while is not read-only.
  if (archivedStorageClasses.has(entry.storageClass ?? '') && entry.readonly !== undefined)
    return { kind: 'unreadable', entry, reason: archiveAdvice(entry) };
  if (entry.size > maxEditorBytes) return { kind: 'tooLarge', entry };
  return { kind: entry.size > largeBytes ? 'ask' : 'open', entry };
}

/** How an archived file becomes readable. Pure. */
export function archiveAdvice(entry: Pick<FileEntry, 'path' | 'storageClass'>): string {
  const slash = entry.path.indexOf('/');
  const [bucket, key] = [entry.path.slice(0, slash), entry.path.slice(slash + 1)];
  return (
    `${baseName(entry.path)} is archived (${entry.storageClass}), so its content can't be read until it is restored, ` +
    'which takes minutes to hours and is billed. Restore it in the console of your provider, or with ' +
    `\`aws s3api restore-object --bucket ${quote(bucket)} --key ${quote(key)} --restore-request Days=7\`.`
  );
}

/** For a POSIX shell. */
function quote(text: string): string {
  return /^[\w./:=@%+-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/**
 * The whole content of a file and its entry. Throws RemoteError: `unsupported` above `maxBytes` (before the content is read), `archived`
 * with the remedy, `corrupted` when the number of bytes differs from the entry's size.
 */
export async function readWholeFile(
  remote: Remote,
  path: RemotePath,
  maxBytes: number,
  signal: AbortSignal,
): Promise<{ readonly entry: FileEntry; readonly content: Uint8Array }> {
  const { stream, entry } = await remote.read(path, {}, signal).catch(async (error: unknown) => {
    throw isRemoteError(error, 'archived') ? await withAdvice(remote, path, error, signal) : error;
  });
  try {
    if (entry.size > maxBytes)
      throw new RemoteError(
        'unsupported',
        `"${path}" has ${entry.size} bytes, more than the ${maxBytes} that an editor can hold. Download it instead.`,
      );
    const content = await collect(stream, entry.size);
    if (content.length !== entry.size)
      throw new RemoteError(
        'corrupted',
        `"${path}" should have ${entry.size} bytes, but ${content.length} were received. It is not shown.`,
      );
    return { entry, content };
  } finally {
    stream.destroy();
  }
}

/** The error with the remedy, if a stat returns the storage class. */
async function withAdvice(
  remote: Remote,
  path: RemotePath,
  error: RemoteError,
  signal: AbortSignal,
): Promise<RemoteError> {
  const entry = await fileIfExists(remote, path, signal).catch(() => undefined);
  if (entry?.storageClass === undefined) return error;
  return new RemoteError('archived', archiveAdvice(entry), { cause: error });
}

/** The bytes of the stream; stops after more than `expected` bytes. */
async function collect(stream: ReadResult['stream'], expected: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of stream) {
    parts.push(part);
    length += part.length;
    if (length > expected) break;
  }
  return Buffer.concat(parts);
}
