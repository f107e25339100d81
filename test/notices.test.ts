import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';

const root = process.env['CLOUD_REMOTES_ROOT'] ?? process.cwd();

interface Notices {
  noticesOf(folders: readonly string[], kept?: string): string;
  bundledPackages(metafiles: readonly object[], base: string): string[];
}

describe('the notices of bundled packages', () => {
  const scratch = mkdtempSync(path.join(os.tmpdir(), 'cloud-remotes-notices-'));
  const kept = path.join(scratch, 'kept');
  let notices: Notices;

  before(async () => {
    mkdirSync(kept);
    notices = await import(pathToFileURL(path.join(root, 'licences/notices.mjs')).href);
  });
  after(() => rmSync(scratch, { recursive: true, force: true }));

  function makePackage(name: string, files: Record<string, string>, manifest: object = {}): string {
    const folder = path.join(scratch, name);
    const all = {
      ...files,
      'package.json': JSON.stringify({ name, version: '1.2.3', license: 'MIT', ...manifest }),
    };
    for (const [file, text] of Object.entries(all)) {
      mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
      writeFileSync(path.join(folder, file), text);
    }
    return folder;
  }

  /** The notices for packages in these folders. */
  const noticesOf = (...folders: string[]) => notices.noticesOf(folders, kept);

  for (const file of 'LICENSE LICENSE-MIT license.md Licence.txt LICENSE.APACHE2 COPYING COPYING.LESSER UNLICENSE LICENSES/0BSD.txt'.split(
    ' ',
  ))
    it(`take the text of a licence in ${file}`, () => {
      const name = `in-${file.replace(/\W/g, '-')}`.toLowerCase();
      assert.match(
        noticesOf(makePackage(name, { [file]: `text of ${file}` })),
        new RegExp(`text of ${file}`),
      );
    });

  for (const file of ['NOTICE', 'NOTICES', 'notice.txt', 'ThirdPartyNotices.txt', 'CopyrightNotice.txt'])
    it(`take the text of ${file} beside the licence`, () => {
      const folder = makePackage(`with-${file}`.toLowerCase(), { LICENSE: 'the licence', [file]: 'others' });
      assert.match(noticesOf(folder), /the licence[\s\S]*others/);
    });

  it('take all of several licences', () => {
    const folder = makePackage('several', { 'LICENSE-MIT': 'one', 'LICENSE-APACHE': 'two' });
    assert.match(noticesOf(folder), /two[\s\S]*one/);
  });

  it('follow SEE LICENSE IN', () => {
    const files = { 'legal.txt': 'the legal text' };
    assert.match(
      noticesOf(makePackage('see', files, { license: 'SEE LICENSE IN legal.txt' })),
      /the legal text/,
    );
  });

  for (const [what, files] of [
    ['no file', {}],
    ['a notice only', { NOTICE: 'made by us' }],
    ['an empty licence', { LICENSE: '\n' }],
    ['code of that name', { 'license.js': 'exports.license = 1' }],
  ] as const)
    it(`fail for a package that has ${what}, and name the package`, () => {
      const folder = makePackage(`bare-${what.replaceAll(' ', '-')}`, files);
      assert.throws(() => noticesOf(folder), /bare-[\w-]+ 1\.2\.3 \(MIT\) has no licence file/);
    });

  it('lend the text of a package of the same repository and licence, however its address is spelled', () => {
    const repository = 'git+https://github.com/Some/Thing.git';
    const owner = makePackage('owner', { LICENSE: 'shared text' }, { repository });
    const url = 'https://github.com/some/thing';
    const bare = makePackage('borrower', {}, { repository: { type: 'git', url } });
    const other = makePackage('stranger', {}, { license: 'ISC', repository: { url: 'github:some/thing' } });
    assert.match(noticesOf(owner, bare), /owner 1\.2\.3\nborrower 1\.2\.3\n\nshared text/);
    assert.throws(() => noticesOf(owner, other), /stranger/);
  });

  it('take the text that is kept here for a repository whose packages have none', () => {
    writeFileSync(path.join(kept, 'some+where.txt'), 'kept text');
    const folder = makePackage('textless', {}, { repository: { url: 'git@github.com:some/where.git' } });
    assert.match(noticesOf(folder), /textless 1\.2\.3\n\nkept text/);
  });

  it('count the packages of every output, also nested ones, but none that gave no bytes', () => {
    const metafile = (inputs: Record<string, number>) => {
      const sizes = Object.entries(inputs).map(([file, bytesInOutput]) => [file, { bytesInOutput }]);
      return { outputs: { out: { inputs: Object.fromEntries(sizes) } } };
    };
    const found = notices.bundledPackages(
      [
        metafile({ 'node_modules/a/index.js': 1, 'node_modules/unused/index.js': 0, 'src/x.ts': 5 }),
        metafile({ 'node_modules/@b/c/node_modules/d/index.css': 1, '../up/node_modules/@e/f/x.js': 2 }),
      ],
      '/base/project',
    );
    const expected = ['node_modules/@b/c/node_modules/d', 'node_modules/a', '../up/node_modules/@e/f'];
    assert.deepEqual(found, expected.map((folder) => path.resolve('/base/project', folder)).sort());
  });
});
