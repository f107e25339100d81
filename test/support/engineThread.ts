import path from 'node:path';
import { MessageChannel } from 'node:worker_threads';
import * as esbuild from 'esbuild';
import { type App, createApp } from '../../src/app';
import type { RemoteSettings } from '../../src/backends/backend';
import { systemClock } from '../../src/base/clock';
import { silentLog } from '../../src/base/log';
import type { Engine } from '../../src/engine/engine';
import { type ServedEngine, serveEngine } from '../../src/engine/engineServer';
import { startEngineThread } from '../../src/engine/engineThread';
import type { WorkerStart } from '../../src/engine/protocol';
import { type StartedWorker, WorkerEngine } from '../../src/engine/workerEngine';
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
  close(): Promise<void>;
}

export type HomeKind = 'in this thread' | 'in a worker';

/** @param script the bundle of `bundleEngineThread` */
export function homeOf(kind: HomeKind, host: Host, script: string): Home {
  const app = createApp(host);
  const workers: StartedWorker[] = [];
  if (kind === 'in this thread') return { engine: app, app, workers, close: () => app.close() };
  const start = (data: WorkerStart, onEnd: (reason: string) => void) => {
    const worker = startEngineThread(script, data, onEnd);
    workers.push(worker);
    return worker;
  };
  const engine = new WorkerEngine({ host, app, start, mayConnect: async () => true });
  const close = async () => {
    await engine.close();
    await app.close();
  };
  return { engine, app, workers, close };
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
