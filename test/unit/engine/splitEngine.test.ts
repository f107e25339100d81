import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import type { App, SyncRequest } from '../../../src/app';
import { createApp } from '../../../src/app';
import type { ServedEngine } from '../../../src/engine/engineServer';
import { SplitEngine } from '../../../src/engine/splitEngine';
import type { Place, Plan } from '../../../src/plan/model/plan';
import { defaultPlanOptions } from '../../../src/plan/model/planOptions';
import { RemoteError } from '../../../src/remote/remoteError';
import { parsePath } from '../../../src/remote/remotePath';
import type { Host } from '../../../src/usecases/host';
import { type S3TestServer, startS3Server } from '../../servers/s3/s3Server';
import { certificateFile, startTlsFront } from '../../servers/tls/tlsFront';
import { hostFor, startHere } from '../../support/engineThread';
import { calm } from '../../support/remoteCalls';

const folder: Place = { kind: 'folder', path: '/a' };
const virtual: Place = { kind: 'uri', uri: 'memfs:/a' };
const remote: Place = { kind: 'remote', remote: 'demo', path: parsePath('demo') };

const emptyPlan = (source: Place, target: Place) => ({
  source,
  target,
  options: defaultPlanOptions,
  actions: [],
});

interface Given {
  readonly engine: SplitEngine;
  readonly server: S3TestServer;
  /** Where requests were served, in order. */
  readonly served: string[];
  plan(source: Place, target: Place): Promise<unknown>;
}

/** Both sides only note what they are asked; the worker connects to `service` first. */
async function given(
  t: TestContext,
  options: {
    readonly host?: Partial<Host>;
    readonly service?: () => { port: number; protocol?: string; ca?: string };
  } = {},
): Promise<Given> {
  const server = await startS3Server({ buckets: ['demo'] });
  t.after(() => server.stop());
  const served: string[] = [];
  const serving = (where: string, connect?: () => Promise<void>): ServedEngine => {
    const answer = async <T>(what: string, result: T): Promise<T> => {
      await connect?.();
      served.push(`${what} ${where}`);
      return result;
    };
    return {
      planSync: ({ source, target }) => answer('plan', emptyPlan(source, target) as unknown as Plan),
      explainFilter: () => answer('explain', { included: true, sentence: '' }),
      runPlan: () => answer('run', {} as never),
      settingsChanged: () => {},
      close: async () => {},
    };
  };
  const host = hostFor(server, options.host ?? {});
  const app: App = { ...createApp(host), ...serving('here') };
  const engine = new SplitEngine(
    host,
    app,
    startHere((far) => {
      const { port, protocol = 'http:', ca } = options.service?.() ?? { port: server.port };
      const service = { protocol, hostname: '127.0.0.1', port: String(port), ...(ca && { ca: [ca] }) };
      return serving('in the worker', async () => far.allowConnection?.('demo', service));
    }),
  );
  t.after(() => engine.close());
  const request = (source: Place, target: Place): SyncRequest => ({
    source,
    target,
    options: defaultPlanOptions,
  });
  return {
    engine,
    server,
    served,
    plan: (source, target) => engine.planSync(request(source, target), calm),
  };
}

test('folders and services that are reached directly are worked on in the worker', async (t) => {
  const it = await given(t);
  const plan = (await it.plan(folder, remote)) as Plan;
  await it.engine.explainFilter({ source: remote, target: folder, options: defaultPlanOptions }, 'x', calm);
  await it.engine.runPlan(plan, calm);
  assert.deepEqual(it.served, ['plan in the worker', 'explain in the worker', 'run in the worker']);
});

test('folders of virtual workspaces are worked on in this thread', async (t) => {
  const it = await given(t);
  for (const places of [
    [virtual, remote],
    [remote, virtual],
  ] as const) {
    const [source, target] = places;
    await it.plan(source, target);
    await it.engine.runPlan(emptyPlan(source, target) as unknown as Plan, calm);
  }
  await it.engine.runPlan({ ...emptyPlan(folder, remote), backup: virtual } as unknown as Plan, calm);
  assert.ok(it.served.length === 5 && it.served.every((one) => one.endsWith(' here')), it.served.join());
});

test('a user who wants all requests to go through the editor gets them there', async (t) => {
  const it = await given(t, { host: { directConnections: () => false } });
  await it.plan(folder, remote);
  await it.plan(folder, folder);
  assert.deepEqual(it.served, ['plan here', 'plan in the worker']);
});

test('a service with a certificate that only the editor trusts is left to this thread from then on', async (t) => {
  let front: Awaited<ReturnType<typeof startTlsFront>> | undefined;
  const it = await given(t, { service: () => ({ port: front?.port ?? 0, protocol: 'https:' }) });
  front = await startTlsFront(it.server.port);
  t.after(() => front?.stop());
  const plan = (await it.plan(folder, remote)) as Plan;
  await it.plan(folder, remote);
  await it.engine.runPlan(plan, calm);
  assert.deepEqual(it.served, ['plan here', 'plan here', 'run here']);
  it.engine.settingsChanged('another');
  await it.plan(folder, remote);
  assert.equal(it.served.at(-1), 'plan here');
});

test('a certificate of the settings counts', async (t) => {
  let front: Awaited<ReturnType<typeof startTlsFront>> | undefined;
  const ca = readFileSync(certificateFile('authority'), 'utf8');
  const it = await given(t, { service: () => ({ port: front?.port ?? 0, protocol: 'https:', ca }) });
  front = await startTlsFront(it.server.port);
  t.after(() => front?.stop());
  await it.plan(folder, remote);
  assert.deepEqual(it.served, ['plan in the worker']);
});

test('a service that is down is left to this thread once, for the error that the user knows', async (t) => {
  let port = 1;
  const it = await given(t, { service: () => ({ port }) });
  await it.plan(folder, remote);
  port = it.server.port;
  it.engine.connectionsChanged();
  await it.plan(folder, remote);
  assert.deepEqual(it.served, ['plan here', 'plan in the worker']);
});

test('an error of the worker that has other reasons stays one', async (t) => {
  const server = await startS3Server();
  t.after(() => server.stop());
  const host = hostFor(server);
  const fails: ServedEngine = {
    planSync: async () => {
      throw new RemoteError('forbidden', 'No.');
    },
    explainFilter: async () => ({ included: true, sentence: '' }),
    runPlan: async () => ({}) as never,
    settingsChanged: () => {},
    close: async () => {},
  };
  const engine = new SplitEngine(
    host,
    createApp(host),
    startHere(() => fails),
  );
  t.after(() => engine.close());
  const request = { source: folder, target: remote, options: defaultPlanOptions };
  await assert.rejects(engine.planSync(request, calm), { kind: 'forbidden' });
});
