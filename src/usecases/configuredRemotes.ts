import type { Backend, RemoteSettings } from '../backends/backend';
import { parseAddress, type RemoteAddress, remoteNameProblem } from '../remote/remoteAddress';
import { rootPath } from '../remote/remotePath';

/** One remote of the settings, checked. */
export interface ConfiguredRemote {
  readonly settings: RemoteSettings;
  /** Undefined when `settings.backend` is unknown. */
  readonly backend: Backend | undefined;
  /** Sentences; empty when the remote can be opened. */
  readonly problems: readonly string[];
}

/**
 * Checks what stands in `cloudRemotes.remotes`. One bad remote never hides the others: it comes out with its problems.
 * What is no object at all comes out as an unnamed remote, so that it can be shown.
 */
export function checkRemotes(written: readonly unknown[], backends: readonly Backend[]): ConfiguredRemote[] {
  const seen = new Set<string>();
  return written.map((item, index) => {
    const settings = asSettings(item, index);
    const backend = backends.find((candidate) => candidate.id === settings.backend);
    return { settings, backend, problems: [...problemsOf(item, settings, backend, backends, seen)] };
  });
}

function asSettings(item: unknown, index: number): RemoteSettings {
  const fields = typeof item === 'object' && item !== null && !Array.isArray(item) ? item : {};
  const { name, backend } = fields as { name?: unknown; backend?: unknown };
  return {
    ...fields,
    name: typeof name === 'string' && name !== '' ? name : `remote ${index + 1}`,
    backend: typeof backend === 'string' ? backend : '',
  };
}

function* problemsOf(
  item: unknown,
  settings: RemoteSettings,
  backend: Backend | undefined,
  backends: readonly Backend[],
  seen: Set<string>,
): Iterable<string> {
  if (typeof item !== 'object' || item === null || Array.isArray(item)) {
    yield 'Each remote must be an object with "name" and "backend".';
    return;
  }
  const written = (item as { name?: unknown }).name;
  if (typeof written !== 'string' || written === '') {
    yield 'The setting "name" is missing. Give the remote a name, such as "photos".';
  } else {
    const problem = remoteNameProblem(written);
    if (problem) yield `"${written}" can't be the name of a remote. ${problem}`;
    // Addresses stand in URIs, whose authority has no upper and lower case.
    if (seen.has(written.toLowerCase()))
      yield `Another remote is named "${written}" already. Rename one of them.`;
    seen.add(written.toLowerCase());
  }
  if (!backend) {
    const known = backends.map((candidate) => `"${candidate.id}"`).join(', ');
    yield settings.backend === ''
      ? `The setting "backend" is missing. Known backends: ${known}.`
      : `"${settings.backend}" is no known backend. Known backends: ${known}.`;
    return;
  }
  yield* backend.check(settings);
}

/** Where the tree of a remote starts: its `root` setting, or the top. A root that is no path counts as the top. */
export function treeRoot(configured: ConfiguredRemote): RemoteAddress {
  const { name, root } = configured.settings;
  if (typeof root === 'string' && root !== '')
    try {
      // The path alone is read here: the name may be one that the settings check refuses.
      return { remote: name, path: parseAddress(`remote:${root}`).path };
    } catch {
      // The backend's check of the settings tells of it, in the remote's row.
    }
  return { remote: name, path: rootPath };
}

/** Whether files can lie right in this folder: everywhere but beside buckets. Pure. */
export function acceptsFiles(remotes: readonly ConfiguredRemote[], { remote, path }: RemoteAddress): boolean {
  if (path !== rootPath) return true;
  return remotes.find(({ settings }) => settings.name === remote)?.backend?.topLevel === 'folder';
}
