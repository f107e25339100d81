import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import * as tls from 'node:tls';
import type { S3Client, S3ClientConfig } from '@aws-sdk/client-s3';
import { connectTimeoutMs, keepAliveAgents, silenceTimeoutMs, targetOf } from '../../../http/httpClient';
import { RemoteError } from '../../../remote/remoteError';
import { decodeText } from '../../../remote/textFile';
import type { BackendHost } from '../../backend';
import type { S3Config } from '../config/s3Config';
import { presetNamed } from '../config/s3Presets';
import { credentialsOf, resolveRegion } from '../credentials/awsCredentials';
import { CredentialCache } from '../credentials/credentialCache';
import type { Detour } from '../errors/redirects';
import { isArn, isDirectoryBucket } from '../model/bucketNames';
import type { BucketAddress, S3Connection, Sdk } from './connection';
import { boundedHandler, watchAnswers } from './sdkResponses';

/** Sockets kept per host: enough for every transfer and check at once; more requests than that wait in line. */
const maxSockets = 64;

/** Builds the client for `config`. Loads the SDK, does no request. Throws RemoteError `badSettings` for an unreadable CA file. */
export async function connectS3(config: S3Config, host: BackendHost): Promise<S3Connection> {
  // The SDK's own switch: which Node runs is the editor's choice, and users can do nothing about it.
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';
  const sdk = await import('../awsSdk');
  const region =
    config.region ??
    (await resolveRegion(config, host)) ??
    presetNamed(config.provider)?.defaultRegion ??
    'us-east-1';
  const ca = config.caFile === undefined ? undefined : await certificates(config.caFile);
  const agents = keepAliveAgents(maxSockets, ca);
  const requestHandler = {
    httpAgent: agents.http,
    httpsAgent: agents.https,
    connectionTimeout: connectTimeoutMs,
    socketTimeout: silenceTimeoutMs,
  };
  const load = credentialsOf(config, host, sdk, {
    maxAttempts: 2,
    requestHandler: boundedHandler(new sdk.S3Client({ region, requestHandler })),
  });
  const credentials = load && new CredentialCache(load, host.clock);
  const clientConfig: S3ClientConfig = {
    region,
    maxAttempts: 1, // retries are layers/retrying.ts's work
    useArnRegion: true,
    // Checksums are given with each upload (s3Upload.ts), so bodies never need the chunked trailers that many stores refuse.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    customUserAgent: [['cloud-remotes']],
    requestHandler,
    ...(config.endpoint === undefined ? {} : { endpoint: config.endpoint }),
    ...(credentials
      ? // Told that it remembers by itself, the SDK asks it before each request.
        { credentials: Object.assign(() => credentials.get(), { memoized: true }) }
      : {
          // Unsigned requests: the signer is asked all the same, and passes them on as they are.
          credentials: { accessKeyId: 'anonymous', secretAccessKey: '' },
          signer: { sign: async (request) => request },
        }),
    logger: silentLogger,
  };
  const clients = new Map<string, S3Client>();
  /** One client for each region, style and endpoint: each holds caches of its own. */
  const clientOf = (where: string, forcePathStyle: boolean, endpoint?: string): S3Client => {
    const id = `${where} ${forcePathStyle} ${endpoint ?? ''}`;
    let made = clients.get(id);
    if (!made) {
      made = new sdk.S3Client({
        ...clientConfig,
        region: where,
        forcePathStyle,
        ...(endpoint !== undefined && { endpoint }),
      });
      watchAnswers(made);
      clients.set(id, made);
    }
    return made;
  };
  const client = clientOf(region, config.forcePathStyle);
  const addresses = new Map<string, Promise<BucketAddress | undefined>>();
  /** Where requests have worked, and what answers named and nobody has tried yet. */
  const regions = new Map<string, string>();
  const named = new Map<string, string>();
  const detours = new Map<string, Detour>();
  // An access point's ARN names its region.
  const regionOf = (bucket: string): string =>
    (isArn(bucket) ? bucket.split(':')[3] : (named.get(bucket) ?? regions.get(bucket))) ?? region;
  const clientFor = (bucket: string | undefined): S3Client => {
    if (bucket === undefined) return client;
    const detour = detours.get(bucket);
    const style = (detour?.forcePathStyle ?? config.forcePathStyle) && !isArn(bucket);
    const own = clientOf(regionOf(bucket), style, detour?.endpoint);
    // What one of them learned of the service's clock holds for all.
    if (own !== client && own.config.systemClockOffset === 0)
      own.config.systemClockOffset = client.config.systemClockOffset;
    return own;
  };
  return {
    sdk,
    client,
    region,
    anonymous: credentials === undefined,
    credentials,
    agents,
    addressOf(bucket) {
      const detour = detours.get(bucket);
      const id = `${bucket} ${regionOf(bucket)} ${detour?.endpoint ?? ''} ${detour?.forcePathStyle ?? ''}`;
      let address = addresses.get(id);
      if (!address) {
        address = findAddress(sdk, clientFor(bucket), bucket);
        addresses.set(id, address);
        address.catch(() => addresses.delete(id));
      }
      return address;
    },
    clientFor,
    regionOf,
    movedTo(bucket, to) {
      if (isArn(bucket) || to === regionOf(bucket)) return false;
      named.set(bucket, to);
      return true;
    },
    sentTo(bucket, detour) {
      detours.set(bucket, detour);
    },
    triedIn(bucket, where, worked) {
      detours.delete(bucket);
      if (named.get(bucket) !== where) return;
      named.delete(bucket);
      if (worked) regions.set(bucket, where);
    },
    close() {
      for (const each of clients.values()) each.destroy();
      agents.http.destroy();
      agents.https.destroy();
    },
  };
}

/**
 * Asks the SDK's own rules, by a signed address that is thrown away: they know partitions, access points, dots in names and
 * custom endpoints.
 */
async function findAddress(sdk: Sdk, client: S3Client, bucket: string): Promise<BucketAddress | undefined> {
  if (isDirectoryBucket(bucket)) return undefined;
  const url = new URL(
    await sdk.getSignedUrl(client, new sdk.HeadObjectCommand({ Bucket: bucket, Key: 'k' })),
  );
  if (url.searchParams.get('X-Amz-Algorithm') !== 'AWS4-HMAC-SHA256') return undefined;
  const [, , region, service] =
    /^.*?\/(\d{8})\/([^/]+)\/([^/]+)\//.exec(url.searchParams.get('X-Amz-Credential') ?? '') ?? [];
  if (!region || !service || !url.pathname.endsWith('/k')) return undefined;
  return {
    ...targetOf(url),
    host: url.host,
    basePath: url.pathname.slice(0, -2),
    scope: { region, service },
  };
}

/** The SDK must not write to the console: what it says may name keys. */
const silentLogger = { trace() {}, debug() {}, info() {}, warn() {}, error() {} };

async function certificates(file: string): Promise<string[]> {
  let bytes: Buffer;
  try {
    bytes = await readFile(file);
  } catch (error) {
    throw new RemoteError('badSettings', `"caFile" can't be read: ${whyUnreadable(file, error)}.`, {
      cause: error,
    });
  }
  const decoded = decodeText(bytes);
  const found =
    'text' in decoded && decoded.text.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g);
  if (!found)
    throw new RemoteError(
      'badSettings',
      `"caFile" (${file}) holds no certificate. It must be in PEM format.`,
    );
  for (const pem of found)
    try {
      new X509Certificate(pem);
    } catch (error) {
      throw new RemoteError(
        'badSettings',
        `"caFile" (${file}) holds a certificate that can't be read. Get the file anew from whoever runs the service.`,
        { cause: error },
      );
    }
  // What Node trusts by itself, with what its start added (NODE_EXTRA_CA_CERTS), where this Node can tell.
  const { getCACertificates } = tls as { getCACertificates?(type: 'default'): readonly string[] };
  const trusted = getCACertificates?.('default') ?? tls.rootCertificates;
  return [...trusted, ...found];
}

function whyUnreadable(file: string, error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT') return `there is no file ${file}`;
  return code === 'EISDIR' ? `${file} is a folder` : `${file}: ${message}`;
}
