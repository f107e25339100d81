import path from 'node:path';
import type { Place } from '../../plan/model/plan';
import type { FilterRule, PlanOptions } from '../../plan/model/planOptions';
import { formatAddress } from '../../remote/remoteAddress';
import type { KnownRemote, LineRequest, WrittenLine } from '../commandLine';
import { quoteWord } from '../shellWords';
import { filtersForRclone } from '../translateFilters';

type Written = Omit<WrittenLine, 'tool'>;

/** See `writeCommandLine`. A sync without deletes is rclone's `copy` (R11). */
export function writeRclone(
  { source, target, options }: LineRequest,
  remotes: readonly KnownRemote[],
): Written {
  const cannot = (why: string): Written => ({ missing: [why], notes: [] });
  if (source.kind === 'uri' || target.kind === 'uri')
    return cannot('A folder of a virtual workspace is known to the editor only.');
  if (options.ignoreFiles?.length) return cannot('rclone reads no ignore files in every folder.');
  const missing: string[] = [];
  const verb = options.verb === 'sync' && options.deletes === 'none' ? 'copy' : options.verb;
  const words = ['rclone', verb, textOf(source), textOf(target)].map(quoteWord);
  const add = (...more: string[]) => words.push(...more.map(quoteWord));

  if (options.compare === 'size-only') add('--size-only');
  else if (options.compare === 'checksum') add('--checksum');
  else if (options.compare !== 'rclone' && !options.ignoreTimes)
    missing.push('rclone compares the times of the files, not those of the service, and sets them.');
  for (const [name, flag] of switches) if (options[name]) add(flag);
  if (options.modifyWindowMs !== undefined) add('--modify-window', goDuration(options.modifyWindowMs));
  if (source.kind === 'folder' && options.followSymlinks) add('--copy-links');

  if (verb === 'sync') {
    if (options.deletes !== 'after') add(`--delete-${options.deletes}`);
    if (options.deleteExcluded) add('--delete-excluded');
    limitDeletes(options, add, missing);
    if (options.trackRenames === 'hash') add('--track-renames');
    if (options.trackRenames === 'modified') add('--track-renames', '--track-renames-strategy', 'modtime');
  }
  if (options.backupFolder !== undefined && verb !== 'check')
    words.push('--backup-dir', backupText(target, options.backupFolder));

  const limited = [options.minSize, options.maxSize, options.minAge, options.maxAge].some(
    (limit) => limit !== undefined,
  );
  if (options.verb === 'sync' && options.deletes !== 'none' && options.deleteExcluded)
    if (options.useDefaultExcludes || options.only || limited)
      return cannot(
        'rclone would delete all that is left out: also the usual excludes, what was not chosen, and what is outside of the limits.',
      );
  const filters = filtersForRclone(options);
  if ('cannot' in filters)
    return cannot(`The line would be dangerous without its filters: ${filters.cannot}.`);
  for (const [flag, value] of filterFlags(filters.rules)) add(flag, value);
  if (options.minSize !== undefined) add('--min-size', sizeText(options.minSize));
  if (options.maxSize !== undefined) add('--max-size', sizeText(options.maxSize));
  if (options.minAge !== undefined) add('--min-age', options.minAge);
  if (options.maxAge !== undefined) add('--max-age', options.maxAge);
  if (verb === 'check') add(...(options.oneWay ? ['--one-way'] : []), '--combined', '-');
  return { line: words.join(' '), missing, notes: notesOn([source, target], remotes, options) };
}

const switches = [
  ['ignoreExisting', '--ignore-existing'],
  ['ignoreTimes', '--ignore-times'],
  ['update', '--update'],
  ['ignoreSize', '--ignore-size'],
  ['immutable', '--immutable'],
  ['keepTargetTimes', '--no-update-modtime'],
  ['useServerTimes', '--use-server-modtime'],
] as const;

function limitDeletes(
  { maxDelete }: PlanOptions,
  add: (...words: string[]) => void,
  missing: string[],
): void {
  if (maxDelete?.files !== undefined) add('--max-delete', String(maxDelete.files));
  if (maxDelete?.bytes !== undefined) add('--max-delete-size', `${maxDelete.bytes}B`);
  if (maxDelete?.percent !== undefined)
    missing.push('rclone has no limit on the share of files that it deletes.');
}

/** Includes alone stand as such, as excludes alone do; a mix as ordered rules. */
function filterFlags(rules: readonly FilterRule[]): (readonly [string, string])[] {
  const mixed = new Set(rules.map((rule) => Object.keys(rule)[0])).size > 1;
  return rules.map((rule) => {
    const [kind, pattern] = 'include' in rule ? ['include', rule.include] : ['exclude', rule.exclude];
    // rclone's patterns do not know "./" as the folder itself.
    const text = pattern.replace(/^(?:\.\/)+/, '/');
    return mixed ? ['--filter', `${kind === 'include' ? '+' : '-'} ${text}`] : [`--${kind}`, text];
  });
}

function notesOn(places: readonly Place[], remotes: readonly KnownRemote[], options: PlanOptions): string[] {
  const names = [...new Set(places.flatMap((place) => (place.kind === 'remote' ? [place.remote] : [])))];
  const notes = names.map(
    (name) => `rclone must know "${name}": "Export Remotes to rclone.conf…" writes it there.`,
  );
  if (options.verb === 'sync' && options.maxDelete)
    notes.push(
      'rclone deletes as many as allowed and then stops; here nothing is deleted when it is too many.',
    );
  const unknown = names.find((name) => !remotes.some((remote) => remote.name === name));
  return unknown === undefined ? notes : [...notes, `No remote is named "${unknown}" here any more.`];
}

function textOf(place: Exclude<Place, { kind: 'uri' }>): string {
  return place.kind === 'folder' ? place.path : formatAddress(place);
}

/** The date is put in by the shell, so that every run has its own folder. */
function backupText(target: Exclude<Place, { kind: 'uri' }>, folder: string): string {
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
