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
import { loadSdk, SdkClients } from './sdkClients';
import { limitedHandler } from './sdkResponses';

/** Connections per host, enough for all transfers and checks that may run at the same time. More requests wait. */
const maxConnections = 64;

/** Opens a connection for `config`. Makes no request. Throws RemoteError `badSettings` for an unreadable CA file. */
export async function connectS3(config: S3Config, host: BackendHost): Promise<S3Connection> {
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
  const load = credentialsOf(config, host, async () => {
    const sdk = await loadSdk();
    const signInHandler = limitedHandler(new sdk.S3Client({ region, requestHandler }));
    return { sdk, signInClient: { maxAttempts: 2, requestHandler: signInHandler } };
  });
  const credentials = load && new CredentialCache(host.keys ? keysOf(host.keys) : load, host.clock);
  if (credentials) host.offerKeys?.({ keys: (unwanted) => credentials.replacing(unwanted) });
  const clientConfig: S3ClientConfig = {
    maxAttempts: 1, // src/remote/layers retries
    useArnRegion: true,
    // Each upload brings its own checksums (objects/upload.ts), so no body needs the chunked trailers that many stores reject.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    customUserAgent: [['cloud-remotes']],
    requestHandler,
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
  const clients = new SdkClients(clientConfig);
  return {
    ...routeBuckets(clients, { region, forcePathStyle: config.forcePathStyle, endpoint: config.endpoint }),
    region,
    anonymous: credentials === undefined,
    credentials,
    transport,
    clock: clients,
    close() {
      clients.close();
      transport.close();
    },
  };
}

/** The SDK must not write to the console: its messages may contain keys. */
const silentLogger = { trace() {}, debug() {}, info() {}, warn() {}, error() {} };
