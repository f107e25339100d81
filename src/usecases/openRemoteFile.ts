import { fileIfExists } from '../remote/endpoint';
import { archivedStorageClasses, type FileEntry } from '../remote/entry';
import type { ReadResult, Remote } from '../remote/remote';
import { isRemoteError, RemoteError } from '../remote/remoteError';
import { baseName, type RemotePath } from '../remote/remotePath';

/** What opening a file in an editor would mean. */
export type OpenDecision =
  | { readonly kind: 'open'; readonly entry: FileEntry }
  /** Larger than the limit: ask first. */
  | { readonly kind: 'ask'; readonly entry: FileEntry }
  /** Larger than an editor takes at all: only a download helps. */
  | { readonly kind: 'tooLarge'; readonly entry: FileEntry }
  /** Can't be read now; `reason` is a sentence with the way out. */
  | { readonly kind: 'unreadable'; readonly entry: FileEntry; readonly reason: string };

/** Bytes that a file may have to be handed to an editor whole. The editor keeps several copies of it in memory. */
export const maxEditorBytes = 256 * 1024 * 1024;

/**
 * Looks before a file is opened, with fresh facts: `largeBytes` is the size above which to ask. Throws RemoteError
 * (`isAFolder` for a folder).
 */
export async function checkBeforeOpen(
  remote: Remote,
  path: RemotePath,
  largeBytes: number,
  signal: AbortSignal,
): Promise<OpenDecision> {
  const entry = await remote.stat(path, signal);
  if (entry.kind !== 'file') throw new RemoteError('isAFolder', `"${path}" is a folder.`);
  const reason = whyUnreadable(entry);
  if (reason !== undefined) return { kind: 'unreadable', entry, reason };
  if (entry.size > maxEditorBytes) return { kind: 'tooLarge', entry };
  return { kind: entry.size > largeBytes ? 'ask' : 'open', entry };
}

/** Why the content can't be read, as a sentence with the way out, or undefined. Pure. */
function whyUnreadable(entry: FileEntry): string | undefined {
  if (!archivedStorageClasses.has(entry.storageClass ?? '')) return undefined;
  if (entry.readonly === undefined) return undefined; // restored for now
  return archiveAdvice(entry);
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
 * The whole content and the entry it belongs to. Throws RemoteError: `unsupported` above `maxPatternFileBytes` (before anything is
 * transferred), `archived` with the way out, `damaged` when another number of bytes came than the entry says. Never a part of a file.
 */
export async function readWholeFile(
  remote: Remote,
  path: RemotePath,
  mostBytes: number,
  signal: AbortSignal,
): Promise<{ readonly entry: FileEntry; readonly content: Uint8Array }> {
  const { stream, entry } = await remote.read(path, {}, signal).catch(async (error: unknown) => {
    throw isRemoteError(error, 'archived') ? await withAdvice(remote, path, error, signal) : error;
  });
  try {
    if (entry.size > mostBytes)
      throw new RemoteError(
        'unsupported',
        `"${path}" has ${entry.size} bytes, more than the ${mostBytes} that an editor can hold. Download it instead.`,
      );
    const content = await collect(stream, entry.size);
    if (content.length !== entry.size)
      throw new RemoteError(
        'corrupted',
        `"${path}" should have ${entry.size} bytes, but ${content.length} came. Nothing of it is shown.`,
      );
    return { entry, content };
  } finally {
    stream.destroy();
  }
}

/** The error with the way out, where a fresh look tells the storage class. */
async function withAdvice(
  remote: Remote,
  path: RemotePath,
  error: RemoteError,
  signal: AbortSignal,
): Promise<RemoteError> {
  const entry = await fileIfExists(remote, path, signal).catch(() => undefined); // the first error says enough
  if (entry?.storageClass === undefined) return error;
  return new RemoteError('archived', archiveAdvice(entry), { cause: error });
}

/** All bytes of the stream; gives up once there are more than `expected`, and then has more than that. */
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
