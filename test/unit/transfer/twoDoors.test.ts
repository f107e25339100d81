import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import type { PlanOptions } from '../../../src/plan/model/planOptions';
import { plan, run } from '../../faults/faultyRun';
import { startS3Server } from '../../servers/s3/s3Server';
import { diskSide, remoteSide } from '../../support/syncSides';
import { temporaryFolder } from '../../support/temporaryFolder';
import { hostWith, openByHost, openS3, settingsFor } from '../backends/s3/s3Fixture';

// One place that two remotes reach: a move from one remote to the other must not remove the only copy.

const ways: readonly Partial<PlanOptions>[] = [
  {},
  { ignoreTimes: true },
  { compare: 'checksum' },
  { compare: 'aws' },
  { compare: 'size-only' },
  { ignoreTimes: true, compare: 'aws' },
];

for (const options of ways)
  test(`a bucket that is reached by two names keeps its objects when it is moved onto itself: ${JSON.stringify(options)}`, async (t) => {
    const server = await startS3Server({ buckets: ['demo'] });
    const host = hostWith({ secretAccessKey: server.secretAccessKey });
    const front = await openS3(settingsFor(server), host);
    const back = await openByHost(
      settingsFor(server, { endpoint: `http://other.test:${server.port}` }),
      host,
    );
    t.after(async () => {
      await Promise.all([front.close(), back.close()]);
      await server.stop();
    });
    for (const key of ['a', 'sub/b']) server.store.put('demo', key, `content of ${key}`);
    const [source, target] = [remoteSide(front, 'demo', 'front'), remoteSide(back, 'demo', 'back')];
    const made = await plan(source, target, { verb: 'move', ...options });
    assert.equal(made.actions.length, 2);
    const report = await run(made, source, target);
    assert.equal(report.totals.done, 0);
    for (const { error } of report.results) assert.match(error?.message ?? '', /one and the same/);
    assert.deepEqual(server.store.keys('demo'), ['a', 'sub/b']);
    for (const key of ['a', 'sub/b']) assert.equal(server.store.get('demo', key)?.text, `content of ${key}`);
  });

function twoFolders(t: TestContext): readonly [string, string] {
  const base = temporaryFolder(t);
  const [front, back] = [path.join(base, 'front'), path.join(base, 'back')];
  for (const folder of [front, back]) fs.mkdirSync(folder);
  return [front, back];
}

test('a folder that is mounted a second time keeps its files when it is moved onto itself', async (t) => {
  const [front, back] = twoFolders(t);
  const mounted =
    process.platform === 'linux' && spawnSync('mount', ['--bind', front, back], { encoding: 'utf8' });
  if (mounted === false || mounted.status !== 0) return t.skip('no folder can be mounted here');
  try {
    for (const options of ways) {
      fs.writeFileSync(path.join(front, 'a'), 'content');
      const [source, target] = [diskSide(front), diskSide(back)];
      const report = await run(await plan(source, target, { verb: 'move', ...options }), source, target);
      assert.equal(report.totals.done, 0, JSON.stringify(options));
      assert.equal(fs.readFileSync(path.join(front, 'a'), 'utf8'), 'content');
    }
  } finally {
    assert.equal(spawnSync('umount', ['-l', back]).status, 0);
  }
});

test('a file that has a second name on the target is not moved over it', async (t) => {
  const [front, back] = twoFolders(t);
  fs.writeFileSync(path.join(front, 'a'), 'content');
  fs.linkSync(path.join(front, 'a'), path.join(back, 'a'));
  for (const options of ways) {
    const [source, target] = [diskSide(front), diskSide(back)];
    const report = await run(await plan(source, target, { verb: 'move', ...options }), source, target);
    assert.equal(report.totals.done, 0, JSON.stringify(options));
    for (const folder of [front, back])
      assert.equal(fs.readFileSync(path.join(folder, 'a'), 'utf8'), 'content');
  }
});
