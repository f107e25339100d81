import { FileSystemError } from 'vscode';
import { isRemoteError, type RemoteErrorKind } from '../../remote/remoteError';
import { inertLine } from './inertText';
import { inertError } from './window';

/**
 * Converts a RemoteError to the editor's error with the same message, which the editor shows. Any other error (a bug, a cancellation)
 * stays as it is: the editor shows it as a failure, never as an absent or empty file.
 */
export function toFileSystemError(error: unknown): unknown {
  if (error instanceof FileSystemError) return error;
  if (!isRemoteError(error)) return inertError(error);
  return fileSystemError(error.kind, error.message);
}

/** An error of the editor. Makes `sentence` inert, since it may contain names and server texts. */
export function fileSystemError(kind: RemoteErrorKind, sentence: string): FileSystemError {
  return editorKinds[kind](inertLine(sentence));
}

/** `FileNotFound` only for a file that certainly doesn't exist: the editor creates the file after this error. */
const editorKinds: Readonly<Record<RemoteErrorKind, (message: string) => FileSystemError>> = {
  notFound: FileSystemError.FileNotFound,
  alreadyExists: FileSystemError.FileExists,
  notAFolder: FileSystemError.FileNotADirectory,
  isAFolder: FileSystemError.FileIsADirectory,
  notEmpty: FileSystemError.Unavailable,
  forbidden: FileSystemError.NoPermissions,
  unauthenticated: FileSystemError.NoPermissions,
  archived: FileSystemError.NoPermissions,
  unsupported: FileSystemError.NoPermissions,
  badName: FileSystemError.NoPermissions,
  badSettings: FileSystemError.Unavailable,
  rateLimited: FileSystemError.Unavailable,
  unavailable: FileSystemError.Unavailable,
  changed: FileSystemError.Unavailable,
  quotaExceeded: FileSystemError.Unavailable,
  corrupted: FileSystemError.Unavailable,
  other: FileSystemError.Unavailable,
};
