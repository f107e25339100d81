import assert from 'node:assert/strict';
import { test } from 'node:test';
import { summaryOf } from '../../../src/commandLine/summary';
import { placeText } from '../../../src/plan/model/plan';
import { problemOf, read } from './lines';

// A flag that is not supported must not make a line remove more than the tool would.

const withholding: readonly (readonly [line: string, flag: string])[] = [
  ["rclone sync d lab:b --ignore-case --exclude '*.JPG'", '--ignore-case'],
  ['rclone sync d lab:b --exclude-if-present .skip', '--exclude-if-present'],
  ['rclone sync d lab:b --hash-filter 1/4', '--hash-filter'],
  ['rclone sync d lab:b --metadata-include x=y', '--metadata-include'],
  ['rclone sync d lab:b --metadata-filter-from f', '--metadata-filter-from'],
  ['rclone sync d lab:b --links', '--links'],
  ['rclone sync d lab:b -l', '-l'],
  ['rclone sync d lab:b -vlP', '-l'],
  ['rclone sync d lab:b -x', '-x'],
  ['rclone sync d lab:b --suffix .bak', '--suffix'],
  ['rclone sync d lab:b --suffix=.bak --suffix-keep-extension', '--suffix'],
  ['rclone sync d lab:b --compare-dest lab:c', '--compare-dest'],
  ['rclone sync d lab:b --copy-dest=lab:c', '--copy-dest'],
  ['rclone sync d lab:b --max-transfer 1G', '--max-transfer'],
  ['rclone sync d lab:b --max-duration 1h', '--max-duration'],
  ['rclone sync d lab:b --ignore-case-sync', '--ignore-case-sync'],
  ['rclone sync d lab:b --no-unicode-normalization', '--no-unicode-normalization'],
  ['rclone sync d lab:b --name-transform prefix=x', '--name-transform'],
  ['rclone sync d lab:b --no-check-dest', '--no-check-dest'],
  ['rclone sync d lab:b --s3-versions', '--s3-versions'],
  ['rclone sync d lab:b --s3-encoding None', '--s3-encoding'],
  ['rclone sync d lab:b --local-encoding=Slash', '--local-encoding'],
  ['rclone sync d lab:b --s3-no-such-thing', '--s3-no-such-thing'],
  ['rclone sync d lab:b --s3-endpoint http://elsewhere:9', '--s3-endpoint'],
  ['rclone sync d lab:b --max-delete many', '--max-delete'],
  ['rclone sync d lab:b --min-size lots', '--min-size'],
  ['rclone sync d lab:b --filter-from bad.txt', '--filter-from'],
  ['rclone sync d lab:b --include-from gone.txt', '--include-from'],
  ["rclone sync d lab:b --filter '*.css'", '--filter'],
  ['rclone sync d lab:b --max-depth 2 --delete-excluded', '--delete-excluded'],
  ['rclone sync d lab:b --from-next-year', '--from-next-year'],
  ['rclone sync d lab:b --from-next-year 7', '--from-next-year'],
  ['rclone sync --from-next-year=7 d lab:b', '--from-next-year'],
  ['rclone sync d lab:b -Z', '-Z'],
  ['rclone sync d lab:b -vZ', '-Z'],
  ['rclone sync d lab:b --help', '--help'],
  ['rclone move d lab:b --ignore-case', '--ignore-case'],
  ['rclone moveto d lab:b --no-such-flag', '--no-such-flag'],
  ['RCLONE_IGNORE_CASE=true rclone sync d lab:b', 'RCLONE_IGNORE_CASE'],
  ["RCLONE_EXCLUDE='*.x' rclone move d lab:b", 'RCLONE_EXCLUDE'],
  ['env RCLONE_MAX_DEPTH=1 rclone sync d lab:b', 'RCLONE_MAX_DEPTH'],
  ['RCLONE_CONFIG_M_ENDPOINT=http://x rclone sync d lab:b', 'RCLONE_CONFIG_M_ENDPOINT'],
  ['aws s3 sync d s3://b --delete --no-such-flag', '--no-such-flag'],
  ["aws s3 sync d s3://b --delete --excl '*.x'", '--excl'],
  ["aws s3 sync d s3://b --delete --exclude ''", '--exclude'],
  ['aws s3 sync d s3://b --delete --exclude', '--exclude'],
  ['aws s3 sync s3://b d --delete --case-conflict error', '--case-conflict'],
  ['aws s3 mv s3://b d --recursive --sse-c AES256', '--sse-c'],
  ['AWS_NO_SUCH_THING=1 aws s3 sync d s3://b --delete', 'AWS_NO_SUCH_THING'],
];
for (const [line, flag] of withholding)
  test(`nothing is deleted or moved without it, and a sentence says so: ${line}`, () => {
    const command = read(line);
    const { options, flags, withheld = '' } = command;
    const verdict = flags.find((one) => one.flag === flag && one.verdict === 'refused');
    assert.equal(verdict?.withholds, true);
    assert.equal(options.deletes, 'none');
    assert.notEqual(options.verb, 'move');
    assert.equal(options.deleteExcluded, undefined);
    assert.equal(options.trackRenames, undefined);
    assert.match(withheld, /^Nothing is (?:deleted|removed from the source): /);
    assert.ok(withheld.includes(flag));
    assert.ok(summaryOf(command, placeText).includes(withheld));
    // No verdict says that something is deleted.
    const claims = flags.filter(
      ({ verdict, flag: one }) => verdict === 'understood' && /^--delete/.test(one),
    );
    assert.deepEqual(claims, []);
  });

const harmless: readonly string[] = [
  'rclone sync d lab:b -vP --transfers 8 --checkers=4 --fast-list --bwlimit 1M --log-file x --use-json-log',
  'rclone sync d lab:b --retries 3 --low-level-retries 10 --timeout 5m --stats 1s --color NEVER',
  'rclone sync d lab:b --metadata --metadata-set a=b --ignore-errors',
  'rclone sync d lab:b --header-upload "Cache-Control: no-cache" --http-proxy http://p:1',
  'rclone sync d lab:b --drive-chunk-size 64M --b2-hard-delete --dropbox-batch-mode=async',
  'rclone sync d lab:b --s3-acl private --s3-chunk-size 16M --s3-no-check-bucket',
  'rclone sync d lab:b --s3-endpoint http://localhost:9000 --s3-region us-east-1',
  'rclone sync d lab:b --ignore-case=false',
  'rclone sync d lab:b --ignore-case --ignore-case=false',
  'RCLONE_TRANSFERS=8 RCLONE_VERBOSE=1 RCLONE_IGNORE_CASE=false HOME=/x LC_ALL=C rclone sync d lab:b',
  'RCLONE_IGNORE_CASE=true aws s3 sync d s3://b --delete',
  'aws s3 sync d s3://b --delete --cache-control max-age=60 --content-type text/plain --metadata a=b',
  'aws s3 sync d s3://b --delete --quiet --page-size 50 --acl private --storage-class GLACIER',
  'AWS_MAX_ATTEMPTS=5 AWS_PAGER= aws s3 sync d s3://b --delete',
];
for (const line of harmless)
  test(`deletes stay when only harmless flags are left out: ${line}`, () => {
    const { options, withheld, flags } = read(line);
    assert.equal(options.deletes, 'after');
    assert.equal(withheld, undefined);
    assert.deepEqual(
      flags.filter(({ withholds }) => withholds),
      [],
    );
  });

test('a line that deletes and moves nothing has nothing to withhold', () => {
  for (const line of [
    'rclone copy d lab:b --no-such-flag',
    'rclone check d lab:b --ignore-case',
    'aws s3 sync d s3://b --nope',
  ])
    assert.equal(read(line).withheld, undefined, line);
});

test('no place is guessed when the value of an unknown flag may be a path', () => {
  for (const line of ['rclone sync --foo d --bar e lab:b', 'aws s3 sync --foo d --bar s3://b s3://c'])
    assert.match(problemOf(line), /"--foo" may be its value or a path.*--foo=…/, line);
  // Numbers, sizes and switches are not paths.
  for (const line of [
    'rclone sync --foo 7 --bar d lab:b',
    'rclone sync --foo d lab:b --bar 1.5G',
    'rclone sync --foo true --bar d lab:b',
  ])
    assert.deepEqual(read(line).source, { place: { kind: 'folder', path: '/project/d' } }, line);
});
