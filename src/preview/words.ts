/**
 * Every text that the preview shows. English here; the panel hands the page a translated table of the same keys.
 * `{0}`, `{1}` stand for values; a pair of keys ending in `One` and `Many` is chosen by a count.
 */
export const englishWords = {
  // Sentence and facts
  madeLike: '{0} will be made like {1}',
  copiedTo: '{1} will be copied to {0}',
  extraKept: 'Nothing is deleted',
  extraDeleted: 'Deletes only if included below',
  comparedRclone: 'Compared by size, then time, then hash',
  comparedAws: 'Compared like “aws s3 sync”: size, then whether the source is newer',
  comparedExact: 'Compared like “aws s3 sync --exact-timestamps”',
  comparedSize: 'Compared by size only',
  comparedChecksum: 'Compared by size, then hash',
  rulesOne: '{0} filter rule',
  rulesMany: '{0} filter rules',
  scannedOne: '{0} file in {1}',
  scannedMany: '{0} files in {1}',
  scannedWhen: 'scanned {0}',

  // Controls
  compare: 'Compare',
  compareRclone: 'by size, then time, then hash',
  compareAws: 'like aws s3 sync',
  compareExact: 'like aws, exact timestamps',
  compareSize: 'by size only',
  compareChecksum: 'by size, then hash',
  deletesOption: 'Delete what only the target has',
  deletesOptionHint:
    'Scans again. Deletes are listed in a group of their own and stay unticked until you include them.',
  swapHint: 'Make the source the target and scan again. Deletes are switched off.',
  rescan: 'Scan again',
  savePlan: 'Save plan as…',
  showLog: 'Show log',
  filter: 'Filter by name or path',
  clearFilters: 'Clear filters',
  viewAsList: 'View as list',
  viewAsTree: 'View as tree',
  collapseAll: 'Collapse all',
  expandAll: 'Expand all',
  cancel: 'Cancel',
  cancelling: 'Cancelling…',
  close: 'Close',
  applyNone: 'Nothing ticked',
  applyOne: 'Apply {0} change',
  applyMany: 'Apply {0} changes',
  retryFailed: 'Retry failed ({0})',
  continueRun: 'Continue ({0})',
  tryAgain: 'Try again',

  // Classes: short word on a chip, full word on a row
  upload: 'upload',
  download: 'download',
  copy: 'copy',
  setTime: 'time only',
  delete: 'delete',
  conflict: 'conflict',
  skipped: 'skipped',
  same: 'same',
  chipHint: 'Show only these',
  tickClass: 'Tick {0}',
  tickDeletesFirst: 'Include the deletes first, at the head of their group.',
  sameHint: 'Files that are the same on both sides',

  // Columns
  name: 'Name',
  reason: 'Reason',
  progress: 'Progress',
  sourceSize: 'Source size',
  targetSize: 'Target size',
  sourceTime: 'Source date',
  targetTime: 'Target date',
  tickShown: 'Tick all rows shown',
  sameSize: 'same',
  unknown: 'unknown',
  newerSide: 'newer',

  // Why an action
  onlyInSource: 'new',
  sizeDiffers: 'size differs',
  sourceIsNewer: 'source is newer',
  targetIsNewer: 'target is newer',
  timeDiffers: 'time differs',
  hashDiffers: 'content differs',
  onlyTimeDiffers: 'same content',
  notInSource: 'not in source',
  fileAgainstFolder: 'A file on one side, a folder on the other. Both are left as they are.',
  sameName: 'The target would take it for “{0}”. This one is left as it is.',

  // Why something is left alone
  emptyPart: 'The name has an empty part (“//”).',
  dotPart: 'The name has “.” or “..” as a part.',
  nonEmptyFolderMarker: 'The name ends in “/” like a folder, but it has content.',
  invalidText: 'The name is not valid text.',
  oddName: 'The name can’t be part of a path.',
  twins: 'Several things in the folder have this name.',
  symlink: 'A symbolic link.',
  brokenLink: 'A link to something that is not there.',
  linkLoop: 'A link that leads back to itself.',
  notRegular: 'Not a regular file.',
  unreadable: 'It can’t be read.',
  badName: 'The name can’t be used on the other side.',
  tooLarge: 'Too large for the other side.',
  archived: 'Archived. Restore it first.',
  protected: 'Left alone, because its twin on the other side is not known for sure.',
  vanished: 'It went away during the scan.',
  unverified: 'Same size, but no hash that both sides know.',
  detail: 'It {0}.',
  onSource: 'on the source',
  onTarget: 'on the target',

  // Groups
  deletesOne: '{0} file to delete from {1}',
  deletesMany: '{0} files to delete from {1}',
  deletesGroup: 'Deletes',
  includeDeletes: 'Include deletes',
  conflictsGroup: 'Conflicts',
  conflictsNote: 'both sides left as they are',
  skippedGroup: 'Skipped',
  skippedNote: 'left alone',
  filesOne: '{0} file',
  filesMany: '{0} files',

  // Selection
  uploadsOne: '{0} upload',
  uploadsMany: '{0} uploads',
  downloadsOne: '{0} download',
  downloadsMany: '{0} downloads',
  copiesOne: '{0} copy',
  copiesMany: '{0} copies',
  timesOne: '{0} time only',
  timesMany: '{0} time only',
  conflictsOne: '{0} conflict',
  conflictsMany: '{0} conflicts',
  skippedOne: '{0} skipped',
  skippedMany: '{0} skipped',
  deletionsOne: '{0} delete',
  deletionsMany: '{0} deletes',
  selected: '{0} selected',
  nothingSelected: 'Nothing selected',
  rowsShown: '{0} of {1} shown',
  noMatch: 'No row matches the filter.',

  // Scanning
  scanning: 'Scanning both sides…',
  seen: '{0} files seen in {1}, {2} in {3}',
  asking: 'Asking for details: {0} of {1}',
  soFarOne: '{0} change so far',
  soFarMany: '{0} changes so far',
  scanCancelled: 'The scan was cancelled',
  nothingChanged: 'Nothing was changed.',

  // Nothing to do, errors
  bothSame: 'Both sides are the same.',
  allThere: 'The target has all that the source has.',
  extraOne: 'It also has {0} file that the source has not; it is kept.',
  extraMany: 'It also has {0} files that the source has not; they are kept.',
  nothingToDo: 'There is nothing to copy.',
  nothingToDoNote: 'What differs was left alone; see below.',
  checked: '{0}, {1}.',
  lastChecked: 'Checked {0}.',
  failedTitle: 'The scan did not work',

  // Banners
  problemSource: 'Part of the source could not be listed: {0}',
  problemTarget: 'Part of the target could not be listed: {0}',
  moreProblems: 'and {0} more',
  noTimes:
    '{0} keeps no modified times: files of equal size count as the same. Compare by hash to look at their contents.',
  noTimesBoth:
    'Neither side keeps modified times: files of equal size count as the same. Compare by hash to look at their contents.',
  theSource: 'The source',
  theTarget: 'The target',
  stale: 'This plan was made {0}. Files may have changed since.',
  changedBanner: 'Changed since the preview, and so left alone: {0}. Scan again to see what is there now.',
  ticksReset: 'The window was reloaded and this plan was made anew. Check the ticks.',

  // Running
  queued: 'queued',
  moving: 'moving',
  done: 'done',
  failed: 'failed',
  changed: 'changed since preview',
  cancelled: 'cancelled',
  notStarted: 'not started',
  leftOut: 'not selected',
  filesOf: '{0} of {1} files',
  bytesOf: '{0} of {1}',
  perSecond: '{0}/s',
  timeLeft: '{0} left',
  doneOf: '{0} of {1} done',
  failedCount: '{0} failed',

  // Finished
  allDoneOne: '{0} change done in {1}.',
  allDoneMany: '{0} changes done in {1}.',
  someDone: '{0} of {1} changes done in {2}.',
  wasCancelled: 'Cancelled.',
  outcomeFailed: '{0} failed',
  outcomeChanged: '{0} changed since the preview',
  outcomeNotStarted: '{0} not started',
  outcomeCancelled: '{0} cancelled',
  movedBytes: '{0} moved.',

  // Times
  justNow: 'just now',
  minutesAgo: '{0} min ago',
  hoursAgo: '{0} h ago',
  yesterday: 'yesterday',
  daysAgo: '{0} days ago',
  seconds: '{0} s',
  minutes: '{0} min',
  hours: '{0} h',

  // For screen readers
  table: 'Planned changes',
  ticked: 'ticked',
  notTicked: 'not ticked',
  partlyTicked: 'partly ticked',
  folder: 'folder',
  loading: 'loading',
  keyboardHint: 'Space ticks, Enter opens the difference, slash goes to the filter.',
} as const;

export type Words = { readonly [key in keyof typeof englishWords]: string };

/** `template` with `{0}`, `{1}` … replaced by the values. What has no value stays as it is. */
export function fill(template: string, ...values: readonly string[]): string {
  return template.replace(/\{(\d+)\}/g, (whole, n: string) => values[Number(n)] ?? whole);
}

/** `template` cut at its places: texts, and the numbers of the values between them. For putting elements in a sentence. */
export function cut(template: string): readonly (string | number)[] {
  return template
    .split(/(\{\d+\})/)
    .filter((part) => part !== '')
    .map((part) => (/^\{\d+\}$/.test(part) ? Number(part.slice(1, -1)) : part));
}
