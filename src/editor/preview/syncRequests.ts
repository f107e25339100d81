import type { SyncRequest } from '../../app';
import { isRecord } from '../../base/encoding';
import { createFilter } from '../../plan/filter/filter';
import type { Place } from '../../plan/model/plan';
import { type ComparisonMode, type PlanOptions, parsePlanOptions } from '../../plan/model/planOptions';
import { isRemoteError } from '../../remote/remoteError';
import { pathProblem, type RemotePath } from '../../remote/remotePath';

/** Returns the request for the same sides with these options changed. */
export function withChanged(request: SyncRequest, changes: Partial<PlanOptions>): SyncRequest {
  return { ...request, options: { ...request.options, ...changes } };
}

/**
 * Returns the request with other options for the same sides and files. Throws RemoteError `badSettings` for invalid options or
 * patterns.
 */
export function withOptions(request: SyncRequest, given: Readonly<Record<string, unknown>>): SyncRequest {
  const { only } = request.options;
  const options = parsePlanOptions({ ...given, ...(only && { only }) });
  createFilter(options);
  return { ...request, options };
}

/** Returns the comparison of a check, which compares contents, not times (R11). */
export function comparesLike({ verb, compare }: PlanOptions): ComparisonMode {
  return verb === 'check' && compare === 'rclone' ? 'checksum' : compare;
}

/** Changes the deletes of a sync; other verbs never delete. */
export function withDeletes(request: SyncRequest, on: boolean): SyncRequest {
  return withChanged(request, { deletes: on && request.options.verb === 'sync' ? 'after' : 'none' });
}

/** Returns the request in the other direction, without deletes and backups: wanting them one way says nothing about the other. */
export function reversed(request: SyncRequest): SyncRequest {
  const { backupFolder: _, ...options } = request.options;
  return { source: request.target, target: request.source, options: { ...options, deletes: 'none' } };
}

/** Reads a saved request; undefined when another version wrote it or it is damaged. */
export function readSyncRequest(value: unknown): SyncRequest | undefined {
  if (!isRecord(value)) return undefined;
  const source = readPlace(value['source']);
  const target = readPlace(value['target']);
  const options = readOptions(value['options']);
  return source && target && options ? { source, target, options } : undefined;
}

function readPlace(value: unknown): Place | undefined {
  if (!isRecord(value)) return undefined;
  const { kind, path, remote, uri } = value;
  if (kind === 'uri') return typeof uri === 'string' && uri !== '' ? { kind, uri } : undefined;
  if (typeof path !== 'string') return undefined;
  if (kind === 'folder') return path === '' ? undefined : { kind, path };
  if (kind !== 'remote' || typeof remote !== 'string' || remote === '' || pathProblem(path)) return undefined;
  return { kind, remote, path: path as RemotePath };
}

function readOptions(value: unknown): PlanOptions | undefined {
  if (!isRecord(value)) return undefined;
  try {
    return parsePlanOptions(value);
  } catch (error) {
    if (isRemoteError(error)) return undefined;
    throw error;
  }
}
