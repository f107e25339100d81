import type { BucketContent, Remote, VersionKeeping } from '../../remote/remote';
import type { RemotePath } from '../../remote/remotePath';
import { countOf, format } from './numberFormat';

/** The subject of the sentence: "this" action, or what it deletes or replaces. */
type Subject = 'this' | 'it' | 'they' | 'replaced files';

/** As `describeRecovery`, of replaced files; empty for a store that keeps deleted files, since it may not keep replaced ones. */
export async function describeReplaceRecovery(
  remote: Remote,
  paths: readonly RemotePath[],
  signal: AbortSignal,
): Promise<string> {
  if (remote.features?.trash || remote.capabilities.recoverableDeletes) return '';
  return describeRecovery(remote, paths, 'replaced files', signal);
}

/** A sentence that says whether the files at these paths can be restored after a delete or replace. Throws only the signal's reason. */
export async function describeRecovery(
  remote: Remote,
  paths: readonly RemotePath[],
  subject: Subject,
  signal: AbortSignal,
): Promise<string> {
  if (remote.features?.trash)
    return `${subject === 'they' ? 'They go' : 'It goes'} to the trash of the remote and can be restored from there.`;
  if (remote.capabilities.recoverableDeletes) return describeVersions('kept', subject);
  if (!remote.features?.versionKeeping) return permanentLoss(subject);
  const buckets = new Set(paths.map((path) => path.split('/')[0] as RemotePath));
  const states = new Set<VersionKeeping>();
  for (const bucket of buckets) states.add(await remote.features.versionKeeping(bucket, signal));
  const [only] = states;
  if (only !== undefined && states.size === 1) return describeVersions(only, subject);
  return subject === 'this'
    ? "Not all of these buckets keep versions, so this can't be undone everywhere."
    : `Not all of these buckets keep versions, so some of ${subject === 'they' ? 'them' : subject} can't be restored.`;
}

function describeVersions(keeping: VersionKeeping, subject: Subject): string {
  switch (keeping) {
    case 'kept':
      return `The bucket keeps versions, so ${subject === 'this' ? 'this can be undone there' : `${subject} can be restored`}.`;
    case 'suspended':
      return "Versioning of the bucket is suspended: files written since then can't be restored.";
    case 'notKept':
      return `${permanentLoss(subject)} The bucket keeps no versions.`;
    case 'unknown':
      return `Unless the bucket keeps versions, ${subject} can't be ${subject === 'this' ? 'undone' : 'restored'}.`;
  }
}

function permanentLoss(subject: Subject): string {
  if (subject === 'this') return "This can't be undone.";
  return `${subject.charAt(0).toUpperCase()}${subject.slice(1)} can't be restored.`;
}

/** "12 files (4 MB), 3 older versions (1 MB), 2 delete markers and 1 unfinished upload will be permanently deleted." */
export function describeBucketContent(content: BucketContent): string {
  const { files, bytes, olderVersions, olderBytes, deleteMarkers, unfinishedUploads } = content;
  const parts: readonly (readonly [number, string])[] = [
    [files, `${countOf(files, 'file')} (${format().bytes(bytes)})`],
    [olderVersions, `${countOf(olderVersions, 'older version')} (${format().bytes(olderBytes)})`],
    [deleteMarkers, countOf(deleteMarkers, 'delete marker')],
    [unfinishedUploads, countOf(unfinishedUploads, 'unfinished upload')],
  ];
  const shown = parts.filter(([count]) => count > 0).map(([, text]) => text);
  if (shown.length === 0) return "The bucket is empty. This can't be undone.";
  // British lists have no comma before "and".
  return `${new Intl.ListFormat('en-GB').format(shown)} will be permanently deleted.`;
}
