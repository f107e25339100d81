import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { openLocalRemote } from '../../../../src/backends/local/localRemote';
import { systemClock } from '../../../../src/base/clock';
import { silentLog } from '../../../../src/base/log';
import type { Place, Plan } from '../../../../src/plan/model/plan';
import { defaultPlanOptions, type PlanOptions } from '../../../../src/plan/model/planOptions';
import type { Remote } from '../../../../src/remote/remote';
import { parsePath, type RemotePath, rootPath } from '../../../../src/remote/remotePath';
import { planSync } from '../../../../src/usecases/planSync';
import { runPlan } from '../../../../src/usecases/runPlan';
import { rcloneTest, succeeded, useRealRclone, writeFiles } from '../../../interop/realRcloneDrive';
import { calm } from '../../../support/remoteCalls';
import { driveHost, driveSettings, openDrive, patient, tokensOf } from './driveFixture';

const tests = useRealRclone();

/** Names of files on a disk, all that rclone can read there. */
const oddNames = [
  ...[
    '␀',
    '／',
    '‛／',
    '．',
    '．．',
    '‛．',
    '‛．‛．',
    '‛␀',
    '...',
    ' x ',
    '‛‛',
    'a‛‛BA',
    '‛‛␁',
    '‛‛．',
    '␁',
    '␡',
  ],
  ...[
    '\u0001',
    '\u007f',
    'a\nb',
    'tab\t',
    'x.',
    '-dash',
    `+-&|!(){}[]^'"~*?:\\.t`,
    '#%,;=<>@$`',
    'ä',
    'e\u0301',
    '😀',
  ],
];
const files = Object.fromEntries([
  ...oddNames.map((name) => [name, `in ${name}`] as const),
  ...oddNames.map((name) => [`sub/${name}/f`, `below ${name}`] as const),
  ['empty', ''] as const,
]);

interface Side {
  readonly remote: Remote;
  readonly root: RemotePath;
  readonly place: Place;
}

async function withOurs(work: (drive: Side) => Promise<void>): Promise<void> {
  const { server } = tests.site;
  const remote = await openDrive(driveSettings(server), driveHost(tokensOf(server, tests.rclone.account)));
  const root = parsePath('test');
  try {
    await work({ remote: patient(remote), root, place: { kind: 'remote', remote: 'acd', path: root } });
  } finally {
    await remote.close();
  }
}

const onDisk = (folder: string): Side => ({
  remote: openLocalRemote({ root: folder }),
  root: rootPath,
  place: { kind: 'folder', path: folder },
});

const planned = (source: Side, target: Side, options: Partial<PlanOptions> = {}): Promise<Plan> =>
  planSync({ source, target, options: { ...defaultPlanOptions, ...options } }, calm);

async function synced(source: Side, target: Side): Promise<void> {
  const plan = await planned(source, target);
  const host = { log: silentLog, clock: systemClock, storageFolder: undefined };
  const report = await runPlan(plan, source, target, { host }, calm);
  assert.equal(report.totals.done, plan.actions.length);
}

rcloneTest('beside rclone: what it copied to the drive is the same to us, names and all', async () => {
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
});

rcloneTest('beside rclone: what we copied to the drive is the same to it, names and all', async () => {
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
});
