import path from 'node:path';
import { type FilterRule, leavesUnlistedTimes, type PlanOptions } from '../../plan/model/planOptions';
import { formatAddress } from '../../remote/remoteAddress';
import type { KnownRemote, WritablePlace, WritableRequest, WrittenLine } from '../commandLine';
import { LineError } from '../lineProblem';
import { quoteWord } from '../shell/shellWords';
import { filtersForRclone, hasLimits } from '../translateFilters';
import { rcloneSwitches } from './rcloneFlags';

/** See `writeCommandLine`. A sync without deletes is rclone's `copy` (R11). Throws LineError when no line does the same. */
export function writeRclone(
  { source, target, options }: WritableRequest,
  remotes: readonly KnownRemote[],
): Omit<WrittenLine, 'tool'> {
  const missing: string[] = [];
  const verb = options.verb === 'sync' && options.deletes === 'none' ? 'copy' : options.verb;
  const words = ['rclone', verb, textOf(source), textOf(target)].map(quoteWord);
  const add = (...more: string[]) => words.push(...more.map(quoteWord));

  if (options.compare === 'size-only') add('--size-only');
  else if (options.compare === 'checksum') add('--checksum');
  else if (options.compare !== 'rclone' && !options.ignoreTimes)
    missing.push('rclone compares the modified times of the files instead of upload times, and sets them.');
  for (const [option, [flag]] of Object.entries(rcloneSwitches))
    if (options[option as keyof typeof rcloneSwitches]) add(`--${flag}`);
  const listsNoTimes = source.kind === 'remote' || target.kind === 'remote';
  if (listsNoTimes && leavesUnlistedTimes(options) && !options.keepTargetTimes)
    add(`--${rcloneSwitches.keepTargetTimes[0]}`);
  if (options.modifyWindowMs !== undefined) add('--modify-window', goDuration(options.modifyWindowMs));
  if (source.kind === 'folder' && options.followSymlinks) add('--copy-links');
  if (verb === 'sync') add(...deleteFlags(options, missing));
  if (options.backupFolder !== undefined && verb !== 'check')
    words.push('--backup-dir', backupText(target, options.backupFolder));
  add(...filterFlags(options, verb));
  if (verb === 'check') add(...(options.oneWay ? ['--one-way'] : []), '--combined', '-');
  return { line: words.join(' '), missing, notes: notesOn([source, target], remotes, options) };
}

function deleteFlags(
  { deletes, deleteExcluded, maxDelete, trackRenames }: PlanOptions,
  missing: string[],
): string[] {
  if (maxDelete?.percent !== undefined)
    missing.push('rclone has no limit on the percentage of files that it deletes.');
  return [
    ...(deletes === 'after' ? [] : [`--delete-${deletes}`]),
    ...(deleteExcluded ? ['--delete-excluded'] : []),
    ...(maxDelete?.files === undefined ? [] : ['--max-delete', String(maxDelete.files)]),
    ...(maxDelete?.bytes === undefined ? [] : ['--max-delete-size', `${maxDelete.bytes}B`]),
    ...(trackRenames === 'hash' || trackRenames === 'modified' ? ['--track-renames'] : []),
    ...(trackRenames === 'modified' ? ['--track-renames-strategy', 'modtime'] : []),
  ];
}

function filterFlags(options: PlanOptions, verb: string): string[] {
  const { minSize, maxSize, minAge, maxAge } = options;
  if (verb === 'sync' && options.deleteExcluded)
    if (options.useDefaultExcludes || options.only || hasLimits(options))
      throw new LineError(
        'rclone would delete everything that is excluded: also the default excludes, files outside the selection, and files beyond the limits.',
      );
  const filters = filtersForRclone(options);
  if ('cannot' in filters)
    throw new LineError(`The line would be dangerous without its filters: ${filters.cannot}.`);
  return [
    ...ruleFlags(filters.rules),
    ...(minSize === undefined ? [] : ['--min-size', sizeText(minSize)]),
    ...(maxSize === undefined ? [] : ['--max-size', sizeText(maxSize)]),
    ...(minAge === undefined ? [] : ['--min-age', minAge]),
    ...(maxAge === undefined ? [] : ['--max-age', maxAge]),
  ];
}

/** Rules of one kind become `--include` or `--exclude`; a mix becomes ordered `--filter` rules. */
function ruleFlags(rules: readonly FilterRule[]): string[] {
  const isMixed = new Set(rules.map((rule) => Object.keys(rule)[0])).size > 1;
  return rules.flatMap((rule) => {
    const [kind, pattern] = 'include' in rule ? ['include', rule.include] : ['exclude', rule.exclude];
    // In rclone's patterns "./" does not stand for the folder itself.
    const text = pattern.replace(/^(?:\.\/)+/, '/');
    return isMixed ? ['--filter', `${kind === 'include' ? '+' : '-'} ${text}`] : [`--${kind}`, text];
  });
}

function notesOn(
  places: readonly WritablePlace[],
  remotes: readonly KnownRemote[],
  options: PlanOptions,
): string[] {
  const names = [...new Set(places.flatMap((place) => (place.kind === 'remote' ? [place.remote] : [])))];
  const unknown = names.find((name) => !remotes.some((remote) => remote.name === name));
  return [
    ...names.map(
      (name) =>
        `rclone must know "${name}": "Export Remotes to rclone.conf…" writes it to its configuration.`,
    ),
    ...(options.verb === 'sync' && options.maxDelete
      ? ['rclone deletes up to the limit and then stops; here nothing is deleted beyond the limit.']
      : []),
    ...(unknown === undefined ? [] : [`No remote is named "${unknown}" here.`]),
  ];
}

function textOf(place: WritablePlace): string {
  return place.kind === 'folder' ? place.path : formatAddress(place);
}

/** The shell inserts the date, so that every run has its own folder. */
function backupText(target: WritablePlace, folder: string): string {
  const whole = target.kind === 'folder' ? path.normalize(folder) : `${target.remote}:${folder}`;
  if (!whole.includes('{date}')) return quoteWord(whole);
  const quoted = whole.replace(/[\\"$`]/g, '\\$&');
  return `"${quoted.replaceAll('{date}', '$(date -u +%Y-%m-%dT%H%M%SZ)')}"`;
}

function sizeText(size: number | string): string {
  return typeof size === 'number' || /^\d+$/.test(size) ? `${size}B` : size;
}

function goDuration(ms: number): string {
  return Number.isInteger(ms) ? `${ms}ms` : `${Math.round(ms * 1e6)}ns`;
}
