import type { NamedPath } from '../plan/model/namedPaths';
import type { Place } from '../plan/model/plan';
import { parsePath } from '../remote/remotePath';
import type { FlagVerdict, ReadingContext } from './commandLine';
import type { Judged } from './flagRules';
import type { LineProblem } from './shellWords';

/** Which words are values of flags that nobody knows can't be guessed: another place would be read or written. */
export function unsureProblem(flags: readonly string[]): LineProblem {
  const [first = ''] = flags;
  return {
    problem: `It can't be told whether the word behind "${first}" is its value or a path. Write a value with "=", as in ${first}=….`,
  };
}

export function onlyFile(name: string): readonly NamedPath[] {
  return [{ file: parsePath(name) }];
}

/** The verdicts now that the target is known: a flag that its remote's settings do anyway is understood. */
export function judgedWithPlaces(
  verdicts: readonly Judged[],
  target: Place | undefined,
  { remotes }: ReadingContext,
): FlagVerdict[] {
  const remote = target?.kind === 'remote' ? remotes.find(({ name }) => name === target.remote) : undefined;
  return verdicts.map(({ setting, ...verdict }) => {
    if (!setting || !remote) return verdict;
    const wanted = verdict.value ?? (setting.name === 'serverSideEncryption' ? 'AES256' : undefined);
    if (remote.written?.[setting.name] !== wanted) return verdict;
    const { because: _, ...rest } = verdict;
    return { ...rest, verdict: 'understood', means: `the remote "${remote.name}" is set so` };
  });
}
