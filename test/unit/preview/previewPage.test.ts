import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';

const root = process.env['CLOUD_REMOTES_ROOT'] ?? process.cwd();

test('The page of the preview can be served without an editor', async () => {
  const tool = pathToFileURL(path.join(root, 'test/tools/previewPage/serve.mjs'));
  const { url, stop } = await (await import(tool.href)).servePreview();
  for (const file of ['page.js', 'host.js', 'page.css', 'dark.css'])
    assert.match((await fetch(`${url}/${file}`)).headers.get('content-type') ?? '', /javascript|css/, file);
  stop();
});
