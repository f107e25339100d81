import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import type { SyncRequest } from '../../src/app';
import { defaultPlanOptions } from '../../src/plan/model/planOptions';
import { parsePath } from '../../src/remote/remotePath';
import { startS3Server } from '../servers/s3/s3Server';
import { bundleEngineThread, homeOf, hostFor } from '../support/engineThread';
import { calm } from '../support/remoteCalls';
import { temporaryFolder } from '../support/temporaryFolder';

// Settings and keys are those of the editor's thread.

let script = '';
before(async () => {
  script = await bundleEngineThread();
});
after(() => fs.rmSync(script, { force: true }));

test('a change of settings or keys reaches the worker: the remote is opened again', async (t) => {
  const folder = temporaryFolder(t);
  fs.mkdirSync(path.join(folder, 'disk'));
  const server = await startS3Server({ buckets: ['demo'] });
  const host = hostFor(server);
  let [settings] = host.remoteSettings();
  let secret = server.secretAccessKey;
  const home = homeOf(
    'in a worker',
    {
      ...host,
      remoteSettings: () => (settings ? [settings] : []),
      secret: async (_remote, field) => (field === 'secretAccessKey' ? secret : undefined),
    },
    script,
  );
  const engine = home.engine as typeof home.engine & { settingsChanged(name?: string): void };
  const changed = (name?: string) => {
    home.app.settingsChanged(name);
    engine.settingsChanged(name);
  };
  const plan = () =>
    engine.planSync(
      {
        source: { kind: 'remote', remote: 'demo', path: parsePath('demo') },
        target: { kind: 'folder', path: path.join(folder, 'disk') },
        options: defaultPlanOptions,
      },
      calm,
    );
  try {
    await plan();
    secret = 'another secret';
    changed('demo');
    await assert.rejects(plan(), { kind: 'unauthenticated' });
    secret = server.secretAccessKey;
    changed('demo');
    await plan();
    if (settings) settings = { ...settings, endpoint: 'http://127.0.0.1:1' };
    changed();
    await assert.rejects(plan(), { kind: 'unavailable' });
    settings = undefined;
    changed();
    await assert.rejects(plan(), { kind: 'notFound' });
  } finally {
    await home.close();
    await server.stop();
  }
});

test('keys are loaded once for both threads, and again when the service refuses them', async (t) => {
  const folder = temporaryFolder(t);
  const server = await startS3Server({ buckets: ['demo'] });
  server.store.put('demo', 'a', 'a');
  let loads = 0;
  let secret = server.secretAccessKey;
  const loaded = async (_remote: string, field: string) => {
    if (field !== 'secretAccessKey') return undefined;
    loads++;
    return secret;
  };
  const host = hostFor(server);
  const home = homeOf('in a worker', { ...host, secret: loaded }, script);
  const asked: SyncRequest = {
    source: { kind: 'remote', remote: 'demo', path: parsePath('demo') },
    target: { kind: 'folder', path: folder },
    options: { ...defaultPlanOptions, compare: 'checksum' },
  };
  try {
    const remote = await home.app.openRemote('demo');
    await remote.stat(parsePath('demo'), calm);
    const before = loads;
    await home.engine.planSync(asked, calm);
    assert.equal(loads, before);
    secret = 'renewed elsewhere';
    server.addCredentials({ accessKeyId: server.accessKeyId, secretAccessKey: secret });
    server.addFault({ code: 'InvalidAccessKeyId', count: 1 });
    await home.engine.planSync(asked, calm);
    assert.ok(loads > before);
  } finally {
    await home.close();
    await server.stop();
  }
});
