import type { Place } from '../plan/plan';
import type { PlanOptions } from '../plan/planOptions';
import type { KnownRemote, Tool } from './commandLine';
import { writeAws } from './writeAws';
import { writeRclone } from './writeRclone';

/** What a line is written for: a preview's request, or a plan. */
export interface Writable {
  readonly source: Place;
  readonly target: Place;
  readonly options: PlanOptions;
}

export interface WrittenLine {
  readonly tool: Tool;
  /** For a POSIX shell. Absent where the tool can't reach a side, or a line without the filters would do harm. */
  readonly line?: string;
  /** What the line does not say, each as a sentence; empty when it says all. */
  readonly missing: readonly string[];
  /** What is good to know before running it, each as a sentence. */
  readonly notes: readonly string[];
}

/**
 * The line with which the tool would do the same, and what it can't say. Settings of remotes that aren't secret (profile, endpoint,
 * region) are written for `aws`; for rclone a remote stands under its own name. Pure.
 */
export function writeCommandLine(
  request: Writable,
  tool: Tool,
  remotes: readonly KnownRemote[],
): WrittenLine {
  return { tool, ...(tool === 'aws' ? writeAws(request, remotes) : writeRclone(request, remotes)) };
}

/** The lines of both tools, the one that says most first. Pure. */
export function writeCommandLines(request: Writable, remotes: readonly KnownRemote[]): WrittenLine[] {
  const tools: Tool[] = /^(?:aws|exact-timestamps)$/.test(request.options.compare)
    ? ['aws', 'rclone']
    : ['rclone', 'aws'];
  const weight = ({ line, missing }: WrittenLine) => (line === undefined ? 100 : missing.length);
  return tools.map((tool) => writeCommandLine(request, tool, remotes)).sort((a, b) => weight(a) - weight(b));
}
