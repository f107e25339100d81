import path from 'node:path';
import { withoutSecrets } from '../../base/maskedText';
import type { PlanOptions } from '../../plan/model/planOptions';
import { joinPath } from '../../remote/remotePath';
import type { KnownRemote, WritablePlace, WritableRequest, WrittenLine } from '../commandLine';
import { LineError } from '../lineProblem';
import { quoteWord } from '../shell/shellWords';
import { filtersForAws, hasLimits } from '../translateFilters';

/** See `writeCommandLine`. `cp` and `mv` copy every file; `sync` compares. Throws LineError when no line does the same. */
export function writeAws(
  request: WritableRequest,
  remotes: readonly KnownRemote[],
): Omit<WrittenLine, 'tool'> {
  const { source, target, options } = request;
  const [sourceRemote, targetRemote] = [source, target].map((place) => remoteOf(place, remotes));
  assertPossible(request, sourceRemote, targetRemote);
  const missing: string[] = [];
  const notes: string[] = [];
  const copiesAll = options.ignoreTimes === true && options.verb !== 'sync';
  const command = options.verb === 'move' ? 'mv' : copiesAll ? 'cp' : 'sync';
  const words = ['aws', 's3', command, ...operandsAndFilters(request, command)];

  if (command === 'sync') {
    if (options.compare === 'size-only') words.push('--size-only');
    if (options.compare === 'exact-timestamps') words.push('--exact-timestamps');
    if (options.ignoreTimes) missing.push('aws s3 sync compares: it does not copy files that are the same.');
    else if (options.compare === 'rclone' || options.compare === 'checksum')
      missing.push('aws compares only sizes and the upload times of the service, never content.');
    if (options.verb === 'sync' && options.deletes !== 'none') {
      words.push('--delete');
      notes.push('aws deletes during the copies, even after a copy failed.');
    }
  } else if (!copiesAll) missing.push('aws s3 mv copies every file, even if the target already has it.');
  if (source.kind === 'folder' && !options.followSymlinks) words.push('--no-follow-symlinks');

  for (const [name, sentence] of unsupportedOptions) if (options[name]) missing.push(sentence);
  if (options.trackRenames && options.trackRenames !== 'none')
    missing.push('aws does not detect renamed files.');
  if (options.modifyWindowMs) missing.push('aws has no tolerance when it compares times.');

  if (sourceRemote && targetRemote && sourceRemote.name !== targetRemote.name) {
    if (sourceRemote.endpoint !== targetRemote.endpoint || sourceRemote.profile !== targetRemote.profile)
      missing.push(`aws signs in once for both sides; this line signs in as "${targetRemote.name}".`);
    if (sourceRemote.region !== undefined && sourceRemote.region !== targetRemote.region)
      words.push('--source-region', sourceRemote.region);
  }
  const access = targetRemote ?? sourceRemote;
  if (access?.profile !== undefined) words.push('--profile', access.profile);
  else if (access?.written?.['accessKeyId'] !== undefined)
    notes.push(
      `The line does not contain the access key of "${access.name}": aws uses that of your environment.`,
    );
  if (access?.endpoint !== undefined) {
    if (withoutSecrets(access.endpoint) === access.endpoint) words.push('--endpoint-url', access.endpoint);
    else
      missing.push(`The endpoint of "${access.name}" contains a password, which must not appear in a line.`);
  }
  if (access?.region !== undefined) words.push('--region', access.region);
  return { line: words.map(quoteWord).join(' '), missing, notes };
}

function assertPossible(
  { source, target, options }: WritableRequest,
  sourceRemote: KnownRemote | undefined,
  targetRemote: KnownRemote | undefined,
): void {
  const { verb, deletes } = options;
  if (verb === 'check') throw new LineError('aws has no command that only compares.');
  if (source.kind === 'folder' && target.kind === 'folder')
    throw new LineError('aws copies only from or to S3.');
  for (const [place, remote] of [
    [source, sourceRemote],
    [target, targetRemote],
  ] as const)
    if (place.kind === 'remote' && remote?.kind !== 's3')
      throw new LineError(`aws can't reach "${place.remote}", which is not S3.`);
  if (hasLimits(options) && (verb === 'move' || (verb === 'sync' && deletes !== 'none')))
    throw new LineError('aws has no limits on sizes or ages, so the line would remove more than this plan.');
}

function operandsAndFilters({ source, target, options }: WritableRequest, command: string): string[] {
  const file = command === 'sync' ? undefined : onlyFile(options);
  if (file !== undefined) return [textOf(source, file), textOf(target, file)];
  const filters = filtersForAws(options);
  if ('cannot' in filters)
    throw new LineError(`The line would be dangerous without its filters: ${filters.cannot}.`);
  return [
    textOf(source),
    textOf(target),
    ...(command === 'sync' ? [] : ['--recursive']),
    ...filters.rules.flatMap((rule) =>
      'include' in rule ? ['--include', rule.include] : ['--exclude', rule.exclude],
    ),
  ];
}

/** The file of a request for one file without filters. */
function onlyFile({ only = [], filters, useDefaultExcludes }: PlanOptions): string | undefined {
  const [one] = only;
  const isOnly = only.length === 1 && filters.length === 0 && !useDefaultExcludes;
  return isOnly && one && 'file' in one ? one.file : undefined;
}

const unsupportedOptions = [
  ['ignoreExisting', 'Older versions of aws can not skip files that exist on the target.'],
  ['update', 'aws can not skip files that are newer on the target, whatever their size.'],
  ['ignoreSize', 'aws always compares sizes.'],
  ['immutable', 'aws overwrites files that differ.'],
  ['maxDelete', 'aws has no limit on deletes.'],
  ['deleteExcluded', 'aws does not delete files that its filters exclude.'],
  ['backupFolder', 'aws does not keep files that it replaces or deletes.'],
  ['minSize', 'aws has no limits on sizes.'],
  ['maxSize', 'aws has no limits on sizes.'],
  ['minAge', 'aws has no limits on ages.'],
  ['maxAge', 'aws has no limits on ages.'],
] as const;

function remoteOf(place: WritablePlace, remotes: readonly KnownRemote[]): KnownRemote | undefined {
  return place.kind === 'remote' ? remotes.find(({ name }) => name === place.remote) : undefined;
}

function textOf(place: WritablePlace, below = ''): string {
  if (place.kind === 'folder') return path.join(place.path, ...below.split('/'));
  return `s3://${joinPath(place.path, below)}`;
}
