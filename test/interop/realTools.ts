import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import type { S3TestServer } from '../servers/s3/s3Server';

const run = promisify(execFile);

/** The reason why a test that needs `tool` is skipped, or false when the tool is there. */
export function skipWithout(tool: 'aws' | 'rclone'): string | false {
  const version = spawnSync(tool, [tool === 'aws' ? '--version' : 'version'], { encoding: 'utf8' });
  return version.status === 0 ? false : `the real ${tool} is not on PATH`;
}

export interface ToolAnswer {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The environment of a real tool for one server, with a new home, so that no configuration of the user is read. */
export function toolEnvironment(server: S3TestServer): Record<string, string> {
  const home = mkdtempSync(path.join(os.tmpdir(), 'cloud-remotes-tools-'));
  return {
    PATH: process.env['PATH'] ?? '',
    HOME: home,
    // A tool that pyenv installed needs the real home to find itself.
    PYENV_ROOT: process.env['PYENV_ROOT'] ?? path.join(os.homedir(), '.pyenv'),
    TZ: 'UTC',
    LC_ALL: 'C.UTF-8',
    AWS_ACCESS_KEY_ID: server.accessKeyId,
    AWS_SECRET_ACCESS_KEY: server.secretAccessKey,
    AWS_DEFAULT_REGION: server.region,
    AWS_EC2_METADATA_DISABLED: 'true',
    RCLONE_CONFIG: path.join(home, 'rclone.conf'),
    RCLONE_CONFIG_R_TYPE: 's3',
    RCLONE_CONFIG_R_PROVIDER: 'Other',
    RCLONE_CONFIG_R_ENDPOINT: server.endpoint,
    RCLONE_CONFIG_R_REGION: server.region,
    RCLONE_CONFIG_R_ACCESS_KEY_ID: server.accessKeyId,
    RCLONE_CONFIG_R_SECRET_ACCESS_KEY: server.secretAccessKey,
  };
}

/** The real tools for one server. */
export function realTools(server: S3TestServer) {
  const env = toolEnvironment(server);

  async function call(tool: string, args: readonly string[]): Promise<ToolAnswer> {
    try {
      const { stdout, stderr } = await run(tool, args, { env, maxBuffer: 64 << 20 });
      return { code: 0, stdout, stderr };
    } catch (error) {
      const { code, stdout, stderr } = error as { code?: number; stdout?: string; stderr?: string };
      return { code: typeof code === 'number' ? code : -1, stdout: stdout ?? '', stderr: stderr ?? '' };
    }
  }

  return {
    /** `R:` is the server. */
    rclone: (...args: string[]) => call('rclone', args),
    awsS3: (...args: string[]) => call('aws', ['--endpoint-url', server.endpoint, 's3', ...args]),
  };
}
