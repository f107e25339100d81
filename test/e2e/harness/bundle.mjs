// Bundling shared by the runners in this folder.
import { mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import * as esbuild from 'esbuild';
import { globSync } from '../../tools/glob.mjs';

export const root = path.dirname(path.dirname(path.dirname(path.dirname(fileURLToPath(import.meta.url)))));

/** Bundles `contents` (TypeScript, its imports relative to test/e2e) into `file` and returns that path. Packages stay outside. */
export async function bundleText(contents, file, packages = 'external') {
  return bundle({
    stdin: { contents, resolveDir: path.join(root, 'test/e2e'), loader: 'ts' },
    outfile: file,
    packages,
  });
}

/** Bundles each of the files into `folder` and returns the bundles. */
export async function bundleFiles(files, folder) {
  await bundle({
    entryPoints: files,
    outdir: folder,
    outbase: path.join(root, 'test/e2e'),
    packages: 'external',
  });
  const base = path.join(root, 'test/e2e');
  return files.map((file) => path.join(folder, path.relative(base, file).replace(/\.ts$/, '.js')));
}

/** The test files below test/e2e/`folder`, or those of them that the arguments name. Ends the process when there are none. */
export function testFiles(folder, pattern, wanted) {
  const all = globSync(path.join(root, 'test/e2e', folder), pattern).sort();
  const files =
    wanted.length === 0
      ? all
      : all.filter((file) =>
          wanted.some((name) => path.resolve(name) === file || path.basename(file).startsWith(name)),
        );
  if (files.length === 0) {
    console.error(`No test file in test/e2e/${folder} matches ${wanted.join(', ') || String(pattern)}`);
    process.exit(1);
  }
  return files;
}

/** A folder below out/ which is removed when the process ends. */
export function outFolder(name) {
  const folder = path.join(root, 'out', `${name}-${process.pid}`);
  mkdirSync(folder, { recursive: true });
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

async function bundle(options) {
  try {
    await esbuild.build({
      absWorkingDir: root,
      bundle: true,
      platform: 'node',
      format: 'cjs',
      target: 'node20',
      external: ['vscode'],
      sourcemap: 'inline',
      mainFields: ['module', 'main'],
      define: { 'import.meta.dirname': '__dirname' },
      logLevel: 'error',
      ...options,
    });
  } catch {
    process.exit(1); // esbuild has printed what is wrong
  }
  await esbuild.stop(); // its service would keep running beside the tests
  return options.outfile;
}
