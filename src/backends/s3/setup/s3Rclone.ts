import type {
  OmittedSetting,
  RcloneKind,
  RcloneReading,
  RcloneSecrets,
  RcloneWriting,
  RemoteSettings,
} from '../../backend';
import { checkS3Settings, endpointProblem, formatSize, parseSize, readS3Config } from '../config/s3Config';
import { presetNamed } from '../config/s3Presets';

/** Providers whose buckets rclone 1.60 puts into the host's name whatever `force_path_style` says. */
const hostNameProviders = new Set([
  'AWS',
  'Alibaba',
  'DigitalOcean',
  'Dreamhost',
  'HuaweiOBS',
  'LyveCloud',
  'Netease',
  'RackCorp',
  'Scaleway',
  'Storj',
  'TencentCOS',
  'Wasabi',
  'Qiniu',
]);

/** Our presets that rclone 1.60 has no provider for. */
const notInRclone = new Set([
  'Backblaze',
  'GCS',
  'OVHcloud',
  'Hetzner',
  'Garage',
  'VersityGW',
  'Rclone',
  'LocalStack',
]);

/** Options whose value is the setting's value. */
const sameTexts: readonly (readonly [option: string, setting: string])[] = [
  ['region', 'region'],
  ['endpoint', 'endpoint'],
  ['location_constraint', 'locationConstraint'],
  ['acl', 'acl'],
  ['server_side_encryption', 'serverSideEncryption'],
  ['sse_kms_key_id', 'sseKmsKeyId'],
  ['storage_class', 'storageClass'],
];

const sizes: readonly (readonly [option: string, setting: string])[] = [
  ['upload_cutoff', 'uploadCutoff'],
  ['chunk_size', 'chunkSize'],
  ['copy_cutoff', 'copyCutoff'],
];

/** Options that are read along with others, or that make no difference here. */
const noted = new Set([
  'type',
  'provider',
  'env_auth',
  'access_key_id',
  'secret_access_key',
  'session_token',
  'profile',
  'force_path_style',
  'upload_concurrency',
  // Buckets are made here only when asked for.
  'no_check_bucket',
]);

const noSetting = 'there is no such setting here';

/** Options without a setting: what rclone takes when they are absent (not worth a word), and why they are left out. */
const withoutSetting: Readonly<Record<string, readonly [usual: string, because: string]>> = {
  bucket_acl: ['', 'new buckets are made without an ACL here'],
  requester_pays: ['false', 'requests can’t be paid by who asks here'],
  disable_checksum: ['false', 'uploads always carry a checksum here'],
  max_upload_parts: ['10000', noSetting],
  shared_credentials_file: [
    '',
    'profiles are read from the usual AWS files; AWS_SHARED_CREDENTIALS_FILE names others',
  ],
  use_accelerate_endpoint: ['false', 'accelerated endpoints are not used here'],
  leave_parts_on_error: ['false', noSetting],
  list_chunk: ['1000', noSetting],
  list_version: ['0', noSetting],
  list_url_encode: ['unset', noSetting],
  no_head: ['false', noSetting],
  no_head_object: ['false', noSetting],
  encoding: ['Slash,InvalidUtf8,Dot', 'names are taken as they are here'],
  memory_pool_flush_time: ['1m0s', noSetting],
  memory_pool_use_mmap: ['false', noSetting],
  disable_http2: ['false', noSetting],
  download_url: ['', noSetting],
  use_multipart_etag: ['unset', noSetting],
  use_presigned_request: ['false', noSetting],
  versions: ['false', 'only the current versions are shown here'],
  version_at: ['off', 'only the current versions are shown here'],
  decompress: ['false', 'objects are read as they are stored here'],
  might_gzip: ['unset', noSetting],
  no_system_metadata: ['false', noSetting],
};

/** S3 remotes in rclone's configuration file, as rclone 1.60 takes them. rclone obscures none of their options. */
export const s3Rclone: RcloneKind = {
  type: 's3',
  withoutOption: ['root', 'checksums', 'conditionalWrites', 'caFile', 'listOrder', 'fileSystem'],
  read,
  write,
};

function read(options: ReadonlyMap<string, string>, root: string): RcloneReading {
  const leftOut: OmittedSetting[] = [];
  const settings: Record<string, unknown> = {};
  const option = (name: string) => options.get(name)?.trim() || undefined;
  const take = (name: string, setting: string, value: unknown) => {
    const problem = problemOf(setting, value);
    if (problem === undefined) settings[setting] = value;
    else leftOut.push({ name, because: problem });
  };

  const refused = refusal(option);
  if (refused !== undefined) return { settings, secrets: {}, leftOut, refused };

  const provider = option('provider');
  if (provider !== undefined) {
    const preset = presetNamed(provider);
    settings['provider'] = preset?.id ?? 'Other';
    if (!preset)
      leftOut.push({ name: 'provider', because: `there is no preset for ${provider}; it is set to Other` });
  }
  const secrets = readCredentials(option, settings, leftOut);
  for (const [name, setting] of sameTexts) {
    const value = option(name);
    if (value === undefined) continue;
    if (setting === 'sseKmsKeyId' && option('server_side_encryption') !== 'aws:kms')
      leftOut.push({ name, because: 'it has an effect only with server_side_encryption = aws:kms' });
    else take(name, setting, value);
  }
  for (const [name, setting] of sizes) {
    const value = option(name);
    if (value === undefined) continue;
    const bytes = rcloneBytes(value);
    if (bytes === undefined) leftOut.push({ name, because: 'it is no size that can be set here' });
    else take(name, setting, formatSize(bytes));
  }
  const concurrency = option('upload_concurrency');
  if (concurrency !== undefined) take('upload_concurrency', 'concurrency', Number(concurrency));
  readPathStyle(provider, option('force_path_style'), settings, leftOut);
  if (root !== '') settings['root'] = root;
  leftOut.push(...unmapped(options));
  return { settings, secrets, leftOut };
}

/** What would do harm when it was left out. */
function refusal(option: (name: string) => string | undefined): string | undefined {
  if (isTrue(option('v2_auth')))
    return 'It signs requests by version 2 ("v2_auth"), which Cloud Remotes can’t; version 4 is used everywhere.';
  // rclone signs so for this name of a region as well, whatever else stands there.
  if (option('region') === 'other-v2-signature')
    return 'It signs requests by version 2 ("region = other-v2-signature"), which Cloud Remotes can’t; version 4 is used everywhere.';
  const customer = ['sse_customer_algorithm', 'sse_customer_key', 'sse_customer_key_base64'].find(option);
  if (customer !== undefined)
    return `It encrypts with a key of your own ("${customer}"), which Cloud Remotes can’t: files would be stored without it.`;
  // Said without the address: what is malformed may have a password in it.
  if (endpointProblem(option('endpoint') ?? '') !== undefined)
    return 'Its "endpoint" is not a web address such as https://host:port, without a password, "?" or "#".';
  const keyId = option('access_key_id');
  const secret = option('secret_access_key');
  if (isTrue(option('env_auth')) || (keyId === undefined) === (secret === undefined)) return undefined;
  return keyId === undefined
    ? 'It has a "secret_access_key" but no "access_key_id", so rclone can’t use it either.'
    : 'It has an "access_key_id" but no "secret_access_key", so rclone can’t use it either.';
}

/** As rclone chooses: keys when there are both, else the environment or a profile with `env_auth`, else nobody. */
function readCredentials(
  option: (name: string) => string | undefined,
  settings: Record<string, unknown>,
  leftOut: OmittedSetting[],
): Readonly<Record<string, string>> {
  const keyId = option('access_key_id');
  const secret = option('secret_access_key');
  const token = option('session_token');
  const profile = option('profile');
  const because = 'other credentials go before it';
  if (keyId !== undefined && secret !== undefined) {
    settings['credentials'] = 'keys';
    settings['accessKeyId'] = keyId;
    if (profile !== undefined) leftOut.push({ name: 'profile', because });
    return { secretAccessKey: secret, ...(token !== undefined && { sessionToken: token }) };
  }
  for (const name of ['access_key_id', 'secret_access_key'])
    if (option(name) !== undefined) leftOut.push({ name, because: 'its other half is missing' });
  if (token !== undefined)
    leftOut.push({ name: 'session_token', because: 'there is no key that it belongs to' });
  if (!isTrue(option('env_auth'))) {
    settings['credentials'] = 'anonymous';
    if (profile !== undefined)
      leftOut.push({ name: 'profile', because: 'without env_auth = true rclone doesn’t use it either' });
  } else if (profile !== undefined) {
    settings['credentials'] = 'profile';
    settings['profile'] = profile;
  } else settings['credentials'] = 'environment';
  return {};
}

function readPathStyle(
  provider: string | undefined,
  written: string | undefined,
  settings: Record<string, unknown>,
  leftOut: OmittedSetting[],
): void {
  const byHostName = provider !== undefined && hostNameProviders.has(provider);
  if (isTrue(written) && byHostName)
    leftOut.push({ name: 'force_path_style', because: `rclone itself ignores it for ${provider}` });
  else if (written !== undefined) settings['forcePathStyle'] = isTrue(written);
  // Providers that have a preset here have the right style by it.
  else if (byHostName && !presetNamed(provider)) settings['forcePathStyle'] = false;
}

function* unmapped(options: ReadonlyMap<string, string>): Iterable<OmittedSetting> {
  const mapped = new Set([...noted, ...[...sameTexts, ...sizes].map(([option]) => option)]);
  for (const [name, value] of options) {
    if (mapped.has(name) || value.trim() === '') continue;
    const [usual, because] = withoutSetting[name] ?? [undefined, 'it is not known here'];
    // Refused when it is true.
    if (name === 'v2_auth' || value.trim() === usual) continue;
    yield { name, because };
  }
}

/** Why the value can't be this setting, as the rest of a sentence. */
function problemOf(setting: string, value: unknown): string | undefined {
  const alone: RemoteSettings = { name: 'read', backend: 's3', [setting]: value };
  const problem = checkS3Settings(alone).find((sentence) => sentence.startsWith(`"${setting}" must`));
  return problem?.replace(/^"\w+" must/, 'the setting must').replace(/\.$/, '');
}

/** Bytes of a size of rclone, where a bare number counts KiB; undefined when it is none, or `off`. */
function rcloneBytes(text: string): number | undefined {
  return /^\d+(\.\d+)?$/.test(text) ? parseSize(`${text}Ki`) : parseSize(text);
}

/** As Go reads it. */
function isTrue(text: string | undefined): boolean {
  return text !== undefined && /^(1|t|true)$/i.test(text);
}

function write(settings: RemoteSettings, secrets: RcloneSecrets | undefined): RcloneWriting {
  const config = readS3Config(settings);
  const options: (readonly [string, string])[] = [];
  const leftOut: OmittedSetting[] = [];
  const put = (name: string, value: string | undefined) => {
    if (value !== undefined && value !== '') options.push([name, value]);
  };
  const given = (setting: string) => settings[setting] !== undefined && settings[setting] !== '';

  const provider = writtenProvider(config, leftOut);
  put('provider', provider);
  writeCredentials(config, secrets, put, leftOut);
  put('region', config.region);
  put('endpoint', config.endpoint);
  put('location_constraint', config.locationConstraint);
  put('acl', config.acl);
  put('server_side_encryption', config.serverSideEncryption);
  put('sse_kms_key_id', config.sseKmsKeyId);
  put('storage_class', config.storageClass);
  for (const [name, setting] of sizes)
    if (given(setting)) put(name, rcloneSize(parseSize(settings[setting]) ?? 0));
  if (given('concurrency')) put('upload_concurrency', String(config.concurrency));
  if (settings['forcePathStyle'] === false || (!config.forcePathStyle && !hostNameProviders.has(provider)))
    put('force_path_style', 'false');
  else if (settings['forcePathStyle'] === true) {
    if (hostNameProviders.has(provider))
      leftOut.push({
        name: 'forcePathStyle',
        because: `rclone always puts buckets of ${provider} into the host’s name`,
      });
    else put('force_path_style', 'true');
  }
  if (given('root')) leftOut.push({ name: 'root', because: 'rclone has none; begin paths with it' });
  // What follows from a provider that rclone doesn't know is lost with it.
  const asWritten = readS3Config({ ...settings, provider });
  for (const name of ['checksums', 'conditionalWrites', 'listOrder', 'fileSystem'] as const)
    if (given(name) || asWritten[name] !== config[name])
      leftOut.push({ name, because: 'rclone has no such option' });
  if (given('caFile')) leftOut.push({ name: 'caFile', because: 'rclone has the flag --ca-cert for it' });
  return { options, leftOut };
}

type Config = ReturnType<typeof readS3Config>;

/** Written even where the settings name none: rclone warns without it. */
function writtenProvider({ provider, endpoint, forcePathStyle }: Config, leftOut: OmittedSetting[]): string {
  if (notInRclone.has(provider)) {
    leftOut.push({ name: 'provider', because: `rclone doesn’t know ${provider}; it is set to Other` });
    return 'Other';
  }
  const isAmazons = endpoint === undefined || /\.amazonaws\.com(\.cn)?(?=[:/]|$)/.test(endpoint);
  if (provider !== 'AWS' || !forcePathStyle || isAmazons) return provider;
  leftOut.push({
    name: 'provider',
    because: 'rclone would put buckets of AWS into the host’s name; it is set to Other',
  });
  return 'Other';
}

function writeCredentials(
  { credentials, accessKeyId, profile }: Config,
  secrets: RcloneSecrets | undefined,
  put: (name: string, value: string | undefined) => void,
  leftOut: OmittedSetting[],
): void {
  const { secretAccessKey, sessionToken } = secrets?.values ?? {};
  const withKeys = credentials === 'keys' && !!secretAccessKey;
  if (withKeys) {
    put('access_key_id', accessKeyId);
    put('secret_access_key', secretAccessKey);
    put('session_token', sessionToken);
  } else if (credentials !== 'anonymous') put('env_auth', 'true');
  if (credentials === 'keys' && !withKeys)
    leftOut.push({
      name: 'accessKeyId',
      because: `${secrets ? 'its secret is not stored here' : 'secrets were not to go along'}; rclone takes the key from the environment (AWS_ACCESS_KEY_ID)`,
    });
  if (credentials === 'profile') put('profile', profile);
  else if (profile !== undefined) leftOut.push({ name: 'profile', because: 'it is not in use' });
  if (credentials !== 'keys' && accessKeyId !== undefined)
    leftOut.push({ name: 'accessKeyId', because: 'it is not in use' });
}

/** With a unit always: rclone takes bare numbers for KiB. */
function rcloneSize(bytes: number): string {
  const text = formatSize(bytes);
  return /^\d+$/.test(text) ? `${text}B` : text;
}
