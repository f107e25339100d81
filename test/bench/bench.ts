// Times whole processes: our engine against rclone, s5cmd, aws and s3-sync-client on one lean S3 server, and against the least that a client can do.
// usage: npm run bench [-- --quick] [--only ROW[,ROW]] [--runs 5] [--peers rclone,s5cmd] [--cpu] [--scale 0.1] [--verify] [--work DIR] [--add] [--write | --rewrite]
// Quote the ratios; single times say more about the machine than about the tools. docs/performance.md says what is measured, and how.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { runMain } from '../tools/program';
import { writeFiles } from './fileSets';
import { timed } from './measure';
import { growthChart } from './report/growthChart';
import { pageText, replacedPart, rowText } from './report/texts';
import type { BenchResult, Measured } from './results';
import { chosenRows } from './rows/rows';
import { runDrive } from './rows/runDrive';
import { runRow } from './rows/runRow';
import { BenchServer } from './server/benchServer';
import { floor } from './tools/floor';
import { ours } from './tools/ours';
import { allPeers } from './tools/peers';
import type { Bench, Tool } from './tools/tool';

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    runs: { type: 'string' },
    peers: { type: 'string' },
    scale: { type: 'string', default: '1' },
    cpu: { type: 'boolean', default: false },
    verify: { type: 'boolean', default: false },
    work: { type: 'string' },
    add: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
    rewrite: { type: 'boolean', default: false },
  },
});
const root = process.env['CLOUD_REMOTES_ROOT'] ?? process.cwd();
const saved = path.join(root, 'out', 'bench.json');
/** The type of a file system in memory on Linux (linux/magic.h). */
const tmpfs = 0x01021994;
const quickRowMs = 10_000;
const driveFiles = 2000;

runMain(async () => {
  if (values.rewrite) return writePage(savedResult());
  const work = values.work
    ? path.resolve(values.work)
    : mkdtempSync(path.join(os.tmpdir(), 'cloud-remotes-bench-'));
  mkdirSync(work, { recursive: true });
  if (!values.work) process.once('exit', () => rmSync(work, { recursive: true, force: true }));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
  const server = await BenchServer.start(root, work, values.verify);
  try {
    const result = await measureAll({ root, work, endpoint: server.endpoint }, server);
    if (values.write) writePage(result);
    return result.rows.some(({ tools }) => tools.some(({ role, problem }) => role === 'ours' && problem))
      ? 1
      : 0;
  } finally {
    server.stop();
  }
});

async function measureAll(bench: Bench, server: BenchServer): Promise<BenchResult> {
  const named = values.only === '' ? [] : values.only.split(',');
  const scale = Number(values.scale);
  const rows = chosenRows(values.cpu ? ['up'] : named, values.quick, scale);
  const runs = Number(values.runs ?? (values.quick ? 3 : 5));
  const { cold, warm } = ours(bench);
  // aws and s3-sync-client need most of the time, and are the best peer nowhere.
  const fewer = values.cpu ? ['rclone'] : values.quick ? ['rclone', 's5cmd'] : undefined;
  const wanted = values.peers?.split(',') ?? fewer;
  const peers = allPeers(bench).filter(({ program }) => wanted?.includes(program) ?? true);
  const tools = [cold, warm, ...peers.flatMap((peer) => peer.tools), floor(bench)];
  const versions = peers.map(({ program, version }) =>
    version ? `${program} ${version}` : `${program} is missing, so nothing is compared with it`,
  );
  const result: BenchResult = {
    date: new Date().toISOString(),
    machine: machineText(bench.work),
    versions: [
      ...new Set([
        ...(values.add ? savedResult().versions : []),
        ...versions,
        `Node.js ${process.versions.node}`,
      ]),
    ],
    idleMB: await idlePeak(cold, bench.work, server),
    rows: [],
  };
  console.log(`${result.versions.join('; ')}\n${result.machine}; ${runs} runs in turn; medians.\n`);
  if (values.add) result.rows.push(...savedResult().rows);
  // The last change of the engine: commits of the bench alone get other names before they are on main.
  const asked = spawnSync('git', ['log', '-1', '--format=%h', '--', 'src'], { cwd: root, encoding: 'utf8' });
  const commit = asked.stdout.trim();
  const command = commandText(process.argv.slice(2));
  const add = (...measured: Measured[]) => {
    for (const part of measured) {
      const row = { ...part, commit, command };
      const before = result.rows.findIndex(({ id }) => id === row.id);
      if (before < 0) result.rows.push(row);
      else result.rows[before] = row;
      console.log(rowText(row, result));
    }
    mkdirSync(path.dirname(saved), { recursive: true });
    writeFileSync(saved, JSON.stringify(result, undefined, 1));
  };
  const budget = values.quick ? quickRowMs : Number.POSITIVE_INFINITY;
  const settings = { server, work: bench.work, runs, budget, tools, verify: values.verify, progress };
  for (const row of rows) add(await runRow(row, settings));
  const withDrive = named.length > 0 ? named.includes('drive') : !values.quick && !values.cpu;
  if (withDrive)
    add(...(await runDrive(bench, { count: Math.ceil(driveFiles * scale), size: 4096 }, runs, progress)));
  return result;
}

/** The command that measures the same again; where its files are is no matter. */
function commandText(given: readonly string[]): string {
  const words = given.filter((word, i) => word !== '--work' && given[i - 1] !== '--work');
  return ['npm run bench', ...(words.length > 0 ? ['--', ...words] : [])].join(' ');
}

function savedResult(): BenchResult {
  return JSON.parse(readFileSync(saved, 'utf8'));
}

function progress(text: string): void {
  if (process.stderr.isTTY || process.env['BENCH_PROGRESS']) process.stderr.write(`${text}\n`);
}

/** The peak memory of our engine when there is next to nothing to do, in MB. */
async function idlePeak(tool: Tool, work: string, server: BenchServer): Promise<number> {
  const folder = path.join(work, 'sets', 'idle');
  writeFiles(folder, { count: 1, size: 20 });
  await server.create('bench-idle');
  const command = tool.sync('up', { folder }, { bucket: 'bench-idle' });
  return command ? (await timed(command.words, command.env)).peakMB : Number.NaN;
}

function machineText(work: string): string {
  const cpus = os.cpus();
  const memory = Math.round(os.totalmem() / 2 ** 30);
  const disk = statfsSync(work).type === tmpfs ? ', files in memory (tmpfs)' : '';
  return `${cpus.length} × ${cpus[0]?.model.trim() ?? 'unknown processor'}, ${memory} GiB of memory, ${os.type()} ${os.release()}${disk}`;
}

function writePage(result: BenchResult): void {
  const page = path.join(root, 'docs', 'performance.md');
  writeFileSync(page, replacedPart(readFileSync(page, 'utf8'), pageText(result)));
  const chart = growthChart(result);
  if (chart) writeFileSync(path.join(root, 'docs', 'images', 'performance-growth.svg'), chart);
}
