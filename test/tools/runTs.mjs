// Bundles one TypeScript entry for Node and runs it in this process, with the stdio, signals and exit code of this process.
// Caches the bundle in out/tools until one of its inputs changes.
// usage: node test/tools/runTs.mjs <entry.ts> [arguments for the entry ...]
// The entry finds the project's root in CLOUD_REMOTES_ROOT, and its arguments in process.argv.slice(2).
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
/** Below the root, so that external packages resolve. */
const folder = path.join(root, 'out', 'tools');
const name = path.basename(source, '.ts');
const record = path.join(folder, `${name}.inputs.json`);
/** Another process may still load an old bundle. */
const keptMs = 3_600_000;

/** Packages are external, except the AWS SDK and its dependencies. */
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

const bundle = cachedBundle() ?? (await build());
process.env.CLOUD_REMOTES_ROOT = root;
process.argv = [process.execPath, source, ...rest];
process.setSourceMapsEnabled(true);
createRequire(import.meta.url)(bundle);

/** The bundle of the last run, unless the bundle is gone or an input has changed. */
function cachedBundle() {
  try {
    const { source: of, inputs, bundle } = JSON.parse(readFileSync(record, 'utf8'));
    if (of !== source || !statSync(bundle).isFile()) return undefined;
    return inputs.every(([file, mark]) => markOf(file) === mark) ? bundle : undefined;
  } catch {
    return undefined; // no record, a broken record, or a missing input
  }
}

/** Differs after a write to the file or its replacement. */
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
      // As the extension does: the SDK's ES modules are smaller than its CommonJS, and load faster.
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
  // esbuild's service would use memory beside a long-running server.
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

/** Records the inputs of the bundle; not when one changed meanwhile, because the bundle may have either content. */
function keepRecord(bundle, modules, started) {
  const own = [path.relative(root, script), 'package.json', 'package-lock.json', 'tsconfig.json'];
  const files = [...modules, ...own];
  if (files.some((file) => statSync(path.join(root, file)).ctimeMs >= started - 50)) return;
  const inputs = files.map((file) => [file, markOf(file)]);
  writeWhole(record, JSON.stringify({ source, bundle, inputs }));
}

/** Other processes see the whole old file or the whole new file. */
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
