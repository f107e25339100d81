import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe } from 'node:test';
import { rcloneTest, succeeded, useRealRclone, writeFiles } from './realRcloneDrive';

const tests = useRealRclone();
const { asked } = tests;

const md5 = (content: string | Buffer): string => createHash('md5').update(content).digest('hex');

describe('rclone writes', () => {
  rcloneTest('mkdir: makes what is missing, and nothing when it is there', async () => {
    succeeded(await tests.rclone.run('mkdir', 'acd:test/one'));
    const look = 'N(ROOT, "test")';
    asked('EP', 'RT', look, look, look, 'createFolder test', 'N(test, "one")', 'createFolder one');
    assert.deepEqual(tests.rclone.drive.tree(), ['test/', 'test/one/']);
    succeeded(await tests.rclone.run('mkdir', 'acd:test/one'));
    asked('EP', 'RT', look, 'N(test, "one")');
  });

  rcloneTest('copy up: makes new files, empty ones too, with the recorded requests', async () => {
    const source = writeFiles(tests.rclone.folder(), {
      'a.txt': 'hello world',
      'empty.bin': '',
      'sub/b.txt': 'bee',
      'sub/deep/c.dat': 'sea',
    });
    tests.rclone.drive.makeFolder('test');
    succeeded(await tests.rclone.run('copy', source, 'acd:test'));
    const newFolder = (parent: string, name: string): string[] => [
      `N(${parent}, "${name}")`,
      `N(${parent}, "${name}")`,
      `createFolder ${name}`,
    ];
    asked(
      ...['EP', 'RT', 'N(ROOT, "test")', 'L(test)'],
      ...['N(test, "a.txt")', 'upload a.txt', 'N(test, "empty.bin")', 'upload empty.bin'],
      ...newFolder('test', 'sub'),
      'upload b.txt',
      ...newFolder('sub', 'deep'),
      'upload c.dat',
    );
    assert.deepEqual(tests.rclone.drive.tree('test'), [
      'a.txt',
      'empty.bin',
      'sub/',
      'sub/b.txt',
      'sub/deep/',
      'sub/deep/c.dat',
    ]);
    assert.equal(tests.rclone.drive.read('test/empty.bin').length, 0);
  });

  rcloneTest(
    'copy up again: writes nothing when nothing changed, and overwrites in place what did',
    async () => {
      const source = writeFiles(tests.rclone.folder(), { 'a.txt': 'one', 'sub/b.txt': 'bee' });
      succeeded(await tests.rclone.run('copy', source, 'acd:test'));
      const { id } = tests.rclone.drive.nodeAt('test/a.txt');
      tests.rclone.requests();
      succeeded(await tests.rclone.run('copy', source, 'acd:test'));
      asked('EP', 'RT', 'N(ROOT, "test")', 'L(test)', 'L(sub)');
      writeFiles(source, { 'a.txt': 'longer' });
      succeeded(await tests.rclone.run('copy', source, 'acd:test'));
      asked('EP', 'RT', 'N(ROOT, "test")', 'L(test)', 'L(sub)', 'overwrite a.txt');
      assert.deepEqual(
        [tests.rclone.drive.nodeAt('test/a.txt').id, tests.rclone.drive.read('test/a.txt').toString()],
        [id, 'longer'],
      );
      writeFiles(source, { 'a.txt': 'LONGER' });
      succeeded(await tests.rclone.run('copy', source, 'acd:test'));
      assert.equal(tests.rclone.drive.read('test/a.txt').toString(), 'longer');
      succeeded(await tests.rclone.run('copy', '--checksum', source, 'acd:test'));
      assert.equal(tests.rclone.drive.read('test/a.txt').toString(), 'LONGER');
    },
  );

  rcloneTest('copy up and down: thirty million bytes come back as they went', async () => {
    const content = randomBytes(30_000_000);
    const source = writeFiles(tests.rclone.folder(), { 'big.bin': content });
    succeeded(await tests.rclone.run('copy', source, 'acd:big'));
    assert.equal(tests.rclone.drive.nodeAt('big/big.bin').content?.md5, md5(content));
    const target = tests.rclone.folder();
    succeeded(await tests.rclone.run('copy', 'acd:big', target));
    assert.ok(readFileSync(path.join(target, 'big.bin')).equals(content));
  });

  rcloneTest('copyto up: makes the folders on the way', async () => {
    tests.rclone.drive.makeFolder('test');
    const source = writeFiles(tests.rclone.folder(), { f: 'x' });
    succeeded(await tests.rclone.run('copyto', path.join(source, 'f'), 'acd:test/newdir/renamed.txt'));
    // How often a missing folder is looked for isn't fixed: nothing is remembered of what isn't there.
    assert.deepEqual(
      [...new Set(tests.rclone.requests())],
      ['EP', 'RT', 'N(ROOT, "test")', 'N(test, "newdir")', 'createFolder newdir', 'upload renamed.txt'],
    );
  });

  rcloneTest('copyto inside the drive: reads and writes again', async () => {
    tests.rclone.drive.putFile('test/a.txt', 'x');
    succeeded(await tests.rclone.run('copyto', 'acd:test/a.txt', 'acd:test/a-copy.txt'));
    const requests = tests.rclone.requests();
    assert.ok(requests.includes('N(test, "a\\-copy.txt")'));
    assert.deepEqual(
      requests.filter((request) => /^(download|upload)/.test(request)),
      ['download a.txt', 'upload a-copy.txt'],
    );
  });

  rcloneTest('rcat: writes what comes through a pipe', async () => {
    tests.rclone.drive.makeFolder('sy');
    succeeded(await tests.rclone.pipe('from a pipe', 'rcat', 'acd:sy/stream.txt'));
    asked('EP', 'RT', 'N(ROOT, "sy")', 'N(sy, "stream.txt")', 'upload stream.txt');
    assert.equal(tests.rclone.drive.read('sy/stream.txt').toString(), 'from a pipe');
  });

  rcloneTest('copy over another letter case: keeps the old name', async () => {
    tests.rclone.drive.putFile('test/Mixed.txt', 'old');
    const source = writeFiles(tests.rclone.folder(), { 'mixed.TXT': 'newer' });
    succeeded(await tests.rclone.run('copyto', path.join(source, 'mixed.TXT'), 'acd:test/mixed.TXT'));
    assert.deepEqual(tests.rclone.drive.tree('test'), ['Mixed.txt']);
    assert.equal(tests.rclone.drive.read('test/Mixed.txt').toString(), 'newer');
  });
});

describe('rclone deletes', () => {
  rcloneTest('deletefile: trashes the file', async () => {
    tests.rclone.drive.putFile('test/sub/third.txt', 'x');
    succeeded(await tests.rclone.run('deletefile', 'acd:test/sub/third.txt'));
    const [one, two, three] = ['N(ROOT, "test")', 'N(test, "sub")', 'N(sub, "third.txt")'];
    asked('EP', 'RT', one, two, three, one, two, three, three, 'trashNode third.txt');
    assert.deepEqual(
      tests.rclone.drive.trashedNodes().map((node) => node.name),
      ['third.txt'],
    );
    assert.notEqual(
      (await tests.rclone.run('deletefile', 'acd:test/sub/third.txt', '--retries', '1')).code,
      0,
    );
  });

  rcloneTest('delete: trashes the files and leaves the folders', async () => {
    tests.rclone.drive.putFile('test/one/a', 'x');
    tests.rclone.drive.putFile('test/one/sub/b', 'x');
    succeeded(await tests.rclone.run('delete', 'acd:test/one'));
    asked('EP', 'RT', 'N(ROOT, "test")', 'N(test, "one")', 'L(one)', 'L(sub)', 'trashNode a', 'trashNode b');
    assert.deepEqual(tests.rclone.drive.tree(), ['test/', 'test/one/', 'test/one/sub/']);
  });

  rcloneTest('rmdir: trashes an empty folder, and refuses others after three attempts', async () => {
    tests.rclone.drive.makeFolder('test/tormdir');
    succeeded(await tests.rclone.run('rmdir', 'acd:test/tormdir'));
    asked('EP', 'RT', 'N(ROOT, "test")', 'N(test, "tormdir")', 'L(tormdir)', 'trashNode tormdir');
    tests.rclone.drive.putFile('test/full/x', 'x');
    const refused = await tests.rclone.run('rmdir', 'acd:test/full');
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /directory not empty/);
    asked('EP', 'RT', 'N(ROOT, "test")', 'N(test, "full")', 'L(full)', 'L(full)', 'L(full)');
  });

  rcloneTest('rmdirs: trashes empty folders, deepest first', async () => {
    tests.rclone.drive.makeFolder('test/one/two');
    succeeded(await tests.rclone.run('rmdirs', 'acd:test/one'));
    const trashed = tests.rclone.requests().filter((request) => request.startsWith('trashNode'));
    assert.deepEqual(trashed, ['trashNode two', 'trashNode one']);
  });

  rcloneTest('purge: trashes a folder with all below it by one request', async () => {
    tests.rclone.drive.putFile('test/newdir/deep/x', 'x');
    succeeded(await tests.rclone.run('purge', 'acd:test/newdir'));
    asked('EP', 'RT', 'N(ROOT, "test")', 'N(test, "newdir")', 'trashNode newdir');
    assert.deepEqual(tests.rclone.drive.tree(), ['test/']);
    const root = await tests.rclone.run('purge', 'acd:', '--retries', '1');
    assert.notEqual(root.code, 0);
  });
});

describe('rclone moves', () => {
  const changesOf = (): string[] =>
    tests.rclone.requests().filter((request) => !/^(EP|RT|N\(|L\()/.test(request));

  rcloneTest('moveto in a folder: renames', async () => {
    tests.rclone.drive.putFile('test/renamed.txt', 'x');
    const { id } = tests.rclone.drive.nodeAt('test/renamed.txt');
    succeeded(await tests.rclone.run('moveto', 'acd:test/renamed.txt', 'acd:test/again.txt'));
    assert.equal(tests.rclone.drive.nodeAt('test/again.txt').id, id);
    const requests = tests.rclone.requests();
    assert.deepEqual(requests.slice(-3), [
      'patchNode {"name":"again.txt"}',
      'N(test, "renamed.txt")',
      'N(test, "again.txt")',
    ]);
  });

  rcloneTest('moveto another folder: moves, and renames first where the name changes too', async () => {
    tests.rclone.drive.putFile('old/a', 'x');
    tests.rclone.drive.putFile('old/b', 'y');
    tests.rclone.drive.makeFolder('new');
    succeeded(await tests.rclone.run('moveto', 'acd:old/a', 'acd:new/a'));
    assert.deepEqual(changesOf(), ['moveChild a from old']);
    succeeded(await tests.rclone.run('moveto', 'acd:old/b', 'acd:new/c'));
    assert.deepEqual(changesOf(), ['patchNode {"name":"c"}', 'moveChild c from old']);
    assert.deepEqual(tests.rclone.drive.tree(), ['new/', 'new/a', 'new/c', 'old/']);
  });

  rcloneTest('moveto with the new name taken in the old folder: goes through the trash', async () => {
    tests.rclone.drive.putFile('old/a', 'moved');
    tests.rclone.drive.putFile('old/b', 'in the way');
    tests.rclone.drive.makeFolder('new');
    succeeded(await tests.rclone.run('moveto', 'acd:old/a', 'acd:new/b'));
    assert.deepEqual(changesOf(), [
      'patchNode {"name":"b"} 409',
      'trashNode a',
      'patchNode {"name":"b"}',
      'addChild b',
      'removeChild b',
      'restoreNode b',
    ]);
    assert.deepEqual(tests.rclone.drive.tree(), ['new/', 'new/b', 'old/', 'old/b']);
    assert.equal(tests.rclone.drive.read('new/b').toString(), 'moved');
  });

  rcloneTest('moveto another letter case: renames twice', async () => {
    tests.rclone.drive.putFile('test/name.txt', 'x');
    succeeded(await tests.rclone.run('moveto', 'acd:test/name.txt', 'acd:test/NAME.txt'));
    assert.deepEqual(tests.rclone.drive.tree('test'), ['NAME.txt']);
    const renames = changesOf();
    assert.equal(renames.length, 2);
    assert.match(renames[0] ?? '', /^patchNode \{"name":"NAME\.txt-rclone-move-.{8}"\}$/);
  });

  rcloneTest('moveto of a folder in its folder: renames it', async () => {
    tests.rclone.drive.putFile('test/sub/deep/x', 'x');
    succeeded(await tests.rclone.run('moveto', 'acd:test/sub/deep', 'acd:test/sub/deeper'));
    assert.deepEqual(changesOf(), ['getNode deep', 'patchNode {"name":"deeper"}']);
    assert.deepEqual(tests.rclone.drive.tree('test/sub'), ['deeper/', 'deeper/x']);
  });

  rcloneTest('move of a folder to another folder: patches the same name and moves', async () => {
    tests.rclone.drive.putFile('test/sub/deeper/x', 'x');
    tests.rclone.drive.makeFolder('test/one');
    succeeded(await tests.rclone.run('move', 'acd:test/sub/deeper', 'acd:test/one/deeper'));
    assert.deepEqual(changesOf(), [
      'getNode deeper',
      'patchNode {"name":"deeper"}',
      'moveChild deeper from sub',
    ]);
    assert.deepEqual(tests.rclone.drive.tree('test'), ['one/', 'one/deeper/', 'one/deeper/x', 'sub/']);
  });

  rcloneTest(
    'move of a folder with the new name taken in the old folder: goes through the trash',
    async () => {
      tests.rclone.drive.putFile('old/a/x', 'moved');
      tests.rclone.drive.putFile('old/b/y', 'in the way');
      tests.rclone.drive.makeFolder('new');
      succeeded(await tests.rclone.run('move', 'acd:old/a', 'acd:new/b'));
      assert.deepEqual(changesOf(), [
        'getNode a',
        'patchNode {"name":"b"} 409',
        'trashNode a',
        'patchNode {"name":"b"}',
        'addChild b',
        'removeChild b',
        'restoreNode b',
      ]);
      assert.deepEqual(tests.rclone.drive.tree(), ['new/', 'new/b/', 'new/b/x', 'old/', 'old/b/', 'old/b/y']);
    },
  );

  rcloneTest('moveto of a file that is in several folders: copies it and trashes the old one', async () => {
    tests.rclone.drive.putFile('a/x', 'x');
    tests.rclone.drive.makeFolder('b');
    tests.rclone.drive.link('a/x', 'b');
    succeeded(await tests.rclone.run('moveto', 'acd:a/x', 'acd:a/y'));
    assert.deepEqual(changesOf(), ['download x', 'upload y', 'trashNode x']);
  });
});
