import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { openVirtualFolder } from '../../src/backends/virtualFolder/virtualFolderRemote';
import { systemClock } from '../../src/base/clock';
import { silentLog } from '../../src/base/log';
import type { PlanEndpoint } from '../../src/plan/model/plan';
import { parsePlanOptions } from '../../src/plan/model/planOptions';
import { readOnly } from '../../src/remote/layers/readOnly';
import { joinPath, parsePath, type RemotePath, rootPath } from '../../src/remote/remotePath';
import { planSync } from '../../src/usecases/planSync';
import { runPlan } from '../../src/usecases/runPlan';
import { type DriveTestServer, startDriveServer } from '../servers/amazonDrive/driveServer';
import { type S3TestServer, startS3Server } from '../servers/s3/s3Server';
import { FolderInMemory } from '../support/folderInMemory';
import { calm, pattern, read, write } from '../support/remoteCalls';
import { diskSide, remoteSide } from '../support/syncSides';
import {
  driveHost,
  driveSettings,
  openDrive,
  patient,
  tokensOf,
} from '../unit/backends/amazonDrive/driveFixture';
import { hostWith, openS3, settingsFor } from '../unit/backends/s3/s3Fixture';

// Syncs between all kinds of places, both ways.

let s3Server: S3TestServer;
let driveServer: DriveTestServer;
let disk: string;
let tree = 0;

before(async () => {
  s3Server = await startS3Server({ buckets: ['one', 'two'] });
  driveServer = await startDriveServer();
  disk = await mkdtemp(path.join(os.tmpdir(), 'cloud-remotes-directions-'));
});
after(async () => {
  await s3Server.stop();
  await driveServer.stop();
  await rm(disk, { recursive: true, force: true });
});

type Kind = 'disk' | 'virtual folder' | 'S3' | 'S3 as another remote' | 'Amazon Drive';
const kinds: readonly Kind[] = ['disk', 'virtual folder', 'S3', 'S3 as another remote', 'Amazon Drive'];

/** A new, empty place of the kind. */
async function openPlace(kind: Kind, asTarget: boolean): Promise<PlanEndpoint> {
  const root = parsePath(`tree${++tree}`);
  switch (kind) {
    case 'disk':
      return diskSide(path.join(disk, root));
    case 'virtual folder':
      return {
        remote: openVirtualFolder({ files: new FolderInMemory(`test://folder/${root}`), asTarget }),
        root: rootPath,
        place: { kind: 'uri', uri: `test://folder/${root}` },
      };
    case 'S3':
    case 'S3 as another remote': {
      const bucket = kind === 'S3' ? 'one' : 'two';
      const secrets = { secretAccessKey: s3Server.secretAccessKey };
      const remote = await openS3(settingsFor(s3Server, { name: bucket }), hostWith(secrets));
      return remoteSide(remote, `${bucket}/${root}`, bucket);
    }
    case 'Amazon Drive': {
      const remote = await openDrive(driveSettings(driveServer), driveHost(tokensOf(driveServer)));
      return remoteSide(patient(remote), root, 'drive');
    }
  }
}

async function contents({ remote, root }: PlanEndpoint): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  const walk = async (folder: RemotePath): Promise<void> => {
    for await (const page of remote.list(folder, {}, calm))
      for (const entry of page) {
        if (entry.kind === 'folder') await walk(entry.path);
        if (entry.kind !== 'file') continue;
        const shown = root === '' ? entry.path : entry.path.slice(root.length + 1);
        found.set(shown, (await read(remote, entry.path)).toString('latin1'));
      }
  };
  await walk(root);
  return found;
}

const wanted: Readonly<Record<string, Buffer>> = {
  'a.txt': Buffer.from('hello'),
  'changed.bin': pattern(70_000),
  empty: Buffer.alloc(0),
  'sub/deep/ü x.bin': pattern(1_500_000),
  'sub/same.txt': Buffer.from('same'),
};

for (const from of kinds)
  for (const to of kinds)
    test(`${from} to ${to}: a sync makes the target equal, and a second one has nothing to do (R11, A2–A4, H33)`, async () => {
      const source = await openPlace(from, false);
      const target = await openPlace(to, true);
      for (const [name, content] of Object.entries(wanted))
        await write(source.remote, joinPath(source.root, name), content);
      for (const [name, content] of Object.entries({ 'changed.bin': 'old', 'sub/extra/gone.txt': 'extra' }))
        await write(target.remote, joinPath(target.root, name), content);
      const reading = (side: PlanEndpoint): PlanEndpoint => ({ ...side, remote: readOnly(side.remote) });
      const sides = { source: reading(source), target: reading(target) };
      const planned = () => planSync({ ...sides, options: parsePlanOptions({ deletes: 'after' }) }, calm);
      const plan = await planned();
      const host = { log: silentLog, clock: systemClock, storageFolder: undefined };
      const report = await runPlan(plan, source, target, { host }, calm);
      assert.equal(report.totals.done, plan.actions.length, JSON.stringify(report.results));
      const expected = Object.entries(wanted).map(([name, content]) => [name, content.toString('latin1')]);
      for (const side of [source, target])
        assert.deepEqual([...(await contents(side))].sort(), expected.sort());
      assert.deepEqual((await planned()).actions, []);
    });
