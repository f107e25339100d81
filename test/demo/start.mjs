// "npm start": a working editor with the extension and an S3 server full of examples, from a fresh clone.
// Only Node's built-ins until the packages are installed.
// usage: npm start -- [--port N] [--desktop]
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { installEditor, installProject } from '../e2e/install.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const args = process.argv.slice(2);

const [major] = process.versions.node.split('.');
if (Number(major) < 20) {
  console.error(`Node 20 or newer is needed; this is ${process.version}.`);
  process.exit(1);
}
try {
  installProject();
  if (!args.includes('--desktop')) installEditor();
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
// In this process, so that Ctrl-C has one place to go.
process.argv = [process.execPath, process.argv[1] ?? '', path.join(here, 'demo.ts'), ...args];
await import('../tools/runTs.mjs');
