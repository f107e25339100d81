import type { SyncRequest } from '../../app';
import { createFilter } from '../../plan/filter/filter';
import type { Place } from '../../plan/model/plan';
import {
  type ComparisonMode,
  type PlanOptions,
  parsePlanOptions,
  type Verb,
} from '../../plan/model/planOptions';
import { isRecord } from '../../preview/readPageRequest';
import { isRemoteError } from '../../remote/remoteError';
import { pathProblem, type RemotePath } from '../../remote/remotePath';

export function withCompare(request: SyncRequest, compare: ComparisonMode): SyncRequest {
  return { ...request, options: { ...request.options, compare } };
}

/**
 * Other options for the same sides; the files that are meant stay. Throws RemoteError `badSettings` for options or patterns that can't
 * be.
 */
export function withOptions(request: SyncRequest, given: Readonly<Record<string, unknown>>): SyncRequest {
  const { only } = request.options;
  const options = parsePlanOptions({ ...given, ...(only && { only }) });
  createFilter(options);
  return { ...request, options };
}

/** The same sides and options for another verb. */
export function withVerb(request: SyncRequest, verb: Verb): SyncRequest {
  return { ...request, options: { ...request.options, verb } };
}

/** The comparison as it is made: a comparison for its own sake looks at contents, not at times (R11). */
export function comparesLike({ verb, compare }: PlanOptions): ComparisonMode {
  return verb === 'check' && compare === 'rclone' ? 'checksum' : compare;
}

/** Only a sync deletes, so for another verb nothing changes. */
export function withDeletes(request: SyncRequest, on: boolean): SyncRequest {
  const deletes = on && request.options.verb === 'sync' ? 'after' : 'none';
  return { ...request, options: { ...request.options, deletes } };
}

/** The other direction. Deletes are off again, and no backups are made: wanting them one way says nothing about the other. */
export function reversed(request: SyncRequest): SyncRequest {
  const { backupFolder: _, ...options } = request.options;
  return { source: request.target, target: request.source, options: { ...options, deletes: 'none' } };
}

export function samePlace(a: Place, b: Place): boolean {
  if (a.kind === 'folder') return b.kind === 'folder' && a.path === b.path;
  if (a.kind === 'uri') return b.kind === 'uri' && a.uri === b.uri;
  return b.kind === 'remote' && a.remote === b.remote && a.path === b.path;
}

/** The request that saved data spells, or undefined when it spells none (saved by another version, or damaged). */
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
