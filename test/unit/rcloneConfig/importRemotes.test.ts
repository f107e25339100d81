import assert from 'node:assert/strict';
import { test } from 'node:test';
import { allBackends } from '../../../src/backends/allBackends';
import type { Backend } from '../../../src/backends/backend';
import { s3Backend } from '../../../src/backends/s3/s3Backend';
import { writeRemote } from '../../../src/rcloneConfig/exportRemotes';
import { type FoundRemote, findRemotes, preservedSettings } from '../../../src/rcloneConfig/importRemotes';
import { obscure } from '../../../src/rcloneConfig/obscure';
import { parseRcloneFile, sectionNameProblem } from '../../../src/rcloneConfig/rcloneFile';

function find(text: string, backends: readonly Backend[] = allBackends): FoundRemote {
  const [first] = findRemotes(parseRcloneFile(text), backends);
  assert.ok(first);
  return first;
}

function usable(text: string) {
  const remote = find(text);
  assert.ok(remote.usable, remote.usable ? '' : remote.because);
  return remote;
}

function because(text: string): string {
  const remote = find(text);
  assert.ok(!remote.usable);
  return remote.because;
}

const keys = 'type = s3\naccess_key_id = AK\nsecret_access_key = sup3r\n';

test('an S3 section becomes a remote with all its settings, and separate secrets', () => {
  const remote = usable(
    `[photos]\n${keys}provider = Minio\nsession_token = t0ken\nregion = eu-west-1\nendpoint = http://localhost:9000\nlocation_constraint = EU\nacl = public-read\nserver_side_encryption = aws:kms\nsse_kms_key_id = arn:aws:kms:k\nstorage_class = STANDARD_IA\nupload_cutoff = 10M\nchunk_size = 6144\ncopy_cutoff = 1.5Gi\nupload_concurrency = 8\nforce_path_style = false\nno_check_bucket = true\nv2_auth = false\n`,
  );
  assert.deepEqual(remote.settings, {
    name: 'photos',
    backend: 's3',
    provider: 'Minio',
    credentials: 'keys',
    accessKeyId: 'AK',
    region: 'eu-west-1',
    endpoint: 'http://localhost:9000',
    locationConstraint: 'EU',
    acl: 'public-read',
    serverSideEncryption: 'aws:kms',
    sseKmsKeyId: 'arn:aws:kms:k',
    storageClass: 'STANDARD_IA',
    uploadCutoff: '10Mi',
    chunkSize: '6Mi',
    copyCutoff: '1536Mi',
    concurrency: 8,
    forcePathStyle: false,
  });
  assert.deepEqual(remote.secrets, { secretAccessKey: 'sup3r', sessionToken: 't0ken' });
  assert.deepEqual(remote.leftOut, []);
});

test('credentials have the precedence of rclone', () => {
  const kinds: readonly (readonly [string, object])[] = [
    ['', { credentials: 'anonymous' }],
    ['env_auth = true', { credentials: 'environment' }],
    ['env_auth = true\nprofile = work', { credentials: 'profile', profile: 'work' }],
    [
      'access_key_id = A\nsecret_access_key = s\nenv_auth = true\nprofile = work',
      { credentials: 'keys', accessKeyId: 'A' },
    ],
    ['profile = work', { credentials: 'anonymous' }],
    ['env_auth = 1\naccess_key_id = A', { credentials: 'environment' }],
  ];
  for (const [text, expected] of kinds)
    assert.deepEqual(
      usable(`[x]\ntype = s3\n${text}`).settings,
      { name: 'x', backend: 's3', ...expected },
      text,
    );
  assert.deepEqual(
    usable('[x]\ntype = s3\nprofile = work').leftOut.map(({ name }) => name),
    ['profile'],
  );
  assert.match(because('[x]\ntype = s3\naccess_key_id = A'), /no "secret_access_key"/);
  assert.match(because('[x]\ntype = s3\nsecret_access_key = hush'), /no "access_key_id"/);
});

test('options without a setting are reported with the reason, never with the value', () => {
  const { leftOut } = usable(
    `[x]\n${keys}requester_pays = true\nbucket_acl = private\nlist_chunk = 500\nno_head = false\nacl = odd-acl\nchunk_size = 1M\nsse_kms_key_id = k\nfuture_secret = hush\nprovider = Alibaba\nendpoint = oss.example.com\n`,
  );
  assert.deepEqual(
    leftOut.map(({ name }) => name).sort(),
    [
      'acl',
      'bucket_acl',
      'chunk_size',
      'future_secret',
      'list_chunk',
      'provider',
      'requester_pays',
      'sse_kms_key_id',
    ].sort(),
  );
  for (const { because } of leftOut) {
    assert.ok(because.length > 10);
    assert.doesNotMatch(because, /hush|sup3r|500/);
  }
});

test('providers without a preset keep the addressing style of rclone', () => {
  const style = (provider: string, more = '') =>
    usable(`[x]\n${keys}endpoint = https://s3.example.com\nprovider = ${provider}\n${more}`).settings[
      'forcePathStyle'
    ];
  assert.equal(style('Alibaba'), false);
  assert.equal(style('SeaweedFS'), undefined);
  assert.equal(style('AWS', 'force_path_style = true'), undefined, 'rclone ignores it too');
  assert.equal(style('Minio', 'force_path_style = true'), true);
  assert.equal(style('Other', 'force_path_style = 0'), false);
});

test('a section is unusable when the omission of an option would do harm', () => {
  assert.match(because(`[x]\n${keys}v2_auth = true`), /version 2/);
  for (const v2 of [
    'v2_auth = T',
    'v2_auth = 1',
    'region = other-v2-signature',
    'provider = Ceph\nregion = other-v2-signature ',
    'region = other-v2-signature\nv2_auth = false',
  ])
    assert.match(because(`[x]\n${keys}endpoint = http://h\n${v2}\n`), /version 2/, v2);
  // To rclone a region of another spelling is one like any other.
  const other = usable(`[x]\n${keys}endpoint = http://h\nregion = other-v4-signature\n`);
  assert.equal(other.settings['region'], 'other-v4-signature');
  assert.match(because(`[x]\n${keys}sse_customer_key = hush`), /customer-provided key/);
  assert.doesNotMatch(because(`[x]\n${keys}sse_customer_key = hush`), /hush/);
  for (const endpoint of ['https://me:hush@host', 'https://me:hu sh@host'])
    assert.match(because(`[x]\n${keys}endpoint = ${endpoint}`), /^Its "endpoint" is not (?!.*hu ?sh)/);
  assert.match(because('[x]\ntype = s3\nprovider = Minio\nenv_auth = true'), /"endpoint" is missing/);
});

test('unsupported backends are reported with the reason', () => {
  assert.match(because('[x]\ntype = crypt\nremote = y:'), /encrypts/);
  assert.match(because('[x]\ntype = chunker\nremote = y:'), /chunks/);
  assert.match(because('[x]\ntype = sftp'), /"sftp"/);
  assert.match(because('[x]\nhost = a'), /no "type"/);
});

test('an alias of a usable section becomes that remote, with its path as root', () => {
  const file = (remote: string) =>
    `[a]\ntype = alias\nremote = ${remote}\n[b]\ntype = alias\nremote = c:/bucket/\n[c]\n${keys}[k]\ntype = crypt\n[o]\ntype = alias\nremote = o:x\n`;
  assert.equal(usable(file('c:')).settings['root'], undefined);
  assert.equal(usable(file('c:bucket/pre fix')).settings['root'], 'bucket/pre fix');
  const twice = usable(file('b:deep'));
  assert.equal(twice.settings['root'], 'bucket/deep');
  assert.equal(twice.settings.name, 'a');
  assert.deepEqual(twice.secrets, { secretAccessKey: 'sup3r' });
  assert.match(because(file('k:x')), /alias of "k", .* its backend "crypt"/);
  assert.match(because(file('/home/x')), /local folder/);
  assert.match(because(file('gone:x')), /isn’t in this file/);
  assert.match(because(file('o:x')), /alias of itself/);
  assert.match(
    because('[a]\ntype = alias\nremote = b:\n[b]\ntype = alias\nremote = a:x\n'),
    /alias of itself/,
  );
  const chain = (length: number) =>
    `${Array.from({ length }, (_, i) => `[a${i}]\ntype = alias\nremote = a${i + 1}:x\n`).join('')}[a${length}]\n${keys}`;
  assert.match(because(chain(60)), /through more than 50 aliases/);
  assert.equal(usable(chain(30)).settings['root'], Array.from({ length: 30 }, () => 'x').join('/'));
});

test('an Amazon Drive section becomes a remote, with a separate client secret and token', () => {
  const token =
    '{"access_token":"at","token_type":"bearer","refresh_token":"rt","expiry":"2030-01-01T00:00:00Z"}';
  const section = `[d]\ntype = amazon cloud drive\nclient_id = cid\nclient_secret = cs\ntoken = ${token}\ncheckpoint = c1\ntemplink_threshold = 1024\nupload_wait_per_gb = 3m0s\nencoding = Slash,InvalidUtf8,Dot,Ctl\n`;
  const remote = usable(section);
  assert.deepEqual(remote.settings, {
    name: 'd',
    backend: 'amazonDrive',
    client_id: 'cid',
    checkpoint: 'c1',
    upload_wait_per_gb: '3m0s',
    templink_threshold: '1024Ki',
    encoding: 'Slash,InvalidUtf8,Dot,Ctl',
  });
  assert.deepEqual(remote.secrets, { client_secret: 'cs' });
  assert.equal(remote.token, token);
  assert.deepEqual(remote.leftOut, []);
  assert.deepEqual(remote.asks, []);
  assert.match(because('[d]\ntype = amazon cloud drive\ntoken = {"access_token":"hush"}'), /client_id/);
});

test('a section with another sign-in URL needs an endpoint, which rclone.conf does not contain', () => {
  const { asks } = usable(
    '[d]\ntype = amazon cloud drive\nclient_id = c\ntoken_url = https://drive.example.com/auth/o2/token\nauth_url = https://drive.example.com/ap/oa',
  );
  assert.deepEqual(
    asks.map(({ field, initial }) => [field, initial]),
    [['endpoint', 'https://drive.example.com/drive/v1/']],
  );
});

test('a replaced remote keeps the settings that rclone.conf can’t contain', () => {
  const found = usable(`[x]\n${keys}region = eu`);
  const before = { name: 'x', backend: 's3', caFile: '/ca.pem', root: 'b', region: 'us', acl: 'private' };
  assert.deepEqual(preservedSettings(before, found), { ...found.settings, caFile: '/ca.pem', root: 'b' });
  assert.deepEqual(preservedSettings({ ...before, backend: 'memory' }, found), found.settings);
});

/** No backend has such options now; the next may. */
const obscuring: Backend = {
  ...s3Backend,
  id: 'hidden',
  check: () => [],
  rclone: {
    type: 'hidden',
    obscured: ['pass'],
    withoutOption: [],
    read: (options) => ({ settings: {}, secrets: { pass: options.get('pass') ?? '' }, leftOut: [] }),
    write: (_settings, secrets) => ({ options: [['pass', secrets?.values['pass'] ?? '']], leftOut: [] }),
  },
};

test('obscured values are revealed by the import and obscured by the export', () => {
  const remote = find(`[h]\ntype = hidden\npass = ${obscure('open sesame')}`, [obscuring]);
  assert.ok(remote.usable);
  assert.deepEqual(remote.secrets, { pass: 'open sesame' });
  const plain = find('[h]\ntype = hidden\npass = open sesame', [obscuring]);
  assert.ok(!plain.usable && !/sesame/.test(plain.because));
  const { section } = writeRemote(obscuring, remote.settings, { values: remote.secrets });
  assert.doesNotMatch(JSON.stringify(section), /sesame/);
});

test('names that rclone would mix up are rejected', () => {
  assert.equal(sectionNameProblem('a', ['b', 'ab', 'a']), undefined);
  assert.match(sectionNameProblem('a.b', ['x', 'a']) ?? '', /mix "a.b" with "a"/);
  assert.match(sectionNameProblem('a', ['a.b.c']) ?? '', /mix/);
  assert.match(sectionNameProblem('default', []) ?? '', /reserved name/);
});
