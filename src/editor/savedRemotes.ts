import type { Backend, RemoteSettings } from '../backends/backend';
import { remoteNameProblem } from '../remote/remoteAddress';
import { foldName } from './remoteUri';
import { changeRemotes, writtenRemotes } from './settings';
import type { Shell } from './shell';

type Keeping = Pick<Shell, 'secrets'>;

/**
 * Writes a remote to the settings and its secrets to secret storage; `replaces` names the remote it takes the place of,
 * whose secrets are moved when the name is another. Secrets come first, so that who sees the settings finds them.
 */
export async function saveRemote(
  { secrets }: Keeping,
  backend: Backend,
  settings: RemoteSettings,
  secretValues: Readonly<Record<string, string>>,
  replaces?: string,
): Promise<void> {
  await secrets.replace(settings.name, backend.secretFields, secretValues);
  await changeRemotes((written) => {
    const at = replaces === undefined ? -1 : written.findIndex((remote) => remote?.name === replaces);
    return at < 0
      ? [...written, settings]
      : written.map((remote, index) => (index === at ? settings : remote));
  });
  if (replaces !== undefined && replaces !== settings.name)
    await secrets.remove(replaces, backend.secretFields);
}

/** Takes a remote out of the settings, and its secrets out of secret storage. What it holds stays as it is. */
export async function forgetRemote(
  { secrets }: Keeping,
  settings: RemoteSettings,
  backend: Backend | undefined,
): Promise<void> {
  await changeRemotes((written) => {
    const at = written.findIndex((remote) => remote?.name === settings.name);
    return at < 0 ? written : written.filter((_, index) => index !== at);
  });
  const sameName = writtenRemotes().some((remote) => remote?.name === settings.name);
  if (backend && !sameName) await secrets.remove(settings.name, backend.secretFields);
}

/** Why a remote can't have this name, as a sentence, or undefined. `own` is the name it has already. */
export function newNameProblem(name: string, own?: string): string | undefined {
  const problem = remoteNameProblem(name.trim());
  if (problem) return problem;
  const folded = foldName(name.trim());
  if (own !== undefined && folded === foldName(own)) return undefined;
  return writtenRemotes().some(
    (remote) => typeof remote?.name === 'string' && foldName(remote.name) === folded,
  )
    ? `Another remote is named "${name.trim()}" already.`
    : undefined;
}

/** `wanted`, or `wanted-2`, `wanted-3`, … when remotes have those names already. */
export function freeRemoteName(wanted: string): string {
  if (newNameProblem(wanted) === undefined) return wanted;
  for (let i = 2; ; i++) if (newNameProblem(`${wanted}-${i}`) === undefined) return `${wanted}-${i}`;
}
