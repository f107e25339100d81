import type { ToolAnswer } from '../realTools';
import type { Case } from './cases';

/**
 * The action for each path: `copy`, `touch` (its time is set), `delete`, `moved from X`, or for a check one of rclone's marks. A path
 * without an action isn't in the map.
 */
export type Actions = ReadonlyMap<string, string>;

export interface RealOutcome {
  readonly actions: Actions;
  readonly warnings: readonly string[];
  readonly code: number;
}

/** The sides as arguments of the tools: a folder relative to the working folder, or a prefix of a bucket. */
export interface Places {
  readonly source: string;
  readonly target: string;
}

/** The actions that `aws s3 sync --dryrun` printed. Places are as in its output: `src`, or `s3://bucket/prefix`. */
export function actionsOfAws({ code, stdout, stderr }: ToolAnswer, { source, target }: Places): RealOutcome {
  rejectMisuse(code > 2, stderr);
  const actions = new Map<string, string>();
  // The tool overwrites its progress line, and pads lines with spaces.
  for (const line of stdout.split(/[\r\n]/)) {
    const [, kind, rest = ''] = /^\(dryrun\) (upload|download|copy|delete): (.*)$/.exec(line) ?? [];
    if (kind === undefined) continue;
    if (kind === 'delete') actions.set(rest.trimEnd().slice(target.length + 1), 'delete');
    else {
      const end = rest.lastIndexOf(` to ${target}/`);
      // The local path of a download is a cleaned path, which need not begin with `target`.
      const from = rest.slice(0, end < 0 ? rest.lastIndexOf(' to ') : end);
      actions.set(from.slice(source.length + 1), 'copy');
    }
  }
  return { actions, warnings: stderr.split('\n').filter(Boolean), code };
}

interface LogLine {
  readonly level: string;
  readonly msg: string;
  readonly object?: string;
  readonly skipped?: string;
}

/** The actions that `rclone --dry-run -v --use-json-log` logged, or the marks that `check --combined -` printed. */
export function actionsOfRclone({ code, stdout, stderr }: ToolAnswer, { command }: Case): RealOutcome {
  rejectMisuse(/^Usage:|invalid argument|can't use|Failed to create file system/m.test(stderr), stderr);
  const actions = new Map<string, string>();
  const warnings: string[] = [];
  if (command === 'check')
    for (const line of stdout.split('\n'))
      if (line !== '') actions.set(asKey(line.slice(2)), line.slice(0, 1));
  for (const text of stderr.split('\n')) {
    if (!text.startsWith('{')) {
      if (text !== '') warnings.push(text);
      continue;
    }
    const { level, msg, object: shown = '', skipped } = JSON.parse(text) as LogLine;
    const object = asKey(shown);
    const [, from] = /^Renamed from "(.*)"$/s.exec(msg) ?? [];
    const word = from === undefined ? wordFor(skipped, command) : `moved from ${asKey(from)}`;
    if (word !== undefined) {
      // A move sets the time of an existing file, and then removes the source.
      if (!(word === 'remove source' && actions.has(object))) actions.set(object, word);
    } else if (skipped === undefined && (level === 'error' || level === 'warning'))
      warnings.push(`${level}: ${object}: ${msg}`);
  }
  return { actions, warnings, code };
}

/** A command line that the tool rejects would compare nothing. */
function rejectMisuse(misused: boolean, printed: string): void {
  if (misused) throw new Error(`The tool rejected the command: ${printed}`);
}

/** The action that a dry run skipped; undefined for lines that aren't about a file. */
function wordFor(skipped: string | undefined, command: Case['command']): string | undefined {
  switch (skipped) {
    case 'move':
      // In other commands this is a rename, which another line reports with the new name.
      return command === 'move' ? 'copy' : undefined;
    case 'delete':
      return command === 'move' ? 'remove source' : 'delete';
    case 'update modification time':
      return 'touch';
    case 'remove directory':
      // Emptied folders are no part of this comparison.
      return undefined;
    default:
      return skipped;
  }
}

/** rclone shows a part of a key that is `.` or `..` with full-width dots. */
function asKey(shown: string): string {
  return shown
    .split('/')
    .map((part) => (/^．{1,2}$/.test(part) ? '.'.repeat(part.length) : part))
    .join('/');
}
