// Makes the editor in node_modules ready to run: its own dependencies, its two native modules, and less ballast.
// Done once per install (a stamp inside node_modules tells); afterwards it returns at once. An install that was made ready when fewer
// extensions were kept gets those that it lacks, and nothing else in it is touched: others may be running it.
// usage: node setup.mjs [folder with package.json and node_modules]
import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = path.resolve(process.argv[2] ?? path.dirname(fileURLToPath(import.meta.url)));
const editor = path.join(folder, 'node_modules/code-server/lib/vscode');
const stamp = path.join(editor, '.ready');

/** What the demo and the tests need of the built-in extensions; the rest only costs start-up time and disk. */
const KEPT_EXTENSIONS = new Set([
  'configuration-editing',
  'css',
  'diff',
  'html',
  'ini',
  'javascript',
  'json',
  'json-language-features',
  'markdown-basics',
  'media-preview', // pictures
  'package.json',
  'theme-defaults',
  'theme-seti',
  'typescript-basics',
  'xml',
  'yaml',
]);
/** Large parts of the editor that nothing here reaches. */
const DROPPED_MODULES = ['@github', '@microsoft/mxc-sdk', '@devcontainers'];

const kept = [...KEPT_EXTENSIONS].join('\n');

if (!existsSync(stamp)) {
  if (!existsSync(editor)) {
    console.error(`There is no editor in ${folder}: run "npm ci" there first.`);
    process.exit(1);
  }
  prepare();
} else if (readFileSync(stamp, 'utf8') !== kept) {
  restore();
  writeFileSync(stamp, kept);
}

/** Takes the extensions that were dropped before they were wanted from the editor's package, which npm has in its cache. */
function restore() {
  const extensions = path.join(editor, 'extensions');
  const missing = [...KEPT_EXTENSIONS].filter((name) => !existsSync(path.join(extensions, name)));
  if (missing.length === 0) return;
  console.log(`Restoring extensions of the editor: ${missing.join(', ')}`);
  const { version } = JSON.parse(
    readFileSync(path.join(folder, 'node_modules/code-server/package.json'), 'utf8'),
  );
  const inside = 'package/lib/vscode/extensions';
  const unpacked = mkdtempSync(path.join(os.tmpdir(), 'cloud-remotes-editor-'));
  try {
    const run = (program, ...args) =>
      execFileSync(program, args, {
        cwd: unpacked,
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'inherit'],
        shell: process.platform === 'win32' && program === 'npm',
      });
    const archive = run('npm', 'pack', `code-server@${version}`, '--prefer-offline', '--silent').trim();
    // Not all of these are in every editor.
    const all = new Set(
      run('tar', '-tzf', archive)
        .split(/\r?\n/)
        .map((name) => name.split('/')[4]),
    );
    const there = missing.filter((name) => all.has(name));
    if (there.length > 0) run('tar', '-xzf', archive, ...there.map((name) => `${inside}/${name}`));
    for (const name of there) {
      // In one step, for whoever runs this editor now.
      const beside = path.join(editor, `.${name}-${process.pid}`);
      cpSync(path.join(unpacked, inside, name), beside, { recursive: true });
      if (existsSync(path.join(extensions, name))) rmSync(beside, { recursive: true });
      else renameSync(beside, path.join(extensions, name));
    }
  } finally {
    rmSync(unpacked, { recursive: true, force: true });
  }
}

function prepare() {
  const nodeFolder = path.join(
    folder,
    'node_modules',
    `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`,
  );
  const ownNode = existsSync(nodeFolder);
  const env = { ...process.env };
  if (ownNode) {
    // The platform package holds Node's headers too, so compiling downloads nothing.
    env['npm_config_nodedir'] = nodeFolder;
    env['PATH'] = path.join(nodeFolder, 'bin') + path.delimiter + process.env['PATH'];
  }
  const npm = (...args) =>
    execFileSync('npm', [...args, '--loglevel=error'], {
      cwd: editor,
      env,
      stdio: ['ignore', 'ignore', 'pipe'],
      shell: process.platform === 'win32',
    });

  console.log('Preparing the editor: its dependencies (once, about half a minute)');
  // Not "npm ci": the shrinkwrap shipped with code-server lacks an entry, and ci refuses it.
  try {
    npm('install', '--omit=dev', '--ignore-scripts', '--no-fund', '--no-audit');
  } catch (error) {
    console.error(String(error.stderr ?? error));
    console.error("The editor's dependencies could not be installed.");
    process.exit(1);
  }
  // Without these two the editor only loses its log files, so a machine without a compiler is no obstacle.
  const native = ['@vscode/spdlog', '@vscode/native-watchdog', 'native-watchdog'].filter((name) =>
    existsSync(path.join(editor, 'node_modules', name)),
  );
  try {
    npm('rebuild', '--ignore-scripts=false', ...native);
  } catch {
    console.log(`No compiler for ${native.join(' and ')}: the editor runs without its log files.`);
  }
  const extensions = path.join(editor, 'extensions');
  for (const name of readdirSync(extensions)) {
    if (!KEPT_EXTENSIONS.has(name)) rmSync(path.join(extensions, name), { recursive: true, force: true });
  }
  for (const name of DROPPED_MODULES) {
    rmSync(path.join(editor, 'node_modules', name), { recursive: true, force: true });
  }
  writeFileSync(stamp, kept);
}
