import path from 'node:path';
import { allBackends } from './backends/allBackends';
import type { Backend, BackendHost, ConnectionFinding, KeySource, RemoteSettings } from './backends/backend';
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
import type { RecordedRun } from './transfer/journal/recordedRun';
import { discardRun, unfinishedRuns } from './transfer/journal/unfinishedRuns';
import type { RunObserver, RunReport } from './transfer/runReport';
import { type ConfiguredRemote, checkRemotes } from './usecases/configuredRemotes';
import { explainPath, type PathExplanation } from './usecases/explainPath';
import type { Host } from './usecases/host';
import { PlaceLocks } from './usecases/placeLocks';
import { planSync } from './usecases/planSync';
import { runPlan } from './usecases/runPlan';

/** The operations that the editor and the terminal share. Independent of any editor. */
export interface App {
  readonly backends: readonly Backend[];
  /** The checked remotes, in the order of the settings. */
  remotes(): readonly ConfiguredRemote[];
  /** The opened remote; the same object until its settings change. Throws RemoteError `badSettings` or `notFound` with the remedy. */
  openRemote(name: string): Promise<Remote>;
  /** The remote if it is open, else undefined. Rejects as `openRemote` does. */
  openedRemote(name: string): Promise<Remote> | undefined;
  /** The names of the open remotes. */
  openNames(): readonly string[];
  /** Opens the remote. Its keys, for an app in another thread. Rejects as `openRemote` does, and with `unsupported` without keys. */
  keysOf(name: string): Promise<KeySource>;
  /**
   * Opens a place. A folder becomes a remote with the folder as its root; without `followSymlinks` nothing behind a symlink is read. A
   * folder of a virtual workspace can't store modified times, so `side` decides what its remote promises.
   */
  openPlace(place: Place, side?: 'source' | 'target', followSymlinks?: boolean): Promise<Endpoint>;
  /** Lists and compares both sides, through read-only remotes. */
  planSync(
    request: SyncRequest,
    signal: AbortSignal,
    onProgress?: (progress: PlanProgress) => void,
  ): Promise<Plan>;
  /** Whether such a plan includes the file at `path` (relative to both roots), and the rule that decides. Writes nothing. */
  explainFilter(request: SyncRequest, path: string, signal: AbortSignal): Promise<PathExplanation>;
  /** Executes a plan and rechecks each action. With `continues`, the plan is the rest of that run. */
  runPlan(plan: Plan, signal: AbortSignal, options?: RunOptions): Promise<RunReport>;
  /** The runs that a crash, a cancel or a reload left unfinished, newest first; with `places` only those between these. */
  unfinishedRuns(places?: Pick<SyncRequest, 'source' | 'target'>): Promise<readonly RecordedRun[]>;
  /** Drops an unfinished run: it can't be continued any longer. */
  discardRun(run: string): Promise<void>;
  /** Keeps runs and work on single items out of each other's places; undefined without a lock folder. */
  readonly locks: PlaceLocks | undefined;
  /** Tests settings that need not be saved. `secrets` take precedence over secret storage. */
  testConnection(
    settings: RemoteSettings,
    secrets: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): AsyncIterable<ConnectionFinding>;
  /** Closes the remotes whose settings changed or were removed, and the remote `name`, whose secrets changed. */
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
  /** Concurrent small files. */
  readonly transfers?: number;
  /** The id of the unfinished run that the plan is the rest of. */
  readonly continues?: string;
}

interface OpenRemote {
  /** The settings at the time of opening, as JSON. */
  readonly settings: string;
  readonly remote: Promise<Remote>;
  /** Set when the remote is open, for remotes with keys. */
  keys?: KeySource;
}

function readOnlyEndpoint({ remote, root }: Endpoint): Endpoint {
  return { remote: readOnly(remote), root };
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
    offerKeys?: (keys: KeySource) => void,
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
      ...(host.keys && { keys: host.keys(settings.name) }),
      ...(offerKeys && { offerKeys }),
      ...(host.allowConnection && {
        allowConnection: async (service) => host.allowConnection?.(settings.name, service),
      }),
      ...(host.directConnections && { directConnections: host.directConnections }),
      mayRunPrograms: host.mayRunPrograms(),
      waits,
      ...(cacheFolder !== undefined && { cacheFolder }),
    };
  }

  function layered(remote: Remote, waits?: ServiceWaits): Remote {
    return withRetry(withLogging(remote, host.log), { clock: host.clock, log: host.log, waits });
  }

  async function openRemote(name: string): Promise<Remote> {
    return (await opening(name)).remote;
  }

  async function opening(name: string): Promise<OpenRemote> {
    const configured = remotes().find((candidate) => candidate.settings.name === name);
    if (!configured)
      throw new RemoteError('notFound', `There is no remote named "${name}". Add it, or correct the name.`);
    const { backend, settings, problems } = configured;
    if (!backend || problems.length > 0)
      throw new RemoteError('badSettings', `The remote "${name}" can't be used. ${problems.join(' ')}`);
    const written = JSON.stringify(settings);
    const open = opened.get(name);
    if (open?.settings === written) return open;
    if (open) forget(name, open);
    const waits = new ServiceWaits();
    const offerKeys = (keys: KeySource) => {
      entry.keys = keys;
    };
    const remote = backend
      .open(settings, backendHost(backend, settings, {}, waits, offerKeys))
      .then((inner) => layered(inner, waits));
    const entry: OpenRemote = { settings: written, remote };
    opened.set(name, entry);
    // A failure, such as a missing secret, is not cached.
    remote.catch(() => opened.get(name) === entry && opened.delete(name));
    return entry;
  }

  async function openPlace(
    place: Place,
    side: 'source' | 'target' = 'source',
    followSymlinks = true,
  ): Promise<Endpoint> {
    const syncToDisk = host.forceToDisk?.() ?? false;
    const { ownThread = false } = host;
    switch (place.kind) {
      case 'remote':
        return { remote: await openRemote(place.remote), root: place.path };
      case 'folder':
        return {
          remote: layered(
            openLocalRemote({ root: place.path, hashes, followSymlinks, syncToDisk, ownThread }),
          ),
          root: rootPath,
        };
      case 'uri': {
        const files = host.openFolder?.(place.uri);
        if (files)
          return {
            remote: layered(openVirtualFolder({ files, asTarget: side === 'target' })),
            root: rootPath,
          };
        const message = `Folders such as ${place.uri} can only be opened in the editor.`;
        throw new RemoteError('unsupported', message);
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
    async keysOf(name) {
      const entry = await opening(name);
      await entry.remote;
      if (entry.keys) return entry.keys;
      throw new RemoteError('unsupported', `The remote "${name}" has no keys.`);
    },
    locks,
    openPlace,

    async planSync(request, signal, onProgress) {
      const [source, target] = await Promise.all([
        openPlace(request.source, 'source', request.options.followSymlinks),
        openPlace(request.target, 'target'),
      ]);
      return planSync(
        {
          source: { place: request.source, ...readOnlyEndpoint(source) },
          target: { place: request.target, ...readOnlyEndpoint(target) },
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
      const sides = { source: readOnlyEndpoint(from), target: readOnlyEndpoint(to) };
      return explainPath({ ...sides, options, clock: host.clock }, path, signal);
    },

    async runPlan(plan, signal, options = {}) {
      const [source, target, backup] = await Promise.all([
        openPlace(plan.source, 'source', plan.options.followSymlinks),
        openPlace(plan.target, 'target'),
        plan.backup && openPlace(plan.backup, 'target'),
      ]);
      return runPlan(plan, source, target, { ...options, host, backup, locks }, signal);
    },

    unfinishedRuns: (places) =>
      unfinishedRuns(host.storageFolder, async () => locks?.runsInProgress(), places),
    discardRun: (run) => discardRun(host.storageFolder, run, (place) => openPlace(place, 'target'), host.log),

    async *testConnection(settings, secrets, signal) {
      const backend = allBackends.find((candidate) => candidate.id === settings.backend);
      if (!backend) throw new RemoteError('badSettings', `Unknown backend "${settings.backend}".`);
      const ports = backendHost(backend, settings, secrets);
      const remote = await backend.open(settings, ports);
      try {
        yield* backend.testConnection(remote, settings, ports, signal);
      } finally {
        await remote.close?.();
      }
    },

    settingsChanged(name) {
      const now = new Map(remotes().map(({ settings }) => [settings.name, JSON.stringify(settings)]));
      for (const [openName, entry] of opened)
        if (openName === name || now.get(openName) !== entry.settings) forget(openName, entry);
    },

    async close() {
      const all = [...opened.values()];
      opened.clear();
      await Promise.allSettled([hashes.save(), ...all.map(async (entry) => (await entry.remote).close?.())]);
    },
  };
}
