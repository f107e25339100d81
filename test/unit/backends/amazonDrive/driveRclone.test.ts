import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { openLocalRemote } from '../../../../src/backends/local/localRemote';
import { rootPath } from '../../../../src/remote/remotePath';
import { rcloneTest, succeeded, useRealRclone, writeFiles } from '../../../interop/realRcloneDrive';
import {
  driveHost,
  driveSettings,
  openDrive,
  patient,
  planned,
  type Side,
  side,
  synced,
  tokensOf,
} from './driveFixture';

const tests = useRealRclone();

/** Names of files on a disk, all that rclone can read there. */
const oddNames = [
  ...'␀ ／ ‛／ ． ．． ‛． ‛．‛． ‛␀ ... ‛‛ a‛‛BA ‛‛␁ ‛‛． ␁ ␡ \u0001 \u007f a\nb tab\t x. -dash'.split(' '),
  ...[' x ', `+-&|!(){}[]^'"~*?:\\.t`, '#%,;=<>@$`', 'ä', 'e\u0301', '😀'],
];
const files = Object.fromEntries([
  ...oddNames.map((name) => [name, `in ${name}`] as const),
  ...oddNames.map((name) => [`sub/${name}/f`, `below ${name}`] as const),
  ['empty', ''] as const,
]);

async function withOurs(work: (drive: Side) => Promise<void>): Promise<void> {
  const { server } = tests.site;
  const remote = await openDrive(driveSettings(server), driveHost(tokensOf(server, tests.rclone.account)));
  try {
    await work(side('acd', patient(remote), 'test'));
  } finally {
    await remote.close();
  }
}

const onDisk = (folder: string): Side => ({
  remote: openLocalRemote({ root: folder }),
  root: rootPath,
  place: { kind: 'folder', path: folder },
});

rcloneTest(
  'beside rclone: files that rclone copied to the drive are unchanged for us, with odd names too',
  async () => {
    const source = writeFiles(tests.rclone.folder(), files);
    succeeded(await tests.rclone.run('copy', source, 'acd:test'));
    await withOurs(async (drive) => {
      for (const options of [{}, { compare: 'checksum', deletes: 'after' }] as const) {
        const plan = await planned(onDisk(source), drive, options);
        assert.deepEqual([plan.actions, plan.conflicts, plan.skipped], [[], [], []]);
        assert.equal(plan.unchanged.files, Object.keys(files).length);
      }
      const back = tests.rclone.folder();
      await synced(drive, onDisk(back));
      assert.deepEqual(readdirSync(back).sort(), readdirSync(source).sort());
      for (const [name, content] of Object.entries(files))
        assert.equal(readFileSync(path.join(back, name), 'utf8'), content, name);
    });
  },
);

rcloneTest(
  'beside rclone: files that we copied to the drive are unchanged for rclone, with odd names too',
  async () => {
    const source = writeFiles(tests.rclone.folder(), files);
    await withOurs(async (drive) => {
      await synced(onDisk(source), drive);
      const { stderr } = await tests.rclone.run('check', source, 'acd:test');
      assert.match(stderr, new RegExp(`${Object.keys(files).length} matching files`));
      assert.match(stderr, /0 differences found/);
      tests.rclone.requests();
      succeeded(await tests.rclone.run('sync', source, 'acd:test'));
      assert.ok(!tests.rclone.requests().some((request) => /^(upload|overwrite|trash|create)/.test(request)));
    });
  },
);
