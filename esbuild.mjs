// Builds the extension and the webview into dist/. Flags: --watch, --production.
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import * as esbuild from 'esbuild';

const root = path.dirname(fileURLToPath(import.meta.url));
const watch = process.argv.includes('--watch');
const production = process.argv.includes('--production');

/** Keeps the AWS SDK in a file of its own, so that activation does not even read it. */
const awsSdkApart = {
  name: 'aws-sdk-apart',
  setup(build) {
    build.onResolve({ filter: /\/awsSdk$/ }, (args) =>
      args.kind === 'dynamic-import' ? { path: './awsSdk.js', external: true } : undefined,
    );
  },
};

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
    entryPoints: { extension: 'src/extension.ts', awsSdk: 'src/backends/s3/awsSdk.ts' },
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

/** The packages that went into the bundles, by folder. */
function bundledPackages(results) {
  const folders = new Set();
  for (const output of results.flatMap((result) => Object.values(result.metafile.outputs))) {
    for (const [file, { bytesInOutput }] of Object.entries(output.inputs)) {
      const folder = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1];
      if (folder && bytesInOutput > 0) folders.add(path.resolve(root, folder));
    }
  }
  return [...folders].sort();
}

/** Their licences ask for their text to go along; packages with the same text share it. */
function writeNotices(results) {
  const byText = new Map();
  for (const folder of bundledPackages(results)) {
    const { name, version, license } = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'));
    const file = readdirSync(folder).find((entry) => /^licen[cs]e(\.|$)/i.test(entry));
    const text =
      file === undefined ? `Licence: ${license}` : readFileSync(path.join(folder, file), 'utf8').trim();
    byText.set(text, [...(byText.get(text) ?? []), `${name} ${version}`]);
  }
  const parts = [...byText].map(([text, names]) => `${names.join('\n')}\n\n${text}\n`);
  const intro = 'Cloud Remotes contains code of the following packages.\n';
  writeFileSync(
    path.join(root, 'dist/ThirdPartyNotices.txt'),
    [intro, ...parts].join(`\n${'-'.repeat(80)}\n\n`),
  );
}

if (watch) {
  for (const build of builds) await (await esbuild.context({ ...build, logLevel: 'info' })).watch();
} else {
  rmSync(path.join(root, 'dist'), { recursive: true, force: true });
  const results = await Promise.all(builds.map((build) => esbuild.build(build)));
  for (const result of results) printSizes(result);
  if (production) writeNotices(results);
}
