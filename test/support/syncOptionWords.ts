import type { PlanOptions } from '../../src/plan/model/planOptions';

/** What stands for each option of a sync in the two tools; '' where a tool has nothing like it. */
export const inOtherTools: Readonly<
  Record<keyof PlanOptions, { readonly aws: string; readonly rclone: string }>
> = {
  verb: { aws: '`s3 sync`, `cp --recursive`, `mv --recursive`', rclone: '`sync`, `copy`, `move`, `check`' },
  compare: {
    aws: '`--size-only`, `--exact-timestamps`',
    rclone: '`--checksum`, `--size-only`',
  },
  deletes: { aws: '`--delete`', rclone: '`sync`; `--delete-before`, `-during`, `-after`' },
  filters: { aws: '`--exclude`, `--include`', rclone: '`--filter`, `--include`, `--exclude`, `…-from`' },
  filterDialect: { aws: '', rclone: '' },
  useDefaultExcludes: { aws: '', rclone: '' },
  followSymlinks: { aws: '`--no-follow-symlinks`', rclone: '`--copy-links`' },
  only: { aws: '`cp` and `mv` of one file', rclone: '`copyto`, `moveto`, `--files-from`' },
  ignoreExisting: { aws: '', rclone: '`--ignore-existing`' },
  ignoreTimes: { aws: '`cp`, `mv`', rclone: '`--ignore-times`' },
  update: { aws: '', rclone: '`--update`' },
  ignoreSize: { aws: '', rclone: '`--ignore-size`' },
  immutable: { aws: '', rclone: '`--immutable`' },
  keepTargetTimes: { aws: '', rclone: '`--no-update-modtime`' },
  useServerTimes: { aws: '', rclone: '`--use-server-modtime`' },
  oneWay: { aws: '', rclone: '`check --one-way`' },
  modifyWindowMs: { aws: '', rclone: '`--modify-window`' },
  maxDelete: { aws: '', rclone: '`--max-delete`, `--max-delete-size`' },
  deleteExcluded: { aws: '', rclone: '`--delete-excluded`' },
  backupFolder: { aws: '', rclone: '`--backup-dir`' },
  trackRenames: { aws: '', rclone: '`--track-renames`, `--track-renames-strategy`' },
  minSize: { aws: '', rclone: '`--min-size`' },
  maxSize: { aws: '', rclone: '`--max-size`' },
  minAge: { aws: '', rclone: '`--min-age`' },
  maxAge: { aws: '', rclone: '`--max-age`' },
  ignoreFiles: { aws: '', rclone: '' },
};
