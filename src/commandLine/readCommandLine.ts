import { withoutSecrets } from '../base/maskedText';
import { createFilter } from '../plan/filter/filter';
import { parsePlanOptions } from '../plan/model/planOptions';
import { isRemoteError } from '../remote/remoteError';
import { readAws } from './aws/readAws';
import type { FlagVerdict, ReadCommand, ReadingContext } from './commandLine';
import { isProblem, LineError, type LineProblem, orProblem } from './lineProblem';
import { readRclone } from './rclone/readRclone';
import { splitCommandLine } from './shell/shellWords';
import { decideVariable } from './variables';

/**
 * Reads a line for `aws s3` or rclone as the places and options of a plan, with a verdict on each flag; a problem says why a line
 * can't be read. Supports `aws s3 sync | cp | mv` and `rclone sync | copy | move | check | copyto | moveto`.
 *
 * The options contain the tool's defaults: no default excludes; only `aws` follows links (A21, R15); deletes after the copies, and only
 * if all copies succeeded (R20; for `aws` deliberately different from A26). Never throws for the content of a line.
 */
export function readCommandLine(text: string, context: ReadingContext): ReadCommand | LineProblem {
  if (text.trim() === '')
    return { problem: 'Paste a line such as: aws s3 sync ./dist s3://bucket/site --delete' };
  const read = orProblem(() => readLine(text, context));
  return isProblem(read) ? { ...read, problem: withoutSecrets(read.problem) } : read;
}

function readLine(text: string, given: ReadingContext): ReadCommand {
  const split = splitCommandLine(text, given);
  const context = { ...given, shell: split.shell };
  const start = stripWrappers(split.words);
  const [program = '', ...words] = start.words;
  const tool = programName(program);
  if (tool !== 'aws' && tool !== 'rclone')
    throw new LineError(
      program === ''
        ? 'The line contains no command.'
        : `${/^[\w./\\: -]{1,60}$/.test(program) ? `"${program}"` : 'The command'} is not supported. The line must be for "aws s3" or "rclone".`,
    );
  const read =
    tool === 'aws' ? readAws(words, start.assigned, context) : readRclone(words, start.assigned, context);
  const variables = [...start.assigned].map(([name, value]) => decideVariable(tool, name, value));
  const command = disableDeletes({ ...read, flags: [...start.verdicts, ...variables, ...read.flags] });
  try {
    parsePlanOptions(command.options);
    createFilter(command.options);
  } catch (error) {
    if (!isRemoteError(error)) throw error;
    throw new LineError(error.message);
  }
  return command;
}

/** Removes deletes and moves when a refused flag might have protected files, and refuses the flags that request them. */
function disableDeletes(read: ReadCommand): ReadCommand {
  const { options, flags } = read;
  const causes = [...new Set(flags.filter(({ withholds }) => withholds).map(({ flag }) => flag))];
  const { verb, deletes } = options;
  if (causes.length === 0 || !(verb === 'move' || (verb === 'sync' && deletes !== 'none'))) return read;
  const { deleteExcluded: _, trackRenames: __, ...rest } = options;
  const why = `${causes.join(', ')} is not supported, and with it the tool might leave more files alone.`;
  const requestsDeletes = /^--(?:delete|track-renames|max-delete)/;
  return {
    ...read,
    options: { ...rest, deletes: 'none', verb: verb === 'move' ? 'copy' : verb },
    flags: flags.map((one) =>
      one.verdict === 'understood' &&
      requestsDeletes.test(one.flag) &&
      !causes.every((flag) => requestsDeletes.test(flag))
        ? { flag: one.flag, verdict: 'refused', because: `Nothing is deleted: ${why}` }
        : one,
    ),
    withheld: verb === 'move' ? `Nothing is removed from the source: ${why}` : `Nothing is deleted: ${why}`,
  };
}

/** Whether a text seems to call one of the tools. Cheap. Pure. */
export function looksLikeCommandLine(text: string): boolean {
  return (
    text.length < 10_000 &&
    /^\s*(?:\S*[$#%>❯➜]\s+)?(?:(?:sudo|time|nohup|\w+=\S*)\s+)*(?:\S*[/\\])?(?:aws(?:\.exe)?\s(?:.*\s)?s3\s|rclone(?:\.exe)?\s)/is.test(
      text,
    )
  );
}

function programName(word: string): string {
  return (word.split(/[/\\]/).at(-1) ?? '').replace(/\.(?:exe|cmd)$/i, '');
}

interface Start {
  readonly words: readonly string[];
  /** Environment variables set before the command. */
  readonly assigned: ReadonlyMap<string, string>;
  readonly verdicts: readonly FlagVerdict[];
}

/** Removes everything before the command: `sudo`, `time`, `env`, variables. */
function stripWrappers(words: readonly string[]): Start {
  const assigned = new Map<string, string>();
  const verdicts: FlagVerdict[] = [];
  let i = 0;
  for (; i < words.length; i++) {
    const word = words[i] ?? '';
    const assignment = /^([A-Za-z_]\w*)=(.*)$/s.exec(word);
    if (assignment) {
      const [, name = '', value = ''] = assignment;
      assigned.set(name, value);
    } else if (word === 'sudo')
      verdicts.push({ flag: word, verdict: 'ignored', because: 'Files are read with your own permissions.' });
    else if (['time', 'nohup', 'env', 'nice', 'command', 'exec'].includes(word))
      verdicts.push({
        flag: word,
        verdict: 'ignored',
        because: 'It only affects how the shell runs the command.',
      });
    else break;
    if (!assignment && words[i + 1]?.startsWith('-'))
      throw new LineError(
        `Options of "${word}" are not supported. Paste the line starting at "aws" or "rclone".`,
      );
  }
  return { words: words.slice(i), assigned, verdicts };
}
