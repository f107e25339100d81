import type { MemoryOptions } from '../../src/backends/memory/memoryOptions';
import { createMemoryRemote, type MemoryRemote } from '../../src/backends/memory/memoryRemote';
import type { Plan } from '../../src/plan/plan';
import { defaultPlanOptions, type PlanOptions } from '../../src/plan/planOptions';
import { silentLog } from '../../src/remote/log';
import type { Remote } from '../../src/remote/remote';
import { parsePath, rootPath } from '../../src/remote/remotePath';
import { type ExecuteOptions, executePlan } from '../../src/transfer/executePlan';
import type { RunReport } from '../../src/transfer/runReport';
import { planSync } from '../../src/usecases/planSync';
import { createFakeClock } from '../fakes/fakeClock';

export const bucket = parsePath('bucket');
const calm = new AbortController().signal;

export const mirror: Partial<PlanOptions> = { deletes: 'after', useDefaultExcludes: false };

/** A disk and a bucket in memory, to plan and run between. */
export interface GivenRun {
  readonly disk: MemoryRemote;
  readonly store: MemoryRemote;
  planUpload(options?: Partial<PlanOptions>): Promise<Plan>;
  planDownload(options?: Partial<PlanOptions>): Promise<Plan>;
  run(plan: Plan, options?: Partial<ExecuteOptions>, signal?: AbortSignal, layer?: Layer): Promise<RunReport>;
}

type Layer = (remote: Remote) => Remote;

export function givenRun(files: Readonly<Record<string, string>> = {}, store: MemoryOptions = {}): GivenRun {
  const clock = createFakeClock();
  const disk = createMemoryRemote({ knowsMd5: false, clock });
  const remote = createMemoryRemote({ realFolders: false, clock, ...store });
  for (const [path, content] of Object.entries(files))
    disk.put(path, content, { modified: { s: 1000, ns: 0 } });
  const folder = { remote: disk, root: rootPath, place: { kind: 'folder', path: '/disk' } } as const;
  const remoteSide = {
    remote,
    root: bucket,
    place: { kind: 'remote', remote: 'store', path: bucket },
  } as const;
  const plan = (upload: boolean, options: Partial<PlanOptions> = {}) =>
    planSync(
      {
        source: upload ? folder : remoteSide,
        target: upload ? remoteSide : folder,
        options: { ...defaultPlanOptions, ...options },
      },
      calm,
    );
  return {
    disk,
    store: remote,
    planUpload: (options) => plan(true, options),
    planDownload: (options) => plan(false, options),
    run(made, options = {}, signal = calm, layer = (inner) => inner) {
      const upload = made.source.kind === 'folder';
      const [source, target] = upload ? [folder, remoteSide] : [remoteSide, folder];
      return executePlan(
        made,
        { remote: layer(source.remote), root: source.root },
        { remote: layer(target.remote), root: target.root },
        { clock, log: silentLog, ...options },
        signal,
      );
    },
  };
}

/** "outcome kind path" of each action, in the plan's order. */
export function outcomes(report: RunReport): string[] {
  return report.results.map(({ outcome, kind, path }) => `${outcome} ${kind} ${path}`);
}
