import type { Action, Conflict, Plan, Skipped } from '../../../src/plan/model/plan';
import { defaultPlanOptions } from '../../../src/plan/model/planOptions';
import type { FileEntry } from '../../../src/remote/entry';
import { parsePath, type RemotePath } from '../../../src/remote/remotePath';

/** Half past ten on a day in November 2026; no test looks at the real clock. */
export const noon = 1_795_000_000_000;

export function file(path: string, size = 100, secondsAgo = 3600): FileEntry {
  const s = Math.floor(noon / 1000) - secondsAgo;
  return { kind: 'file', path: parsePath(path), size, modified: { s, ns: 0 } };
}

export function upload(
  path: string,
  size = 100,
  before?: FileEntry,
  because?: 'sizeDiffers' | 'targetIsNewer',
): Action {
  return {
    kind: 'copyFile',
    id: `c:${path}`,
    path: parsePath(path),
    direction: 'upload',
    source: file(path, size, 180),
    ...(before ? { before } : {}),
    because: because ?? (before ? 'sourceIsNewer' : 'onlyInSource'),
  };
}

export function setTime(path: string): Action {
  const entry = file(path, 512, 60);
  return {
    kind: 'setTime',
    id: `t:${path}`,
    path: entry.path,
    source: entry,
    before: file(path, 512, 86_400),
    because: 'onlyTimeDiffers',
  };
}

export function remove(path: string, size = 100): Action {
  const before = file(path, size, 86_400 * 400);
  return { kind: 'deleteFile', id: `d:${path}`, path: before.path, before, because: 'notInSource' };
}

export interface PlanParts {
  readonly actions?: readonly Action[];
  readonly conflicts?: readonly Conflict[];
  readonly skipped?: readonly Skipped[];
  readonly unchanged?: number;
  readonly problems?: Plan['problems'];
  readonly safety?: Plan['safety'];
}

/** A plan site/dist → photos:site-assets with these parts. */
export function planOf(parts: PlanParts): Plan {
  const { actions = [], conflicts = [], skipped = [], unchanged = 0, problems = [], safety = [] } = parts;
  const tally = (of: readonly Action[], bytes: (action: Action) => number) => ({
    files: of.length,
    bytes: of.reduce((sum, action) => sum + bytes(action), 0),
  });
  const copies = (direction: string) =>
    tally(
      actions.filter((a) => a.kind === 'copyFile' && a.direction === direction),
      (a) => (a.kind === 'copyFile' ? a.source.size : 0),
    );
  const deletes = actions.filter((a) => a.kind === 'deleteFile');
  const files = actions.length - deletes.length + conflicts.length + skipped.length + unchanged;
  return {
    version: 1,
    source: { kind: 'folder', path: '/home/anna/site/dist' },
    target: { kind: 'remote', remote: 'photos', path: 'site-assets' as RemotePath },
    options: { ...defaultPlanOptions, deletes: deletes.length > 0 ? 'after' : 'none' },
    actions,
    conflicts,
    skipped,
    unchanged: { files: unchanged, bytes: unchanged * 1000 },
    listed: { source: { files, bytes: files * 1000 }, target: { files: unchanged, bytes: unchanged * 1000 } },
    problems,
    safety,
    totals: {
      upload: copies('upload'),
      download: copies('download'),
      copy: copies('copy'),
      setTime: { files: actions.filter((a) => a.kind === 'setTime').length, bytes: 0 },
      rename: { files: actions.filter((a) => a.kind === 'moveFile').length, bytes: 0 },
      removeSource: { files: actions.filter((a) => a.kind === 'removeSource').length, bytes: 0 },
      delete: tally(deletes, (a) => (a.kind === 'deleteFile' ? a.before.size : 0)),
      removeFolder: { files: actions.filter((a) => a.kind === 'removeFolder').length, bytes: 0 },
      conflict: { files: conflicts.length, bytes: 0 },
      skipped: { files: skipped.length, bytes: 0 },
    },
  };
}

/** `n` uploads in nested folders, some of them over an older object, and one delete for each fifty. */
export function largePlan(n: number): Plan {
  const actions: Action[] = [];
  const deletes: Action[] = [];
  for (let i = 0; i < n; i++) {
    const path = `area-${String(Math.floor(i / 5000)).padStart(3, '0')}/set-${String(Math.floor(i / 100)).padStart(4, '0')}/photo-${String(i).padStart(6, '0')}.jpg`;
    const size = 1000 + ((i * 7919) % 4_000_000);
    if (i % 50 === 49) deletes.push(remove(path, size));
    else actions.push(upload(path, size, i % 3 === 0 ? file(path, size - 500, 90_000 + i) : undefined));
  }
  return planOf({ actions: [...actions, ...deletes], unchanged: 0 });
}
