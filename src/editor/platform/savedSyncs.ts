import path from 'node:path';
import { isRecord } from '../../base/encoding';
import type { Place } from '../../plan/model/plan';
import { type PlanOptions, parsePlanOptions } from '../../plan/model/planOptions';
import { formatAddress, looksLikeAddress, parseAddress } from '../../remote/remoteAddress';
import { isRemoteError, RemoteError } from '../../remote/remoteError';

/** An item of `cloudRemotes.syncs`. */
export interface SavedSync {
  readonly name: string;
  /** `remote:bucket/path`, a folder (absolute, or relative to a workspace folder), or the Uri of a virtual folder. */
  readonly from: string;
  readonly to: string;
  /** The options that override the settings. */
  readonly options: Readonly<Record<string, unknown>>;
  /** Why the sync can't run, as a sentence. */
  readonly problem?: string;
}

/** Checks `cloudRemotes.syncs`. An invalid item keeps its place in the list and carries its problem. Pure. */
export function checkSyncs(written: unknown): SavedSync[] {
  if (!Array.isArray(written)) return [];
  return written.map((item: unknown, index) => {
    const fields = isRecord(item) ? item : {};
    const { name, from, to, options } = fields;
    const sync = {
      name: typeof name === 'string' && name !== '' ? name : `sync ${index + 1}`,
      from: typeof from === 'string' ? from : '',
      to: typeof to === 'string' ? to : '',
      options: isRecord(options) ? options : {},
    };
    const problem = problemOf(fields, sync);
    return problem === undefined ? sync : { ...sync, problem };
  });
}

function problemOf(fields: Readonly<Record<string, unknown>>, sync: SavedSync): string | undefined {
  if (typeof fields['name'] !== 'string' || fields['name'] === '') return '"name" is missing.';
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

/** Whether a side of a saved sync is relative to a workspace folder. Pure. */
export function isRelative(side: string): boolean {
  return !looksLikeAddress(side) && !path.isAbsolute(side);
}

/** Tells `vscode-vfs://github/…` from an address: the path of an address can't begin with a slash. */
function isUri(text: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(text);
}

/**
 * The place of a side of a saved sync. A relative side is resolved against `folder`, a local path or the Uri of a virtual folder.
 * Throws RemoteError `badName`, or `badSettings` for a relative side without a workspace folder.
 */
export function resolveSyncSide(side: string, folder: string | undefined): Place {
  if (isUri(side)) return { kind: 'uri', uri: side };
  if (looksLikeAddress(side)) return { kind: 'remote', ...parseAddress(side) };
  if (path.isAbsolute(side)) return { kind: 'folder', path: path.normalize(side) };
  if (folder === undefined)
    throw new RemoteError(
      'badSettings',
      `"${side}" is relative to a workspace folder, but no workspace folder is open.`,
    );
  if (isUri(folder)) {
    const base = new URL(folder.endsWith('/') ? folder : `${folder}/`);
    const uri = `${base.protocol}//${base.host}${path.posix.join(base.pathname, encodeURI(side))}`;
    return { kind: 'uri', uri: uri.replace(/\/$/, '') };
  }
  return { kind: 'folder', path: path.resolve(folder, side) };
}

/** The spelling of a place in `cloudRemotes.syncs`: relative to `folder` when the place is inside. Pure. */
export function writeSyncSide(place: Place, folder: string | undefined): string {
  if (place.kind === 'remote') return formatAddress(place);
  if (place.kind === 'uri') {
    if (place.uri === folder) return '.';
    const below = folder !== undefined && isUri(folder) && place.uri.startsWith(`${folder}/`);
    return below ? `./${decodeURI(place.uri.slice(folder.length + 1))}` : place.uri;
  }
  if (folder === undefined || isUri(folder)) return place.path;
  if (!isInFolder(place.path, folder)) return place.path;
  return `./${path.relative(folder, place.path).split(path.sep).join('/')}`.replace(/^\.\/$/, '.');
}

/** Whether a path of this machine is `folder` or below it. Pure. */
export function isInFolder(file: string, folder: string): boolean {
  const relative = path.relative(folder, file);
  return relative !== '..' && !relative.startsWith(`..${path.sep}`) && !path.isAbsolute(relative);
}

/** The settings, overridden by the options of a saved sync. Throws RemoteError `badSettings`. */
export function optionsOf(sync: SavedSync, settings: PlanOptions): PlanOptions {
  return parsePlanOptions({ ...settings, ...sync.options });
}

/** The options that differ from the settings, as a saved sync stores them. Pure. */
export function writtenOptions(options: PlanOptions, settings: PlanOptions): Record<string, unknown> {
  const names = Object.keys(options) as (keyof PlanOptions)[];
  // An absent option would fall back to the settings, so an option that is switched off is written explicitly.
  const switchedOff: Partial<PlanOptions> = {
    ...(settings.ignoreFiles && !options.ignoreFiles && { ignoreFiles: [] }),
    ...(settings.trackRenames && !options.trackRenames && { trackRenames: 'none' }),
  };
  const written = Object.fromEntries(
    names
      .filter((name) => JSON.stringify(options[name]) !== JSON.stringify(settings[name]))
      .map((name) => [name, options[name]]),
  );
  return { ...written, ...switchedOff };
}
