import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import type { Log } from '../../../src/base/log';
import { RemoteError } from '../../../src/remote/remoteError';
import { rootPath } from '../../../src/remote/remotePath';
import { describeReport, retryFailed, runPlan } from '../../../src/usecases/runPlan';
import { createFakeClock } from '../../support/fakeClock';
import { temporaryFolder } from '../../support/temporaryFolder';
import { bucket, type GivenRun, givenRun, mirror } from '../transfer/givenRun';

const calm = new AbortController().signal;

/** Two files to upload, of which the second fails, and a file to delete. */
function givenFailure(): GivenRun {
  const error = new RemoteError('other', 'The service failed.');
  const given = givenRun({ a: 'x', b: 'y' }, { failures: [{ when: { operation: 'write', nth: 2 }, error }] });
  given.store.put('bucket/old', '');
  return given;
}

async function uploaded(given: GivenRun, storageFolder: string | undefined, lines: string[] = []) {
  const plan = await given.planUpload(mirror);
  const log: Log = { write: (level, tag, text) => lines.push(`${level} ${tag} ${text}`) };
  const host = { log, clock: createFakeClock(), storageFolder };
  const source = { remote: given.disk, root: rootPath };
  const target = { remote: given.store, root: bucket };
  return { plan, report: await runPlan(plan, source, target, { host }, calm) };
}

test('a run leaves a journal of what began and how it ended', async (t) => {
  const storage = temporaryFolder(t);
  const given = givenFailure();
  await uploaded(given, storage);
  const [file, ...more] = fs.readdirSync(path.join(storage, 'runs'));
  assert.ok(file && more.length === 0);
  const text = fs.readFileSync(path.join(storage, 'runs', file), 'utf8');
  const events = text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.equal(events[0].event, 'runBegun');
  assert.equal(events[0].planned.actions, 3);
  assert.equal(events.at(-1).event, 'runEnded');
  assert.equal(events.at(-1).totals.failed, 1);
  assert.deepEqual(
    events.filter(({ event }) => event === 'begun' || event === 'done').map(({ at: _, ...line }) => line),
    [
      { event: 'begun', from: 0, to: 3 },
      { event: 'done', n: 0, made: events.find(({ event }) => event === 'done').made },
    ],
  );
  const failed = events.find(({ outcome }) => outcome === 'failed');
  assert.deepEqual(failed.error, { kind: 'other', message: 'The service failed.' });
});

test('only the newest journals are kept', async (t) => {
  const runs = path.join(temporaryFolder(t), 'runs');
  fs.mkdirSync(runs);
  for (let i = 0; i < 60; i++)
    fs.writeFileSync(path.join(runs, `run-2020-01-${String(i).padStart(2, '0')}.jsonl`), '');
  await uploaded(givenRun({ a: 'x' }), path.dirname(runs));
  const left = fs.readdirSync(runs).sort();
  assert.equal(left.length, 50);
  assert.equal(left.filter((name) => name.startsWith('run-2020-01-')).at(0), 'run-2020-01-11.jsonl');
});

test("a journal that can't be written is logged and does not stop the run", async (t) => {
  const file = path.join(temporaryFolder(t), 'file');
  fs.writeFileSync(file, '');
  const lines: string[] = [];
  const { report } = await uploaded(givenRun({ a: 'x' }), file, lines);
  assert.equal(report.totals.done, 1);
  assert.ok(lines.some((line) => line.startsWith('warn copy The journal')));
});

test('the log names the run and each action that was not done', async () => {
  const lines: string[] = [];
  const given = givenFailure();
  const { report } = await uploaded(given, undefined, lines);
  assert.match(lines[0] ?? '', /^info copy sync \/disk → store:bucket: 3 actions$/);
  assert.deepEqual([...describeReport(report)].slice(0, 2), [
    'failed     copyFile b: The service failed.',
    'The file to be deleted was kept, because 1 file could not be copied.',
  ]);
  assert.match([...describeReport(report)].at(-1) ?? '', /^1 done, 1 failed, 1 not started; 1 bytes in /);
});

test('a retry has the failed actions and the deletes that were withheld for them', async () => {
  const given = givenFailure();
  const { report, plan } = await uploaded(given, undefined);
  const again = retryFailed(report, plan);
  assert.deepEqual(
    again.actions.map(({ path }) => path),
    ['b', 'old'],
  );
  assert.equal((await given.run(again)).totals.done, 2);
  assert.deepEqual(given.store.paths(), ['bucket/a', 'bucket/b']);
});

test('a retry has no deletes when a file had changed', async () => {
  const given = givenFailure();
  const plan = await given.planUpload(mirror);
  given.disk.put('a', 'changed');
  const report = await given.run(plan);
  assert.equal(report.totals.changed, 1);
  assert.ok(retryFailed(report, plan).actions.every(({ kind }) => kind !== 'deleteFile'));
});
