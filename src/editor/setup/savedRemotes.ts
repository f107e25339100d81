import type { Backend, RemoteSettings } from '../../backends/backend';
import { remoteNameProblem } from '../../remote/remoteAddress';
import { foldName } from '../platform/remoteUri';
import type { SecretStore } from '../platform/secretStore';
import { readRemoteSettings, updateRemoteSettings } from '../platform/settings';

/** A remote to store. `replaces` names the remote that it replaces; a rename moves the secrets. */
export interface SavedRemote {
  readonly backend: Backend;
  readonly settings: RemoteSettings;
  readonly secrets: Readonly<Record<string, string>>;
  readonly replaces?: string | undefined;
}

interface Context {
  readonly secrets: SecretStore;
}

/** Writes remotes to the settings in one change. Stores their secrets first, since listeners of the settings read them. */
export async function saveRemotes({ secrets }: Context, remotes: readonly SavedRemote[]): Promise<void> {
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

/** Replaces the settings of the remote `before`, also its name. Keeps its secrets. */
export async function changeRemote(
  context: Context,
  backend: Backend,
  settings: RemoteSettings,
  before: string,
): Promise<void> {
  const secrets = await context.secrets.getAll(before, backend.secretFields);
  await saveRemotes(context, [{ backend, settings, secrets, replaces: before }]);
}

/** Removes a remote from the settings and its secrets from secret storage. Deletes no files. */
export async function forgetRemote(
  { secrets }: Context,
  { name }: RemoteSettings,
  backend: Backend | undefined,
): Promise<void> {
  await updateRemoteSettings((written) => {
    const at = written.findIndex((remote) => remote?.name === name);
    return at < 0 ? written : written.toSpliced(at, 1);
  });
  const sameName = readRemoteSettings().some((remote) => remote?.name === name);
  if (backend && !sameName) await secrets.remove(name, backend.secretFields);
}

/** The configured remote that this name means, without regard to case. */
export function remoteNamed(name: string): RemoteSettings | undefined {
  return readRemoteSettings().find(
    (remote) => typeof remote?.name === 'string' && foldName(remote.name) === foldName(name),
  );
}

/** Why a remote can't have this name, as a sentence, or undefined. `own` is its current name. */
export function newNameProblem(text: string, own?: string): string | undefined {
  const name = text.trim();
  const problem = remoteNameProblem(name);
  if (problem) return problem;
  if (own !== undefined && foldName(name) === foldName(own)) return undefined;
  return remoteNamed(name) && `Another remote is named "${name}" already.`;
}

/** `proposed`, or `proposed-2`, `proposed-3`, …: the first name that is valid, unused and not in `taken`. */
export function freeRemoteName(proposed: string, taken: readonly string[] = []): string {
  return firstFree(
    proposed,
    (name) =>
      newNameProblem(name) === undefined && !taken.some((other) => foldName(other) === foldName(name)),
  );
}

/** The first of `stem`, `stem-2`, `stem-3`, … that is free. */
export function firstFree(stem: string, isFree: (name: string) => boolean): string {
  if (isFree(stem)) return stem;
  for (let i = 2; ; i++) if (isFree(`${stem}-${i}`)) return `${stem}-${i}`;
}
