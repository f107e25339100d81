import type { PlanOptions } from '../../../src/plan/model/planOptions';
import { type Random, random } from '../../support/random';

export type Tool = 'aws' | 'rclone';
export type SideKind = 'disk' | 'store';

/** A file, link or object below a side's root. */
export interface TreeItem {
  /** Relative to the root; for a store the rest of the key, which need not be a path. */
  readonly path: string;
  readonly content: string;
  /** Nanoseconds since 1970; on a disk a multiple of 1/64 s, which can be set exactly. */
  readonly modified: bigint;
  /** A link to this path instead of a file; only on a disk. */
  readonly link?: string;
  /** Only of a store. */
  readonly object?: {
    /** `LastModified`, milliseconds since 1970. */
    readonly stored: number;
    /** The text of `x-amz-meta-mtime`. */
    readonly mtime?: string;
    /** An ETag that is no MD5, as a multipart upload leaves it. */
    readonly multipart: boolean;
    /** Whether `x-amz-meta-md5chksum` holds the MD5. */
    readonly md5: boolean;
  };
}

export interface Tree {
  readonly kind: SideKind;
  readonly items: readonly TreeItem[];
}

/** Two trees, and the command of the real tool. */
export interface Case {
  readonly seed: number;
  readonly tool: Tool;
  /** For aws always `sync`. */
  readonly command: 'sync' | 'copy' | 'move' | 'check';
  readonly flags: readonly string[];
  /** Files that flags name: the content by the name in the working folder. */
  readonly files: Readonly<Record<string, string>>;
  readonly source: Tree;
  readonly target: Tree;
}

/** A case with the options that we read from its command line. */
export interface ReadCase extends Case {
  readonly options: PlanOptions;
}

/** The case of a seed; the same on every machine. Even seeds are for aws, odd ones for rclone. */
export function caseOf(seed: number): Case {
  const by = random(seed * 7919 + 13);
  const tool: Tool = seed % 2 === 0 ? 'aws' : 'rclone';
  const [up, down] = [['disk', 'store'] as const, ['store', 'disk'] as const];
  const between = ['store', 'store'] as const;
  const [from, to] = by.pick<readonly [SideKind, SideKind]>(
    tool === 'aws' ? [up, down, between] : [up, up, down, down, between, ['disk', 'disk']],
  );
  const command = tool === 'aws' ? awsCommand(by, from) : rcloneCommand(by, from, to);
  const { windowMs, ...line } = command;
  return { seed, tool, ...line, ...trees(by, tool, from, to, windowMs) };
}

// --- Flags ---

interface Command extends Pick<Case, 'command' | 'flags' | 'files'> {
  /** The flag --modify-window, for times near its edge. */
  readonly windowMs?: number;
}

const awsPatterns = '*,*.txt,*.txt,d/*,a,a*,?,[ab]*,[!a]*,d/?.txt,*b,*/x*,d,d/,é*,*~*,* *,R*,[[]z]'.split(
  ',',
);
/** The real tool joins these patterns to the roots of both sides, with odd results (A16, H3). */
const awsOddPatterns = ['./a', './d/*', '/a*', '/*'];

function awsCommand(by: Random, from: SideKind): Command {
  const flags: string[] = [];
  if (by.chance(0.6)) flags.push('--delete');
  const [exact, sizeOnly] = [by.chance(0.3), by.chance(0.15)];
  if (sizeOnly) flags.push('--size-only');
  if (exact) flags.push('--exact-timestamps');
  if (sizeOnly && exact && by.chance(0.5)) flags.reverse();
  if (by.chance(0.4))
    for (let i = 1 + by.whole(3); i > 0; i--) {
      const pattern = by.pick(by.chance(0.06) ? awsOddPatterns : awsPatterns);
      flags.push(by.chance(0.4) ? '--include' : '--exclude', pattern);
    }
  if (from === 'disk' && by.chance(0.3)) flags.push('--no-follow-symlinks');
  return { command: 'sync', flags, files: {} };
}

const rclonePatterns = [
  ...'*.txt *.txt /a a d/** d/ **/x.txt {a,b} [a-c]* [^a]* * ** a* /d/*.txt é* \\[z\\]'.split(' '),
  ...'{{.*\\.log}} d/*/x* ? /d/**/y.log *~ a/b /* e/'.split(' '),
];

function rcloneCommand(by: Random, from: SideKind, to: SideKind): Command {
  const chosen = by.pick(['sync', 'sync', 'sync', 'sync', 'sync', 'copy', 'move', 'check'] as const);
  // Between two disks a dry run of a move reports only the whole folder.
  const command = chosen === 'move' && from === 'disk' && to === 'disk' ? 'copy' : chosen;
  const flags: string[] = [];
  let files: Readonly<Record<string, string>> = {};
  let windowMs: number | undefined;
  const also = (share: number, ...words: string[]) => {
    if (by.chance(share)) flags.push(...words);
  };
  flags.push(...by.pick([[], [], [], ['--checksum'], ['--size-only']]));
  const deletes = by.pick(['after', 'after', 'during', 'before'] as const);
  if (command === 'sync' && deletes !== 'after') flags.push(`--delete-${deletes}`);
  if (command === 'check') also(0.5, '--one-way');
  else {
    also(0.07, '--ignore-existing');
    also(0.07, '--ignore-times');
    also(0.3, '--update');
    also(0.07, '--ignore-size');
    also(0.06, '--immutable');
    also(0.08, '--no-update-modtime');
    also(0.12, '--use-server-modtime');
    if (by.chance(0.2)) {
      const [text, ms] = by.pick([
        ['1ms', 1],
        ['1s', 1000],
        ['2s', 2000],
        ['1h', 3_600_000],
      ] as const);
      flags.push('--modify-window', text);
      windowMs = ms;
    }
  }
  if (command === 'sync') {
    also(0.12, '--max-delete', String(by.whole(4)));
    // rclone can't track renames with deletes before the copies.
    if (deletes !== 'before' && by.chance(0.2)) {
      flags.push('--track-renames');
      also(0.5, '--track-renames-strategy', 'modtime');
    }
  }
  if (by.chance(0.06)) {
    files = { 'names.txt': listOf(by, () => by.pick([...names, 'nowhere', '/a', 'd/']), 1) };
    flags.push('--files-from', 'names.txt');
    if (command === 'sync') also(0.3, '--delete-excluded');
  } else {
    const filtered = filtersOfRclone(by);
    files = filtered.files;
    flags.push(...filtered.flags);
    const excludesMore = command === 'sync' && filtered.flags.length > 0 && by.chance(0.3);
    if (excludesMore) flags.push('--delete-excluded');
    else also(0.06, '--max-depth', by.pick(['1', '2']));
    if (by.chance(0.1)) flags.push(by.pick(['--min-size', '--max-size']), `${by.pick([0, 1, 2, 5])}B`);
    if (by.chance(0.08)) flags.push(by.pick(['--min-age', '--max-age']), by.pick(['1d', '30d', '52w', '3y']));
  }
  also(0.3, '--copy-links');
  return { command, flags, files, ...(windowMs !== undefined && { windowMs }) };
}

/** Filters of one kind, as people use them, or of several kinds and from files. */
function filtersOfRclone(by: Random): Pick<Command, 'flags' | 'files'> {
  if (!by.chance(0.5)) return { flags: [], files: {} };
  const flags: string[] = [];
  const files: Record<string, string> = {};
  const all = ['filter', 'include', 'exclude', 'filter-from', 'include-from', 'exclude-from'] as const;
  const one = by.pick(all);
  const mixed = by.chance(0.35);
  for (let i = 1 + by.whole(3); i > 0; i--) {
    const kind = mixed ? by.pick(all) : one;
    const rule = () => {
      const pattern = by.pick(rclonePatterns);
      if (!kind.startsWith('filter')) return pattern;
      return by.chance(0.05) ? '!' : `${by.chance(0.5) ? '+' : '-'} ${pattern}`;
    };
    if (!kind.endsWith('-from')) flags.push(`--${kind}`, rule());
    else {
      const file = `rules${i}.txt`;
      files[file] = listOf(by, rule);
      flags.push(`--${kind}`, file);
    }
  }
  return { flags, files };
}

/** A file of some lines, with blank lines, comments and both kinds of line ends. */
function listOf(by: Random, line: () => string, least = 0): string {
  const lines: string[] = [];
  for (let i = least + by.whole(4); i > 0; i--) {
    lines.push(by.chance(0.15) ? `  ${line()}\t` : line());
    if (by.chance(0.2)) lines.push(by.pick(['', '# a comment', '; another', '   ']));
  }
  const end = by.pick(['\n', '\n', '\r\n']);
  return lines.join(end) + (by.chance(0.7) ? end : '');
}

// --- Trees ---

const nfd = (text: string) => text.normalize('NFD');

const names = [
  ...'a,b,a/b,a-b,a.b,a~,a b,a0,x.txt,y.log,d/x.txt,d/y.log,d/e/x.txt,d/e/z,d e/f.txt,d-e/f.txt'.split(','),
  ...['d.e', 'd', 'é.txt', nfd('é.txt'), 'é/ü.txt', nfd('é/ü.txt'), 'Read', 'read', 'd/Read'],
  ...['～wide.txt', '😀.txt', '[z]', '+%.txt', "it's", 'dot.', '.hidden', '.d/f', 'e/a/b', 'e/a-b'],
];
const oddKeys = ['a//b', './x.txt', '../x.txt', 'd/../b', '/a', 'd/./x.txt', 'd//', '.', 'e/..'];

const contents = ['', 'x', 'y', 'hello', 'hallo', 'hello world', 'longer than the others by far'];

const second = 1_000_000_000n;
/** A part of a second that is whole microseconds and that a double of seconds holds exactly. */
const step = second / 64n;
/** 2026-01-05: before any run of these tests, and more than a year after the oldest files. */
const epoch = 1_767_600_000n * second;

function trees(
  by: Random,
  tool: Tool,
  from: SideKind,
  to: SideKind,
  windowMs: number | undefined,
): Pick<Case, 'source' | 'target'> {
  const source: TreeItem[] = [];
  const target: TreeItem[] = [];
  const chosen = new Set<string>();
  for (let count = 3 + by.whole(12); count > 0; count--) chosen.add(by.pick(names));
  const emptySource = by.chance(0.03);
  for (const name of chosen) {
    const where = by.whole(20);
    const content = by.pick(contents);
    const modified =
      epoch -
      BigInt(by.pick([0, 0, 0, 60, 86_400, 400 * 86_400])) * second +
      BigInt(by.pick([0, 0, 1, 32, 63])) * step;
    if (where < 15 && !emptySource) source.push(item(by, tool, from, name, content, modified));
    if (where < 9 || where >= 15) {
      const other = by.whole(20);
      const there = other < 12 ? content : other < 17 ? content.replace(/./g, 'z') : by.pick(contents);
      const later = windowMs !== undefined && by.chance(0.5) ? atWindow(by, windowMs) : anyLater(by);
      target.push(item(by, tool, to, name, there, modified + later));
    }
  }
  // Files with another name on the other side, for renames.
  for (let count = by.pick([0, 0, 1, 2]); count > 0 && !emptySource; count--) {
    const content = by.pick(contents);
    const modified = epoch + BigInt(by.whole(3)) * second;
    source.push(item(by, tool, from, by.pick(['new/x.txt', 'new/n1', 'n2']), content, modified));
    target.push(item(by, tool, to, by.pick(['old/x.txt', 'old/n1', 'o2']), content, modified));
  }
  if (from === 'disk' && by.chance(0.15)) source.push(...links(by, source));
  for (const [kind, items] of [
    [from, source],
    [to, target],
  ] as const) {
    if (kind === 'disk') continue;
    if (by.chance(0.2)) items.push(item(by, tool, kind, by.pick(['d/', 'e/', 'empty/', 'a/']), '', epoch));
    if (by.chance(0.03)) items.push(item(by, tool, kind, by.pick(['d/', 'full/']), 'not empty', epoch));
    if (by.chance(0.08)) items.push(item(by, tool, kind, by.pick(oddKeys), by.pick(contents), epoch));
  }
  return {
    source: { kind: from, items: possible(from, source) },
    target: { kind: to, items: possible(to, target) },
  };
}

/** Nanoseconds by which the target's time is later. */
function anyLater(by: Random): bigint {
  const fraction = by.pick([
    0, 0, 0, 0, 0, 1, -1, 1000, -1000, 1_000_000, -1_000_000, 15_625_000, -15_625_000,
  ]);
  return BigInt(fraction) + second * BigInt(by.pick([0, 0, 0, 0, 1, -1, 2, -2, 3600, -3600, -400 * 86_400]));
}

/** Exactly the window, which is a difference, or one nanosecond less. */
function atWindow(by: Random, windowMs: number): bigint {
  return by.pick([1n, -1n]) * (BigInt(windowMs) * 1_000_000n - by.pick([0n, 1n]));
}

function item(by: Random, tool: Tool, kind: SideKind, path: string, content: string, ns: bigint): TreeItem {
  if (kind === 'disk') return { path, content, modified: (ns / step) * step };
  const apart = by.pick([0, 0, 0, 1, -1, 3600, -3600]) * 1000;
  const fraction = tool === 'aws' ? by.pick([0, 0, 0, 0, 1, 500, 999]) : 0;
  const stored = Number(ns / second) * 1000 + apart + fraction;
  const mtime = tool === 'aws' || by.chance(0.12) ? undefined : by.chance(0.03) ? 'tomorrow' : rcloneTime(ns);
  const multipart = by.chance(0.15);
  const md5 = multipart && by.chance(0.5);
  return {
    path,
    content,
    modified: ns,
    object: { stored, ...(mtime !== undefined && { mtime }), multipart, md5 },
  };
}

/** Decimal seconds, as rclone writes them (R2). */
function rcloneTime(ns: bigint): string {
  const fraction = String(ns % second).padStart(9, '0');
  return `${ns / second}.${fraction}`.replace(/\.?0+$/, '');
}

function links(by: Random, items: readonly TreeItem[]): TreeItem[] {
  const modified = epoch;
  const file = items.find((candidate) => !candidate.path.includes('/'));
  return by.pick<TreeItem[]>([
    [{ path: by.pick(['link', 'b', 'x.txt']), content: '', modified, link: 'nowhere' }],
    file ? [{ path: 'link', content: '', modified, link: file.path }] : [],
    items.some(({ path }) => path.startsWith('d/'))
      ? [{ path: 'linked', content: '', modified, link: 'd' }]
      : [],
  ]);
}

/** The items that a side can hold: no name twice, and on a disk no file with the name of a folder. The first item is kept. */
function possible(kind: SideKind, items: readonly TreeItem[]): TreeItem[] {
  const kept: TreeItem[] = [];
  const isAbove = (a: TreeItem, b: TreeItem) => kind === 'disk' && b.path.startsWith(`${a.path}/`);
  for (const one of items)
    if (!kept.some((other) => other.path === one.path || isAbove(one, other) || isAbove(other, one)))
      kept.push(one);
  return kept;
}
