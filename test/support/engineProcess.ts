import { type ChildProcess, spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import * as esbuild from 'esbuild';
import type { S3TestServer } from '../servers/s3/s3Server';

const root = process.env['CLOUD_REMOTES_ROOT'] ?? process.cwd();

/** Bundles the engine (test/tools/engine.ts) for tests that run it as a process. The caller removes the file. */
export async function bundleEngine(): Promise<string> {
  const outfile = path.join(root, 'out', 'tools', `engine-${process.pid}.cjs`);
  await esbuild.build({
    absWorkingDir: root,
    entryPoints: ['test/tools/engine.ts'],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    packages: 'external',
    define: { 'import.meta.dirname': '__dirname' },
    logLevel: 'error',
  });
  return outfile;
}

/** Writes a remotes file with the remote "demo" on `server` into `folder`. Its uploads are multipart from 5 MiB on. */
export function writeRemotes(folder: string, { endpoint, region }: S3TestServer): string {
  const file = path.join(folder, 'remotes.json');
  const settings = {
    name: 'demo',
    backend: 's3',
    provider: 'Other',
    endpoint,
    region,
    credentials: 'environment',
    uploadCutoff: '5Mi',
    chunkSize: '5Mi',
  };
  fs.writeFileSync(file, JSON.stringify([settings]));
  return file;
}

/** Starts a program that uses the credentials of `server`. */
export function spawnFor(
  server: S3TestServer,
  program: string,
  args: readonly string[],
  env: Record<string, string> = {},
): ChildProcess {
  return spawn(program, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      AWS_ACCESS_KEY_ID: server.accessKeyId,
      AWS_SECRET_ACCESS_KEY: server.secretAccessKey,
      ...env,
    },
  });
}

/** Resolves to the exit code (null when killed) and everything that was printed. */
export function ended(child: ChildProcess): Promise<{ readonly code: number | null; readonly text: string }> {
  let text = '';
  child.stdout?.on('data', (chunk) => (text += chunk));
  child.stderr?.on('data', (chunk) => (text += chunk));
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, text })));
}
