import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';
import { after, describe, it } from 'node:test';
import type { Browser } from 'playwright-core';
import { launchChromium } from '../harness/chromium';
import { EditorWindow } from '../harness/editorWindow';
import { projectRoot } from '../harness/projectRoot';

describe('npm start', () => {
  let child: ChildProcess | undefined;
  let browser: Browser | undefined;
  let output = '';
  after(async () => {
    await browser?.close();
    child?.kill('SIGKILL');
  });

  it('prints an address where the demo remote can be browsed', { timeout: 180_000 }, async () => {
    const started = spawn(process.execPath, [path.join(projectRoot, 'test/demo/start.mjs'), '--port', '0'], {
      cwd: projectRoot,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child = started;
    started.stdout.on('data', (chunk) => {
      output += chunk;
    });
    started.stderr.on('data', (chunk) => {
      output += chunk;
    });
    const address = await until(
      () => /http:\/\/127\.0\.0\.1:\d+\/\?folder=\S+/.exec(output)?.[0],
      () => output,
    );
    browser = await launchChromium();
    const context = await browser.newContext({ viewport: { width: 1400, height: 900 } });
    const window = new EditorWindow(await context.newPage(), context, address);
    await window.reload();
    await window.showRemotes();
    await window.expand('demo', 'photos', '2025', 'Reykjavík');
    await window.treeLabel('notes.txt').click();
    assert.match(await window.editorText(), /Six pictures from 2025\/Reykjavík/);
  });

  it('Ctrl-C stops everything that it started', { timeout: 60_000 }, async () => {
    await browser?.close();
    assert.ok(child?.pid);
    const s3 = /S3 server: (\S+)/.exec(output)?.[1] ?? '';
    const editor = /http:\/\/127\.0\.0\.1:\d+/.exec(output)?.[0] ?? '';
    const ended = new Promise<number | null>((resolve) => child?.once('exit', (code) => resolve(code)));
    child.kill('SIGINT');
    assert.equal(await ended, 0, output);
    for (const address of [s3, editor]) await assert.rejects(fetch(address), `${address} still answers`);
  });
});

async function until<T>(look: () => T | undefined, output: () => string): Promise<T> {
  const deadline = Date.now() + 120_000;
  for (;;) {
    const found = look();
    if (found !== undefined) return found;
    if (Date.now() > deadline) throw new Error(`npm start did not get ready:\n${output()}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
