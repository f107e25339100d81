import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { listen } from '../../http/loopback';
import { startS3Server } from '../s3Server';
import type { Target } from './signedRequest';

/** A server to check. */
export interface CheckedServer {
  /** Key of the server's known gaps. */
  name: string;
  /** Name and version, for people. */
  title: string;
  target: Target;
  stop: () => Promise<void>;
}

/** A server that cannot be checked here, with the reason. */
export interface AbsentServer {
  name: string;
  absent: string;
}

const VERSITYGW = 'v1.8.0';
const KEYS = {
  accessKeyId: 'CONTRACTCHECKS000000',
  secretAccessKey: 'contract-checks-secret',
  region: 'us-east-1',
};

/** The names that `--only` takes, in the order of the run. */
export const SERVER_NAMES = ['embedded', 'endpoint', 'moto', 'versitygw'] as const;

/**
 * Starts a server by name, or says why the server is not available here. Throws if an available server does not start.
 * @param cache folder for built servers and their data
 */
export async function openServer(
  name: (typeof SERVER_NAMES)[number],
  cache: string,
): Promise<CheckedServer | AbsentServer> {
  switch (name) {
    case 'embedded': {
      const server = await startS3Server();
      return { name, title: 'embedded', target: server, stop: () => server.stop() };
    }
    case 'endpoint':
      return ownEndpoint();
    case 'moto':
      return startMoto();
    case 'versitygw':
      return startVersityGateway(cache);
  }
}

function ownEndpoint(): CheckedServer | AbsentServer {
  const { S3_ENDPOINT, S3_SERVER_NAME, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION } = process.env;
  if (!S3_ENDPOINT) return { name: 'endpoint', absent: 'S3_ENDPOINT is not set' };
  if (!AWS_ACCESS_KEY_ID || !AWS_SECRET_ACCESS_KEY)
    throw new Error('S3_ENDPOINT needs AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY beside it');
  const target = {
    endpoint: S3_ENDPOINT.replace(/\/$/, ''),
    accessKeyId: AWS_ACCESS_KEY_ID,
    secretAccessKey: AWS_SECRET_ACCESS_KEY,
    region: AWS_REGION ?? 'us-east-1',
  };
  return { name: S3_SERVER_NAME ?? 'endpoint', title: S3_ENDPOINT, target, stop: async () => {} };
}

async function startMoto(): Promise<CheckedServer | AbsentServer> {
  if (!onPath('moto_server')) return { name: 'moto', absent: 'moto_server is not on PATH' };
  const port = await freePort();
  const child = launch('moto_server', ['-H', '127.0.0.1', '-p', String(port)], process.env);
  const target = { ...KEYS, endpoint: `http://127.0.0.1:${port}` };
  await ready(child, target.endpoint);
  return { name: 'moto', title: `moto ${motoVersion()}`, target, stop: () => end(child) };
}

function motoVersion(): string {
  try {
    const args = ['-c', 'import moto; print(moto.__version__)'];
    return execFileSync('python3', args, { encoding: 'utf8' }).trim();
  } catch {
    return '(version unknown)'; // moto may live in an environment of its own
  }
}

async function startVersityGateway(cache: string): Promise<CheckedServer | AbsentServer> {
  const binary = path.join(cache, `versitygw-${VERSITYGW}`, 'versitygw');
  if (!existsSync(binary)) {
    if (!onPath('go')) return { name: 'versitygw', absent: 'Go is not installed' };
    console.error(`Building versitygw ${VERSITYGW} (a few minutes, once) …`);
    mkdirSync(path.dirname(binary), { recursive: true });
    execFileSync('go', ['install', `github.com/versity/versitygw/cmd/versitygw@${VERSITYGW}`], {
      env: { ...process.env, GOBIN: path.dirname(binary) },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  }
  // The gateway keeps metadata in extended attributes, which a tmpfs may lack; the cache is on a real file system.
  const data = mkdtempSync(path.join(cache, 'versitygw-data-'));
  const objects = path.join(data, 'objects');
  const versions = path.join(data, 'versions');
  mkdirSync(objects);
  mkdirSync(versions);
  const port = await freePort();
  const child = launch(
    binary,
    ['--port', `127.0.0.1:${port}`, '--region', KEYS.region, 'posix', '--versioning-dir', versions, objects],
    { ...process.env, ROOT_ACCESS_KEY: KEYS.accessKeyId, ROOT_SECRET_KEY: KEYS.secretAccessKey },
  );
  const target = { ...KEYS, endpoint: `http://127.0.0.1:${port}` };
  const stop = async (): Promise<void> => {
    await end(child);
    rmSync(data, { recursive: true, force: true });
  };
  await ready(child, target.endpoint).catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  return { name: 'versitygw', title: `versitygw ${VERSITYGW}`, target, stop };
}

function onPath(program: string): boolean {
  return (process.env['PATH'] ?? '')
    .split(path.delimiter)
    .some((folder) => existsSync(path.join(folder, program)));
}

function launch(program: string, args: string[], env: NodeJS.ProcessEnv): ChildProcess {
  const child = spawn(program, args, { env, stdio: ['ignore', 'ignore', 'pipe'] });
  // `ready` reads stderr for its error message, and keeps reading so that the pipe never fills up.
  child.stderr?.setEncoding('utf8');
  return child;
}

async function ready(child: ChildProcess, endpoint: string): Promise<void> {
  let said = '';
  child.stderr?.on('data', (text: string) => {
    said = (said + text).slice(-2000);
  });
  let failure: Error | undefined;
  child.once('error', (error) => {
    failure = error;
  });
  for (let attempt = 0; attempt < 300; attempt++) {
    if (failure) throw failure;
    if (child.exitCode !== null) throw new Error(`The server ended with code ${child.exitCode}: ${said}`);
    const answered = await fetch(endpoint).then(
      () => true,
      () => false,
    );
    if (answered) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  await end(child);
  throw new Error(`The server did not answer at ${endpoint} within 30 seconds: ${said}`);
}

function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    const force = setTimeout(() => child.kill('SIGKILL'), 5000);
    child.once('exit', () => {
      clearTimeout(force);
      resolve();
    });
    child.kill('SIGTERM');
  });
}

async function freePort(): Promise<number> {
  const { port, stop } = await listen(createServer());
  await stop();
  return port;
}
