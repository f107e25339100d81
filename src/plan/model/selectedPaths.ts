import { RemoteError } from '../../remote/remoteError';
import { comparePaths, isWithin, parsePath, type RemotePath } from '../../remote/remotePath';

/** A file, or a folder with everything in it, that a plan is about; relative to both roots. */
export type SelectedPath = { readonly file: RemotePath } | { readonly folder: RemotePath };

/** What a plan looks at when not at everything: in the order of paths, none within another. */
export interface SelectedPaths {
  readonly files: readonly RemotePath[];
  readonly folders: readonly RemotePath[];
}

/** Sorts, and leaves out what lies in a folder that is named too. Pure. */
export function sortSelected(named: readonly SelectedPath[]): SelectedPaths {
  const folders: RemotePath[] = [];
  const all = named.flatMap((one) => ('folder' in one ? [one.folder] : []));
  for (const folder of all.sort((a, b) => comparePaths(`${a}/`, `${b}/`)))
    if (!folders.some((other) => isWithin(folder, other))) folders.push(folder);
  const files = named
    .flatMap((one) => ('file' in one ? [one.file] : []))
    .filter((file) => !folders.some((folder) => isBelow(file, folder)));
  return { files: [...new Set(files)].sort(comparePaths), folders };
}

/** Whether `path` lies in `folder`. A file of the folder's own name lies beside it. */
export function isBelow(path: RemotePath, folder: RemotePath): boolean {
  return path !== folder && isWithin(path, folder);
}

/** Checked names from settings or saved data. Throws RemoteError `badSettings` or `badName`. */
export function parseSelected(value: unknown): readonly SelectedPath[] {
  if (!Array.isArray(value)) throw bad('The option "only"', value, 'a list such as [{"file": "index.html"}]');
  return value.map((item: unknown, i) => {
    const fields =
      typeof item === 'object' && item !== null ? (item as Readonly<Record<string, unknown>>) : {};
    const path = fields['file'] ?? fields['folder'];
    if (Object.keys(fields).length !== 1 || typeof path !== 'string' || path === '')
      throw bad(`The option "only[${i}]"`, item, 'either {"file": "path"} or {"folder": "path"}');
    return fields['file'] === undefined ? { folder: parsePath(path) } : { file: parsePath(path) };
  });
}

function bad(what: string, value: unknown, allowed: string): RemoteError {
  return new RemoteError(
    'badSettings',
    `${what} is ${JSON.stringify(value) ?? String(value)}, but must be ${allowed}.`,
  );
}
