// Bundles test/**/*.test.ts (or those under the paths given) and runs them with Node's own test runner.
// usage: node test/run.mjs [path ...] [-- node --test flags]
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import * as esbuild from 'esbuild';
import { globSync } from './tools/glob.mjs';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const split = process.argv.indexOf('--');
const wanted = process.argv
  .slice(2, split < 0 ? undefined : split)
  .map((p) => path.relative(root, path.resolve(p)));
const nodeFlags = split < 0 ? [] : process.argv.slice(split + 1);

const files = globSync(path.join(root, 'test'), /\.test\.ts$/)
  .map((file) => path.relative(root, file))
  .filter((file) => !file.startsWith(path.join('test', 'e2e') + path.sep))
  .filter((file) => wanted.length === 0 || wanted.some((w) => file === w || file.startsWith(w + path.sep)))
  .sort();
if (files.length === 0) {
  console.error(`No test file matches ${wanted.join(', ')}`);
  process.exit(1);
}

const out = path.join(root, 'out', `test-${process.pid}`);
const options = {
  absWorkingDir: root,
  entryPoints: files,
  outbase: 'test',
  outdir: out,
  bundle: true,
  platform: 'node',
  format: 'cjs',
  target: 'node20',
  packages: 'external',
  sourcemap: 'inline',
  alias: { vscode: './test/support/fakeVscode.ts' },
  define: { 'import.meta.dirname': '__dirname' },
  logLevel: 'warning',
  // The fake has only what tests reach; the rest of the editor's module is left undefined on purpose.
  logOverride: { 'import-is-undefined': 'silent' },
};
await esbuild.build(options);

const result = spawnSync(
  process.execPath,
  [
    '--enable-source-maps',
    '--test',
    // Many tests wait for other programs, so more files than cores are run at once.
    `--test-concurrency=${os.availableParallelism() + 1}`,
    ...nodeFlags,
    ...files.map((file) => path.join(out, path.relative('test', file).replace(/\.ts$/, '.js'))),
  ],
  { cwd: root, stdio: 'inherit', env: { ...process.env, CLOUD_REMOTES_ROOT: root } },
);
rmSync(out, { recursive: true, force: true });
process.exit(result.status ?? 1);
