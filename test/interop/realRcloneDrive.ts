import assert from 'node:assert/strict';
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { after, before, beforeEach, test as nodeTest } from 'node:test';
import { promisify } from 'node:util';
import {
  type DriveServerOptions,
  type DriveStore,
  type DriveTestServer,
  type LoggedDriveRequest,
  startDriveServer,
} from '../servers/amazonDrive/driveServer';
import { type RcloneDoor, startRcloneDoor } from '../servers/amazonDrive/rcloneDoor';
import { skipWithout, type ToolAnswer } from './realTools';

const run = promisify(execFile);

const rcloneProgram =
  (process.env['PATH'] ?? '')
    .split(path.delimiter)
    .map((folder) => path.join(folder, 'rclone'))
    .find((file) => existsSync(file)) ?? 'rclone';

/** A server, and the proxy that leads the real rclone to it. */
export interface DriveWithDoor {
  readonly server: DriveTestServer;
  readonly door: RcloneDoor;
  stop(): Promise<void>;
}

export async function startDriveWithDoor(options: DriveServerOptions = {}): Promise<DriveWithDoor> {
  const server = await startDriveServer(options);
  const door = await startRcloneDoor(server);
  return {
    server,
    door,
    stop: async () => {
      await door.stop();
      await server.stop();
    },
  };
}

/** The real rclone with its own home and configuration, as a client of one account. Its remote is `acd:`. */
export class RealRclone {
  readonly home = mkdtempSync(path.join(os.tmpdir(), 'cloud-remotes-rclone-'));
  readonly configFile = path.join(this.home, 'rclone.conf');
  readonly drive: DriveStore;
  private readonly env: NodeJS.ProcessEnv;
  private readonly children: ChildProcess[] = [];

  /** @param token the token in the configuration; '' for none */
  constructor(
    private readonly site: DriveWithDoor,
    readonly account: string,
    token: string = JSON.stringify(site.server.issueToken(account)),
  ) {
    const { server, door } = site;
    this.drive = server.drive(account);
    this.env = {
      // No programs: rclone would find a browser there and open it.
      PATH: this.home,
      HOME: this.home,
      TZ: 'UTC',
      LC_ALL: 'C.UTF-8',
      RCLONE_CONFIG: this.configFile,
      HTTPS_PROXY: door.proxy,
      SSL_CERT_FILE: door.caFile,
      // One request at a time, so that tests can compare the order.
      RCLONE_CHECKERS: '1',
      RCLONE_TRANSFERS: '1',
    };
    const lines = [
      '[acd]',
      'type = amazon cloud drive',
      `client_id = ${server.clientId}`,
      `client_secret = ${server.clientSecret}`,
      `auth_url = ${server.authUrl}`,
      `token_url = ${server.tokenUrl}`,
      ...(token === '' ? [] : [`token = ${token}`]),
    ];
    writeFileSync(this.configFile, `${lines.join('\n')}\n`);
  }

  /** Runs one command to its end, at most 60 seconds. */
  run(...args: string[]): Promise<ToolAnswer> {
    return this.runWith({}, ...args);
  }

  /** @param env settings such as `RCLONE_ACD_TEMPLINK_THRESHOLD` */
  runWith(env: Readonly<Record<string, string>>, ...args: string[]): Promise<ToolAnswer> {
    return this.call(env, args, '');
  }

  /** Runs one command that reads `input`. */
  async pipe(input: string, ...args: string[]): Promise<ToolAnswer> {
    return this.call({}, args, input);
  }

  private async call(
    env: Readonly<Record<string, string>>,
    args: readonly string[],
    input: string,
  ): Promise<ToolAnswer> {
    const options = { env: { ...this.env, ...env }, maxBuffer: 64 << 20, timeout: 60_000 };
    const running = run(rcloneProgram, args, options);
    running.child.stdin?.end(input);
    try {
      const { stdout, stderr } = await running;
      return { code: 0, stdout, stderr };
    } catch (error) {
      const { code, stdout, stderr } = error as { code?: number; stdout?: string; stderr?: string };
      return { code: typeof code === 'number' ? code : -1, stdout: stdout ?? '', stderr: stderr ?? '' };
    }
  }

  /** Starts a command in the background. */
  start(...args: string[]): ChildProcess {
    const child = spawn(rcloneProgram, args, { env: this.env, stdio: ['ignore', 'pipe', 'pipe'] });
    this.children.push(child);
    return child;
  }

  /** The token in the configuration now. */
  storedToken(): { access_token: string; refresh_token: string; expiry: string } | undefined {
    const text = existsSync(this.configFile) ? readFileSync(this.configFile, 'utf8') : '';
    const token = /^token = (.*)$/m.exec(text)?.[1];
    return token === undefined ? undefined : JSON.parse(token);
  }

  /** Makes an empty local folder below its home. */
  folder(): string {
    return mkdtempSync(path.join(this.home, 'folder-'));
  }

  /** The requests since the last call, in short form. */
  requests(): string[] {
    const { server } = this.site;
    const shown = server.requests
      .filter((entry) => entry.account === this.account || entry.operation === 'tempLink')
      .map((entry) => shortForm(entry, this.drive));
    server.clearRequests();
    return shown;
  }

  /** Stops the commands in the background and removes the home. */
  async stop(): Promise<void> {
    for (const child of this.children) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill();
      await ended;
    }
    rmSync(this.home, { recursive: true, force: true });
  }
}

/**
 * Describes one request: EP (endpoint), RT (root), N(folder, "name") for a look-up, L(folder) for a list, otherwise the operation and the
 * name of the node. Failures show their status.
 */
function shortForm(entry: LoggedDriveRequest, drive: DriveStore): string {
  const { operation, url, status, json } = entry;
  const query = new URLSearchParams(url.slice(url.indexOf('?') + 1));
  const named = (id: string | undefined): string =>
    id === drive.root.id ? 'ROOT' : (drive.evenPurged(id ?? '')?.name ?? '?');
  const failed = status >= 400 || status === 0 ? ` ${status}` : '';
  const range = entry.headers.range === undefined ? '' : ` ${entry.headers.range}`;
  if (operation === 'endpoint') return `EP${failed}`;
  if (operation === 'listNodes') {
    const filters = query.get('filters') ?? '';
    const page = query.has('startToken') ? '+' : '';
    if (filters === 'kind:FOLDER AND isRoot:true') return `RT${failed}`;
    const [, parent, name] = /^parents:"([^"]+)" AND name:"(.*)"$/s.exec(filters) ?? [];
    if (name !== undefined) return `N(${named(parent)}, "${name}")${failed}`;
    return `L(${named(/^parents:(\S+)$/.exec(filters)?.[1])})${page}${failed}`;
  }
  const id = /\/(?:nodes|trash|children)\/([^/?]+)(?:$|\?|\/content|\/restore)/.exec(url)?.[1];
  const body = json as Record<string, string> | undefined;
  switch (operation) {
    case 'createFolder':
      return `createFolder ${body?.['name']}${failed}`;
    case 'patchNode':
      return `patchNode ${JSON.stringify(body)}${failed}`;
    case 'moveChild':
      return `moveChild ${named(body?.['childId'])} from ${named(body?.['fromParent'])}${failed}`;
    case 'changes':
      return `changes${body?.['checkpoint'] === undefined ? '' : ' since'}${failed}`;
    default:
      return `${operation} ${entry.node ?? named(id)}${range}${failed}`;
  }
}

/** Shared by the tests of one file. */
export interface RcloneTests {
  readonly site: DriveWithDoor;
  /** The client of the running test. Its drive is empty at first. */
  readonly rclone: RealRclone;
  /** Another client, of a new account. */
  newClient(at?: DriveWithDoor, token?: string): RealRclone;
  /** Another client of the same account. */
  sameAccount(token: string): RealRclone;
}

/** Starts one server for all tests of a file, and gives each test a new account. */
export function useRealRclone(): RcloneTests {
  let site: DriveWithDoor;
  let rclone: RealRclone;
  let accounts = 0;
  const clients: RealRclone[] = [];
  const make = (at: DriveWithDoor, account: string, token?: string): RealRclone => {
    const client = new RealRclone(at, account, token);
    clients.push(client);
    return client;
  };
  const newAccount = (): string => `user${++accounts}@example.com`;
  before(async () => {
    site = await startDriveWithDoor();
  });
  beforeEach(() => {
    site.server.clearFaults();
    site.server.clearRequests();
    rclone = make(site, newAccount());
  });
  after(async () => {
    for (const client of clients) await client.stop();
    await site.stop();
    assert.deepEqual(site.door.refused, [], 'rclone connects to no other address');
  });
  return {
    get site() {
      return site;
    },
    get rclone() {
      return rclone;
    },
    newClient: (at = site, token) => make(at, newAccount(), token),
    sameAccount: (token) => make(site, rclone.account, token),
  };
}

/** The standard output of a command that must succeed. */
export function succeeded(answer: ToolAnswer): string {
  assert.equal(answer.code, 0, answer.stderr + answer.stdout);
  return answer.stdout;
}

/** Writes files below a folder. @returns the folder */
export function writeFiles(root: string, files: Readonly<Record<string, string | Buffer>>): string {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
    writeFileSync(path.join(root, name), content);
  }
  return root;
}

const noRclone = skipWithout('rclone');

/** A test that is skipped, with the reason, when rclone is not installed. */
export function rcloneTest(sentence: string, body: () => Promise<void>, timeout = 80_000): void {
  void nodeTest(sentence, { skip: noRclone, timeout }, body);
}

/** A free port of 127.0.0.1. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
