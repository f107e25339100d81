import assert from 'node:assert/strict';
import { driveBackend } from '../../../../src/backends/amazonDrive/driveBackend';
import { DriveRemote } from '../../../../src/backends/amazonDrive/driveRemote';
import type { BackendHost, RemoteSettings } from '../../../../src/backends/backend';
import { type Clock, systemClock } from '../../../../src/base/clock';
import { silentLog } from '../../../../src/base/log';
import type { Place, Plan } from '../../../../src/plan/model/plan';
import { defaultPlanOptions, type PlanOptions } from '../../../../src/plan/model/planOptions';
import { readOnly } from '../../../../src/remote/layers/readOnly';
import { withRetry } from '../../../../src/remote/layers/withRetry';
import type { Remote } from '../../../../src/remote/remote';
import { RemoteError } from '../../../../src/remote/remoteError';
import { parsePath, type RemotePath } from '../../../../src/remote/remotePath';
import type { TokenSource } from '../../../../src/remote/tokenSource';
import type { RunReport } from '../../../../src/transfer/runReport';
import { planSync } from '../../../../src/usecases/planSync';
import { runPlan } from '../../../../src/usecases/runPlan';
import {
  type DriveServerOptions,
  type DriveStore,
  type DriveTestServer,
  startDriveServer,
} from '../../../servers/amazonDrive/driveServer';
import { createFakeClock, type FakeClock } from '../../../support/fakeClock';
import { calm } from '../../../support/remoteCalls';
import { directConnections } from '../../../support/transports';

export const account = 'anna@example.com';

/** Tokens of an account, issued by the server without a sign-in. */
export interface TestTokens extends TokenSource {
  /** How often a rejected token was renewed. */
  readonly renewals: number;
}

export function tokensOf(server: DriveTestServer, of = account): TestTokens {
  let token = server.issueToken(of).access_token;
  let renewals = 0;
  return {
    get renewals() {
      return renewals;
    },
    async token(signal) {
      signal.throwIfAborted();
      return token;
    },
    async renewed(refused, signal) {
      signal.throwIfAborted();
      if (refused === token) {
        renewals++;
        token = server.issueToken(of).access_token;
      }
      return token;
    },
  };
}

async function failSignedOut(): Promise<never> {
  throw new RemoteError('unauthenticated', 'Nobody is signed in.');
}

/** A sign-in that has ended. */
export const signedOut: TokenSource = { token: failSignedOut, renewed: failSignedOut };

export function driveHost(tokens: TokenSource, more: Partial<BackendHost> = {}): BackendHost {
  return {
    log: silentLog,
    clock: systemClock,
    env: {},
    secret: async () => undefined,
    tokens,
    mayRunPrograms: true,
    directConnections,
    ...more,
  };
}

/** Settings of a remote on `server`, without delays between requests. */
export function driveSettings(
  server: DriveTestServer,
  more: Readonly<Record<string, unknown>> = {},
): RemoteSettings {
  return {
    name: 'drive',
    backend: 'amazonDrive',
    client_id: server.clientId,
    auth_url: server.authUrl,
    token_url: server.tokenUrl,
    endpoint: server.endpoint,
    pacer_min_sleep: 0,
    ...more,
  };
}

export async function openDrive(settings: RemoteSettings, host: BackendHost): Promise<DriveRemote> {
  const remote = await driveBackend.open(settings, host);
  if (!(remote instanceof DriveRemote)) throw new Error('The Amazon Drive backend opens its own remotes');
  return remote;
}

/** The remote with retries as in the app, but with more attempts and shorter delays. */
export function patient(remote: Remote, clock: Clock = systemClock): Remote {
  return withRetry(remote, { clock, log: silentLog, attempts: 8, initialDelayMs: 1 });
}

export interface ServedDrive {
  readonly remote: DriveRemote;
  readonly server: DriveTestServer;
  readonly drive: DriveStore;
  readonly tokens: TestTokens;
  /** The clock of the remote, with `fakeClock`. */
  readonly clock: FakeClock;
  /** Another remote on the same account, with its own cache. */
  another(settings?: Readonly<Record<string, unknown>>): Promise<DriveRemote>;
  /** The requested operations since the last call, without the first ones of every remote (endpoint, root). */
  requested(): string[];
}

export interface DriveToServe {
  readonly settings?: Readonly<Record<string, unknown>>;
  /** The test controls the clock of the remote. */
  readonly fakeClock?: boolean;
  readonly host?: Partial<BackendHost>;
  readonly server?: DriveServerOptions;
}

/** Runs `work` with a server that has an empty drive, and a remote on it; stops both afterwards. */
export async function servedDrive(
  options: DriveToServe,
  work: (it: ServedDrive) => Promise<void>,
): Promise<void> {
  const server = await startDriveServer(options.server);
  const tokens = tokensOf(server);
  const open: DriveRemote[] = [];
  const clock = createFakeClock();
  const host = { ...(options.fakeClock && { clock }), ...options.host };
  const another = async (more: Readonly<Record<string, unknown>> = {}) => {
    const settings = driveSettings(server, { ...options.settings, ...more });
    const remote = await openDrive(settings, driveHost(tokens, host));
    open.push(remote);
    return remote;
  };
  try {
    await work({
      remote: await another(),
      another,
      server,
      tokens,
      clock,
      drive: server.drive(account),
      requested() {
        const operations = server.requests
          .filter(({ operation, url }) => operation !== 'endpoint' && !url.includes('isRoot'))
          .map(({ operation }) => operation);
        server.clearRequests();
        return operations;
      },
    });
  } finally {
    for (const remote of open) await remote.close();
    await server.stop();
  }
}

/** JSON of an available file of one byte in the root folder, for responses of faults. */
export function fileJson({ root }: DriveStore, id: string, name: string, more: object = {}): object {
  const contentProperties = { size: 1, version: 1 };
  return { id, name, kind: 'FILE', parents: [root.id], status: 'AVAILABLE', contentProperties, ...more };
}

/** A source or target of a sync. */
export interface Side {
  readonly remote: Remote;
  readonly root: RemotePath;
  readonly place: Place;
}

export function side(name: string, remote: Remote, root = ''): Side {
  const path = parsePath(root);
  return { remote, root: path, place: { kind: 'remote', remote: name, path } };
}

export function planned(source: Side, target: Side, options: Partial<PlanOptions> = {}): Promise<Plan> {
  const readable = (one: Side) => ({ ...one, remote: readOnly(one.remote) });
  const all = { ...defaultPlanOptions, ...options };
  return planSync({ source: readable(source), target: readable(target), options: all }, calm);
}

/** Plans and runs a sync. */
export async function runSync(
  source: Side,
  target: Side,
  options: Partial<PlanOptions> = {},
  transfers = 16,
): Promise<{ readonly plan: Plan; readonly report: RunReport }> {
  const plan = await planned(source, target, options);
  const host = { log: silentLog, clock: systemClock, storageFolder: undefined };
  return { plan, report: await runPlan(plan, source, target, { host, transfers }, calm) };
}

/** The plan of a sync whose actions all succeeded. */
export async function synced(source: Side, target: Side, options: Partial<PlanOptions> = {}): Promise<Plan> {
  const { plan, report } = await runSync(source, target, options);
  const failed = report.results.filter(({ outcome }) => outcome !== 'done');
  assert.equal(report.totals.done, plan.actions.length, JSON.stringify(failed));
  return plan;
}
