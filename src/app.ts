import path from 'node:path';
import { allBackends } from './backends/allBackends';
import type { Backend, BackendHost, ConnectionFinding, RemoteSettings } from './backends/backend';
import { HashCache } from './backends/local/hashCache';
import { openLocalRemote } from './backends/local/localRemote';
import { openVirtualFolder } from './backends/virtualFolder/virtualFolderRemote';
import type { Place, Plan, PlanProgress } from './plan/model/plan';
import type { PlanOptions } from './plan/model/planOptions';
import type { Endpoint } from './remote/endpoint';
import { readOnly } from './remote/layers/readOnly';
import { withLogging } from './remote/layers/withLogging';
import { withRetry } from './remote/layers/withRetry';
import type { Remote } from './remote/remote';
import { RemoteError } from './remote/remoteError';
import { rootPath } from './remote/remotePath';
import { ServiceWaits } from './remote/serviceWaits';
import type { RunObserver, RunReport } from './transfer/runReport';
import { type ConfiguredRemote, checkRemotes } from './usecases/configuredRemotes';
import { explainPath, type PathExplanation } from './usecases/explainPath';
import type { Host } from './usecases/host';
import { PlaceLocks } from './usecases/placeLocks';
import { planSync } from './usecases/planSync';
import { runPlan } from './usecases/runPlan';

/** Everything the editor (or a terminal) can ask for. Holds no reference to any editor. */
export interface App {
  readonly backends: readonly Backend[];
  /** The checked remotes, in the order of the settings; a remote with bad settings carries its problems. */
  remotes(): readonly ConfiguredRemote[];
  /** The opened remote; the same object until its settings change. Throws RemoteError `badSettings` or `notFound` with the way out. */
  openRemote(name: string): Promise<Remote>;
  /** The remote, if it is open already; undefined otherwise. Rejects as `openRemote` does. */
  openedRemote(name: string): Promise<Remote> | undefined;
  /** The names of the remotes that are open now. */
  openNames(): readonly string[];
  /**
   * The remote and the path in it that a place stands for. A folder is opened as a remote of its own; one of a virtual workspace keeps no
   * modified times of what is written to it, so it is opened as one or the other side. Without `followSymlinks` nothing of a folder is read
   * that is reached through a link.
   */
  openPlace(place: Place, side?: 'source' | 'target', followSymlinks?: boolean): Promise<Endpoint>;
  /** Lists both sides and decides. Writes nothing: it is handed remotes that refuse to write. */
  planSync(
    request: SyncRequest,
    signal: AbortSignal,
    onProgress?: (progress: PlanProgress) => void,
  ): Promise<Plan>;
  /** Whether the file at `path` (relative to both roots) takes part in such a plan, and the rule that decides. Writes nothing. */
  explainFilter(request: SyncRequest, path: string, signal: AbortSignal): Promise<PathExplanation>;
  /** Does what the plan says, rechecking each action. */
  runPlan(plan: Plan, signal: AbortSignal, options?: RunOptions): Promise<RunReport>;
  /** Keeps work by hand out of the places of runs, and runs out of its places; undefined where they don't look for each other. */
  readonly locks: PlaceLocks | undefined;
  /** Tries settings that need not be saved yet. `secrets` stand in for those in secret storage. */
  testConnection(
    settings: RemoteSettings,
    secrets: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): AsyncIterable<ConnectionFinding>;
  /** Closes remotes whose settings changed or went away, or one by name (its secrets changed). */
  settingsChanged(name?: string): void;
  close(): Promise<void>;
}

export interface SyncRequest {
  readonly source: Place;
  readonly target: Place;
  readonly options: PlanOptions;
}

export interface RunOptions {
  readonly observer?: RunObserver;
  /** Files at once. */
  readonly transfers?: number;
}

interface OpenRemote {
  /** The settings it was opened with, as JSON. */
  readonly settings: string;
  readonly remote: Promise<Remote>;
}

/** Composes the backends, the layers and the use cases. Does no I/O. */
export function createApp(host: Host): App {
  const opened = new Map<string, OpenRemote>();
  const cacheFolder = host.storageFolder === undefined ? undefined : path.join(host.storageFolder, 'cache');
  const hashes = new HashCache(cacheFolder, host.log);

  const locks = host.lockFolder === undefined ? undefined : new PlaceLocks(host.lockFolder, host.log);

  const remotes = () => checkRemotes(host.remoteSettings(), allBackends);

  function backendHost(
    { signIn }: Backend,
    settings: RemoteSettings,
    secrets: Readonly<Record<string, string>> = {},
    waits?: ServiceWaits,
  ): BackendHost {
    const secret = async (field: string) => secrets[field] ?? (await host.secret(settings.name, field));
    return {
      log: host.log,
      clock: host.clock,
      env: host.env,
      secret,
      ...(signIn &&
        host.tokens && { tokens: host.tokens(signIn, settings, () => secret(signIn.clientSecretField)) }),
      ...(host.askCode && { askCode: host.askCode }),
      mayRunPrograms: host.mayRunPrograms(),
      waits,
      ...(cacheFolder !== undefined && { cacheFolder }),
    };
  }

  function layered(remote: Remote, waits?: ServiceWaits): Remote {
    return withRetry(withLogging(remote, host.log), { clock: host.clock, log: host.log, waits });
  }

  async function openRemote(name: string): Promise<Remote> {
    const configured = remotes().find((candidate) => candidate.settings.name === name);
    if (!configured)
      throw new RemoteError('notFound', `There is no remote named "${name}". Add it, or correct the name.`);
    const { backend, settings, problems } = configured;
    if (!backend || problems.length > 0)
      throw new RemoteError('badSettings', `The remote "${name}" can't be used. ${problems.join(' ')}`);
    const written = JSON.stringify(settings);
    const known = opened.get(name);
    if (known?.settings === written) return known.remote;
    if (known) forget(name, known);
    const waits = new ServiceWaits();
    const remote = backend
      .open(settings, backendHost(backend, settings, {}, waits))
      .then((opened) => layered(opened, waits));
    const entry = { settings: written, remote };
    opened.set(name, entry);
    // A failure (a missing secret, say) must not stick once it is mended.
    remote.catch(() => opened.get(name) === entry && opened.delete(name));
    return remote;
  }

  async function openPlace(
    place: Place,
    side: 'source' | 'target' = 'source',
    followSymlinks = true,
  ): Promise<Endpoint> {
    switch (place.kind) {
      case 'remote':
        return { remote: await openRemote(place.remote), root: place.path };
      case 'folder':
        return {
          remote: layered(
            openLocalRemote({
              root: place.path,
              hashes,
              followSymlinks,
              syncToDisk: host.forceToDisk?.() ?? false,
            }),
          ),
          root: rootPath,
        };
      case 'uri': {
        const files = host.openFolder?.(place.uri);
        if (!files)
          throw new RemoteError(
            'unsupported',
            `Folders such as ${place.uri} can be opened in the editor only.`,
          );
        return { remote: layered(openVirtualFolder({ files, asTarget: side === 'target' })), root: rootPath };
      }
    }
  }

  function forget(name: string, entry: OpenRemote): void {
    opened.delete(name);
    entry.remote.then((remote) => remote.close?.()).catch(() => {});
  }

  return {
    backends: allBackends,
    remotes,
    openRemote,
    openedRemote: (name) => opened.get(name)?.remote,
    openNames: () => [...opened.keys()],
    locks,
    openPlace,

    async planSync(request, signal, onProgress) {
      const [source, target] = await Promise.all([
        openPlace(request.source, 'source', request.options.followSymlinks),
        openPlace(request.target, 'target'),
      ]);
      return planSync(
        {
          source: { place: request.source, remote: readOnly(source.remote), root: source.root },
          target: { place: request.target, remote: readOnly(target.remote), root: target.root },
          options: request.options,
          clock: host.clock,
          openPlace: (place) => openPlace(place, 'target'),
        },
        signal,
        onProgress,
      );
    },

    async explainFilter({ source, target, options }, path, signal) {
      const [from, to] = await Promise.all([openPlace(source), openPlace(target, 'target')]);
      const refusing = ({ remote, root }: Endpoint) => ({ remote: readOnly(remote), root });
      return explainPath(
        { source: refusing(from), target: refusing(to), options, clock: host.clock },
        path,
        signal,
      );
    },

    async runPlan(plan, signal, options = {}) {
      const [source, target, backup] = await Promise.all([
        openPlace(plan.source, 'source', plan.options.followSymlinks),
        openPlace(plan.target, 'target'),
        plan.backup && openPlace(plan.backup, 'target'),
      ]);
      return runPlan(plan, source, target, { ...options, host, backup, locks }, signal);
    },

    async *testConnection(settings, secrets, signal) {
      const backend = allBackends.find((candidate) => candidate.id === settings.backend);
      if (!backend) throw new RemoteError('badSettings', `"${settings.backend}" is no known backend.`);
      const surroundings = backendHost(backend, settings, secrets);
      const remote = await backend.open(settings, surroundings);
      try {
        yield* backend.testConnection(remote, settings, surroundings, signal);
      } finally {
        await remote.close?.();
      }
    },

    settingsChanged(name) {
      const now = new Map(remotes().map(({ settings }) => [settings.name, JSON.stringify(settings)]));
      for (const [known, entry] of opened)
        if (known === name || now.get(known) !== entry.settings) forget(known, entry);
    },

    async close() {
      const all = [...opened.values()];
      opened.clear();
      await Promise.allSettled([hashes.save(), ...all.map(async (entry) => (await entry.remote).close?.())]);
    },
  };
}
