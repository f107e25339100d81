// Serves the preview's page without an editor, for working on its looks: node test/tools/previewPage/serve.mjs
// Then open /?scene=small&theme=dark. Scenes: see scenes.ts. Themes: dark, light, hc.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import * as esbuild from 'esbuild';

const here = path.dirname(fileURLToPath(import.meta.url));
const root = path.resolve(here, '../../..');

/** The session imports modules of Node, and the page calls almost none of their functions. */
const withoutNode = {
  name: 'without-node',
  setup(build) {
    build.onResolve({ filter: /^node:/ }, (args) => ({ path: args.path, namespace: 'without-node' }));
    const contents = "module.exports = { sep: '/', setMaxListeners() {} };";
    build.onLoad({ filter: /./, namespace: 'without-node' }, () => ({ contents }));
  },
};

/** Builds the page and starts the server on a free port (or `port`). Resolves to its address and a way to stop it. */
export async function servePreview(port = 0) {
  const { outputFiles } = await esbuild.build({
    absWorkingDir: root,
    entryPoints: { page: 'media/planPreview/main.ts', host: 'test/tools/previewPage/host.ts' },
    outdir: '/',
    bundle: true,
    write: false,
    format: 'iife',
    target: 'es2022',
    mainFields: ['module', 'main'],
    plugins: [withoutNode],
    // The matcher of filters reads the platform.
    banner: { js: 'var process = { platform: "linux", env: {} };' },
    logLevel: 'warning',
  });
  const files = new Map(outputFiles.map((file) => [`/${path.basename(file.path)}`, file.contents]));
  for (const theme of ['dark', 'light', 'hc'])
    files.set(`/${theme}.css`, readFileSync(path.join(here, `${theme}.css`)));
  const types = { '.js': 'text/javascript', '.css': 'text/css' };
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const found = files.get(url.pathname);
    if (found) {
      response.setHeader('content-type', `${types[path.extname(url.pathname)]}; charset=utf-8`);
      response.end(found);
    } else {
      response.setHeader('content-type', 'text/html; charset=utf-8');
      response.end(html(url.searchParams.get('theme') ?? 'dark'));
    }
  });
  await new Promise((resolve) => server.listen(port, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${server.address().port}`, stop: () => server.close() };
}

// The same policy as in the editor, so that what it forbids is seen here too.
function html(theme) {
  const style = `<link rel="stylesheet" href="/${encodeURIComponent(theme)}.css"><link rel="stylesheet" href="/page.css">`;
  const policy = `default-src 'none'; script-src 'nonce-x'; style-src 'self' 'nonce-x'`;
  return `<!DOCTYPE html><html lang="en"><head><meta charset="UTF-8">
<meta http-equiv="Content-Security-Policy" content="${policy}"><meta property="csp-nonce" content="x">${style}</head>
<body data-page="planPreview" class="vscode-${theme === 'hc' ? 'high-contrast' : theme}">
<script nonce="x" src="/host.js"></script><script nonce="x" src="/page.js"></script></body></html>`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { url } = await servePreview(Number(process.argv[2] ?? 0));
  console.log(`${url}/?scene=small&theme=dark`);
}
