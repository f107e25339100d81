import type { Dirent } from 'node:fs';
import { readdir } from 'node:fs/promises';
import type { RemotePath } from '../../../remote/remotePath';
import { errorAt } from '../localErrors';

/** A name in a folder. */
export interface Item {
  readonly name: string;
  /** `badText` when the name is not valid UTF-8, so that no path can address it; `other` when only a look at it can tell. */
  readonly kind: 'file' | 'folder' | 'link' | 'other' | 'badText';
}

/** The names in the folder at `absolute`. Throws RemoteErrors that name `folder`. */
export async function readNames(absolute: string, folder: RemotePath, signal: AbortSignal): Promise<Item[]> {
  signal.throwIfAborted();
  const dirents = await readdir(absolute, { withFileTypes: true }).catch(rethrow(absolute, folder));
  const isDoubtful = ({ name }: Dirent) => name.includes('\ufffd');
  const valid = dirents.some(isDoubtful) ? await validNames(absolute, folder) : undefined;
  return dirents.map((dirent) => ({
    name: dirent.name,
    kind: !valid || !isDoubtful(dirent) || valid.has(dirent.name) ? kindOf(dirent) : 'badText',
  }));
}

/** Rethrows an error of listing `folder`, whose path is `absolute`. */
export function rethrow(absolute: string, folder: RemotePath): (error: unknown) => never {
  return (error) => {
    throw errorAt(error, absolute, folder, "can't be listed");
  };
}

function kindOf(dirent: Dirent): Item['kind'] {
  if (dirent.isFile()) return 'file';
  if (dirent.isDirectory()) return 'folder';
  return dirent.isSymbolicLink() ? 'link' : 'other';
}

/** The names with valid UTF-8 bytes. A name may contain a real U+FFFD, or one that replaces invalid bytes. */
async function validNames(absolute: string, folder: RemotePath): Promise<Set<string>> {
  const names = await readdir(absolute, { encoding: 'buffer' }).catch(rethrow(absolute, folder));
  return new Set(names.filter((name) => Buffer.from(name.toString('utf8')).equals(name)).map(String));
}
