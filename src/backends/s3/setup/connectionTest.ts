import { isRemoteError, type RemoteError } from '../../../remote/remoteError';
import type { BackendHost, ConnectionFinding } from '../../backend';
import { clockFinding } from '../../clockFinding';
import type { S3Config } from '../config/s3Config';
import { connectS3 } from '../http/connect';
import { S3Api } from '../http/s3Api';
import { responseDateMs } from '../http/sdkResponses';
import { isS3ErrorResponse } from '../http/signedRequests';
import { isArn } from '../model/bucketNames';
import { parseObjectPath, prefixOf } from '../model/objectKey';
import type { S3Remote } from '../s3Remote';
import { probeStore } from './storeProbe';
import { probeWrites } from './writeProbe';

/** The result of the first request. */
interface FirstResponse {
  readonly error?: RemoteError;
  readonly clockDifferenceMs?: number;
  readonly count?: number;
}

/**
 * Tests the connection step by step: reached, signed in, can list, addressing style, conditional writes, checksums, list order, clock.
 * Steps that write use small objects below the root and remove them; without a root nothing is written. Throws only the signal's reason.
 */
export async function* testS3Connection(
  remote: S3Remote,
  config: S3Config,
  host: BackendHost,
  signal: AbortSignal,
): AsyncIterable<ConnectionFinding> {
  signal.throwIfAborted();
  const first = await sendFirstRequest(remote.requests, signal);
  const { error } = first;
  const service = config.endpoint === undefined ? 'AWS S3' : new URL(config.endpoint).host;

  const missesHost =
    error?.code === 'ENOTFOUND' &&
    !config.forcePathStyle &&
    config.root !== '' &&
    !isArn(parseObjectPath(config.root).bucket);
  if (missesHost) return yield* tryPathStyle(config, host, error, signal);
  if (error && isNetworkError(error)) return yield notReached(error.message);
  const status = nonS3Status(error);
  if (status !== undefined)
    return yield notReached(
      `${service} responds (${status}), but not like an S3 service. Correct "endpoint".`,
    );
  if (error?.kind === 'unauthenticated') {
    // Without a code there were no credentials, and no request was sent.
    const reached: ConnectionFinding = error.code
      ? { title: 'Reached', outcome: 'ok', detail: `${service} responds.` }
      : {
          title: 'Reached',
          outcome: 'skipped',
          detail: `${service} was not contacted: there are no credentials.`,
        };
    yield reached;
    const fields = signInFields(config, error);
    return yield { title: 'Signed in', outcome: 'failed', detail: error.message, fields };
  }
  yield { title: 'Reached', outcome: 'ok', detail: `${service} responds.` };
  if (error?.code?.startsWith('RequestTimeTooSkewed'))
    return yield { title: 'Clock', outcome: 'failed', detail: error.message };
  yield* signedInFinding(config, error);
  if (error) return yield listFailure(config, error);
  yield { title: 'Can list', outcome: 'ok', detail: listDetail(config, first.count ?? 0) };
  yield { title: 'Addressing style', outcome: 'ok', detail: styleDetail(config) };
  if (yield* probeWrites(remote.requests, config, signal)) yield* probeStore(remote.requests, config, signal);
  yield* clockFinding(first.clockDifferenceMs, 'services reject requests that are off by 15 minutes');
}

function notReached(detail: string): ConnectionFinding {
  // The settings that determine the URL.
  return { title: 'Reached', outcome: 'failed', detail, fields: ['endpoint', 'region', 'provider'] };
}

/** The part of the credentials that the service rejects, according to its error code. */
function signInFields({ credentials }: S3Config, { code = '' }: RemoteError): readonly string[] {
  if (credentials === 'profile') return ['profile'];
  if (credentials !== 'keys') return ['credentials'];
  if (/^(ExpiredToken|InvalidToken|TokenRefresh)/.test(code)) return ['sessionToken'];
  return code.startsWith('InvalidAccessKeyId') ? ['accessKeyId'] : ['secretAccessKey'];
}

interface FirstPage {
  readonly Buckets?: readonly unknown[] | undefined;
  readonly Contents?: readonly unknown[] | undefined;
  readonly $metadata: object;
}

/** Lists the buckets, or one object below the root. */
async function sendFirstRequest(requests: S3Api, signal: AbortSignal): Promise<FirstResponse> {
  const { root } = requests.config;
  const { bucket, key } = prefixOf(root);
  try {
    const input = { Bucket: bucket, Prefix: key, MaxKeys: 1 };
    const response: FirstPage = await (bucket === ''
      ? requests.sendCommand({}, (sdk) => new sdk.ListBucketsCommand({}), signal)
      : requests.sendCommand({ bucket }, (sdk) => new sdk.ListObjectsV2Command(input), signal));
    const date = responseDateMs(response);
    return {
      count: (response.Buckets ?? response.Contents)?.length ?? 0,
      ...(date !== undefined && { clockDifferenceMs: Date.now() - date }),
    };
  } catch (error) {
    if (signal.aborted || !isRemoteError(error)) throw error;
    return { error };
  }
}

/** Whether no S3 service responded. */
function isNetworkError(error: RemoteError): boolean {
  if (error.kind === 'corrupted') return true;
  if (error.kind !== 'unavailable' && error.kind !== 'badSettings') return false;
  return error.code === undefined || /^(E[A-Z]|ERR_|HPE_|CERT|DEPTH|SELF|UNABLE)/.test(error.code);
}

/** The status of an error response without the error document of an S3 service; undefined for other errors. */
function nonS3Status(error: RemoteError | undefined): number | undefined {
  const { name, $metadata } = (error?.cause ?? {}) as {
    name?: unknown;
    $metadata?: { httpStatusCode?: number };
  };
  // An error of the sign-in service says nothing about the storage.
  if (name === 'CredentialsProviderError' || name === 'TokenProviderError') return undefined;
  const status = $metadata?.httpStatusCode;
  return status === undefined || isS3ErrorResponse(error?.cause) ? undefined : status;
}

async function* tryPathStyle(
  config: S3Config,
  host: BackendHost,
  error: RemoteError,
  signal: AbortSignal,
): AsyncIterable<ConnectionFinding> {
  const withPathStyle = { ...config, forcePathStyle: true };
  const connection = await connectS3(withPathStyle, host);
  try {
    const retried = await sendFirstRequest(new S3Api(withPathStyle, connection), signal);
    if (retried.error && (isNetworkError(retried.error) || nonS3Status(retried.error) !== undefined))
      return yield notReached(error.message);
    yield {
      title: 'Addressing style',
      outcome: 'failed',
      detail: 'The service has no host per bucket, but it supports path style.',
      fix: { label: 'Use path style', settings: { forcePathStyle: true } },
    };
  } finally {
    connection.close();
  }
}

function* signedInFinding(config: S3Config, error: RemoteError | undefined): Iterable<ConnectionFinding> {
  if (config.credentials === 'anonymous')
    yield { title: 'Signed in', outcome: 'skipped', detail: 'Requests are anonymous.' };
  else if (error?.kind === 'forbidden' && !error.code?.startsWith('AccessDenied'))
    yield {
      title: 'Signed in',
      outcome: 'warning',
      detail: 'The service rejects the request without saying whether the credentials are wrong.',
    };
  else yield { title: 'Signed in', outcome: 'ok', detail: 'The credentials are accepted.' };
}

function listFailure(config: S3Config, error: RemoteError): ConnectionFinding {
  const region = error.kind === 'badSettings' ? /region "([a-z0-9-]+)"/.exec(error.message)?.[1] : undefined;
  const detail =
    error.kind === 'forbidden' && config.root === ''
      ? 'These credentials are not allowed to list all buckets. Set "root" to a bucket that they may access.'
      : error.message;
  return {
    title: 'Can list',
    outcome: 'failed',
    detail,
    fields: region ? ['region'] : ['root'],
    ...(region && { fix: { label: `Use the region ${region}`, settings: { region } } }),
  };
}

function listDetail(config: S3Config, count: number): string {
  if (config.root === '') return count === 1 ? 'One bucket.' : `${count} buckets.`;
  return count === 0 ? `"${config.root}" can be listed and is empty.` : `"${config.root}" can be listed.`;
}

function styleDetail(config: S3Config): string {
  const bucket = parseObjectPath(config.root).bucket;
  if (isArn(bucket)) return 'The host of the access point works.';
  if (bucket === '')
    return config.forcePathStyle ? 'Path style is set.' : 'A host per bucket is set; no bucket was tested.';
  return config.forcePathStyle ? 'Path style works.' : 'A host per bucket works.';
}
