import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';
import { after, describe, it } from 'node:test';
import type { Browser } from 'playwright-core';
import { launchChromium } from '../../harness/chromium';
import { projectRoot } from '../../harness/projectRoot';
import { EditorWindow } from '../../harness/window/editorWindow';
import { eventually } from '../../harness/window/eventually';

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
    const address = await eventually(() => {
      const found = /http:\/\/127\.0\.0\.1:\d+\/\?folder=\S+/.exec(output)?.[0];
      if (found === undefined) throw new Error(`npm start did not get ready:\n${output}`);
      return found;
    }, 120_000);
    browser = await launchChromium();
    const context = await browser.newContext({ viewport: { width: 1400, height: 900 } });
    const window = new EditorWindow(await context.newPage(), context, address);
    await window.reload();
    await window.showRemotes();
    await window.tree.expand('demo', 'photos', '2025', 'Reykjavík');
    await window.click(window.tree.label('notes.txt'), window.editors.tab('notes.txt'));
    await window.editors.shows(/Six pictures from 2025\/Reykjavík/);
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
