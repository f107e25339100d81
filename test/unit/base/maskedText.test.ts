import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withoutSecrets } from '../../../src/base/maskedText';

const masked: readonly [string, string][] = [
  ['https://me:hush@host/x', 'https://…@host/x'],
  ['https://hush@host:9000', 'https://…@host:9000'],
  ['http://me:hu@sh@host', 'http://…@host'],
  ['http://me:hu/sh@host/p', 'http://…@host/p'],
  ['"https://b.s3.amazonaws.com/k?X-Amz-Signature=hush&X-Amz-Date=1"', '"https://b.s3.amazonaws.com/k?…"'],
  ['https://host/k?sv=1&sig=hush', 'https://host/k?…'],
  ['X-Amz-Security-Token=hush', 'X-Amz-Security-Token=…'],
  [':s3,provider=AWS,secret_access_key=hush:bucket', ':s3,provider=AWS,secret_access_key=…:bucket'],
  ["x,access_key_id='hu,''sh:':bucket", 'x,access_key_id=…:bucket'],
  ['x,pass="hu:""sh":p', 'x,pass=…:p'],
  ['x,key="hush', 'x,key=…'],
  ['RCLONE_CONFIG_X_SECRET_ACCESS_KEY=hush rclone', 'RCLONE_CONFIG_X_SECRET_ACCESS_KEY=… rclone'],
  ["AWS_SECRET_ACCESS_KEY='hu sh' aws", 'AWS_SECRET_ACCESS_KEY=… aws'],
  ['RCLONE_B2_KEY="hu sh" x', 'RCLONE_B2_KEY=… x'],
  ['--b2-key hush', '--b2-key …'],
  ['--s3-secret-access-key=hush x', '--s3-secret-access-key=… x'],
  ['--sftp-pass "hu sh" x', '--sftp-pass … x'],
  ['--header "Authorization: Bearer hush" x', '--header … x'],
  ['Authorization: AWS4-HMAC-SHA256 Credential=hush', 'Authorization: …'],
  ['Bearer abcdefhush', 'Bearer …'],
  ['aws_secret_access_key = hush', 'aws_secret_access_key = …'],
  ['client_secret=hush,x', 'client_secret=…,x'],
];
for (const [text, expected] of masked)
  test(`a secret is masked: ${text}`, () => {
    assert.equal(withoutSecrets(text), expected);
    assert.equal(withoutSecrets(expected), expected);
  });

for (const text of [
  's3://bucket/a,b/c=d',
  'lab:bucket/path?x',
  'AWS_PROFILE=work AWS_REGION=eu-west-1 aws s3 sync a s3://b',
  ':s3,provider=Minio,region=eu-west-1,env_auth=true:b',
  'http://localhost:9000/path',
  'me@example.com',
  'Write it as the flag --exclude-from.',
  'The file rules.txt can’t be read.',
  'It must be a size such as 10M.',
  '{a,b}/*.txt',
])
  test(`what is no secret stays: ${text}`, () => assert.equal(withoutSecrets(text), text));

test('a text of any length or kind is cut and masked without going over it again and again', () => {
  for (const part of ['token-', '//:', 'a=', ',a=', '--key-', '"', "'", '?', 'secret', 'RCLONE_', '@'])
    assert.ok(withoutSecrets(part.repeat(100_000)).length < 10_000);
});
