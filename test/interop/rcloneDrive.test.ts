import { createHash } from 'node:crypto';
import { describe } from 'node:test';
import { type Case, random, rcloneCases } from './rcloneDriveCases';
import { useRealRclone } from './realRcloneDrive';

const tests = useRealRclone();

const md5 = (content: string): string => createHash('md5').update(content).digest('hex');
const modifiedDate = Date.parse('2021-02-03T04:05:06.789Z');
const [cut, ranges, big] = [random(200_000), random(300_000), random(30_000_000)];
const many = Object.fromEntries(Array.from({ length: 450 }, (_, i) => [`many/f${i}`, `${i}`]));
const manyNames = new RegExp(`^(f\\d+\\n){${Object.keys(many).length}}$`);
const list = { operation: 'listNodes', url: /parents/ } as const;

const reads: readonly Case[] = [
  {
    title: 'lsd: lists folders of the root and of a folder',
    given: { 'test/one/': '', 'test/a.txt': 'x' },
    command: 'lsd acd:',
    prints: / test\n$/,
    requests: 'EP; RT; L(ROOT)',
    next: [
      { command: 'lsd acd:test', prints: / one\n$/, requests: 'EP; RT; N(ROOT, "test"); L(test)' },
      { command: 'lsd acd:none --retries 1', code: 3 },
    ],
  },
  {
    title: 'ls, lsjson --hash, md5sum, lsl, size: show sizes, times and hashes without downloads',
    given: { 'test/a.txt': 'hello', 'test/sub/b.bin': '' },
    modified: { 'test/a.txt': modifiedDate },
    command: 'ls acd:test',
    prints: '        5 a.txt\n        0 sub/b.bin\n',
    requests: 'EP; RT; N(ROOT, "test"); L(test); L(sub)',
    next: [
      {
        command: 'lsjson --hash --files-only acd:test',
        prints: new RegExp(
          `"Size":5,"MimeType":"text/plain","ModTime":"2021-02-03T04:05:06Z",.*"Hashes":\\{"md5":"${md5('hello')}"\\}`,
        ),
        changes: '',
      },
      { command: 'md5sum acd:test', prints: new RegExp(`^${md5('hello')} {2}a.txt$`, 'm'), changes: '' },
      { command: 'lsl acd:test', prints: /5 2021-02-03 04:05:06\.789000000 a\.txt/, changes: '' },
      { command: 'size acd:test', prints: /Total objects: 2/, changes: '' },
    ],
  },
  {
    title: 'lsf: pages through more than two hundred entries, and restarts when the page token expires',
    given: many,
    command: 'lsf acd:many',
    prints: manyNames,
    requests: 'EP; RT; N(ROOT, "many"); L(many); L(many)+; L(many)+',
    next: [
      {
        fault: { operation: 'listNodes', expirePageToken: true, url: /startToken/, skip: 1 },
        command: 'lsf acd:many',
        prints: manyNames,
        ending: 'N(ROOT, "many"); L(many); L(many)+; L(many)+ 400; L(many); L(many)+; L(many)+',
      },
    ],
  },
  {
    title: 'cat: prints a file',
    given: { 'test/a.txt': '0123456789' },
    command: 'cat acd:test/a.txt',
    prints: '0123456789',
    requests:
      'EP; RT; N(ROOT, "test"); N(test, "a.txt"); N(ROOT, "test"); N(test, "a.txt"); L(test); download a.txt',
    next: [
      {
        command: 'cat --offset 3 --count 4 acd:test/a.txt',
        prints: '3456',
        ending: 'download a.txt bytes=3-6',
      },
    ],
  },
  {
    title: 'copy down: copies a folder with all its content',
    given: { 'test/sub/b.txt': 'bee', 'test/sub/deep/c.dat': 'sea', 'test/sub/empty': '' },
    command: 'copy acd:test/sub TARGET',
    target: { 'b.txt': 'bee', 'deep/c.dat': 'sea', empty: '' },
    requests:
      'EP; RT; N(ROOT, "test"); N(test, "sub"); L(sub); L(deep); download b.txt; download c.dat; download empty',
  },
  {
    title: 'copyto down: resumes a truncated download',
    given: { 'cut.bin': cut },
    fault: { operation: 'download', cutResponseAfterBytes: 100_000 },
    command: 'copyto acd:cut.bin TARGET/cut.bin',
    target: { 'cut.bin': cut },
    ending: 'download cut.bin; download cut.bin bytes=100000-',
  },
  {
    title: 'copyto down --multi-thread-streams: requests the recorded ranges',
    given: { 'mt.bin': ranges },
    command: 'copyto acd:mt.bin TARGET/mt.bin --multi-thread-cutoff 100k --multi-thread-streams 3',
    target: { 'mt.bin': ranges },
    changes: /^(?=.*bytes=0-196607)(?=.*bytes=196608-299999)[^;]+; [^;]+$/,
  },
];

const retries: readonly Case[] = [
  {
    title: 'lsd: retries after 429, 5xx, the spurious 403 and a lost response, but not after 404',
    fault: { ...list, status: 429, retryAfter: 7 },
    command: 'lsd acd:',
    requestCount: 4,
    next: [
      { fault: { ...list, status: 503 }, command: 'lsd acd:', requestCount: 4 },
      { fault: { ...list, sporadic403: true }, command: 'lsd acd:', requestCount: 4 },
      { fault: { ...list, loseResponse: true }, command: 'lsd acd:', requestCount: 4 },
      {
        fault: { ...list, status: 404 },
        command: 'lsd acd: --retries 1',
        code: 'failed',
        requestCount: 3,
      },
    ],
  },
  {
    title: 'copyto up: waits for an upload that failed with 504 and appears later',
    fault: { operation: 'upload', appearsAfterMs: 2000 },
    local: { late: 'x'.repeat(3000) },
    command: 'copyto SOURCE/late acd:late --acd-upload-wait-per-gb 2000h',
    ending: 'upload late 504; N(ROOT, "late"); N(ROOT, "late")',
    drive: { late: 'x'.repeat(3000) },
  },
  {
    title: 'copyto up: uploads again when a failed upload never appears',
    fault: { operation: 'upload', status: 504 },
    local: { x: 'hello world' },
    command: 'copyto SOURCE/x acd:x',
    ending: 'upload x 504; N(ROOT, "x"); N(ROOT, "x"); upload x',
  },
  {
    title: 'copyto up: overwrites again when overwriting failed',
    given: { x: 'older content' },
    fault: { operation: 'overwrite', status: 500 },
    local: { x: 'hello world' },
    command: 'copyto SOURCE/x acd:x',
    ending: 'overwrite x 500; N(ROOT, "x"); overwrite x',
  },
  {
    title: 'copyto up: trashes an upload whose MD5 is wrong, and uploads again',
    fault: { operation: 'upload', damageStored: true },
    local: { x: 'hello' },
    command: 'copyto SOURCE/x acd:x -v',
    warns: /md5 hash differ/,
    drive: { x: 'hello' },
    trash: 'x',
  },
];

const lookTest = 'N(ROOT, "test")';
const unchanged = `EP; RT; ${lookTest}; L(test); L(sub)`;

const writes: readonly Case[] = [
  {
    title: 'mkdir: creates missing folders only',
    command: 'mkdir acd:test/one',
    requests: `EP; RT; ${lookTest}; ${lookTest}; ${lookTest}; createFolder test; N(test, "one"); createFolder one`,
    tree: 'test/ test/one/',
    next: [{ command: 'mkdir acd:test/one', requests: `EP; RT; ${lookTest}; N(test, "one")` }],
  },
  {
    title: 'copy up: creates new files, empty ones too, with the recorded requests',
    given: { 'test/': '' },
    local: { 'a.txt': 'hello world', 'empty.bin': '', 'sub/b.txt': 'bee', 'sub/deep/c.dat': 'sea' },
    command: 'copy SOURCE acd:test',
    requests: [
      `EP; RT; ${lookTest}; L(test)`,
      'N(test, "a.txt"); upload a.txt; N(test, "empty.bin"); upload empty.bin',
      'N(test, "sub"); N(test, "sub"); createFolder sub; upload b.txt',
      'N(sub, "deep"); N(sub, "deep"); createFolder deep; upload c.dat',
    ].join('; '),
    tree: 'test/ test/a.txt test/empty.bin test/sub/ test/sub/b.txt test/sub/deep/ test/sub/deep/c.dat',
    drive: { 'test/empty.bin': '' },
  },
  {
    title: 'copy up again: writes nothing when nothing changed, and overwrites changed files in place',
    local: { 'a.txt': 'one', 'sub/b.txt': 'bee' },
    command: 'copy SOURCE acd:test',
    next: [
      { command: 'copy SOURCE acd:test', requests: unchanged },
      {
        local: { 'a.txt': 'longer' },
        command: 'copy SOURCE acd:test',
        requests: `${unchanged}; overwrite a.txt`,
        drive: { 'test/a.txt': 'longer' },
        sameNode: { from: 'test/a.txt', to: 'test/a.txt' },
      },
      { local: { 'a.txt': 'LONGER' }, command: 'copy SOURCE acd:test', drive: { 'test/a.txt': 'longer' } },
      { command: 'copy --checksum SOURCE acd:test', drive: { 'test/a.txt': 'LONGER' } },
    ],
  },
  {
    title: 'copy up and down: thirty million bytes survive the round trip',
    local: { 'big.bin': big },
    command: 'copy SOURCE acd:big',
    next: [{ command: 'copy acd:big TARGET', target: { 'big.bin': big } }],
  },
  {
    title: 'copyto up: creates the folders on the way',
    given: { 'test/': '' },
    local: { f: 'x' },
    command: 'copyto SOURCE/f acd:test/newdir/renamed.txt',
    changes: 'createFolder newdir; upload renamed.txt',
    includes: 'N(test, "newdir")',
  },
  {
    title: 'copyto within the drive: downloads and uploads',
    given: { 'test/a.txt': 'x' },
    command: 'copyto acd:test/a.txt acd:test/a-copy.txt',
    changes: 'download a.txt; upload a-copy.txt',
    includes: 'N(test, "a\\-copy.txt")',
  },
  {
    title: 'rcat: writes what comes through a pipe',
    given: { 'sy/': '' },
    input: 'from a pipe',
    command: 'rcat acd:sy/stream.txt',
    requests: 'EP; RT; N(ROOT, "sy"); N(sy, "stream.txt"); upload stream.txt',
    drive: { 'sy/stream.txt': 'from a pipe' },
  },
  {
    title: 'copy over another letter case: keeps the old name',
    given: { 'test/Mixed.txt': 'old' },
    local: { 'mixed.TXT': 'newer' },
    command: 'copyto SOURCE/mixed.TXT acd:test/mixed.TXT',
    tree: 'test/ test/Mixed.txt',
    drive: { 'test/Mixed.txt': 'newer' },
  },
  {
    title: 'sync: uploads new files, then trashes missing files and folders',
    given: { 'test/keep.txt': 'same', 'test/old.txt': 'old', 'test/gone/x': 'x' },
    local: { 'keep.txt': 'same', 'new.txt': 'new' },
    command: 'sync SOURCE acd:test',
    requests: `EP; RT; ${lookTest}; L(test); L(gone); N(test, "new.txt"); upload new.txt; trashNode old.txt; trashNode x; L(gone); trashNode gone`,
    tree: 'test/ test/keep.txt test/new.txt',
  },
];

const deletes: readonly Case[] = [
  {
    title: 'deletefile: trashes the file',
    given: { 'test/sub/third.txt': 'x' },
    command: 'deletefile acd:test/sub/third.txt',
    requests: `EP; RT; ${lookTest}; N(test, "sub"); N(sub, "third.txt"); ${lookTest}; N(test, "sub"); N(sub, "third.txt"); N(sub, "third.txt"); trashNode third.txt`,
    trash: 'third.txt',
    next: [{ command: 'deletefile acd:test/sub/third.txt --retries 1', code: 'failed' }],
  },
  {
    title: 'delete: trashes the files and keeps the folders',
    given: { 'test/one/a': 'x', 'test/one/sub/b': 'x' },
    command: 'delete acd:test/one',
    requests: `EP; RT; ${lookTest}; N(test, "one"); L(one); L(sub); trashNode a; trashNode b`,
    tree: 'test/ test/one/ test/one/sub/',
  },
  {
    title: 'rmdir: trashes an empty folder, and rejects others after three attempts',
    given: { 'test/tormdir/': '' },
    command: 'rmdir acd:test/tormdir',
    requests: `EP; RT; ${lookTest}; N(test, "tormdir"); L(tormdir); trashNode tormdir`,
    next: [
      {
        given: { 'test/full/x': 'x' },
        command: 'rmdir acd:test/full',
        code: 1,
        warns: /directory not empty/,
        requests: `EP; RT; ${lookTest}; N(test, "full"); L(full); L(full); L(full)`,
      },
    ],
  },
  {
    title: 'rmdirs: trashes empty folders, deepest first',
    given: { 'test/one/two/': '' },
    command: 'rmdirs acd:test/one',
    changes: 'trashNode two; trashNode one',
  },
  {
    title: 'purge: trashes a folder with all its content by one request',
    given: { 'test/newdir/deep/x': 'x' },
    command: 'purge acd:test/newdir',
    requests: `EP; RT; ${lookTest}; N(test, "newdir"); trashNode newdir`,
    tree: 'test/',
    next: [{ command: 'purge acd: --retries 1', code: 'failed' }],
  },
];

const moves: readonly Case[] = [
  {
    title: 'moveto in a folder: renames',
    given: { 'test/renamed.txt': 'x' },
    command: 'moveto acd:test/renamed.txt acd:test/again.txt',
    ending: 'patchNode {"name":"again.txt"}; N(test, "renamed.txt"); N(test, "again.txt")',
    sameNode: { from: 'test/renamed.txt', to: 'test/again.txt' },
  },
  {
    title: 'moveto another folder: moves, and renames first if the name changes too',
    given: { 'old/a': 'x', 'old/b': 'y', 'new/': '' },
    command: 'moveto acd:old/a acd:new/a',
    changes: 'moveChild a from old',
    next: [
      {
        command: 'moveto acd:old/b acd:new/c',
        changes: 'patchNode {"name":"c"}; moveChild c from old',
        tree: 'new/ new/a new/c old/',
      },
    ],
  },
  {
    title: 'moveto with the new name taken in the old folder: goes through the trash',
    given: { 'old/a': 'moved', 'old/b': 'in the way', 'new/': '' },
    command: 'moveto acd:old/a acd:new/b',
    changes:
      'patchNode {"name":"b"} 409; trashNode a; patchNode {"name":"b"}; addChild b; removeChild b; restoreNode b',
    tree: 'new/ new/b old/ old/b',
    drive: { 'new/b': 'moved' },
  },
  {
    title: 'moveto of a folder in its folder: renames it',
    given: { 'test/sub/deep/x': 'x' },
    command: 'moveto acd:test/sub/deep acd:test/sub/deeper',
    changes: 'getNode deep; patchNode {"name":"deeper"}',
    tree: 'test/ test/sub/ test/sub/deeper/ test/sub/deeper/x',
  },
  {
    title: 'move of a folder to another folder: patches the same name and moves',
    given: { 'test/sub/deeper/x': 'x', 'test/one/': '' },
    command: 'move acd:test/sub/deeper acd:test/one/deeper',
    changes: 'getNode deeper; patchNode {"name":"deeper"}; moveChild deeper from sub',
    tree: 'test/ test/one/ test/one/deeper/ test/one/deeper/x test/sub/',
  },
  {
    title: 'move of a folder with the new name taken in the old folder: goes through the trash',
    given: { 'old/a/x': 'moved', 'old/b/y': 'in the way', 'new/': '' },
    command: 'move acd:old/a acd:new/b',
    changes:
      'getNode a; patchNode {"name":"b"} 409; trashNode a; patchNode {"name":"b"}; addChild b; removeChild b; restoreNode b',
    tree: 'new/ new/b/ new/b/x old/ old/b/ old/b/y',
  },
  {
    title: 'moveto of a file that is in several folders: copies it and trashes the old one',
    given: { 'a/x': 'x', 'b/': '' },
    links: { 'a/x': 'b' },
    command: 'moveto acd:a/x acd:a/y',
    changes: 'download x; upload y; trashNode x',
  },
  {
    title: 'moveto another letter case: renames twice',
    given: { 'test/name.txt': 'x' },
    command: 'moveto acd:test/name.txt acd:test/NAME.txt',
    changes: /^patchNode \{"name":"NAME\.txt-rclone-move-.{8}"\}; patchNode \{"name":"NAME\.txt"\}$/,
    tree: 'test/ test/NAME.txt',
  },
];

describe('rclone reads', () => rcloneCases(tests, reads));
describe('rclone retries', () => rcloneCases(tests, retries));
describe('rclone writes', () => rcloneCases(tests, writes));
describe('rclone deletes', () => rcloneCases(tests, deletes));
describe('rclone moves', () => rcloneCases(tests, moves));
