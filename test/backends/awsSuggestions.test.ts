import assert from 'node:assert/strict';
import { mkdtempSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { s3Backend } from '../../src/backends/s3/s3Backend';
import { remoteNameProblem } from '../../src/remote/remoteAddress';

const config = `
[default]
region = eu-central-1

[profile sso]
sso_session = corp
sso_account_id = 1
region = eu-west-1

[profile role]
role_arn = arn:aws:iam::1:role/r
source_profile = sso

[profile mfa]
role_arn = arn:aws:iam::1:role/r
source_profile = keys
mfa_serial = arn:aws:iam::1:mfa/m

[profile program]
credential_process = /bin/creds --hush
region = us-east-2

[profile minio]
region = us-east-1
services = local
endpoint_url = http://127.0.0.1:1111
s3 =
  addressing_style = path
  max_concurrent_requests = 5

[profile "two words"]
region = us-east-1

[profile "team/prod"]
endpoint_url = localhost:9000
aws_access_key_id = AKIAPROD

[profile broken]
endpoint_url = ftp://nowhere

[services local]
dynamodb =
  endpoint_url = http://127.0.0.1:2222
s3 =
  endpoint_url = http://127.0.0.1:9000
`;
const credentials = `
[keys]
aws_access_key_id = AKIA1
aws_secret_access_key = hush-hush
[minio]
aws_access_key_id = AKIA2
aws_secret_access_key = hush-hush
`;

async function suggest(env: Record<string, string> = {}) {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'cloud-remotes-aws-'));
  writeFileSync(path.join(folder, 'cfg'), config);
  writeFileSync(path.join(folder, 'crd'), credentials);
  const found = await s3Backend.suggest?.({
    env: {
      AWS_CONFIG_FILE: path.join(folder, 'cfg'),
      AWS_SHARED_CREDENTIALS_FILE: path.join(folder, 'crd'),
      ...env,
    },
  });
  assert.ok(found);
  return new Map(found.map((one) => [one.label, one]));
}

test('every profile of the files that the environment names is offered as what it is', async () => {
  const found = await suggest();
  assert.deepEqual(
    [...found.values()].map(({ label, description }) => `${label}: ${description}`),
    [
      'default: no credentials of its own · eu-central-1',
      'sso: single sign-on · eu-west-1',
      'role: assumes a role · eu-west-1',
      'mfa: assumes a role, asks an MFA code',
      'program: runs a program · us-east-2',
      'minio: access key · us-east-1 · 127.0.0.1:9000',
      'two words: no credentials of its own · us-east-1',
      'team/prod: access key · localhost:9000',
      'broken: no credentials of its own · ftp://nowhere',
      'keys: access key',
    ],
  );
});

test('a profile becomes a remote that signs in by it: good settings, no key, no secret', async () => {
  for (const { label, settings, name, problem } of (await suggest()).values()) {
    assert.equal(settings['profile'], label);
    assert.equal(settings['credentials'], 'profile');
    assert.equal(remoteNameProblem(name), undefined);
    assert.doesNotMatch(JSON.stringify(settings), /hush|AKIA|accessKeyId/);
    if (problem === undefined)
      assert.deepEqual(s3Backend.check({ name, backend: 's3', ...settings }), [], label);
  }
});

test('the endpoint is that of S3 in the services of the profile, before the one for all services', async () => {
  const { settings } = (await suggest()).get('minio') ?? assert.fail();
  assert.deepEqual(settings, {
    provider: 'Other',
    endpoint: 'http://127.0.0.1:9000',
    region: 'us-east-1',
    credentials: 'profile',
    profile: 'minio',
    forcePathStyle: true,
  });
  const ignored = await suggest({ AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'true' });
  assert.equal(ignored.get('minio')?.settings['endpoint'], undefined);
  assert.equal(ignored.get('minio')?.settings['provider'], 'AWS');
});

test('a profile that could not be used says why, and one with odd signs gets a good name', async () => {
  const found = await suggest();
  assert.match(found.get('two words')?.problem ?? '', /Rename it/);
  assert.match(found.get('broken')?.problem ?? '', /https:\/\/ or http:\/\//);
  assert.equal(found.get('team/prod')?.problem, undefined);
  assert.deepEqual(
    [...found.values()].filter(({ doubtful }) => doubtful).map(({ label }) => label),
    ['default', 'two words', 'broken'],
    'shown, but not proposed',
  );
  assert.equal(found.get('team/prod')?.name, 'team-prod');
});
