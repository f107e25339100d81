import type { BenchResult, RowResult, Sample, ToolResult } from '../results';
import { type Goal, namedBy } from '../rows/rows';

type Figure = 'seconds' | 'cpu' | 'peakMB' | 'serverCpu';

/** The middle number, or the mean of both middle numbers; NaN of none. */
export function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return sorted.length % 2 === 1
    ? (sorted[Math.floor(middle)] as number)
    : ((sorted[middle - 1] ?? Number.NaN) + (sorted[middle] ?? Number.NaN)) / 2;
}

export function medianOf({ samples }: ToolResult, figure: Figure): number {
  return median(samples.map((sample) => sample[figure]));
}

/** The median of `a / b` over the runs that both have: tools of one run met the same machine. NaN when no run has both. */
export function ratioOf(a: ToolResult, b: ToolResult, figure: Figure = 'seconds'): number {
  const pairs = a.samples.flatMap((sample, run): [Sample, Sample][] => {
    const other = b.samples[run];
    return other ? [[sample, other]] : [];
  });
  return median(pairs.map(([one, other]) => one[figure] / other[figure]));
}

/** The peer of the lowest median time, also among those whose names begin with `program`. */
export function bestPeer(row: Pick<RowResult, 'tools'>, program = ''): ToolResult | undefined {
  return row.tools
    .filter(({ role, samples, name }) => role === 'peer' && samples.length > 0 && name.startsWith(program))
    .toSorted((a, b) => medianOf(a, 'seconds') - medianOf(b, 'seconds'))[0];
}

export function toolOf(row: RowResult, name: string): ToolResult | undefined {
  return row.tools.find((tool) => tool.name === name && tool.samples.length > 0);
}

/** A goal with the figure that was measured. */
export interface Judged {
  readonly goal: Goal;
  /** NaN when the run lacks what the goal needs. */
  readonly value: number;
  readonly met: boolean;
}

export function judge(goal: Goal, row: RowResult, all: BenchResult): Judged {
  const value = valueFor(goal, row, all);
  return { goal, value, met: value <= goal.limit };
}

function valueFor(goal: Goal, row: RowResult, all: BenchResult): number {
  const own = toolOf(row, goal.of.endsWith('once known') ? 'ours, again' : 'ours');
  if (!own) return Number.NaN;
  switch (goal.of) {
    case 'the best peer':
    case 'the best peer, once known': {
      const best = bestPeer(row);
      return best ? ratioOf(own, best) : Number.NaN;
    }
    case 'rclone': {
      const best = bestPeer(row, 'rclone');
      return best ? ratioOf(own, best) : Number.NaN;
    }
    case 'rclone with its defaults':
    case 's5cmd':
    case 's5cmd, once known': {
      const plain = toolOf(row, namedBy(goal) ?? '');
      return plain ? ratioOf(own, plain) : Number.NaN;
    }
    case 'CPU of rclone': {
      const best = bestPeer(row, 'rclone');
      return best ? ratioOf(own, best, 'cpu') : Number.NaN;
    }
    case 'MB over idle':
      return medianOf(own, 'peakMB') - all.idleMB;
    case 'time per object of 100,000': {
      const smaller = all.rows.find(({ id }) => id === 'noop-100k');
      const before = smaller && toolOf(smaller, 'ours');
      if (!smaller || !before) return Number.NaN;
      return perObject(row, own) / perObject(smaller, before);
    }
  }
}

/** Microseconds of wall time for each file. */
export function perObject(row: RowResult, tool: ToolResult): number {
  return (medianOf(tool, 'seconds') * 1e6) / row.files;
}
