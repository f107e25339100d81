import assert from 'node:assert/strict';
import { mkdtempSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, beforeEach } from 'node:test';
import { type App, createApp } from '../../src/app';
import type { RemoteSettings } from '../../src/backends/backend';
import { systemClock } from '../../src/base/clock';
import { silentLog } from '../../src/base/log';
import type { Place, Plan } from '../../src/plan/model/plan';
import { defaultPlanOptions, type PlanOptions } from '../../src/plan/model/planOptions';
import { parsePath } from '../../src/remote/remotePath';
import type { Host } from '../../src/usecases/host';
import { type S3TestServer, startS3Server } from '../servers/s3/s3Server';
import { realTools, type ToolAnswer } from './realTools';

/** Our app with the server as its remote `ours`, or as the settings say. */
export const appFor = (server: S3TestServer, more: Partial<RemoteSettings> = {}): App =>
  createApp(hostFor(server, more));

/** The host of that app. */
export function hostFor(server: S3TestServer, more: Partial<RemoteSettings>): Host {
  const { endpoint, region, accessKeyId } = server;
  const keys = { credentials: 'keys', accessKeyId };
  return {
    log: silentLog,
    clock: systemClock,
    env: { HOME: '/nonexistent' },
    remoteSettings: () => [{ name: 'ours', backend: 's3', endpoint, region, ...keys, ...more }],
    secret: async (_remote, field) => (field === 'secretAccessKey' ? server.secretAccessKey : undefined),
    mayRunPrograms: () => true,
    storageFolder: undefined,
  };
}

export const signal = new AbortController().signal;
export const local = (root: string): Place => ({ kind: 'folder', path: root });
export const remote = (text: string): Place => ({ kind: 'remote', remote: 'ours', path: parsePath(text) });
export const newFolder = () => mkdtempSync(path.join(os.tmpdir(), 'cloud-remotes-interop-'));

/** A server with our app and the real tools, and for each test a new folder and a new bucket. */
export class RealSync {
  server!: S3TestServer;
  app!: App;
  tools!: ReturnType<typeof realTools>;
  folder = '';
  bucket = '';

  constructor(settings: Partial<RemoteSettings>) {
    let buckets = 0;
    before(async () => {
      this.server = await startS3Server();
      this.tools = realTools(this.server);
      this.app = appFor(this.server, settings);
    });
    after(async () => {
      await this.app.close();
      await this.server.stop();
    });
    beforeEach(() => {
      this.folder = newFolder();
      this.bucket = `interop-${++buckets}`;
      this.server.store.createBucket(this.bucket);
    });
  }

  plan(source: Place, target: Place, options: Partial<PlanOptions> = {}): Promise<Plan> {
    // As a line of rclone.
    const asked = { ...defaultPlanOptions, refreshTimes: true, ...options };
    return this.app.planSync({ source, target, options: asked }, signal);
  }

  /** Runs the plan, in which every action must succeed. */
  async sync(source: Place, target: Place, options: Partial<PlanOptions> = {}): Promise<Plan> {
    const plan = await this.plan(source, target, options);
    const { results } = await this.app.runPlan(plan, signal);
    const failed = results.filter(({ outcome }) => outcome !== 'done');
    assert.deepEqual(failed, []);
    return plan;
  }

  /** The real rclone, which must succeed. `R:` is the server. */
  async rclone(...args: string[]): Promise<ToolAnswer> {
    const answer = await this.tools.rclone(...args);
    assert.equal(answer.code, 0, answer.stdout + answer.stderr);
    return answer;
  }

  /** rclone would copy or sync nothing from `source` to `target`. */
  async rcloneFindsNothing(verb: 'copy' | 'sync', source: string, target: string, ...flags: string[]) {
    const { stderr } = await this.rclone(verb, '--dry-run', '-v', ...flags, source, target);
    assert.doesNotMatch(stderr, /Skipped/, stderr);
  }
}
