import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { silentLog } from '../../../src/base/log';
import { selectActions } from '../../../src/plan/build/selectActions';
import type { Plan } from '../../../src/plan/model/plan';
import type { PlanOptions } from '../../../src/plan/model/planOptions';
import { isRemoteError } from '../../../src/remote/remoteError';
import { rootPath } from '../../../src/remote/remotePath';
import { idsToContinue, type RecordedRun } from '../../../src/transfer/journal/recordedRun';
import { discardRun, unfinishedRuns } from '../../../src/transfer/journal/unfinishedRuns';
import type { RunObserver, RunReport } from '../../../src/transfer/runReport';
import { silentObserver } from '../../../src/transfer/runReport';
import { PlaceLocks } from '../../../src/usecases/placeLocks';
import { runPlan } from '../../../src/usecases/runPlan';
import { createFakeClock } from '../../support/fakeClock';
import { random } from '../../support/random';
import { temporaryFolder } from '../../support/temporaryFolder';
import { bucket, fileIn, type GivenRun, givenRun, mirror } from '../transfer/givenRun';

const calm = new AbortController().signal;

/** A sync of some files with a journal, which can be cancelled after some actions and continued. */
interface GivenContinuation extends GivenRun {
  readonly storage: string;
  readonly locks: PlaceLocks;
  start(plan: Plan, cancelAfter?: number, observer?: Partial<RunObserver>): Promise<RunReport>;
  unfinished(): Promise<readonly RecordedRun[]>;
  goOn(run: RecordedRun, plan?: Plan): Promise<RunReport>;
  journal(): string;
}

function given(t: TestContext, files: Readonly<Record<string, string>>): GivenContinuation {
  const it = givenRun(files);
  const storage = temporaryFolder(t);
  const locks = new PlaceLocks(path.join(storage, 'locks'), silentLog);
  const host = { log: silentLog, clock: createFakeClock(), storageFolder: storage };
  const source = { remote: it.disk, root: rootPath };
  const target = { remote: it.store, root: bucket };
  return {
    ...it,
    storage,
    locks,
    async start(plan, cancelAfter = Number.POSITIVE_INFINITY, observer = {}) {
      const stop = new AbortController();
      let ended = 0;
      const watching: RunObserver = {
        ...silentObserver,
        ended: () => {
          if (++ended >= cancelAfter) stop.abort(new Error('Cancelled.'));
        },
        ...observer,
      };
      return runPlan(plan, source, target, { host, locks, transfers: 1, observer: watching }, stop.signal);
    },
    unfinished: () => unfinishedRuns(storage, () => locks.runsInProgress()),
    goOn: (run, plan = selectActions(run.plan, idsToContinue(run))) =>
      runPlan(plan, source, target, { host, locks, continues: run.run }, calm),
    journal() {
      const [name = '', ...more] = fs.readdirSync(path.join(storage, 'runs'));
      assert.equal(more.length, 0, 'one file per run');
      return path.join(storage, 'runs', name);
    },
  };
}

const tenFiles = Object.fromEntries(Array.from({ length: 10 }, (_, i) => [`f${i}`, `content ${i}`]));

async function onlyOne(it: GivenContinuation): Promise<RecordedRun> {
  const [run, ...more] = await it.unfinished();
  assert.ok(run && more.length === 0, 'there is one unfinished run');
  return run;
}

test('a cancelled run is continued with the same plan, and finished files are not looked at again', async (t) => {
  const it = given(t, tenFiles);
  it.store.put('bucket/old', '');
  const plan = await it.planUpload(mirror);
  assert.equal((await it.start(plan, 4)).totals.done, 4);
  const run = await onlyOne(it);
  assert.deepEqual(run.plan, plan);
  assert.deepEqual([...run.results.values()].map(({ outcome }) => outcome).slice(0, 4), [
    'done',
    'done',
    'done',
    'done',
  ]);
  const done = [...run.results.values()].flatMap((one) => (one.outcome === 'done' ? one.path : []));
  const before = it.store.calls.length;
  const report = await it.goOn(run);
  assert.equal(report.totals.done, 7, JSON.stringify(report.results));
  assert.ok(!it.store.calls.slice(before).some(({ path: at }) => done.some((one) => at === `bucket/${one}`)));
  assert.deepEqual(
    it.store.paths(),
    Object.keys(tenFiles).map((name) => `bucket/${name}`),
  );
  assert.deepEqual(await it.unfinished(), []);
  assert.ok(!it.journal().endsWith('.open.jsonl'));
});

const options: Readonly<Record<string, Partial<PlanOptions>>> = {
  sync: mirror,
  'deletes before': { ...mirror, deletes: 'before' },
  move: { verb: 'move', useDefaultExcludes: false },
};

for (const [name, choice] of Object.entries(options))
  test(`a journal cut at any byte is continued to the same end: ${name}`, async (t) => {
    const r = random(name.length);
    for (let round = 0; round < 25; round++) {
      const it = given(t, tenFiles);
      for (const old of ['f1', 'f2', 'old', 'folder/old']) it.store.put(`bucket/${old}`, 'old');
      const plan = await it.planUpload(choice);
      const cancelAfter = r.chance(0.5) ? undefined : 1 + r.whole(plan.actions.length);
      await it.start(plan, cancelAfter);
      const whole = fs.readFileSync(it.journal());
      const planEnds = whole.indexOf('{"event":"begun"');
      const length = planEnds + r.whole(whole.length - planEnds);
      const open = it.journal().replace(/(?:\.open)?\.jsonl$/, '.open.jsonl');
      fs.renameSync(it.journal(), open);
      fs.writeFileSync(open, whole.subarray(0, length));
      const writes = it.store.count('write');
      const made = it.store.paths().length;
      const [run] = await it.unfinished();
      if (run) {
        const report = await it.goOn(run);
        const undone = report.results.filter(({ outcome }) => outcome !== 'done');
        assert.deepEqual(undone, [], `round ${round}, ${length} of ${whole.length} bytes`);
      }
      for (const [file, content] of Object.entries(tenFiles)) {
        assert.equal(it.store.text(`bucket/${file}`), content);
        assert.equal(it.disk.text(file), choice.verb === 'move' ? undefined : content);
      }
      if (choice.verb !== 'move') assert.equal(it.store.paths().length, 10);
      if (cancelAfter === undefined && choice.verb !== 'move')
        assert.equal(it.store.count('write'), writes, `nothing was sent again (${made} files)`);
    }
  });

test('a journal that ends inside of its plan did nothing and is not offered', async (t) => {
  const it = given(t, tenFiles);
  await it.start(await it.planUpload(mirror), 3);
  const file = it.journal();
  const whole = fs.readFileSync(file);
  for (const share of [0, 0.2, 0.7]) {
    fs.writeFileSync(file, whole.subarray(0, Math.floor(whole.indexOf('{"event":"begun"') * share)));
    assert.deepEqual(await it.unfinished(), []);
  }
});

test('a torn line in the middle hides nothing that was recorded before it, and later lines are written over', async (t) => {
  const it = given(t, tenFiles);
  await it.start(await it.planUpload(mirror), 5);
  fs.appendFileSync(it.journal(), '{"event":"do\0\0\0\n{"event":"done","n":9}\n');
  const run = await onlyOne(it);
  assert.equal([...run.results.values()].filter(({ outcome }) => outcome === 'done').length, 5);
  assert.equal((await it.goOn(run)).totals.done, 5);
  assert.ok(!fs.readFileSync(it.journal(), 'utf8').includes('\0'));
});

test('a journal that names a path outside of its places is not offered', async (t) => {
  const it = given(t, tenFiles);
  await it.start(await it.planUpload(mirror), 3);
  const lines = fs.readFileSync(it.journal(), 'utf8').split('\n');
  for (const hostile of ['../f9', '/etc/f9', 'a//b', 'a/../../f9']) {
    const changed = lines.map((line) => {
      const { action, ...rest } = line === '' ? {} : JSON.parse(line);
      return action?.path === 'f9' ? JSON.stringify({ ...rest, action: { ...action, path: hostile } }) : line;
    });
    assert.notDeepEqual(changed, lines);
    fs.writeFileSync(it.journal(), changed.join('\n'));
    assert.deepEqual(await it.unfinished(), [], hostile);
  }
});

test('the start of an action is on the disk before its first request', async (t) => {
  const it = given(t, tenFiles);
  const written: string[] = [];
  const write = (...args: Parameters<typeof it.store.write>) => {
    written.push(fs.readFileSync(it.journal(), 'utf8'));
    return it.store.write(...args);
  };
  const target = { remote: { ...it.store, write }, root: bucket };
  const host = { log: silentLog, clock: createFakeClock(), storageFolder: it.storage };
  const source = { remote: it.disk, root: rootPath };
  await runPlan(await it.planUpload(mirror), source, target, { host, locks: it.locks, transfers: 1 }, calm);
  assert.equal(written.length, 10);
  assert.match(written[0] ?? '', /\n\{"event":"begun","from":0,"to":10\}\n/);
});

test('a run that is cancelled after its last action has ended', async (t) => {
  const it = given(t, tenFiles);
  await it.start(await it.planUpload(mirror), 10);
  assert.deepEqual(await it.unfinished(), []);
  assert.ok(!it.journal().endsWith('.open.jsonl'));
});

test('a run in progress is not offered', async (t) => {
  const it = given(t, tenFiles);
  const offered: (readonly RecordedRun[])[] = [];
  const host = { log: silentLog, clock: createFakeClock(), storageFolder: it.storage };
  const target = { remote: it.store, root: bucket };
  const waits = { ...it.disk, readToBuffer: undefined };
  const source = {
    remote: {
      ...waits,
      read: async (...args: Parameters<typeof it.disk.read>) => {
        offered.push(await it.unfinished());
        return it.disk.read(...args);
      },
    },
    root: rootPath,
  };
  await runPlan(await it.planUpload(mirror), source as never, target, { host, locks: it.locks }, calm);
  assert.equal(offered.length, 10);
  assert.deepEqual(offered.flat(), []);
});

test('two windows do the actions of a run once', async (t) => {
  const it = given(t, tenFiles);
  await it.start(await it.planUpload(mirror), 3);
  const run = await onlyOne(it);
  const rest = selectActions(run.plan, idsToContinue(run));
  const both = await Promise.allSettled([it.goOn(run, rest), it.goOn(run, rest)]);
  assert.ok(both.some(({ status }) => status === 'fulfilled'));
  const late = await it.goOn(run, rest);
  assert.equal(late.totals.done, rest.actions.length);
  assert.equal(it.store.count('write'), 10);
});

test('a run whose remote leads elsewhere now is refused', async (t) => {
  const it = given(t, tenFiles);
  await it.start(await it.planUpload(mirror), 3);
  const [head = '', ...lines] = fs.readFileSync(it.journal(), 'utf8').split('\n');
  for (const place of ['source', 'target', 'backup']) {
    const { places, ...rest } = JSON.parse(head);
    const moved = { ...rest, places: { ...places, [place]: 'https://elsewhere/bucket' } };
    fs.writeFileSync(it.journal(), [JSON.stringify(moved), ...lines].join('\n'));
    const run = await onlyOne(it);
    await assert.rejects(
      it.goOn(run),
      (error) => isRemoteError(error, 'changed') && /leads to another/.test(error.message),
      place,
    );
  }
  assert.equal(it.store.count('write'), 3);
});

test('files that changed meanwhile are left alone and said, and then nothing is deleted', async (t) => {
  const it = given(t, tenFiles);
  it.store.put('bucket/old', '');
  await it.start(await it.planUpload(mirror), 5);
  it.disk.put('f9', 'changed');
  it.store.put('bucket/f8', 'changed');
  const report = await it.goOn(await onlyOne(it));
  const { done, changed, notStarted } = report.totals;
  assert.deepEqual({ done, changed, notStarted }, { done: 3, changed: 2, notStarted: 1 });
  assert.equal(it.store.text('bucket/f8'), 'changed');
  assert.ok(it.store.content('bucket/old'));
});

test('a change that the first part of a run has found withholds its deletes from the rest', async (t) => {
  const it = given(t, tenFiles);
  it.store.put('bucket/old', '');
  const plan = await it.planUpload(mirror);
  it.disk.put('f0', 'changed');
  await it.start(plan, 5);
  const run = await onlyOne(it);
  const rest = selectActions(run.plan, idsToContinue(run)).actions.map(({ path: at }) => at);
  assert.deepEqual(rest, ['f5', 'f6', 'f7', 'f8', 'f9']);
});

test('a discarded run is not offered and keeps its journal', async (t) => {
  const it = given(t, tenFiles);
  await it.start(await it.planUpload(mirror), 3);
  const { run } = await onlyOne(it);
  await discardRun(it.storage, run, () => Promise.reject(new Error('Nothing is left there.')), silentLog);
  assert.deepEqual(await it.unfinished(), []);
  assert.ok(fs.existsSync(it.journal()));
});

test('hostile names and text survive the journal', async (t) => {
  const names = ['a\nb', '"},{"event":"runEnded"}', 'tab\tand \u2028', 'ünïcode 😀', '__proto__'];
  const it = given(t, Object.fromEntries([...names.map((name) => [name, name]), ['z', 'z']]));
  const plan = await it.planUpload(mirror);
  await it.start(plan, 1);
  const run = await onlyOne(it);
  assert.deepEqual(run.plan, plan);
  assert.equal((await it.goOn(run)).totals.done, plan.actions.length - 1);
});

test('the secret of a Uri is never written, so such a run is not offered', async (t) => {
  const it = given(t, tenFiles);
  const plan = await it.planUpload(mirror);
  const secret = 'vfs://user:hunter2@host/folder?token=abc';
  await it.start({ ...plan, source: { kind: 'uri', uri: secret } }, 3);
  assert.doesNotMatch(fs.readFileSync(it.journal(), 'utf8'), /hunter2|token=abc/);
  assert.deepEqual(await it.unfinished(), []);
});

test('a new plan of the same places replaces an unfinished run and removes what its writes left', async (t) => {
  const it = given(t, tenFiles);
  await it.start(await it.planUpload(mirror), 3);
  fs.appendFileSync(it.journal(), '{"event":"fact","n":9,"fact":{"uploadId":"u"}}\n');
  const discarded: unknown[] = [];
  const target = {
    remote: {
      ...it.store,
      discardWrite: async (...[at, recorded]: unknown[]) => void discarded.push([at, recorded]),
    },
    root: bucket,
  };
  const host = { log: silentLog, clock: createFakeClock(), storageFolder: it.storage };
  const plan = await it.planUpload(mirror);
  await runPlan(plan, { remote: it.disk, root: rootPath }, target, { host, locks: it.locks }, calm);
  assert.deepEqual(discarded, [['bucket/f9', [{ uploadId: 'u' }]]]);
  assert.deepEqual(await it.unfinished(), []);
});

test('each crash halves the concurrency of the run, and a cancel does not', async (t) => {
  const it = given(t, tenFiles);
  await it.start(await it.planUpload(mirror), 3);
  assert.equal((await onlyOne(it)).crashes, 0);
  const whole = fs.readFileSync(it.journal(), 'utf8');
  const killed = whole.slice(0, whole.indexOf('{"event":"runEnded"'));
  fs.writeFileSync(it.journal(), killed);
  assert.equal((await onlyOne(it)).crashes, 1);
  const continued = '{"event":"runContinued","at":1,"pid":1,"host":"h"}\n';
  fs.writeFileSync(it.journal(), killed + continued + continued);
  assert.equal((await onlyOne(it)).crashes, 3);
  fs.writeFileSync(it.journal(), whole + continued + whole.slice(killed.length));
  assert.equal((await onlyOne(it)).crashes, 0);
});

test('the end of an action is recorded with the facts of the file that it made', async (t) => {
  const it = given(t, { f0: 'content' });
  await it.start(await it.planUpload(mirror));
  const lines = fs.readFileSync(it.journal(), 'utf8').split('\n');
  const done = lines.flatMap((line) => (line.startsWith('{"event":"done"') ? [JSON.parse(line)] : []));
  const { size, modified, md5, version } = await fileIn(it.store, 'bucket/f0');
  assert.ok(size && modified && md5 && version);
  assert.deepEqual(done, [{ event: 'done', n: 0, made: { size, modified, md5, version } }]);
});
