// Bundles one TypeScript entry for Node and runs it in this process, so stdio, signals and the exit code are
// simply its own.
// usage: node test/tools/runTs.mjs <entry.ts> [arguments for the entry ...]
// The entry finds the project's root in CLOUD_REMOTES_ROOT, and its arguments in process.argv.slice(2) as usual.
import { mkdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import * as esbuild from 'esbuild';

const root = path.dirname(path.dirname(path.dirname(fileURLToPath(import.meta.url))));
const [entry, ...rest] = process.argv.slice(2);
if (entry === undefined) {
  console.error('usage: node test/tools/runTs.mjs <entry.ts> [arguments ...]');
  process.exit(2);
}
const source = path.resolve(entry);
const folder = path.join(root, 'out', 'tools');
mkdirSync(folder, { recursive: true });
// The bundle lies below the root so that external packages resolve; the process id keeps parallel runs apart.
const bundle = path.join(folder, `${path.basename(source, '.ts')}-${process.pid}.cjs`);
process.on('exit', () => rmSync(bundle, { force: true }));

try {
  await esbuild.build({
    absWorkingDir: root,
    entryPoints: [source],
    outfile: bundle,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    packages: 'external',
    sourcemap: 'inline',
    define: { 'import.meta.dirname': '__dirname' },
    logLevel: 'error',
  });
} catch {
  process.exit(1); // esbuild has printed what is wrong
}

process.env.CLOUD_REMOTES_ROOT = root;
process.argv = [process.execPath, source, ...rest];
process.setSourceMapsEnabled(true);
// Stop esbuild's service, which would otherwise keep answering (and using memory) beside a long-running server.
await esbuild.stop();
createRequire(import.meta.url)(bundle);
rmSync(bundle, { force: true }); // loaded as a whole, and a killed process could not tidy up
