import {
  type FlagRule,
  type FlagRules,
  flag,
  flagOfSetting,
  flagsWithVerdict,
  ignored,
  refused,
  unavailable,
  understood,
} from '../flags';

const header = (name: string) =>
  unavailable(
    `Here ${name} is not set for single runs: files get what their names and the remote's settings say.`,
  );

/** The flags of `aws s3 sync`, `cp` and `mv`, and those of `aws` itself, by name (aws-cli 1.45; a few of 2.x). */
export const awsFlags: FlagRules = new Map<string, FlagRule>([
  flag('delete', (_, state) => {
    state.options.deletes = 'after';
    return understood('deletes what only the target has, after everything is copied');
  }),
  flag('exclude=', (value, state) => {
    if (value === '') return refused('The pattern is empty.');
    state.filters.push({ exclude: value });
    return understood('a filter rule; the last that matches decides');
  }),
  flag('include=', (value, state) => {
    if (value === '') return refused('The pattern is empty.');
    state.filters.push({ include: value });
    return understood('a filter rule; the last that matches decides');
  }),
  flag('size-only', (_, state) => {
    // Together with --exact-timestamps that one wins (A9).
    if (state.options.compare === 'aws') state.options.compare = 'size-only';
    return state.options.compare === 'size-only'
      ? understood('compares sizes only')
      : ignored('With --exact-timestamps it has no effect.');
  }),
  flag('exact-timestamps', (_, state) => {
    state.options.compare = 'exact-timestamps';
    return understood('files of equal size are the same only when their times are');
  }),
  flag('no-overwrite', (_, state) => {
    state.options.ignoreExisting = true;
    return understood('leaves alone what the target has');
  }),
  flag('follow-symlinks', (_, state) => {
    state.options.followSymlinks = true;
    return understood('follows links');
  }),
  flag('no-follow-symlinks', (_, state) => {
    state.options.followSymlinks = false;
    return understood('links are left out');
  }),
  flag('recursive', () => understood('the whole folder')),
  flag('dryrun', () => understood('the preview is that: nothing is written before you apply it')),

  flag('profile=', (value, state) => {
    state.hints.profile = value;
    return understood('tells which remote is meant');
  }),
  flag('endpoint-url=', (value, state) => {
    state.hints.endpoint = value;
    return understood('tells which remote is meant');
  }),
  flag('region=', (value, state) => {
    state.hints.region = value;
    return understood('tells which remote is meant; each remote knows its own region');
  }),
  flag('source-region=', (value, state) => {
    state.hints.sourceRegion = value;
    return understood('tells which remote the source is on; each remote knows its own region');
  }),
  ...flagsWithVerdict(
    'no-sign-request',
    ignored('Whether requests are signed is a setting of the remote ("Credentials").'),
  ),
  ...flagsWithVerdict(
    'no-verify-ssl ca-bundle=',
    ignored('Certificates are always checked; the remote\'s "CA file" names authorities of your own.'),
  ),

  ...flagsWithVerdict(
    'quiet only-show-errors no-progress progress-frequency= progress-multiline',
    ignored('The preview shows progress in its own way.'),
  ),
  ...flagsWithVerdict(
    'debug v2-debug output= query= color= no-cli-pager cli-auto-prompt no-cli-auto-prompt cli-binary-format=',
    ignored('It is about what the terminal shows.'),
  ),
  ...flagsWithVerdict('version', refused('With it nothing is copied at all: the tool only prints a text.')),
  ...flagsWithVerdict(
    'page-size= no-paginate',
    ignored('How many names one request lists makes no difference to the result.'),
  ),
  ...flagsWithVerdict(
    'cli-read-timeout= cli-connect-timeout=',
    ignored('Waiting and retrying are taken care of here.'),
  ),
  ...flagsWithVerdict(
    'expected-size=',
    ignored('It is for uploads of a stream; the size of a file is known.'),
  ),
  ...flagsWithVerdict(
    'ignore-glacier-warnings',
    ignored('Archived objects are always skipped, and shown as skipped.'),
  ),
  ...flagsWithVerdict(
    'force-glacier-transfer',
    unavailable('Archived objects are skipped here until they are restored, as far as a listing can tell.'),
  ),
  ...flagsWithVerdict(
    'request-payer?',
    unavailable('There is no setting yet for buckets whose readers pay, so requests would be turned down.'),
  ),
  ...flagsWithVerdict(
    'validate-same-s3-paths',
    ignored('A source and a target that overlap are always refused here.'),
  ),
  ...flagsWithVerdict(
    'checksum-mode= checksum-algorithm=',
    ignored('Which checksums are sent and checked is a setting of the remote ("Checksums").'),
  ),
  flag('case-conflict=', (value) =>
    value === 'error'
      ? refused('Names that differ by case only are shown as conflicts and left alone; the rest is copied.')
      : ignored('Names that differ by case only are shown as conflicts where the target would mix them up.'),
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

  flagOfSetting('acl=', 'acl', 'ACL'),
  flagOfSetting('storage-class=', 'storageClass', 'Storage class'),
  flagOfSetting('sse?', 'serverSideEncryption', 'Server-side encryption'),
  flagOfSetting('sse-kms-key-id=', 'sseKmsKeyId', 'KMS key'),
  ...flagsWithVerdict(
    'sse-c? sse-c-key= sse-c-copy-source? sse-c-copy-source-key=',
    refused('Encryption with keys of your own (SSE-C) is not offered.'),
  ),
  ...flagsWithVerdict(
    'grants+',
    unavailable('Grants are not set here; a canned access list is a setting of the remote ("ACL").'),
  ),
  ...flagsWithVerdict('website-redirect=', unavailable('Redirects are not set here.')),
  ...flagsWithVerdict('metadata=', header('metadata')),
  ...flagsWithVerdict('content-type=', header('the content type')),
  ...flagsWithVerdict(
    'no-guess-mime-type',
    unavailable('Here the content type always follows from the name.'),
  ),
  ...flagsWithVerdict('cache-control=', header('Cache-Control')),
  ...flagsWithVerdict('content-disposition=', header('Content-Disposition')),
  ...flagsWithVerdict('content-encoding=', header('Content-Encoding')),
  ...flagsWithVerdict('content-language=', header('Content-Language')),
  ...flagsWithVerdict('expires=', header('Expires')),
]);

/** Flags that only some of the verbs know. */
export const awsFlagsOf: Readonly<Record<string, readonly string[]>> = {
  delete: ['sync'],
  'size-only': ['sync'],
  'exact-timestamps': ['sync'],
  recursive: ['cp', 'mv'],
  'expected-size': ['cp'],
  'validate-same-s3-paths': ['mv'],
};
