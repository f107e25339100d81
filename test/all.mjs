// Runs every check and test: types, lint, unit and integration tests, and the real editor. From a fresh clone it first
// installs what is missing. The last line is "N passed, N failed", with ", N skipped" when something could not run here.
// usage: node test/all.mjs
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { findChromium, getChromium } from './e2e/getChromium.mjs';
import { installEditor, installProject } from './e2e/install.mjs';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const STAGE_MINUTES = 15;
const none = { passed: 0, failed: 0, skipped: 0 };
const total = { ...none };
const summary = [];
const failures = [];

const out = path.join(root, 'out');
mkdirSync(out, { recursive: true });
rmSync(path.join(out, 'editor-failures'), { recursive: true, force: true });

install();
check('types', 'node_modules/typescript/bin/tsc', ['--noEmit']);
check('lint', 'node_modules/@biomejs/biome/bin/biome', ['check', '.']);
const counting = path.join(root, 'test/tools/countingReporter.mjs');
const unitCounts = path.join(out, `counts-${process.pid}-unit.json`);
tests('unit and integration tests', unitCounts, [
  'test/run.mjs',
  '--',
  '--test-reporter=spec',
  '--test-reporter-destination=stdout',
  `--test-reporter=${counting}`,
  `--test-reporter-destination=${unitCounts}`,
]);
const editorStages = [
  ['inside the extension host', 'test/e2e/runApi.mjs', []],
  ['inside the oldest supported editor', 'test/e2e/runApi.mjs', ['--editor', 'test/e2e/oldest']],
  ['in the window of the real editor', 'test/e2e/runUi.mjs', []],
];
const chromium = findChromium() ?? getChromium();
for (const [name, script, args] of editorStages) {
  if (chromium.path === undefined) skip(name, chromium.reason);
  else tests(name, path.join(out, `counts-${process.pid}-editor.json`), [script, ...args]);
}

console.log(`\n${'─'.repeat(60)}`);
for (const failure of failures) console.log(`FAILED: ${failure}\n`);
for (const line of summary) console.log(line);
console.log(inWords(total));
process.exit(total.failed > 0 || total.passed === 0 ? 1 : 0);

function install() {
  headline('installing what is missing');
  try {
    installProject();
    installEditor();
    installEditor(path.join(root, 'test/e2e/oldest'));
  } catch (error) {
    console.error(error.message);
    console.log('0 passed, 1 failed');
    process.exit(1);
  }
}

/** A stage without tests counts as one test. */
function check(name, program, args) {
  headline(name);
  const done = run([program, ...args], {});
  add(name, { ...none, [done.ok ? 'passed' : 'failed']: 1 }, done.why);
}

/** A stage whose runner writes its counts to `file`. A missing file and an empty count are failures: tests that don't run prove nothing. */
function tests(name, file, args) {
  headline(name);
  rmSync(file, { force: true });
  const done = run(args, { CLOUD_REMOTES_COUNTS: file });
  const counts = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8') || 'null') : undefined;
  rmSync(file, { force: true });
  failures.push(...(counts?.failures ?? []));
  if (!counts) add(name, { ...none, failed: 1 }, done.why ?? 'it wrote no results');
  else if (counts.passed + counts.failed === 0) add(name, { ...counts, failed: 1 }, 'no test ran');
  else if (!done.ok && counts.failed === 0) add(name, { ...counts, failed: 1 }, done.why);
  else add(name, counts, undefined);
}

function skip(name, reason) {
  headline(name);
  console.log(`SKIPPED: ${reason}`);
  add(name, { ...none, skipped: 1 }, reason);
}

function run(args, env) {
  const done = spawnSync(process.execPath, args, {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, ...env },
    timeout: STAGE_MINUTES * 60_000,
  });
  if (done.status === 0) return { ok: true };
  const late = done.error?.code === 'ETIMEDOUT';
  return {
    ok: false,
    why: late ? `not done after ${STAGE_MINUTES} minutes` : `ended with ${done.status ?? done.signal}`,
  };
}

function add(name, counts, why) {
  for (const key of Object.keys(total)) total[key] += counts[key];
  summary.push(`${name.padEnd(38)} ${inWords(counts)}${why === undefined ? '' : ` (${why})`}`);
}

function inWords({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}

function headline(name) {
  console.log(`\n── ${name} ${'─'.repeat(Math.max(0, 56 - name.length))}`);
}
