// Brings what the demo and the editor tests need into place, using nothing but Node and npm. Quick when all is there.
// usage: node test/e2e/install.mjs [--root] [folder ...]     (folders: test/e2e by default; --root: the project's own packages too)
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const editorFolder = path.dirname(fileURLToPath(import.meta.url));
const root = path.dirname(path.dirname(editorFolder));

/** Runs `npm ci` where the installed packages are missing or are not those of the lock file. Throws when it fails. */
export function installPackages(folder) {
  const lock = readFileSync(path.join(folder, 'package-lock.json'), 'utf8');
  const stamp = path.join(folder, 'node_modules', '.installed-lock');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return;
  // Someone who just ran npm install has what the changed lock says: reinstalling would pull it from under what runs.
  if (!sameAsInstalled(folder, lock)) {
    console.log(`Installing the packages of ${path.relative(root, folder) || 'the project'} (npm ci)`);
    run('npm', ['ci'], folder);
  }
  writeFileSync(stamp, lock);
}

/** Installs the editor in `folder` and makes it ready to run. Throws when it fails. */
export function installEditor(folder = editorFolder) {
  installPackages(folder);
  run(process.execPath, [path.join(editorFolder, 'setup.mjs'), folder], folder);
}

/** Installs the project's own packages. Throws when it fails. */
export function installProject() {
  installPackages(root);
}

/** Whether a plain `npm ci` or `npm install` by hand already brought exactly what the lock file says. */
function sameAsInstalled(folder, lock) {
  const record = path.join(folder, 'node_modules', '.package-lock.json');
  if (!existsSync(record)) return false;
  const installed = JSON.parse(readFileSync(record, 'utf8')).packages;
  return Object.entries(JSON.parse(lock).packages).every(
    ([name, wanted]) =>
      name === '' || installed[name]?.version === wanted.version || (wanted.optional && !installed[name]),
  );
}

function run(program, args, cwd) {
  const done = spawnSync(program, args, {
    cwd,
    stdio: 'inherit',
    // Started from an npm script, npm would otherwise pass that script's own settings on.
    env: Object.fromEntries(
      Object.entries(process.env).filter(([name]) => !/^npm_(config|package)_/i.test(name)),
    ),
    shell: process.platform === 'win32' && program === 'npm',
  });
  if (done.status !== 0) throw new Error(`"${program} ${args.join(' ')}" failed in ${folder(cwd)}`);
}

function folder(cwd) {
  return path.relative(root, cwd) || 'the project folder';
}

if (process.argv[1] && path.resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const args = process.argv.slice(2);
  try {
    if (args.includes('--root')) installProject();
    const folders = args.filter((arg) => arg !== '--root');
    for (const each of folders.length > 0 ? folders : [editorFolder]) installEditor(path.resolve(each));
  } catch (error) {
    console.error(error.message);
    process.exit(1);
  }
}
