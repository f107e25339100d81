import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { type DriveTestServer, startDriveServer } from '../../servers/amazonDrive/driveServer';
import { startRcloneDoor } from '../../servers/amazonDrive/rcloneDoor';
import { type FileSet, writeFiles } from '../fileSets';
import { buildEngine, type Environment, timed } from '../measure';
import type { Measured, Sample, ToolResult } from '../results';
import { onPath } from '../tools/peers';

const account = 'bench@example.com';

interface DriveTool {
  readonly name: string;
  readonly role: 'ours' | 'peer';
  readonly env: Environment;
  command(from: string, to: string): string[];
}

/**
 * Measures the first upload and the sync without changes on the embedded Amazon Drive, against the rclone on PATH that still has this service
 * (the last is 1.65). The emulator runs in this process.
 */
export async function runDrive(
  { root, work }: { readonly root: string; readonly work: string },
  set: FileSet,
  runs: number,
  progress: (text: string) => void,
): Promise<Measured[]> {
  const server = await startDriveServer({ log: 2_000_000 });
  const door = await startRcloneDoor(server);
  try {
    const from = writeFiles(path.join(work, 'sets', 'drive'), set);
    const tools = [ours(root, work, server), ...rclone(work, server, door)];
    const row = (id: string, title: string) => {
      const results = tools.map(({ name, role }): ToolResult => ({ name, role, samples: [] }));
      return { id, title, files: set.count, goals: [], tools: results };
    };
    const files = set.count.toLocaleString('en');
    const up = row('drive-up', `Amazon Drive: ${files} × 4 KiB up`);
    const noop = row('drive-noop', `Amazon Drive: no change, ${files} files`);
    for (let run = 0; run < runs; run++)
      for (const [i, tool] of tools.entries()) {
        const place = `${i}-${run}`;
        for (const result of [up, noop]) {
          const sample = await measured(server, tool, from, place);
          result.tools[i]?.samples.push(sample);
          progress(`${result.id}, run ${run + 1}, ${tool.name}: ${sample.seconds.toFixed(2)} s`);
        }
        const found = server.drive(account).tree(place);
        const sent = found.filter((one) => !one.endsWith('/')).length;
        if (sent !== set.count) throw new Error(`${tool.name} left ${sent} of ${set.count} files`);
        server.drive(account).trash(place);
      }
    return [up, noop];
  } finally {
    await Promise.all([door.stop(), server.stop()]);
  }
}

async function measured(server: DriveTestServer, tool: DriveTool, from: string, to: string): Promise<Sample> {
  server.clearRequests();
  const before = process.cpuUsage();
  const figures = await timed(tool.command(from, to), tool.env);
  const { user, system } = process.cpuUsage(before);
  return { ...figures, requests: { requests: server.requests.length }, serverCpu: (user + system) / 1e6 };
}

function ours(root: string, work: string, server: DriveTestServer): DriveTool {
  const engine = buildEngine(root, work);
  const remotes = path.join(work, 'drive-remotes.json');
  const { endpoint, authUrl: auth_url, tokenUrl: token_url, clientId: client_id } = server;
  const remote = { name: 'bench', backend: 'amazonDrive', endpoint, auth_url, token_url, client_id };
  writeFileSync(remotes, JSON.stringify([remote]));
  return {
    name: 'ours',
    role: 'ours',
    env: {
      ...process.env,
      RCLONE_CONFIG_BENCH_TOKEN: JSON.stringify(server.issueToken(account)),
      RCLONE_CONFIG_BENCH_CLIENT_SECRET: server.clientSecret,
    },
    command: (from, to) => [process.execPath, engine, 'run', from, `bench:${to}`, '--remotes', remotes],
  };
}

function rclone(
  work: string,
  server: DriveTestServer,
  door: { readonly proxy: string; readonly caFile: string },
): DriveTool[] {
  const program = onPath('rclone', (file) =>
    spawnSync(file, ['config', 'providers'], { encoding: 'utf8' }).stdout.includes('amazon cloud drive'),
  );
  if (program === undefined) {
    console.log('No rclone with Amazon Drive is on PATH: nothing is compared with it.');
    return [];
  }
  const config = path.join(work, 'drive-rclone.conf');
  const lines = [
    '[acd]',
    'type = amazon cloud drive',
    `client_id = ${server.clientId}`,
    `client_secret = ${server.clientSecret}`,
    `auth_url = ${server.authUrl}`,
    `token_url = ${server.tokenUrl}`,
    `token = ${JSON.stringify(server.issueToken(account))}`,
  ];
  writeFileSync(config, `${lines.join('\n')}\n`);
  const env = { ...process.env, HTTPS_PROXY: door.proxy, SSL_CERT_FILE: door.caFile, RCLONE_CONFIG: config };
  const version = /v(\d+\.\d+)/.exec(spawnSync(program, ['version'], { encoding: 'utf8' }).stdout)?.[1] ?? '';
  const tool = (name: string, ...more: string[]): DriveTool => ({
    name,
    role: 'peer',
    env,
    command: (from, to) => [program, 'sync', from, `acd:${to}`, ...more],
  });
  const tuned = ['--transfers', '16', '--checkers', '32'];
  return [tool(`rclone ${version}`), tool(`rclone ${version}, tuned`, ...tuned)];
}
