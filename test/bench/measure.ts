import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** What one whole process took. */
export interface Figures {
  readonly seconds: number;
  /** Processor seconds, user and system. */
  readonly cpu: number;
  readonly peakMB: number;
}

export type Environment = Record<string, string | undefined>;

/** Bundles the engine as the extension is bundled. Returns the file, in `folder`. Throws when it can't be built. */
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
  if (built.status !== 0) throw new Error('the engine could not be built');
  return engine;
}

/** Runs a command to its end; `folder` takes what it measures. Throws when it fails. */
export function timed(command: readonly string[], env: Environment, folder: string): Figures {
  const measured = existsSync('/usr/bin/time');
  const report = path.join(folder, 'time.txt');
  const line = measured ? ['/usr/bin/time', '-o', report, '-f', '%e %U %S %M', ...command] : [...command];
  const start = process.hrtime.bigint();
  const result = spawnSync(line[0] ?? '', line.slice(1), { env, encoding: 'utf8', maxBuffer: 1 << 28 });
  const wall = Number(process.hrtime.bigint() - start) / 1e9;
  if (result.status !== 0)
    throw new Error(
      `${command.slice(0, 5).join(' ')} ended with ${result.status}: ${result.stderr.slice(-2000)}`,
    );
  if (!measured) return { seconds: wall, cpu: Number.NaN, peakMB: Number.NaN };
  const [, user = 0, system = 0, peak = 0] = (readFileSync(report, 'utf8').trim().split('\n').at(-1) ?? '')
    .split(' ')
    .map(Number);
  return { seconds: wall, cpu: user + system, peakMB: peak / 1024 };
}

/** Milliseconds between two looks at how much memory a process has taken at most. */
const lookMs = 50;

/**
 * Runs a command to its end beside this process, which may be the server that it talks to. Peak memory as Linux tells it; elsewhere it is
 * not known. Throws when the command fails.
 */
export async function timedBeside(
  command: readonly string[],
  env: Environment,
): Promise<Omit<Figures, 'cpu'>> {
  const start = process.hrtime.bigint();
  const child = spawn(command[0] ?? '', command.slice(1), { env, stdio: ['ignore', 'ignore', 'pipe'] });
  let peakMB = Number.NaN;
  const look = setInterval(() => {
    try {
      const [, kilobytes] = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8')) ?? [];
      if (kilobytes !== undefined) peakMB = Number(kilobytes) / 1024;
    } catch {
      // It has ended, or this is no Linux.
    }
  }, lookMs);
  let errors = '';
  child.stderr.on('data', (chunk) => {
    errors = (errors + chunk).slice(-2000);
  });
  const status = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  }).finally(() => clearInterval(look));
  const seconds = Number(process.hrtime.bigint() - start) / 1e9;
  if (status !== 0) throw new Error(`${command.slice(0, 5).join(' ')} ended with ${status}: ${errors}`);
  return { seconds, peakMB };
}

export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
