import { RemoteError } from './remoteError';

declare const brand: unique symbol;

/**
 * A `/`-separated path relative to a remote's root: no leading or trailing slash, no `.`, `..` or empty
 * parts, no NUL. The root is the empty path. Only the functions here create RemotePaths, so every one is valid.
 */
export type RemotePath = string & { readonly [brand]: 'RemotePath' };

export const rootPath = '' as RemotePath;

/** Why `text` is no RemotePath, as the end of a sentence ("has an empty part"), or undefined. */
export function pathProblem(text: string): string | undefined {
  if (isSound(text)) return undefined;
  if (text.includes('\0')) return 'contains a NUL character';
  if (text.startsWith('/')) return 'starts with a slash';
  if (text.endsWith('/')) return 'ends with a slash';
  for (const part of text.split('/')) {
    if (part === '') return 'has an empty part ("//")';
    if (part === '.' || part === '..') return `has the part "${part}"`;
  }
  return undefined;
}

const [nul, dot, slash] = [0x00, 0x2e, 0x2f];

/** Whether `text` is a path. Looks at each character once, because every listed entry is checked. */
function isSound(text: string): boolean {
  const { length } = text;
  if (length === 0) return true;
  let start = 0;
  for (let i = 0; i <= length; i++) {
    const unit = i < length ? text.charCodeAt(i) : slash;
    if (unit === nul) return false;
    if (unit !== slash) continue;
    const size = i - start;
    if (size === 0) return false;
    if (size <= 2 && text.charCodeAt(start) === dot && text.charCodeAt(i - 1) === dot) return false;
    start = i + 1;
  }
  return true;
}

/** Parses a path. Throws RemoteError `badName` that names the text and the problem. */
export function parsePath(text: string): RemotePath {
  const problem = pathProblem(text);
  if (problem) throw new RemoteError('badName', `The path ${JSON.stringify(text)} ${problem}.`);
  return text as RemotePath;
}

/** `child` (one or more parts) below `folder`. Throws RemoteError `badName`. */
export function joinPath(folder: RemotePath, child: string): RemotePath {
  if (child === '') return folder;
  return parsePath(folder === '' ? child : `${folder}/${child}`);
}

/** The folder that holds `path`; the root is its own parent. */
export function parentPath(path: RemotePath): RemotePath {
  const slash = path.lastIndexOf('/');
  return (slash < 0 ? '' : path.slice(0, slash)) as RemotePath;
}

/** All folders above the paths, without the root. */
export function ancestorsOf(paths: Iterable<RemotePath>): Set<RemotePath> {
  const folders = new Set<RemotePath>();
  for (const path of paths)
    for (let at = parentPath(path); at !== '' && !folders.has(at); at = parentPath(at)) folders.add(at);
  return folders;
}

/** The last part of `path`; empty for the root. */
export function baseName(path: RemotePath): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** `path` under another name in the same folder. Throws RemoteError `badName`. */
export function siblingPath(path: RemotePath, name: string): RemotePath {
  return joinPath(parentPath(path), name);
}

/** Whether `path` is `folder` itself or lies below it. */
export function isWithin(path: RemotePath, folder: RemotePath): boolean {
  return folder === '' || path === folder || (path.startsWith(folder) && path[folder.length] === '/');
}

/** `path` relative to `folder`. Throws a plain Error (a bug of the caller) unless `path` is within `folder`. */
export function relativePath(path: RemotePath, folder: RemotePath): RemotePath {
  if (!isWithin(path, folder)) throw new Error(`${path} is not within ${folder}`);
  return (folder === '' ? path : path.slice(folder.length + 1)) as RemotePath;
}

/**
 * Compares by UTF-8 bytes, the order of S3 listings (sync-semantics §0). JavaScript's `<` compares UTF-16 units, which differs
 * where a surrogate meets U+E000–U+FFFF.
 */
export function comparePaths(a: string, b: string): number {
  if (a === b) return 0;
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return codePointRank(x) - codePointRank(y);
  }
  return a.length - b.length;
}

/** Moves surrogates above every other unit, so that comparing units compares code points. */
function codePointRank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}

/**
 * The first free name: `name` itself, then with a suffix before its extension: `a copy.txt`, `a copy 2.txt` or `a (2).txt`,
 * `a (3).txt`. A dot at the start begins no extension.
 */
export function uniqueName(
  name: string,
  taken: Pick<ReadonlySet<string>, 'has'>,
  style: 'copy' | 'number' = 'copy',
): string {
  const dot = name.lastIndexOf('.');
  const end = dot > 0 ? dot : name.length;
  let candidate = name;
  for (let i = 1; taken.has(candidate); i++) {
    const suffix = style === 'number' ? ` (${i + 1})` : i === 1 ? ' copy' : ` copy ${i}`;
    candidate = `${name.slice(0, end)}${suffix}${name.slice(end)}`;
  }
  return candidate;
}
