import path from 'node:path';
import type { App, SyncRequest } from '../../../src/app';
import { isUndecided, type ReadCommand, type ReadPlace } from '../../../src/commandLine/commandLine';
import { contextOnDisk } from '../../../src/commandLine/contextOnDisk';
import { isProblem, type LineProblem } from '../../../src/commandLine/lineProblem';
import { readCommandLine } from '../../../src/commandLine/readCommandLine';
import { knownRemote } from '../../../src/commandLine/resolvePlace';
import type { ShellKind } from '../../../src/commandLine/shell/shellKinds';
import { summaryOf } from '../../../src/commandLine/summary';
import { placeText } from '../../../src/plan/model/plan';

export interface LineSettings {
  /** The folder of relative paths; default: the working folder. */
  readonly folder: string | undefined;
  readonly shell: ShellKind | undefined;
}

/** The line as the editor understands it, with the remotes of the app. */
export function readLine(text: string, app: App, { folder, shell }: LineSettings): ReadCommand | LineProblem {
  const remotes = app
    .remotes()
    .filter(({ backend }) => backend !== undefined)
    .map(({ settings }) => knownRemote(settings));
  return readCommandLine(text, contextOnDisk(remotes, path.resolve(folder ?? '.'), shell));
}

/** The command as plain data. An undecided side has `candidates`, `because` and `text` instead of a place. */
export function understoodAsJson(command: ReadCommand): Record<string, unknown> {
  const { source, target, ...rest } = command;
  return { ...rest, source: sideAsJson(source), target: sideAsJson(target), summary: summary(command) };
}

function sideAsJson(side: ReadPlace): unknown {
  if (!isUndecided(side)) return side.place;
  const { candidates, because, text } = side;
  return { candidates, because, text };
}

function summary(command: ReadCommand): string {
  return summaryOf(command, placeText);
}

/** The command as lines for people. */
export function* understoodAsLines(command: ReadCommand): Generator<string> {
  yield summary(command);
  for (const [title, side] of [
    ['from', command.source],
    ['to', command.target],
  ] as const)
    yield isUndecided(side)
      ? `${title.padEnd(10)}  ${side.text}  (${side.because} One of: ${side.candidates.join(', ')})`
      : `${title.padEnd(10)}  ${placeText(side.place)}`;
  if (command.withheld !== undefined) yield `withheld    ${command.withheld}`;
  yield `options     ${JSON.stringify(command.options)}`;
  for (const { flag, value, verdict, because, means } of command.flags)
    yield `${verdict.padEnd(10)}  ${flag}${value === undefined ? '' : ` ${value}`}  (${means ?? because ?? ''})`;
}

/**
 * The sync of the line. `on` chooses the remote of a place that may be on several; a single candidate is used and reported through `tell`.
 * A problem names the open question.
 */
export function requestOf(
  command: ReadCommand,
  on: string | undefined,
  tell: (sentence: string) => void,
): SyncRequest | LineProblem {
  if (command.flags.some(({ verdict }) => verdict === 'refused')) tell(summary(command));
  const decide = (side: ReadPlace): SyncRequest['source'] | LineProblem => {
    if (!isUndecided(side)) return side.place;
    const { candidates, because, text, placeOn } = side;
    const [only] = candidates;
    const chosen = on ?? (candidates.length === 1 ? only : undefined);
    if (chosen === undefined || !candidates.includes(chosen))
      return {
        problem: `On which remote is ${text}? ${because} Name one with --on: ${candidates.join(', ')}.`,
      };
    tell(`Assuming that ${text} is on "${chosen}". ${because}`);
    return placeOn(chosen);
  };
  const source = decide(command.source);
  if (isProblem(source)) return source;
  const target = decide(command.target);
  return isProblem(target) ? target : { source, target, options: command.options };
}
