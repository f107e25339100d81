import type { Backend, RemoteSettings } from '../backends/backend';
import { isRecord } from '../base/encoding';
import { parseAddress, type RemoteAddress, remoteNameProblem } from '../remote/remoteAddress';
import { rootPath } from '../remote/remotePath';

/** A checked remote of the settings. */
export interface ConfiguredRemote {
  readonly settings: RemoteSettings;
  /** Undefined when `settings.backend` is unknown. */
  readonly backend: Backend | undefined;
  /** Sentences; empty when the remote can be opened. */
  readonly problems: readonly string[];
}

/**
 * Checks the setting `cloudRemotes.remotes`. A bad remote is returned with its problems, beside the valid ones. A value that is no object
 * becomes a remote named by its position, so that the tree can show it.
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
  const fields = isRecord(item) ? item : {};
  const { name, backend } = fields;
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
  if (!isRecord(item)) {
    yield 'Each remote must be an object with "name" and "backend".';
    return;
  }
  const written = item['name'];
  if (typeof written !== 'string' || written === '') {
    yield 'The setting "name" is missing. Give the remote a name, such as "photos".';
  } else {
    const problem = remoteNameProblem(written);
    if (problem) yield `"${written}" can't be the name of a remote. ${problem}`;
    // Addresses are used in URIs, whose authority ignores case.
    if (seen.has(written.toLowerCase()))
      yield `Another remote is already named "${written}". Rename one of them.`;
    seen.add(written.toLowerCase());
  }
  if (!backend) {
    const known = backends.map((candidate) => `"${candidate.id}"`).join(', ');
    yield settings.backend === ''
      ? `The setting "backend" is missing. Known backends: ${known}.`
      : `Unknown backend "${settings.backend}". Known backends: ${known}.`;
    return;
  }
  yield* backend.check(settings);
}

/** The folder at which the tree of a remote starts: its `root` setting, or the top. An invalid root counts as the top. */
export function treeRoot(configured: ConfiguredRemote): RemoteAddress {
  const { name, root } = configured.settings;
  if (typeof root === 'string' && root !== '')
    try {
      // Parses only the path: the name may be one that the check of the settings rejects.
      return { remote: name, path: parseAddress(`remote:${root}`).path };
    } catch {
      // The backend's check of the settings reports the root in the remote's row.
    }
  return { remote: name, path: rootPath };
}

/** Whether this folder can hold files: every folder but the list of buckets can. Pure. */
export function acceptsFiles(remotes: readonly ConfiguredRemote[], { remote, path }: RemoteAddress): boolean {
  if (path !== rootPath) return true;
  return remotes.find(({ settings }) => settings.name === remote)?.backend?.topLevel === 'folder';
}
