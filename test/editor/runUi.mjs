// Runs test/editor/ui/*.spec.ts: what a person does in the window of a real editor. One file, and so one editor, at a time.
// usage: node test/editor/runUi.mjs [file or start of a file's name ...] [-- flags for node --test]
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import process from 'node:process';
import { packExtension } from '../tools/packExtension.mjs';
import { bundleFiles, outFolder, root, testFiles } from './harness/bundle.mjs';
import { installEditor } from './install.mjs';

const args = process.argv.slice(2);
const split = args.indexOf('--');
const wanted = args.slice(0, split < 0 ? undefined : split);
const flags = split < 0 ? [] : args.slice(split + 1);
// Specs that take minutes or write into the tree run only when they are named.
const files = testFiles('ui', /\.spec\.ts$/, wanted).filter(
  (file) => wanted.length > 0 || !/\.(scale|images)\.spec\.ts$/.test(file),
);
installEditor();
const folder = outFolder('ui');
let vsix;
try {
  vsix =
    process.env['CLOUD_REMOTES_VSIX'] ??
    (await packExtension({ file: path.join(folder, 'extension.vsix') })).file;
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
const bundles = await bundleFiles(files, folder);
const counts = process.env['CLOUD_REMOTES_COUNTS'];
const reporters = ['--test-reporter=spec', '--test-reporter-destination=stdout'];
if (counts !== undefined) {
  reporters.push(
    `--test-reporter=${path.join(root, 'test/tools/countingReporter.mjs')}`,
    `--test-reporter-destination=${counts}`,
  );
}
const done = spawnSync(
  process.execPath,
  ['--enable-source-maps', '--test', '--test-concurrency=1', ...reporters, ...flags, ...bundles],
  {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, CLOUD_REMOTES_ROOT: root, CLOUD_REMOTES_VSIX: vsix },
  },
);
process.exit(done.status ?? 1);
