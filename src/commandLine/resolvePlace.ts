import { withoutSecrets } from '../base/maskedText';
import type { Place } from '../plan/model/plan';
import type { FlagVerdict, KnownRemote, ReadingContext, ReadPlace } from './commandLine';
import { isUndecided } from './commandLine';
import type { EvaluatedFlag } from './flags';
import { LineError } from './lineProblem';
import type { BucketOperand, Operand } from './operands';

/** The place of an operand, or the remotes to choose from. Throws LineError when no remote can have it. Pure. */
export function resolvePlace(operand: Operand, remotes: readonly KnownRemote[]): ReadPlace {
  switch (operand.where) {
    case 'here':
      return { place: { kind: 'folder', path: operand.path } };
    case 'named':
      return { place: { kind: 'remote', remote: operand.remote, path: operand.path } };
    case 'store':
      return resolveBucket(operand, remotes);
  }
}

/**
 * Narrows the S3 remotes by endpoint, profile, AWS, root bucket and region, in this order. The first three must match, or the user is
 * asked; the last two only prefer a remote.
 */
function resolveBucket({ hints, path, text }: BucketOperand, remotes: readonly KnownRemote[]): ReadPlace {
  const { endpoint, profile, region, awsByDefault } = hints;
  let candidates = remotes.filter(({ kind }) => kind === 's3');
  if (candidates.length === 0)
    throw new LineError(
      `There is no S3 remote for "${text}". Add one with Add Remote${profile ? `, with the profile "${profile}"` : ''}.`,
      'addRemote',
    );
  const placeOn = (remote: string): Place => ({ kind: 'remote', remote, path });
  const undecided = (because: string): ReadPlace => ({
    candidates: candidates.map(({ name }) => name),
    because,
    text,
    placeOn,
  });

  if (endpoint !== undefined) {
    const matching = candidates.filter((remote) => sameEndpoint(remote.endpoint, endpoint));
    if (matching.length === 0) return undecided(`No remote has the endpoint ${withoutSecrets(endpoint)}.`);
    candidates = matching;
  }
  if (profile !== undefined) {
    const matching = candidates.filter((remote) => remote.profile === profile);
    if (matching.length === 0) return undecided(`No remote signs in with the profile "${profile}".`);
    candidates = matching;
  }
  if (endpoint === undefined && awsByDefault) {
    const onAws = candidates.filter((remote) => remote.endpoint === undefined);
    // A profile may name an endpoint, and the remote of the profile then has it too.
    if (onAws.length === 0 && profile === undefined)
      return undecided('The line refers to AWS, but the S3 remotes here have other endpoints.');
    candidates = onAws.length > 0 ? onAws : candidates;
  }
  const bucket = path.split('/', 1)[0] ?? '';
  candidates = preferMatching(candidates, ({ root }) => root?.split('/', 1)[0] === bucket);
  candidates = preferMatching(candidates, (remote) => region !== undefined && remote.region === region);
  const [only] = candidates;
  return only && candidates.length === 1
    ? { place: placeOn(only.name) }
    : undecided('Several remotes match.');
}

function preferMatching(candidates: KnownRemote[], matches: (remote: KnownRemote) => boolean): KnownRemote[] {
  const matching = candidates.filter(matches);
  return matching.length > 0 ? matching : candidates;
}

function sameEndpoint(written: string | undefined, typed: string): boolean {
  return written !== undefined && normalEndpoint(written) === normalEndpoint(typed);
}

function normalEndpoint(text: string): string {
  const whole = /^\w+:\/\//.test(text) ? text : `https://${text}`;
  return URL.canParse(whole) ? new URL(whole).href.replace(/\/+$/, '') : whole;
}

/** A remote as command lines refer to it, from its settings. Pure. */
export function knownRemote(settings: {
  readonly name: string;
  readonly backend: string;
  readonly [setting: string]: unknown;
}): KnownRemote {
  const texts = ['profile', 'endpoint', 'region', 'root'].flatMap((name) => {
    const value = settings[name];
    return typeof value === 'string' && value !== '' ? [[name, value] as const] : [];
  });
  return { name: settings.name, kind: settings.backend, ...Object.fromEntries(texts), written: settings };
}

/** The verdicts once the target is known: a flag is understood if the settings of the target's remote have the same effect. */
export function applyRemoteSettings(
  verdicts: readonly EvaluatedFlag[],
  target: ReadPlace,
  { remotes }: ReadingContext,
): FlagVerdict[] {
  const place = isUndecided(target) ? undefined : target.place;
  const remote = place?.kind === 'remote' ? remotes.find(({ name }) => name === place.remote) : undefined;
  return verdicts.map(({ setting, ...verdict }) => {
    if (!setting || !remote) return verdict;
    const requested = verdict.value ?? (setting.name === 'serverSideEncryption' ? 'AES256' : undefined);
    if (remote.written?.[setting.name] !== requested) return verdict;
    const { because: _, ...rest } = verdict;
    return { ...rest, verdict: 'understood', means: `the remote "${remote.name}" has this setting` };
  });
}
