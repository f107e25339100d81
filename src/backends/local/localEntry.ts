import type { BigIntStats } from 'node:fs';
import type { FileEntry } from '../../remote/entry';
import { type Instant, instantFromNs } from '../../remote/modifiedTime';
import type { RemotePath } from '../../remote/remotePath';

/** A regular file as an entry. Its version changes with size, modified time and inode: a replaced file is another one. */
export function fileEntry(path: RemotePath, stats: BigIntStats): FileEntry {
  return {
    kind: 'file',
    path,
    size: Number(stats.size),
    modified: instantFromNs(stats.mtimeNs),
    version: `${stats.size}-${stats.mtimeNs}-${stats.ino}`,
    exact: true,
  };
}

/**
 * `time` as `fs.utimes` has to be given it. A number below 0 would be taken for "now", a text is not. The system cuts to
 * microseconds after arithmetic in doubles, which may lose one more: the text is chosen so that it doesn't.
 */
export function utimesText(time: Instant): string {
  const microseconds = Math.floor(time.ns / 1000);
  let seconds = time.s + microseconds / 1e6;
  // Cutting goes towards zero, so the correction goes away from it.
  const step = (seconds < 0 ? -1 : 1) * 2 ** (Math.floor(Math.log2(Math.max(Math.abs(seconds), 1))) - 52);
  for (let tries = 0; tries < 4 && microsecondsKept(seconds) !== microseconds; tries++) seconds += step;
  return String(seconds);
}

/** What is left of a double's fraction once libuv has put it into a timespec. */
function microsecondsKept(seconds: number): number {
  const whole = Math.trunc(seconds);
  const ns = Math.trunc((seconds - whole) * 1e9);
  const kept = Math.trunc(ns / 1000);
  return kept < 0 ? kept + 1_000_000 : kept;
}
