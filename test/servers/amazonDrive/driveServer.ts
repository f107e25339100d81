import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import path from 'node:path';
import type { Active } from '../http/faults';
import { listen } from '../http/loopback';
import { DriveService } from './driveService';
import { MAX_PAGE_SIZE } from './operations/listOperations';
import type { DriveFault } from './requests/faults';
import type { LoggedDriveRequest } from './requests/requestLog';
import { Accounts, type Client, DRIVE_SCOPES, type Grant, type IssuedToken } from './signIn/accounts';
import { SignInService } from './signIn/signInService';
import type { DriveStore } from './store/driveStore';

export type { DriveOperation } from './requests/driveRequest';
export type { DriveFault } from './requests/faults';
export type { LoggedDriveRequest } from './requests/requestLog';
export type { IssuedToken } from './signIn/accounts';
export type { DriveNode } from './store/driveNode';
export type { DriveStore } from './store/driveStore';

/** Options of the server. The API is described in docs/amazon-drive-api.md. */
export interface DriveServerOptions {
  /** Default 0: any free port. Always on 127.0.0.1. */
  port?: number;
  /** Stores drives, contents and refresh tokens for the next run. Default: in memory. */
  folder?: string;
  /** Milliseconds since 1970. Default: the machine's clock. `setClock` overrides it. */
  clock?: () => number;
  /** An account that signs in without the page. */
  autoConsent?: string;
  /** Issue a new refresh token with each refresh and revoke the old one. */
  rotateRefreshTokens?: boolean;
  /** Redirect downloads to a signed URL. */
  redirectDownloads?: boolean;
  /** How far lists and look-ups lag behind writes, in milliseconds of the machine's clock. Default: 0. */
  indexLagMs?: number;
  /** Default 3600. */
  tokenLifeSeconds?: number;
  /** The minimum number of requests that the log keeps; false turns the log off. Default: 50,000. */
  log?: number | false;
  /** The maximum page size of a list. Default: 200. */
  pageSize?: number;
}

/** A running server. */
export interface DriveTestServer {
  readonly port: number;
  /** `http://127.0.0.1:PORT/ap/oa` */
  readonly authUrl: string;
  /** `http://127.0.0.1:PORT/auth/o2/token` */
  readonly tokenUrl: string;
  /** `http://127.0.0.1:PORT/drive/v1/`, with the slash; discovery is `account/endpoint` below it. */
  readonly endpoint: string;
  /** A client that must send its secret. */
  readonly clientId: string;
  readonly clientSecret: string;
  /** A client without a secret, which must use PKCE. */
  readonly publicClientId: string;
  /** The requests, oldest first. Always the same array. */
  readonly requests: readonly LoggedDriveRequest[];
  clearRequests(): void;
  /** @returns the fault with its number of `hits` */
  addFault(fault: DriveFault): Active<DriveFault>;
  clearFaults(): void;
  /** Sets the server's clock to a fixed moment (milliseconds since 1970), or lets it run again. */
  setClock(milliseconds: number | undefined): void;
  /** The drive of an account, created on first use. */
  drive(account: string): DriveStore;
  /** A token as rclone stores it, by default with the scopes of the drive. Both clients can refresh it. */
  issueToken(account: string, scopes?: readonly string[]): IssuedToken;
  /** Expires the access tokens of one account, or of all accounts. */
  expireAccessTokens(account?: string): void;
  /** Revokes all tokens of an account. */
  revoke(account: string): void;
  setAutoConsent(account: string | undefined): void;
  /** Expires all page tokens. */
  expirePageTokens(): void;
  /** How far lists and look-ups lag behind writes from now on, in milliseconds; 0 shows all writes immediately. */
  setIndexLag(milliseconds: number): void;
  /** Closes all connections and frees the port. */
  stop(): Promise<void>;
}

const CLIENT: Client = {
  id: 'amzn1.application-oa2-client.0123456789abcdef0123456789abcdef',
  secret: 'cloud-remotes-drive-secret',
};
const PUBLIC_CLIENT: Client = {
  id: 'amzn1.application-oa2-client.fedcba9876543210fedcba9876543210',
  secret: undefined,
};

/** Starts an Amazon Drive with its sign-in service in this process. */
export async function startDriveServer(options: DriveServerOptions = {}): Promise<DriveTestServer> {
  const { folder } = options;
  let fixedClock: number | undefined;
  const now = (): number => Math.floor(fixedClock ?? options.clock?.() ?? Date.now());
  const accounts = new Accounts(
    now,
    options.tokenLifeSeconds ?? 3600,
    options.rotateRefreshTokens === true,
    folder === undefined ? [] : keptTokens(folder),
    (all) => {
      if (folder !== undefined) writeFileSync(tokenFile(folder), JSON.stringify(all), { mode: 0o600 });
    },
  );
  const clients = new Map([CLIENT, PUBLIC_CLIENT].map((client) => [client.id, client]));
  const choices = (): string[] => [
    ...new Set(['anna@example.com', 'ben@example.com', ...service.drives.keys()]),
  ];
  const signIn = new SignInService({ accounts, clients, choices, now });
  signIn.autoConsent = options.autoConsent;
  const service: DriveService = new DriveService({
    now,
    accounts,
    signIn,
    folder,
    redirectDownloads: options.redirectDownloads === true,
    pageSize: options.pageSize ?? MAX_PAGE_SIZE,
    indexLagMs: options.indexLagMs ?? 0,
    log: options.log,
  });

  const server = createServer(
    { maxHeaderSize: 64 * 1024, keepAliveTimeout: 60_000, requestTimeout: 0 },
    (message, response) => void service.answer(message, response),
  );
  const { port, origin, stop } = await listen(server, options.port);
  service.origin = origin;
  return {
    port,
    authUrl: `${origin}/ap/oa`,
    tokenUrl: `${origin}/auth/o2/token`,
    endpoint: `${origin}/drive/v1/`,
    clientId: CLIENT.id,
    clientSecret: CLIENT.secret ?? '',
    publicClientId: PUBLIC_CLIENT.id,
    requests: service.log.requests,
    clearRequests: () => service.log.clear(),
    addFault: (fault) => service.faults.add(fault),
    clearFaults: () => service.faults.clear(),
    setClock: (milliseconds) => {
      fixedClock = milliseconds;
    },
    drive: (account) => service.drive(account),
    issueToken: (account, scopes = DRIVE_SCOPES) => {
      const { access, refresh } = accounts.issue({ account, scopes, clientId: undefined });
      const expiry = new Date(now() + accounts.lifeSeconds * 1000).toISOString();
      return { access_token: access, token_type: 'bearer', refresh_token: refresh, expiry };
    },
    expireAccessTokens: (account) => accounts.expireAccess(account),
    revoke: (account) => accounts.revoke(account),
    setAutoConsent: (account) => {
      signIn.autoConsent = account;
    },
    expirePageTokens: () => service.pages.expireAll(),
    setIndexLag: (milliseconds) => service.setIndexLag(milliseconds),
    stop: async () => {
      service.stop();
      await stop();
    },
  };
}

function tokenFile(folder: string): string {
  mkdirSync(folder, { recursive: true });
  return path.join(folder, 'refreshTokens.json');
}

function keptTokens(folder: string): [string, Grant][] {
  const file = tokenFile(folder);
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as [string, Grant][]) : [];
}
