import * as quantities from '../../../base/quantities';
import type {
  OmittedSetting,
  RcloneKind,
  RcloneReading,
  RcloneSecrets,
  RcloneWriting,
  RemoteSettings,
} from '../../backend';
import {
  type MappedOption,
  type OptionNotation,
  optionReader,
  readOptions,
  type UnmappedOption,
  type UnmappedSetting,
  unmappedOptions,
  unmappedSettings,
  writeOptions,
} from '../../rcloneMapping';
import { checkS3Settings, parseSize, readS3Config } from '../config/s3Config';
import { presetNamed } from '../config/s3Presets';
import { endpointProblem } from '../config/textSettings';

/** Providers for which rclone 1.60 always uses virtual-hosted style, whatever `force_path_style` says. */
const hostNameProviders = new Set(
  'AWS Alibaba DigitalOcean Dreamhost HuaweiOBS LyveCloud Netease RackCorp Scaleway Storj TencentCOS Wasabi Qiniu'.split(
    ' ',
  ),
);

/** Presets without a provider in rclone 1.60. */
const notInRclone = new Set('Backblaze GCS OVHcloud Hetzner Garage VersityGW Rclone LocalStack'.split(' '));

const size: OptionNotation = {
  // rclone takes a bare number for KiB.
  read: (text) => {
    const bytes = quantities.parseSize(text, { bareUnit: 'K' });
    return bytes === undefined ? undefined : quantities.formatSize(bytes);
  },
  write: (value) => {
    const text = quantities.formatSize(parseSize(value) ?? 0);
    return /^\d+$/.test(text) ? `${text}B` : text;
  },
};

const optionRows: readonly MappedOption[] = [
  { option: 'region', setting: 'region', kind: 'text' },
  { option: 'endpoint', setting: 'endpoint', kind: 'text' },
  { option: 'location_constraint', setting: 'locationConstraint', kind: 'text' },
  { option: 'acl', setting: 'acl', kind: 'text' },
  { option: 'server_side_encryption', setting: 'serverSideEncryption', kind: 'text' },
  {
    option: 'sse_kms_key_id',
    setting: 'sseKmsKeyId',
    kind: 'text',
    unused: (option) =>
      option('server_side_encryption') === 'aws:kms'
        ? undefined
        : 'it has an effect only with server_side_encryption = aws:kms',
  },
  { option: 'storage_class', setting: 'storageClass', kind: 'text' },
  { option: 'upload_cutoff', setting: 'uploadCutoff', kind: size },
  { option: 'chunk_size', setting: 'chunkSize', kind: size },
  { option: 'copy_cutoff', setting: 'copyCutoff', kind: size },
  { option: 'upload_concurrency', setting: 'concurrency', kind: 'count' },
];

/** Options that code below reads, and options that make no difference here: buckets are created only on request. */
const handledOptions = new Set(
  'type provider env_auth access_key_id secret_access_key session_token profile force_path_style v2_auth no_check_bucket'.split(
    ' ',
  ),
);

const noSetting = 'there is no such setting here';
const noOption = 'rclone has no such option';

const optionsWithoutSetting: readonly UnmappedOption[] = (
  [
    ['bucket_acl', '', 'new buckets are created without an ACL'],
    ['requester_pays', 'false', 'requester-pays buckets are not supported'],
    ['disable_checksum', 'false', 'uploads always carry a checksum'],
    ['max_upload_parts', '10000', noSetting],
    [
      'shared_credentials_file',
      '',
      'profiles are read from the default AWS files; set AWS_SHARED_CREDENTIALS_FILE for another file',
    ],
    ['use_accelerate_endpoint', 'false', 'accelerated endpoints are not supported'],
    ['leave_parts_on_error', 'false', noSetting],
    ['list_chunk', '1000', noSetting],
    ['list_version', '0', noSetting],
    ['list_url_encode', 'unset', noSetting],
    ['no_head', 'false', noSetting],
    ['no_head_object', 'false', noSetting],
    ['encoding', 'Slash,InvalidUtf8,Dot', 'names are used unchanged'],
    ['memory_pool_flush_time', '1m0s', noSetting],
    ['memory_pool_use_mmap', 'false', noSetting],
    ['disable_http2', 'false', noSetting],
    ['download_url', '', noSetting],
    ['use_multipart_etag', 'unset', noSetting],
    ['use_presigned_request', 'false', noSetting],
    ['versions', 'false', 'only current versions are shown'],
    ['version_at', 'off', 'only current versions are shown'],
    ['decompress', 'false', 'objects are read as they are stored'],
    ['might_gzip', 'unset', noSetting],
    ['no_system_metadata', 'false', noSetting],
  ] as const
).map(([option, usual, omittedBecause]) => ({ option, usual, omittedBecause }));

const settingsWithoutOption: readonly UnmappedSetting[] = [
  { setting: 'root', omittedBecause: 'rclone has no such option; start paths with it' },
  { setting: 'checksums', omittedBecause: noOption },
  { setting: 'conditionalWrites', omittedBecause: noOption },
  { setting: 'caFile', omittedBecause: 'rclone has the flag --ca-cert for it' },
  { setting: 'listOrder', omittedBecause: noOption },
  { setting: 'fileSystem', omittedBecause: noOption },
];

/** S3 remotes in the configuration file of rclone 1.60, which obscures none of their options. */
export const s3Rclone: RcloneKind = {
  type: 's3',
  withoutOption: settingsWithoutOption.map(({ setting }) => setting),
  read,
  write,
};

function read(options: ReadonlyMap<string, string>, root: string): RcloneReading {
  const option = optionReader(options);
  const refused = refusal(option);
  if (refused !== undefined) return { settings: {}, secrets: {}, leftOut: [], refused };
  const leftOut: OmittedSetting[] = [];
  const settings: Record<string, unknown> = {};
  const provider = option('provider');
  if (provider !== undefined) {
    const preset = presetNamed(provider);
    settings['provider'] = preset?.id ?? 'Other';
    if (!preset)
      leftOut.push({ name: 'provider', because: `there is no preset for ${provider}; it is set to Other` });
  }
  const secrets = readCredentials(option, settings, leftOut);
  const mapped = readOptions(optionRows, options, problemOf);
  Object.assign(settings, mapped.settings);
  leftOut.push(...mapped.leftOut);
  readPathStyle(provider, option('force_path_style'), settings, leftOut);
  if (root !== '') settings['root'] = root;
  leftOut.push(...unmappedOptions(options, optionRows, handledOptions, optionsWithoutSetting));
  return { settings, secrets, leftOut };
}

/** Why ignoring an option would do harm, as a sentence; undefined when nothing would. */
function refusal(option: (name: string) => string | undefined): string | undefined {
  if (isTrue(option('v2_auth')))
    return 'It signs requests with version 2 ("v2_auth"). Cloud Remotes supports version 4 only.';
  // This region name also makes rclone sign by version 2.
  if (option('region') === 'other-v2-signature')
    return 'It signs requests with version 2 ("region = other-v2-signature"). Cloud Remotes supports version 4 only.';
  const customer = ['sse_customer_algorithm', 'sse_customer_key', 'sse_customer_key_base64'].find(option);
  if (customer !== undefined)
    return `It encrypts with a customer-provided key ("${customer}"), which Cloud Remotes does not support: files would be stored unencrypted.`;
  // The sentence doesn't quote the endpoint: a malformed one may contain a password.
  if (endpointProblem(option('endpoint') ?? '') !== undefined)
    return 'Its "endpoint" is not a URL such as https://host:port, without a password, "?" or "#".';
  const keyId = option('access_key_id');
  const secret = option('secret_access_key');
  if (isTrue(option('env_auth')) || (keyId === undefined) === (secret === undefined)) return undefined;
  return keyId === undefined
    ? 'It has a "secret_access_key" but no "access_key_id", so rclone can’t use it either.'
    : 'It has an "access_key_id" but no "secret_access_key", so rclone can’t use it either.';
}

/** Chooses as rclone does: keys when both are there, else a profile or the environment with `env_auth`, else anonymous. */
function readCredentials(
  option: (name: string) => string | undefined,
  settings: Record<string, unknown>,
  leftOut: OmittedSetting[],
): Readonly<Record<string, string>> {
  const keyId = option('access_key_id');
  const secret = option('secret_access_key');
  const token = option('session_token');
  const profile = option('profile');
  const because = 'other credentials take precedence';
  if (keyId !== undefined && secret !== undefined) {
    settings['credentials'] = 'keys';
    settings['accessKeyId'] = keyId;
    if (profile !== undefined) leftOut.push({ name: 'profile', because });
    return { secretAccessKey: secret, ...(token !== undefined && { sessionToken: token }) };
  }
  for (const name of ['access_key_id', 'secret_access_key'])
    if (option(name) !== undefined) leftOut.push({ name, because: 'the other half of the key is missing' });
  if (token !== undefined) leftOut.push({ name: 'session_token', because: 'there is no key for it' });
  if (!isTrue(option('env_auth'))) {
    settings['credentials'] = 'anonymous';
    if (profile !== undefined)
      leftOut.push({ name: 'profile', because: 'rclone doesn’t use it without env_auth = true either' });
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
    leftOut.push({ name: 'force_path_style', because: `rclone ignores it for ${provider} too` });
  else if (written !== undefined) settings['forcePathStyle'] = isTrue(written);
  // A preset already sets the style of its provider.
  else if (byHostName && !presetNamed(provider)) settings['forcePathStyle'] = false;
}

/** Why the value can't be this setting, as the rest of a sentence. */
function problemOf(setting: string, value: unknown): string | undefined {
  const alone: RemoteSettings = { name: 'read', backend: 's3', [setting]: value };
  const problem = checkS3Settings(alone).find((sentence) => sentence.startsWith(`"${setting}" must`));
  return problem?.replace(/^"\w+" must/, 'the setting must').replace(/\.$/, '');
}

/** As Go parses booleans. */
function isTrue(text: string | undefined): boolean {
  return text !== undefined && /^(1|t|true)$/i.test(text);
}

function write(settings: RemoteSettings, secrets: RcloneSecrets | undefined): RcloneWriting {
  const config = readS3Config(settings);
  const leftOut: OmittedSetting[] = [];
  const provider = writtenProvider(config, leftOut);
  const { region, endpoint } = config;
  const options = [
    ['provider', provider],
    ...writtenCredentials(config, secrets, leftOut),
    ...writeOptions(optionRows, { ...settings, region, endpoint }, secrets),
    ...writtenPathStyle(settings, config, provider, leftOut),
  ] as const;
  leftOut.push(...unmappedSettings(settings, settingsWithoutOption));
  // A default that follows from a provider that rclone doesn't know is lost together with the provider.
  const asWritten = readS3Config({ ...settings, provider });
  for (const name of ['checksums', 'conditionalWrites', 'listOrder', 'fileSystem'] as const)
    if (asWritten[name] !== config[name] && !leftOut.some((one) => one.name === name))
      leftOut.push({ name, because: noOption });
  return { options, leftOut };
}

type Option = readonly [name: string, value: string];
type Config = ReturnType<typeof readS3Config>;

function writtenPathStyle(
  { forcePathStyle: chosen }: RemoteSettings,
  { forcePathStyle }: Config,
  provider: string,
  leftOut: OmittedSetting[],
): readonly Option[] {
  const alwaysByHost = hostNameProviders.has(provider);
  if (chosen === false || (!forcePathStyle && !alwaysByHost)) return [['force_path_style', 'false']];
  if (chosen !== true) return [];
  if (!alwaysByHost) return [['force_path_style', 'true']];
  leftOut.push({
    name: 'forcePathStyle',
    because: `rclone always uses virtual-hosted style for ${provider}`,
  });
  return [];
}

/** Written even when the settings name no provider, because rclone warns without one. */
function writtenProvider({ provider, endpoint, forcePathStyle }: Config, leftOut: OmittedSetting[]): string {
  if (notInRclone.has(provider)) {
    leftOut.push({ name: 'provider', because: `rclone doesn’t know ${provider}; it is set to Other` });
    return 'Other';
  }
  const isAmazons = endpoint === undefined || /\.amazonaws\.com(\.cn)?(?=[:/]|$)/.test(endpoint);
  if (provider !== 'AWS' || !forcePathStyle || isAmazons) return provider;
  leftOut.push({
    name: 'provider',
    because: 'rclone would use virtual-hosted style for AWS; it is set to Other',
  });
  return 'Other';
}

function writtenCredentials(
  { credentials, accessKeyId, profile }: Config,
  secrets: RcloneSecrets | undefined,
  leftOut: OmittedSetting[],
): readonly Option[] {
  const { secretAccessKey = '', sessionToken = '' } = secrets?.values ?? {};
  const withKeys = credentials === 'keys' && secretAccessKey !== '';
  if (credentials === 'keys' && !withKeys)
    leftOut.push({
      name: 'accessKeyId',
      because: `${secrets ? 'its secret is not stored here' : 'secrets are not exported'}; rclone reads the key from the environment (AWS_ACCESS_KEY_ID)`,
    });
  if (credentials !== 'profile' && profile !== undefined)
    leftOut.push({ name: 'profile', because: 'it is not in use' });
  if (credentials !== 'keys' && accessKeyId !== undefined)
    leftOut.push({ name: 'accessKeyId', because: 'it is not in use' });
  const options: readonly (readonly [string, string | undefined])[] = withKeys
    ? [
        ['access_key_id', accessKeyId],
        ['secret_access_key', secretAccessKey],
        ['session_token', sessionToken],
      ]
    : [
        ['env_auth', credentials === 'anonymous' ? undefined : 'true'],
        ['profile', credentials === 'profile' ? profile : undefined],
      ];
  return options.flatMap(([name, value]) => (value ? [[name, value] as const] : []));
}
