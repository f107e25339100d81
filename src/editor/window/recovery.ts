import type { BucketContent, Remote, VersionKeeping } from '../../remote/remote';
import type { RemotePath } from '../../remote/remotePath';
import { countOf, format } from './numberFormat';

/** What a sentence calls that which is deleted or replaced. */
type Them = 'this' | 'it' | 'they' | 'what is replaced';

/** Whether what is replaced at these paths can be brought back, as a sentence; empty where that isn't known to be as for what is deleted. */
export async function describeReplaceRecovery(
  remote: Remote,
  paths: readonly RemotePath[],
  signal: AbortSignal,
): Promise<string> {
  if (remote.features?.trash || remote.capabilities.recoverableDeletes) return '';
  return describeRecovery(remote, paths, 'what is replaced', signal);
}

/** Whether what is deleted or replaced at these paths of a remote can be brought back, as a sentence. Throws only the signal's reason. */
export async function describeRecovery(
  remote: Remote,
  paths: readonly RemotePath[],
  them: Them,
  signal: AbortSignal,
): Promise<string> {
  if (remote.features?.trash)
    return them === 'they'
      ? 'They go to the trash of the remote and can be restored from there.'
      : 'It goes to the trash of the remote and can be restored from there.';
  if (remote.capabilities.recoverableDeletes) return wordsOf('kept', them);
  if (!remote.features?.versionKeeping) return lost(them);
  const buckets = new Set(paths.map((path) => path.split('/')[0] as RemotePath));
  const states = new Set<VersionKeeping>();
  for (const bucket of buckets) states.add(await remote.features.versionKeeping(bucket, signal));
  const [only] = states;
  if (only !== undefined && states.size === 1) return wordsOf(only, them);
  return them === 'this'
    ? "Not all of these buckets keep versions, so this can't be undone everywhere."
    : `Not all of these buckets keep versions, so not all of ${them === 'they' ? 'them' : them === 'it' ? 'it' : them} can be brought back.`;
}

function wordsOf(keeping: VersionKeeping, them: Them): string {
  switch (keeping) {
    case 'kept':
      return them === 'this'
        ? 'The bucket keeps versions, so this can be undone there.'
        : `The bucket keeps versions, so ${them} can be brought back.`;
    case 'suspended':
      return "Versioning of the bucket is suspended: what was written since then can't be brought back.";
    case 'notKept':
      return `${lost(them)} The bucket keeps no versions.`;
    case 'unknown':
      return `Unless the bucket keeps versions, ${them === 'this' ? "this can't be undone" : `${them} can't be brought back`}.`;
  }
}

function lost(them: Them): string {
  if (them === 'this') return "This can't be undone.";
  return `${them.charAt(0).toUpperCase()}${them.slice(1)} can't be brought back.`;
}

/** "12 files (4 MB), 3 older versions (1 MB), 2 delete markers and 1 unfinished upload. All of it goes for good." */
export function describeBucketContent(content: BucketContent): string {
  const { files, bytes, olderVersions, olderBytes, deleteMarkers, unfinishedUploads } = content;
  const parts = [
    ...(files > 0 ? [`${countOf(files, 'file')} (${format().bytes(bytes)})`] : []),
    ...(olderVersions > 0
      ? [`${countOf(olderVersions, 'older version')} (${format().bytes(olderBytes)})`]
      : []),
    ...(deleteMarkers > 0 ? [countOf(deleteMarkers, 'delete marker')] : []),
    ...(unfinishedUploads > 0 ? [countOf(unfinishedUploads, 'unfinished upload')] : []),
  ];
  const last = parts.pop();
  if (last === undefined) return "It holds nothing. This can't be undone.";
  const all = parts.length === 0 ? last : `${parts.join(', ')} and ${last}`;
  return `${all}. All of it goes for good, and nothing can be brought back.`;
}
