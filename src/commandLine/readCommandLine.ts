import { createFilter } from '../plan/filter';
import { type PlanOptions, parsePlanOptions } from '../plan/planOptions';
import { isRemoteError } from '../remote/remoteError';
import { readAws } from './awsReading';
import type { FlagVerdict, ReadCommand, ReadingContext } from './commandLine';
import { withoutPassword } from './flagRules';
import { isOtherRcloneFlag } from './rcloneOtherFlags';
import { rcloneFlags, readRclone } from './rcloneReading';
import { isProblem, type LineProblem, splitCommandLine } from './shellWords';

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
  const split = splitCommandLine(text, context);
  if (isProblem(split)) return split;
  const start = withoutWrappers(split.words);
  if (isProblem(start)) return start;
  const [program = '', ...words] = start.words;
  const tool = programName(program);
  if (tool !== 'aws' && tool !== 'rclone')
    return {
      problem:
        program === ''
          ? 'There is no command in the line.'
          : `"${program}" is not understood. The line must be one for "aws s3" or "rclone".`,
    };
  const read =
    tool === 'aws' ? readAws(words, start.assigned, context) : readRclone(words, start.assigned, context);
  if (isProblem(read)) return read;
  const flags = [...start.verdicts, ...read.flags];
  const options = flags.some(isUnreadFilter) ? withoutRemoving(read.options) : read.options;
  try {
    parsePlanOptions(options);
    createFilter(options);
  } catch (error) {
    if (!isRemoteError(error)) throw error;
    return { problem: error.message };
  }
  return { ...read, options, flags };
}

/** A filter that can't be had: without it more files take part than were meant. */
function isUnreadFilter({ flag, verdict }: FlagVerdict): boolean {
  const filters = /^(?:-f|--(?:include|exclude|filter|files|min-size|max-size|min-age|max-age)\b.*)$/;
  return verdict === 'refused' && (filters.test(flag) || /^RCLONE_/.test(flag));
}

/** The same without anything that takes files away. */
function withoutRemoving(options: PlanOptions): PlanOptions {
  return { ...options, deletes: 'none', verb: options.verb === 'move' ? 'copy' : options.verb };
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
function withoutWrappers(words: readonly string[]): Start | LineProblem {
  const assigned = new Map<string, string>();
  const verdicts: FlagVerdict[] = [];
  let i = 0;
  for (; i < words.length; i++) {
    const word = words[i] ?? '';
    const assignment = /^([A-Za-z_]\w*)=(.*)$/s.exec(word);
    if (assignment) {
      const [, name = '', value = ''] = assignment;
      assigned.set(name, value);
      verdicts.push(judgeVariable(name, value));
    } else if (word === 'sudo')
      verdicts.push({ flag: word, verdict: 'ignored', because: 'Files are read with your own rights.' });
    else if (['time', 'nohup', 'env', 'nice', 'command', 'exec'].includes(word))
      verdicts.push({
        flag: word,
        verdict: 'ignored',
        because: 'It is about how the shell runs the command.',
      });
    else break;
    if (words[i + 1]?.startsWith('-'))
      return {
        problem: `The options of "${word}" are not understood. Paste the line from "aws" or "rclone" on.`,
      };
  }
  return { words: words.slice(i), assigned, verdicts };
}

function judgeVariable(name: string, value: string): FlagVerdict {
  if (['AWS_PROFILE', 'AWS_DEFAULT_PROFILE', 'AWS_ENDPOINT_URL', 'AWS_ENDPOINT_URL_S3'].includes(name))
    return {
      flag: name,
      value: withoutPassword(value),
      verdict: 'understood',
      means: 'tells which remote is meant',
    };
  if (name === 'AWS_REGION' || name === 'AWS_DEFAULT_REGION')
    return { flag: name, value, verdict: 'ignored', because: 'Each remote knows its own region.' };
  if (/^AWS_(?:ACCESS_KEY_ID|SECRET_ACCESS_KEY|SESSION_TOKEN)$/.test(name))
    return {
      flag: name,
      verdict: 'ignored',
      because: 'Remotes have credentials of their own, and keys must not stand in lines.',
    };
  if (name.startsWith('RCLONE_')) return judgeRcloneVariable(name);
  return { flag: name, verdict: 'ignored', because: 'Variables have no effect here; only flags count.' };
}

function judgeRcloneVariable(name: string): FlagVerdict {
  // About the file of remotes: its password, and what rclone itself sets for the program that tells the password.
  if (name === 'RCLONE_CONFIG_PASS' || name === 'RCLONE_CONFIG_DIR')
    return {
      flag: name,
      verdict: 'ignored',
      because: 'Remotes are those of the settings here, not those of rclone.conf.',
    };
  // Whole remotes can be written in variables: RCLONE_CONFIG_NAME_TYPE and so on.
  if (name.startsWith('RCLONE_CONFIG_'))
    return {
      flag: name,
      verdict: 'refused',
      because:
        'It is an option of a remote, and remotes in variables are not read. Put the remote into rclone.conf, add it with the command "Import Remotes from rclone.conf", and leave the variable out.',
    };
  // Every flag of rclone can be set by a variable as well.
  if (/^RCLONE_(?:TRANSFERS|CHECKERS|BWLIMIT|PROGRESS|VERBOSE|STATS|LOG)/.test(name))
    return { flag: name, verdict: 'ignored', because: 'Variables have no effect here; only flags count.' };
  const flag = name.slice('RCLONE_'.length).toLowerCase().replaceAll('_', '-');
  return {
    flag: name,
    verdict: 'refused',
    because:
      rcloneFlags.has(flag) || isOtherRcloneFlag(flag)
        ? `Variables are not read. Write it as the flag --${flag}.`
        : `Variables are not read, and there is no flag --${flag} that is known here. Leave it out.`,
  };
}
