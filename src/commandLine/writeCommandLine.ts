import { writeAws } from './aws/writeAws';
import type { KnownRemote, LineRequest, Tool, WrittenLine } from './commandLine';
import { writeRclone } from './rclone/writeRclone';

/**
 * The line with which the tool would do the same, and what it can't say. Settings of remotes that aren't secret (profile, endpoint,
 * region) are written for `aws`; for rclone a remote stands under its own name. Pure.
 */
export function writeCommandLine(
  request: LineRequest,
  tool: Tool,
  remotes: readonly KnownRemote[],
): WrittenLine {
  return { tool, ...(tool === 'aws' ? writeAws(request, remotes) : writeRclone(request, remotes)) };
}

/** The lines of both tools, the one that says most first. Pure. */
export function writeCommandLines(request: LineRequest, remotes: readonly KnownRemote[]): WrittenLine[] {
  const tools: Tool[] = /^(?:aws|exact-timestamps)$/.test(request.options.compare)
    ? ['aws', 'rclone']
    : ['rclone', 'aws'];
  const weight = ({ line, missing }: WrittenLine) => (line === undefined ? 100 : missing.length);
  return tools.map((tool) => writeCommandLine(request, tool, remotes)).sort((a, b) => weight(a) - weight(b));
}
