import {
  type FlagRule,
  type FlagRules,
  flag,
  flagOfSetting,
  flagsWithVerdict,
  hintFlag,
  ignored,
  type NamedRule,
  optionFlag,
  refused,
  unavailable,
  understood,
} from '../flags';

const header = (name: string) =>
  `${name} can't be set for a single run: it follows from the file name and the remote's settings.`;

/** The flags of `aws s3 sync`, `cp` and `mv`, and the global flags of `aws` (aws-cli 1.45 and some of 2.x), by name. */
export const awsFlags: FlagRules = new Map<string, FlagRule>([
  optionFlag('delete', { deletes: 'after' }, 'deletes what exists only on the target, after all copies'),
  filterFlag('exclude=', 'exclude'),
  filterFlag('include=', 'include'),
  flag('size-only', (_, { options }) => {
    // --exact-timestamps takes precedence (A9).
    if (options.compare === 'aws') options.compare = 'size-only';
    return options.compare === 'size-only'
      ? understood('compares sizes only')
      : ignored('It has no effect together with --exact-timestamps.');
  }),
  optionFlag(
    'exact-timestamps',
    { compare: 'exact-timestamps' },
    'files of equal size are the same only if their times are equal',
  ),
  optionFlag('no-overwrite', { ignoreExisting: true }, 'skips files that exist on the target'),
  optionFlag('follow-symlinks', { followSymlinks: true }, 'follows symbolic links'),
  optionFlag('no-follow-symlinks', { followSymlinks: false }, 'skips symbolic links'),
  flag('recursive', () => understood('the whole folder')),
  flag('dryrun', () => understood('the preview does this: nothing is written before you apply it')),

  hintFlag('profile=', 'profile', 'selects the remote'),
  hintFlag('endpoint-url=', 'endpoint', 'selects the remote'),
  hintFlag('region=', 'region', 'selects the remote; each remote has its own region'),
  hintFlag(
    'source-region=',
    'sourceRegion',
    'selects the remote of the source; each remote has its own region',
  ),

  flagOfSetting('acl=', 'acl', 'ACL'),
  flagOfSetting('storage-class=', 'storageClass', 'Storage class'),
  flagOfSetting('sse?', 'serverSideEncryption', 'Server-side encryption'),
  flagOfSetting('sse-kms-key-id=', 'sseKmsKeyId', 'KMS key'),

  flag('case-conflict=', (value) =>
    value === 'error'
      ? refused('Names that differ only in case are shown as conflicts and skipped; the rest is copied.')
      : ignored('Names that differ only in case are shown as conflicts where the target would mix them up.'),
  ),
  flag('copy-props=', (value) =>
    value === 'none'
      ? unavailable('Copies between buckets keep their metadata and tags.')
      : ignored('Copies between buckets always keep their metadata and tags.'),
  ),
  flag('metadata-directive=', (value) =>
    value.toUpperCase() === 'COPY'
      ? ignored('Copies between buckets always keep their metadata.')
      : unavailable('Copies between buckets keep their metadata.'),
  ),

  ...flagsWithVerdict(ignored, {
    'no-sign-request': 'The remote\'s setting "Credentials" decides whether requests are signed.',
    'no-verify-ssl ca-bundle=':
      'Certificates are always verified; the remote\'s setting "CA file" adds certificate authorities.',
    'quiet only-show-errors no-progress progress-frequency= progress-multiline':
      'The preview shows progress in its own way.',
    'debug v2-debug output= query= color= no-cli-pager cli-auto-prompt no-cli-auto-prompt cli-binary-format=':
      'It only affects terminal output.',
    'page-size= no-paginate': 'The page size of listings does not change the result.',
    'cli-read-timeout= cli-connect-timeout=': 'Cloud Remotes handles timeouts and retries itself.',
    'expected-size=': 'It is for uploads of a stream; the size of a file is known.',
    'ignore-glacier-warnings': 'Archived objects are always skipped, and shown as skipped.',
    'validate-same-s3-paths': 'An overlap of source and target is always rejected.',
    'checksum-mode= checksum-algorithm=':
      'The remote\'s setting "Checksums" decides which checksums are sent and verified.',
  }),
  ...flagsWithVerdict(refused, {
    version: 'The tool would only print text and copy nothing.',
    'sse-c? sse-c-key= sse-c-copy-source? sse-c-copy-source-key=':
      'Encryption with customer-provided keys (SSE-C) is not supported.',
  }),
  ...flagsWithVerdict(unavailable, {
    'force-glacier-transfer':
      'Archived objects are skipped until they are restored, as far as a listing shows.',
    'request-payer?':
      'Requester-pays buckets are not supported yet, so the service would reject the requests.',
    'grants+': 'Grants are not supported; the remote\'s setting "ACL" sets a canned ACL.',
    'website-redirect=': 'Redirects are not supported.',
    'no-guess-mime-type': 'The content type always follows from the file name.',
    'metadata=': header('Metadata'),
    'content-type=': header('The content type'),
    'cache-control=': header('Cache-Control'),
    'content-disposition=': header('Content-Disposition'),
    'content-encoding=': header('Content-Encoding'),
    'content-language=': header('Content-Language'),
    'expires=': header('Expires'),
  }),
]);

/** Flags that only some of the verbs have. */
export const awsFlagsOf: Readonly<Record<string, readonly string[]>> = {
  delete: ['sync'],
  'size-only': ['sync'],
  'exact-timestamps': ['sync'],
  recursive: ['cp', 'mv'],
  'expected-size': ['cp'],
  'validate-same-s3-paths': ['mv'],
};

/** A filter rule of aws, whose last match decides. */
function filterFlag(name: string, kind: 'include' | 'exclude'): NamedRule {
  return flag(name, (pattern, { filters }) => {
    if (pattern === '') return refused('The pattern is empty.');
    filters.push(kind === 'include' ? { include: pattern } : { exclude: pattern });
    return understood('a filter rule; the last match decides');
  });
}
