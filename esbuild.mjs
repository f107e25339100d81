// Builds the extension, which is also its worker, and the webview into dist/. Flags: --watch, --production.
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import * as esbuild from 'esbuild';
import { bundledPackages, noticesOf } from './licences/notices.mjs';
import { awsSdkApart } from './test/tools/awsSdkApart.mjs';

const root = path.dirname(fileURLToPath(import.meta.url));
const watch = process.argv.includes('--watch');
const production = process.argv.includes('--production');

const common = {
  absWorkingDir: root,
  bundle: true,
  minify: production,
  sourcemap: production ? false : 'linked',
  metafile: true,
  logLevel: 'warning',
  // The SDK's ES modules shake down to a third of its CommonJS.
  mainFields: ['module', 'main'],
};

const builds = [
  {
    ...common,
    entryPoints: { extension: 'src/main.ts', awsSdk: 'src/backends/s3/awsSdk.ts' },
    outdir: 'dist',
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    external: ['vscode'],
    plugins: [awsSdkApart],
  },
  {
    ...common,
    entryPoints: { planPreview: 'media/planPreview/main.ts' },
    outdir: 'dist/media',
    platform: 'browser',
    format: 'iife',
    target: 'es2022',
  },
];

function printSizes(result) {
  for (const file of Object.keys(result.metafile.outputs)) {
    if (!/\.(js|css)$/.test(file)) continue;
    const bytes = readFileSync(path.join(root, file));
    const kB = (n) => `${(n / 1000).toFixed(0)} kB`.padStart(8);
    console.log(`${file.padEnd(28)}${kB(bytes.length)}  gzip ${kB(gzipSync(bytes).length)}`);
  }
}

if (watch) {
  for (const build of builds) await (await esbuild.context({ ...build, logLevel: 'info' })).watch();
} else {
  rmSync(path.join(root, 'dist'), { recursive: true, force: true });
  const results = await Promise.all(builds.map((build) => esbuild.build(build)));
  for (const result of results) printSizes(result);
  if (production) {
    const metafiles = results.map((result) => result.metafile);
    writeFileSync(path.join(root, 'dist/ThirdPartyNotices.txt'), noticesOf(bundledPackages(metafiles, root)));
    // What the bundles are made of, for tests; it is not packed.
    writeFileSync(path.join(root, 'dist/metafiles.json'), JSON.stringify(metafiles));
  }
}
