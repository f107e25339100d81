import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RemoteSettings } from '../../../../../src/backends/backend';
import {
  checkS3Settings,
  maxPartsOf,
  parseSize,
  readS3Config,
  storageIdOf,
} from '../../../../../src/backends/s3/config/s3Config';
import { s3Fields } from '../../../../../src/backends/s3/config/s3Fields';
import { s3Presets } from '../../../../../src/backends/s3/config/s3Presets';
import { parseAwsProfiles, profileChain } from '../../../../../src/backends/s3/credentials/awsProfiles';
import { contentTypeOf } from '../../../../../src/backends/s3/model/contentTypes';
import { partSizeFor } from '../../../../../src/backends/s3/objects/multipartUpload';
import { s3Backend } from '../../../../../src/backends/s3/s3Backend';

const settings = (more: Readonly<Record<string, unknown>> = {}): RemoteSettings => ({
  name: 'photos',
  backend: 's3',
  ...more,
});
const problems = (more: Readonly<Record<string, unknown>>) => checkS3Settings(settings(more));

test('the error of each bad setting has its name and the remedy', () => {
  for (const [more, says] of [
    [{ endpoint: 'ftp://x' }, /"endpoint" must start with https/],
    [{ endpoint: 'not an address' }, /"endpoint" is not a URL/],
    [{ endpoint: 'https://user:pw@host' }, /must not contain a user name or password/],
    [{ endpoint: 'https://host/?a=b' }, /must not contain "\?"/],
    [{ provider: 'Amazon' }, /"provider" must be one of "AWS"/],
    [{ provider: 'Minio' }, /"endpoint" is missing: MinIO needs one/],
    [{ credentials: 'keys' }, /"accessKeyId" is missing/],
    [{ credentials: 'profile' }, /"profile" is missing/],
    [{ chunkSize: '1Mi' }, /"chunkSize" must be at least 5Mi/],
    [{ chunkSize: 'big' }, /"chunkSize" must be a size such as/],
    [{ concurrency: 0 }, /"concurrency" must be at least 1/],
    [{ concurrency: 2.5 }, /must be a whole number/],
    [{ forcePathStyle: 'yes' }, /"forcePathStyle" must be true or false/],
    [{ root: 'a//b' }, /"root" has an empty part/],
    [{ root: '../b' }, /"root" has the part/],
    [{ region: 5 }, /"region" must be a string/],
    [{ serverSideEncryption: 'rot13' }, /must be one of "AES256", "aws:kms"/],
    [{ sseKmsKeyId: 'k' }, /"sseKmsKeyId" has an effect only with/],
    [{ force_path_style: true }, /Did you mean "forcePathStyle"/],
    [{ colour: 'red' }, /"colour" is not a setting/],
    [{ secretAccessKey: 's3cr3t' }, /is a secret and does not belong in settings/],
  ] as const) {
    const found = problems(more);
    assert.equal(found.length, 1, JSON.stringify(more));
    assert.match(found[0] ?? '', says);
    assert.ok(!found[0]?.includes('s3cr3t'));
    assert.throws(() => readS3Config(settings(more)), /The remote "photos" can't be opened/);
  }
  assert.deepEqual(problems({}), []);
  assert.equal(problems({ region: 1, root: 2 }).length, 2);
});

test('the list of settings has every setting that is read, and no other', () => {
  const config = readS3Config(settings());
  const names = new Set(s3Fields.map((field) => field.name));
  for (const name of Object.keys(config)) assert.ok(name === 'name' || names.has(name), name);
  for (const name of names) assert.ok(name in config, name);
});

test('defaults follow the provider', () => {
  const aws = readS3Config(settings());
  assert.equal(aws.provider, 'AWS');
  assert.equal(aws.forcePathStyle, false);
  assert.equal(aws.checksums, 'whenSupported');
  assert.equal(aws.credentials, 'environment');
  const own = readS3Config(settings({ endpoint: 'minio.local:9000/', accessKeyId: 'a' }));
  assert.equal(own.endpoint, 'https://minio.local:9000');
  assert.equal(own.forcePathStyle, true);
  assert.equal(own.checksums, 'whenRequired');
  assert.equal(own.credentials, 'keys');
  const wasabi = readS3Config(
    settings({ provider: 'Wasabi', endpoint: 'https://s3.eu-central-1.wasabisys.com' }),
  );
  assert.equal(wasabi.region, 'eu-central-1');
  const arn = readS3Config(settings({ root: 'arn:aws:s3:eu-west-1:1:accesspoint/mine/a/' }));
  assert.equal(arn.root, 'arn:aws:s3:eu-west-1:1:accesspoint:mine/a');
});

test('sizes are read as rclone writes them', () => {
  assert.equal(parseSize('64Mi'), 64 * 1024 * 1024);
  assert.equal(parseSize('1.5G'), 1.5 * 1024 ** 3);
  assert.equal(parseSize('10'), 10);
  assert.equal(parseSize('5 MiB'), 5 * 1024 * 1024);
  for (const bad of ['', '-1', 'Mi', '1X', -1, 1.5, null]) assert.equal(parseSize(bad), undefined);
});

test('the wizard asks only for missing settings, and its answers are valid settings', () => {
  for (const preset of s3Presets)
    for (const credentials of ['keys', 'profile', 'environment', 'anonymous']) {
      const answers: Record<string, unknown> = { provider: preset.id };
      const secrets = new Set(s3Backend.secretFields);
      const asked: string[] = [];
      for (;;) {
        const step = s3Backend.wizardSteps(settings(answers)).find(({ field }) => !asked.includes(field));
        if (!step) break;
        asked.push(step.field);
        const answer =
          step.field === 'provider'
            ? preset.id
            : step.field === 'credentials'
              ? credentials
              : step.field === 'endpoint'
                ? (step.choices?.[0]?.value ?? preset.endpointExample ?? '')
                : step.field === 'root'
                  ? 'bucket/prefix'
                  : step.optional
                    ? ''
                    : (step.choices?.[0]?.value ?? 'eu-west-1');
        assert.equal(step.problem?.(answer), undefined, `${preset.id} ${step.field} ${answer}`);
        if (answer !== '' && !secrets.has(step.field)) answers[step.field] = answer;
      }
      assert.ok(!asked.includes('endpoint') || preset.id !== 'AWS');
      assert.equal(asked.includes('secretAccessKey'), credentials === 'keys');
      assert.equal(asked.at(-1), 'root');
      assert.deepEqual(checkS3Settings(settings(answers)), []);
      assert.ok(s3Backend.describe(settings(answers)).length > 1);
    }
  const [step] = s3Backend
    .wizardSteps(settings({ provider: 'Other' }))
    .filter(({ field }) => field === 'endpoint');
  assert.match(step?.problem?.('') ?? '', /Enter a URL/);
  assert.match(step?.problem?.('ftp://x') ?? '', /must start with https/);
});

test('profiles of the shared files have their chain of source profiles', () => {
  const found = parseAwsProfiles(
    '[default]\nregion = eu-west-1\n# note\n[profile admin]\nrole_arn=arn:x\nsource_profile = base\ns3 =\n  region = nested\n[profile "two words"]\ncredential_process = /bin/x ; comment\n[sso-session s]\nsso_region=a\n',
    '[base]\naws_access_key_id = AKIA\r\naws_secret_access_key = x\r\n',
  );
  assert.deepEqual([...found.profiles.keys()], ['default', 'admin', 'two words', 'base']);
  assert.equal(found.profiles.get('default')?.get('region'), 'eu-west-1');
  assert.equal(found.profiles.get('admin')?.get('region'), undefined);
  assert.deepEqual(
    profileChain(found.profiles, 'admin').map((profile) => profile.has('aws_access_key_id')),
    [false, true],
  );
  assert.equal(profileChain(found.profiles, 'nobody').length, 0);
});

test('the content type depends on the extension, ignoring case', () => {
  assert.equal(contentTypeOf('a.PNG'), 'image/png');
  assert.equal(contentTypeOf('a.tar.gz'), 'application/gzip');
  for (const name of ['a', '.html', 'a.', 'a.constructor', 'a.unknown'])
    assert.equal(contentTypeOf(name), 'application/octet-stream');
});

test('remotes of one service have the same storage id, with any name, key and spelling', () => {
  const location = (settings: Readonly<Record<string, unknown>>) =>
    storageIdOf(readS3Config({ name: 'r', backend: 's3', accessKeyId: 'K', ...settings }));
  const same = (a: Readonly<Record<string, unknown>>, b: Readonly<Record<string, unknown>>) =>
    assert.equal(location(a), location(b));
  same({ region: 'eu-west-1' }, { region: 'us-east-1', accessKeyId: 'L' });
  same({}, { endpoint: 'https://s3.eu-west-1.amazonaws.com' });
  same({ endpoint: 'http://localhost:9000' }, { endpoint: 'http://127.0.0.1:9000/', accessKeyId: 'L' });
  same({ endpoint: 'https://s3.example.com' }, { endpoint: 'HTTPS://S3.Example.com:443/' });
  const different = [
    {},
    { endpoint: 'http://localhost:9000' },
    { endpoint: 'http://localhost:9001' },
    { endpoint: 'http://localhost:9000/tenant' },
    { endpoint: 'https://evil-amazonaws.com' },
    { endpoint: 'http://ceph', provider: 'Ceph' },
    { endpoint: 'http://ceph', provider: 'Ceph', accessKeyId: 'L' },
  ];
  assert.equal(new Set(different.map(location)).size, different.length);
});

/** The differences of providers from `Other`. */
const differences: readonly [
  provider: string,
  endpoint: string,
  differs: Readonly<Record<string, unknown>>,
][] = [
  ['Garage', 'http://127.0.0.1:3900', { conditionalWrites: 'checked' }],
  ['SeaweedFS', 'http://127.0.0.1:8333', { conditionalWrites: 'checked', listOrder: 'unordered' }],
  ['VersityGW', 'http://127.0.0.1:7070', { fileSystem: true }],
  ['Rclone', 'http://127.0.0.1:8080', { fileSystem: true }],
  ['LocalStack', 'http://localhost:4566', {}],
  ['GCS', 'https://storage.googleapis.com', { region: 'auto', conditionalWrites: 'checked' }],
  ['Scaleway', 'https://s3.nl-ams.scw.cloud', { region: 'nl-ams', forcePathStyle: false }],
  ['OVHcloud', 'https://s3.gra.io.cloud.ovh.net', { region: 'gra', forcePathStyle: false }],
  ['OVHcloud', 'https://s3.us-west-or.io.cloud.ovh.us', { region: 'us-west-or', forcePathStyle: false }],
  ['Hetzner', 'https://hel1.your-objectstorage.com', { region: 'hel1', forcePathStyle: false }],
  ['IDrive', 'https://ab12.la.idrivee2-5.com', {}],
  ['Storj', 'https://gateway.storjshare.io', { region: 'us-east-1', forcePathStyle: false }],
];
for (const [provider, endpoint, differs] of differences)
  test(`the preset of ${provider} at ${endpoint} is ${JSON.stringify(differs)}`, () => {
    const given = { endpoint, accessKeyId: 'a' };
    const config = readS3Config(settings({ ...given, provider }));
    const { name: _, provider: __, ...other } = readS3Config(settings({ ...given, provider: 'Other' }));
    const { name: ___, provider: id, ...own } = config;
    assert.equal(id, provider);
    assert.deepEqual(own, { ...other, ...differs });
    // Settings take precedence over the preset.
    const set = {
      forcePathStyle: true,
      conditionalWrites: 'enforced',
      listOrder: 'bytes',
      fileSystem: false,
    };
    const { name: ____, provider: _____, ...asSet } = readS3Config(settings({ ...given, provider, ...set }));
    assert.deepEqual({ ...asSet, region: undefined }, { ...other, ...set, region: undefined });
  });

test('uploads to Scaleway have at most a thousand parts, others ten thousand', () => {
  const config = (provider: string) =>
    readS3Config(settings({ provider, endpoint: 'https://h', accessKeyId: 'a' }));
  assert.equal(maxPartsOf(config('Scaleway')), 1000);
  assert.equal(maxPartsOf(config('Hetzner')), 10_000);
  const gibi = 1024 ** 3;
  const part = partSizeFor(100 * gibi, 8 * 1024 * 1024, 1000);
  assert.ok(Math.ceil((100 * gibi) / part) <= 1000);
});
