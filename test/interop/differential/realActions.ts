import type { ToolAnswer } from '../realTools';
import type { Case } from './cases';

/**
 * What is done about one path: `copy`, `touch` (its time is set), `delete`, `moved from X`, or of a check one of rclone's marks.
 * A path with nothing to do isn't in the map.
 */
export type Actions = ReadonlyMap<string, string>;

export interface RealOutcome {
  readonly actions: Actions;
  /** What the tool complained about. */
  readonly warnings: readonly string[];
  readonly code: number;
}

/** Where a side is for the tools: a folder relative to the working folder, or a prefix of a bucket. */
export interface Places {
  readonly source: string;
  readonly target: string;
}

/** What `aws s3 sync --dryrun` printed. Places are as in its output: `src`, or `s3://bucket/prefix`. */
export function actionsOfAws({ code, stdout, stderr }: ToolAnswer, { source, target }: Places): RealOutcome {
  refuseMisuse(code > 2, stderr);
  const actions = new Map<string, string>();
  // Progress is written over itself, and padded with spaces.
  for (const line of stdout.split(/[\r\n]/)) {
    const [, kind, rest = ''] = /^\(dryrun\) (upload|download|copy|delete): (.*)$/.exec(line) ?? [];
    if (kind === undefined) continue;
    if (kind === 'delete') actions.set(rest.trimEnd().slice(target.length + 1), 'delete');
    else {
      const end = rest.lastIndexOf(` to ${target}/`);
      // The local end of a download is a cleaned path, so the other one may be at fault only.
      const from = (end < 0 ? rest.slice(0, rest.lastIndexOf(' to ')) : rest.slice(0, end)).slice(
        source.length + 1,
      );
      actions.set(from, 'copy');
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

/** What `rclone --dry-run -v --use-json-log` logged, or what `check --combined -` printed. */
export function actionsOfRclone({ code, stdout, stderr }: ToolAnswer, { command }: Case): RealOutcome {
  refuseMisuse(/^Usage:|invalid argument|can't use|Failed to create file system/m.test(stderr), stderr);
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
      // A move sets the time of what is there already, and then removes it from the source.
      if (!(word === 'remove source' && actions.has(object))) actions.set(object, word);
    } else if (skipped === undefined && (level === 'error' || level === 'warning'))
      warnings.push(`${level}: ${object}: ${msg}`);
  }
  return { actions, warnings, code };
}

/** A command line that the tool did not understand would compare nothing. */
function refuseMisuse(misused: boolean, told: string): void {
  if (misused) throw new Error(`The tool refused the command: ${told}`);
}

/** What a dry run calls what it did not do; undefined for what isn't about a file. */
function wordFor(skipped: string | undefined, command: Case['command']): string | undefined {
  switch (skipped) {
    case 'move':
      // Of another command it is a rename, told by its new name besides.
      return command === 'move' ? 'copy' : undefined;
    case 'delete':
      return command === 'move' ? 'remove source' : 'delete';
    case 'update modification time':
      return 'touch';
    case 'remove directory':
      // Only files are planned; that a folder became empty shows when the plan is run.
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
