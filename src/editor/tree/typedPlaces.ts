import { homedir } from 'node:os';
import path from 'node:path';
import type { Place } from '../../plan/model/plan';
import { formatAddress, looksLikeAddress, parseAddress } from '../../remote/remoteAddress';
import { isWithin, parsePath } from '../../remote/remotePath';
import type { ConfiguredRemote } from '../../usecases/configuredRemotes';
import { treeRoot } from '../../usecases/configuredRemotes';

export type TypedPlace = Extract<Place, { kind: 'remote' | 'folder' }>;

/** What was typed may mean one place, several (a bucket of which no remote is named), or none, for a reason that is told. */
export interface TypedPlaces {
  readonly places: readonly TypedPlace[];
  /** A sentence. */
  readonly problem?: string;
}

/**
 * Reads a place that was typed or pasted: `remote:bucket/path`, `s3://bucket/path` on each remote that could be meant, an absolute
 * folder of this machine, `~/folder`. A text that is spelled as none of these is something else: undefined. Pure but for the name of
 * the home folder.
 */
export function readTypedPlace(text: string, remotes: readonly ConfiguredRemote[]): TypedPlaces | undefined {
  try {
    if (/^s3:\/\//i.test(text)) return onStores(text, remotes);
    if (text === '~' || /^~[/\\]/.test(text)) return here(path.join(homedir(), text.slice(1)));
    if (path.isAbsolute(text)) return here(text);
    if (!looksLikeAddress(text)) return undefined;
    const address = parseAddress(text);
    const names = remotes.map(({ settings }) => settings.name);
    if (names.includes(address.remote)) return { places: [{ kind: 'remote', ...address }] };
    const known = names.length === 0 ? '' : ` Known: ${names.join(', ')}.`;
    return { places: [], problem: `There is no remote named "${address.remote}".${known}` };
  } catch (error) {
    return { places: [], problem: error instanceof Error ? error.message : String(error) };
  }
}

function here(folder: string): TypedPlaces {
  return { places: [{ kind: 'folder', path: path.normalize(folder).replace(/(?<=[^/\\:])[/\\]$/, '') }] };
}

function onStores(text: string, remotes: readonly ConfiguredRemote[]): TypedPlaces {
  const where = parsePath(text.slice('s3://'.length).replace(/\/$/, ''));
  if (where === '') return { places: [], problem: 'Name a bucket: s3://bucket/path.' };
  const stores = remotes.filter(
    ({ backend, problems }) => backend?.rclone?.type === 's3' && problems.length === 0,
  );
  const places = stores.flatMap((remote): TypedPlace[] =>
    isWithin(where, treeRoot(remote).path)
      ? [{ kind: 'remote', remote: remote.settings.name, path: where }]
      : [],
  );
  if (places.length > 0) return { places };
  const because =
    stores.length === 0 ? 'There is no S3 remote yet.' : `No remote has ${text} below its root.`;
  return { places: [], problem: because };
}

/** As it is shown: `remote:bucket/path`, or the folder. */
export function typedPlaceText(place: TypedPlace): string {
  return place.kind === 'remote' ? formatAddress(place) : place.path;
}
