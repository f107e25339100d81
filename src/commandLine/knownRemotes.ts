import type { KnownRemote } from './commandLine';

/** What command lines can mean of a remote, from its settings. Pure. */
export function knownRemote(settings: {
  readonly name: string;
  readonly backend: string;
  readonly [setting: string]: unknown;
}): KnownRemote {
  const text = (name: string): string | undefined => {
    const value = settings[name];
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  const [profile, endpoint, region, root] = [text('profile'), text('endpoint'), text('region'), text('root')];
  return {
    name: settings.name,
    kind: settings.backend,
    ...(profile !== undefined && { profile }),
    ...(endpoint !== undefined && { endpoint }),
    ...(region !== undefined && { region }),
    ...(root !== undefined && { root }),
    written: settings,
  };
}
