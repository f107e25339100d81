import type { Action, Conflict, PlanTotals, Skipped, Tally } from '../model/plan';

/** Counts files and bytes. */
export class TallyCount {
  private files = 0;
  private bytes = 0;

  add(bytes: number): void {
    this.files++;
    this.bytes += bytes;
  }

  get tally(): Tally {
    return { files: this.files, bytes: this.bytes };
  }
}

/** Files and bytes by class of action. Bytes are transferred or freed; setting a time or renaming transfers none. */
export function planTotals(
  actions: readonly Action[],
  conflicts: readonly Conflict[],
  skipped: readonly Skipped[],
): PlanTotals {
  const counts = {
    upload: new TallyCount(),
    download: new TallyCount(),
    copy: new TallyCount(),
    setTime: new TallyCount(),
    rename: new TallyCount(),
    removeSource: new TallyCount(),
    delete: new TallyCount(),
    removeFolder: new TallyCount(),
    conflict: new TallyCount(),
    skipped: new TallyCount(),
  };
  for (const action of actions) {
    switch (action.kind) {
      case 'copyFile':
        counts[action.direction].add(action.source.size);
        break;
      case 'setTime':
        counts.setTime.add(0);
        break;
      case 'moveFile':
        counts.rename.add(0);
        break;
      case 'removeSource':
        counts.removeSource.add(action.source.size);
        break;
      case 'deleteFile':
        counts.delete.add(action.before.size);
        break;
      case 'removeFolder':
        counts.removeFolder.add(0);
    }
  }
  for (const { source, target } of conflicts) counts.conflict.add(source?.size ?? target?.size ?? 0);
  for (const { bytes } of skipped) counts.skipped.add(bytes ?? 0);
  return {
    upload: counts.upload.tally,
    download: counts.download.tally,
    copy: counts.copy.tally,
    setTime: counts.setTime.tally,
    rename: counts.rename.tally,
    removeSource: counts.removeSource.tally,
    delete: counts.delete.tally,
    removeFolder: counts.removeFolder.tally,
    conflict: counts.conflict.tally,
    skipped: counts.skipped.tally,
  };
}
