import type { Action, Conflict, PlanTotals, Skipped, Tally } from '../model/plan';

/** Counts files and bytes. */
export class TallyCount {
  constructor(
    private files = 0,
    private bytes = 0,
  ) {}

  add(bytes: number): void {
    this.files++;
    this.bytes += bytes;
  }

  get tally(): Tally {
    return { files: this.files, bytes: this.bytes };
  }
}

const totalNames = {
  setTime: 'setTime',
  moveFile: 'rename',
  removeSource: 'removeSource',
  deleteFile: 'delete',
  removeFolder: 'removeFolder',
} as const;

/** Files and bytes by class of action. */
export function planTotals(
  actions: readonly Action[],
  conflicts: readonly Conflict[],
  skipped: readonly Skipped[],
): PlanTotals {
  const none = () => ({ files: 0, bytes: 0 });
  const totals = {
    upload: none(),
    download: none(),
    copy: none(),
    setTime: none(),
    rename: none(),
    removeSource: none(),
    delete: none(),
    removeFolder: none(),
    conflict: none(),
    skipped: none(),
  };
  const count = (name: keyof PlanTotals, bytes: number) => {
    totals[name].files++;
    totals[name].bytes += bytes;
  };
  for (const action of actions)
    count(action.kind === 'copyFile' ? action.direction : totalNames[action.kind], bytesOf(action));
  for (const { source, target } of conflicts) count('conflict', source?.size ?? target?.size ?? 0);
  for (const { bytes } of skipped) count('skipped', bytes ?? 0);
  return totals;
}

/** Bytes that an action transfers or frees; setting a time or renaming transfers none. */
export function bytesOf(action: Action): number {
  if (action.kind === 'copyFile' || action.kind === 'removeSource') return action.source.size;
  return action.kind === 'deleteFile' ? action.before.size : 0;
}
