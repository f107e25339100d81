import path from 'node:path';
import { withoutSecrets } from '../base/maskedText';
import { looksLikeAddress, parseAddress } from '../remote/remoteAddress';
import { isRemoteError } from '../remote/remoteError';
import { baseName, parentPath, type RemotePath } from '../remote/remotePath';
import type { ReadingContext } from './commandLine';
import { LineError } from './lineProblem';

/** A source or a target as typed, before its remote is known. */
export type Operand = LocalOperand | BucketOperand | RemoteOperand;

/** A path on this machine. */
export interface LocalOperand {
  readonly where: 'here';
  readonly path: string;
  /** It ended in a separator, or is an existing folder: files are copied into it under their own names. */
  readonly isFolder: boolean;
}

/** A bucket and a key or prefix. Only hints say which remote has the bucket. */
export interface BucketOperand {
  readonly where: 'store';
  readonly path: RemotePath;
  readonly isFolder: boolean;
  /** As typed, without secrets. */
  readonly text: string;
  readonly hints: RemoteHints;
}

/** A path on a named remote. */
export interface RemoteOperand {
  readonly where: 'named';
  readonly remote: string;
  readonly path: RemotePath;
  readonly isFolder: boolean;
}

export interface RemoteHints {
  readonly profile?: string | undefined;
  readonly endpoint?: string | undefined;
  readonly region?: string | undefined;
  /** The tool uses AWS when nothing names an endpoint. */
  readonly awsByDefault: boolean;
}

/** An operand of `aws s3`. Throws LineError. Pure except for `context.kindOf`. */
export function parseAwsOperand(text: string, hints: RemoteHints, context: ReadingContext): Operand {
  if (text === '-')
    throw new LineError('"-" stands for the input or output of a terminal, which does not exist here.');
  const [scheme] = /^s3:\/\//i.exec(text) ?? [];
  return scheme === undefined
    ? parseLocalOperand(text, context)
    : parseBucketOperand(text, text.slice(scheme.length), hints);
}

/** `name:` or `:backend:`, with or without `,parameter=value` before the last colon. */
const connectionString = /^(:?)([^:,/\\]*)((?:,[\w.-]+(?:=(?:'(?:[^']|'')*'|"(?:[^"]|"")*"|[^,:]*))?)*):/s;

/** An operand of rclone: `name:path`, `:s3:bucket/path` with or without parameters, or a local path. Throws LineError. */
export function parseRcloneOperand(text: string, context: ReadingContext): Operand {
  const [start = '', colon, name = '', parameters = ''] = connectionString.exec(text) ?? [];
  const rest = text.slice(start.length);
  if (colon === ':') return parseOnTheFlyRemote(name, parameters, rest, context);
  if (parameters !== '')
    throw new LineError(
      `"${name},…:" changes settings of the remote for one run. Change them with the command Edit Remote, and write "${name}:".`,
    );
  // rclone takes any such text for a remote. It may contain keys, so it must not appear as a path.
  if (text.startsWith(':') || /^[^:/\\]*,[\w.-]+=/.test(text))
    throw new LineError(
      `The connection string${connectionName(text)} can't be read. Check its quotes, or add a remote with Add Remote and write its name.`,
      'addRemote',
    );
  return looksLikeAddress(text) ? parseNamedRemote(text, context) : parseLocalOperand(text, context);
}

function parseOnTheFlyRemote(
  backend: string,
  parameters: string,
  rest: string,
  context: ReadingContext,
): Operand {
  if (backend === 'local') return parseLocalOperand(rest === '' ? '.' : rest, context);
  if (backend !== 's3')
    throw new LineError(
      `":${backend}:" is an on-the-fly remote. Only ":s3:" is supported; add the remote with Add Remote, and write its name.`,
      'addRemote',
    );
  const values = parseParameters(parameters);
  const hints = {
    profile: values.get('profile'),
    endpoint: values.get('endpoint'),
    region: values.get('region'),
    awsByDefault: !values.has('provider') || values.get('provider') === 'AWS',
  };
  // The text leaves out the parameters, because they may contain keys.
  return parseBucketOperand(`:s3:${rest}`, rest, hints);
}

function parseParameters(text: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const [, key = '', single, double, plain] of text.matchAll(
    /,([\w.-]+)(?:=(?:'((?:[^']|'')*)'|"((?:[^"]|"")*)"|([^,:]*)))?/gs,
  ))
    found.set(key, single?.replaceAll("''", "'") ?? double?.replaceAll('""', '"') ?? plain ?? 'true');
  return found;
}

/** The name in a connection string, as a part of a sentence. */
function connectionName(text: string): string {
  const [, name] = /^:?([\w.+@ -]{1,50})[,:]/.exec(text) ?? [];
  return name === undefined ? '' : ` ("${name}")`;
}

function parseNamedRemote(text: string, { remotes }: ReadingContext): RemoteOperand {
  const name = text.slice(0, text.indexOf(':'));
  const rest = text.slice(name.length + 1).replace(/^\/+|\/+$/g, '');
  const remote =
    remotes.find((one) => one.name === name) ??
    remotes.find((one) => one.name.toLowerCase() === name.toLowerCase());
  if (!remote)
    throw new LineError(
      `No remote is named "${name}". Add it with Add Remote, or import it from rclone.conf under that name.`,
      'importRclone',
    );
  const at = parseRemotePath(rest, text);
  const { root = '' } = remote;
  if (root !== '' && at !== root && !at.startsWith(`${root}/`))
    throw new LineError(
      `"${remote.name}" starts at ${root}, and paths include that root. Did you mean "${remote.name}:${[root, rest].filter(Boolean).join('/')}"?`,
    );
  return { where: 'named', remote: remote.name, path: at, isFolder: rest === '' || text.endsWith('/') };
}

function parseBucketOperand(text: string, rest: string, hints: RemoteHints): BucketOperand {
  if (/^\/*[^/]*@/.test(rest))
    throw new LineError(
      'A bucket name contains no "@". Keys belong to the remote and must not appear in a path.',
    );
  return {
    where: 'store',
    path: parseRemotePath(rest.replace(/^\/+(?=[^/])/, '').replace(/\/$/, ''), text),
    isFolder: rest === '' || rest.endsWith('/'),
    text: withoutSecrets(text),
    hints,
  };
}

/** Parses through an address, so that access points and unusual keys are read as everywhere else. */
function parseRemotePath(rest: string, text: string): RemotePath {
  try {
    return parseAddress(`remote:${rest}`).path;
  } catch (error) {
    if (!isRemoteError(error)) throw error;
    throw new LineError(`"${text}" can't be used. ${error.message}`);
  }
}

function parseLocalOperand(text: string, { folder, kindOf, shell = 'posix' }: ReadingContext): LocalOperand {
  if (text === '') throw new LineError('A path is empty.');
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(text))
    throw new LineError('A URL is not a path: a line copies only between folders and remotes.');
  if (shell !== 'posix' && /[*?]/.test(text))
    throw new LineError(
      `"${text}" contains a wildcard, which neither the shells of Windows nor the tools expand. Write a folder, and select files with a filter.`,
    );
  if (folder === undefined && !path.isAbsolute(text))
    throw new LineError(
      `"${text}" is relative to the working folder, but no folder is open. Write the full path.`,
    );
  // A line for Windows may be read on another system, so its backslashes become separators.
  const whole = path.resolve(folder ?? '/', shell === 'posix' ? text : text.replaceAll('\\', '/'));
  if (/^@\w+$/.test(text) && kindOf?.(whole) === undefined)
    throw new LineError(
      `"${text}" passes several arguments in PowerShell. Write them out, or write "./${text}" for a folder of that name.`,
    );
  return {
    where: 'here',
    path: whole,
    isFolder: /[/\\]$|(?:^|[/\\])\.{1,2}$/.test(text) || kindOf?.(whole) === 'folder',
  };
}

/** The last part of the operand's path: the name of a file. */
export function operandName(operand: Operand): string {
  return operand.where === 'here' ? path.basename(operand.path) : baseName(operand.path);
}

export interface Sides {
  readonly source: Operand;
  readonly target: Operand;
}

/**
 * The folders of a copy of one file, which must keep its name. Throws LineError with the `remedy` when `target` has another name.
 * `isFolder`: the target is the folder itself.
 */
export function foldersOfFile(source: Operand, target: Operand, isFolder: boolean, remedy: string): Sides {
  const [name, copy] = [operandName(source), operandName(target)];
  if (isFolder) return { source: parentOperand(source), target };
  if (copy === name) return { source: parentOperand(source), target: parentOperand(target) };
  throw new LineError(`The copy would be named "${copy}", but copies keep their names here. ${remedy}`);
}

/** The folder that contains the operand. */
function parentOperand<S extends Operand>(operand: S): S {
  if (operand.where === 'here') return { ...operand, path: path.dirname(operand.path), isFolder: true };
  return { ...operand, path: parentPath(operand.path), isFolder: true };
}
