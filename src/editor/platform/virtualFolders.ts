import * as vscode from 'vscode';
import type { FolderFileSystem, VirtualType } from '../../remote/folderFileSystem';
import { RemoteError, type RemoteErrorKind } from '../../remote/remoteError';
import type { RemotePath } from '../../remote/remotePath';

/** Opens a folder of a virtual workspace through `vscode.workspace.fs`. Throws RemoteError `badSettings` for an invalid Uri. */
export function openFolderFileSystem(uri: string): FolderFileSystem {
  const base = parse(uri);
  const at = (path: RemotePath) => (path === '' ? base : vscode.Uri.joinPath(base, ...path.split('/')));
  const { fs } = vscode.workspace;
  return {
    shown: base.toString(true),
    get writable() {
      return fs.isWritableFileSystem(base.scheme) !== false;
    },
    stat: (path) =>
      withRemoteErrors(path, async () => {
        const { type, size, mtime } = await fs.stat(at(path));
        return { type: typeOf(type), size, modifiedMs: mtime };
      }),
    list: (folder) =>
      withRemoteErrors(folder, async () =>
        (await fs.readDirectory(at(folder))).map(([name, type]) => [name, typeOf(type)] as const),
      ),
    read: (path) => withRemoteErrors(path, () => fs.readFile(at(path))),
    write: (path, content) => withRemoteErrors(path, () => fs.writeFile(at(path), content)),
    remove: (path) =>
      withRemoteErrors(path, () => fs.delete(at(path), { recursive: false, useTrash: false })),
    rename: (from, to, overwrite) => withRemoteErrors(to, () => fs.rename(at(from), at(to), { overwrite })),
    makeFolder: (path) => withRemoteErrors(path, () => fs.createDirectory(at(path))),
  };
}

function parse(uri: string): vscode.Uri {
  try {
    return vscode.Uri.parse(uri, true);
  } catch (cause) {
    throw new RemoteError('badSettings', `"${uri}" is not a valid folder Uri.`, { cause });
  }
}

/** `FileType` is a bit mask: a link has the bit of its target as well. */
function typeOf(type: vscode.FileType): VirtualType {
  if (type & vscode.FileType.SymbolicLink) return 'link';
  if (type & vscode.FileType.Directory) return 'folder';
  return type & vscode.FileType.File ? 'file' : 'other';
}

const kinds: Readonly<Record<string, RemoteErrorKind>> = {
  FileNotFound: 'notFound',
  FileExists: 'alreadyExists',
  FileNotADirectory: 'notAFolder',
  FileIsADirectory: 'isAFolder',
  NoPermissions: 'forbidden',
  Unavailable: 'unavailable',
};

async function withRemoteErrors<T>(path: RemotePath, call: () => Thenable<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    const code = error instanceof vscode.FileSystemError ? error.code : '';
    const reason = error instanceof Error ? error.message : String(error);
    throw new RemoteError(kinds[code] ?? 'other', `"${path}": ${reason}`, {
      cause: error,
      ...(code && { code }),
    });
  }
}
