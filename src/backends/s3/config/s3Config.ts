import { createHash } from 'node:crypto';
import * as quantities from '../../../base/quantities';
import type { RemotePath } from '../../../remote/remotePath';
import type { RemoteSettings } from '../../backend';
import { checkFields, readFields, type SettingsSchema, textOf } from '../../settingsSchema';
import { s3Fields } from './s3Fields';
import { type ChecksumMode, presetNamed } from './s3Presets';
import { normalRoot, parseEndpoint } from './textSettings';

export type CredentialsKind = 'keys' | 'profile' | 'environment' | 'anonymous';
export type ConditionalWrites = 'enforced' | 'checked';

/** An S3 remote's settings, checked, with defaults filled in. Sizes are bytes. Never holds a secret. */
export interface S3Config {
  readonly name: string;
  readonly provider: string;
  /** Undefined = AWS, derived from the region. */
  readonly endpoint: string | undefined;
  /** Undefined = from the environment or profile, else the default of the preset. */
  readonly region: string | undefined;
  readonly locationConstraint: string | undefined;
  readonly credentials: CredentialsKind;
  readonly accessKeyId: string | undefined;
  readonly profile: string | undefined;
  readonly root: RemotePath;
  readonly forcePathStyle: boolean;
  readonly storageClass: string | undefined;
  readonly serverSideEncryption: string | undefined;
  readonly sseKmsKeyId: string | undefined;
  readonly acl: string | undefined;
  readonly uploadCutoff: number;
  readonly chunkSize: number;
  readonly copyCutoff: number;
  readonly concurrency: number;
  readonly checksums: ChecksumMode;
  readonly conditionalWrites: ConditionalWrites;
  readonly caFile: string | undefined;
  readonly listOrder: 'bytes' | 'unordered';
  /** Whether the service stores objects as files on a file system. */
  readonly fileSystem: boolean;
}

const enterSecret = 'enter it with the command Edit Remote';

export const s3Schema: SettingsSchema = {
  fields: s3Fields,
  owner: 'an S3 remote',
  secrets: { secretAccessKey: enterSecret, sessionToken: enterSecret },
  sizes: {
    parse: parseSize,
    format: quantities.formatSize,
    expected: 'a size such as 67108864, "64Mi" or "1Gi"',
  },
};

/** Why these settings can't work; each sentence names the setting and the remedy. Empty when they can. Pure. */
export function checkS3Settings(settings: RemoteSettings): readonly string[] {
  const problems = checkFields(s3Schema, settings);
  return problems.length > 0 ? problems : [...contradictions(settings)];
}

function* contradictions(settings: RemoteSettings): Iterable<string> {
  const preset = presetNamed(textOf(settings['provider']));
  const endpoint = textOf(settings['endpoint']);
  if (preset?.endpointNeeded && !endpoint)
    yield `"endpoint" is missing: ${preset.title} needs one, for example ${preset.endpointExample}.`;
  const kind = credentialsKind(settings);
  if (kind === 'keys' && !textOf(settings['accessKeyId']))
    yield '"accessKeyId" is missing. Enter it, or set "credentials" to "profile", "environment" or "anonymous".';
  if (kind === 'profile' && !textOf(settings['profile']))
    yield '"profile" is missing. Name a profile of ~/.aws/config, or set "credentials" to "environment".';
  if (textOf(settings['sseKmsKeyId']) && settings['serverSideEncryption'] !== 'aws:kms')
    yield '"sseKmsKeyId" has an effect only with "serverSideEncryption": "aws:kms". Set it, or remove the key.';
}

function credentialsKind(settings: RemoteSettings): CredentialsKind {
  const named = settings['credentials'];
  if (named !== undefined) return named as CredentialsKind;
  if (textOf(settings['accessKeyId'])) return 'keys';
  return textOf(settings['profile']) ? 'profile' : 'environment';
}

/** The checked settings of `settings`. Throws RemoteError `badSettings` with every problem found. Pure. */
export function readS3Config(settings: RemoteSettings): S3Config {
  const { text, size, count } = readFields(s3Schema, settings, checkS3Settings(settings));
  const endpoint = text('endpoint');
  const preset = presetNamed(text('provider')) ?? presetNamed(endpoint ? 'Other' : 'AWS');
  if (!preset) throw new Error('The presets AWS and Other must exist');
  return {
    name: settings.name,
    provider: preset.id,
    endpoint: endpoint === undefined ? undefined : withoutEndSlash(parseEndpoint(endpoint)?.href ?? endpoint),
    region: text('region') ?? regionOfEndpoint(preset.endpoints, endpoint),
    locationConstraint: text('locationConstraint'),
    credentials: credentialsKind(settings),
    accessKeyId: text('accessKeyId'),
    profile: text('profile'),
    root: normalRoot(text('root') ?? '') as RemotePath,
    forcePathStyle:
      typeof settings['forcePathStyle'] === 'boolean'
        ? settings['forcePathStyle']
        : preset.id === 'AWS'
          ? endpoint !== undefined
          : preset.forcePathStyle,
    storageClass: text('storageClass'),
    serverSideEncryption: text('serverSideEncryption'),
    sseKmsKeyId: text('sseKmsKeyId'),
    acl: text('acl'),
    uploadCutoff: size('uploadCutoff'),
    chunkSize: size('chunkSize'),
    copyCutoff: size('copyCutoff'),
    concurrency: count('concurrency'),
    checksums:
      (settings['checksums'] as ChecksumMode | undefined) ??
      (endpoint === undefined ? preset.checksums : 'whenRequired'),
    conditionalWrites:
      (settings['conditionalWrites'] as ConditionalWrites | undefined) ??
      preset.conditionalWrites ??
      'enforced',
    caFile: text('caFile'),
    listOrder: (settings['listOrder'] as 'bytes' | 'unordered' | undefined) ?? preset.listOrder ?? 'bytes',
    fileSystem: (settings['fileSystem'] as boolean | undefined) ?? preset.fileSystem ?? false,
  };
}

/** The maximum number of parts of one upload. Pure. */
export function maxPartsOf({ provider }: Pick<S3Config, 'provider'>): number {
  return presetNamed(provider)?.maxParts ?? 10_000;
}

/**
 * `Capabilities.storageId`: equal for all remotes of one service. Within a service a bucket name means the same bucket for every account,
 * except on Ceph, where accounts may have separate buckets. Pure.
 */
export function storageIdOf({ endpoint, provider, credentials, accessKeyId, profile }: S3Config): string {
  if (endpoint === undefined) return 's3:aws';
  const { protocol, hostname, port, pathname } = new URL(endpoint);
  if (/\.amazonaws\.com(\.cn)?$/.test(hostname)) return 's3:aws';
  const host = /^(127\.0\.0\.1|\[::1\])$/.test(hostname) ? 'localhost' : hostname;
  const at = `s3:${host}:${port || (protocol === 'https:' ? '443' : '80')}${pathname.replace(/\/+$/, '')}`;
  return provider === 'Ceph' ? `${at} as ${credentials} ${accessKeyId ?? profile ?? ''}` : at;
}

/**
 * `Capabilities.serverSideCopyGroup`: equal for remotes with the same service and the same credentials, because a server-side copy reads
 * the source with the credentials of the target. Pure.
 */
export function serverSideCopyGroupOf(config: S3Config): string {
  const { credentials, accessKeyId, profile } = config;
  const who = { keys: accessKeyId, profile, environment: undefined, anonymous: undefined }[credentials];
  // Plans are saved to disk, so the key is hashed.
  const identity = createHash('sha256').update(`${credentials} ${who ?? ''}`);
  return `${storageIdOf(config)} as ${identity.digest('hex').slice(0, 16)}`;
}

function regionOfEndpoint(
  endpoints: readonly { readonly url: string; readonly region: string }[],
  endpoint: string | undefined,
): string | undefined {
  if (!endpoint) return undefined;
  const host = parseEndpoint(endpoint)?.host;
  return endpoints.find((e) => new URL(e.url).host === host)?.region;
}

function withoutEndSlash(text: string): string {
  return text.replace(/\/+$/, '');
}

/** Bytes of a size setting: `67108864`, `"64Mi"`, `"64M"` (binary, as in rclone) or `"100B"`; undefined when it is no size. Pure. */
export function parseSize(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) && value >= 0 ? value : undefined;
  return typeof value === 'string' ? quantities.parseSize(value, { bareUnit: 'B' }) : undefined;
}
