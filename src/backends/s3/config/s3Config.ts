import { createHash } from 'node:crypto';
import { withoutSecrets } from '../../../base/maskedText';
import { RemoteError } from '../../../remote/remoteError';
import { pathProblem, type RemotePath } from '../../../remote/remotePath';
import type { RemoteSettings } from '../../backend';
import { bucketLength, bucketProblem, withOnePartBucket } from '../model/bucketNames';
import { type S3Field, s3Fields } from './s3Fields';
import { type ChecksumMode, presetNamed } from './s3Presets';

export type CredentialsKind = 'keys' | 'profile' | 'environment' | 'anonymous';
export type ConditionalWrites = 'enforced' | 'checked';

/** An S3 remote's settings, checked, with defaults filled in. Sizes are bytes. Never holds a secret. */
export interface S3Config {
  readonly name: string;
  readonly provider: string;
  /** Undefined = AWS, worked out from the region. */
  readonly endpoint: string | undefined;
  /** Undefined = from the environment or profile, else the preset's own. */
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
  /** Whether the service keeps objects as files of a file system. */
  readonly fileSystem: boolean;
}

const mebi = 1024 * 1024;
const gibi = 1024 * mebi;

export { s3Fields };

export const s3SecretFields = ['secretAccessKey', 'sessionToken'] as const;

/** Settings that any remote may have, whatever its backend. */
const commonSettings = new Set(['name', 'backend']);

/** Why these settings can't work; each sentence names the setting and the way out. Empty when they can. Pure. */
export function checkS3Settings(settings: RemoteSettings): readonly string[] {
  const problems: string[] = [];
  for (const [name, value] of Object.entries(settings)) {
    if (commonSettings.has(name) || value === undefined) continue;
    const field = s3Fields.find((f) => f.name === name);
    const problem = field ? fieldProblem(field, value) : unknownSetting(name);
    if (problem) problems.push(problem);
  }
  if (problems.length > 0) return problems;
  return [...contradictions(settings)];
}

function unknownSetting(name: string): string {
  if ((s3SecretFields as readonly string[]).includes(name))
    return `"${name}" is a secret and must not stand in settings. Remove it and enter it with the command Edit Remote.`;
  const close = s3Fields.find((f) => f.name.toLowerCase() === name.toLowerCase().replace(/[_-]/g, ''));
  return close
    ? `"${name}" is not a setting of an S3 remote. Did you mean "${close.name}"?`
    : `"${name}" is not a setting of an S3 remote. Remove it, or see the list of settings.`;
}

function fieldProblem(field: S3Field, value: unknown): string | undefined {
  const at = `"${field.name}"`;
  switch (field.kind) {
    case 'boolean':
      return typeof value === 'boolean' ? undefined : `${at} must be true or false.`;
    case 'count':
      if (typeof value !== 'number' || !Number.isInteger(value)) return `${at} must be a whole number.`;
      return rangeProblem(field, value, String);
    case 'size': {
      const bytes = parseSize(value);
      if (bytes === undefined) return `${at} must be a size such as 67108864, "64Mi" or "1Gi".`;
      return rangeProblem(field, bytes, formatSize);
    }
    case 'choice':
      if (field.name === 'provider' && typeof value === 'string' && presetNamed(value)) return undefined;
      return typeof value === 'string' && field.values?.includes(value)
        ? undefined
        : `${at} must be one of ${field.values?.map((v) => `"${v}"`).join(', ')}.`;
    case 'url':
      return typeof value === 'string' ? endpointProblem(value) : `${at} must be a text.`;
    case 'text':
      if (typeof value !== 'string') return `${at} must be a text.`;
      if (field.name === 'root') return rootProblem(value);
      return undefined;
  }
}

function rangeProblem(field: S3Field, value: number, show: (n: number) => string): string | undefined {
  if (field.min !== undefined && value < field.min)
    return `"${field.name}" must be at least ${show(field.min)}.`;
  if (field.max !== undefined && value > field.max)
    return `"${field.name}" must be at most ${show(field.max)}.`;
  return undefined;
}

/** Why `value` can't be an endpoint, as a sentence, or undefined when it can. Pure. */
export function endpointProblem(value: string): string | undefined {
  if (value.trim() === '') return undefined;
  const url = parseEndpoint(value);
  if (!url)
    return `"endpoint" is not a web address: ${JSON.stringify(withoutSecrets(value))}. Write it as https://host or https://host:port.`;
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    return '"endpoint" must begin with https:// or http://.';
  if (url.username !== '' || url.password !== '')
    return '"endpoint" must not hold a user name or password. Enter the access key as credentials instead.';
  if (url.search !== '' || url.hash !== '') return '"endpoint" must not have a "?" or "#" part.';
  return undefined;
}

/** An endpoint as lists show it: without its scheme, and without the password that one in a file may have. Pure. */
export function shownEndpoint(endpoint: string): string {
  const bare = endpoint
    .replace(/^https?:\/\//, '')
    .replace(/\/+$/, '')
    .replace(/\?.*$/s, '?…');
  return withoutSecrets(`//${bare}`).slice(2);
}

function parseEndpoint(value: string): URL | undefined {
  const text = value.trim();
  const withScheme = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `https://${text}`;
  if (/\s/.test(withScheme)) return undefined;
  return URL.canParse(withScheme) ? new URL(withScheme) : undefined;
}

/** Why `value` can't be a root, as a sentence, or undefined when it can. Pure. */
export function rootProblem(value: string): string | undefined {
  const root = normalRoot(value);
  const ofBucket = bucketProblem(root.slice(0, bucketLength(root)));
  if (ofBucket) return `"root": ${ofBucket}`;
  const problem = pathProblem(root);
  return problem ? `"root" ${problem}. Write it as bucket, bucket/prefix or an access point ARN.` : undefined;
}

/** One trailing slash is dropped; an access point ARN becomes one part. */
function normalRoot(value: string): string {
  const text = withOnePartBucket(value.trim());
  return text.endsWith('/') ? text.slice(0, -1) : text;
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
    yield '"sseKmsKeyId" has an effect only with "serverSideEncryption": "aws:kms". Set that, or remove the key.';
}

function credentialsKind(settings: RemoteSettings): CredentialsKind {
  const named = settings['credentials'];
  if (named !== undefined) return named as CredentialsKind;
  if (textOf(settings['accessKeyId'])) return 'keys';
  return textOf(settings['profile']) ? 'profile' : 'environment';
}

/** The checked settings of `settings`. Throws RemoteError `badSettings` with every problem found. Pure. */
export function readS3Config(settings: RemoteSettings): S3Config {
  const problems = checkS3Settings(settings);
  if (problems.length > 0)
    throw new RemoteError(
      'badSettings',
      `The remote "${settings.name}" can't be opened. ${problems.join(' ')}`,
    );
  const text = (name: string) => textOf(settings[name]);
  const size = (name: string) => parseSize(settings[name]) ?? numberDefault(name);
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
    concurrency: Number(settings['concurrency'] ?? numberDefault('concurrency')),
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

/** Most parts that one upload may have. Pure. */
export function maxPartsOf({ provider }: Pick<S3Config, 'provider'>): number {
  return presetNamed(provider)?.maxParts ?? 10_000;
}

/**
 * What all remotes on one service have in common (`Capabilities.location`). Within a service a bucket's name means one bucket whoever asks,
 * save on Ceph, where accounts may have buckets of their own. Pure.
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
 * What remotes have in common between which the service copies by itself (`Capabilities.serverSideCopyGroup`): the service, and the credentials, so that
 * what one of them may read the other may read too. Pure.
 */
export function serverSideCopyGroupOf(config: S3Config): string {
  const { credentials, accessKeyId, profile } = config;
  const who = { keys: accessKeyId, profile, environment: undefined, anonymous: undefined }[credentials];
  // Plans are kept on disk, where no key of anybody should stand.
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

function numberDefault(name: string): number {
  return Number(s3Fields.find((field) => field.name === name)?.default);
}

function withoutEndSlash(text: string): string {
  return text.replace(/\/+$/, '');
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined;
}

/** Bytes of `67108864`, `"64Mi"`, `"64MiB"`, `"64M"` (binary, as in rclone) or `"100B"`; undefined when it is no size. */
export function parseSize(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) && value >= 0 ? value : undefined;
  if (typeof value !== 'string') return undefined;
  const match = /^(\d+(?:\.\d+)?)\s*([kmgt]?)(i?b?)$/i.exec(value.trim());
  if (!match) return undefined;
  const power = ' kmgt'.indexOf((match[2] || ' ').toLowerCase());
  return Math.round(Number(match[1]) * 1024 ** power);
}

/** Bytes as the shortest exact text that `parseSize` reads: `5Mi`, `123`. */
export function formatSize(bytes: number): string {
  for (const [unit, suffix] of [
    [gibi, 'Gi'],
    [mebi, 'Mi'],
    [1024, 'Ki'],
  ] as const)
    if (bytes >= unit && bytes % unit === 0) return `${bytes / unit}${suffix}`;
  return String(bytes);
}
