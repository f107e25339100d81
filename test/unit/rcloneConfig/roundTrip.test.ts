import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { allBackends } from '../../../src/backends/allBackends';
import { readDriveConfig } from '../../../src/backends/amazonDrive/config/driveConfig';
import { driveBackend } from '../../../src/backends/amazonDrive/driveBackend';
import type { Backend, RcloneSecrets, RemoteSettings } from '../../../src/backends/backend';
import { readS3Config } from '../../../src/backends/s3/config/s3Config';
import { s3Fields } from '../../../src/backends/s3/config/s3Fields';
import { s3Presets } from '../../../src/backends/s3/config/s3Presets';
import { s3Backend } from '../../../src/backends/s3/s3Backend';
import { writeRemote } from '../../../src/rcloneConfig/exportRemotes';
import { findRemotes } from '../../../src/rcloneConfig/importRemotes';
import { mergeSections, parseRcloneFile } from '../../../src/rcloneConfig/rcloneFile';
import { printTokenBlob } from '../../../src/signIn/tokenBlob';

const secret = 'S3CR3T/+=`"# ;';

const pick = fc.constantFrom;
const endpoints = s3Presets.flatMap((preset) => preset.endpoints.map(({ url }) => url));
const choices = s3Fields.filter(({ kind, name }) => kind === 'choice' || name === 'storageClass');

/** Valid settings of an S3 remote. */
const s3Settings: fc.Arbitrary<RemoteSettings> = fc
  .record(
    {
      ...Object.fromEntries(choices.map(({ name, values = [] }) => [name, pick(...values)])),
      endpoint: pick(
        ...endpoints,
        'https://s3.amazonaws.com',
        'http://localhost:4566',
        'minio.example.com:9000',
      ),
      region: pick('eu-west-1', 'us-east-1', 'auto'),
      accessKeyId: pick('AKIA1', 'key with `odd` "signs"'),
      profile: pick('default', 'work@home'),
      root: pick('bucket', 'bucket/a b'),
      forcePathStyle: fc.boolean(),
      uploadCutoff: pick('64Mi', 12345678, '0', '5Gi'),
      chunkSize: pick('5Mi', 6_000_001, '1.5Gi'),
      copyCutoff: fc.constant('100Mi'),
      concurrency: pick(1, 64),
      caFile: fc.constant('/ca.pem'),
      locationConstraint: fc.constant('EU'),
      sseKmsKeyId: fc.constant('arn:aws:kms:eu-west-1:1:key/k'),
    },
    { requiredKeys: [] },
  )
  .map((settings) => ({ ...settings, name: 'a remote', backend: 's3' }))
  .filter((settings) => s3Backend.check(settings).length === 0);

const driveSettings: fc.Arbitrary<RemoteSettings> = fc
  .record(
    {
      auth_url: fc.constant('https://drive.example.com/ap/oa'),
      token_url: fc.constant('https://drive.example.com/auth/o2/token'),
      endpoint: fc.constant('https://drive.example.com/drive/v1/'),
      account: fc.constant('ann@example.com'),
      root: fc.constant('a/b'),
      templink_threshold: pick('9Gi', 'off', 12345, '0'),
      upload_wait_per_gb: pick('3m', '1h30m', 90, '10'),
      encoding: fc.constant('Slash,InvalidUtf8,Dot,Ctl'),
      checkpoint: fc.constant('abc='),
      max_size: fc.constant('1Gi'),
      concurrency: fc.constant(3),
    },
    { requiredKeys: [] },
  )
  .map((settings) => ({ ...settings, client_id: 'client.1', name: 'a drive', backend: 'amazonDrive' }));

/** Writes a remote to a file and reads it back. `omitted` has the settings that the export reports as left out. */
function thereAndBack(backend: Backend, settings: RemoteSettings, secrets: RcloneSecrets | undefined) {
  const { section, leftOut } = writeRemote(backend, settings, secrets);
  const text = mergeSections('[other]\ntype = crypt\n', [section]);
  const found = findRemotes(parseRcloneFile(text), allBackends).find(({ name }) => name === settings.name);
  assert.ok(found?.usable, JSON.stringify({ settings, text, found }));
  assert.deepEqual(found.leftOut, [], text);
  return { found, text, omitted: new Set(leftOut.map(({ name }) => name)) };
}

test('read(write(x)) is x for every S3 remote, except for settings that the export reports', () => {
  const law = fc.property(s3Settings, fc.boolean(), (settings, withToken) => {
    const secrets = { values: { secretAccessKey: secret, ...(withToken && { sessionToken: 'tok' }) } };
    const { found, omitted } = thereAndBack(s3Backend, settings, secrets);
    const before = readS3Config(settings);
    const after = readS3Config(found.settings);
    for (const field of Object.keys(before) as (keyof typeof before)[]) {
      // The default depends on the provider, which the export may report.
      const isDefaultOfProvider =
        field === 'forcePathStyle' && omitted.has('provider') && settings[field] === undefined;
      const isDefaultProvider = field === 'provider' && settings['provider'] === undefined;
      if (omitted.has(field) || isDefaultOfProvider || isDefaultProvider) continue;
      assert.deepEqual(after[field], before[field], field);
    }
    assert.deepEqual(found.secrets, before.credentials === 'keys' ? secrets.values : {});
    assert.doesNotMatch(JSON.stringify(found.settings), /S3CR3T/);
  });
  fc.assert(law, { numRuns: 120 });
});

test('read(write(x)) is x for every Amazon Drive remote, except for settings that the export reports', () => {
  const token = printTokenBlob({ accessToken: 'S3CR3T-a', refreshToken: 'S3CR3T-r', expiresMs: 1e12 });
  const secrets = { values: { client_secret: secret }, token };
  const spelled: Readonly<Record<string, string>> = { maxSize: 'max_size', minSleepMs: 'pacer_min_sleep' };
  const law = fc.property(driveSettings, (settings) => {
    assert.deepEqual(driveBackend.check(settings), []);
    const { found, omitted } = thereAndBack(driveBackend, settings, secrets);
    const before = readDriveConfig(settings);
    const after = readDriveConfig(found.settings);
    for (const field of Object.keys(before) as (keyof typeof before)[]) {
      if (omitted.has(spelled[field] ?? field) || field === 'account') continue;
      assert.deepEqual(after[field], before[field], field);
    }
    assert.deepEqual(found.secrets, secrets.values);
    assert.equal(found.token, token);
    assert.doesNotMatch(JSON.stringify(found.settings), /S3CR3T/);
  });
  fc.assert(law, { numRuns: 120 });
});

test('an export without secrets contains none, and its sections are usable', () => {
  const law = fc.property(s3Settings, (settings) => {
    const { found, text, omitted } = thereAndBack(s3Backend, settings, undefined);
    assert.doesNotMatch(text, /secret|token|access_key_id/);
    assert.deepEqual(found.secrets, {});
    const { credentials } = readS3Config(settings);
    assert.equal(found.settings['credentials'], credentials === 'keys' ? 'environment' : credentials);
    assert.equal(omitted.has('accessKeyId'), settings['accessKeyId'] !== undefined);
  });
  fc.assert(law, { numRuns: 100 });
  const settings = { name: 'd', backend: 'amazonDrive', client_id: 'c', account: 'ann' };
  const drive = thereAndBack(driveBackend, settings, undefined);
  assert.doesNotMatch(drive.text, /secret|token/);
  assert.deepEqual([...drive.omitted], ['account']);
});
