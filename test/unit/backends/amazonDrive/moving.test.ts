import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Clock } from '../../../../src/base/clock';
import { isRemoteError } from '../../../../src/remote/remoteError';
import { parsePath } from '../../../../src/remote/remotePath';
import type { DriveOperation, DriveTestServer } from '../../../servers/amazonDrive/driveServer';
import { createFakeClock } from '../../../support/fakeClock';
import {
  body,
  calm,
  ifAbsent,
  names,
  noPrecondition,
  readText,
  refused,
  statFile,
} from '../../../support/remoteCalls';
import { patient, servedDrive } from './driveFixture';

/** The user aborts after an operation took effect, before its response arrives. */
function stopAfter(server: DriveTestServer, operation: DriveOperation): AbortSignal {
  const controller = new AbortController();
  const stops = {
    toJSON: () => {
      controller.abort();
      return {};
    },
  };
  server.addFault({ operation, status: 500, afterDoing: true, body: stops });
  return controller.signal;
}

/** A fake clock whose waits also end the timeouts that they exceed. */
function clockWithLimits({ mock }: TestContext): Clock {
  const clock = createFakeClock();
  const limits: { at: number; controller: AbortController }[] = [];
  mock.method(AbortSignal, 'timeout', (ms: number) => {
    const controller = new AbortController();
    limits.push({ at: clock.now() + ms, controller });
    return controller.signal;
  });
  return {
    now: () => clock.now(),
    async wait(ms, signal) {
      await clock.wait(ms, signal);
      for (const { at, controller } of limits) if (clock.now() >= at) controller.abort();
      signal.throwIfAborted();
    },
  };
}

test('moving: cancellation after the last step leaves the file at its target', async () => {
  for (const [operation, to] of [
    ['moveChild', 'two/g'],
    ['patchNode', 'one/g'],
  ] as const)
    await servedDrive({}, async ({ remote, server, drive }) => {
      drive.putFile('one/f', 'x');
      drive.makeFolder('two');
      const file = await statFile(remote, parsePath('one/f'));
      const signal = stopAfter(server, operation);
      const moved = await remote.serverSideMove(file, parsePath(to), ifAbsent, signal);
      assert.equal(moved.path, to);
      assert.deepEqual(drive.tree(), ['one/', 'two/', to].sort());
    });
});

test('moving: a lost response and one failed read leave the file at its target', () =>
  servedDrive({}, async ({ remote, server, drive }) => {
    drive.putFile('one/f', 'x');
    drive.makeFolder('two');
    const file = await statFile(remote, parsePath('one/f'));
    const lost = server.addFault({ operation: 'moveChild', status: 504, afterDoing: true });
    server.addFault({ operation: 'getNode', status: 503, when: () => lost.hits > 0 });
    await remote.serverSideMove(file, parsePath('two/g'), ifAbsent, calm);
    assert.deepEqual(drive.tree(), ['one/', 'two/', 'two/g']);
  }));

test('moving: cancellation half-way rolls the move of a file or folder back', () =>
  servedDrive({}, async ({ remote, server, drive }) => {
    drive.putFile('one/f', 'x');
    drive.makeFolder('two');
    const file = await statFile(remote, parsePath('one/f'));
    const isStop = (error: Error) => error.name === 'AbortError';
    await assert.rejects(
      remote.serverSideMove(file, parsePath('two/g'), ifAbsent, stopAfter(server, 'patchNode')),
      isStop,
    );
    assert.deepEqual(drive.tree(), ['one/', 'one/f', 'two/']);
    await assert.rejects(
      remote.serverSideMoveFolder(parsePath('one'), parsePath('two/three'), stopAfter(server, 'patchNode')),
      isStop,
    );
    assert.deepEqual(drive.tree(), ['one/', 'one/f', 'two/']);
    await remote.serverSideMove(file, parsePath('two/g'), ifAbsent, calm);
  }));

test('moving: the replaced file is restored when trashing it is cancelled or its response is lost', () =>
  servedDrive({}, async ({ remote, server, drive }) => {
    drive.putFile('one/f', 'new');
    drive.putFile('two/f', 'old');
    const file = await statFile(remote, parsePath('one/f'));
    const to = parsePath('two/f');
    server.addFault({ operation: 'trashNode', status: 504, afterDoing: true });
    await refused(remote.serverSideMove(file, to, noPrecondition, calm), 'unavailable');
    assert.equal(drive.read('two/f').toString(), 'old');
    await assert.rejects(remote.serverSideMove(file, to, noPrecondition, stopAfter(server, 'trashNode')), {
      name: 'AbortError',
    });
    assert.equal(drive.read('two/f').toString(), 'old');
    assert.equal(drive.read('one/f').toString(), 'new');
    assert.deepEqual(drive.trashedNodes(), []);
    await remote.serverSideMove(file, to, noPrecondition, calm);
    assert.equal(drive.read('two/f').toString(), 'new');
  }));

test('moving: a replaced file that can’t be restored is reported to be in the trash', () =>
  servedDrive({}, async ({ remote, server, drive }) => {
    drive.putFile('one/f', 'new');
    drive.putFile('two/f', 'old');
    const file = await statFile(remote, parsePath('one/f'));
    server.addFault({ operation: 'moveChild', status: 403 });
    server.addFault({ operation: 'restoreNode', status: 403, count: Number.POSITIVE_INFINITY });
    await assert.rejects(
      remote.serverSideMove(file, parsePath('two/f'), noPrecondition, calm),
      (error) => isRemoteError(error, 'other') && /"two\/f".* is in the trash/.test(error.message),
    );
    assert.equal(drive.read('one/f').toString(), 'new');
  }));

test('moving: a file whose restore lost its response is not reported to be in the trash', () =>
  servedDrive({}, async ({ remote, server, drive }) => {
    drive.putFile('one/f', 'new');
    drive.putFile('one/g', 'in the way');
    drive.putFile('two/f', 'old');
    const file = await statFile(remote, parsePath('one/f'));
    const restoresOnce = () => {
      server.addFault({ operation: 'restoreNode', status: 500, afterDoing: true });
      server.addFault({ operation: 'restoreNode', status: 403, count: Number.POSITIVE_INFINITY });
    };
    server.addFault({ operation: 'moveChild', status: 403 });
    restoresOnce();
    const calls = () => server.requests.filter(({ operation }) => operation === 'restoreNode').length;
    await refused(remote.serverSideMove(file, parsePath('two/f'), noPrecondition, calm), 'forbidden');
    assert.equal(calls(), 1);
    assert.equal(drive.read('two/f').toString(), 'old');
    server.clearFaults();
    restoresOnce();
    await remote.serverSideMove(file, parsePath('two/g'), ifAbsent, calm);
    assert.deepEqual(drive.tree(), ['one/', 'one/g', 'two/', 'two/f', 'two/g']);
    assert.equal(calls(), 2);
  }));

test('moving: the rollback has time when the service holds back all requests', (t) =>
  servedDrive({ host: { clock: clockWithLimits(t) } }, async ({ remote, server, drive }) => {
    drive.putFile('one/f', 'new');
    drive.putFile('two/f', 'old');
    const file = await statFile(remote, parsePath('one/f'));
    server.addFault({ operation: 'moveChild', status: 403 });
    server.addFault({ operation: 'restoreNode', status: 503, retryAfter: 250, count: 2 });
    await refused(remote.serverSideMove(file, parsePath('two/f'), noPrecondition, calm), 'forbidden');
    assert.equal(drive.read('two/f').toString(), 'old');
  }));

test('moving: a file that the target folder holds as well leaves its old folder', () =>
  servedDrive({}, async ({ remote, server, drive, requested }) => {
    for (const name of ['f', 'g']) {
      drive.putFile(`a/${name}`, 'x');
      drive.makeFolder('b');
      drive.link(`a/${name}`, 'b');
    }
    const [f, g] = await Promise.all(['a/f', 'a/g'].map((path) => statFile(remote, parsePath(path))));
    assert.ok(f && g);
    requested();
    const moved = await remote.serverSideMove(f, parsePath('b/f'), noPrecondition, calm);
    assert.equal(moved.path, 'b/f');
    assert.deepEqual(drive.tree(), ['a/', 'a/g', 'b/', 'b/f', 'b/g']);
    assert.deepEqual(
      requested().filter((operation) => !['getNode', 'listNodes'].includes(operation)),
      ['removeChild'],
    );
    await remote.serverSideMove(g, parsePath('b/g'), noPrecondition, stopAfter(server, 'removeChild'));
    assert.deepEqual(drive.tree(), ['a/', 'b/', 'b/f', 'b/g']);
    assert.deepEqual(drive.trashedNodes(), []);
  }));

test('moving: a file that is at both paths because its folder has two parents stays', () =>
  servedDrive({}, async ({ remote, drive }) => {
    drive.putFile('a/sub/f', 'x');
    drive.makeFolder('b');
    drive.link('a/sub', 'b');
    const file = await statFile(remote, parsePath('a/sub/f'));
    await refused(remote.serverSideMove(file, parsePath('b/sub/f'), noPrecondition, calm), 'unsupported');
    assert.deepEqual(drive.tree(), ['a/', 'a/sub/', 'a/sub/f', 'b/', 'b/sub/', 'b/sub/f']);
  }));

test('moving: a replaced file stays in its other folders', () =>
  servedDrive({}, async ({ remote, server, drive }) => {
    drive.putFile('a/f', 'new');
    drive.putFile('b/f', 'old');
    drive.makeFolder('c');
    drive.link('b/f', 'c');
    const file = await statFile(remote, parsePath('a/f'));
    server.addFault({ operation: 'moveChild', status: 403 });
    await refused(remote.serverSideMove(file, parsePath('b/f'), noPrecondition, calm), 'forbidden');
    assert.deepEqual(drive.tree(), ['a/', 'a/f', 'b/', 'b/f', 'c/', 'c/f']);
    assert.equal(drive.read('b/f').toString(), 'old');
    await remote.serverSideMove(file, parsePath('b/f'), noPrecondition, calm);
    assert.deepEqual(drive.tree(), ['a/', 'b/', 'b/f', 'c/', 'c/f']);
    assert.equal(drive.read('b/f').toString(), 'new');
    assert.equal(drive.read('c/f').toString(), 'old');
    assert.deepEqual(drive.trashedNodes(), []);
  }));

test('moving: a move renames, moves, and avoids a conflict in the old folder as rclone does', () =>
  servedDrive({}, async ({ remote, drive, requested }) => {
    drive.putFile('one/f', 'content');
    drive.putFile('one/taken', 'in the way');
    drive.makeFolder('two');
    for (const folder of ['', 'one', 'two']) await names(remote, parsePath(folder));
    const { id } = drive.nodeAt('one/f');
    const changes = () =>
      requested().filter((operation) => operation !== 'getNode' && operation !== 'listNodes');
    changes();
    let file = await statFile(remote, parsePath('one/f'));
    file = await remote.serverSideMove(file, parsePath('one/g'), ifAbsent, calm);
    assert.deepEqual(changes(), ['patchNode']);
    file = await remote.serverSideMove(file, parsePath('two/g'), ifAbsent, calm);
    assert.deepEqual(changes(), ['moveChild']);
    file = await remote.serverSideMove(file, parsePath('one/h'), ifAbsent, calm);
    assert.deepEqual(changes(), ['patchNode', 'moveChild']);
    file = await remote.serverSideMove(file, parsePath('two/taken'), ifAbsent, calm);
    assert.deepEqual(changes(), [
      'patchNode',
      'trashNode',
      'patchNode',
      'addChild',
      'removeChild',
      'restoreNode',
    ]);
    assert.equal(drive.nodeAt('two/taken').id, id);
    assert.equal(drive.read('one/taken').toString(), 'in the way');
    file = await remote.serverSideMove(file, parsePath('two/TAKEN'), ifAbsent, calm);
    assert.deepEqual(drive.tree(), ['one/', 'one/taken', 'two/', 'two/TAKEN']);
    assert.equal(await readText(remote, file.path), 'content');
    await refused(remote.serverSideMove(file, parsePath('one/taken'), ifAbsent, calm), 'alreadyExists');
    await remote.serverSideMove(file, parsePath('one/taken'), noPrecondition, calm);
    assert.equal(drive.read('one/taken').toString(), 'content');
    assert.equal(drive.trashedNodes().length, 1);
  }));

test('moving: a move whose second half fails is rolled back and can be retried', () =>
  servedDrive({}, async ({ remote, server, drive }) => {
    const file = await remote.write(parsePath('one/f'), body('x'), {}, ifAbsent, calm);
    await remote.makeFolder(parsePath('two'), calm);
    server.addFault({ operation: 'moveChild', status: 503 });
    await refused(remote.serverSideMove(file, parsePath('two/g'), ifAbsent, calm), 'unavailable');
    assert.deepEqual(drive.tree(), ['one/', 'one/f', 'two/']);
    for (const operation of ['patchNode', 'moveChild'] as const) {
      server.addFault({ operation, status: 500 });
      server.addFault({ operation, status: 500, afterDoing: true });
    }
    await patient(remote).serverSideMove?.(file, parsePath('two/g'), ifAbsent, calm);
    assert.deepEqual(drive.tree(), ['one/', 'two/', 'two/g']);
  }));

test('moving: a folder is moved and renamed by one call', () =>
  servedDrive({}, async ({ remote, drive, requested }) => {
    drive.putFile('sub/deep/f', 'x');
    drive.makeFolder('one');
    drive.putFile('sub/other/g', 'y');
    await names(remote, parsePath('sub/deep'));
    await names(remote, parsePath('one'));
    requested();
    await remote.serverSideMoveFolder(parsePath('sub/deep'), parsePath('one/deeper'), calm);
    assert.ok(
      requested().every((operation) =>
        ['listNodes', 'getNode', 'patchNode', 'moveChild'].includes(operation),
      ),
    );
    assert.deepEqual(drive.tree(), [
      'one/',
      'one/deeper/',
      'one/deeper/f',
      'sub/',
      'sub/other/',
      'sub/other/g',
    ]);
    assert.deepEqual(await names(remote, parsePath('one/deeper')), ['f']);
    await refused(names(remote, parsePath('sub/deep')), 'notFound');
    await remote.serverSideMoveFolder(parsePath('one/deeper'), parsePath('one/DEEPER'), calm);
    await refused(
      remote.serverSideMoveFolder(parsePath('sub/other'), parsePath('one/deeper'), calm),
      'alreadyExists',
    );
    await refused(
      remote.serverSideMoveFolder(parsePath('one'), parsePath('one/DEEPER/x'), calm),
      'unsupported',
    );
    await refused(remote.serverSideMoveFolder(parsePath('nowhere'), parsePath('x'), calm), 'notFound');
    assert.deepEqual(await names(remote, parsePath('one')), ['DEEPER/']);
  }));

test('moving: a node in several folders is moved out of one only and not renamed', () =>
  servedDrive({}, async ({ remote, drive }) => {
    drive.putFile('a/f', 'x');
    for (const folder of ['b', 'c']) drive.makeFolder(folder);
    drive.link('a/f', 'b');
    const file = await statFile(remote, parsePath('a/f'));
    await refused(remote.serverSideMove(file, parsePath('c/g'), ifAbsent, calm), 'unsupported');
    await remote.serverSideMove(file, parsePath('c/f'), ifAbsent, calm);
    assert.deepEqual(drive.tree(), ['a/', 'b/', 'b/f', 'c/', 'c/f']);
  }));
