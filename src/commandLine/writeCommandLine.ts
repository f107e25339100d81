import { writeAws } from './aws/writeAws';
import type { KnownRemote, LineRequest, Tool, WritableRequest, WrittenLine } from './commandLine';
import { isProblem, LineError, orProblem } from './lineProblem';
import { writeRclone } from './rclone/writeRclone';

/**
 * The line with which the tool does the same, and what the line can't say. For `aws` it contains the settings of remotes that aren't
 * secret (profile, endpoint, region); for rclone a remote appears under its name. Pure.
 */
export function writeCommandLine(
  request: LineRequest,
  tool: Tool,
  remotes: readonly KnownRemote[],
): WrittenLine {
  const written = orProblem(() => {
    const writable = assertWritable(request, tool);
    return tool === 'aws' ? writeAws(writable, remotes) : writeRclone(writable, remotes);
  });
  return isProblem(written) ? { tool, missing: [written.problem], notes: [] } : { tool, ...written };
}

function assertWritable({ source, target, options }: LineRequest, tool: Tool): WritableRequest {
  if (source.kind === 'uri' || target.kind === 'uri')
    throw new LineError('A folder of a virtual workspace exists only in the editor.');
  if (options.ignoreFiles?.length) throw new LineError(`${tool} does not read ignore files in folders.`);
  return { source, target, options };
}

/** The lines of both tools, the more complete line first. Pure. */
export function writeCommandLines(request: LineRequest, remotes: readonly KnownRemote[]): WrittenLine[] {
  const tools: Tool[] = /^(?:aws|exact-timestamps)$/.test(request.options.compare)
    ? ['aws', 'rclone']
    : ['rclone', 'aws'];
  const weight = ({ line, missing }: WrittenLine) => (line === undefined ? 100 : missing.length);
  return tools.map((tool) => writeCommandLine(request, tool, remotes)).sort((a, b) => weight(a) - weight(b));
}
