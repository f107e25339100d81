import { isRecord } from '../../base/encoding';
import { comparePaths, isWithin, parsePath, type RemotePath } from '../../remote/remotePath';
import { invalidOption } from './optionSchema';

/** A file, or a folder with all its content, that the user selected; relative to both roots. */
export type SelectedPath = { readonly file: RemotePath } | { readonly folder: RemotePath };

/** The files and folders that a plan is limited to: sorted, and none within another. */
export interface SelectedPaths {
  readonly files: readonly RemotePath[];
  readonly folders: readonly RemotePath[];
}

/** Sorts the paths and drops those within a selected folder. Pure. */
export function sortSelected(named: readonly SelectedPath[]): SelectedPaths {
  const folders: RemotePath[] = [];
  const all = named.flatMap((one) => ('folder' in one ? one.folder : []));
  for (const folder of all.sort((a, b) => comparePaths(`${a}/`, `${b}/`)))
    if (!folders.some((other) => isWithin(folder, other))) folders.push(folder);
  const files = named
    .flatMap((one) => ('file' in one ? one.file : []))
    .filter((file) => !folders.some((folder) => isBelow(file, folder)));
  return { files: [...new Set(files)].sort(comparePaths), folders };
}

/** Whether `path` lies in `folder`. The folder's own path does not. */
export function isBelow(path: RemotePath, folder: RemotePath): boolean {
  return path !== folder && isWithin(path, folder);
}

/** Checks selected paths from settings or saved data. Throws RemoteError `badSettings` or `badName`. */
export function parseSelected(value: unknown): readonly SelectedPath[] {
  if (!Array.isArray(value)) throw invalidOption('only', value, 'a list such as [{"file": "index.html"}]');
  return value.map((item: unknown, i) => {
    const [[kind, path] = [], ...others] = isRecord(item) ? Object.entries(item) : [];
    const isKnown = (kind === 'file' || kind === 'folder') && others.length === 0;
    if (!isKnown || typeof path !== 'string' || path === '')
      throw invalidOption(`only[${i}]`, item, 'either {"file": "path"} or {"folder": "path"}');
    return kind === 'file' ? { file: parsePath(path) } : { folder: parsePath(path) };
  });
}
