// Runs test/e2e/ui/*.spec.ts: what a person does in the window of a real editor. One file, and so one editor, at a time.
// usage: node test/e2e/runUi.mjs [file or start of a file's name ...] [-- flags for node --test]
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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
const runs = bundles.map((bundle) => runSpec(bundle));
const total = { passed: 0, failed: 0, skipped: 0 };
for (const { counts } of runs) for (const key of Object.keys(total)) total[key] += counts[key];
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
const counted = process.env['CLOUD_REMOTES_COUNTS'];
const failures = runs.flatMap(({ counts }) => counts.failures ?? []);
if (counted !== undefined) writeFileSync(counted, JSON.stringify({ ...total, failures }));
process.exit(runs.every(({ status }) => status === 0) ? 0 : 1);

/** Runs one bundled spec. A spec that ends without counts counts as a failure. */
function runSpec(bundle) {
  const counting = path.join(folder, 'counts.json');
  rmSync(counting, { force: true });
  const done = spawnSync(
    process.execPath,
    [
      '--enable-source-maps',
      '--test',
      '--test-reporter=spec',
      '--test-reporter-destination=stdout',
      `--test-reporter=${path.join(root, 'test/tools/countingReporter.mjs')}`,
      `--test-reporter-destination=${counting}`,
      ...flags,
      bundle,
    ],
    {
      cwd: root,
      stdio: 'inherit',
      env: { ...process.env, CLOUD_REMOTES_ROOT: root, CLOUD_REMOTES_VSIX: vsix },
    },
  );
  const text = existsSync(counting) ? readFileSync(counting, 'utf8') : '';
  const counts = text === '' ? { passed: 0, failed: 1, skipped: 0 } : JSON.parse(text);
  return { status: done.status ?? 1, counts };
}
