import { type BigIntStats, lstatSync, statSync } from 'node:fs';
import { lstat, readlink, stat } from 'node:fs/promises';
import { type FileEntry, isSameFile } from '../../remote/entry';
import { type Instant, instantFromNs } from '../../remote/modifiedTime';
import type { Precondition } from '../../remote/remote';
import { RemoteError } from '../../remote/remoteError';
import type { RemotePath } from '../../remote/remotePath';
import { codeOf } from './localErrors';
import { directCalls } from './syncFileCalls';

/** A regular file as an entry. The version changes with size, modified time and inode. */
export function fileEntry(path: RemotePath, stats: BigIntStats): FileEntry {
  return {
    kind: 'file',
    path,
    size: Number(stats.size),
    modified: instantFromNs(stats.mtimeNs),
    version: versionOf(stats),
    exact: true,
  };
}

/** The version of a file: the same for files of one size, modified time and inode. */
export function versionOf({ size, mtimeNs, ino }: BigIntStats): string {
  // A template would keep its parts as they are, in three times the memory.
  return [size, mtimeNs, ino].join('-');
}

/**
 * `time` as text for `fs.utimes`, which takes a negative number for "now". The system truncates to microseconds after floating-point
 * arithmetic, which may lose one microsecond; the text is adjusted so that none is lost.
 */
export function utimesText(time: Instant): string {
  const microseconds = Math.floor(time.ns / 1000);
  let seconds = time.s + microseconds / 1e6;
  // Truncation goes towards zero, so the correction goes away from zero.
  const step = (seconds < 0 ? -1 : 1) * 2 ** (Math.floor(Math.log2(Math.max(Math.abs(seconds), 1))) - 52);
  for (let tries = 0; tries < 4 && microsecondsKept(seconds) !== microseconds; tries++) seconds += step;
  return String(seconds);
}

/** The microseconds that remain after libuv converts the double to a timespec. */
function microsecondsKept(seconds: number): number {
  const whole = Math.trunc(seconds);
  const ns = Math.trunc((seconds - whole) * 1e9);
  const kept = Math.trunc(ns / 1000);
  return kept < 0 ? kept + 1_000_000 : kept;
}

export function lstatOrNone(absolute: string): Promise<BigIntStats | undefined> {
  const direct = () => lstatSync(absolute, ifThere);
  return orNone(directCalls.call(direct, () => lstat(absolute, { bigint: true })));
}

function statOrNone(absolute: string): Promise<BigIntStats | undefined> {
  const direct = () => statSync(absolute, ifThere);
  return orNone(directCalls.call(direct, () => stat(absolute, { bigint: true })));
}

async function orNone(stats: Promise<BigIntStats | undefined>): Promise<BigIntStats | undefined> {
  try {
    return await stats;
  } catch (error) {
    if (codeOf(error) !== 'ENOENT' && codeOf(error) !== 'ENOTDIR') throw error;
    return undefined;
  }
}

interface Inspected {
  readonly isLink: boolean;
  /** Facts of the entry, or of the link's target. */
  readonly stats: BigIntStats | undefined;
}

/** The entry at `absolute`. Throws `forbidden` for a broken link. */
export async function inspect(absolute: string, path: RemotePath): Promise<Inspected> {
  const there = await lstatOrNone(absolute);
  if (!there?.isSymbolicLink()) return { isLink: false, stats: there };
  const stats = await stat(absolute, { bigint: true }).catch(() => undefined);
  if (stats) return { isLink: true, stats };
  const target = await readlink(absolute);
  throw new RemoteError('forbidden', `"${path}" is a link to ${target}, which does not exist.`);
}

/** Throws unless `stats`, the facts of the entry at `path`, are those of a file or of nothing. */
export function assertReplaceable(stats: BigIntStats | undefined, path: RemotePath): void {
  if (stats?.isDirectory()) throw new RemoteError('isAFolder', `"${path}" is a folder.`);
  if (stats && !stats.isFile()) throw new RemoteError('unsupported', `"${path}" is not a regular file.`);
}

/** The file's current facts. Throws `changed` when they differ from `seen`. */
export async function assertUnchanged(seen: FileEntry, absolute: string): Promise<BigIntStats> {
  const now = await stat(absolute, { bigint: true });
  if (!now.isFile() || !isSameFile(seen, fileEntry(seen.path, now))) throw changedError(seen.path);
  return now;
}

export function changedError(path: RemotePath): RemoteError {
  return new RemoteError('changed', `"${path}" has changed since it was listed.`);
}

/** Throws unless `precondition` holds at `absolute`. */
export async function checkPrecondition(
  precondition: Precondition,
  path: RemotePath,
  absolute: string,
): Promise<void> {
  if (precondition.kind === 'none') return;
  const now = precondition.kind === 'ifAbsent' ? await lstatOrNone(absolute) : await statOrNone(absolute);
  assertPrecondition(precondition, path, now);
}

/** As `checkPrecondition`, by synchronous calls. */
export function checkPreconditionNow(precondition: Precondition, path: RemotePath, absolute: string): void {
  if (precondition.kind === 'none') return;
  const now = (precondition.kind === 'ifAbsent' ? lstatSync : statSync)(absolute, ifThere);
  assertPrecondition(precondition, path, now);
}

const ifThere = { bigint: true, throwIfNoEntry: false } as const;

/** Throws unless `precondition` holds for `now`. */
export function assertPrecondition(
  precondition: Precondition,
  path: RemotePath,
  now: BigIntStats | undefined,
): void {
  if (precondition.kind === 'ifAbsent' && now)
    throw new RemoteError('alreadyExists', `"${path}" already exists.`);
  if (precondition.kind !== 'ifMatch') return;
  if (!now?.isFile() || !isSameFile(precondition.entry, fileEntry(path, now)))
    throw new RemoteError('changed', `"${path}" was changed by someone else.`);
}
