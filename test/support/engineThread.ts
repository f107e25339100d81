import path from 'node:path';
import { MessageChannel } from 'node:worker_threads';
import * as esbuild from 'esbuild';
import { type App, createApp } from '../../src/app';
import type { RemoteSettings } from '../../src/backends/backend';
import { systemClock } from '../../src/base/clock';
import { silentLog } from '../../src/base/log';
import { serveCopies } from '../../src/engine/copyServer';
import { copyThreadsOf, SharedCopies } from '../../src/engine/copyThreads';
import type { Engine } from '../../src/engine/engine';
import { type ServedEngine, serveEngine } from '../../src/engine/engineServer';
import { startEngineThread } from '../../src/engine/engineThread';
import { messageOfError } from '../../src/engine/errorMessages';
import type { CopyProgress, WorkerStart } from '../../src/engine/protocol';
import { type StartedWorker, type StartWorker, WorkerEngine } from '../../src/engine/workerEngine';
import type { Host } from '../../src/usecases/host';
import type { S3TestServer } from '../servers/s3/s3Server';

const root = process.env['CLOUD_REMOTES_ROOT'] ?? process.cwd();

/** Bundles a worker of the engine, whose code is `contents`. The caller removes the file. */
export async function bundleEngineThread(
  contents = "import { serveIfEngineThread } from './src/engine/engineThread'; serveIfEngineThread();",
): Promise<string> {
  const outfile = path.join(root, 'out', 'tools', `engineThread-${process.pid}.cjs`);
  await esbuild.build({
    absWorkingDir: root,
    stdin: { contents, resolveDir: root, loader: 'ts' },
    outfile,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    // The SDK within the bundle loads faster.
    mainFields: ['module', 'main'],
    logLevel: 'error',
  });
  return outfile;
}

/** A host with the remote "demo" on `server`, whose uploads are multipart from 5 MiB on. */
export function hostFor(server: S3TestServer, more: Partial<Host> = {}): Host {
  const settings: RemoteSettings = {
    name: 'demo',
    backend: 's3',
    provider: 'Other',
    endpoint: server.endpoint,
    region: server.region,
    accessKeyId: server.accessKeyId,
    uploadCutoff: '5Mi',
    chunkSize: '5Mi',
  };
  return {
    log: silentLog,
    clock: systemClock,
    env: {},
    remoteSettings: () => [settings],
    secret: async (_remote, field) => (field === 'secretAccessKey' ? server.secretAccessKey : undefined),
    mayRunPrograms: () => true,
    storageFolder: undefined,
    ...more,
  };
}

/** An engine, where it runs, and the app of this thread. */
export interface Home {
  readonly engine: Engine;
  readonly app: App;
  /** Workers that were started, the last one last. */
  readonly workers: readonly StartedWorker[];
  /** How many copies threads have made that share those of a run. */
  shared(): number;
  close(): Promise<void>;
}

/** Where an engine runs, and with how many threads, this one included, that share the small copies of its runs. */
export const homeKinds = {
  'in this thread': 1,
  'in a worker': 1,
  'in two threads': 2,
  'in three threads': 3,
};

export type HomeKind = keyof typeof homeKinds;

/** @param script the bundle of `bundleEngineThread` */
export function homeOf(kind: HomeKind, host: Host, script: string): Home {
  const workers: StartedWorker[] = [];
  let copies = 0;
  const shared = () => copies;
  const start: StartWorker = (data, onEnd) => {
    const worker = startEngineThread(script, data, onEnd);
    worker.port.on('message', ({ name, args }: { name?: string; args: CopyProgress }) => {
      if (name === 'copied') copies += args.ended.length;
    });
    workers.push(worker);
    return worker;
  };
  if (kind !== 'in a worker') {
    const own = { ...host, transferThreads: () => homeKinds[kind] };
    const app = createApp({ ...own, copyThreads: startedThreads(own, start) });
    return { engine: app, app, workers, shared, close: () => app.close() };
  }
  const app = createApp(host);
  const engine = new WorkerEngine({ host, app, start, mayConnect: async () => true });
  const close = async () => {
    await engine.close();
    await app.close();
  };
  return { engine, app, workers, shared, close };
}

/** As `copyThreadsOf`, for any number of copies and with threads that are ready when the run begins. */
export function startedThreads(host: Host, start: StartWorker): NonNullable<Host['copyThreads']> {
  const threadsFor = copyThreadsOf(host, start, 1);
  return async (...run) => {
    const threads = await threadsFor(...run);
    if (threads instanceof SharedCopies) await threads.started;
    return threads;
  };
}

/** Starts "workers" in this thread, which are as far away as real ones: everything crosses by messages. */
export function startHere(create: (host: Host) => ServedEngine): (data: WorkerStart) => StartedWorker {
  return (data) => {
    const { port1, port2 } = new MessageChannel();
    serveEngine(port2, data, create);
    return {
      port: port1,
      threadId: 0,
      ref: () => port1.ref(),
      unref: () => port1.unref(),
      terminate: async () => port1.close(),
    };
  };
}

/** Threads that share copies, which run in this thread and are as far away as real ones. */
export interface NearThreads {
  readonly start: StartWorker;
  /** Messages to the threads, and from them. */
  readonly messages: { readonly to: unknown[]; readonly from: unknown[] };
  /** What `create` and `terminate` did, in order. */
  readonly events: string[];
  /** Ends a thread as a crash does: its requests are cut off, and nothing that it says arrives. */
  lose(reason?: string): void;
}

export function nearThreads(create: Parameters<typeof serveCopies>[2]): NearThreads {
  const messages = { to: [] as unknown[], from: [] as unknown[] };
  const events: string[] = [];
  const running: ((reason: string) => void)[] = [];
  return {
    messages,
    events,
    lose: (reason = 'lost') => running.shift()?.(reason),
    start(data, onEnd) {
      const { port1, port2 } = new MessageChannel();
      port2.on('message', (message) => messages.to.push(message));
      port1.on('message', (message) => messages.from.push(message));
      serveCopies(port2, data, (host) => {
        const app = create(host);
        return { ...app, close: () => app.close().then(() => void events.push('closed')) };
      });
      running.push((reason) => {
        const cut = { type: 'call', id: 0, name: 'cancel', args: messageOfError(new Error(reason)) };
        port1.postMessage(cut);
        port1.removeAllListeners('message');
        setTimeout(() => port1.close(), 20);
        onEnd(reason);
      });
      return {
        port: port1,
        threadId: 0,
        ref: () => port1.ref(),
        unref: () => port1.unref(),
        async terminate() {
          events.push('terminated');
          port1.close();
        },
      };
    },
  };
}
