// Builds the extension for production and packs it into a .vsix, in a copy of the source tree: the dist/ of a running
// "npm run watch" stays, and two packs can run at the same time. Needs no network.
// usage: node test/tools/packExtension.mjs [file.vsix]
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { packedReadme } from './packedReadme.mjs';

const root = path.dirname(path.dirname(path.dirname(fileURLToPath(import.meta.url))));
const LEFT_OUT = new Set(['node_modules', '.git', 'out', 'dist', '.demo', '.test-data', 'test/e2e']);

/**
 * Makes the .vsix at `file` and returns its path and the output of the build (the bundle sizes). `keepBuild` keeps the copy and
 * returns its folder, the unpacked extension. Throws an Error whose message is the output of the failed step.
 * @param {{ file?: string, keepBuild?: boolean, production?: boolean }} [options]
 * @returns {Promise<{ file: string, folder: string, buildOutput: string }>}
 */
export async function packExtension(options = {}) {
  const { name, version } = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8'));
  const file = path.resolve(options.file ?? path.join(root, `${name}-${version}.vsix`));
  // Below the project, so that Node and esbuild find the packages as they do from the project itself.
  const folder = path.join(root, 'out', `pack-${process.pid}-${Math.random().toString(36).slice(2, 8)}`);
  try {
    copySources(folder);
    const readme = path.join(folder, 'README.md');
    fs.writeFileSync(readme, packedReadme(fs.readFileSync(readme, 'utf8')));
    const build = options.production === false ? ['esbuild.mjs'] : ['esbuild.mjs', '--production'];
    const buildOutput = await run('building', process.execPath, build, folder);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    const vsce = path.join(root, 'node_modules/@vscode/vsce/vsce');
    const flags = ['--no-dependencies', '--no-rewrite-relative-links', '--allow-missing-repository'];
    await run('packing', process.execPath, [vsce, 'package', ...flags, '--out', file], folder);
    return { file, folder, buildOutput };
  } finally {
    if (!options.keepBuild) fs.rmSync(folder, { recursive: true, force: true });
  }
}

function copySources(folder) {
  // Entry by entry, because a folder can't be copied into itself.
  for (const name of fs.readdirSync(root)) {
    if (LEFT_OUT.has(name) || name.endsWith('.vsix')) continue;
    fs.cpSync(path.join(root, name), path.join(folder, name), {
      recursive: true,
      filter: (source) => !LEFT_OUT.has(path.relative(root, source).split(path.sep).join('/')),
    });
  }
  fs.symlinkSync(path.join(root, 'node_modules'), path.join(folder, 'node_modules'), 'junction');
}

function run(step, program, args, cwd) {
  return new Promise((resolve, reject) => {
    const child = execFile(
      program,
      args,
      { cwd, maxBuffer: 64e6, encoding: 'utf8' },
      (error, stdout, stderr) => {
        // After esbuild's message comes the stack of the build script.
        const words = `${stdout}${stderr}`.split(/\n[^\n]*node_modules\/esbuild\/lib/)[0];
        if (error) reject(new Error(`The extension did not get past ${step}:\n${words}`));
        else resolve(stdout);
      },
    );
    child.stdin?.end(); // a question would wait forever
  });
}

if (process.argv[1] && path.resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  try {
    const packed = await packExtension({ file: process.argv[2] });
    process.stdout.write(packed.buildOutput);
    const kB = (fs.statSync(packed.file).size / 1000).toFixed(0);
    console.log(`${path.relative(process.cwd(), packed.file)}  ${kB} kB`);
  } catch (error) {
    console.error(error.message);
    process.exit(1);
  }
}
