import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KnownRemote, ReadCommand } from '../../../src/commandLine/commandLine';
import { isProblem } from '../../../src/commandLine/lineProblem';
import { readCommandLine } from '../../../src/commandLine/readCommandLine';
import { summaryOf } from '../../../src/commandLine/summary';
import { placeText } from '../../../src/plan/model/plan';

// What is not done must not make a line take away more than the tool would.

const remotes: readonly KnownRemote[] = [
  { name: 'm', kind: 's3', endpoint: 'http://localhost:9000', region: 'us-east-1' },
  { name: 'aws', kind: 's3', profile: 'work' },
];
const files: Readonly<Record<string, string>> = { '/w/bad.txt': '*.css\n' };

function read(text: string): ReadCommand {
  const command = readCommandLine(text, { remotes, folder: '/w', readFile: (file) => files[file] });
  assert.ok(!isProblem(command), `${text}: ${isProblem(command) ? command.problem : ''}`);
  return command;
}

const withholding: readonly (readonly [line: string, flag: string])[] = [
  ["rclone sync d m:b --ignore-case --exclude '*.JPG'", '--ignore-case'],
  ['rclone sync d m:b --exclude-if-present .skip', '--exclude-if-present'],
  ['rclone sync d m:b --hash-filter 1/4', '--hash-filter'],
  ['rclone sync d m:b --metadata-include x=y', '--metadata-include'],
  ['rclone sync d m:b --metadata-filter-from f', '--metadata-filter-from'],
  ['rclone sync d m:b --links', '--links'],
  ['rclone sync d m:b -l', '-l'],
  ['rclone sync d m:b -vlP', '-l'],
  ['rclone sync d m:b -x', '-x'],
  ['rclone sync d m:b --suffix .bak', '--suffix'],
  ['rclone sync d m:b --suffix=.bak --suffix-keep-extension', '--suffix'],
  ['rclone sync d m:b --compare-dest m:c', '--compare-dest'],
  ['rclone sync d m:b --copy-dest=m:c', '--copy-dest'],
  ['rclone sync d m:b --max-transfer 1G', '--max-transfer'],
  ['rclone sync d m:b --max-duration 1h', '--max-duration'],
  ['rclone sync d m:b --ignore-case-sync', '--ignore-case-sync'],
  ['rclone sync d m:b --no-unicode-normalization', '--no-unicode-normalization'],
  ['rclone sync d m:b --name-transform prefix=x', '--name-transform'],
  ['rclone sync d m:b --no-check-dest', '--no-check-dest'],
  ['rclone sync d m:b --s3-versions', '--s3-versions'],
  ['rclone sync d m:b --s3-encoding None', '--s3-encoding'],
  ['rclone sync d m:b --local-encoding=Slash', '--local-encoding'],
  ['rclone sync d m:b --s3-no-such-thing', '--s3-no-such-thing'],
  ['rclone sync d m:b --s3-endpoint http://elsewhere:9', '--s3-endpoint'],
  ['rclone sync d m:b --max-delete many', '--max-delete'],
  ['rclone sync d m:b --min-size lots', '--min-size'],
  ['rclone sync d m:b --filter-from bad.txt', '--filter-from'],
  ['rclone sync d m:b --include-from gone.txt', '--include-from'],
  ["rclone sync d m:b --filter '*.css'", '--filter'],
  ['rclone sync d m:b --max-depth 2 --delete-excluded', '--delete-excluded'],
  ['rclone sync d m:b --from-next-year', '--from-next-year'],
  ['rclone sync d m:b --from-next-year 7', '--from-next-year'],
  ['rclone sync --from-next-year=7 d m:b', '--from-next-year'],
  ['rclone sync d m:b -Z', '-Z'],
  ['rclone sync d m:b -vZ', '-Z'],
  ['rclone sync d m:b --help', '--help'],
  ['rclone move d m:b --ignore-case', '--ignore-case'],
  ['rclone moveto d m:b --no-such-flag', '--no-such-flag'],
  ['RCLONE_IGNORE_CASE=true rclone sync d m:b', 'RCLONE_IGNORE_CASE'],
  ["RCLONE_EXCLUDE='*.x' rclone move d m:b", 'RCLONE_EXCLUDE'],
  ['env RCLONE_MAX_DEPTH=1 rclone sync d m:b', 'RCLONE_MAX_DEPTH'],
  ['RCLONE_CONFIG_M_ENDPOINT=http://x rclone sync d m:b', 'RCLONE_CONFIG_M_ENDPOINT'],
  ['aws s3 sync d s3://b --profile work --delete --no-such-flag', '--no-such-flag'],
  ["aws s3 sync d s3://b --profile work --delete --excl '*.x'", '--excl'],
  ["aws s3 sync d s3://b --profile work --delete --exclude ''", '--exclude'],
  ['aws s3 sync d s3://b --profile work --delete --exclude', '--exclude'],
  ['aws s3 sync s3://b d --profile work --delete --case-conflict error', '--case-conflict'],
  ['aws s3 mv s3://b d --recursive --profile work --sse-c AES256', '--sse-c'],
  ['AWS_NO_SUCH_THING=1 aws s3 sync d s3://b --profile work --delete', 'AWS_NO_SUCH_THING'],
];
for (const [line, flag] of withholding)
  test(`nothing is taken away without it, and that is said: ${line}`, () => {
    const command = read(line);
    const { options, flags, withheld = '' } = command;
    const judged = flags.find((one) => one.flag === flag && one.verdict === 'refused');
    assert.equal(judged?.withholds, true);
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
  'rclone sync d m:b -vP --transfers 8 --checkers=4 --fast-list --bwlimit 1M --log-file x --use-json-log',
  'rclone sync d m:b --retries 3 --low-level-retries 10 --timeout 5m --stats 1s --color NEVER',
  'rclone sync d m:b --metadata --metadata-set a=b --ignore-errors',
  'rclone sync d m:b --header-upload "Cache-Control: no-cache" --http-proxy http://p:1',
  'rclone sync d m:b --drive-chunk-size 64M --b2-hard-delete --dropbox-batch-mode=async',
  'rclone sync d m:b --s3-acl private --s3-chunk-size 16M --s3-no-check-bucket',
  'rclone sync d m:b --s3-endpoint http://localhost:9000 --s3-region us-east-1',
  'rclone sync d m:b --ignore-case=false',
  'rclone sync d m:b --ignore-case --ignore-case=false',
  'RCLONE_TRANSFERS=8 RCLONE_VERBOSE=1 RCLONE_IGNORE_CASE=false HOME=/x LC_ALL=C rclone sync d m:b',
  'RCLONE_IGNORE_CASE=true aws s3 sync d s3://b --profile work --delete',
  'aws s3 sync d s3://b --profile work --delete --cache-control max-age=60 --content-type text/plain --metadata a=b',
  'aws s3 sync d s3://b --profile work --delete --quiet --page-size 50 --acl private --storage-class GLACIER',
  'AWS_MAX_ATTEMPTS=5 AWS_PAGER= aws s3 sync d s3://b --profile work --delete',
];
for (const line of harmless)
  test(`deletes go on where all that is left out is harmless: ${line}`, () => {
    const { options, withheld, flags } = read(line);
    assert.equal(options.deletes, 'after');
    assert.equal(withheld, undefined);
    assert.deepEqual(
      flags.filter(({ withholds }) => withholds),
      [],
    );
  });

test('where the line takes nothing away there is nothing to withhold', () => {
  for (const line of [
    'rclone copy d m:b --no-such-flag',
    'rclone check d m:b --ignore-case',
    'aws s3 sync d s3://b --profile work --nope',
  ])
    assert.equal(read(line).withheld, undefined, line);
});

test('where nobody can tell the value of an unknown flag from a path, no places are guessed', () => {
  for (const line of ['rclone sync --foo d --bar e m:b', 'aws s3 sync --foo d --bar s3://b s3://c']) {
    const command = readCommandLine(line, { remotes, folder: '/w' });
    assert.ok(isProblem(command), line);
    assert.match(command.problem, /"--foo" may be its value or a path.*--foo=…/);
  }
  // Numbers, sizes and switches are no paths.
  for (const line of [
    'rclone sync --foo 7 --bar d m:b',
    'rclone sync --foo d m:b --bar 1.5G',
    'rclone sync --foo true --bar d m:b',
  ])
    assert.deepEqual(read(line).source, { place: { kind: 'folder', path: '/w/d' } }, line);
});
