// Times whole processes: our engine against the real rclone and aws, in turn, on one embedded server.
// usage: npm run bench [-- --runs 3] [--files 10000] [--only NAME]
// Scenarios of 100,000 files take minutes to prepare, so they run only when they are named.
// Quote the ratios; single times say more about the machine than about the tools.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { type S3TestServer, startS3Server } from '../servers/s3/s3Server';
import { runMain } from '../tools/program';
import { buildEngine, type Environment, type Figures, makeFiles, median, timed } from './measure';

interface Tool {
  readonly name: string;
  command(from: string, to: string): string[];
}

interface Scenario {
  readonly name: string;
  readonly onlyWhenNamed?: boolean;
  /** Brings both sides to the state to be timed, before every run of every tool. Resolves to the places to sync from and to. */
  prepare(tool: Tool, place: string): Promise<readonly [from: string, to: string]>;
}

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '3' },
    files: { type: 'string', default: '10000' },
    only: { type: 'string' },
  },
});
const root = process.env['CLOUD_REMOTES_ROOT'] ?? process.cwd();
const runs = Number(values.runs);
const fileCount = Number(values.files);
const work = mkdtempSync(path.join(os.tmpdir(), 'cloud-remotes-bench-'));

runMain(async () => {
  const server = await startS3Server({ log: false });
  try {
    const env = writeSettings(server);
    const tools = allTools(server, env);
    console.log(
      `${fileCount} files of 4 KiB and one of 512 MiB; ${runs} runs of each tool in turn; medians.\n`,
    );
    for (const scenario of scenarios(tools[0] as Tool, env)) {
      if (values.only ? scenario.name !== values.only : scenario.onlyWhenNamed) continue;
      const figures = new Map<Tool, Figures[]>(tools.map((tool) => [tool, []]));
      for (let run = 0; run < runs; run++)
        for (const [tool, all] of figures) {
          const place = `bench-${scenario.name}-${tool.name}-${run}`.replaceAll(/[^a-z0-9-]/g, '-');
          server.store.createBucket(place);
          const [from, to] = await scenario.prepare(tool, place);
          all.push(await timed(tool.command(from, to), env));
          server.store.deleteBucket(place);
        }
      print(scenario.name, figures);
    }
  } finally {
    await server.stop();
    rmSync(work, { recursive: true, force: true });
  }
});

function writeSettings({ endpoint, region, accessKeyId, secretAccessKey }: S3TestServer): Environment {
  const remote = { name: 'bench', backend: 's3', endpoint, region, credentials: 'environment' };
  writeFileSync(path.join(work, 'remotes.json'), JSON.stringify([remote]));
  return {
    ...process.env,
    // rclone gives up when this is set; loopback needs no certificates.
    AWS_CA_BUNDLE: undefined,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_DEFAULT_REGION: region,
    RCLONE_CONFIG: path.join(work, 'rclone.conf'),
    RCLONE_CONFIG_R_TYPE: 's3',
    RCLONE_CONFIG_R_PROVIDER: 'Other',
    RCLONE_CONFIG_R_ENDPOINT: endpoint,
    RCLONE_CONFIG_R_REGION: region,
    RCLONE_CONFIG_R_ENV_AUTH: 'true',
  };
}

function allTools({ endpoint }: S3TestServer, env: Environment): Tool[] {
  const engine = buildEngine(root, work);
  /** A tool whose command line is `words`, both places, `flags`. */
  const tool = (name: string, words: readonly string[], prefix: string, flags: readonly string[]): Tool => {
    const address = (place: string) => (place.startsWith('bench-') ? `${prefix}${place}/data` : place);
    return { name, command: (from, to) => [...words, address(from), address(to), ...flags] };
  };
  const settings = ['--remotes', path.join(work, 'remotes.json'), '--cache', path.join(work, 'cache')];
  const tools = [tool('ours', [process.execPath, engine, 'run'], 'bench:', settings)];
  if (spawnSync('rclone', ['version'], { env }).status === 0) {
    const tuned = ['--transfers', '16', '--checkers', '32', '--fast-list'];
    tools.push(tool('rclone', ['rclone', 'sync'], 'R:', []));
    tools.push(tool('rclone-tuned', ['rclone', 'sync'], 'R:', tuned));
  } else console.log('rclone is not on PATH: no ratio against it.');
  if (spawnSync('aws', ['--version'], { env }).status === 0)
    tools.push(
      tool('aws', ['aws', '--endpoint-url', endpoint, 's3', 'sync', '--only-show-errors'], 's3://', []),
    );
  else console.log('aws is not on PATH: no ratio against it.');
  return tools;
}

function scenarios(anyTool: Tool, env: Environment): Scenario[] {
  const many = () => makeFiles(path.join(work, 'many'), fileCount, (i) => Buffer.alloc(4096, i % 251));
  const veryMany = () => makeFiles(path.join(work, 'very-many'), 100_000, (i) => Buffer.alloc(20, i % 251));
  const big = () => {
    const folder = path.join(work, 'big');
    if (existsSync(folder)) return folder;
    mkdirSync(folder);
    writeFileSync(path.join(folder, 'big.bin'), Buffer.alloc(512 << 20, 5));
    return folder;
  };
  // A new folder each time, because a file system is slow to make files where it has just removed as many.
  const download = (place: string) => path.join(work, 'down', place);
  const upload = (tool: Tool, folder: string, place: string) => timed(tool.command(folder, place), env);
  return [
    { name: 'first upload', prepare: async (_tool, place) => [many(), place] },
    {
      name: 'no change',
      prepare: async (tool, place) => {
        await upload(tool, many(), place);
        await upload(tool, many(), place);
        return [many(), place];
      },
    },
    {
      name: 'first download',
      prepare: async (tool, place) => {
        await upload(tool, many(), place);
        return [place, download(place)];
      },
    },
    { name: 'one big upload', prepare: async (_tool, place) => [big(), place] },
    {
      name: 'one big download',
      prepare: async (_tool, place) => {
        await upload(anyTool, big(), place);
        rmSync(path.join(work, 'down'), { recursive: true, force: true });
        return [place, download(place)];
      },
    },
    ...[true, false].map(
      (warm): Scenario => ({
        name: `no change, 100,000 files${warm ? '' : ', nothing known'}`,
        onlyWhenNamed: true,
        // One tool uploads for all: it writes times as rclone does, and aws goes by the time of the upload.
        prepare: async (tool, place) => {
          await upload(anyTool, veryMany(), place);
          if (warm) await upload(tool, veryMany(), place);
          else rmSync(path.join(work, 'cache'), { recursive: true, force: true });
          return [veryMany(), place];
        },
      }),
    ),
  ];
}

function print(name: string, figures: ReadonlyMap<Tool, readonly Figures[]>): void {
  console.log(name);
  const own = [...figures.values()][0] ?? [];
  for (const [tool, all] of figures) {
    const of = (figure: keyof Figures) => median(all.map((one) => one[figure]));
    const ratio = median(all.map(({ seconds }, run) => (own[run]?.seconds ?? Number.NaN) / seconds));
    const against = all === own ? '' : `   ours takes ${ratio.toFixed(2)} of it`;
    console.log(
      `  ${tool.name.padEnd(14)}${of('seconds').toFixed(2).padStart(8)} s${of('cpu').toFixed(2).padStart(9)} s cpu${of('peakMB').toFixed(0).padStart(7)} MB${against}`,
    );
  }
  console.log();
}
