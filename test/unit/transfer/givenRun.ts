import { silentLog } from '../../../src/base/log';
import { planTotals } from '../../../src/plan/build/planTotals';
import type {
  Action,
  CopyFile,
  DeleteFile,
  MoveFile,
  Plan,
  RemoveSource,
  SetTime,
} from '../../../src/plan/model/plan';
import { defaultPlanOptions, type PlanOptions } from '../../../src/plan/model/planOptions';
import type { FileEntry } from '../../../src/remote/entry';
import type { Remote } from '../../../src/remote/remote';
import { comparePaths, parsePath } from '../../../src/remote/remotePath';
import { type ExecuteOptions, executePlan } from '../../../src/transfer/executePlan';
import type { RunReport } from '../../../src/transfer/runReport';
import { planSync } from '../../../src/usecases/planSync';
import { createFakeClock } from '../../support/fakeClock';
import type { MemoryOptions } from '../../support/memoryRemote/memoryOptions';
import { createMemoryRemote, type MemoryRemote } from '../../support/memoryRemote/memoryRemote';
import { diskSide, remoteSide } from '../../support/syncSides';

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
  const remote = createMemoryRemote({ hasDirectories: false, clock, ...store });
  for (const [path, content] of Object.entries(files))
    disk.put(path, content, { modified: { s: 1000, ns: 0 } });
  const upload = [diskSide('/disk', disk), remoteSide(remote, bucket, 'store')] as const;
  const download = [upload[1], upload[0]] as const;
  const plan = ([source, target]: typeof upload, options: Partial<PlanOptions> = {}) =>
    planSync({ source, target, options: { ...defaultPlanOptions, ...options } }, calm);
  return {
    disk,
    store: remote,
    planUpload: (options) => plan(upload, options),
    planDownload: (options) => plan(download, options),
    run(made, options = {}, signal = calm, layer = (inner) => inner) {
      const [source, target] = made.source.kind === 'folder' ? upload : download;
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

/** A plan of an upload with these actions in the order of a plan, for actions that the planner would not choose. */
export function planOf(
  actions: readonly Action[],
  options: Partial<PlanOptions> = {},
  backup?: string,
): Plan {
  const all = { ...defaultPlanOptions, ...options };
  const turn = ({ kind }: Action) => {
    if (kind === 'removeSource') return 2;
    if (kind !== 'deleteFile' || all.deletes === 'during') return 0;
    return all.deletes === 'before' ? -1 : 1;
  };
  const sorted = [...actions].sort((a, b) => turn(a) - turn(b) || comparePaths(a.path, b.path));
  const tally = (sizes: readonly number[]) => ({
    files: sizes.length,
    bytes: sizes.reduce((a, b) => a + b, 0),
  });
  return {
    version: 1,
    source: { kind: 'folder', path: '/disk' },
    target: { kind: 'remote', remote: 'store', path: bucket },
    options: all,
    actions: sorted,
    conflicts: [],
    skipped: [],
    unchanged: tally([]),
    listed: {
      source: tally(sorted.flatMap((action) => ('source' in action ? [action.source.size] : []))),
      target: tally(sorted.flatMap((action) => (action.before ? [action.before.size] : []))),
    },
    problems: [],
    safety: [],
    totals: planTotals(sorted, [], []),
    ...(backup !== undefined && {
      backup: { kind: 'remote', remote: 'store', path: parsePath(backup) } as const,
    }),
  };
}

/** A layer that makes the disk of `given` a local disk, whose source files are rechecked one by one. */
export const onLocalDisk =
  ({ disk }: GivenRun): Layer =>
  (remote) =>
    remote === disk ? { ...remote, capabilities: { ...remote.capabilities, isLocalDisk: true } } : remote;

/** The file at `path`. */
export async function fileIn(remote: Remote, path: string): Promise<FileEntry> {
  const entry = await remote.stat(parsePath(path), calm);
  if (entry.kind !== 'file') throw new Error(`"${path}" is no file.`);
  return entry;
}

/** An upload of the disk's file at `path`, over what the bucket has there. */
export async function copyOf(
  { disk, store }: GivenRun,
  path: string,
  more: Partial<CopyFile> = {},
): Promise<CopyFile> {
  const there = store.content(`bucket/${path}`) !== undefined;
  return {
    kind: 'copyFile',
    id: `c:${path}`,
    path: parsePath(path),
    direction: 'upload',
    source: await fileIn(disk, path),
    ...(there && { before: await fileIn(store, `bucket/${path}`) }),
    because: there ? 'timeDiffers' : 'onlyInSource',
    ...more,
  };
}

/** A delete of the bucket's file at `path`. */
export async function deleteOf({ store }: GivenRun, path: string): Promise<DeleteFile> {
  const before = await fileIn(store, `bucket/${path}`);
  return { kind: 'deleteFile', id: `d:${path}`, path: parsePath(path), before, because: 'notInSource' };
}

/** `count` files of the bucket in one folder, and a delete of each. */
export async function manyDeletesOf(given: GivenRun, count: number): Promise<DeleteFile[]> {
  const names = Array.from({ length: count }, (_, i) => `old/f${i}`);
  for (const name of names) given.store.put(`bucket/${name}`, '');
  return Promise.all(names.map((name) => deleteOf(given, name)));
}

/** The time of the disk's file at `path` given to the bucket's file, which has the same content. */
export async function setTimeOf(
  { disk, store }: GivenRun,
  path: string,
  more: Partial<SetTime> = {},
): Promise<SetTime> {
  return {
    kind: 'setTime',
    id: `t:${path}`,
    path: parsePath(path),
    source: await fileIn(disk, path),
    before: await fileIn(store, `bucket/${path}`),
    because: 'onlyTimeDiffers',
    ...more,
  };
}

/** The bucket's file at `from` moved to the name that the disk has for it. */
export async function renameOf({ disk, store }: GivenRun, from: string, path: string): Promise<MoveFile> {
  return {
    kind: 'moveFile',
    id: `r:${path}`,
    path: parsePath(path),
    source: await fileIn(disk, path),
    before: await fileIn(store, `bucket/${from}`),
    from: parsePath(from),
    because: 'renamed',
  };
}

/** The disk's file at `path` removed, because the bucket has it. */
export async function removalOf({ disk, store }: GivenRun, path: string): Promise<RemoveSource> {
  return {
    kind: 'removeSource',
    id: `m:${path}`,
    path: parsePath(path),
    source: await fileIn(disk, path),
    before: await fileIn(store, `bucket/${path}`),
    because: 'alreadyThere',
  };
}

/** "outcome kind path" of each action, in the plan's order. */
export function outcomes(report: RunReport): string[] {
  return report.results.map(({ outcome, kind, path }) => `${outcome} ${kind} ${path}`);
}
