// Which packages went into the bundles, and the texts that their licences ask to go along.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const ownFolder = path.dirname(fileURLToPath(import.meta.url));

const LICENCE = /^(un)?licen[cs]es?([-._ ].*)?$|^copying([-._ ].*)?$/i;
// Apache asks for NOTICE to be passed on; others keep their own packages' licences in files of such names.
const NOTICE = /^(notices?|copyright[\w-]*|third[-_ ]?party[\w-]*|patents)([-._ ].*)?$/i;
const CODE = /\.([cm]?[jt]sx?|json|map|css|html)$/i;

/**
 * The folders of the packages that gave bytes to the outputs, as absolute paths, sorted.
 * @param {readonly import('esbuild').Metafile[]} metafiles
 * @param {string} base the folder that the metafiles' paths are relative to
 * @returns {string[]}
 */
export function bundledPackages(metafiles, base) {
  const folders = new Set();
  for (const output of metafiles.flatMap((metafile) => Object.values(metafile.outputs))) {
    for (const [file, { bytesInOutput }] of Object.entries(output.inputs)) {
      const folder = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1];
      if (folder && bytesInOutput > 0) folders.add(path.resolve(base, folder));
    }
  }
  return [...folders].sort();
}

/**
 * The notices for these packages; those with the same text share it. A package without a licence file takes the text of
 * another one of its repository and licence, or the one kept here. Throws an Error that names every package without a text.
 * @param {readonly string[]} folders
 * @param {string} [kept] the folder of the texts that packages themselves lack
 * @returns {string}
 */
export function noticesOf(folders, kept = ownFolder) {
  const packages = folders.map(readPackage);
  const byText = new Map();
  const without = [];
  for (const one of packages) {
    const licences = one.licences.length > 0 ? one.licences : borrowed(one, packages, kept);
    if (licences.length === 0) {
      const file = keptFile(one, kept);
      without.push(`${one.title} (${one.licence}) has no licence file. Put its text into ${file}.`);
      continue;
    }
    const text = [...licences, ...one.notices].join('\n\n');
    byText.set(text, [...(byText.get(text) ?? []), one.title]);
  }
  if (without.length > 0) throw new Error(without.join('\n'));
  const parts = [...byText].map(([text, titles]) => `${titles.join('\n')}\n\n${text}\n`);
  const intro = 'Cloud Remotes contains code of the following packages.\n';
  return [intro, ...parts].join(`\n${'-'.repeat(80)}\n\n`);
}

function readPackage(folder) {
  const manifest = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'));
  const { name, version, license, repository } = manifest;
  const pointed = /^see licen[cs]e in (.+)$/i.exec(typeof license === 'string' ? license : '')?.[1];
  const entries = readdirSync(folder, { withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && !CODE.test(entry.name)).map(({ name }) => name);
  // REUSE keeps the texts in a folder of this name.
  if (entries.some((entry) => entry.isDirectory() && entry.name === 'LICENSES'))
    files.push(...readdirSync(path.join(folder, 'LICENSES')).map((entry) => `LICENSES/${entry}`));
  const texts = (fits) =>
    files
      .filter(fits)
      .sort()
      .map((file) => readFileSync(path.join(folder, file), 'utf8').trim())
      .filter((text) => text !== '');
  return {
    title: `${name} ${version}`,
    licence: typeof license === 'string' ? license : JSON.stringify(license),
    repository: repositoryOf(repository),
    licences: texts(
      (file) => LICENCE.test(file) || file.startsWith('LICENSES/') || file === pointed?.replace(/^\.\//, ''),
    ),
    notices: texts((file) => NOTICE.test(file)),
  };
}

/** `owner/name` in lower case, whatever the spelling of the address; undefined when there is none. */
function repositoryOf(repository) {
  const url = typeof repository === 'string' ? repository : repository?.url;
  return /([^/:]+\/[^/]+?)(\.git)?\/?$/.exec(url ?? '')?.[1]?.toLowerCase();
}

function borrowed(one, packages, kept) {
  if (one.repository === undefined) return [];
  const sibling = packages.find(
    (other) =>
      other.licences.length > 0 && other.repository === one.repository && other.licence === one.licence,
  );
  if (sibling) return sibling.licences;
  const file = keptFile(one, kept);
  return existsSync(file) ? [readFileSync(file, 'utf8').trim()] : [];
}

function keptFile({ repository, title }, kept) {
  const name = repository ?? title.replace(/ .*/, '');
  return path.join(kept, `${name.replaceAll('/', '+')}.txt`);
}
