// Bundles a program of the project for the bench, as the extension is bundled: minified, with the AWS SDK in a file of its own.
// usage: node test/tools/bundleProgram.mjs ENTRY FILE
import path from 'node:path';
import process from 'node:process';
import * as esbuild from 'esbuild';
import { awsSdkApart } from './awsSdkApart.mjs';

const [entry, file] = process.argv.slice(2);
const folder = path.dirname(file);
const common = {
  bundle: true,
  platform: 'node',
  format: 'cjs',
  minify: true,
  mainFields: ['module', 'main'],
  define: { 'import.meta.dirname': '__dirname' },
  logLevel: 'error',
};
const bundled = await esbuild.build({
  ...common,
  entryPoints: [entry],
  outfile: file,
  plugins: [awsSdkApart],
  metafile: true,
});
const needsSdk = Object.values(bundled.metafile.outputs).some(({ imports }) =>
  imports.some(({ path: name }) => name === './awsSdk.js'),
);
if (needsSdk)
  await esbuild.build({
    ...common,
    entryPoints: ['src/backends/s3/awsSdk.ts'],
    outfile: path.join(folder, 'awsSdk.js'),
  });
