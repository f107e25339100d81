import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { CreateBucketCommand } from '@aws-sdk/client-s3';
import * as vscode from 'vscode';
import { createApp, type SyncRequest } from '../../../src/app';
import type { RemoteSettings } from '../../../src/backends/backend';
import { systemClock } from '../../../src/base/clock';
import { silentLog } from '../../../src/base/log';
import type { Engine } from '../../../src/engine/engine';
import { startEngineThread } from '../../../src/engine/engineThread';
import { SplitEngine } from '../../../src/engine/splitEngine';
import type { Place } from '../../../src/plan/model/plan';
import { defaultPlanOptions } from '../../../src/plan/model/planOptions';
import { parsePath } from '../../../src/remote/remotePath';
import type { Host } from '../../../src/usecases/host';
import { startProxy } from '../../servers/proxy/proxyServer';
import { opened } from '../../unit/editor/preview/sessions';
import { test } from '../harness/inHostTests';
import { independentClient, ourExtension, s3RemoteSettings, testBucket } from './testServer';

// The engine's worker in the real editor, from the installed bundle.

const calm = new AbortController().signal;
const { endpoint } = s3RemoteSettings() as unknown as { readonly endpoint: string };

interface Given {
  readonly engine: Engine;
  readonly here: Engine;
  readonly folder: string;
  /** Workers that were started. */
  readonly workers: () => number;
  request(bucket: string): SyncRequest;
}

async function withEngine(remote: RemoteSettings, work: (it: Given) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'cloud-remotes-engine-'));
  const host: Host = {
    log: silentLog,
    clock: systemClock,
    env: process.env,
    remoteSettings: () => [remote],
    secret: async () => undefined,
    mayRunPrograms: () => true,
    storageFolder: path.join(folder, 'storage'),
  };
  const app = createApp(host);
  let workers = 0;
  const script = path.join(ourExtension().extensionPath, 'dist/extension.js');
  const engine = new SplitEngine(host, app, (data, onEnd) => {
    workers++;
    return startEngineThread(script, data, onEnd);
  });
  const disk: Place = { kind: 'folder', path: path.join(folder, 'disk') };
  mkdirSync(disk.path);
  try {
    await work({
      engine,
      here: app,
      folder: disk.path,
      workers: () => workers,
      request: (bucket) => ({
        source: disk,
        target: { kind: 'remote', remote: remote.name, path: parsePath(bucket) },
        options: defaultPlanOptions,
      }),
    });
  } finally {
    await engine.close();
    await app.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

test('engine: the bundle of the extension plans and runs in a worker', async () => {
  const bucket = testBucket('engine');
  await bucket.create();
  await withEngine(s3RemoteSettings(), async ({ engine, folder, workers, request }) => {
    for (let i = 0; i < 20; i++) writeFileSync(path.join(folder, `f${i}`), `file ${i}`);
    const plan = await engine.planSync(request('engine'), calm);
    const report = await engine.runPlan(plan, calm);
    assert.equal(report.totals.done, 20);
    assert.equal(workers(), 1);
    assert.equal(await bucket.text('f7'), 'file 7');
    const again = await engine.planSync(request('engine'), calm);
    assert.equal(again.actions.length, 0);
  });
});

test('engine: a service behind a proxy is planned and run in the thread of the editor', async () => {
  const name = 'behind-engine';
  await independentClient().send(new CreateBucketCommand({ Bucket: name }));
  const proxy = await startProxy({ hosts: { 's3.test': Number(new URL(endpoint).port) } });
  const setProxy = (url: string | undefined) =>
    vscode.workspace.getConfiguration('http').update('proxy', url, vscode.ConfigurationTarget.Global);
  await setProxy(proxy.url);
  try {
    const remote = { ...s3RemoteSettings(), name: 'far', endpoint: 'http://s3.test:8333' };
    await withEngine(remote, async ({ engine, folder, request }) => {
      writeFileSync(path.join(folder, 'a'), 'through the proxy');
      const plan = await engine.planSync(request(name), calm);
      assert.equal((await engine.runPlan(plan, calm)).totals.done, 1);
      assert.ok(proxy.requests.some(({ method, status }) => method === 'PUT' && status === 200));
    });
  } finally {
    await setProxy(undefined);
    await proxy.stop();
  }
});

/** A small amount always, and the amounts of docs/performance.md with CLOUD_REMOTES_MEASURE. */
const isFull = process.env['CLOUD_REMOTES_MEASURE'] !== undefined;
const [planned, uploaded, moved] = isFull ? [100_000, 10_000, 1024 ** 3] : [5000, 500, 64 * 1024 ** 2];

const mib = 1024 ** 2;
const figures: object[] = [];

/** The delays of the event loop while `work` runs. */
async function measured(what: string, work: () => Promise<void>): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 500));
  const delays = monitorEventLoopDelay({ resolution: 1 });
  const began = performance.now();
  delays.enable();
  await work();
  delays.disable();
  const [max, p99] = [delays.max / 1e6, delays.percentile(99) / 1e6];
  const seconds = (performance.now() - began) / 1000;
  console.log(`${what}: max ${max.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms, ${seconds.toFixed(1)} s`);
  figures.push({ what, max, p99, seconds });
}

function fill(folder: string, files: number, content: Buffer): void {
  for (let i = 0; i < files; i++) {
    const below = path.join(folder, `d${i % Math.ceil(files / 100)}`);
    mkdirSync(below, { recursive: true });
    writeFileSync(path.join(below, `f${i}`), content);
  }
}

/** A preview as a user opens it, without its page. */
function previewOf({ planSync, runPlan }: Engine, request: SyncRequest) {
  const { session } = opened({ plan: planSync, run: runPlan, request });
  return {
    scan: () => session.rescan(),
    async apply() {
      await session.answer({ type: 'apply' });
      while (session.state().phase === 'running') await new Promise((resolve) => setTimeout(resolve, 20));
    },
    state: () => session.state(),
  };
}

for (const home of ['a worker', "the editor's thread"] as const)
  test(`engine: the event loop of the editor while ${home} plans and runs`, async () => {
    const bucket = testBucket(`loop-${home.length}`);
    await bucket.create();
    await withEngine(s3RemoteSettings(), async (it) => {
      const engine = home === 'a worker' ? it.engine : it.here;
      const empty = () => {
        for (const entry of readdirSync(it.folder)) rmSync(path.join(it.folder, entry), { recursive: true });
      };
      const request = it.request(`loop-${home.length}`);
      await measured(`${home}: start`, async () => void (await engine.explainFilter(request, 'x', calm)));
      fill(it.folder, planned, Buffer.alloc(1));
      const preview = previewOf(engine, request);
      await measured(`${home}: plan ${planned} files`, () => preview.scan());
      assert.equal(preview.state().table?.all, planned);
      empty();
      fill(it.folder, uploaded, Buffer.alloc(4096, 1));
      const small = previewOf(engine, request);
      await small.scan();
      await measured(`${home}: upload ${uploaded} files`, () => small.apply());
      assert.equal(small.state().run?.filesDone, uploaded);
      empty();
      writeFileSync(path.join(it.folder, 'large'), 'x');
      truncateSync(path.join(it.folder, 'large'), moved);
      const large = previewOf(engine, request);
      await large.scan();
      await measured(`${home}: upload ${moved / mib} MiB`, () => large.apply());
      assert.equal(large.state().run?.filesDone, 1);
      empty();
      const down = previewOf(engine, {
        ...request,
        source: request.target,
        target: request.source,
        options: { ...request.options, filters: [{ include: '/large' }] },
      });
      await down.scan();
      await measured(`${home}: download ${moved / mib} MiB`, () => down.apply());
      assert.equal(down.state().run?.filesDone, 1);
      await bucket.remove('large');
    });
  });

test('engine: figures of the event loop', () => {
  if (isFull) writeFileSync(path.join(os.tmpdir(), 'event-loop.json'), JSON.stringify(figures, undefined, 2));
  assert.ok(figures.length > 0);
});
