import { spawn, spawnSync } from 'node:child_process';
import { closeSync, existsSync, openSync } from 'node:fs';
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
  return bundle(root, 'test/tools/engine.ts', path.join(folder, 'engine.cjs'));
}

/** Bundles a program of the project into `file`, and returns that. Throws when the build fails. */
export function bundle(root: string, entry: string, file: string): string {
  const built = spawnSync(process.execPath, ['test/tools/bundleProgram.mjs', entry, file], {
    cwd: root,
    stdio: 'inherit',
  });
  if (built.status !== 0) throw new Error(`${entry} could not be built.`);
  return file;
}

const gnuTime = '/usr/bin/time';

/**
 * Runs a command to its end. Its output goes to the file `output`, if that is given. Throws an Error with the end of its messages when the
 * command fails.
 */
export async function timed(command: readonly string[], env: Environment, output?: string): Promise<Figures> {
  const line = existsSync(gnuTime) ? [gnuTime, '-f', '%U %S %M', ...command] : command;
  const out = output === undefined ? undefined : openSync(output, 'w');
  const start = process.hrtime.bigint();
  const child = spawn(line[0] ?? '', line.slice(1), { env, stdio: ['ignore', out ?? 'ignore', 'pipe'] });
  let errors = '';
  child.stderr?.on('data', (chunk) => {
    errors = (errors + chunk).slice(-2000);
  });
  const status = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  const seconds = Number(process.hrtime.bigint() - start) / 1e9;
  if (out !== undefined) closeSync(out);
  if (status !== 0) throw new Error(`${command.slice(0, 5).join(' ')} ended with ${status}: ${errors}`);
  const [, user = Number.NaN, system = Number.NaN, peakKB = Number.NaN] = (
    /([\d.]+) ([\d.]+) (\d+)\s*$/.exec(errors) ?? []
  ).map(Number);
  return { seconds, cpu: user + system, peakMB: peakKB / 1024 };
}
