import type { S3ClientConfig } from '@aws-sdk/client-s3';
import { connectTimeoutMs, silenceTimeoutMs } from '../../../http/httpClient';
import { HttpTransport } from '../../../http/httpTransport';
import type { BackendHost } from '../../backend';
import type { S3Config } from '../config/s3Config';
import { presetNamed } from '../config/s3Presets';
import { credentialsOf, resolveRegion } from '../credentials/awsCredentials';
import { CredentialCache, keysOf } from '../credentials/credentialCache';
import { routeBuckets } from './bucketRoutes';
import { trustedCertificates } from './caFile';
import type { S3Connection } from './connection';
import { limitedHandler } from './sdkResponses';

/** Connections per host, enough for all transfers and checks that may run at the same time. More requests wait. */
const maxConnections = 64;

/** Opens a connection for `config`. Loads the SDK and makes no request. Throws RemoteError `badSettings` for an unreadable CA file. */
export async function connectS3(config: S3Config, host: BackendHost): Promise<S3Connection> {
  // Turns off the SDK's warning about the version of Node: the editor chooses it, not the user.
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';
  const sdk = await import('../awsSdk');
  const region =
    config.region ??
    (await resolveRegion(config, host)) ??
    presetNamed(config.provider)?.defaultRegion ??
    'us-east-1';
  const ca = config.caFile === undefined ? undefined : await trustedCertificates(config.caFile);
  const allowsDirect = () => host.directConnections?.() ?? true;
  const transport = new HttpTransport({
    maxConnections,
    ca,
    allowsDirect,
    allowConnection: host.allowConnection,
  });
  const requestHandler = {
    httpAgent: transport.agents.http,
    httpsAgent: transport.agents.https,
    connectionTimeout: connectTimeoutMs,
    socketTimeout: silenceTimeoutMs,
  };
  const load = credentialsOf(config, host, sdk, {
    maxAttempts: 2,
    requestHandler: limitedHandler(new sdk.S3Client({ region, requestHandler })),
  });
  const credentials = load && new CredentialCache(host.keys ? keysOf(host.keys) : load, host.clock);
  if (credentials) host.offerKeys?.({ keys: (unwanted) => credentials.replacing(unwanted) });
  const clientConfig: S3ClientConfig = {
    region,
    maxAttempts: 1, // src/remote/layers retries
    useArnRegion: true,
    // Each upload brings its own checksums (objects/upload.ts), so no body needs the chunked trailers that many stores reject.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    customUserAgent: [['cloud-remotes']],
    requestHandler,
    ...(config.endpoint !== undefined && { endpoint: config.endpoint }),
    ...(credentials
      ? // The SDK calls a memoized provider before each request, instead of caching the credentials itself.
        { credentials: Object.assign(() => credentials.get(), { memoized: true }) }
      : {
          // The SDK calls the signer of unsigned requests too; this one returns them unchanged.
          credentials: { accessKeyId: 'anonymous', secretAccessKey: '' },
          signer: { sign: async (request) => request },
        }),
    logger: silentLogger,
  };
  const routes = routeBuckets(sdk, { ...clientConfig, region, forcePathStyle: config.forcePathStyle });
  return {
    ...routes,
    sdk,
    client: routes.clientFor(undefined),
    region,
    anonymous: credentials === undefined,
    credentials,
    transport,
    close() {
      routes.close();
      transport.close();
    },
  };
}

/** The SDK must not write to the console: its messages may contain keys. */
const silentLogger = { trace() {}, debug() {}, info() {}, warn() {}, error() {} };
