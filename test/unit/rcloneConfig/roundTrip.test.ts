import assert from 'node:assert/strict';
import { test } from 'node:test';
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

/** Numbers in [0, 1) that are the same in every run. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1664525 + 1013904223) % 4294967296;
    return state / 4294967296;
  };
}

const runs = 2000;
const secret = 'S3CR3T/+=`"# ;';

type Random = () => number;
const oneOf = <T>(random: Random, values: readonly T[]): T =>
  values[Math.floor(random() * values.length)] as T;

function randomS3(random: Random, name: string): RemoteSettings {
  const maybe = <T>(values: readonly T[]) => (random() < 0.4 ? oneOf(random, values) : undefined);
  const endpoints = s3Presets.flatMap(({ endpoints: some }) => some.map(({ url }) => url));
  const named: Record<string, unknown> = {
    provider: maybe(s3Presets.map(({ id }) => id)),
    endpoint: maybe([
      ...endpoints,
      'https://s3.amazonaws.com',
      'http://localhost:4566',
      'minio.example.com:9000',
    ]),
    region: maybe(['eu-west-1', 'us-east-1', 'auto']),
    credentials: maybe(['keys', 'profile', 'environment', 'anonymous']),
    accessKeyId: maybe(['AKIA1', 'key with `odd` "signs"']),
    profile: maybe(['default', 'work@home']),
    root: maybe(['bucket', 'bucket/a b']),
    forcePathStyle: maybe([true, false]),
    uploadCutoff: maybe(['64Mi', 12345678, '0', '5Gi']),
    chunkSize: maybe(['5Mi', 6_000_001, '1.5Gi']),
    copyCutoff: maybe(['100Mi']),
    concurrency: maybe([1, 64]),
    caFile: maybe(['/ca.pem']),
    locationConstraint: maybe(['EU']),
    sseKmsKeyId: maybe(['arn:aws:kms:eu-west-1:1:key/k']),
  };
  for (const { name: field, values = [], kind } of s3Fields)
    if (kind === 'choice' || field === 'storageClass') if (!(field in named)) named[field] = maybe(values);
  const settings = Object.entries(named).filter(([, value]) => value !== undefined);
  return { name, backend: 's3', ...Object.fromEntries(settings) };
}

function randomDrive(random: Random, name: string): RemoteSettings {
  const maybe = <T>(values: readonly T[]) => (random() < 0.4 ? oneOf(random, values) : undefined);
  const settings = Object.entries({
    client_id: 'client.1',
    auth_url: maybe(['https://drive.example.com/ap/oa']),
    token_url: maybe(['https://drive.example.com/auth/o2/token']),
    endpoint: maybe(['https://drive.example.com/drive/v1/']),
    account: maybe(['ann@example.com']),
    root: maybe(['a/b']),
    templink_threshold: maybe(['9Gi', 'off', 12345, '0']),
    upload_wait_per_gb: maybe(['3m', '1h30m', 90, '10']),
    encoding: maybe(['Slash,InvalidUtf8,Dot,Ctl']),
    checkpoint: maybe(['abc=']),
    max_size: maybe(['1Gi']),
    concurrency: maybe([3]),
  }).filter(([, value]) => value !== undefined);
  return { name, backend: 'amazonDrive', ...Object.fromEntries(settings) };
}

/** Writes a remote to a file, reads it from there, and gives both with what was told to be left out. */
function thereAndBack(backend: Backend, settings: RemoteSettings, secrets: RcloneSecrets | undefined) {
  const { section, leftOut } = writeRemote(backend, settings, secrets);
  const text = mergeSections('[other]\ntype = crypt\n', [section]);
  const found = findRemotes(parseRcloneFile(text), allBackends).find(({ name }) => name === settings.name);
  assert.ok(found?.usable, JSON.stringify({ settings, text, found }));
  assert.deepEqual(found.leftOut, [], text);
  return { found, text, told: new Set(leftOut.map(({ name }) => name)) };
}

test('import(export(x)) is x for every S3 remote, but for what the export says it leaves out', () => {
  const random = seeded(20231231);
  let compared = 0;
  for (let i = 0; i < runs; i++) {
    const settings = randomS3(random, `remote ${i}`);
    if (s3Backend.check(settings).length > 0) continue;
    compared++;
    const secrets = { values: { secretAccessKey: secret, ...(random() < 0.5 && { sessionToken: 'tok' }) } };
    const { found, told } = thereAndBack(s3Backend, settings, secrets);
    const before = readS3Config(settings);
    const after = readS3Config(found.settings);
    for (const field of Object.keys(before) as (keyof typeof before)[]) {
      // Whose defaults hang on the provider: another one is told of by name.
      if (
        told.has(field) ||
        (field === 'forcePathStyle' && told.has('provider') && settings[field] === undefined)
      )
        continue;
      if (field === 'provider' && settings['provider'] === undefined) continue;
      assert.deepEqual(after[field], before[field], `${field} of ${JSON.stringify(settings)}`);
    }
    assert.deepEqual(found.secrets, before.credentials === 'keys' ? secrets.values : {});
    assert.doesNotMatch(JSON.stringify(found.settings), /S3CR3T/);
  }
  assert.ok(compared > runs / 10, `${compared} of the settings were good`);
});

test('import(export(x)) is x for every Amazon Drive remote, but for what the export says it leaves out', () => {
  const random = seeded(7);
  for (let i = 0; i < runs / 4; i++) {
    const settings = randomDrive(random, `drive ${i}`);
    assert.deepEqual(driveBackend.check(settings), []);
    const token = printTokenBlob({ accessToken: 'S3CR3T-a', refreshToken: 'S3CR3T-r', expiresMs: 1e12 });
    const secrets = { values: { client_secret: secret }, token };
    const { found, told } = thereAndBack(driveBackend, settings, secrets);
    const before = readDriveConfig(settings);
    const after = readDriveConfig(found.settings);
    const spelled: Readonly<Record<string, string>> = { maxSize: 'max_size', minSleepMs: 'pacer_min_sleep' };
    for (const field of Object.keys(before) as (keyof typeof before)[]) {
      if (told.has(spelled[field] ?? field) || field === 'account') continue;
      assert.deepEqual(after[field], before[field], `${field} of ${JSON.stringify(settings)}`);
    }
    assert.deepEqual(found.secrets, secrets.values);
    assert.equal(found.token, token);
    assert.doesNotMatch(JSON.stringify(found.settings), /S3CR3T/);
  }
});

test('without secrets none of them is in the file, and what is in it can still be used', () => {
  const random = seeded(99);
  for (let i = 0; i < runs / 4; i++) {
    const settings = randomS3(random, `remote ${i}`);
    if (s3Backend.check(settings).length > 0) continue;
    const { found, text, told } = thereAndBack(s3Backend, settings, undefined);
    assert.doesNotMatch(text, /secret|token|access_key_id/);
    assert.deepEqual(found.secrets, {});
    const { credentials } = readS3Config(settings);
    assert.equal(found.settings['credentials'], credentials === 'keys' ? 'environment' : credentials);
    assert.equal(told.has('accessKeyId'), settings['accessKeyId'] !== undefined);
  }
  const drive = thereAndBack(
    driveBackend,
    { name: 'd', backend: 'amazonDrive', client_id: 'c', account: 'ann' },
    undefined,
  );
  assert.doesNotMatch(drive.text, /secret|token/);
  assert.deepEqual([...drive.told], ['account']);
});
