import type { Writable } from '../../src/base/writable';
import type { Place, PlanEndpoint } from '../../src/plan/model/plan';
import { type PlanOptions, parsePlanOptions } from '../../src/plan/model/planOptions';
import type { Capabilities, NameRules } from '../../src/remote/capabilities';
import type { UnsupportedEntry, UnsupportedReason } from '../../src/remote/entry';
import type { Instant } from '../../src/remote/modifiedTime';
import { parseAddress } from '../../src/remote/remoteAddress';
import { RemoteError, type RemoteErrorKind } from '../../src/remote/remoteError';
import {
  baseName,
  joinPath,
  parentPath,
  parsePath,
  type RemotePath,
  rootPath,
} from '../../src/remote/remotePath';
import { type FakeFile, type FakeOptions, type FakeRemote, fakeRemote } from './fakeRemote';

/** A sync as a fixture tells it. */
export interface GivenSync {
  readonly source: PlanEndpoint & { readonly remote: FakeRemote };
  readonly target: PlanEndpoint & { readonly remote: FakeRemote };
  readonly options: PlanOptions;
}

type SideName = 'source' | 'target';
interface DraftSide {
  place: Place;
  root: RemotePath;
  options: Writable<FakeOptions>;
  capabilities: Writable<Partial<Capabilities>>;
  names: Writable<NameRules>;
  files: FakeFile[];
  unusable: UnsupportedEntry[];
  fails: Record<string, RemoteError>;
}

/**
 * Reads the fixture language, one thing a line; words are separated by spaces, a word with spaces or odd
 * characters is a JSON string, `#` begins a comment:
 *
 *     source is /w                         a folder of this machine (the default: /source)
 *     target is photos:bucket/site         a remote (the default: store:bucket)
 *     target is photos:b like folder       a remote with real folders; also `like store`
 *     target ignores case | unicode        forbids windows | posix, keeps no times, keeps 1000000000 (ns), holds 100 (bytes),
 *                                          walks (no listRecursive), sets no times, copies nothing (within it), is missing
 *     source fails list a/b forbidden      an operation on a path fails: list, listRecursive, stat, read
 *     options {"compare":"aws"}            JSON of PlanOptions
 *     source a/b.txt 3 @10                 a file of 3 bytes, modified 10 s after an arbitrary day; also "text" instead of a size
 *     target a/b.txt 3 @10 server@20       LastModified; class=GLACIER readonly=why md5=none
 *     source unusable "a//b" emptyPart protects=a/b
 *
 * Without `@` a file has no modified time of its own; without `server@` a store's file was put there at 1000.
 */
export function givenSync(text: string): GivenSync {
  const sides: Record<SideName, DraftSide> = { source: draft('/source'), target: draft('store:bucket') };
  let options: unknown = {};
  for (const line of text.split('\n')) {
    const trimmed = line.trim();
    if (trimmed === '' || trimmed.startsWith('#')) continue;
    if (trimmed.startsWith('options ')) {
      options = JSON.parse(trimmed.slice('options '.length));
      continue;
    }
    const [name, ...words] = wordsOf(trimmed);
    if (name !== 'source' && name !== 'target') throw new Error(`The fixture says "${line}".`);
    if (!tell(sides[name], words)) throw new Error(`The fixture says "${line}".`);
  }
  return { source: open(sides.source), target: open(sides.target), options: parsePlanOptions(options) };
}

function draft(where: string): DraftSide {
  return {
    ...placeFrom(where),
    capabilities: {},
    names: { caseSensitive: true, foldsUnicode: false, forbids: 'nothing' },
    files: [],
    unusable: [],
    fails: {},
  };
}

function placeFrom(where: string): { place: Place; root: RemotePath; options: Writable<FakeOptions> } {
  if (where.startsWith('/'))
    return { place: { kind: 'folder', path: where }, root: rootPath, options: { like: 'folder' } };
  const address = parseAddress(where);
  return { place: { kind: 'remote', ...address }, root: address.path, options: { like: 'store' } };
}

function open(side: DraftSide): PlanEndpoint & { readonly remote: FakeRemote } {
  return {
    place: side.place,
    root: side.root,
    remote: fakeRemote({
      ...side.options,
      capabilities: { ...side.capabilities, names: side.names },
      files: side.files,
      unusable: side.unusable,
      fails: side.fails,
    }),
  };
}

function tell(side: DraftSide, words: readonly string[]): boolean {
  const [first = '', second = '', third = ''] = words;
  switch (`${first} ${second}`) {
    case 'is missing':
      side.options.missing = true;
      return true;
    case 'ignores case':
      side.names.caseSensitive = false;
      return true;
    case 'ignores unicode':
      side.names.foldsUnicode = true;
      return true;
    case 'keeps no':
      side.capabilities.timePrecisionNs = 'none';
      return true;
    case 'sets no':
      side.options.setsTime = false;
      return true;
    case 'copies nothing':
      side.options.copiesWithin = false;
      return true;
  }
  switch (first) {
    case 'is':
      Object.assign(side, placeFrom(second));
      if (third === 'like') side.options.like = words[3] === 'folder' ? 'folder' : 'store';
      return true;
    case 'forbids':
      side.names.forbids = second as NameRules['forbids'];
      return true;
    case 'keeps':
      side.capabilities.timePrecisionNs = Number(second);
      return true;
    case 'holds':
      side.capabilities.maxFileSize = Number(second);
      return true;
    case 'walks':
      side.options.walksOnly = true;
      return true;
    case 'fails':
      side.fails[`${second}:${joinPath(side.root, third === '.' ? '' : third)}`] = new RemoteError(
        (words[3] ?? 'other') as RemoteErrorKind,
        `"${third}" failed.`,
      );
      return true;
    case 'unusable':
      side.unusable.push(unusable(side, second, words.slice(2)));
      return true;
    default:
      side.files.push(file(side, first, second, words.slice(2)));
      return true;
  }
}

/** A store spells it by its whole key, a folder by its name in the folder that it lies in. */
function unusable(side: DraftSide, path: string, facts: readonly string[]): UnsupportedEntry {
  const [reason = 'unreadable', ...more] = facts;
  const protects = more.find((fact) => fact.startsWith('protects='))?.slice('protects='.length);
  const rest = {
    reason: reason as UnsupportedReason,
    ...(protects !== undefined && { protects: joinPath(side.root, protects) }),
  };
  if (side.options.like === 'store') {
    const inBucket = side.root.includes('/') ? `${side.root.slice(side.root.indexOf('/') + 1)}/` : '';
    return { kind: 'unusable', folder: side.root, name: `${inBucket}${path}`, ...rest };
  }
  const whole = joinPath(side.root, path);
  return { kind: 'unusable', folder: parentPath(whole), name: baseName(whole), ...rest };
}

function file(side: DraftSide, path: string, content: string, facts: readonly string[]): FakeFile {
  const made: Writable<FakeFile> = {
    path: joinPath(side.root, parsePath(path)),
    content: /^\d+$/.test(content) ? 'x'.repeat(Number(content)) : content,
  };
  if (side.options.like === 'store') made.serverModified = at('1000');
  for (const fact of facts) {
    const [, name = '', value = ''] = /^(server@|@|\w+=)(.*)$/.exec(fact) ?? [];
    if (name === '@') made.modified = at(value);
    else if (name === 'server@') made.serverModified = at(value);
    else if (name === 'class=') made.storageClass = value;
    else if (name === 'readonly=') made.readonly = value;
    else if (name === 'md5=') made.md5 = value === 'none' ? null : value;
    else throw new Error(`A file of the fixture has the fact "${fact}".`);
  }
  return made;
}

/** Seconds, with a fraction, after 2026-01-01T00:00:00Z. */
export function at(text: string): Instant {
  const [whole = '0', fraction = ''] = text.split('.');
  return { s: 1_767_225_600 + Number(whole), ns: Number(fraction.padEnd(9, '0')) };
}

function wordsOf(line: string): string[] {
  const words: string[] = [];
  for (const match of line.matchAll(/"(?:[^"\\]|\\.)*"|[^\s"]+/g)) {
    if (match[0] === '#') break;
    words.push(match[0].startsWith('"') ? (JSON.parse(match[0]) as string) : match[0]);
  }
  return words;
}
