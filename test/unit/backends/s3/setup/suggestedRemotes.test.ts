import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { s3Backend } from '../../../../../src/backends/s3/s3Backend';
import { remoteNameProblem } from '../../../../../src/remote/remoteAddress';
import { inTemporaryFolder } from '../s3Fixture';

const allProfiles = `
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

/** The suggestion for the profile `p` with these lines. */
async function one(lines: string, env: Record<string, string> = {}) {
  return (await suggest(env, `[profile p]\n${lines}`, '')).get('p') ?? assert.fail();
}

function suggest(env: Record<string, string> = {}, config = allProfiles, keys = credentials) {
  return inTemporaryFolder(async (folder) => {
    const files = {
      AWS_CONFIG_FILE: path.join(folder, 'cfg'),
      AWS_SHARED_CREDENTIALS_FILE: path.join(folder, 'crd'),
    };
    await writeFile(files.AWS_CONFIG_FILE, config);
    await writeFile(files.AWS_SHARED_CREDENTIALS_FILE, keys);
    const found = (await s3Backend.suggest?.({ env: { ...files, ...env } })) ?? assert.fail();
    return new Map(found.map((suggestion) => [suggestion.label, suggestion]));
  });
}

test('every profile of the files that the environment names is suggested with its kind of credentials', async () => {
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

test('a profile becomes a remote with valid settings, without key or secret', async () => {
  for (const { label, settings, name, problem } of (await suggest()).values()) {
    assert.equal(settings['profile'], label);
    assert.equal(settings['credentials'], 'profile');
    assert.equal(remoteNameProblem(name), undefined);
    assert.doesNotMatch(JSON.stringify(settings), /hush|AKIA|accessKeyId/);
    if (problem === undefined)
      assert.deepEqual(s3Backend.check({ name, backend: 's3', ...settings }), [], label);
  }
});

test('the S3 endpoint of the profile’s services precedes the endpoint for all services', async () => {
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

test('an unusable profile has its problem, and a label with special characters becomes a valid name', async () => {
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

const services = 'services = x\n[services x]\ns3 =\n  endpoint_url = http://services\n';
for (const [what, lines, env, endpoint] of [
  ['its own', 'endpoint_url = http://own\n', {}, 'http://own'],
  ['that of its services', `endpoint_url = http://own\n${services}`, {}, 'http://services'],
  [
    'its own, when its services say nothing of S3',
    'endpoint_url = http://own\nservices = x\n[services x]\nsqs =\n  endpoint_url = http://q\n',
    {},
    'http://own',
  ],
  [
    'its own, when that of its services is empty',
    'endpoint_url = http://own\nservices = x\n[services x]\ns3 =\n  endpoint_url =\n',
    {},
    'http://own',
  ],
  ['the one in its own s3 settings', 's3 =\n  endpoint_url = http://nested\n', {}, 'http://nested'],
  [
    'the environment’s for S3',
    services,
    { AWS_ENDPOINT_URL_S3: 'http://env-s3', AWS_ENDPOINT_URL: 'http://env' },
    'http://env-s3',
  ],
  ['the environment’s', services, { AWS_ENDPOINT_URL: 'http://env' }, 'http://env'],
  [
    'none, when they are to be ignored',
    `ignore_configured_endpoint_urls = True\n${services}`,
    { AWS_ENDPOINT_URL: 'http://env' },
    undefined,
  ],
  [
    'its own, when the environment wants none ignored',
    'ignore_configured_endpoint_urls = true\nendpoint_url = http://own\n',
    { AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'false' },
    'http://own',
  ],
  [
    'its own, when ignoring is no truth',
    'ignore_configured_endpoint_urls = 1\nendpoint_url = http://own\n',
    {},
    'http://own',
  ],
] as const)
  test(`the endpoint of a profile is, as in aws 1.45, ${what}`, async () => {
    const { settings, problem } = await one(lines, env);
    assert.equal(settings['endpoint'], endpoint);
    assert.equal(settings['provider'], endpoint === undefined ? 'AWS' : 'Other');
    assert.equal(problem, undefined);
  });

test('settings of a profile with a counterpart are imported; settings without one that change the host are listed', async () => {
  const taken = await one(
    'request_checksum_calculation = WHEN_REQUIRED\nca_bundle = /etc/ca.pem\ns3 =\n  addressing_style = virtual\n',
  );
  assert.equal(taken.settings['checksums'], 'whenRequired');
  assert.equal(taken.settings['caFile'], '/etc/ca.pem');
  assert.equal(taken.settings['forcePathStyle'], false);
  assert.equal(taken.leftOut, undefined);
  const named = await one(
    'use_fips_endpoint = true\nuse_dualstack_endpoint = false\ns3 =\n  use_accelerate_endpoint = true\n  use_dualstack_endpoint = True\n',
  );
  assert.deepEqual(
    named.leftOut?.map(({ name }) => name),
    ['use_fips_endpoint', 's3.use_dualstack_endpoint', 's3.use_accelerate_endpoint'],
  );
});

test('a profile that aws rejects, or that signs by version 2, has a problem', async () => {
  assert.match((await one('services = gone\n')).problem ?? '', /\[services gone\], which isn’t in the file/);
  assert.match((await one('s3 =\n  signature_version = s3\n')).problem ?? '', /version 2/);
  assert.equal((await one('s3 =\n  signature_version = s3v4\n')).problem, undefined);
});

for (const address of [
  'https://me:hush@h.example',
  'me:hush@h.example:9000',
  'http://h.example/?X-Amz-Signature=hush',
])
  test(`a password in a URL of a file is never shown: ${address}`, async () => {
    const { description, problem } = await one(`endpoint_url = ${address}\n`);
    assert.doesNotMatch(`${description} ${problem}`, /hush/);
    assert.match(description, /h\.example/);
    assert.doesNotMatch(s3Backend.describe({ name: 'x', backend: 's3', endpoint: address }), /hush/);
  });
