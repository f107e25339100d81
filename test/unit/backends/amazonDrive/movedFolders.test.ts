import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PlanOptions } from '../../../../src/plan/model/planOptions';
import type { Remote } from '../../../../src/remote/remote';
import { isRemoteError } from '../../../../src/remote/remoteError';
import { parsePath, type RemotePath } from '../../../../src/remote/remotePath';
import { describeReport } from '../../../../src/usecases/runPlan';
import type { DriveStore, DriveTestServer } from '../../../servers/amazonDrive/driveServer';
import type { DriveOperation } from '../../../servers/amazonDrive/requests/driveRequest';
import { createMemoryRemote } from '../../../support/memoryRemote/memoryRemote';
import { body, calm, ifAbsent, ifMatch, names, noPrecondition, statFile } from '../../../support/remoteCalls';
import { patient, runSync, servedDrive, side } from './driveFixture';

// Another client changes a folder during uploads into it: every file that is reported as done is at its path.

const files = Array.from({ length: 60 }, (_, i) => `f${String(i).padStart(2, '0')}`);

/** Changes of the folder `up/in` by another client, and the report about a file that was in the folder. */
const changes: Readonly<
  Record<string, { readonly act: (drive: DriveStore) => void; readonly reported: RegExp }>
> = {
  'is moved': {
    act: (drive) => drive.move('up/in', 'far/in'),
    reported: /^"up\/in\/f\d\d" was stored, but its folder was moved to "far\/in" meanwhile\.$/,
  },
  'is renamed': {
    act: (drive) => drive.move('up/in', 'up/out'),
    reported: /was stored, but its folder was moved to "up\/out" meanwhile/,
  },
  'is trashed': {
    act: (drive) => drive.trash('up/in'),
    reported:
      /was stored, but its folder was moved to the trash meanwhile|changed or removed by someone else/,
  },
  'is moved with its parent': {
    act: (drive) => drive.move('up', 'far/up'),
    reported: /was stored, but its folder was moved to "far\/up\/in" meanwhile/,
  },
  'is trashed with its parent': {
    act: (drive) => drive.trash('up'),
    reported:
      /was stored, but its folder was moved to the trash meanwhile|changed or removed by someone else/,
  },
  'is moved, and another is made in its place': {
    act: (drive) => {
      drive.move('up/in', 'far/in');
      drive.makeFolder('up/in');
    },
    reported: /was stored, but its folder was moved to "far\/in" meanwhile/,
  },
};

/** Runs `act` once, at the `n`-th request for `operation`. Returns the requests in order, with the moment of `act`. */
function onRequest(server: DriveTestServer, operation: DriveOperation, n: number, act: () => void): string[] {
  const events: string[] = [];
  let count = 0;
  server.addFault({
    when: (request) => {
      if (request.operation === operation && ++count === n) {
        events.push('act');
        act();
      }
      events.push(request.operation === 'upload' ? `upload ${request.node}` : request.operation);
      return false;
    },
  });
  return events;
}

/** Whether a read came after the upload of `file` and before the change: then the file was in place when it was reported. */
function wasSeenInPlace(events: readonly string[], file: string): boolean {
  const between = events.slice(events.indexOf(`upload ${file}`), events.indexOf('act'));
  return between[0] === `upload ${file}` && between.includes('getNode');
}

const syncInto = (disk: Remote, drive: Remote, options: Partial<PlanOptions> = {}, transfers = 16) =>
  runSync(side('disk', disk), side('drive', drive, 'up/in'), options, transfers);

const contentAt = (drive: DriveStore, path: string) => {
  const node = drive.node(path);
  return node && drive.tree().includes(path) ? drive.read(path).toString() : undefined;
};

for (const [what, { act, reported }] of Object.entries(changes))
  test(`moved folders: while 60 files are uploaded their folder ${what}: files reported as done are there, the others are reported`, async () => {
    for (const [n, transfers] of [
      [1, 16],
      [7, 1],
      [23, 16],
      [41, 4],
      [60, 16],
    ] as const)
      for (const verb of ['sync', 'move'] as const)
        await servedDrive({}, async ({ remote, server, drive }) => {
          drive.makeFolder('up/in');
          drive.makeFolder('far');
          const disk = createMemoryRemote();
          for (const file of files) disk.put(file, `content of ${file}`);
          const store = patient(remote);
          const events = onRequest(server, 'upload', n, () => act(drive));
          const { report } = await syncInto(disk, store, { verb }, transfers);
          assert.equal(report.results.length, 60);
          let elsewhere = 0;
          for (const { path, outcome, error } of report.results) {
            const there = contentAt(drive, `up/in/${path}`);
            if (outcome === 'done') {
              if (!wasSeenInPlace(events, path))
                assert.equal(there, `content of ${path}`, `${path} is there`);
            } else {
              elsewhere++;
              assert.equal(outcome, 'changed', error?.message);
              assert.match(error?.message ?? '', reported);
            }
            // A move keeps the source of every file that did not arrive.
            assert.equal(
              disk.paths().includes(path),
              verb === 'sync' || outcome !== 'done',
              `${path} at its source`,
            );
          }
          if (!what.includes('trashed')) assert.ok(elsewhere > 0, `${what} at ${n}`);
          assert.equal(report.totals.done, 60 - elsewhere);
          const lines = [...describeReport(report)].join('\n');
          assert.ok(elsewhere === 0 || lines.includes(`${elsewhere} changed`), lines);
          server.clearFaults();
          // The next run uses the right folder.
          const { report: again } = await syncInto(disk, store, { verb });
          assert.equal(again.totals.done, again.results.length, JSON.stringify(again.results));
          for (const file of files)
            if (verb === 'sync' || !wasSeenInPlace(events, file))
              assert.equal(contentAt(drive, `up/in/${file}`), `content of ${file}`);
        });
  });

test('moved folders: deletes are withheld when files went elsewhere', () =>
  servedDrive({}, async ({ remote, server, drive }) => {
    drive.putFile('up/in/old', 'only here');
    drive.makeFolder('far');
    const disk = createMemoryRemote();
    for (const file of files.slice(0, 5)) disk.put(file, file);
    onRequest(server, 'upload', 5, () => drive.move('up/in', 'far/in'));
    const { report } = await syncInto(disk, patient(remote), { deletes: 'after' });
    assert.ok(report.totals.changed > 0);
    assert.match(report.deletesWithheld ?? '', /kept/);
    assert.equal(drive.read('far/in/old').toString(), 'only here');
  }));

const up = parsePath('up/in/f');
/** Writes besides an upload of a new file, each with the request at which the folder moves. */
const writes: Readonly<Record<string, readonly [DriveOperation, (remote: Remote) => Promise<unknown>]>> = {
  'an overwrite of the listed file': [
    'overwrite',
    async (remote) => remote.write(up, body('new'), {}, ifMatch(await statFile(remote, up)), calm),
  ],
  'an overwrite without a precondition': [
    'overwrite',
    async (remote) => {
      await names(remote, parsePath('up/in'));
      return remote.write(up, body('new'), {}, noPrecondition, calm);
    },
  ],
  'a new file in a folder made for it': [
    'upload',
    (remote) => remote.write(parsePath('up/in/sub/deep/g'), body('new'), {}, ifAbsent, calm),
  ],
  'a file moved into it': [
    'moveChild',
    async (remote) =>
      remote.serverSideMove?.(
        await statFile(remote, parsePath('other/g')),
        parsePath('up/in/g'),
        ifAbsent,
        calm,
      ),
  ],
  'a file renamed in it': [
    'patchNode',
    async (remote) =>
      remote.serverSideMove?.(await statFile(remote, up), parsePath('up/in/g'), ifAbsent, calm),
  ],
  'a folder moved into it': [
    'moveChild',
    (remote) =>
      remote.serverSideMoveFolder?.(parsePath('other'), parsePath('up/in/other'), calm) as Promise<void>,
  ],
};
for (const [what, [operation, write]] of Object.entries(writes))
  for (const how of ['is moved', 'is renamed', 'is moved with its parent'] as const)
    test(`moved folders: ${what} is reported as changed when the folder ${how} at that moment`, () =>
      servedDrive({}, async ({ remote, server, drive }) => {
        drive.putFile('up/in/f', 'old');
        drive.putFile('other/g', 'g');
        drive.makeFolder('far');
        onRequest(server, operation, 1, () => changes[how]?.act(drive));
        await assert.rejects(
          write(patient(remote)),
          (error) =>
            isRemoteError(error, 'changed') &&
            /was (stored|moved), but its folder was moved to ".*" meanwhile/.test(error.message),
        );
      }));

test('moved folders: a file that is moved or renamed during its overwrite is reported with its new place', async () => {
  for (const to of ['far/f', 'up/in/other', 'far/other name'])
    for (const hasPrecondition of [true, false])
      await servedDrive({}, async ({ remote, server, drive }) => {
        drive.putFile('up/in/f', 'old');
        drive.makeFolder('far');
        const seen = await statFile(remote, up);
        onRequest(server, 'overwrite', 1, () => drive.move('up/in/f', to));
        await assert.rejects(
          remote.write(up, body('new'), {}, hasPrecondition ? ifMatch(seen) : noPrecondition, calm),
          (error) =>
            isRemoteError(error, 'changed') &&
            error.message === `"up/in/f" was stored, but it was moved to "${to}" meanwhile.`,
        );
        assert.deepEqual(drive.tree('up/in'), to.startsWith('up/in/') ? ['other'] : []);
        // The moved file no longer counts as the file at the old path.
        await remote.write(up, body('mine'), {}, ifAbsent, calm);
        assert.equal(drive.read(to).toString(), 'new');
        assert.equal(drive.read('up/in/f').toString(), 'mine');
      });
});

test('moved folders: a folder is created at its path even when its parent moves at that moment', async () => {
  for (const how of ['is moved', 'is renamed', 'is moved with its parent'] as const)
    await servedDrive({}, async ({ remote, server, drive }) => {
      drive.makeFolder('up/in');
      drive.makeFolder('far');
      await names(remote, parsePath('up/in'));
      onRequest(server, 'createFolder', 1, () => changes[how]?.act(drive));
      await remote.makeFolder(parsePath('up/in/new'), calm);
      assert.ok(drive.tree().includes('up/in/new/'), how);
    });
});

test('moved folders: an upload whose response was lost is not reported as done when its folder is gone', () =>
  servedDrive({}, async ({ remote, server, drive }) => {
    drive.makeFolder('up/in');
    drive.makeFolder('far');
    await names(remote, parsePath('up/in'));
    server.addFault({ operation: 'upload', loseResponse: true });
    onRequest(server, 'upload', 2, () => drive.move('up/in', 'far/in'));
    const written = await patient(remote)
      .write(up, body('new'), {}, ifAbsent, calm)
      .then(
        ({ path }) => path as RemotePath | undefined,
        (error) => void assert.ok(isRemoteError(error, 'changed', 'alreadyExists'), String(error)),
      );
    assert.equal(contentAt(drive, 'up/in/f') !== undefined, written !== undefined);
  }));

test('moved folders: a check that keeps failing reports the file as stored and does not upload again', () =>
  servedDrive({}, async ({ remote, server, drive }) => {
    drive.makeFolder('up');
    await names(remote, parsePath('up'));
    const fault = server.addFault({ operation: 'getNode', status: 503, count: Number.POSITIVE_INFINITY });
    await assert.rejects(
      remote.write(parsePath('up/f'), body('x'), {}, ifAbsent, calm),
      (error) => isRemoteError(error, 'other') && /was stored, but whether/.test(error.message),
    );
    assert.ok(fault.hits > 1);
    server.clearFaults();
    assert.equal(server.requests.filter(({ operation }) => operation === 'upload').length, 1);
    assert.equal(drive.read('up/f').toString(), 'x');
  }));
