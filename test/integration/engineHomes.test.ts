import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, type TestContext, test } from 'node:test';
import type { SyncRequest } from '../../src/app';
import type { Place } from '../../src/plan/model/plan';
import { defaultPlanOptions, type PlanOptions } from '../../src/plan/model/planOptions';
import { parsePath } from '../../src/remote/remotePath';
import type { RunObserver } from '../../src/transfer/runReport';
import { PlaceOccupied } from '../../src/usecases/placeLocks';
import { type S3TestServer, startS3Server } from '../servers/s3/s3Server';
import {
  bundleEngineThread,
  type Home,
  type HomeKind,
  homeKinds,
  homeOf,
  hostFor,
} from '../support/engineThread';
import { calm } from '../support/remoteCalls';
import { temporaryFolder } from '../support/temporaryFolder';

// The engine does the same in this thread, in a worker and in several threads: the same requests give the same plans, reports, events and errors.

const homes = Object.keys(homeKinds) as HomeKind[];
let script = '';
before(async () => {
  script = await bundleEngineThread();
});
after(() => fs.rmSync(script, { force: true }));

interface Given extends Home {
  readonly server: S3TestServer;
  readonly folder: string;
  place(name: string): Place;
}

/** A folder and a bucket with the same content for every home. */
async function given(t: TestContext, kind: HomeKind, work: (it: Given) => Promise<void>): Promise<void> {
  const server = await startS3Server({ buckets: ['demo'] });
  const folder = temporaryFolder(t);
  const lockFolder = path.join(folder, 'locks');
  const storageFolder = path.join(folder, 'storage');
  const home = homeOf(kind, hostFor(server, { lockFolder, storageFolder }), script);
  const write = (file: string, content: string, seconds: number) => {
    const absolute = path.join(folder, 'disk', file);
    fs.mkdirSync(path.dirname(absolute), { recursive: true });
    fs.writeFileSync(absolute, content);
    fs.utimesSync(absolute, seconds, seconds);
  };
  for (let i = 0; i < 30; i++) write(`d${i % 3}/f${i}`, `content ${i}`, 1_000_000_000 + i);
  for (const [file, content] of [
    ['d0/f0', 'content 0'],
    ['d1/f1', 'other content'],
    ['d2/extra', 'only there'],
    ['x/y/extra too', 'only there'],
  ] as const)
    server.store.put('demo', `there/${file}`, content, {
      lastModified: 1_000_000_500_000,
      metadata: { mtime: '1000000000' },
    });
  const place = (name: string): Place =>
    name === 'disk' || name === 'other'
      ? { kind: 'folder', path: path.join(folder, name) }
      : { kind: 'remote', remote: 'demo', path: parsePath(name) };
  try {
    await work({ ...home, server, folder, place });
  } finally {
    await home.close();
    await server.stop();
  }
}

interface Case {
  readonly from: string;
  readonly to: string;
  readonly options?: Partial<PlanOptions>;
  /** Before the plan. */
  arrange?(it: Given): void;
  /** Before the run. */
  prepare?(it: Given): void;
}

const cases: Readonly<Record<string, Case>> = {
  'copy to a bucket': { from: 'disk', to: 'demo/there' },
  'sync to a bucket with deletes': {
    from: 'disk',
    to: 'demo/there',
    options: { verb: 'sync', deletes: 'after' },
  },
  'sync from a bucket': {
    from: 'demo/there',
    to: 'disk',
    options: { verb: 'sync', deletes: 'before', compare: 'checksum' },
  },
  'move to another folder': { from: 'disk', to: 'other', options: { verb: 'move' } },
  'move within a bucket': { from: 'demo/there', to: 'demo/elsewhere', options: { verb: 'move' } },
  'filters and a backup': {
    from: 'disk',
    to: 'demo/there',
    options: {
      verb: 'sync',
      deletes: 'during',
      filters: [{ exclude: 'd2/**' }],
      backupFolder: 'demo/kept',
    },
  },
  'uploads that the service refuses': {
    from: 'disk',
    to: 'demo/there',
    options: { verb: 'sync', deletes: 'after' },
    prepare: ({ server }) =>
      void server.addFault({
        operation: 'PutObject',
        key: /f1\d/,
        code: 'AccessDenied',
        count: Number.POSITIVE_INFINITY,
      }),
  },
  'a file that changes after the plan': {
    from: 'disk',
    to: 'demo/there',
    prepare: ({ folder }) => fs.appendFileSync(path.join(folder, 'disk/d0/f3'), 'more'),
  },
  'copies within a bucket': { from: 'demo/there', to: 'demo/elsewhere' },
  'a store that proves to be on a file system': {
    from: 'disk',
    to: 'demo/there',
    options: { verb: 'sync', deletes: 'after' },
    arrange: ({ server }) => void server.store.put('demo', 'there/d2/f2/inner', 'in the place of a file'),
    prepare: ({ server }) => void Object.assign(server.store.findBucket('demo') ?? {}, { likeFiles: true }),
  },
  'a service that waits': {
    from: 'disk',
    to: 'demo/there',
    prepare: ({ server }) => void server.addFault({ operation: 'PutObject', code: 'SlowDown', count: 2 }),
  },
};

const request = ({ place }: Given, { from, to, options }: Case): SyncRequest => ({
  source: place(from),
  target: place(to),
  options: { ...defaultPlanOptions, ...options },
});

/** Without what differs from run to run: the folder, and times and versions that the system or the service chooses. */
function comparable(value: object, { folder, server }: Given): unknown {
  const text = JSON.stringify(value, (name, field: unknown) =>
    ['startedAt', 'endedAt', 'version', 'serverModified', 'madeAt'].includes(name) ? undefined : field,
  );
  return JSON.parse(
    text
      .replaceAll(folder, 'FOLDER')
      .replaceAll(`:${server.port}`, ':PORT')
      .replaceAll(/\d{4}-\d\d-\d\dT\d{6}Z/g, 'DATE'),
  );
}

interface Seen {
  readonly plan: unknown;
  readonly report: unknown;
  readonly events: readonly string[];
  readonly after: unknown;
}

async function planAndRun(t: TestContext, kind: HomeKind, what: Case): Promise<Seen> {
  let seen: Seen | undefined;
  await given(t, kind, async (it) => {
    const { engine } = it;
    const asked = request(it, what);
    what.arrange?.(it);
    const progress: number[] = [];
    const plan = await engine.planSync(asked, calm, ({ actions }) => progress.push(actions));
    what.prepare?.(it);
    const events: string[] = [];
    const observer: RunObserver = {
      started: (action) => events.push(`started ${action.kind} ${action.path}`),
      progressed: () => {},
      ended: ({ path: file }, { outcome }) => events.push(`${outcome} ${file}`),
    };
    const report = await engine.runPlan(plan, calm, { observer, transfers: 3 });
    assert.equal(progress.at(-1), plan.actions.length);
    assert.equal(it.shared() > 0, homeKinds[kind] > 1 && asked.options.verb !== 'move');
    const next = await engine.planSync(asked, calm);
    seen = {
      plan: comparable(plan, it),
      report: comparable(report, it),
      events: events.sort(),
      after: comparable(
        next.actions.map(({ id }) => id),
        it,
      ),
    };
  });
  assert.ok(seen);
  return seen;
}

describe('all homes of the engine make the same plan, run, events and report', () => {
  for (const [name, what] of Object.entries(cases))
    test(name, async (t) => {
      const here = await planAndRun(t, 'in this thread', what);
      assert.ok(here.events.length > 0);
      for (const kind of homes.slice(1)) assert.deepEqual(await planAndRun(t, kind, what), here, kind);
    });

  test('a check', async (t) => {
    const plans: unknown[] = [];
    for (const kind of homes)
      await given(t, kind, async (it) => {
        const asked = request(it, { from: 'disk', to: 'demo/there', options: { verb: 'check' } });
        plans.push(comparable(await it.engine.planSync(asked, calm), it));
      });
    for (const plan of plans) assert.deepEqual(plan, plans[0]);
  });

  test('the explanation of a filter', async (t) => {
    const told: unknown[] = [];
    for (const kind of homes)
      await given(t, kind, async (it) => {
        const asked = request(it, {
          from: 'disk',
          to: 'demo/there',
          options: { filters: [{ exclude: 'd1/*' }] },
        });
        told.push(await it.engine.explainFilter(asked, 'd1/f1', calm));
      });
    for (const one of told) assert.deepEqual(one, told[0]);
  });
});

const failures: Readonly<Record<string, (it: Given) => Promise<unknown>>> = {
  'of places that overlap': (it) =>
    it.engine.planSync(request(it, { from: 'demo/there', to: 'demo/there/in' }), calm),
  'of a bad pattern': (it) =>
    it.engine.planSync(
      request(it, { from: 'disk', to: 'demo/there', options: { filters: [{ exclude: '[z-a' }] } }),
      calm,
    ),
  'of a remote that is not configured': (it) =>
    it.engine.planSync(
      {
        ...request(it, { from: 'disk', to: 'demo/there' }),
        source: { ...it.place('x'), remote: 'gone' } as Place,
      },
      calm,
    ),
  'of a bucket that is not there': (it) =>
    it.engine.planSync(request(it, { from: 'nowhere/at/all', to: 'disk' }), calm),
  'of keys that are refused': (it) => {
    it.server.addFault({ code: 'InvalidAccessKeyId', count: Number.POSITIVE_INFINITY });
    return it.engine.planSync(request(it, { from: 'demo/there', to: 'disk' }), calm);
  },
  'of a check that is to be run': async (it) => {
    const asked = request(it, { from: 'disk', to: 'demo/there', options: { verb: 'check' } });
    return it.engine.runPlan(await it.engine.planSync(asked, calm), calm);
  },
};

describe('all homes of the engine reject with the same error', () => {
  for (const [name, fail] of Object.entries(failures))
    test(name, async (t) => {
      const seen: object[] = [];
      for (const kind of homes)
        await given(t, kind, async (it) => {
          const error: unknown = await fail(it).catch((thrown: unknown) => thrown);
          assert.ok(error instanceof Error, String(error));
          const { message, name: own } = error;
          seen.push({
            class: error.constructor,
            own,
            message: message.replaceAll(it.folder, '').replaceAll(String(it.server.port), ''),
            fields: { ...error },
          });
        });
      for (const error of seen) assert.deepEqual(error, seen[0]);
    });

  for (const kind of homes)
    test(`of a run whose place is occupied, ${kind}: in this window, by work in this thread`, (t) =>
      given(t, kind, async (it) => {
        const plan = await it.engine.planSync(request(it, { from: 'disk', to: 'demo/there' }), calm);
        const { remote, root } = await it.app.openPlace(it.place('demo/there'));
        const lock = await it.app.locks?.acquire(
          { kind: 'items', what: 'delete', places: [{ remote, root, shown: 'there', writes: true }] },
          calm,
        );
        await assert.rejects(it.engine.runPlan(plan, calm), (error) => {
          assert.ok(error instanceof PlaceOccupied);
          return /"delete" has been running in this window/.test(error.message);
        });
        await lock?.release();
        const report = await it.engine.runPlan(plan, calm);
        assert.equal(report.totals.done, plan.actions.length);
      }));
});

for (const kind of homes) {
  test(`a plan that is cancelled rejects with the reason, ${kind}`, (t) =>
    given(t, kind, async (it) => {
      it.server.addFault({ operation: ['ListObjectsV2', 'ListObjects'], delayMs: 60_000 });
      const stop = new AbortController();
      const plan = it.engine.planSync(request(it, { from: 'demo/there', to: 'disk' }), stop.signal);
      const reason = new Error('another plan is wanted');
      setTimeout(() => stop.abort(reason), 30);
      await assert.rejects(plan, reason);
    }));

  test(`a run that is cancelled ends what it began and reports the rest, ${kind}`, (t) =>
    given(t, kind, async (it) => {
      it.server.addFault({ operation: 'PutObject', delayMs: 20, count: Number.POSITIVE_INFINITY });
      const plan = await it.engine.planSync(request(it, { from: 'disk', to: 'demo/there' }), calm);
      const stop = new AbortController();
      const began = it.server.requests.length;
      const watch = setInterval(() => {
        if (it.server.requests.slice(began).some(({ operation }) => operation === 'PutObject')) stop.abort();
      }, 1);
      const { totals } = await it.engine.runPlan(plan, stop.signal, { transfers: 2 });
      clearInterval(watch);
      assert.ok(totals.notStarted > 0 && totals.failed === 0, JSON.stringify(totals));
      assert.equal(totals.notStarted + totals.cancelled + totals.done, plan.actions.length);
    }));
}

test('a run in a worker occupies its places for work in this thread', (t) =>
  given(t, 'in a worker', async (it) => {
    it.server.addFault({ operation: 'PutObject', delayMs: 50, count: Number.POSITIVE_INFINITY });
    const plan = await it.engine.planSync(request(it, { from: 'disk', to: 'demo/there' }), calm);
    const observer = { started: () => {}, progressed: () => {}, ended: () => {} };
    let ended: Promise<unknown> | undefined;
    await new Promise<void>((resolve) => {
      ended = it.engine.runPlan(plan, calm, { observer: { ...observer, started: () => resolve() } });
    });
    await assert.rejects(it.app.runPlan(plan, calm), PlaceOccupied);
    await ended;
  }));
