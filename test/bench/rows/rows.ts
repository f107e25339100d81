import type { FileSet } from '../fileSets';
import type { Work } from '../tools/tool';

/** What a goal is about, and its highest good value. A goal that names a tool needs all runs of it (`namedBy`). */
export interface Goal {
  readonly of:
    | 'the best peer'
    | 'the best peer, once known'
    | 'rclone'
    | 'rclone with its defaults'
    | 's5cmd'
    | 's5cmd, once known'
    | 'CPU of rclone'
    | 'MB over idle'
    | 'time per object of 100,000';
  readonly limit: number;
}

/** The tool with default flags that a goal names; undefined for goals about any peer. */
export function namedBy({ of }: Goal): string | undefined {
  if (of === 'rclone with its defaults') return 'rclone';
  return of.startsWith('s5cmd') ? 's5cmd' : undefined;
}

/** One line of the table. */
export interface Row {
  /** For `--only`. */
  readonly id: string;
  /** `{files}` stands for the number of files, `{size}` for the size of the largest. */
  readonly title: string;
  readonly work: Work;
  /** What the tool meets: an empty bucket, an empty folder, or equal files on both sides. */
  readonly direction: 'up' | 'down' | 'noop' | 'list';
  readonly set: FileSet;
  /** The set of `--quick`; a row without one is left out there. */
  readonly quick?: FileSet;
  /** Milliseconds that each answer waits. */
  readonly latency?: number;
  /** The share of requests that are refused with 503. */
  readonly refused?: number;
  /** Only these tools take part, because others take hours. */
  readonly tools?: readonly string[];
  /** Runs, if fewer than for the other rows. */
  readonly runs?: number;
  readonly goals: readonly Goal[];
}

const kibi = 1024;
const mebi = 1024 * kibi;
const gibi = 1024 * mebi;

const small = (count: number): FileSet => ({ count, size: 4 * kibi });
/** Files of which only the name, the size and the time matter. */
const tiny = (count: number): FileSet => ({ count, size: 20 });
const best = (limit: number): Goal => ({ of: 'the best peer', limit });
const known = (limit: number): Goal => ({ of: 'the best peer, once known', limit });
const rclone = (limit: number): Goal => ({ of: 'rclone', limit });
/** The best peer of syncs without changes that looks at the times of the files; the tuned rclone does not ask for them. */
const s5cmd = (limit: number, onceKnown: number): readonly Goal[] => [
  { of: 's5cmd', limit },
  { of: 's5cmd, once known', limit: onceKnown },
];
const overIdle = (limit: number): Goal => ({ of: 'MB over idle', limit });

/** The table, in its order. */
export const rows: readonly Row[] = [
  {
    id: 'up',
    title: '{files} × 4 KiB up',
    work: 'up',
    direction: 'up',
    set: small(10_000),
    quick: small(2000),
    goals: [best(0.35), { of: 'CPU of rclone', limit: 120 / 250 }],
  },
  {
    id: 'down',
    title: '{files} × 4 KiB down',
    work: 'down',
    direction: 'down',
    set: small(10_000),
    quick: small(2000),
    goals: [best(0.5)],
  },
  {
    id: 'noop-10k',
    title: 'no change, {files} files',
    work: 'noop',
    direction: 'noop',
    set: tiny(10_000),
    quick: tiny(5000),
    goals: [best(1.2), known(0.4), ...s5cmd(1.2, 0.4)],
  },
  {
    id: 'noop-100k',
    title: 'no change, {files} files',
    work: 'noop',
    direction: 'noop',
    set: tiny(100_000),
    goals: [best(1.2), known(0.3), ...s5cmd(1.2, 0.3)],
  },
  {
    id: 'list',
    title: 'list {files}',
    work: 'list',
    direction: 'list',
    set: tiny(200_000),
    quick: tiny(20_000),
    goals: [best(0.4)],
  },
  {
    id: 'list-50ms',
    title: 'list {files}, 50 ms a request',
    work: 'slowList',
    direction: 'list',
    set: tiny(200_000),
    quick: tiny(20_000),
    latency: 50,
    // The tuned rclone lists folder by folder at once, where there are folders; by default it lists one page after another.
    goals: [best(0.1), { of: 'rclone with its defaults', limit: 0.1 }],
  },
  {
    id: 'up-1mib',
    title: '{files} × 1 MiB up',
    work: 'up',
    direction: 'up',
    set: { count: 1000, size: mebi },
    quick: { count: 200, size: mebi },
    goals: [best(0.8)],
  },
  {
    id: 'up-20ms',
    title: '{files} × 4 KiB up, 20 ms a request',
    work: 'slowUp',
    direction: 'up',
    set: small(2000),
    quick: small(500),
    latency: 20,
    goals: [best(0.5), rclone(0.5)],
  },
  {
    id: 'big-up',
    title: '{size} up',
    work: 'bigUp',
    direction: 'up',
    set: { count: 1, size: gibi },
    quick: { count: 1, size: 256 * mebi },
    goals: [best(1.1), rclone(0.7), overIdle(120)],
  },
  {
    id: 'big-down',
    title: '{size} down',
    work: 'bigDown',
    direction: 'down',
    set: { count: 1, size: gibi },
    quick: { count: 1, size: 256 * mebi },
    goals: [best(1.4), rclone(0.7), overIdle(120)],
  },
  {
    id: 'up-503',
    title: '{files} × 4 KiB up, 1 % of the requests refused with 503',
    work: 'up',
    direction: 'up',
    set: small(2000),
    quick: small(500),
    refused: 0.01,
    goals: [],
  },
  {
    id: 'mixed-up',
    title: '{files} files of mixed sizes up, log-normal, up to {size}',
    work: 'up',
    direction: 'up',
    set: { count: 500, size: 64 * kibi, spread: 2, biggest: 2 * gibi },
    quick: { count: 200, size: 64 * kibi, spread: 2, biggest: 64 * mebi },
    goals: [],
  },
  {
    id: 'noop-1m',
    title: 'no change, {files} files',
    work: 'noop',
    direction: 'noop',
    set: tiny(1_000_000),
    tools: ['ours', 'ours, again', 's5cmd'],
    runs: 1,
    goals: [overIdle(400), { of: 'time per object of 100,000', limit: 1.1 }],
  },
];

/**
 * The rows to measure, with the sets of `--quick` where asked for, and with all sets `scale` times as large. Throws an Error for a name that no
 * row has.
 */
export function chosenRows(only: readonly string[], isQuick: boolean, scale = 1): Row[] {
  const unknown = only.find((id) => id !== 'drive' && rows.every((row) => row.id !== id));
  if (unknown !== undefined)
    throw new Error(`No row is named ${unknown}. Rows: ${rows.map(({ id }) => id).join(', ')}, drive.`);
  return rows
    .filter(({ id }) => only.length === 0 || only.includes(id))
    .flatMap((row) => (isQuick ? (row.quick ? [{ ...row, set: row.quick }] : []) : [row]))
    .map((row) => ({ ...row, set: scaled(row.set, scale) }))
    .map((row) => ({ ...row, title: titleOf(row) }));
}

function scaled(set: FileSet, scale: number): FileSet {
  const times = (number: number) => Math.max(1, Math.round(number * scale));
  if (set.count === 1) return { ...set, size: times(set.size) };
  return { ...set, count: times(set.count), ...(set.biggest && { biggest: times(set.biggest) }) };
}

function titleOf({ title, set: { count, size, biggest } }: Row): string {
  return title.replace('{files}', count.toLocaleString('en')).replace('{size}', sizeText(biggest ?? size));
}

function sizeText(bytes: number): string {
  if (bytes >= gibi) return `${Number((bytes / gibi).toFixed(1))} GiB`;
  return `${Number((bytes / mebi).toFixed(1))} MiB`;
}
