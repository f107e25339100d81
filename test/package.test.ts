import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import { defaultPlanOptions } from '../src/plan/model/planOptions';
import { parsePath } from '../src/remote/remotePath';
import { startS3Server } from './servers/s3/s3Server';
import { homeOf, hostFor } from './support/engineThread';
import { calm } from './support/remoteCalls';
import { unzip } from './tools/zip';

const root = process.env['CLOUD_REMOTES_ROOT'] ?? process.cwd();

/** All files that a user installs. Add a new file on purpose only. */
const EXPECTED = [
  '[Content_Types].xml',
  'extension.vsixmanifest',
  'extension/LICENSE.txt',
  'extension/changelog.md',
  'extension/dist/ThirdPartyNotices.txt',
  'extension/dist/awsSdk.js',
  'extension/dist/extension.js',
  'extension/dist/media/planPreview.css',
  'extension/dist/media/planPreview.js',
  'extension/media/icons/cloudRemotes.png',
  'extension/media/icons/cloudRemotes.svg',
  'extension/media/walkthrough/add.svg',
  'extension/media/walkthrough/browse.svg',
  'extension/media/walkthrough/edit.svg',
  'extension/media/walkthrough/sync.svg',
  'extension/package.json',
  'extension/package.nls.json',
  'extension/readme.md',
];

/** A sentence of each licence's full text: MIT, Apache, 0BSD and ISC, BSD, MPL. */
const FULL_TEXT =
  /Permission is hereby granted, free of charge|TERMS AND CONDITIONS FOR USE, REPRODUCTION|Permission to use, copy, modify|Redistribution and use in source|Mozilla Public License Version/i;

describe('the packed extension', () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'cloud-remotes-pack-'));
  const file = path.join(folder, 'extension.vsix');
  let files: Map<string, Buffer>;
  /** Folders of packages. */
  let bundled: readonly string[];

  before(async () => {
    const packer = await import(pathToFileURL(path.join(root, 'test/tools/packExtension.mjs')).href);
    const packed: { readonly folder: string } = await packer.packExtension({ file, keepBuild: true });
    try {
      files = unzip(readFileSync(file));
      bundled = packagesOf(packed.folder);
    } finally {
      rmSync(packed.folder, { recursive: true, force: true });
    }
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  function text(name: string): string {
    const content = files.get(`extension/${name}`);
    assert.ok(content, `${name} is in the package`);
    return content.toString('utf8');
  }

  it('has only files that run: no source, test, map or development file', (t) => {
    assert.deepEqual([...files.keys()].sort(), EXPECTED);
    const kB = (bytes: number) => `${(bytes / 1000).toFixed(0)} kB`;
    t.diagnostic(`package ${kB(readFileSync(file).length)}`);
    for (const name of EXPECTED.filter((each) => each.includes('/dist/'))) {
      t.diagnostic(`${path.basename(name)} ${kB(files.get(name)?.length ?? 0)}`);
    }
  });

  it('keeps the AWS SDK in a file of its own, loaded on first use', () => {
    // A name in each command of the SDK, minified or not.
    const mark = 'com.amazonaws.s3';
    assert.ok(text('dist/awsSdk.js').includes(mark));
    assert.ok(!text('dist/extension.js').includes(mark));
    assert.match(text('dist/extension.js'), /import\("\.\/awsSdk\.js"\)/);
    assert.doesNotMatch(text('dist/extension.js'), /require\("\.\/awsSdk(\.js)?"\)/);
  });

  it('is the code of its worker too, where there is no editor', async () => {
    const dist = path.join(folder, 'dist');
    mkdirSync(dist);
    for (const name of ['awsSdk.js', 'extension.js'])
      writeFileSync(path.join(dist, name), text(`dist/${name}`));
    const server = await startS3Server({ buckets: ['demo'] });
    const { engine, workers, close } = homeOf(
      'in a worker',
      hostFor(server),
      path.join(dist, 'extension.js'),
    );
    try {
      writeFileSync(path.join(dist, 'a.txt'), 'from the worker');
      const plan = await engine.planSync(
        {
          source: { kind: 'folder', path: dist },
          target: { kind: 'remote', remote: 'demo', path: parsePath('demo') },
          options: { ...defaultPlanOptions, filters: [{ include: '/a.txt' }, { exclude: '*' }] },
        },
        calm,
      );
      const { totals } = await engine.runPlan(plan, calm);
      assert.deepEqual([totals.done, workers.length], [1, 1]);
      assert.equal(server.store.get('demo', 'a.txt')?.text, 'from the worker');
    } finally {
      await close();
      await server.stop();
    }
  });

  it('carries the full licence of every package that gave code to one of its bundles', () => {
    const notices = text('dist/ThirdPartyNotices.txt');
    assert.ok(bundled.length > 20, `${bundled.length} packages`);
    for (const folder of bundled) {
      const { name, version } = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8')) as {
        name: string;
        version: string;
      };
      const section = notices
        .split(`\n${'-'.repeat(80)}\n`)
        .find((part) => part.split('\n').includes(`${name} ${version}`));
      assert.ok(section, `${name} is named`);
      assert.match(section, /copyright|apache license/i, `${name} has its copyright`);
      assert.match(section, FULL_TEXT, `${name} has the text of its licence`);
    }
  });

  it('repeats the notices of packages that contain code of others', () => {
    const notices = text('dist/ThirdPartyNotices.txt');
    const toolkit = readFileSync(path.join(root, 'node_modules/@vscode/webview-ui-toolkit/NOTICES'), 'utf8');
    assert.ok(notices.includes(toolkit.trim()));
  });

  it('shows no picture that is not in it, and links to no file that is not in it', () => {
    const readme = text('readme.md');
    assert.ok(readme.includes('# Cloud Remotes') && readme.includes('**Deletes are off**'));
    for (const [, target = ''] of readme.matchAll(/\]\(([^)\s]*)/g))
      assert.match(target, /^(https:|#)/, target);
    assert.doesNotMatch(readme, /<img|!\[/);
    assert.doesNotMatch(readme, /In a light theme/);
  });

  it('reveals nothing about the machine that built it', () => {
    for (const [name, content] of files) {
      assert.ok(!content.includes(root), `${name} has the path of the project`);
      assert.doesNotMatch(content.toString('latin1'), /\/\/[#@] sourceMappingURL=/, name);
    }
  });

  it('has every file and every text that its manifest names', () => {
    const manifest = text('package.json');
    const texts = JSON.parse(text('package.nls.json')) as Record<string, unknown>;
    const named = [...manifest.matchAll(/"%([^%"]+)%"/g)].map((match) => match[1] ?? '');
    assert.ok(named.length > 0);
    for (const name of named) assert.equal(typeof texts[name], 'string', `package.nls.json lacks ${name}`);
    const { main, icon } = JSON.parse(manifest) as { main: string; icon: string };
    const icons = [...manifest.matchAll(/"(media\/[^"]+)"/g)].map((match) => match[1] ?? '');
    for (const name of [main, icon, ...icons])
      assert.ok(files.has(path.posix.join('extension', name)), `the package lacks ${name}`);
  });
});

/** The folders of the packages with code in an output of the build, by the build's metafiles. */
function packagesOf(folder: string): readonly string[] {
  const metafiles = JSON.parse(readFileSync(path.join(folder, 'dist/metafiles.json'), 'utf8')) as {
    outputs: Record<string, { inputs: Record<string, { bytesInOutput: number }> }>;
  }[];
  const inputs = metafiles
    .flatMap(({ outputs }) => Object.values(outputs))
    .flatMap(({ inputs }) =>
      Object.entries(inputs).flatMap(([input, { bytesInOutput }]) => (bytesInOutput > 0 ? [input] : [])),
    );
  const folders = inputs.flatMap((input) => {
    const parts = input.split('/');
    const at = parts.lastIndexOf('node_modules');
    if (at < 0) return [];
    return [path.resolve(folder, ...parts.slice(0, at + (parts[at + 1]?.startsWith('@') ? 3 : 2)))];
  });
  return [...new Set(folders)].sort();
}
