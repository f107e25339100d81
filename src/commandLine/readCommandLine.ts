import { withoutSecrets } from '../base/maskedText';
import { createFilter } from '../plan/filter/filter';
import { parsePlanOptions } from '../plan/model/planOptions';
import { isRemoteError } from '../remote/remoteError';
import { readAws } from './aws/readAws';
import type { FlagVerdict, ReadCommand, ReadingContext } from './commandLine';
import { readRclone } from './rclone/readRclone';
import { isProblem, type LineProblem, splitCommandLine } from './shellWords';
import { decideVariable } from './variables';

/**
 * What a line for `aws s3` or rclone would do, as a plan's places and options, with a verdict on each of its flags. Where the line
 * can't be read at all, or names what isn't there, a problem says why as a sentence.
 *
 * Understood are `aws s3 sync | cp | mv` and `rclone sync | copy | move | check | copyto | moveto`. The options hold the tool's own
 * defaults: no usual excludes; links followed by `aws` only (A21, R15); deletes after the copies, and only when all of them went well
 * (R20; for `aws` deliberately otherwise than A26). Asks nothing but `context`; never throws for what the line says.
 */
export function readCommandLine(text: string, context: ReadingContext): ReadCommand | LineProblem {
  if (text.trim() === '')
    return { problem: 'Paste a line such as: aws s3 sync ./dist s3://bucket/site --delete' };
  const read = readLine(text, context);
  return isProblem(read) ? { ...read, problem: withoutSecrets(read.problem) } : read;
}

function readLine(text: string, given: ReadingContext): ReadCommand | LineProblem {
  const split = splitCommandLine(text, given);
  if (isProblem(split)) return split;
  const context = { ...given, shell: split.shell };
  const start = stripWrappers(split.words);
  if (isProblem(start)) return start;
  const [program = '', ...words] = start.words;
  const tool = programName(program);
  if (tool !== 'aws' && tool !== 'rclone')
    return {
      problem:
        program === ''
          ? 'There is no command in the line.'
          : /^[\w./\\: -]{1,60}$/.test(program)
            ? `"${program}" is not understood. The line must be one for "aws s3" or "rclone".`
            : 'The command is not understood. The line must be one for "aws s3" or "rclone".',
    };
  const read =
    tool === 'aws' ? readAws(words, start.assigned, context) : readRclone(words, start.assigned, context);
  if (isProblem(read)) return read;
  const variables = [...start.assigned].map(([name, value]) => decideVariable(tool, name, value));
  const whole = disableDeletes({ ...read, flags: [...start.verdicts, ...variables, ...read.flags] });
  try {
    parsePlanOptions(whole.options);
    createFilter(whole.options);
  } catch (error) {
    if (!isRemoteError(error)) throw error;
    return { problem: error.message };
  }
  return whole;
}

/** Takes nothing away where a flag is not done with which the tool might touch fewer files, and says so of each flag that asks for it. */
function disableDeletes(read: ReadCommand): ReadCommand {
  const { options, flags } = read;
  const causes = [...new Set(flags.filter(({ withholds }) => withholds).map(({ flag }) => flag))];
  const { verb, deletes } = options;
  if (causes.length === 0 || !(verb === 'move' || (verb === 'sync' && deletes !== 'none'))) return read;
  const { deleteExcluded: _, trackRenames: __, ...rest } = options;
  const why = `${causes.join(', ')} can't be followed here, and with it the tool might leave more files alone.`;
  const isAsked = /^--(?:delete|track-renames|max-delete)/;
  return {
    ...read,
    options: { ...rest, deletes: 'none', verb: verb === 'move' ? 'copy' : verb },
    flags: flags.map((one) =>
      one.verdict === 'understood' && isAsked.test(one.flag) && !causes.every((flag) => isAsked.test(flag))
        ? { flag: one.flag, verdict: 'refused', because: `Nothing is deleted: ${why}` }
        : one,
    ),
    withheld: verb === 'move' ? `Nothing is removed from the source: ${why}` : `Nothing is deleted: ${why}`,
  };
}

/** Whether a text is worth trying to read: it calls one of the tools. Cheap. Pure. */
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
  /** Environment variables that stand before the command. */
  readonly assigned: ReadonlyMap<string, string>;
  readonly verdicts: readonly FlagVerdict[];
}

/** Takes off what stands before the command: `sudo`, `time`, `env`, variables set for it. */
function stripWrappers(words: readonly string[]): Start | LineProblem {
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
      verdicts.push({ flag: word, verdict: 'ignored', because: 'Files are read with your own rights.' });
    else if (['time', 'nohup', 'env', 'nice', 'command', 'exec'].includes(word))
      verdicts.push({
        flag: word,
        verdict: 'ignored',
        because: 'It is about how the shell runs the command.',
      });
    else break;
    if (!assignment && words[i + 1]?.startsWith('-'))
      return {
        problem: `The options of "${word}" are not understood. Paste the line from "aws" or "rclone" on.`,
      };
  }
  return { words: words.slice(i), assigned, verdicts };
}
