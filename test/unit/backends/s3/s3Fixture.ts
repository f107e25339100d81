import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import type { LookupFunction } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { BackendHost, RemoteSettings } from '../../../../src/backends/backend';
import { s3Backend } from '../../../../src/backends/s3/s3Backend';
import { S3Remote } from '../../../../src/backends/s3/s3Remote';
import { systemClock } from '../../../../src/base/clock';
import { silentLog } from '../../../../src/base/log';
import { type S3ServerOptions, type S3TestServer, startS3Server } from '../../../servers/s3/s3Server';
import { directConnections } from '../../../support/transports';

/** A host with the given secrets and an empty environment. */
export function hostWith(
  secrets: Readonly<Record<string, string>> = {},
  more: Partial<BackendHost> = {},
): BackendHost {
  return {
    log: silentLog,
    clock: systemClock,
    env: { HOME: '/nonexistent' },
    secret: async (field) => secrets[field],
    mayRunPrograms: true,
    directConnections,
    ...more,
  };
}

/** Settings of a remote on `server`. */
export function settingsFor(
  server: S3TestServer,
  more: Readonly<Record<string, unknown>> = {},
): RemoteSettings {
  return {
    name: 'demo',
    backend: 's3',
    provider: 'Other',
    endpoint: server.endpoint,
    region: server.region,
    accessKeyId: server.accessKeyId,
    ...more,
  };
}

export interface ServedRemote {
  readonly remote: S3Remote;
  readonly server: S3TestServer;
  /** The names of the operations requested since the last call. */
  asked(): string[];
}

export interface Served {
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly host?: Partial<BackendHost>;
  readonly server?: S3ServerOptions;
}

/** Runs `work` with a server that has the bucket `demo`, and a remote on it; stops both afterwards. */
export async function served(options: Served, work: (it: ServedRemote) => Promise<void>): Promise<void> {
  const server = await startS3Server({ buckets: ['demo'], ...options.server });
  const host = hostWith({ secretAccessKey: server.secretAccessKey }, options.host);
  const remote = await openS3(settingsFor(server, options.settings), host);
  try {
    await work({
      remote,
      server,
      asked() {
        const operations = server.requests.map((request) => request.operation);
        server.clearRequests();
        return operations;
      },
    });
  } finally {
    await remote.close();
    await server.stop();
  }
}

export async function openS3(settings: RemoteSettings, host: BackendHost): Promise<S3Remote> {
  const remote = await s3Backend.open(settings, host);
  if (!(remote instanceof S3Remote)) throw new Error('The S3 backend opens S3 remotes');
  return remote;
}

/** Settings of a remote with a host per bucket below `localhost`. Open it with `openByHost`, since not every system resolves such hosts. */
export function settingsByHost(
  server: S3TestServer,
  more: Readonly<Record<string, unknown>> = {},
): RemoteSettings {
  return settingsFor(server, { endpoint: `http://localhost:${server.port}`, forcePathStyle: false, ...more });
}

/** Opens a remote that resolves every host to this machine. */
export async function openByHost(settings: RemoteSettings, host: BackendHost): Promise<S3Remote> {
  const remote = await openS3(settings, { ...host, directConnections: () => false });
  const lookup: LookupFunction = (_host, options, done) =>
    options.all ? done(null, [{ address: '127.0.0.1', family: 4 }]) : done(null, '127.0.0.1', 4);
  const agent = remote.requests.connection.transport.agents.http as unknown as { readonly options: object };
  Object.assign(agent.options, { lookup });
  return remote;
}

/** Runs `work` with a new folder, which is removed afterwards. */
export async function inTemporaryFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(path.join(tmpdir(), 'cloud-remotes-'));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

export function randomName(): string {
  return `t${randomBytes(6).toString('hex')}`;
}
