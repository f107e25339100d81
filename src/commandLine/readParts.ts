import type { NamedPath } from '../plan/namedPaths';
import type { Place } from '../plan/plan';
import { parsePath } from '../remote/remotePath';
import type { FlagVerdict, ReadingContext } from './commandLine';
import type { Judged } from './flagRules';

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
