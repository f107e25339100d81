import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { allBackends } from '../../../src/backends/allBackends';
import { readCommandLine } from '../../../src/commandLine/readCommandLine';
import { isSafeToShow } from '../../../src/commandLine/shownValues';
import { findRemotes } from '../../../src/rcloneConfig/importRemotes';
import { parseRcloneFile } from '../../../src/rcloneConfig/rcloneFile';
import { skipWithout } from '../../interop/realTools';
import { context, read } from './lines';

const readFile = () => 'secret_access_key = hush\n';
const answer = (line: string) => JSON.stringify(readCommandLine(line, { ...context, readFile }));

const lines: readonly string[] = [
  'rclone sync d lab:b --b2-key hush --b2-account hush',
  'rclone sync d lab:b --azureblob-sas-url https://x?sig=hush --sftp-pass=hush --webdav-headers Cookie,hush',
  'rclone sync d lab:b --drive-service-account-credentials hush',
  'rclone sync d lab:b --no-such-flag hush',
  'rclone sync d lab:b --no-such-flag=hush -Z=hush',
  'rclone --b2-key hush sync d',
  'rclone --b2-key hush',
  'rclone sync d lab:b hush --b2-key x',
  "rclone sync d lab:b --b2-key 'hush",
  'rclone sync d lab:b --b2-key "hush',
  'rclone sync d lab:b --b2-key a$hush',
  'rclone sync d lab:b --b2-key=a$hush',
  'rclone sync d lab:b --b2-key hush*',
  'rclone sync d lab:b --b2-key {hush,b}',
  'rclone sync d lab:b --header "Authorization: Bearer hush"',
  'rclone sync d lab:b --s3-sse-customer-key hush --s3-access-key-id hush --s3-session-token hush',
  'rclone sync d lab:b --password-command "echo hush" --rc-pass hush --client-pass hush',
  'rclone sync d lab:b --http-proxy http://u:hush@p',
  'rclone sync d lab:b --filter-from conf --include x --filter "- y"',
  "rclone sync d ':s3,access_key_id=AK,secret_access_key=hush:b/x'",
  "rclone sync d ':s3,secret_access_key=\"hush:b/x'",
  "rclone sync d ':s3,secret_access_key=hu sh''hush:b/x'",
  'rclone sync d :b2,key=hush:b',
  'rclone sync d :ftp,pass=hush:b',
  'rclone sync d lab,secret_access_key=hush:b',
  "rclone sync d 'lab,secret_access_key=\"hush:b'",
  'rclone sync d nowhere,secret_access_key=hush:b',
  'rclone sync d lab:b --backup-dir lab,secret_access_key=hush:old',
  'rclone sync d lab:b --compare-dest :s3,secret_access_key=hush:old',
  'RCLONE_CONFIG_X_SECRET_ACCESS_KEY=hush RCLONE_B2_KEY=hush rclone sync d lab:b',
  'AWS_SECRET_ACCESS_KEY=hush AWS_SESSION_TOKEN=hush SOME_PASSWORD=hush aws s3 sync d s3://b',
  "AWS_SECRET_ACCESS_KEY='hush aws s3 sync d s3://b",
  'AWS_SECRET_ACCESS_KEY=a$hush aws s3 sync d s3://b',
  'AWS_ENDPOINT_URL=https://u:hush@h aws s3 sync d s3://b',
  'aws s3 sync d s3://b --endpoint-url https://u:hush@h',
  "aws s3 sync d s3://b --endpoint-url 'https://h/?X-Amz-Signature=hush'",
  'aws s3 sync d s3://b --endpoint-url https://h/?X-Amz-Signature=hush',
  'aws s3 sync d s3://b --sse-c-key hush --sse-c-copy-source-key hush --metadata k=hush --grants read=hush',
  'aws s3 sync d s3://b --no-such-flag hush hush',
  'aws s3 sync d s3://AKIA:hush@b/x',
  'rclone sync d :s3:AKIA:hush@b/x',
  "aws s3 cp 'https://b.example/x?X-Amz-Signature=hush' s3://b/",
  'aws --no-such-flag hush s4 sync d s3://b',
  'aws --no-such-flag hush s3 rm s3://b',
];
for (const line of lines)
  test(`a possible secret never appears: ${line}`, () => assert.doesNotMatch(answer(line), /hush/));

test('harmless values appear, so that users can check them', () => {
  for (const [line, value] of [
    ["rclone sync d lab:b --exclude '*.a,b=c'", '*.a,b=c'],
    ['rclone sync d lab:b --max-age 7d', '7d'],
    ['rclone sync d lab:b --transfers 8', '8'],
    ['aws s3 sync d s3://b --profile work', 'work'],
    ['aws s3 sync d s3://b --endpoint-url http://localhost:9000', 'http://localhost:9000'],
  ] as const)
    assert.equal(read(line).flags.at(-1)?.value, value);
});

test('the list of harmless flags has no flag of the real rclone that takes a secret', {
  skip: skipWithout('rclone'),
}, () => {
  const { stdout } = spawnSync('rclone', ['help', 'flags'], { encoding: 'utf8' });
  const names = [...stdout.matchAll(/--([\w-]+)/g)].map(([, name = '']) => name);
  assert.ok(names.length > 500);
  const suspicious = /secret|token|pass|(?:^|-)key(?:-|$)|account|user|headers?|sas|cookie|auth|credential/;
  assert.deepEqual(
    names.filter((name) => isSafeToShow(name) && suspicious.test(name) && name !== 's3-sse-kms-key-id'),
    [],
  );
});

const sections: readonly (readonly [what: string, text: string, says: RegExp])[] = [
  [
    'an alias with settings',
    'type = alias\nremote = x,secret_access_key=hush:bucket',
    /alias of "x" with other settings/,
  ],
  [
    'an alias with quoted settings',
    'type = alias\nremote = x,secret_access_key="hu:sh,hush":bucket',
    /alias of "x" with/,
  ],
  ['an alias with an open quote', "type = alias\nremote = x,pass='hush:bucket", /alias of "x" with/],
  [
    'an alias of one made on the fly',
    'type = alias\nremote = :s3,secret_access_key=hush:bucket',
    /on-the-fly remote \(":s3:"\)/,
  ],
  ['an alias of another kind made on the fly', 'type = alias\nremote = :sftp,pass=hush,host=h:', /":sftp:"/],
  [
    'an address with a password',
    'type = s3\nprovider = Other\nendpoint = https://me:hush@h.example',
    /endpoint/,
  ],
  ['an invalid address', 'type = s3\nprovider = Other\nendpoint = https://me:hush @h example', /endpoint/],
];
for (const [what, text, says] of sections)
  test(`the reason against a remote in a file has no secrets: ${what}`, () => {
    const found = findRemotes(
      parseRcloneFile(`[al]\n${text}\n[x]\ntype = s3\nprovider = AWS\n`),
      allBackends,
    )[0];
    assert.ok(found && !found.usable);
    assert.match(found.because, says);
    assert.doesNotMatch(found.because, /hush/);
  });
