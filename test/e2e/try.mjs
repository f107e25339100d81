// Tries something in the real editor by hand: see README.md in this folder.
// usage: node test/e2e/try.mjs [script.ts | script.mjs] [--stay]
import { mkdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import * as esbuild from 'esbuild';
import { installEditor } from './install.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const root = path.dirname(path.dirname(here));
const args = process.argv.slice(2);
const script = args.find((arg) => !arg.startsWith('--'));
const stay = args.includes('--stay') || script === undefined;

installEditor();
const folder = path.join(root, 'out', 'tools');
mkdirSync(folder, { recursive: true });
const bundle = path.join(folder, `try-${process.pid}.cjs`);
process.on('exit', () => rmSync(bundle, { force: true }));
const name = script === undefined ? 'try' : path.basename(script).replace(/\.\w+$/, '');
const load = script === undefined ? '{}' : `require(${JSON.stringify(path.resolve(script))})`;
await esbuild.build({
  absWorkingDir: root,
  stdin: {
    contents: `import { tryOut } from './harness/tryOut';
      tryOut(${load}, ${JSON.stringify(name)}, ${stay}).then(
        () => process.exit(),
        (error) => { console.error(error.message); process.exit(1); },
      );`,
    resolveDir: here,
    loader: 'ts',
  },
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
await esbuild.stop();
process.env['CLOUD_REMOTES_ROOT'] = root;
process.setSourceMapsEnabled(true);
createRequire(import.meta.url)(bundle);
