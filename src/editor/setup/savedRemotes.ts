import type { Backend, RemoteSettings } from '../../backends/backend';
import { remoteNameProblem } from '../../remote/remoteAddress';
import { foldName } from '../platform/remoteUri';
import { readRemoteSettings, updateRemoteSettings } from '../platform/settings';
import type { CommandContext } from '../tree/commandContext';

type Keeping = Pick<CommandContext, 'secrets'>;

/** A remote to store. `replaces` names the remote that it replaces; a rename moves the secrets. */
export interface SavedRemote {
  readonly backend: Backend;
  readonly settings: RemoteSettings;
  readonly secrets: Readonly<Record<string, string>>;
  readonly replaces?: string | undefined;
}

/**
 * Writes remotes to the settings in one change, and their secrets to secret storage first, so that listeners of the settings find
 * them.
 */
export async function saveRemotes({ secrets }: Keeping, remotes: readonly SavedRemote[]): Promise<void> {
  for (const { backend, settings, secrets: values } of remotes)
    await secrets.replace(settings.name, backend.secretFields, values);
  await updateRemoteSettings((written) => {
    const list = [...written];
    for (const { settings, replaces } of remotes) {
      const at = replaces === undefined ? -1 : list.findIndex((remote) => remote?.name === replaces);
      list.splice(at < 0 ? list.length : at, 1, settings);
    }
    return list;
  });
  for (const { backend, settings, replaces } of remotes)
    if (replaces !== undefined && replaces !== settings.name)
      await secrets.remove(replaces, backend.secretFields);
}

/** Writes one remote: see `saveRemotes`. */
export async function saveRemote(
  keeping: Keeping,
  backend: Backend,
  settings: RemoteSettings,
  secrets: Readonly<Record<string, string>>,
  replaces?: string,
): Promise<void> {
  await saveRemotes(keeping, [{ backend, settings, secrets, replaces }]);
}

/** Removes a remote from the settings and its secrets from secret storage. Leaves its files alone. */
export async function forgetRemote(
  { secrets }: Keeping,
  settings: RemoteSettings,
  backend: Backend | undefined,
): Promise<void> {
  await updateRemoteSettings((written) => {
    const at = written.findIndex((remote) => remote?.name === settings.name);
    return at < 0 ? written : written.filter((_, index) => index !== at);
  });
  const sameName = readRemoteSettings().some((remote) => remote?.name === settings.name);
  if (backend && !sameName) await secrets.remove(settings.name, backend.secretFields);
}

/** Returns why a remote can't have this name, as a sentence, or undefined. `own` is its current name. */
export function newNameProblem(name: string, own?: string): string | undefined {
  const problem = remoteNameProblem(name.trim());
  if (problem) return problem;
  const folded = foldName(name.trim());
  if (own !== undefined && folded === foldName(own)) return undefined;
  return readRemoteSettings().some(
    (remote) => typeof remote?.name === 'string' && foldName(remote.name) === folded,
  )
    ? `Another remote is named "${name.trim()}" already.`
    : undefined;
}

/** Returns `wanted`, or `wanted-2`, `wanted-3`, … when remotes or `taken` have that name. */
export function freeRemoteName(wanted: string, taken: readonly string[] = []): string {
  const isFree = (name: string) =>
    newNameProblem(name) === undefined && !taken.some((other) => foldName(other) === foldName(name));
  if (isFree(wanted)) return wanted;
  for (let i = 2; ; i++) if (isFree(`${wanted}-${i}`)) return `${wanted}-${i}`;
}
