import path from 'node:path';
import { withoutSecrets } from '../base/maskedText';
import type { Place } from '../plan/model/plan';
import type { SelectedPath } from '../plan/model/selectedPaths';
import { looksLikeAddress, parseAddress } from '../remote/remoteAddress';
import { isRemoteError } from '../remote/remoteError';
import { baseName, parentPath, parsePath, type RemotePath } from '../remote/remotePath';
import type { FlagVerdict, KnownRemote, ReadingContext, ReadPlace } from './commandLine';
import type { EvaluatedFlag } from './flags';
import type { LineProblem } from './shellWords';

/** Where an operand lies, before it is known which remote is meant. */
export type Operand = LocalOperand | BucketOperand | RemoteOperand;

/** A path on this machine. */
export interface LocalOperand {
  readonly where: 'here';
  readonly path: string;
  /** It ended in a separator, or is a folder that is there: copies go into it under their own names. */
  readonly isFolder: boolean;
}

/** A bucket and a key or prefix, on a remote that only hints tell. */
export interface BucketOperand {
  readonly where: 'store';
  readonly path: RemotePath;
  readonly isFolder: boolean;
  readonly text: string;
  readonly hints: RemoteHints;
}

/** A path on a remote that is named. */
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
  /** The tool goes to AWS when nothing names an endpoint. */
  readonly awsByDefault: boolean;
}

/** An operand of `aws s3`. Pure but for `context.kindOf`. */
export function parseAwsOperand(
  text: string,
  hints: RemoteHints,
  context: ReadingContext,
): Operand | LineProblem {
  if (text === '-')
    return { problem: '"-" stands for the input or output of the terminal, which there is none of here.' };
  if (!/^s3:\/\//i.test(text)) return parseLocalOperand(text, context);
  return parseBucketOperand(text, text.slice('s3://'.length), hints);
}

/** An operand of rclone: `name:path`, `:s3:bucket/path` with or without parameters, or a path on this machine. */
export function parseRcloneOperand(text: string, context: ReadingContext): Operand | LineProblem {
  const connection = /^(:?)([^:,/\\]*)((?:,[\w.-]+(?:=(?:'(?:[^']|'')*'|"(?:[^"]|"")*"|[^,:]*))?)*):/s.exec(
    text,
  );
  if (connection && (connection[1] === ':' || connection[3] !== '')) {
    const [whole, colon, name = '', parameters = ''] = connection;
    const rest = text.slice(whole.length);
    if (colon === '')
      return {
        problem: `"${name},…:" changes settings of the remote for one run. Change them with the command Edit Remote, and write "${name}:".`,
      };
    if (name === 'local') return parseLocalOperand(rest === '' ? '.' : rest, context);
    if (name !== 's3')
      return {
        problem: `":${name}:" is a remote made on the fly. Only ":s3:" is understood; add others with Add Remote, and write their names.`,
        next: 'addRemote',
      };
    const said = parseParameters(parameters);
    const hints = {
      profile: said.get('profile'),
      endpoint: said.get('endpoint'),
      region: said.get('region'),
      awsByDefault: !said.has('provider') || said.get('provider') === 'AWS',
    };
    // Parameters may hold keys, which must come up nowhere.
    return parseBucketOperand(`:s3:${rest}`, rest, hints);
  }
  // What begins so is a remote to rclone, whatever follows; nothing of it may come up as a path, as it may hold keys.
  if (text.startsWith(':') || /^[^:/\\]*,[\w.-]+=/.test(text))
    return {
      problem: `The settings in the place of a remote's name${connectionName(text)} can't be read. Check their quotes, or add a remote with Add Remote and write its name.`,
      next: 'addRemote',
    };
  if (!looksLikeAddress(text)) return parseLocalOperand(text, context);
  const name = text.slice(0, text.indexOf(':'));
  const rest = text.slice(name.length + 1).replace(/^\/+|\/+$/g, '');
  const known =
    context.remotes.find((remote) => remote.name === name) ??
    context.remotes.find((remote) => remote.name.toLowerCase() === name.toLowerCase());
  if (!known)
    return {
      problem: `No remote is named "${name}". Add it with Add Remote, or import it from rclone.conf under that name.`,
      next: 'importRclone',
    };
  const at = parseRemotePath(rest, text);
  if (typeof at === 'object') return at;
  const { root = '' } = known;
  if (root !== '' && at !== root && !at.startsWith(`${root}/`))
    return {
      problem: `"${known.name}" starts at ${root}, and paths here are whole. Write "${known.name}:${[root, rest].filter(Boolean).join('/')}" if that is what you mean.`,
    };
  return { where: 'named', remote: known.name, path: at, isFolder: rest === '' || text.endsWith('/') };
}

/** How the remote of a connection string is called, as a part of a sentence. */
function connectionName(text: string): string {
  const [, name] = /^:?([\w.+@ -]{1,50})[,:]/.exec(text) ?? [];
  return name === undefined ? '' : ` ("${name}")`;
}

function parseParameters(text: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const [, key = '', single, double, plain] of text.matchAll(
    /,([\w.-]+)(?:=(?:'((?:[^']|'')*)'|"((?:[^"]|"")*)"|([^,:]*)))?/gs,
  ))
    found.set(key, single?.replaceAll("''", "'") ?? double?.replaceAll('""', '"') ?? plain ?? 'true');
  return found;
}

function parseBucketOperand(text: string, rest: string, hints: RemoteHints): BucketOperand | LineProblem {
  if (/^\/*[^/]*@/.test(rest))
    return {
      problem:
        'The name of a bucket has no "@". Keys are a matter of the remote, and must not stand in a path.',
    };
  const at = parseRemotePath(rest.replace(/^\/+(?=[^/])/, '').replace(/\/$/, ''), text);
  if (typeof at === 'object') return at;
  return {
    where: 'store',
    path: at,
    isFolder: rest === '' || rest.endsWith('/'),
    text: withoutSecrets(text),
    hints,
  };
}

/** Reads the part behind the remote's name, so that access points and odd keys are understood as everywhere. */
function parseRemotePath(rest: string, text: string): RemotePath | LineProblem {
  try {
    return parseAddress(`remote:${rest}`).path;
  } catch (error) {
    if (!isRemoteError(error)) throw error;
    return { problem: `"${text}" can't be used. ${error.message}` };
  }
}

function parseLocalOperand(
  text: string,
  { folder, kindOf, shell }: ReadingContext,
): LocalOperand | LineProblem {
  if (text === '') return { problem: 'A path is empty.' };
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(text))
    return { problem: 'An address of the web is no path: a line copies between folders and remotes only.' };
  if (shell !== undefined && shell !== 'posix' && /[*?]/.test(text))
    return {
      problem: `"${text}" has a sign that stands for any name. Neither the shells of Windows nor the tools put names there: write a folder, and choose files with a filter.`,
    };
  if (folder === undefined && !path.isAbsolute(text))
    return {
      problem: `"${text}" is relative to the folder that you work in, but no folder is open. Write the whole path.`,
    };
  // In a line of Windows that came to another system, backslashes separate as they did there.
  const typed = shell !== undefined && shell !== 'posix' ? text.replaceAll('\\', '/') : text;
  const whole = path.resolve(folder ?? '/', typed);
  if (/^@\w+$/.test(text) && kindOf?.(whole) === undefined)
    return {
      problem: `"${text}" hands over several arguments in PowerShell. Write them out, or "./${text}" if a folder is called so.`,
    };
  return {
    where: 'here',
    path: whole,
    isFolder: /[/\\]$|(?:^|[/\\])\.{1,2}$/.test(text) || kindOf?.(whole) === 'folder',
  };
}

/** The last part of a operand's path: a file's name. */
export function operandName(operand: Operand): string {
  return operand.where === 'here' ? path.basename(operand.path) : baseName(operand.path);
}

/** The folder that the operand lies in. */
export function parentOperand<S extends Operand>(operand: S): S {
  if (operand.where === 'here') return { ...operand, path: path.dirname(operand.path), isFolder: true };
  return { ...operand, path: parentPath(operand.path), isFolder: true };
}

/** The place of a operand, or the remotes to choose from. A problem when no remote can be meant. Pure. */
export function resolvePlace(operand: Operand, remotes: readonly KnownRemote[]): ReadPlace | LineProblem {
  if (operand.where === 'here') return { place: { kind: 'folder', path: operand.path } };
  if (operand.where === 'named')
    return { place: { kind: 'remote', remote: operand.remote, path: operand.path } };
  const { hints, path: at, text } = operand;
  const stores = remotes.filter(({ kind }) => kind === 's3');
  if (stores.length === 0)
    return {
      problem: `No S3 remote is there for "${text}". Add one with Add Remote${hints.profile ? `, with the profile "${hints.profile}"` : ''}.`,
      next: 'addRemote',
    };
  const placeOn = (remote: string): Place => ({ kind: 'remote', remote, path: at });
  const undecided = (among: readonly KnownRemote[], because: string): ReadPlace => ({
    candidates: among.map(({ name }) => name),
    because,
    text,
    placeOn,
  });

  const { endpoint, profile } = hints;
  let pool: readonly KnownRemote[] = stores;
  if (endpoint !== undefined) {
    pool = pool.filter((remote) => sameEndpoint(remote.endpoint, endpoint));
    if (pool.length === 0)
      return undecided(stores, `No remote has the endpoint ${withoutSecrets(endpoint)}.`);
  }
  if (profile !== undefined) {
    const withProfile = pool.filter((remote) => remote.profile === profile);
    if (withProfile.length === 0) return undecided(pool, `No remote signs in with the profile "${profile}".`);
    pool = withProfile;
  }
  if (endpoint === undefined && hints.awsByDefault) {
    const onAws = pool.filter((remote) => remote.endpoint === undefined);
    // A profile may name its own endpoint, as its remote then does.
    if (onAws.length === 0 && profile === undefined)
      return undecided(pool, 'The line goes to AWS, but the S3 remotes here have other endpoints.');
    pool = onAws.length > 0 ? onAws : pool;
  }
  const bucket = at.split('/', 1)[0] ?? '';
  pool = preferMatching(pool, ({ root }) => root !== undefined && root.split('/', 1)[0] === bucket);
  pool = preferMatching(pool, ({ region }) => hints.region !== undefined && region === hints.region);
  const [only] = pool;
  return only && pool.length === 1
    ? { place: placeOn(only.name) }
    : undecided(pool, 'Several remotes could be meant.');
}

function preferMatching(
  pool: readonly KnownRemote[],
  fits: (remote: KnownRemote) => boolean,
): readonly KnownRemote[] {
  const matching = pool.filter(fits);
  return matching.length > 0 ? matching : pool;
}

function sameEndpoint(written: string | undefined, typed: string): boolean {
  const [a, b] = [written, typed].map((text) => {
    const whole = text === undefined || /^\w+:\/\//.test(text) ? text : `https://${text}`;
    return whole !== undefined && URL.canParse(whole) ? new URL(whole).href.replace(/\/+$/, '') : whole;
  });
  return a !== undefined && a === b;
}

/** What command lines can mean of a remote, from its settings. Pure. */
export function knownRemote(settings: {
  readonly name: string;
  readonly backend: string;
  readonly [setting: string]: unknown;
}): KnownRemote {
  const text = (name: string): string | undefined => {
    const value = settings[name];
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  const [profile, endpoint, region, root] = [text('profile'), text('endpoint'), text('region'), text('root')];
  return {
    name: settings.name,
    kind: settings.backend,
    ...(profile !== undefined && { profile }),
    ...(endpoint !== undefined && { endpoint }),
    ...(region !== undefined && { region }),
    ...(root !== undefined && { root }),
    written: settings,
  };
}

/** Which words are values of flags that nobody knows can't be guessed: another place would be read or written. */
export function ambiguousFlagProblem(flags: readonly string[]): LineProblem {
  const [first = ''] = flags;
  return {
    problem: `It can't be told whether the word behind "${first}" is its value or a path. Write a value with "=", as in ${first}=….`,
  };
}

export function onlyFile(name: string): readonly SelectedPath[] {
  return [{ file: parsePath(name) }];
}

/** The verdicts now that the target is known: a flag that its remote's settings do anyway is understood. */
export function applyRemoteSettings(
  verdicts: readonly EvaluatedFlag[],
  target: Place | undefined,
  { remotes }: ReadingContext,
): FlagVerdict[] {
  const remote = target?.kind === 'remote' ? remotes.find(({ name }) => name === target.remote) : undefined;
  return verdicts.map(({ setting, ...verdict }) => {
    if (!setting || !remote) return verdict;
    const wanted = verdict.value ?? (setting.name === 'serverSideEncryption' ? 'AES256' : undefined);
    if (remote.written?.[setting.name] !== wanted) return verdict;
    const { because: _, ...rest } = verdict;
    return { ...rest, verdict: 'understood', means: `the remote "${remote.name}" is set so` };
  });
}
