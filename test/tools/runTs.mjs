// Bundles one TypeScript entry for Node and runs it in this process, so stdio, signals and the exit code are
// simply its own. The bundle is kept in out/tools and used again while none of its inputs has changed.
// usage: node test/tools/runTs.mjs <entry.ts> [arguments for the entry ...]
// The entry finds the project's root in CLOUD_REMOTES_ROOT, and its arguments in process.argv.slice(2) as usual.
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire, isBuiltin } from 'node:module';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const script = fileURLToPath(import.meta.url);
const root = path.dirname(path.dirname(path.dirname(script)));
const [entry, ...rest] = process.argv.slice(2);
if (entry === undefined) {
  console.error('usage: node test/tools/runTs.mjs <entry.ts> [arguments ...]');
  process.exit(2);
}
const source = path.resolve(entry);
/** The bundles lie below the root, so that packages left outside of them resolve. */
const folder = path.join(root, 'out', 'tools');
const name = path.basename(source, '.ts');
const record = path.join(folder, `${name}.inputs.json`);
/** Bundles that no record names any more may still be about to be loaded by another process. */
const keptMs = 3_600_000;

/** Packages stay outside of the bundle, except the AWS SDK and what it needs. */
const awsSdkWithin = {
  name: 'aws-sdk-within',
  setup(build) {
    build.onResolve({ filter: /^[^./]/ }, (args) => {
      if (isBuiltin(args.path) || path.isAbsolute(args.path)) return undefined;
      const within =
        args.path.startsWith('@aws-sdk/') || args.importer.includes(`${path.sep}node_modules${path.sep}`);
      return within ? undefined : { path: args.path, external: true };
    });
  },
};

const bundle = knownBundle() ?? (await build());
process.env.CLOUD_REMOTES_ROOT = root;
process.argv = [process.execPath, source, ...rest];
process.setSourceMapsEnabled(true);
createRequire(import.meta.url)(bundle);

/** The bundle of the last run, unless it has gone or an input isn't what it was. */
function knownBundle() {
  try {
    const { source: of, inputs, bundle } = JSON.parse(readFileSync(record, 'utf8'));
    if (of !== source || !statSync(bundle).isFile()) return undefined;
    return inputs.every(([file, mark]) => markOf(file) === mark) ? bundle : undefined;
  } catch {
    return undefined; // no record, a broken one, or an input that is gone: it is built again
  }
}

/** What differs once a file has been written to or replaced. */
function markOf(file) {
  const { size, mtimeNs, ctimeNs, ino } = statSync(path.join(root, file), { bigint: true });
  return `${size}-${mtimeNs}-${ctimeNs}-${ino}`;
}

async function build() {
  const started = Date.now();
  const esbuild = await import('esbuild');
  let result;
  try {
    result = await esbuild.build({
      absWorkingDir: root,
      entryPoints: [source],
      bundle: true,
      write: false,
      metafile: true,
      platform: 'node',
      format: 'cjs',
      target: 'node20',
      // As the extension does: the SDK's ES modules are a third of its CommonJS, and load in a third of the time.
      mainFields: ['module', 'main'],
      plugins: [awsSdkWithin],
      sourcemap: 'inline',
      sourcesContent: false,
      sourceRoot: root,
      define: { 'import.meta.dirname': '__dirname' },
      logLevel: 'error',
    });
  } catch (error) {
    if (!error.errors) throw error;
    process.exit(1); // esbuild has printed what is wrong
  }
  // Stop esbuild's service, which would otherwise keep answering (and using memory) beside a long-running server.
  await esbuild.stop();
  const { contents } = result.outputFiles[0];
  const hash = createHash('sha256').update(contents).digest('hex').slice(0, 16);
  const bundle = path.join(folder, `${name}-${hash}.cjs`);
  mkdirSync(folder, { recursive: true });
  writeWhole(bundle, contents);
  keepRecord(bundle, Object.keys(result.metafile.inputs), started);
  dropOld();
  return bundle;
}

/** Remembers what the bundle was made of; not when something changed meanwhile, as nobody knows then which of both is in it. */
function keepRecord(bundle, modules, started) {
  const files = [
    ...modules,
    path.relative(root, script),
    'package.json',
    'package-lock.json',
    'tsconfig.json',
  ];
  const inputs = [];
  for (const file of files) {
    const { ctimeMs } = statSync(path.join(root, file));
    if (ctimeMs >= started - 50) return;
    inputs.push([file, markOf(file)]);
  }
  writeWhole(record, JSON.stringify({ source, bundle, inputs }));
}

/** Other processes see the old file or the new one, whole. */
function writeWhole(file, contents) {
  const temporary = `${file}.${process.pid}`;
  writeFileSync(temporary, contents);
  renameSync(temporary, file);
}

function dropOld() {
  for (const old of readdirSync(folder)) {
    const file = path.join(folder, old);
    try {
      if (old.startsWith(`${name}-`) && Date.now() - statSync(file).mtimeMs > keptMs) rmSync(file);
    } catch {
      // Another process was quicker.
    }
  }
}
