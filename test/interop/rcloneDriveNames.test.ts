import assert from 'node:assert/strict';
import { readdirSync, writeFileSync } from 'node:fs';
import { describe } from 'node:test';
import { rcloneTest, succeeded, useRealRclone, writeFiles } from './realRcloneDrive';

const tests = useRealRclone();

describe('rclone encodes names', () => {
  rcloneTest('check, check --download: agree on unusual names, an empty file and many entries', async () => {
    const files: Record<string, string> = { 'empty.bin': '', 'sub/deep/x': 'deep' };
    for (const name of [
      'sp ace.txt',
      `+-&|!(){}[]^'"~*?:\\.t`,
      '#%,;=<>@$`',
      'ä-ö.txt',
      'e\u0301.txt',
      '...',
      'x.',
      ' x ',
      '😀',
    ])
      files[name] = name;
    for (let number = 0; number < 210; number++) files[`many/f${number}`] = `${number}`;
    const source = writeFiles(tests.rclone.folder(), files);
    for (const [name, content] of Object.entries(files)) tests.rclone.drive.putFile(`test/${name}`, content);
    for (const flags of [[], ['--download', '--transfers', '4']]) {
      const answer = await tests.rclone.run('check', source, 'acd:test', ...flags);
      succeeded(answer);
      assert.match(answer.stderr, new RegExp(`${Object.keys(files).length} matching files`));
    }
    tests.rclone.drive.putFile('test/sub/deep/x', 'peed');
    assert.equal((await tests.rclone.run('check', source, 'acd:test')).code, 1);
  });

  /** Local name → name in the API. */
  const NAMES: readonly (readonly [string | Buffer, string])[] = [
    ['...', '...'],
    [' x ', ' x '],
    ['x.', 'x.'],
    [Buffer.from('626164ff75746638ba', 'hex'), 'bad‛FFutf8‛BA'],
    ['new\nline', 'new\nline'],
    ['ctl\u0001', 'ctl\u0001'],
    ['del\u007f', 'del\u007f'],
  ];

  rcloneTest('copy up: sends names of every kind as recorded', async () => {
    const source = tests.rclone.folder();
    for (const [name] of NAMES) {
      const bytes = Buffer.isBuffer(name) ? name : Buffer.from(name);
      writeFileSync(Buffer.concat([Buffer.from(`${source}/`), bytes]), 'x');
    }
    succeeded(await tests.rclone.run('copy', source, 'acd:names'));
    assert.deepEqual(tests.rclone.drive.tree('names'), NAMES.map(([, sent]) => sent).sort());
    // A second copy, a check and a download find the same names.
    tests.rclone.requests();
    succeeded(await tests.rclone.run('copy', source, 'acd:names'));
    assert.ok(!tests.rclone.requests().some((request) => /^(upload|overwrite)/.test(request)));
    succeeded(await tests.rclone.run('check', '--download', source, 'acd:names'));
    const target = tests.rclone.folder();
    succeeded(await tests.rclone.run('copy', 'acd:names', target));
    const bytes = (folder: string): string[] =>
      readdirSync(Buffer.from(folder), { encoding: 'buffer' })
        .map((name) => name.toString('hex'))
        .sort();
    assert.deepEqual(bytes(target), bytes(source));
  });

  rcloneTest('mkdir: sends encoded names as recorded', async () => {
    const pairs: [string, string][] = [
      ['␀', '␀'],
      ['／', '／'],
      ['‛／', '‛／'],
      ['．', '．'],
      ['．．', '．．'],
      ['‛．', '‛．'],
      ['‛␀', '‛␀'],
      ['...', '...'],
      [' x ', ' x '],
      ['‛‛', '‛‛'],
      ['x‛y', 'x‛‛y'],
      ['‛BA', '‛‛BA'],
      ['a‛‛BA', 'a‛‛BA'],
      ['␁', '\u0001'],
      ['␡', '\u007f'],
      ['‛␁', '␁'],
      ['‛␡', '␡'],
      ['x.', 'x.'],
    ];
    for (const [inner, sent] of pairs) {
      succeeded(await tests.rclone.run('mkdir', `acd:${inner}`));
      const made = tests.site.server.requests.filter((entry) => entry.operation === 'createFolder');
      assert.deepEqual(
        made.map((entry) => entry.node),
        [sent],
        inner,
      );
      tests.site.server.clearRequests();
    }
  });

  rcloneTest('lsf: shows names of every kind as recorded', async () => {
    const pairs: [string, string][] = [
      ['␀', '␀'],
      ['/', '／'],
      ['a/b', 'a／b'],
      ['／', '／'],
      ['‛／', '‛／'],
      ['．', '．'],
      ['..', '．．'],
      ['‛．', '‛．'],
      ['‛．‛．', '‛．‛．'],
      ['‛‛', '‛‛'],
      ['‛', '‛‛'],
      ['x‛y', 'x‛‛y'],
      ['‛ZZ', '‛‛ZZ'],
      ['\u0001', '␁'],
      ['␁', '‛␁'],
      ['‛␁', '‛‛‛␁'],
      ['\u007f', '␡'],
      ['␡', '‛␡'],
    ];
    for (const [index, [stored]] of pairs.entries()) {
      const parent = tests.rclone.drive.makeFolder(`f${index}`).id;
      tests.rclone.drive.createFolder({ name: stored, parents: [parent] });
    }
    const shown = succeeded(await tests.rclone.run('lsf', '-R', '--dirs-only', 'acd:')).split('\n');
    const expected = pairs.map(([, inner], index) => `f${index}/${inner}/`);
    assert.deepEqual(shown.filter((line) => /^f\d+\/./.test(line)).sort(), expected.sort());
  });
});
