import assert from 'node:assert/strict';
import { openLocalRemote } from '../../src/backends/local/localRemote';
import { silentLog } from '../../src/base/log';
import type { Plan, PlanEndpoint } from '../../src/plan/model/plan';
import type { Endpoint } from '../../src/remote/endpoint';
import type { Remote } from '../../src/remote/remote';
import { parsePath, rootPath } from '../../src/remote/remotePath';
import { executePlan } from '../../src/transfer/executePlan';
import type { RunReport } from '../../src/transfer/runReport';
import { createFakeClock } from './fakeClock';
import { calm } from './remoteCalls';

/** A folder of this machine as one side of a sync. */
export function diskSide(folder: string, remote: Remote = openLocalRemote({ root: folder })): PlanEndpoint {
  return { remote, root: rootPath, place: { kind: 'folder', path: folder } };
}

/** A remote as one side of a sync; `name` is its name in the settings. */
export function remoteSide(remote: Remote, root = '', name = 'r'): PlanEndpoint {
  const path = parsePath(root);
  return { remote, root: path, place: { kind: 'remote', remote: name, path } };
}

/** Runs a plan; waits take no time. */
export function execute(
  plan: Plan,
  source: Endpoint,
  target: Endpoint,
  backup?: PlanEndpoint,
): Promise<RunReport> {
  return executePlan(plan, source, target, { clock: createFakeClock(), log: silentLog, backup }, calm);
}

/** Runs a plan and expects that every action succeeds. */
export async function executeAll(plan: Plan, source: Endpoint, target: Endpoint): Promise<RunReport> {
  const report = await execute(plan, source, target);
  const failed = report.results.filter(({ outcome }) => outcome !== 'done');
  assert.deepEqual(failed, []);
  return report;
}
