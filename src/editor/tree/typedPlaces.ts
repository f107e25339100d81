import { homedir } from 'node:os';
import path from 'node:path';
import type { Place } from '../../plan/model/plan';
import { looksLikeAddress, parseAddress } from '../../remote/remoteAddress';
import { isWithin, parsePath } from '../../remote/remotePath';
import { type ConfiguredRemote, treeRoot } from '../../usecases/configuredRemotes';

export type TypedPlace = Extract<Place, { kind: 'remote' | 'folder' }>;

/** The places of a typed text: one, several for a bucket without a remote, or none with the reason. */
export interface TypedPlaces {
  readonly places: readonly TypedPlace[];
  /** A sentence. */
  readonly problem?: string;
}

/**
 * Reads `remote:bucket/path`, `s3://bucket/path` (on each S3 remote whose tree contains it), an absolute folder of this machine, or
 * `~/folder`. Returns undefined for any other text.
 */
export function readTypedPlace(text: string, remotes: readonly ConfiguredRemote[]): TypedPlaces | undefined {
  try {
    if (/^s3:\/\//i.test(text)) return onS3Remotes(text, remotes);
    if (text === '~' || /^~[/\\]/.test(text)) return localFolder(path.join(homedir(), text.slice(1)));
    if (path.isAbsolute(text)) return localFolder(text);
    if (!looksLikeAddress(text)) return undefined;
    const address = parseAddress(text);
    const names = remotes.map(({ settings }) => settings.name);
    if (names.includes(address.remote)) return { places: [{ kind: 'remote', ...address }] };
    const hint = names.length === 0 ? '' : ` Remotes: ${names.join(', ')}.`;
    return { places: [], problem: `There is no remote named "${address.remote}".${hint}` };
  } catch (error) {
    return { places: [], problem: error instanceof Error ? error.message : String(error) };
  }
}

function localFolder(folder: string): TypedPlaces {
  return { places: [{ kind: 'folder', path: path.normalize(folder).replace(/(?<=[^/\\:])[/\\]$/, '') }] };
}

function onS3Remotes(text: string, remotes: readonly ConfiguredRemote[]): TypedPlaces {
  const bucketPath = parsePath(text.slice('s3://'.length).replace(/\/$/, ''));
  if (bucketPath === '') return { places: [], problem: 'Enter a bucket: s3://bucket/path.' };
  const stores = remotes.filter(
    ({ backend, problems }) => backend?.rclone?.type === 's3' && problems.length === 0,
  );
  const places = stores.flatMap((remote): TypedPlace[] =>
    isWithin(bucketPath, treeRoot(remote).path)
      ? [{ kind: 'remote', remote: remote.settings.name, path: bucketPath }]
      : [],
  );
  if (places.length > 0) return { places };
  const problem =
    stores.length === 0 ? 'There is no S3 remote.' : `${text} is outside the root of every S3 remote.`;
  return { places: [], problem };
}
