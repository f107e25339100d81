// Runs test/e2e/api/*.test.ts inside the extension host of a real editor.
// usage: node test/e2e/runApi.mjs [--editor folder] [file or start of a file's name ...]
import { createRequire } from 'node:module';
import path from 'node:path';
import process from 'node:process';
import { bundleText, outFolder, root, testFiles } from './harness/bundle.mjs';
import { installEditor } from './install.mjs';

const args = process.argv.slice(2);
const at = args.indexOf('--editor');
const editor = at < 0 ? path.join(root, 'test/e2e') : path.resolve(args.splice(at, 2)[1]);

const files = testFiles('api', /\.test\.ts$/, args);
installEditor();
if (editor !== path.join(root, 'test/e2e')) installEditor(editor);

const folder = outFolder('api');
// Packages are bundled in: the tests' own AWS client must not be the extension's.
await bundleText(
  `${files.map((file) => `import ${JSON.stringify(file)};`).join('\n')}
   import { runTests } from './harness/inHostTests';
   export const run = () => runTests(process.env['CLOUD_REMOTES_RESULTS'] ?? '');`,
  path.join(folder, 'tests/index.js'),
  'bundle',
);
const runner = await bundleText(
  `import { runInHost } from './harness/runInHost';
   export const finished = runInHost({ editor: ${JSON.stringify(editor)}, folder: ${JSON.stringify(folder)} });`,
  path.join(folder, 'runner.cjs'),
);
process.env['CLOUD_REMOTES_ROOT'] = root;
process.setSourceMapsEnabled(true);
try {
  process.exit((await createRequire(import.meta.url)(runner).finished) ? 0 : 1);
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
