// Times whole processes: our engine against the real rclone and aws, in turn, on one embedded server.
// usage: npm run bench [-- --runs 3] [--files 10000] [--only NAME]
// Scenarios of 100,000 files take minutes to prepare, so they run only when they are named.
// Quote the ratios; single times say more about the machine than about the tools.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { buildEngine, type Figures, median, timed } from './measure';

interface Server {
  readonly endpoint: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly region: string;
}

interface Tool {
  readonly name: string;
  command(from: string, to: string): string[];
}

interface Scenario {
  readonly name: string;
  readonly onlyWhenNamed?: boolean;
  /** Brings both sides to the state to be timed; called before every run of every tool. */
  prepare(tool: Tool, place: string): void;
  from(place: string): string;
  to(place: string): string;
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

async function main(): Promise<void> {
  const { server, stop } = await startServer();
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
        for (const tool of tools) {
          const place = `bench-${scenario.name}-${tool.name}-${run}`.replaceAll(/[^a-z0-9-]/g, '-');
          awsCall(server, env, ['mb', `s3://${place}`]);
          scenario.prepare(tool, place);
          figures.get(tool)?.push(timed(tool.command(scenario.from(place), scenario.to(place)), env, work));
          awsCall(server, env, ['rb', '--force', `s3://${place}`]);
        }
      print(scenario.name, figures);
    }
  } finally {
    stop();
    rmSync(work, { recursive: true, force: true });
  }
}

async function startServer(): Promise<{ server: Server; stop: () => void }> {
  const child: ChildProcess = spawn('npm', ['run', '-s', 'serve:s3'], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  });
  const stop = () => child.pid !== undefined && process.kill(-child.pid, 'SIGTERM');
  if (!child.stdout) throw new Error('the server has no output');
  for await (const line of createInterface(child.stdout)) return { server: JSON.parse(line) as Server, stop };
  throw new Error('the server said nothing');
}

type Environment = Record<string, string | undefined>;

function writeSettings(server: Server): Environment {
  const remotes = [
    {
      name: 'bench',
      backend: 's3',
      endpoint: server.endpoint,
      region: server.region,
      credentials: 'environment',
    },
  ];
  writeFileSync(path.join(work, 'remotes.json'), JSON.stringify(remotes));
  return {
    ...process.env,
    // rclone gives up when this is set; loopback needs no certificates.
    AWS_CA_BUNDLE: undefined,
    AWS_ACCESS_KEY_ID: server.accessKeyId,
    AWS_SECRET_ACCESS_KEY: server.secretAccessKey,
    AWS_DEFAULT_REGION: server.region,
    RCLONE_CONFIG: path.join(work, 'rclone.conf'),
    RCLONE_CONFIG_R_TYPE: 's3',
    RCLONE_CONFIG_R_PROVIDER: 'Other',
    RCLONE_CONFIG_R_ENDPOINT: server.endpoint,
    RCLONE_CONFIG_R_REGION: server.region,
    RCLONE_CONFIG_R_ENV_AUTH: 'true',
  };
}

function allTools(server: Server, env: Environment): Tool[] {
  const engine = buildEngine(root, work);
  const address = (place: string, prefix: string) =>
    place.startsWith('bench-') ? `${prefix}${place}/data` : place;
  const ours = (name: string, ...more: string[]): Tool => ({
    name,
    command: (from, to) => [
      process.execPath,
      engine,
      'run',
      address(from, 'bench:'),
      address(to, 'bench:'),
      '--remotes',
      path.join(work, 'remotes.json'),
      ...more,
    ],
  });
  const tools = [ours('ours', '--cache', path.join(work, 'cache'))];
  const rclone = (name: string, ...more: string[]): Tool => ({
    name,
    command: (from, to) => ['rclone', 'sync', address(from, 'R:'), address(to, 'R:'), ...more],
  });
  if (spawnSync('rclone', ['version'], { env }).status === 0)
    tools.push(
      rclone('rclone'),
      rclone('rclone-tuned', '--transfers', '16', '--checkers', '32', '--fast-list'),
    );
  else console.log('rclone is not on PATH: no ratio against it.');
  if (spawnSync('aws', ['--version'], { env }).status === 0)
    tools.push({
      name: 'aws',
      command: (from, to) => [
        'aws',
        '--endpoint-url',
        server.endpoint,
        's3',
        'sync',
        '--only-show-errors',
        address(from, 's3://'),
        address(to, 's3://'),
      ],
    });
  else console.log('aws is not on PATH: no ratio against it.');
  return tools;
}

function scenarios(anyTool: Tool, env: Environment): Scenario[] {
  const many = path.join(work, 'many');
  const veryMany = path.join(work, 'very-many');
  const big = path.join(work, 'big');
  // A new one each time: a file system is slow to make files where it has just removed as many.
  const download = (place: string) => path.join(work, 'down', place);
  const fill = (folder: string, write: () => void) => {
    if (existsSync(folder)) return;
    mkdirSync(folder);
    write();
  };
  const fillWith = (top: string, count: number, bytes: number) =>
    fill(top, () => {
      for (let i = 0; i < count; i++) {
        const folder = path.join(top, `d${i % Math.ceil(count / 50)}`);
        mkdirSync(folder, { recursive: true });
        const file = path.join(folder, `f${i}.txt`);
        writeFileSync(file, Buffer.alloc(bytes, i % 251));
        utimesSync(file, 1_700_000_000 + i, 1_700_000_000 + i);
      }
    });
  const fillMany = () => fillWith(many, fileCount, 4096);
  const fillBig = () => fill(big, () => writeFileSync(path.join(big, 'big.bin'), Buffer.alloc(512 << 20, 5)));
  const upload = (tool: Tool, folder: string, place: string) =>
    void timed(tool.command(folder, place), env, work);
  return [
    { name: 'first upload', prepare: fillMany, from: () => many, to: (place) => place },
    {
      name: 'no change',
      prepare: (tool, place) => {
        fillMany();
        upload(tool, many, place);
        upload(tool, many, place);
      },
      from: () => many,
      to: (place) => place,
    },
    {
      name: 'first download',
      prepare: (tool, place) => {
        fillMany();
        upload(tool, many, place);
      },
      from: (place) => place,
      to: download,
    },
    { name: 'one big upload', prepare: fillBig, from: () => big, to: (place) => place },
    {
      name: 'one big download',
      prepare: (_tool, place) => {
        fillBig();
        upload(anyTool, big, place);
        rmSync(path.join(work, 'down'), { recursive: true, force: true });
      },
      from: (place) => place,
      to: download,
    },
    ...[true, false].map(
      (warm): Scenario => ({
        name: `no change, 100,000 files${warm ? '' : ', nothing known'}`,
        onlyWhenNamed: true,
        // Sent by one tool for all: it writes times as rclone does, and aws goes by the time of the upload.
        prepare: (tool, place) => {
          fillWith(veryMany, 100_000, 20);
          upload(anyTool, veryMany, place);
          if (warm) upload(tool, veryMany, place);
          else rmSync(path.join(work, 'cache'), { recursive: true, force: true });
        },
        from: () => veryMany,
        to: (place) => place,
      }),
    ),
  ];
}

function awsCall(server: Server, env: Environment, args: string[]): void {
  // Buckets are made and emptied by whichever tool is here; rclone starts faster.
  const [verb = '', ...rest] = args;
  const place = (rest.at(-1) ?? '').replace('s3://', 'R:');
  const tried = spawnSync('rclone', [verb === 'mb' ? 'mkdir' : 'purge', place], { env });
  if (tried.status !== 0) spawnSync('aws', ['--endpoint-url', server.endpoint, 's3', ...args], { env });
}

function print(name: string, figures: ReadonlyMap<Tool, readonly Figures[]>): void {
  console.log(name);
  const rows = [...figures].map(([tool, all]) => ({
    tool: tool.name,
    seconds: median(all.map((one) => one.seconds)),
    cpu: median(all.map((one) => one.cpu)),
    peak: median(all.map((one) => one.peakMB)),
    /** Against ours, run by run. */
    ratio: median(all.map((one, i) => ([...figures.values()][0]?.[i]?.seconds ?? Number.NaN) / one.seconds)),
  }));
  for (const row of rows)
    console.log(
      `  ${row.tool.padEnd(14)}${row.seconds.toFixed(2).padStart(8)} s${row.cpu.toFixed(2).padStart(9)} s cpu${row.peak.toFixed(0).padStart(7)} MB` +
        (row.tool === 'ours' ? '' : `   ours takes ${row.ratio.toFixed(2)} of it`),
    );
  console.log();
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
