import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { silentLog } from '../../src/base/log';
import type { Plan, PlanEndpoint } from '../../src/plan/model/plan';
import { defaultPlanOptions, type PlanOptions } from '../../src/plan/model/planOptions';
import { withRetry } from '../../src/remote/layers/withRetry';
import type { Remote } from '../../src/remote/remote';
import { executePlan } from '../../src/transfer/executePlan';
import type { RunReport } from '../../src/transfer/runReport';
import { planSync } from '../../src/usecases/planSync';
import type { S3TestServer } from '../servers/s3/s3Server';
import { createFakeClock } from '../support/fakeClock';
import { diskSide, remoteSide } from '../support/syncSides';
import { type Served, served } from '../unit/backends/s3/s3Fixture';

export const calm = new AbortController().signal;
export const mebi = 1024 * 1024;

/** An empty folder of this machine and an empty bucket of a test server. */
export interface Synced {
  readonly server: S3TestServer;
  readonly folder: string;
  readonly disk: PlanEndpoint;
  readonly bucket: PlanEndpoint;
  write(file: string, content: string | Uint8Array, seconds?: number): void;
  /** Undefined when there is no such file. */
  read(file: string): string | undefined;
  /** Files below the folder, sorted. */
  files(): string[];
  put(key: string, content: string | Buffer, lastModified?: number): void;
  /** An object's content; undefined when absent. */
  object(key: string): string | undefined;
}

/** Runs `work` with both sides, then stops the server and removes the folder. Transient failures are retried without waits. */
export async function synced(work: (it: Synced) => Promise<void>, options: Served = {}): Promise<void> {
  const base = fs.mkdtempSync(path.join(os.tmpdir(), 'faults-'));
  const folder = path.join(base, 'tree');
  fs.mkdirSync(folder);
  try {
    await served(options, async ({ server, remote }) => {
      await work({
        server,
        folder,
        disk: diskSide(folder),
        bucket: remoteSide(patient(remote), 'demo', 'demo'),
        write(file, content, seconds = 1_000_000_000) {
          const absolute = path.join(folder, file);
          fs.mkdirSync(path.dirname(absolute), { recursive: true });
          fs.writeFileSync(absolute, content);
          fs.utimesSync(absolute, seconds, seconds);
        },
        read: (file) => readOrNone(path.join(folder, file)),
        files: () => filesBelow(folder),
        put: (key, content, lastModified = 1_000_000_000_000) =>
          void server.store.put('demo', key, content, { lastModified }),
        object: (key) => server.store.get('demo', key)?.text,
      });
    });
  } finally {
    fs.rmSync(base, { recursive: true, force: true });
  }
}

export function patient(remote: Remote): Remote {
  return withRetry(remote, { clock: createFakeClock(), log: silentLog });
}

export function plan(
  source: PlanEndpoint,
  target: PlanEndpoint,
  options: Partial<PlanOptions> = {},
): Promise<Plan> {
  return planSync(
    { source, target, options: { ...defaultPlanOptions, useDefaultExcludes: false, ...options } },
    calm,
  );
}

export function run(
  made: Plan,
  source: PlanEndpoint,
  target: PlanEndpoint,
  signal = calm,
): Promise<RunReport> {
  return executePlan(made, source, target, { clock: createFakeClock(), log: silentLog }, signal);
}

/** "outcome kind path" of each action, in the plan's order. */
export function outcomes(report: RunReport): string[] {
  return report.results.map(({ outcome, kind, path: file }) => `${outcome} ${kind} ${file}`);
}

/** "kind path" of each action. */
export function actions({ actions: all }: Plan): string[] {
  return all.map(({ kind, path: file }) => `${kind} ${file}`);
}

export function readOrNone(file: string): string | undefined {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'EISDIR'].includes((error as NodeJS.ErrnoException).code ?? ''))
      return undefined;
    throw error;
  }
}

function filesBelow(folder: string): string[] {
  return fs
    .readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath ?? entry.path, entry.name)))
    .sort();
}

/** Operations that change something in a bucket. */
export const writing =
  /^(Put|Post|Copy|Delete|CreateMultipart|UploadPart|CompleteMultipart|AbortMultipart|CreateBucket)/;
