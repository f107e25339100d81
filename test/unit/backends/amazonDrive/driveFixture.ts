import { driveBackend } from '../../../../src/backends/amazonDrive/driveBackend';
import { DriveRemote } from '../../../../src/backends/amazonDrive/driveRemote';
import type { BackendHost, RemoteSettings } from '../../../../src/backends/backend';
import { type Clock, systemClock } from '../../../../src/base/clock';
import { silentLog } from '../../../../src/base/log';
import { withRetry } from '../../../../src/remote/layers/withRetry';
import type { Remote } from '../../../../src/remote/remote';
import { RemoteError } from '../../../../src/remote/remoteError';
import type { TokenSource } from '../../../../src/remote/tokenSource';
import {
  type DriveServerOptions,
  type DriveStore,
  type DriveTestServer,
  startDriveServer,
} from '../../../servers/amazonDrive/driveServer';
import { createFakeClock, type FakeClock } from '../../../support/fakeClock';

export const account = 'anna@example.com';

/** Tokens of an account straight from the server, as a sign-in would keep them. */
export interface TestTokens extends TokenSource {
  /** How often a refused token was renewed. */
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

/** A sign-in that is over. */
export const signedOut: TokenSource = {
  token: async () => {
    throw new RemoteError('unauthenticated', 'Nobody is signed in.');
  },
  renewed: async () => {
    throw new RemoteError('unauthenticated', 'Nobody is signed in.');
  },
};

export function driveHost(tokens: TokenSource, more: Partial<BackendHost> = {}): BackendHost {
  return {
    log: silentLog,
    clock: systemClock,
    env: {},
    secret: async () => undefined,
    tokens,
    mayRunPrograms: true,
    ...more,
  };
}

/** Settings of a remote on `server`, as fast as can be. */
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

/** The same remote as the app layers it, but in less of a hurry and less patient. */
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
  /** Another remote on the same account, which knows nothing of what this one knows. */
  another(settings?: Readonly<Record<string, unknown>>): Promise<DriveRemote>;
  /** The operations asked since the last call, without the first ones of every remote (endpoint, root). */
  asked(): string[];
}

export interface DriveToServe {
  readonly settings?: Readonly<Record<string, unknown>>;
  /** The remote waits by a clock that the test moves. */
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
      asked() {
        const asked = server.requests
          .filter(({ operation, url }) => operation !== 'endpoint' && !url.includes('isRoot'))
          .map(({ operation }) => operation);
        server.clearRequests();
        return asked;
      },
    });
  } finally {
    for (const remote of open) await remote.close();
    await server.stop();
  }
}
