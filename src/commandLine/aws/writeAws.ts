import path from 'node:path';
import { withoutSecrets } from '../../base/maskedText';
import type { Place } from '../../plan/model/plan';
import { joinPath } from '../../remote/remotePath';
import type { KnownRemote, LineRequest, WrittenLine } from '../commandLine';
import { quoteWord } from '../shellWords';
import { filtersForAws } from '../translateFilters';

type Written = Omit<WrittenLine, 'tool'>;

/** See `writeCommandLine`. `cp` and `mv` are for what is copied in any case; `sync` for all else. */
export function writeAws(request: LineRequest, remotes: readonly KnownRemote[]): Written {
  const { source, target, options } = request;
  const cannot = (why: string): Written => ({ missing: [why], notes: [] });
  if (options.verb === 'check') return cannot('aws has no command that only compares.');
  const sides = [source, target].map((place) => remoteOf(place, remotes));
  if (source.kind === 'uri' || target.kind === 'uri')
    return cannot('A folder of a virtual workspace is known to the editor only.');
  if (source.kind === 'folder' && target.kind === 'folder') return cannot('aws copies from or to S3 only.');
  const other = [source, target].find((place, i) => place.kind === 'remote' && sides[i]?.kind !== 's3');
  if (other?.kind === 'remote') return cannot(`aws can't reach "${other.remote}", which is not S3.`);
  if (options.ignoreFiles?.length) return cannot('aws reads no ignore files.');

  const limited = [options.minSize, options.maxSize, options.minAge, options.maxAge].some(
    (limit) => limit !== undefined,
  );
  const removing = options.verb === 'move' || (options.verb === 'sync' && options.deletes !== 'none');
  if (limited && removing)
    return cannot('aws has no limits on sizes or ages, so the line would take away more than this plan.');
  const missing: string[] = [];
  const notes: string[] = [];
  const always = options.ignoreTimes === true && options.verb !== 'sync';
  const command = options.verb === 'move' ? 'mv' : always ? 'cp' : 'sync';
  const words: string[] = ['aws', 's3', command];

  const [one] = options.only ?? [];
  const single =
    command !== 'sync' &&
    options.only?.length === 1 &&
    one !== undefined &&
    'file' in one &&
    options.filters.length === 0 &&
    !options.useDefaultExcludes
      ? one.file
      : undefined;
  if (single !== undefined) words.push(textOf(source, single), textOf(target, single));
  else {
    words.push(textOf(source), textOf(target));
    if (command !== 'sync') words.push('--recursive');
    const filters = filtersForAws(options);
    if ('cannot' in filters)
      return cannot(`The line would be dangerous without its filters: ${filters.cannot}.`);
    for (const rule of filters.rules)
      words.push(...('include' in rule ? ['--include', rule.include] : ['--exclude', rule.exclude]));
  }

  if (command === 'sync') {
    if (options.compare === 'size-only') words.push('--size-only');
    if (options.compare === 'exact-timestamps') words.push('--exact-timestamps');
    if (options.ignoreTimes) missing.push('aws s3 sync compares; it does not send what is the same.');
    else if (options.compare === 'rclone' || options.compare === 'checksum')
      missing.push('aws compares sizes and the times of the service only, never content.');
    if (options.verb === 'sync' && options.deletes !== 'none') {
      words.push('--delete');
      notes.push('aws deletes while it copies, even where a copy failed.');
    }
  } else if (!always) missing.push('aws s3 mv sends every file, even where the target has it already.');
  if (source.kind === 'folder' && !options.followSymlinks) words.push('--no-follow-symlinks');

  for (const [name, says] of unsupportedOptions) if (options[name]) missing.push(says);
  if (options.trackRenames && options.trackRenames !== 'none')
    missing.push('aws does not see that files were only renamed.');
  if (options.modifyWindowMs) missing.push('aws has no window within which times are equal.');

  const [ofSource, ofTarget] = sides;
  const access = ofTarget ?? ofSource;
  if (ofSource && ofTarget && ofSource.name !== ofTarget.name) {
    if (ofSource.endpoint !== ofTarget.endpoint || ofSource.profile !== ofTarget.profile)
      missing.push(`aws signs in to one place for both sides; this line does so as "${ofTarget.name}".`);
    if (ofSource.region !== undefined && ofSource.region !== ofTarget.region)
      words.push('--source-region', ofSource.region);
  }
  if (access?.profile !== undefined) words.push('--profile', access.profile);
  else if (access?.written?.['accessKeyId'] !== undefined)
    notes.push(`The access key of "${access.name}" is not in the line: aws takes that of your environment.`);
  if (access?.endpoint !== undefined) {
    if (withoutSecrets(access.endpoint) === access.endpoint) words.push('--endpoint-url', access.endpoint);
    else missing.push(`The endpoint of "${access.name}" holds a password, which must not stand in lines.`);
  }
  if (access?.region !== undefined) words.push('--region', access.region);
  return { line: words.map(quoteWord).join(' '), missing, notes };
}

const unsupportedOptions = [
  ['ignoreExisting', 'Older versions of aws can not leave alone what the target has.'],
  ['update', 'aws can not leave alone what is newer on the target, whatever its size.'],
  ['ignoreSize', 'aws always compares sizes.'],
  ['immutable', 'aws overwrites what differs.'],
  ['maxDelete', 'aws has no limit on deletes.'],
  ['deleteExcluded', 'aws deletes nothing that its filters leave out.'],
  ['backupFolder', 'aws keeps nothing of what it replaces or deletes.'],
  ['minSize', 'aws has no limits on sizes.'],
  ['maxSize', 'aws has no limits on sizes.'],
  ['minAge', 'aws has no limits on ages.'],
  ['maxAge', 'aws has no limits on ages.'],
] as const;

function remoteOf(place: Place, remotes: readonly KnownRemote[]): KnownRemote | undefined {
  return place.kind === 'remote' ? remotes.find(({ name }) => name === place.remote) : undefined;
}

function textOf(place: Exclude<Place, { kind: 'uri' }>, below = ''): string {
  if (place.kind === 'folder') return path.join(place.path, ...below.split('/'));
  return `s3://${joinPath(place.path, below)}`;
}
