import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { promisify } from 'node:util';

const root = process.env['CLOUD_REMOTES_ROOT'] ?? process.cwd();
const run = promisify(execFile);

test('a run uses the sources as they are now, also after an earlier bundle', async (t) => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'cloud-remotes-run-'));
  const name = path.basename(folder);
  const tools = path.join(root, 'out', 'tools');
  t.after(() => {
    rmSync(folder, { recursive: true, force: true });
    for (const made of readdirSync(tools)) if (made.startsWith(name)) rmSync(path.join(tools, made));
  });
  const entry = path.join(folder, `${name}.ts`);
  const word = path.join(folder, 'word.ts');
  const say = (text: string) => {
    writeFileSync(word, `export const word: string = '${text}';\n`);
    utimesSync(word, 1_600_000_000, 1_600_000_000);
  };
  writeFileSync(entry, "import { word } from './word';\nconsole.log(word, ...process.argv.slice(2));\n");
  const output = async () =>
    (await run(process.execPath, [path.join(root, 'test/tools/runTs.mjs'), entry, 'x'])).stdout.trim();
  const bundles = () => readdirSync(tools).filter((made) => made.startsWith(name) && made.endsWith('.cjs'));

  say('one');
  // A file that changed a moment ago isn't recorded, because it might change again within a tick of the clock.
  await new Promise((resolve) => setTimeout(resolve, 100));
  assert.deepEqual(await Promise.all([output(), output()]), ['one x', 'one x']);
  const [bundle = ''] = bundles();
  const { mtimeMs } = statSync(path.join(tools, bundle));
  assert.equal(await output(), 'one x');
  assert.equal(statSync(path.join(tools, bundle)).mtimeMs, mtimeMs, 'the second run built nothing');

  say('two'); // as long, and with the same modified time
  assert.equal(await output(), 'two x');
  rmSync(word);
  await assert.rejects(output(), /word/);
});
