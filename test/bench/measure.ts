import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** The cost of one process. CPU time and memory are NaN without GNU time. */
export interface Figures {
  readonly seconds: number;
  /** CPU seconds, user and system. */
  readonly cpu: number;
  readonly peakMB: number;
}

export type Environment = Record<string, string | undefined>;

/** Bundles the engine as the extension is bundled. Returns the file, in `folder`. Throws when the build fails. */
export function buildEngine(root: string, folder: string): string {
  const engine = path.join(folder, 'engine.cjs');
  const built = spawnSync(
    path.join(root, 'node_modules/.bin/esbuild'),
    [
      'test/tools/engine.ts',
      '--bundle',
      '--platform=node',
      '--format=cjs',
      '--minify',
      '--main-fields=module,main',
      '--define:import.meta.dirname=__dirname',
      `--outfile=${engine}`,
      '--log-level=error',
    ],
    { cwd: root, stdio: 'inherit' },
  );
  if (built.status !== 0) throw new Error('The engine could not be built.');
  return engine;
}

/** Makes `folder` with `count` files, 50 to a folder below it, unless it exists. Returns `folder`. */
export function makeFiles(folder: string, count: number, content: (i: number) => string | Buffer): string {
  if (existsSync(folder)) return folder;
  for (let i = 0; i < count; i++) {
    const below = path.join(folder, `d${i % Math.ceil(count / 50)}`);
    mkdirSync(below, { recursive: true });
    const file = path.join(below, `f${i}.txt`);
    writeFileSync(file, content(i));
    utimesSync(file, 1_700_000_000 + i, 1_700_000_000 + i);
  }
  return folder;
}

const gnuTime = '/usr/bin/time';

/** Runs a command to its end beside this process, which may be its server. Throws when the command fails. */
export async function timed(command: readonly string[], env: Environment): Promise<Figures> {
  const line = existsSync(gnuTime) ? [gnuTime, '-f', '%U %S %M', ...command] : command;
  const start = process.hrtime.bigint();
  const child = spawn(line[0] ?? '', line.slice(1), { env, stdio: ['ignore', 'ignore', 'pipe'] });
  let errors = '';
  child.stderr.on('data', (chunk) => {
    errors = (errors + chunk).slice(-2000);
  });
  const status = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  const seconds = Number(process.hrtime.bigint() - start) / 1e9;
  if (status !== 0) throw new Error(`${command.slice(0, 5).join(' ')} ended with ${status}: ${errors}`);
  const [, user = Number.NaN, system = Number.NaN, peakKB = Number.NaN] = (
    /([\d.]+) ([\d.]+) (\d+)\s*$/.exec(errors) ?? []
  ).map(Number);
  return { seconds, cpu: user + system, peakMB: peakKB / 1024 };
}

export function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
