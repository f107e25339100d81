import path from 'node:path';
import type { Place } from '../../plan/model/plan';
import { type PlanOptions, parsePlanOptions } from '../../plan/model/planOptions';
import { formatAddress, looksLikeAddress, parseAddress } from '../../remote/remoteAddress';
import { isRemoteError, RemoteError } from '../../remote/remoteError';

/** One of `cloudRemotes.syncs`, as written there. */
export interface SavedSync {
  readonly name: string;
  /** `remote:bucket/path`, a folder (absolute, or relative to a workspace folder), or the Uri of a virtual folder. */
  readonly from: string;
  readonly to: string;
  /** The written part of the options; what isn't named is as the settings say. */
  readonly options: Readonly<Record<string, unknown>>;
  /** What is wrong with it, as a sentence; it can't be run then. */
  readonly problem?: string;
}

/** Checks what stands in `cloudRemotes.syncs`. A bad one comes out with its problem and hides no other. Pure. */
export function checkSyncs(written: unknown): SavedSync[] {
  if (!Array.isArray(written)) return [];
  return written.map((item: unknown, index) => {
    const fields = typeof item === 'object' && item !== null && !Array.isArray(item) ? item : {};
    const { name, from, to, options = {} } = fields as Readonly<Record<string, unknown>>;
    const sync = {
      name: typeof name === 'string' && name !== '' ? name : `sync ${index + 1}`,
      from: typeof from === 'string' ? from : '',
      to: typeof to === 'string' ? to : '',
      options: typeof options === 'object' && options !== null ? (options as Record<string, unknown>) : {},
    };
    const problem = problemOf(fields as Readonly<Record<string, unknown>>, sync);
    return problem === undefined ? sync : { ...sync, problem };
  });
}

function problemOf(fields: Readonly<Record<string, unknown>>, sync: SavedSync): string | undefined {
  if (typeof fields['name'] !== 'string' || fields['name'] === '') return 'It has no "name".';
  for (const side of ['from', 'to'] as const) {
    if (sync[side] === '')
      return `"${side}" is missing. Give a folder such as "./dist", or remote:bucket/path.`;
    if (looksLikeAddress(sync[side]) && !isUri(sync[side]))
      try {
        parseAddress(sync[side]);
      } catch (error) {
        if (isRemoteError(error)) return `"${side}": ${error.message}`;
        throw error;
      }
  }
  try {
    parsePlanOptions(fields['options']);
  } catch (error) {
    if (isRemoteError(error)) return error.message;
    throw error;
  }
  return undefined;
}

/** Whether a side of a saved sync only makes sense below a workspace folder. Pure. */
export function isRelative(side: string): boolean {
  return !looksLikeAddress(side) && !path.isAbsolute(side);
}

/** `vscode-vfs://github/…`: never an address, whose path can't begin with a slash. */
function isUri(text: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(text);
}

/**
 * The place that a side of a saved sync means; a relative folder is taken from `folder`, a disk path or the Uri of a virtual folder.
 * Throws RemoteError `badName`, or `badSettings` for a relative folder without a workspace folder.
 */
export function resolveSyncSide(side: string, folder: string | undefined): Place {
  if (isUri(side)) return { kind: 'uri', uri: side };
  if (looksLikeAddress(side)) return { kind: 'remote', ...parseAddress(side) };
  if (path.isAbsolute(side)) return { kind: 'folder', path: path.normalize(side) };
  if (folder === undefined)
    throw new RemoteError(
      'badSettings',
      `"${side}" is relative to a workspace folder, but no such folder is open.`,
    );
  if (isUri(folder)) {
    const base = new URL(folder.endsWith('/') ? folder : `${folder}/`);
    const uri = `${base.protocol}//${base.host}${path.posix.join(base.pathname, encodeURI(side))}`;
    return { kind: 'uri', uri: uri.replace(/\/$/, '') };
  }
  return { kind: 'folder', path: path.resolve(folder, side) };
}

/** How a place is written in `cloudRemotes.syncs`: relative to `folder` when it lies within. Pure. */
export function writeSyncSide(place: Place, folder: string | undefined): string {
  if (place.kind === 'remote') return formatAddress(place);
  if (place.kind === 'uri') {
    if (place.uri === folder) return '.';
    const below = folder !== undefined && isUri(folder) && place.uri.startsWith(`${folder}/`);
    return below ? `./${decodeURI(place.uri.slice(folder.length + 1))}` : place.uri;
  }
  if (folder === undefined || isUri(folder)) return place.path;
  const relative = path.relative(folder, place.path);
  const within = relative !== '..' && !relative.startsWith(`..${path.sep}`) && !path.isAbsolute(relative);
  return within ? `./${relative.split(path.sep).join('/')}`.replace(/^\.\/$/, '.') : place.path;
}

/** The options of a saved sync over those that the settings say. Throws RemoteError `badSettings`. */
export function optionsOf(sync: SavedSync, settings: PlanOptions): PlanOptions {
  return parsePlanOptions({ ...settings, ...sync.options });
}

/** The part of `options` that differs from what the settings say: what is worth writing down. Pure. */
export function writtenOptions(options: PlanOptions, settings: PlanOptions): Record<string, unknown> {
  const names = Object.keys(options) as (keyof PlanOptions)[];
  // What the settings say comes back unless it is written that this sync is without.
  const without: Partial<PlanOptions> = {
    ...(settings.ignoreFiles && !options.ignoreFiles && { ignoreFiles: [] }),
    ...(settings.trackRenames && !options.trackRenames && { trackRenames: 'none' }),
  };
  const written = Object.fromEntries(
    names
      .filter((name) => JSON.stringify(options[name]) !== JSON.stringify(settings[name]))
      .map((name) => [name, options[name]]),
  );
  return { ...written, ...without };
}
