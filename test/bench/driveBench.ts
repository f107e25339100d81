// Times whole processes on one embedded Amazon Drive: our engine against the real rclone 1.60, the last with that backend.
// usage: npm run bench:drive [-- --runs 3] [--files 10000]
// Quote the ratios; single times say more about the machine than about the tools.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { type DriveTestServer, startDriveServer } from '../servers/amazonDrive/driveServer';
import { startRcloneDoor } from '../servers/amazonDrive/rcloneDoor';
import { runMain } from '../tools/program';
import { buildEngine, type Environment, type Figures, makeFiles, median, timed } from './measure';

const account = 'bench@example.com';

interface Tool {
  readonly name: string;
  readonly env: Environment;
  command(from: string, to: string): string[];
}

interface Run extends Figures {
  readonly requests: number;
}

runMain(async () => {
  const { values } = parseArgs({
    options: { runs: { type: 'string', default: '3' }, files: { type: 'string', default: '10000' } },
  });
  const [runs, files] = [Number(values.runs), Number(values.files)];
  const root = process.env['CLOUD_REMOTES_ROOT'] ?? process.cwd();
  const work = mkdtempSync(path.join(os.tmpdir(), 'cloud-remotes-bench-'));
  const server = await startDriveServer({ log: 2_000_000 });
  const door = await startRcloneDoor(server);
  try {
    const many = makeFiles(path.join(work, 'many'), files, (i) => `${i} `.repeat(800).slice(0, 4096));
    const tools = [ours(root, work, server), ...rclone(work, server, door)];
    console.log(`${files} files of 4 KiB; ${runs} runs of each tool in turn; medians.\n`);
    const first = new Map<Tool, Run[]>(tools.map((tool) => [tool, []]));
    const again = new Map<Tool, Run[]>(tools.map((tool) => [tool, []]));
    for (let run = 0; run < runs; run++)
      for (const tool of tools) {
        const place = `${tool.name}-${run}`;
        first.get(tool)?.push(await measured(server, tool, many, place));
        again.get(tool)?.push(await measured(server, tool, many, place));
        const sent = server
          .drive(account)
          .tree(place)
          .filter((found) => !found.endsWith('/'));
        if (sent.length !== files) throw new Error(`${tool.name} left ${sent.length} of ${files} files`);
        server.drive(account).trash(place);
      }
    print('first upload', files, first);
    print('no change', files, again);
  } finally {
    await Promise.all([door.stop(), server.stop()]);
    rmSync(work, { recursive: true, force: true });
  }
});

async function measured(server: DriveTestServer, tool: Tool, from: string, to: string): Promise<Run> {
  server.clearRequests();
  const figures = await timed(tool.command(from, to), tool.env);
  return { ...figures, requests: server.requests.length };
}

function ours(root: string, work: string, server: DriveTestServer): Tool {
  const engine = buildEngine(root, work);
  const remotes = path.join(work, 'remotes.json');
  const { endpoint, authUrl: auth_url, tokenUrl: token_url, clientId: client_id } = server;
  const remote = { name: 'bench', backend: 'amazonDrive', endpoint, auth_url, token_url, client_id };
  writeFileSync(remotes, JSON.stringify([remote]));
  return {
    name: 'ours',
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
): Tool[] {
  if (spawnSync('rclone', ['version']).status !== 0) {
    console.log('rclone is not on PATH: no ratio against it.');
    return [];
  }
  const config = path.join(work, 'rclone.conf');
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
  const tool = (name: string, ...more: string[]): Tool => ({
    name,
    env,
    command: (from, to) => ['rclone', 'sync', from, `acd:${to}`, ...more],
  });
  return [tool('rclone'), tool('rclone-tuned', '--transfers', '16', '--checkers', '32')];
}

function print(name: string, files: number, all: ReadonlyMap<Tool, readonly Run[]>): void {
  console.log(name);
  const own = [...all.values()][0] ?? [];
  for (const [tool, runs] of all) {
    const of = (figure: keyof Run) => median(runs.map((run) => run[figure]));
    const ratio = (figure: keyof Run) =>
      median(runs.map((run, i) => (own[i]?.[figure] ?? Number.NaN) / run[figure])).toFixed(2);
    const against =
      own === runs
        ? ''
        : `   ours takes ${ratio('seconds')} of the time, ${ratio('peakMB')} of the memory, ${ratio('requests')} of the requests`;
    console.log(
      `  ${tool.name.padEnd(14)}${of('seconds').toFixed(2).padStart(8)} s${of('peakMB').toFixed(0).padStart(7)} MB${(of('requests') / files).toFixed(3).padStart(9)} requests a file${against}`,
    );
  }
  console.log();
}
