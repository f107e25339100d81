import type { Figures } from './measure';
import type { Goal } from './rows/rows';
import type { Counted } from './server/leanServer';
import type { Tool } from './tools/tool';

/** One run of one tool. */
export interface Sample extends Figures {
  readonly requests: Readonly<Record<string, number>>;
  /** CPU seconds of the server meanwhile. */
  readonly serverCpu: number;
}

/** All runs of one tool in one row. */
export interface ToolResult {
  readonly name: string;
  readonly role: Tool['role'];
  readonly samples: Sample[];
  /** Why the tool did not do the row. */
  problem?: string;
}

export interface RowResult {
  readonly id: string;
  readonly title: string;
  readonly files: number;
  readonly goals: readonly Goal[];
  /** The last change of the engine that was measured. */
  readonly commit: string;
  /** That measured the row. */
  readonly command: string;
  readonly tools: readonly ToolResult[];
}

/** A row before it is known where it was measured. */
export type Measured = Omit<RowResult, 'commit' | 'command'>;

/** All that the bench has measured, in one call or with `--add`, as JSON. */
export interface BenchResult {
  /** ISO 8601. */
  readonly date: string;
  readonly machine: string;
  /** The name and version of each tool, and the names of missing peers. */
  readonly versions: readonly string[];
  /** Peak memory of our engine that copies one small file, in MB. */
  readonly idleMB: number;
  readonly rows: RowResult[];
}

export function sampleOf(figures: Figures, { requests, refused, cpu }: Counted): Sample {
  return { ...figures, requests: refused > 0 ? { ...requests, refused } : { ...requests }, serverCpu: cpu };
}
